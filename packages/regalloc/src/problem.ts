import { I32List } from "@gantry/entity";
import { FIRST_VREG, operandConstraint, operandPayload, REUSE } from "./operand.ts";

/**
 * A register allocation problem: a function in SSA form as columns of integers. One instance serves many functions;
 * {@link reset} keeps the storage.
 *
 * Preconditions, checked by `validate` in tests and assumed by the allocators:
 * 1. every vreg has one definition (an operand or a block parameter) that dominates its uses;
 * 2. block 0 is the entry and has no predecessors; every other block has one that stands before it, and a block stands
 *    after those that dominate it;
 * 3. no critical edges: a block with several successors is the only predecessor of each of them;
 * 4. a branch or a return is the last instruction of its block; arguments are passed only by a block with one successor,
 *    and the last instruction of such a block has no operands;
 * 5. a reuse def is late and names an early use of its instruction that is not constrained to the stack, no two name the
 *    same one, and a reuse def of a physical register does not exist;
 * 6. operands that name a physical register directly (stack pointer and the like) name one that is not allocatable;
 * 7. operands of one instruction that are fixed to one place at the same time are uses of one vreg, and a late use or early
 *    def is not fixed to what the instruction clobbers.
 *
 * Vreg columns are indexed by register word, so their first 128 elements are unused and `numVRegs` is the bound of
 * register words. Lists of lists are a start column with one element more than there are owners.
 */
export class Problem {
  /** Per instruction: first operand; one element more than instructions. */
  readonly instOperandStart = new I32List(1024);
  readonly operandVReg = new I32List(4096);
  readonly operandInfo = new I32List(4096);
  /** Per instruction: index into `clobberSets`, 0 for none. */
  readonly instClobber = new I32List(1024);
  readonly instFlags = new I32List(1024);
  /** The instructions that have clobbers, in ascending order; pairs (input, definition) of operands for each reuse. */
  readonly clobbering = new I32List(64);
  readonly reuses = new I32List(64);
  /** Three words a set, a mask of registers per class; set 0 is empty. */
  readonly clobberSets = new I32List(48);

  readonly blockInstStart = new I32List(256);
  readonly blockSuccStart = new I32List(256);
  readonly succs = new I32List(256);
  readonly blockPredStart = new I32List(256);
  readonly preds = new I32List(256);
  readonly blockParamStart = new I32List(256);
  readonly params = new I32List(256);
  /** Per edge, that is per element of `succs`: first argument. */
  readonly edgeArgStart = new I32List(256);
  readonly edgeArgs = new I32List(256);
  /** Empty, or per block the number of loops around it. */
  readonly blockLoopDepth = new I32List(256);
  /** Empty, or per block 1 where it is seldom executed. */
  readonly blockCold = new I32List(256);

  numVRegs = FIRST_VREG;
  readonly vregClass = new I32List(1024);
  /** Bytes and alignment of the vreg's spill slot, a power of two. */
  readonly vregSlotBytes = new I32List(1024);
  /** Non-zero: the client can recompute the value anywhere, so it is never stored. */
  readonly vregRemat = new I32List(1024);

  /** Four words a label: vreg, first instruction, instruction after the last, label. */
  readonly debugLabels = new I32List(16);

  constructor() {
    this.reset();
  }

  reset(): void {
    this.instOperandStart.clear();
    this.instOperandStart.push(0);
    this.operandVReg.clear();
    this.operandInfo.clear();
    this.instClobber.clear();
    this.instFlags.clear();
    this.clobbering.clear();
    this.reuses.clear();
    this.clobberSets.fill(3, 0);
    this.blockInstStart.clear();
    this.blockInstStart.push(0);
    this.blockSuccStart.clear();
    this.blockSuccStart.push(0);
    this.succs.clear();
    this.blockPredStart.clear();
    this.preds.clear();
    this.blockParamStart.clear();
    this.blockParamStart.push(0);
    this.params.clear();
    this.edgeArgStart.clear();
    this.edgeArgs.clear();
    this.blockLoopDepth.clear();
    this.blockCold.clear();
    this.numVRegs = FIRST_VREG;
    this.vregClass.fill(FIRST_VREG, 0);
    this.vregSlotBytes.fill(FIRST_VREG, 8);
    this.vregRemat.fill(FIRST_VREG, 0);
    this.debugLabels.clear();
  }

