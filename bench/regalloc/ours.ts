import { readFileSync } from "node:fs";
import { I32List } from "@gantry/entity";
import {
  type Algorithm,
  AllocationError,
  allocate,
  allocationStats,
  checkAllocation,
  type Environment,
  Output,
  Problem,
  ProblemReader,
} from "@gantry/regalloc";
import { serveLines } from "../serve-lines.ts";

// Gantry's side of `pnpm bench regalloc`: answers the requests of `peers regalloc` (bench/peers/src/regalloc.rs), and
//
//   errors ALGORITHM -> ok ERRORS               what the checker finds wrong with all answers
//   heap ALGORITHM   -> ok BYTES INSTRUCTIONS   heap used by HEAP_REPEATS rounds, typed arrays apart

/** Rounds between two looks at the heap: what is not proportional to them is lost in them. */
const HEAP_REPEATS = 20;

const problems: Problem[] = [];
const environments: Environment[] = [];
const out = new Output();

function load(path: string): string {
  const reader = new ProblemReader(readFileSync(path, "utf8"));
  counted.clear();
  environments.length = 0;
  problems.length = 0;
  let instructions = 0;
  for (;;) {
    const problem = new Problem();
    const environment = reader.next(problem);
    if (environment === undefined) break;
    trim(problem);
    problems.push(problem);
    environments.push(environment);
    instructions += problem.numInsts();
  }
  return `${problems.length} ${instructions}`;
}

/**
 * Gives back the room for more of every list, as a client that reuses one problem has it. So many problems side by side
 * would otherwise lie on as many pages of memory as they have lists.
 */
function trim(problem: Problem): void {
  for (const list of Object.values(problem))
    if (list instanceof I32List) list.data = list.data.slice(0, list.length);
}

function allocateAll(algorithm: Algorithm): number {
  let solved = 0;
  for (let k = 0; k < problems.length; k++) {
    try {
      allocate(problems[k]!, environments[k]!, algorithm, out);
      solved++;
    } catch (error) {
      if (!(error instanceof AllocationError)) throw error;
    }
  }
  return solved;
}

function measure(algorithm: Algorithm): string {
  const before = process.cpuUsage();
  const start = process.hrtime.bigint();
  const solved = allocateAll(algorithm);
  const wall = process.hrtime.bigint() - start;
  const { user, system } = process.cpuUsage(before);
  return `${solved} ${counts(algorithm)} ${wall} ${(user + system) * 1000}`;
}

const counted = new Map<string, string>();

/** Edits, spill slots of eight bytes and weighted moves; the same in every round. */
function counts(algorithm: Algorithm): string {
  let text = counted.get(algorithm);
  if (text !== undefined) return text;
  let edits = 0;
  let slots = 0;
  let weighted = 0;
  for (let k = 0; k < problems.length; k++) {
    allocate(problems[k]!, environments[k]!, algorithm, out);
    edits += out.numEdits();
    slots += Math.ceil(out.spillBytes / 8);
    weighted += allocationStats(problems[k]!, out).weightedMoves;
  }
  text = `${edits} ${slots} ${weighted}`;
  counted.set(algorithm, text);
  return text;
}

function errors(algorithm: Algorithm): string {
  let count = 0;
  for (let k = 0; k < problems.length; k++) {
    allocate(problems[k]!, environments[k]!, algorithm, out);
    count += checkAllocation(problems[k]!, environments[k]!, out).length;
  }
  return String(count);
}

function heap(algorithm: Algorithm): string {
  (globalThis as { gc?: () => void }).gc?.();
  const before = process.memoryUsage().heapUsed;
  let instructions = 0;
  for (let round = 0; round < HEAP_REPEATS; round++) {
    allocateAll(algorithm);
    for (let k = 0; k < problems.length; k++) instructions += problems[k]!.numInsts();
  }
  return `${Math.max(0, process.memoryUsage().heapUsed - before)} ${instructions}`;
}

await serveLines({
  load,
  allocate: (name) => measure(name as Algorithm),
  errors: (name) => errors(name as Algorithm),
  heap: (name) => heap(name as Algorithm),
});
