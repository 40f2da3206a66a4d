import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { asJavaScript } from "./javascript.ts";
import { type Answer, LineServer, onOneCore } from "./line-server.ts";
import type { Peers } from "./peers.ts";
import type { Figure, Row } from "./rows.ts";

/** A text that holds one small function: what a process has compiled before its memory is measured. */
const seed = fileURLToPath(new URL("./seed.clif", import.meta.url));
const oursScript = await asJavaScript(new URL("./ours.ts", import.meta.url));
const gantry = fileURLToPath(new URL("../packages/cli/bin/gantry.js", import.meta.url));

/** Rounds before the first that counts: V8's compiler shares the one core, and is done with everything hot after thirty. */
const WARM_UP = 40;

/** One side of the comparison: how to start it, and what it calls the row's settings. */
interface Side {
  start(nodeFlags?: readonly string[]): LineServer;
  settings(row: Row): string;
}

const gantrySide: Side = {
  start: (nodeFlags = []) => new LineServer([process.execPath, ...nodeFlags, oursScript]),
  settings: (row) => `${row.optLevel} ${row.ours === "" ? "default" : row.ours}`,
};

const peerSide = (binary: string): Side => ({
  start: () => new LineServer([binary, "compile"]),
  settings: (row) => `${row.optLevel} ${row.peer}`,
});

/** What the rounds of one side came to. */
interface Rounds {
  readonly best: Answer;
  /** Least CPU time of any round: on a busy machine the steadier figure. */
  readonly cpuNs: number;
  readonly spread: number;
}

export interface Measuring {
  readonly peers: Peers;
  readonly rounds: number;
  say(line: string): void;
}

/** Measures one row; every figure it gives is the minimum over interleaved rounds. */
export async function measureRow(row: Row, input: string, target: string, how: Measuring): Promise<Figure[]> {
  if (row.what === "whole") return [await wholeRow(row, input, target, how)];
  const sides = [gantrySide, ...("binary" in how.peers ? [peerSide(how.peers.binary)] : [])];
  const servers = sides.map((side) => side.start());
  const request = (k: number) =>
    row.what === "read" ? `load ${input}` : `compile ${target} ${sides[k]!.settings(row)}`;
  const answers: Answer[][] = sides.map(() => []);
  const failures: (string | undefined)[] = sides.map(() => undefined);
  const ask = async (k: number, line: string): Promise<Answer | undefined> => {
    if (failures[k] !== undefined) return undefined;
    try {
      return await servers[k]!.measure(line);
    } catch (error) {
      failures[k] = (error as Error).message;
      return undefined;
    }
  };
  for (const k of sides.keys()) {
    await ask(k, `load ${input}`);
    // Warm means: V8 has had time to compile the hot functions; the peer only fills its caches.
    for (let i = 0; i < (k === 0 ? WARM_UP : 1); i++) await ask(k, request(k));
  }
  for (let round = 0; round < how.rounds; round++) {
    for (let j = 0; j < sides.length; j++) {
      const k = (round + j) % sides.length;
      const answer = await ask(k, request(k));
      if (answer !== undefined) answers[k]!.push(answer);
    }
  }
  await Promise.all(servers.map((server) => server.close()));
  const ours = failures[0] === undefined ? summary(answers[0]!) : undefined;
  const peer = failures[1] === undefined ? summary(answers[1] ?? []) : undefined;
  const why = [failures[0] && `Gantry: ${failures[0]}`, failures[1] && `peer: ${failures[1]}`].filter(
    Boolean,
  );
  const figures = [timeFigure(row, input, target, ours, peer, why.join("; "))];
  if (row.what === "compile")
    figures.push(plain(row.name, input, target, "bytes", ours?.best.bytes, peer?.best.bytes));
  return figures;
}

function summary(rounds: readonly Answer[]): Rounds | undefined {
  if (rounds.length === 0) return undefined;
  const best = rounds.reduce((a, b) => (b.wallNs < a.wallNs ? b : a));
  const cpuNs = Math.min(...rounds.map((r) => r.cpuNs));
  return { best, cpuNs, spread: Math.max(...rounds.map((r) => r.wallNs)) / best.wallNs };
}

function timeFigure(
  row: Row,
  input: string,
  target: string,
  ours: Rounds | undefined,
  peer: Rounds | undefined,
  why: string,
): Figure {
  const wall = (side: Rounds | undefined) =>
    side === undefined ? undefined : side.best.wallNs / side.best.instructions;
  const cpuTime = (side: Rounds | undefined) =>
    side === undefined ? undefined : side.cpuNs / side.best.instructions;
  const cpu = (side: "ours" | "peer", value: number | undefined) =>
    value === undefined ? {} : { [`${side}Cpu`]: round(value) };
  return {
    ...plain(row.name, input, target, "ns/inst", wall(ours), wall(peer)),
    ...(ours === undefined ? {} : { oursSpread: round(ours.spread) }),
    ...(peer === undefined ? {} : { peerSpread: round(peer.spread) }),
    ...cpu("ours", cpuTime(ours)),
    ...cpu("peer", cpuTime(peer)),
    ...(why === "" ? {} : { why }),
  };
}

function plain(
  row: string,
  input: string,
  target: string,
  unit: string,
  ours?: number,
  peer?: number,
): Figure {
  return {
    row,
    input,
    target,
    unit,
    ours: ours === undefined ? null : round(ours),
    peer: peer === undefined ? null : round(peer),
    ratio: ours === undefined || peer === undefined ? null : Math.round((ours / peer) * 1000) / 1000,
  };
}

