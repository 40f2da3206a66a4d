import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildPeers } from "./peers.ts";

// `pnpm bench worker`: gantry worker beside Cranelift behind the same protocol (bench/peers/src/worker.rs), interleaved.

const gantry = [
  process.execPath,
  fileURLToPath(new URL("../packages/cli/bin/gantry.js", import.meta.url)),
  "worker",
];
const corpus = fileURLToPath(new URL("../../shared/corpus/lua.clif", import.meta.url));
const ROUNDS = 5;
/** As in all comparisons, neither side verifies. */
const SET = ["enable_verifier=false"];

/** A worker and its answers in the order of arrival. */
class Client {
  readonly #process: ChildProcessWithoutNullStreams;
  readonly #chunks: Buffer[] = [];
  #bytes = 0;
  #arrived = 0;
  #waiting: { count: number; resolve: () => void } | undefined;
  /** Header of the last frame. */
  last: Record<string, unknown> = {};

  constructor(command: readonly string[]) {
    this.#process = spawn(command[0]!, command.slice(1), { stdio: ["pipe", "pipe", "inherit"] }) as never;
    this.#process.stdout.on("data", (chunk: Buffer) => {
      this.#chunks.push(chunk);
      this.#bytes += chunk.length;
      this.#cut();
    });
  }

  send(header: object, payload: Buffer): void {
    const json = Buffer.from(JSON.stringify(header));
    const lengths = Buffer.alloc(8);
    lengths.writeUInt32LE(4 + json.length + payload.length, 0);
    lengths.writeUInt32LE(json.length, 4);
    this.#process.stdin.write(Buffer.concat([lengths, json, payload]));
  }

  /** Resolves when `count` more frames have arrived. */
  frames(count: number): Promise<void> {
    if (this.#arrived >= count) {
      this.#arrived -= count;
      return Promise.resolve();
    }
    return new Promise((resolve) => {
      this.#waiting = { count, resolve };
    });
  }

  end(): Promise<void> {
    return new Promise((resolve) => {
      this.#process.on("close", () => resolve());
      this.#process.stdin.end();
    });
  }

  #cut(): void {
    let buffer: Buffer | undefined;
    let at = 0;
    for (;;) {
      if (this.#bytes - at < 8) break;
      buffer ??= Buffer.concat(this.#chunks);
      const length = buffer.readUInt32LE(at);
      if (this.#bytes - at < 4 + length) break;
      const header = buffer.toString("utf8", at + 8, at + 8 + buffer.readUInt32LE(at + 4));
      this.last = JSON.parse(header) as Record<string, unknown>;
      if (this.last.ok === false) throw new Error(header);
      at += 4 + length;
      this.#arrived++;
    }
    if (buffer !== undefined) {
      this.#chunks.length = 0;
      this.#chunks.push(buffer.subarray(at));
      this.#bytes -= at;
    }
    const w = this.#waiting;
    if (w === undefined || this.#arrived < w.count) return;
    this.#waiting = undefined;
    this.#arrived -= w.count;
    w.resolve();
  }
}

/** Twenty instructions. */
const small = Buffer.from(
  `function %f(i32, i32) -> i32 system_v {\nblock0(v0: i32, v1: i32):\n${Array.from(
    { length: 18 },
    (_, k) => `    v${k + 2} = iadd v${k + 1}, v${k}\n`,
  ).join("")}    return v19\n}\n`,
);

async function timed(work: () => Promise<void>): Promise<number> {
  const start = process.hrtime.bigint();
  await work();
  return Number(process.hrtime.bigint() - start) / 1e6;
}

/** Milliseconds from the start of `node -e 0` to its end. */
function bareNode(): number {
  const start = process.hrtime.bigint();
  spawnSync(process.execPath, ["-e", "0"]);
  return Number(process.hrtime.bigint() - start) / 1e6;
}

/** Every row of one worker: name to milliseconds, or microseconds where the name says so. */
async function measure(
  command: readonly string[],
  functions: readonly Buffer[],
): Promise<Map<string, number>> {
  const rows = new Map<string, number>();
  let client!: Client;
  rows.set(
    "spawn to hello, ms",
    await timed(async () => {
      client = new Client(command);
      await client.frames(1);
    }),
  );
  const first = await timed(async () => {
    client.send({ id: "first", type: "compile" }, small);
    await client.frames(1);
  });
  rows.set("spawn to first object, ms", rows.get("spawn to hello, ms")! + first);
  const request = (id: number | string) =>
    client.send({ id, type: "compile", output: "code", set: SET }, small);
  const oneByOne = async (n: number) => {
    for (let k = 0; k < n; k++) {
      request(k);
      await client.frames(1);
    }
  };
  await oneByOne(3000);
  rows.set("round trip of 20 instructions, us", ((await timed(() => oneByOne(1000))) / 1000) * 1000);
  rows.set(
    "the same with 64 in flight, us",
    ((await timed(async () => {
      for (let k = 0; k < 64; k++) request(k);
      for (let k = 64; k < 2000; k++) {
        await client.frames(1);
        request(k);
      }
      await client.frames(64);
    })) /
      2000) *
      1000,
  );
  if (functions.length > 0) {
    const module = async () => {
      for (const [k, text] of functions.entries())
        client.send({ id: k, type: "compile", output: "code", set: SET }, text);
      await client.frames(functions.length);
    };
    for (let k = 0; k < 6; k++) await module();
    let best = Number.POSITIVE_INFINITY;
    for (let k = 0; k < 3; k++) best = Math.min(best, await timed(module));
    rows.set("lua.clif function by function, ms", best);
  }
  await client.end();
  return rows;
}

/** The functions of the corpus file, each as a text of its own. */
function corpusFunctions(): Buffer[] {
  try {
    return readFileSync(corpus, "utf8")
      .split(/^(?=function )/m)
      .slice(1)
      .map((text) => Buffer.from(text));
  } catch {
    return [];
  }
}

/** Runs the comparison and prints it. */
export async function benchWorker(json: boolean): Promise<void> {
  const peers = buildPeers((line) => console.error(line));
  const functions = corpusFunctions();
  const cache = mkdtempSync(join(tmpdir(), "gantry-bench-"));
  const sides: Record<string, readonly string[]> = {
    gantry,
    "gantry, 2 jobs": [...gantry, "--jobs", "2"],
    "gantry, warm cache": [...gantry, "--cache", cache],
    ...("binary" in peers ? { cranelift: [peers.binary, "worker"] } : {}),
  };
  const best = new Map<string, Map<string, number>>();
  let bare = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round++) {
    bare = Math.min(bare, bareNode());
    for (const [side, command] of Object.entries(sides)) {
      const rows = await measure(command, functions);
      const known = best.get(side) ?? best.set(side, new Map()).get(side)!;
      for (const [row, value] of rows)
        known.set(row, Math.min(known.get(row) ?? Number.POSITIVE_INFINITY, value));
    }
  }
  rmSync(cache, { recursive: true });
  const peer = best.get("cranelift");
  const lines: string[] = [`minimum of ${ROUNDS} interleaved rounds; node -e 0 takes ${bare.toFixed(1)} ms`];
  for (const [side, rows] of best) {
    if (side === "cranelift") continue;
    lines.push(
      "",
      `${side.padEnd(38)}${"ours".padStart(10)}${"cranelift".padStart(12)}${"ratio".padStart(9)}`,
    );
    for (const [row, value] of rows) {
      const other = peer?.get(row);
      const ratio = other === undefined ? "" : (value / other).toFixed(3);
      lines.push(
        `  ${row.padEnd(36)}${value.toFixed(1).padStart(10)}${(other?.toFixed(1) ?? "-").padStart(12)}${ratio.padStart(9)}`,
      );
      if (json) {
        const unit = row.endsWith("us") ? "us" : "ms";
        console.log(
          JSON.stringify({
            row: `worker: ${row}`,
            input: side,
            target: "x86_64",
            unit,
            ours: value,
            peer: other,
            ratio: other === undefined ? undefined : value / other,
          }),
        );
      }
    }
  }
  if (!json) console.log(lines.join("\n"));
  if (!("binary" in peers) && !json) console.log(`no peer: ${peers.missing}`);
}
