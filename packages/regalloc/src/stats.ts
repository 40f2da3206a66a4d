import { SLOT_BASE } from "./operand.ts";
import { EDIT_WORDS, EXCHANGE, type Output, REMATERIALISE } from "./output.ts";
import type { Problem } from "./problem.ts";

/** Loops deeper than this weigh no more. */
const MAX_DEPTH = 10;

/** What an allocation costs at run time, as far as it can be counted. */
export interface AllocationStats {
  readonly insts: number;
  readonly moves: number;
  readonly loads: number;
  readonly stores: number;
  readonly rematerialisations: number;
  readonly exchanges: number;
  readonly slots: number;
  readonly spillBytes: number;
  /** All edits, each weighing 4 to the power of its block's loop depth; an exchange counts twice. */
  readonly weightedMoves: number;
  /** The part of `weightedMoves` that touches memory. */
  readonly weightedMemory: number;
}

/** Counts the edits of an allocation. */
export function allocationStats(p: Problem, out: Output): AllocationStats {
  const w = out.edits.data;
  let moves = 0;
  let loads = 0;
  let stores = 0;
  let rematerialisations = 0;
  let exchanges = 0;
  let weightedMoves = 0;
  let weightedMemory = 0;
  let b = 0;
  for (let k = 0; k < out.edits.length; k += EDIT_WORDS) {
    while (w[k]! >= p.blockInstStart.at(b + 1)) b++;
    const weight = 4 ** Math.min(p.blockLoopDepth.at(b), MAX_DEPTH);
    const kind = w[k + 2];
    weightedMoves += kind === EXCHANGE ? 2 * weight : weight;
    if (kind === EXCHANGE) exchanges++;
    else if (kind === REMATERIALISE) rematerialisations++;
    else if (w[k + 3]! >= SLOT_BASE || w[k + 4]! >= SLOT_BASE) {
      if (w[k + 3]! >= SLOT_BASE) loads++;
      else stores++;
      weightedMemory += weight;
    } else moves++;
  }
  return {
    insts: p.numInsts(),
    moves,
    loads,
    stores,
    rematerialisations,
    exchanges,
    slots: out.slotCount,
    spillBytes: out.spillBytes,
    weightedMoves,
    weightedMemory,
  };
}