  numInsts(): number {
    return this.instFlags.length;
  }

  numBlocks(): number {
    return this.blockInstStart.length - 1;
  }

  /** Makes a virtual register and returns its word. */
  newVReg(cls: number, slotBytes = 8, remat = 0): number {
    this.vregClass.push(cls);
    this.vregSlotBytes.push(slotBytes);
    this.vregRemat.push(remat);
    return this.numVRegs++;
  }

  /** Makes a clobber set and returns its index. */
  newClobberSet(mask0: number, mask1: number, mask2: number): number {
    const at = this.clobberSets.push(mask0);
    this.clobberSets.push(mask1);
    this.clobberSets.push(mask2);
    return at / 3;
  }

  /** Appends an operand to the instruction that {@link endInst} will close. */
  operand(vreg: number, info: number): void {
    this.operandInfo.push(info);
    const k = this.operandVReg.push(vreg);
    if (operandConstraint(info) !== REUSE) return;
    this.reuses.push(this.instOperandStart.at(this.numInsts()) + operandPayload(info));
    this.reuses.push(k);
  }

  /** Closes an instruction and returns its index. */
  endInst(flags = 0, clobberSet = 0): number {
    this.instOperandStart.push(this.operandVReg.length);
    this.instClobber.push(clobberSet);
    if (clobberSet !== 0) this.clobbering.push(this.numInsts());
    return this.instFlags.push(flags);
  }

  /** Appends a parameter to the block that {@link endBlock} will close. */
  param(vreg: number): void {
    this.params.push(vreg);
  }

  /** Appends a successor to the block that {@link endBlock} will close; its arguments follow by {@link edgeArg}. */
  successor(block: number): void {
    this.succs.push(block);
    this.edgeArgStart.push(this.edgeArgs.length);
  }

  edgeArg(vreg: number): void {
    this.edgeArgs.push(vreg);
  }

  endBlock(): void {
    this.blockInstStart.push(this.instFlags.length);
    this.blockSuccStart.push(this.succs.length);
    this.blockParamStart.push(this.params.length);
  }

  /** Closes the lists and derives predecessors and, where the client gave none, loop depths. */
  finish(): void {
    this.edgeArgStart.push(this.edgeArgs.length);
    this.#derivePreds();
    if (this.blockLoopDepth.length === 0) this.#deriveLoopDepths();
  }

  #derivePreds(): void {
    const n = this.numBlocks();
    const starts = this.blockPredStart;
    starts.fill(n + 1, 0);
    const at = starts.data;
    const succs = this.succs.data;
    const edges = this.succs.length;
    for (let e = 0; e < edges; e++) at[succs[e]]++;
    let sum = 0;
    for (let b = 0; b <= n; b++) at[b] = sum += at[b];
    this.preds.clear();
    this.preds.extend(edges);
    const preds = this.preds.data;
    const succStart = this.blockSuccStart.data;
    for (let b = n - 1; b >= 0; b--)
      for (let e = succStart[b + 1] - 1; e >= succStart[b]; e--) preds[--at[succs[e]]] = b;
  }

  /**
   * Approximate depths in one pass: a branch to its own or an earlier block makes a loop of all blocks between. In
   * reverse postorder that is exact but for blocks that leave the loop and stand inside it.
   */
  #deriveLoopDepths(): void {
    const n = this.numBlocks();
    const depth = this.blockLoopDepth;
    depth.fill(n + 1, 0);
    const d = depth.data;
    const preds = this.preds.data;
    const predStart = this.blockPredStart.data;
    for (let b = 0; b < n; b++) {
      let last = -1;
      for (let k = predStart[b]; k < predStart[b + 1]; k++) if (preds[k] > last) last = preds[k];
      if (last >= b) {
        d[b]++;
        d[last + 1]--;
      }
    }
    let sum = 0;
    for (let b = 0; b < n; b++) d[b] = sum += d[b];
    depth.length = n;
  }
}
