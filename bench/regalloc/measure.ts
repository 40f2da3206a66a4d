import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import type { Algorithm } from "@gantry/regalloc";
import { PROBLEM_MAKERS } from "@gantry/regalloc/testing";
import { asJavaScript } from "../javascript.ts";
import { LineServer } from "../line-server.ts";
import type { Peers } from "../peers.ts";
import type { Figure } from "../rows.ts";
import { dumpProblems, widen, writeMade } from "./problems.ts";

const oursScript = await asJavaScript(new URL("./ours.ts", import.meta.url));

/** Rounds before the first that counts, see `bench/measure.ts`. */
const WARM_UP = 40;
const WARM_UP_MS = 3_000;
/** Allocators of the two sides by the names that they have there. */
const OURS = ["linear", "backtracking"] as const satisfies readonly Algorithm[];
const PEERS = ["ion", "fastalloc"] as const;
type Ours = (typeof OURS)[number];
type Peer = (typeof PEERS)[number];

/** One of ours beside one of regalloc2's (`ion` is its backtracking one), and the most that the ratios may be. */
interface Pair {
  readonly row: string;
  readonly ours: Ours;
  readonly peer: Peer;
  readonly time: number;
  readonly moves: number;
}

const PAIRS: readonly Pair[] = [
  { row: "linear", ours: "linear", peer: "ion", time: 0.3, moves: 1.05 },
  { row: "linear/fast", ours: "linear", peer: "fastalloc", time: 1.2, moves: 0.5 },
  { row: "backtracking", ours: "backtracking", peer: "ion", time: 1.2, moves: 1.0 },
];

/** Most heap bytes that an instruction may cost. */
const HEAP_BAR = 2;
/** Size of the small problems that large ones are compared with, and how many make a round. */
const SMALL = 1_000;
const SMALL_COPIES = 40;
/** How much dearer an instruction may be in a large problem. */
const GROWTH_BAR = 1.5;

/** What a round of one allocator came to. */
interface Round {
  readonly solved: number;
  readonly edits: number;
  readonly slots: number;
  readonly moves: number;
  readonly cpuNs: number;
}

export interface RegallocBench {
  readonly peers: Peers;
  readonly rounds: number;
  /** Begins a table. */
  title(text: string): void;
  report(figure: Figure): void;
}

/** The processes that are measured: each of our allocators has one, so that neither trains the other. */
class Sides {
  readonly #ours: Record<Ours, LineServer>;
  readonly #peer: LineServer | undefined;
  #instructions = 0;

  constructor(peers: Peers, nodeFlags: readonly string[] = []) {
    const start = () => new LineServer([process.execPath, ...nodeFlags, oursScript]);
    this.#ours = { linear: start(), backtracking: start() };
    this.#peer = "binary" in peers ? new LineServer([peers.binary, "regalloc"]) : undefined;
  }

