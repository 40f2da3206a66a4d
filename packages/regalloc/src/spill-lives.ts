/** Lives of vregs in memory as intervals of positions in layout order, for {@link SpillSlots}. */
import { growInt32, I32List } from "@gantry/entity";
import type { Liveness } from "./liveness.ts";
import { CLASSES, FIRST_VREG } from "./operand.ts";
import type { ParallelMoves } from "./parallel-moves.ts";
import type { Problem } from "./problem.ts";
import { SpillSlots } from "./spill-slots.ts";
import { operandBase, type UseChains } from "./use-chains.ts";

export class SpillLives {
  from = new Int32Array(1024);
  to = new Int32Array(1024);
  readonly globals = new I32List(16);
  /** Vregs that slots are named after. */
  readonly homes = new I32List(16);
  known = new Int32Array(1024);
  readonly slots = new SpillSlots();
}

/**
 * Gives slots to the vregs of `inMemory` and to the scratch slots that `moves` took.
 *
 * @param defPoint Per vreg twice its defining instruction, or that plus one.
 * @param home Per vreg the vreg whose slot it lives in; by default its own.
 */
export function assignSlots(
  p: Problem,
  lives: SpillLives,
  chains: UseChains,
  liveness: Liveness,
  moves: ParallelMoves,
  inMemory: I32List,
  defPoint: Int32Array,
  home?: Int32Array,
): void {
  const nv = p.numVRegs + 2 * CLASSES;
  const from = (lives.from = growInt32(lives.from, nv));
  const to = (lives.to = growInt32(lives.to, nv));
  const mask = lives.globals;
  mask.fill((chains.globals.length + 31) >> 5, 0);
  const instStart = p.blockInstStart.data;
  const opStart = p.instOperandStart.data;
  let anyGlobal = false;
  for (let k = 0; k < inMemory.length; k++) {
    const v = inMemory.at(k);
    const inst = defPoint[v] >> 1;
    const b = chains.defBlock[v];
    from[v] = operandBase(p, b) + opStart[inst];
    to[v] = chains.last[v] + 1;
    if (inst === instStart[b]) {
      // A parameter's slot may be written at the end of every predecessor.
      for (let q = p.blockPredStart.at(b); q < p.blockPredStart.at(b + 1); q++) {
        const d = p.preds.at(q);
        const e = p.blockSuccStart.at(d);
        const at = chains.blockStart[d + 1] - p.edgeArgStart.at(e + 1) + p.edgeArgStart.at(e);
        if (at < from[v]) from[v] = at;
        if (at >= to[v]) to[v] = at + 1;
      }
    }
    const g = chains.globalOf[v];
    if (g === 0) continue;
    mask.data[g >> 5] |= 1 << (g & 31);
    anyGlobal = true;
  }
  if (anyGlobal) extendThroughLoops(p, chains, liveness, mask.data, to);
  if (home !== undefined) inMemory = shareSlots(lives, inMemory, home);
  const bytes = p.vregSlotBytes;
  const positions = p.operandVReg.length + p.params.length + p.edgeArgs.length;
  for (let k = 0; k < 2 * CLASSES; k++) {
    const needed = (moves.scratchSlots >> k) & 1;
    bytes.push(needed === 0 ? 8 : largestSlot(p, k >> 1));
    if (needed === 0) continue;
    const v = p.numVRegs + k;
    from[v] = 0;
    to[v] = positions;
    inMemory.push(v);
  }
  lives.slots.assign(inMemory, from, to, bytes.data, nv, positions);
  bytes.length = p.numVRegs;
}

/**
 * A vreg that lives on behind its last use does so because a branch back leads to an earlier one: it is live at the end of
 * the block that branches, and that of the last such block is the end of its life.
 */
function extendThroughLoops(
  p: Problem,
  chains: UseChains,
  liveness: Liveness,
  mask: Int32Array,
  to: Int32Array,
): void {
  for (let k = 0; k < chains.latches.length; k++) {
    const b = chains.latches.at(k);
    for (let e = p.blockSuccStart.at(b); e < p.blockSuccStart.at(b + 1); e++)
      if (p.succs.at(e) <= b)
        liveness.extendLives(p.succs.at(e), chains.blockStart[b + 1], mask, chains.globals.data, to);
  }
}

/** Makes the life of each slot's vreg that of all vregs that live in the slot; returns the slots' vregs. */
function shareSlots(lives: SpillLives, inMemory: I32List, home: Int32Array): I32List {
  const { from, to, homes } = lives;
  const known = (lives.known = growInt32(lives.known, to.length));
  homes.clear();
  for (let k = 0; k < inMemory.length; k++) {
    const v = inMemory.at(k);
    if (home[v] !== v) continue;
    known[v] = 1;
    homes.push(v);
  }
  for (let k = 0; k < inMemory.length; k++) {
    const v = inMemory.at(k);
    const h = home[v];
    if (h === v) continue;
    if (known[h] === 0) {
      // The vreg that the slot is named after is not in memory itself.
      known[h] = 1;
      homes.push(h);
      from[h] = from[v];
      to[h] = to[v];
    }
    from[h] = Math.min(from[h], from[v]);
    to[h] = Math.max(to[h], to[v]);
  }
  for (let k = 0; k < homes.length; k++) known[homes.at(k)] = 0;
  return homes;
}

/** Bytes that hold any vreg of a class. */
function largestSlot(p: Problem, cls: number): number {
  let bytes = 8;
  for (let v = FIRST_VREG; v < p.numVRegs; v++)
    if (p.vregClass.at(v) === cls && p.vregSlotBytes.at(v) > bytes) bytes = p.vregSlotBytes.at(v);
  return bytes;
}
