import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { addText, WorkerProcess } from "./worker-client.ts";

const scratch = mkdtempSync(join(tmpdir(), "gantry-faults-"));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const digest = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

/** The object of `addText(k)` by a worker without a cache. */
async function freshObjects(ks: readonly number[]): Promise<Map<number, string>> {
  const w = new WorkerProcess();
  await w.next();
  const objects = new Map<number, string>();
  for (const k of ks) {
    w.send({ id: k, type: "compile" }, addText(k));
    objects.set(k, digest((await w.answer(k)).payload));
  }
  await w.finish();
  return objects;
}

it("answers or passes over ten thousand mutated frames, and then works as before", async () => {
  const w = new WorkerProcess(["--max-frame", "65536"]);
  await w.next();
  const frames = fc.sample(
    fc.record({
      k: fc.nat(1000),
      cut: fc.double({ min: 0, max: 1, noNaN: true }),
      edits: fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 4 }),
      kind: fc.constantFrom("flip", "cut", "source", "header"),
    }),
    { seed: 3, numRuns: 10_000 },
  );
  let answers = 0;
  const counted = (async () => {
    for (;;) {
      const a = await w.next();
      if (a === undefined || a.header.id === "last") return a;
      answers++;
    }
  })();
  for (const { k, cut, edits, kind } of frames) {
    const json = Buffer.from(JSON.stringify({ id: k, type: "compile", output: "code" }));
    const source = Buffer.from(addText(k));
    const frame = Buffer.alloc(8 + json.length + source.length);
    frame.writeUInt32LE(4 + json.length + source.length, 0);
    frame.writeUInt32LE(json.length, 4);
    json.copy(frame, 8);
    source.copy(frame, 8 + json.length);
    const from = kind === "source" ? 8 + json.length : kind === "header" ? 4 : 8;
    for (const [at, byte] of edits) frame[from + (at % (frame.length - from))] = byte;
    // A frame that is cut short keeps a true length, or nothing after it could be read.
    if (kind === "cut") {
      const length = Math.max(4, Math.floor(frame.length * cut));
      frame.writeUInt32LE(length - 4, 0);
      w.raw(frame.subarray(0, length));
    } else w.raw(frame);
  }
  w.send({ id: "last", type: "run", function: "%add", args: ["1"] }, addText(41));
  const last = await counted;
  expect(last?.header.results).toEqual([{ type: "i64", value: "42" }]);
  expect(answers).toBeGreaterThan(9_000);
  expect(await w.finish()).toBe(0);
}, 120_000);

it("takes ten thousand requests at once from two hundred clients' worth of ids", async () => {
  const w = new WorkerProcess(["--jobs", "2"]);
  await w.next();
  for (let client = 0; client < 200; client++) {
    for (let k = 0; k < 50; k++)
      w.send({ id: `${client}/${k}`, type: "compile", output: "code" }, addText(k));
  }
  const codes = new Map<string, string>();
  for (let n = 0; n < 10_000; n++) {
    const a = (await w.next())!;
    expect(a.header.ok).toBe(true);
    const k = String(a.header.id).split("/")[1];
    const code = digest(a.payload);
    expect(codes.get(k) ?? code).toBe(code);
    codes.set(k, code);
  }
  expect(codes.size).toBe(50);
  await w.finish();
}, 120_000);

it("serves no wrong object from a cache whose writers are killed at random instants", async () => {
  const ks = Array.from({ length: 40 }, (_, k) => k);
  const right = await freshObjects(ks);
  const cache = join(scratch, "killed");
  const delays = fc.sample(fc.nat(60), { seed: 5, numRuns: 100 });
  // Two writers at a time on one directory: two hundred kills.
  for (const delay of delays) {
    await Promise.all(
      [0, 1].map(async (which) => {
        const w = new WorkerProcess(["--cache", cache]);
        await w.next();
        for (const k of ks) w.send({ id: k, type: "compile" }, addText(k));
        await new Promise((done) => setTimeout(done, delay + which * 7));
        w.process.kill("SIGKILL");
        for (let a = await w.next(); a !== undefined; a = await w.next()) {
          expect(digest(a.payload)).toBe(right.get(a.header.id as number));
        }
      }),
    );
  }
  const w = new WorkerProcess(["--cache", cache, "--cache-check", "0.1"]);
  await w.next();
  for (const k of ks) {
    w.send({ id: k, type: "compile" }, addText(k));
    expect(digest((await w.answer(k)).payload)).toBe(right.get(k));
  }
  w.send({ id: "stats", type: "stats" });
  expect((await w.answer("stats")).header.stats.cacheMismatches).toBe(0);
  await w.finish();
}, 300_000);

describe.skipIf(process.getuid?.() !== 0)("a full disk (needs root for a small tmpfs)", () => {
  it("costs the cache, not the answers", async ({ skip }) => {
    const disk = join(scratch, "disk");
    mkdirSync(disk);
    if (spawnSync("mount", ["-t", "tmpfs", "-o", "size=64k", "tmpfs", disk]).status !== 0) {
      skip("this machine does not let us mount a tmpfs");
    }
    try {
      const ks = Array.from({ length: 200 }, (_, k) => k);
      const right = await freshObjects(ks);
      const w = new WorkerProcess(["--cache", disk]);
      await w.next();
      for (const k of ks) {
        w.send({ id: k, type: "compile" }, addText(k));
        expect(digest((await w.answer(k)).payload)).toBe(right.get(k));
      }
      await w.finish();
    } finally {
      spawnSync("umount", [disk]);
    }
  }, 60_000);
});