  /** Reads a file of problems everywhere and returns the number of their instructions. */
  async load(path: string): Promise<number> {
    for (const server of this.#all()) this.#instructions = Number((await server.request(`load ${path}`))[1]);
    return this.#instructions;
  }

  #all(): LineServer[] {
    return [...Object.values(this.#ours), ...(this.#peer === undefined ? [] : [this.#peer])];
  }

  /** One round of an allocator; undefined for the peer's where there is no peer. */
  async round(allocator: Ours | Peer): Promise<Round | undefined> {
    const server = isOurs(allocator) ? this.#ours[allocator] : this.#peer;
    if (server === undefined) return undefined;
    const [solved, edits, slots, moves, , cpuNs] = (await server.request(`allocate ${allocator}`)).map(
      Number,
    );
    return { solved: solved!, edits: edits!, slots: slots!, moves: moves!, cpuNs: cpuNs! };
  }

  /** Up to `rounds` rounds, of long ones less. */
  async warmUp(allocator: Ours | Peer, rounds: number): Promise<void> {
    const end = Date.now() + WARM_UP_MS;
    for (let k = 0; k < rounds && Date.now() < end; k++) await this.round(allocator);
  }

  async errors(allocator: Ours): Promise<number> {
    return Number((await this.#ours[allocator].request(`errors ${allocator}`))[0]);
  }

  async heap(allocator: Ours): Promise<number> {
    const [bytes, instructions] = (await this.#ours[allocator].request(`heap ${allocator}`)).map(Number);
    return bytes! / instructions!;
  }

  async close(): Promise<void> {
    await Promise.all(this.#all().map((server) => server.close()));
  }
}

function isOurs(allocator: string): allocator is Ours {
  return (OURS as readonly string[]).includes(allocator);
}

type Best = ReadonlyMap<string, Round>;

/** The round of least CPU time of each allocator over interleaved rounds. */
async function bestRounds(sides: Sides, rounds: number, allocators: readonly (Ours | Peer)[]): Promise<Best> {
  for (const allocator of allocators) await sides.warmUp(allocator, isOurs(allocator) ? WARM_UP : 1);
  const best = new Map<string, Round>();
  for (let round = 0; round < rounds; round++)
    for (let k = 0; k < allocators.length; k++) {
      const allocator = allocators[(round + k) % allocators.length]!;
      const now = await sides.round(allocator);
      if (now !== undefined && now.cpuNs < (best.get(allocator)?.cpuNs ?? Number.POSITIVE_INFINITY))
        best.set(allocator, now);
    }
  return best;
}

/** Measures everything and reports figure by figure. */
export async function measureRegalloc(inputs: readonly string[], how: RegallocBench): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "gantry-bench-"));
  try {
    for (const input of inputs) {
      const dumped = dumpProblems(input, folder);
      if ("why" in dumped) {
        how.report(figure("linear", input, "x86_64", "ns/inst", {}, dumped.why));
        continue;
      }
      await compare(input, "x86_64", dumped.path, how);
      await compare(input, "x86_64-wide", widen(dumped.path), how);
      await measureHeap(input, dumped.path, how);
    }
    await measureBounded(folder, how);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The problems of one file for one machine through every allocator. */
async function compare(input: string, target: string, path: string, how: RegallocBench): Promise<void> {
  how.title(`${basename(input)} for ${target}: minimum of ${how.rounds} interleaved rounds`);
  const sides = new Sides(how.peers);
  const instructions = await sides.load(path);
  await refuseErrors(sides, input);
  const best = await bestRounds(sides, how.rounds, [...OURS, ...PEERS]);
  await sides.close();
  for (const pair of PAIRS) {
    const ours = best.get(pair.ours);
    const peer = best.get(pair.peer);
    const why =
      peer === undefined || peer.solved === ours?.solved
        ? undefined
        : `${ours?.solved} problems solved here, ${peer.solved} there`;
    const report = (unit: string, of: (round: Round) => number, bar?: number) =>
      how.report(
        figure(pair.row, input, target, unit, { ours: ours && of(ours), peer: peer && of(peer), bar }, why),
      );
    report("cpu ns/inst", (round) => round.cpuNs / instructions, pair.time);
    report("moves", (round) => round.moves, pair.moves);
    report("edits", (round) => round.edits);
    report("slots", (round) => round.slots);
  }
}

/** A fast wrong answer is no figure. */
async function refuseErrors(sides: Sides, input: string): Promise<void> {
  for (const allocator of OURS) {
    const errors = await sides.errors(allocator);
    if (errors > 0) throw new Error(`${allocator} allocates ${basename(input)} wrongly: ${errors} errors`);
  }
}

/** What one of ours asks the heap for in the steady state. */
async function measureHeap(input: string, path: string, how: RegallocBench): Promise<void> {
  how.title(`${basename(input)} for x86_64: heap used by 20 rounds`);
  // No collection may fall between the two looks at the heap.
  const flags = ["--expose-gc", "--min-semi-space-size=128", "--max-semi-space-size=256"];
  const sides = new Sides({ missing: "not asked" }, flags);
  await sides.load(path);
  for (const allocator of OURS) {
    await sides.warmUp(allocator, WARM_UP);
    const bytes = await sides.heap(allocator);
    how.report(figure(allocator, input, "x86_64", "heap bytes/inst", { ours: bytes, limit: HEAP_BAR }));
  }
  await sides.close();
}

/** Cases that were quadratic somewhere: in their size beside regalloc2, and beside small ones of their kind. */
async function measureBounded(folder: string, how: RegallocBench): Promise<void> {
  const sides = new Sides(how.peers);
  for (const maker of PROBLEM_MAKERS) {
    const nsPerInst = async (size: number, copies: number, allocators: readonly (Ours | Peer)[]) => {
      const instructions = await sides.load(writeMade(maker, size, copies, folder));
      const best = await bestRounds(sides, how.rounds, allocators);
      return (allocator: string) => best.get(allocator)! && best.get(allocator)!.cpuNs / instructions;
    };
    const small = await nsPerInst(SMALL, SMALL_COPIES, OURS);
    const large = await nsPerInst(maker.size, 1, [...OURS, "ion"]);
    const input = `${maker.name}-${maker.size}`;
    how.title(`${input}: large beside regalloc2's backtracking, and beside small ones of its kind`);
    for (const allocator of OURS) {
      const ours = large(allocator);
      how.report(figure(allocator, input, "x86_64", "cpu ns/inst", { ours, peer: large("ion") }));
      how.report(
        figure("growth", input, "x86_64", "large/small", {
          ours: ours / small(allocator),
          limit: GROWTH_BAR,
        }),
      );
    }
  }
  await sides.close();
}

interface Amounts {
  readonly ours?: number | undefined;
  readonly peer?: number | undefined;
  /** Most that the ratio may be. */
  readonly bar?: number | undefined;
  /** Most that ours may be. */
  readonly limit?: number | undefined;
}

function figure(
  row: string,
  input: string,
  target: string,
  unit: string,
  { ours, peer, bar, limit }: Amounts,
  why?: string,
): Figure {
  const ratio = ours === undefined || peer === undefined ? undefined : ours / peer;
  const rounded = (x: number | undefined, digits: number) =>
    x === undefined ? null : Number(x.toFixed(digits));
  const most = bar ?? limit;
  return {
    row,
    input: basename(input),
    target,
    unit,
    ours: rounded(ours, 2),
    peer: rounded(peer, 2),
    ratio: rounded(ratio, 3),
    ...(most === undefined ? {} : { bar: most }),
    ...(why === undefined ? {} : { why }),
  };
}