const round = (x: number): number => (x >= 100 ? Math.round(x) : Math.round(x * 100) / 100);

/** The whole module, cold: from the start of a process that reads and compiles it to that process's end. */
async function wholeRow(row: Row, input: string, target: string, how: Measuring): Promise<Figure> {
  const flags = ["--target", target, "-O", row.optLevel, "--set", "enable_verifier=false", "--emit", "bytes"];
  const ours: Answer[] = [];
  const peer: Answer[] = [];
  const failures: string[] = [];
  const server = gantrySide.start();
  let instructions = 0;
  try {
    instructions = (await server.measure(`load ${input}`)).instructions;
  } catch (error) {
    failures.push(`Gantry: ${(error as Error).message}`);
  }
  await server.close();
  for (let i = 0; i < how.rounds && failures.length === 0; i++) {
    const command = [...onOneCore(), process.execPath, gantry, "compile", input, "-o", "/dev/null", ...flags];
    const start = process.hrtime.bigint();
    const run = spawnSync(command[0]!, command.slice(1), { encoding: "utf8" });
    const wallNs = Number(process.hrtime.bigint() - start);
    if (run.status === 0) ours.push({ functions: 0, instructions, bytes: 0, wallNs, cpuNs: 0 });
    else failures.push(`Gantry: ${run.stderr.split("\n")[0]}`);
    if (!("binary" in how.peers)) continue;
    const from = process.hrtime.bigint();
    const cold = peerSide(how.peers.binary).start();
    const loaded = await cold.measure(`load ${input}`);
    await cold.measure(`compile ${target} ${row.optLevel} ${row.peer}`);
    await cold.close();
    peer.push({ ...loaded, wallNs: Number(process.hrtime.bigint() - from) });
  }
  const figure = timeFigure(row, input, target, summary(ours), summary(peer), failures.join("; "));
  const { oursCpu: _ours, peerCpu: _peer, ...rest } = figure;
  return rest;
}

/** Peak memory over a process that has compiled one function, our own arrays, and what the heap was asked for. */
export async function measureMemory(input: string, target: string, how: Measuring): Promise<Figure[]> {
  const settings = `${target} none`;
  const peak = async (side: Side, algorithm: string): Promise<{ rss: number; arrays: number }> => {
    const server = side.start();
    const memory = async () => (await server.request("memory")).map(Number);
    await server.request(`load ${seed}`);
    await server.request(`compile ${settings} ${algorithm}`);
    const [before] = await memory();
    await server.request(`load ${input}`);
    await server.request(`compile ${settings} ${algorithm}`);
    const [after, arrays] = await memory();
    await server.close();
    return { rss: after! - before!, arrays: arrays ?? 0 };
  };
  const attempt = async <T>(work: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await work();
    } catch {
      return undefined;
    }
  };
  const ours = await attempt(() => peak(gantrySide, "default"));
  const { peers } = how;
  const peer =
    "binary" in peers ? await attempt(() => peak(peerSide(peers.binary), "backtracking")) : undefined;
  const allocation = await attempt(async () => {
    const server = gantrySide.start([
      "--expose-gc",
      "--min-semi-space-size=128",
      "--max-semi-space-size=256",
    ]);
    await server.request(`load ${input}`);
    for (let i = 0; i < 3; i++) await server.request(`compile ${settings} default`);
    const [bytes, instructions] = (await server.request(`allocation ${settings} default`)).map(Number);
    await server.close();
    return bytes! / instructions!;
  });
  return [
    plain("memory-none", input, target, "rss bytes", ours?.rss, peer?.rss),
    plain("arrays-none", input, target, "array bytes", ours?.arrays),
    plain("allocation-none", input, target, "heap bytes/inst", allocation),
  ];
}

/** From the start of a process to its first object, over a process that does nothing. */
export async function measureStart(target: string, how: Measuring): Promise<Figure> {
  const { peers } = how;
  const commands = {
    nothing: [process.execPath, "-e", "0"],
    ours: [process.execPath, gantry, "compile", seed, "-o", "/dev/null", "--target", target],
  };
  const best = {
    nothing: Number.POSITIVE_INFINITY,
    ours: Number.POSITIVE_INFINITY,
    peer: Number.POSITIVE_INFINITY,
  };
  for (let i = 0; i < Math.max(how.rounds, 6); i++) {
    for (const key of ["nothing", "ours"] as const) {
      const [program, ...args] = [...onOneCore(), ...commands[key]];
      const start = process.hrtime.bigint();
      const { status } = spawnSync(program!, args);
      if (status === 0) best[key] = Math.min(best[key], Number(process.hrtime.bigint() - start) / 1e6);
    }
    if (!("binary" in peers)) continue;
    const start = process.hrtime.bigint();
    const server = peerSide(peers.binary).start();
    await server.request(`load ${seed}`);
    await server.request(`compile ${target} none backtracking`);
    best.peer = Math.min(best.peer, Number(process.hrtime.bigint() - start) / 1e6);
    await server.close();
  }
  const known = (ms: number) => (Number.isFinite(ms) ? ms : undefined);
  return plain(
    "first-object",
    seed,
    target,
    "ms over node",
    known(best.ours - best.nothing),
    known(best.peer),
  );
}
