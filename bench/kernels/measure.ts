import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { asJavaScript } from "../javascript.ts";
import { LineServer } from "../line-server.ts";
import type { Peers } from "../peers.ts";
import type { Figure } from "../rows.ts";
import { type Kernel, kernels } from "./kernels.table.ts";

/** The program of our side. */
export const oursScript = await asJavaScript(new URL("./ours.ts", import.meta.url));

/** Settings of both sides: name, our allocator, the peer's. */
const OPT_LEVEL = "none";
const OUR_ALLOCATOR = "default";
const PEER_ALLOCATOR = "backtracking";

/**
 * Places that a kernel is measured at. Functions begin at multiples of 16 bytes; where in a line of 64 bytes that is
 * makes up to 1.5x in kernels that are bound by branch prediction, on either side, so each is taken where it is fastest.
 */
const PLACEMENTS = 4;

interface Run {
  readonly checksum: string;
  readonly wallNs: number;
  readonly cpuNs: number;
}

/** A process that compiles kernels and runs them. */
export class Side {
  readonly #server: LineServer;
  readonly #how: string;
  readonly runs: Run[] = [];
  /** Why there is no figure. */
  failure: string | undefined;

  /** @param settings More settings, of ours only. */
  constructor(command: readonly string[], allocator: string, settings: readonly string[] = []) {
    this.#server = new LineServer(command);
    this.#how = [OPT_LEVEL, allocator, ...settings].join(" ");
  }

  /** Forgets the last kernel. */
  begin(): void {
    this.runs.length = 0;
    this.failure = undefined;
  }

  async load(path: string): Promise<void> {
    await this.#ask(`load ${path} ${this.#how}`);
  }

  async run(n: number): Promise<void> {
    const words = await this.#ask(`run ${n}`);
    if (words !== undefined)
      this.runs.push({ checksum: words[0]!, wallNs: Number(words[1]), cpuNs: Number(words[2]) });
  }

  async #ask(line: string): Promise<string[] | undefined> {
    if (this.failure !== undefined) return undefined;
    try {
      return await this.#server.request(line);
    } catch (error) {
      this.failure = (error as Error).message;
      return undefined;
    }
  }

  close(): Promise<void> {
    return this.#server.close();
  }
}

/** Functions so small that each takes 16 bytes on either side. */
const padding = (count: number): string =>
  Array.from({ length: count }, (_, k) => `function %pad${k}() system_v {\nblock0:\n    return\n}\n\n`).join(
    "",
  );

/**
 * Runs kernels on all sides in turns, each round at the next placement, and ends the sides.
 * @param names The kernels; all where there are none.
 * @param work The `n` of a kernel that is measured.
 * @param done Called when a kernel's runs stand in the sides.
 */
export async function runInTurns(
  sides: readonly Side[],
  names: readonly string[],
  rounds: number,
  work: (kernel: Kernel) => number,
  done: (kernel: Kernel, text: string) => void,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "gantry-kernels-"));
  try {
    for (const kernel of kernels) {
      if (names.length > 0 && !names.includes(kernel.name)) continue;
      const text = readFileSync(new URL(`./${kernel.name}.clif`, import.meta.url), "utf8");
      for (const side of sides) side.begin();
      for (let round = 0; round < rounds; round++) {
        const path = join(folder, `${kernel.name}.clif`);
        writeFileSync(path, padding(round % PLACEMENTS) + text);
        for (let j = 0; j < sides.length; j++) {
          const side = sides[(round + j) % sides.length]!;
          await side.load(path);
          // Touches the memory and fills the caches.
          await side.run(kernel.testN);
          side.runs.pop();
          await side.run(work(kernel));
        }
      }
      done(kernel, text);
    }
  } finally {
    await Promise.all(sides.map((side) => side.close()));
    rmSync(folder, { recursive: true });
  }
}

/** Whether some runs, which all did the same, came to different results. */
export const differ = (runs: readonly Run[]): boolean => new Set(runs.map((run) => run.checksum)).size > 1;

/** Runs every kernel on both sides in turns; each figure is the minimum of the rounds in milliseconds. */
export async function measureKernels(
  names: readonly string[],
  peers: Peers,
  rounds: number,
  report: (figure: Figure) => void,
): Promise<Figure[]> {
  const ours = new Side([process.execPath, oursScript], OUR_ALLOCATOR);
  const sides = [ours];
  if ("binary" in peers) sides.push(new Side([peers.binary, "kernels"], PEER_ALLOCATOR));
  const figures: Figure[] = [];
  await runInTurns(
    sides,
    names,
    rounds,
    (kernel) => kernel.n,
    (kernel) => {
      const figure = figureOf(kernel, ours, sides[1]);
      figures.push(figure);
      report(figure);
    },
  );
  return figures;
}

function figureOf(kernel: Kernel, ours: Side, peer: Side | undefined): Figure {
  const why = [ours.failure && `Gantry: ${ours.failure}`, peer?.failure && `peer: ${peer.failure}`].filter(
    Boolean,
  );
  if (differ([...ours.runs, ...(peer?.runs ?? [])])) why.push("the checksums differ");
  const [mine, theirs] = [ours, peer].map((side) => side?.runs.map((run) => run.wallNs) ?? []);
  const [a, b] = [Math.min(...mine!), Math.min(...theirs!)];
  const cpu = (side: Side | undefined) => ms(Math.min(...(side?.runs.map((run) => run.cpuNs) ?? [])));
  const ms = (ns: number) => (Number.isFinite(ns) ? Math.round(ns / 1e4) / 100 : null);
  return {
    row: kernel.name,
    input: `${kernel.name}.clif`,
    target: "x86_64",
    unit: "ms",
    ours: ms(a),
    peer: ms(b),
    ratio:
      Number.isFinite(a) && Number.isFinite(b) && why.length === 0 ? Math.round((a / b) * 1000) / 1000 : null,
    ...(mine!.length > 0 ? { oursSpread: spread(mine!) } : {}),
    ...(theirs!.length > 0 ? { peerSpread: spread(theirs!) } : {}),
    // On a busy machine the truer figure.
    ...(mine!.length > 0 ? { oursCpu: cpu(ours)! } : {}),
    ...(theirs!.length > 0 ? { peerCpu: cpu(peer)! } : {}),
    ...(why.length > 0 ? { why: why.join("; ") } : {}),
  };
}

const spread = (times: readonly number[]) =>
  Math.round((Math.max(...times) / Math.min(...times)) * 100) / 100;

/** The geometric mean of the ratios of either time, as a figure of its own; none without ratios. */
export function geometricMean(figures: readonly Figure[], of: "wall" | "cpu"): Figure | undefined {
  const ratios = figures.flatMap(({ ratio, oursCpu, peerCpu }) => {
    if (ratio === null) return [];
    return of === "wall" ? ratio : oursCpu! / peerCpu!;
  });
  if (ratios.length === 0) return undefined;
  const mean = Math.exp(ratios.reduce((sum, ratio) => sum + Math.log(ratio), 0) / ratios.length);
  return {
    row: of === "wall" ? "geometric mean" : "  of CPU time",
    input: `${ratios.length} kernels`,
    target: "x86_64",
    unit: "ratio",
    ours: null,
    peer: null,
    ratio: Math.round(mean * 1000) / 1000,
  };
}
