/**
 * Where vregs in memory are stored: once each, at a point that dominates all that reads the slot.
 *
 * The definition is such a point. The start of a block on the dominators' way from there to the reads is a better one if
 * the vreg is in a register there and the block is executed no more often: it is in fewer loops, or in the same loop and
 * nearer to the reads. So a value that a loop computes and only what follows it reads from memory is stored behind the
 * loop, and one that a path through a loop needs registers for is stored on that path. Functions in which no vreg in
 * memory is defined in a loop are spared the dominators.
 */
import { growInt32, I32List } from "@gantry/entity";
import type { BlockStates } from "./block-states.ts";
import { Dominators } from "./dominators.ts";
import type { EditList } from "./edit-list.ts";
import type { EditMerger } from "./edit-merger.ts";
import type { Liveness } from "./liveness.ts";
import { SLOT_BASE } from "./operand.ts";
import type { Problem } from "./problem.ts";
import type { RegisterState } from "./register-state.ts";
import type { UseChains } from "./use-chains.ts";

/** Blocks on the way from the reads to the definition that are looked at. */
const MAX_STEPS = 64;

export class SpillStores {
  readonly #state: RegisterState;
  readonly #states: BlockStates;
  readonly #chains: UseChains;
  readonly #liveness: Liveness;
  readonly #dominators = new Dominators();
  /** Per vreg in memory: the nearest block that dominates all that reads its slot, or -1. */
  #reads = new Int32Array(1024);
  /** Per block: the header of the innermost loop that it is in, or -1. */
  #loopOf = new Int32Array(256);
  readonly #open = new I32List(16);

  constructor(state: RegisterState, states: BlockStates, chains: UseChains, liveness: Liveness) {
    this.#state = state;
    this.#states = states;
    this.#chains = chains;
    this.#liveness = liveness;
  }

  /**
   * Adds the stores to `merger`, which has been reset.
   *
   * @param slotOperands The operands that are slots.
   */
  collect(
    p: Problem,
    edits: EditList,
    edgeEdits: EditList,
    slotOperands: { readonly data: Int32Array; readonly length: number },
    allocs: Int32Array,
    merger: EditMerger,
  ): void {
    const s = this.#state;
    const inMemory = s.inMemory;
    if (inMemory.length === 0) return;
    const canMove = this.#anyInLoop(p) && this.#dominators.compute(p, this.#chains.latches);
    if (canMove) {
      this.#reads = growInt32(this.#reads, p.numVRegs);
      for (let k = 0; k < inMemory.length; k++) this.#reads[inMemory.at(k)] = -1;
      this.#noteReads(p, edits);
      this.#noteReads(p, edgeEdits);
      this.#noteOperands(p, slotOperands, allocs);
      this.#findLoops(p);
    }
    for (let k = inMemory.length - 1; k >= 0; k--) {
      const v = inMemory.at(k);
      const r = s.defReg[v];
      if (v >= p.numVRegs || r < 0) continue;
      if (!canMove || !this.#moveStore(p, v, merger)) this.#storeAtDefinition(p, v, r, merger);
    }
  }

  /** Whether any of the vregs in memory is defined in a loop; otherwise moving stores is not worth the time. */
  #anyInLoop(p: Problem): boolean {
    const { defBlock, latches } = this.#chains;
    if (latches.length === 0) return false;
    const { inMemory } = this.#state;
    for (let k = 0; k < inMemory.length; k++) {
      const v = inMemory.at(k);
      if (v < p.numVRegs && p.blockLoopDepth.data[defBlock[v]] > 0) return true;
    }
    return false;
  }

  /** Notes where edits, which are in the order of their points, read slots. */
  #noteReads(p: Problem, edits: EditList): void {
    const words = edits.words;
    const instStart = p.blockInstStart.data;
    let b = 0;
    for (let k = 0, z = edits.length; k < z; k += 4) {
      if (words[k + 2] < SLOT_BASE) continue;
      while (instStart[b + 1] <= words[k] >> 1) b++;
      this.#noteRead(p, words[k + 2] - SLOT_BASE, b);
    }
  }

  /** Notes where operands, which are in the order of instructions, read slots. */
  #noteOperands(
    p: Problem,
    slotOperands: { readonly data: Int32Array; readonly length: number },
    allocs: Int32Array,
  ): void {
    const instStart = p.blockInstStart.data;
    const opStart = p.instOperandStart.data;
    let b = 0;
    for (let k = 0; k < slotOperands.length; k++) {
      const at = slotOperands.data[k];
      while (opStart[instStart[b + 1]] <= at) b++;
      if (allocs[at] >= SLOT_BASE) this.#noteRead(p, allocs[at] - SLOT_BASE, b);
    }
  }

  #noteRead(p: Problem, v: number, b: number): void {
    if (v >= p.numVRegs) return;
    const before = this.#reads[v];
    this.#reads[v] = before < 0 ? b : this.#dominators.common(before, b);
  }

  #findLoops(p: Problem): void {
    const n = p.numBlocks();
    const loopOf = (this.#loopOf = growInt32(this.#loopOf, n));
    const { loopEnd } = this.#chains;
    const open = this.#open;
    open.clear();
    let loop = -1;
    for (let b = 0; b < n; b++) {
      while (loop >= 0 && loopEnd[loop] < b) loop = open.pop();
      if (loopEnd[b] >= 0) {
        open.push(loop);
        loop = b;
      }
      loopOf[b] = loop;
    }
  }

  /** Adds the store of `v` at the start of a better block than that of its definition, if there is one. */
  #moveStore(p: Problem, v: number, merger: EditMerger): boolean {
    const depth = p.blockLoopDepth.data;
    const { idom } = this.#dominators;
    const home = this.#chains.defBlock[v];
    const loop = this.#loopOf[home];
    let best = -1;
    let bestDepth = depth[home] + 1;
    let register = -1;
    let b = this.#reads[v];
    if (b < 0) return true;
    for (let k = 0; k < MAX_STEPS && b !== home && b !== 0; k++, b = idom[b]) {
      if (depth[b] >= bestDepth || (depth[b] === depth[home] && this.#loopOf[b] !== loop)) continue;
      const r = this.#registerAtStart(p, b, v);
      if (r < 0) continue;
      best = b;
      bestDepth = depth[b];
      register = r;
    }
    if (best < 0) return false;
    merger.addStore(2 * p.blockInstStart.data[best], v, register);
    return true;
  }

  /** The register that `v`, which is live there, is in at the start of block `b`, or -1. */
  #registerAtStart(p: Problem, b: number, v: number): number {
    const first = p.blockPredStart.data[b];
    if (
      p.blockPredStart.data[b + 1] - first === 1 &&
      p.blockParamStart.data[b] === p.blockParamStart.data[b + 1]
    )
      return this.#states.registerAtEnd(this.#state, p.preds.data[first], v);
    return this.#states.registerAtStart(this.#state, b, v);
  }

  /** What a branch defines is stored at the start of the successors, which have no other predecessor. */
  #storeAtDefinition(p: Problem, v: number, r: number, merger: EditMerger): void {
    const instStart = p.blockInstStart.data;
    const succStart = p.blockSuccStart.data;
    const d = this.#state.defInst[v];
    if (d < 0) {
      merger.addStore(2 * instStart[-1 - d], v, r);
      return;
    }
    const b = this.#chains.defBlock[v];
    if (d !== instStart[b + 1] - 1) {
      merger.addStore(2 * d + 1, v, r);
      return;
    }
    for (let e = succStart[b]; e < succStart[b + 1]; e++) {
      const t = p.succs.at(e);
      this.#liveness.enter(p, t);
      if (this.#liveness.isLiveIn(this.#chains.globalOf[v])) merger.addStore(2 * instStart[t], v, r);
      this.#liveness.leave(p, t);
    }
  }
}
