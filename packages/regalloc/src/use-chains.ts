/**
 * One forward pass over a problem that links the uses of every vreg in layout order, and notes by the way what else the
 * linear allocator wants to know: which vregs cross block borders, where clobbers are, which registers vregs
 * would like, and which instructions have only the commonest constraints.
 */
import { growInt32, I32List } from "@gantry/entity";
import { FIRST_FIXED_SLOT, FIXED, REUSE } from "./operand.ts";
import type { Problem } from "./problem.ts";

/** "No further use in layout order"; greater than any instruction index. */
export const NEVER = 0x3fffffff;

export class UseChains {
  /** Per operand that is a use: the instruction of the vreg's next use. Branch arguments count as uses. */
  next = new Int32Array(4096);
  /** Per edge argument, the same. */
  argNext = new Int32Array(1024);
  firstUse = new Int32Array(1024);
  /** Per vreg: a register that its definition or a use is fixed to, or -1. */
  hint = new Int32Array(1024);
  /** Per vreg: a block parameter that it is passed to, or a definition that reuses its register; or 0. */
  hintParam = new Int32Array(1024);
  defBlock = new Int32Array(1024);
  /** Per vreg: the instruction of its last use in layout order, or of its definition. */
  lastUse = new Int32Array(1024);
  /**
   * Per instruction, and one more: twice the number of clobbering instructions before it, plus 1 when it has early
   * any/reg uses, late any/reg/reuse defs and no clobbers.
   */
  notes = new Int32Array(1024);
  /** Per vreg that crosses a block border: its number from 1 up, otherwise 0. */
  globalOf = new Int32Array(1024);
  /** The vreg of a global number. */
  readonly globals = new I32List(256);
  /** Pairs (block, global): a use in a block that does not define the vreg. */
  readonly exposed = new I32List(512);
  /** Per block: the last one that branches back to it, or -1. */
  loopEnd = new Int32Array(256);
  /** The blocks that branch back, in ascending order. */
  readonly latches = new I32List(16);
  #last = new Int32Array(1024);

  #ensure(p: Problem): void {
    const v = p.numVRegs;
    if (v > this.firstUse.length) {
      this.firstUse = growInt32(this.firstUse, v);
      this.hint = growInt32(this.hint, v);
      this.hintParam = growInt32(this.hintParam, v);
      this.defBlock = growInt32(this.defBlock, v);
      this.lastUse = growInt32(this.lastUse, v);
      this.globalOf = growInt32(this.globalOf, v);
      this.#last = growInt32(this.#last, v);
    }
    this.next = growInt32(this.next, p.operandVReg.length);
    this.argNext = growInt32(this.argNext, p.edgeArgs.length);
    this.loopEnd = growInt32(this.loopEnd, p.numBlocks());
    this.notes = growInt32(this.notes, p.numInsts() + 1);
  }

  build(p: Problem): void {
    this.#ensure(p);
    const nv = p.numVRegs;
    const { next, argNext, firstUse, hint, hintParam, defBlock, lastUse, notes, globalOf } = this;
    const last = this.#last;
    firstUse.fill(NEVER, 0, nv);
    hint.fill(-1, 0, nv);
    hintParam.fill(0, 0, nv);
    globalOf.fill(0, 0, nv);
    defBlock.fill(-1, 0, nv);
    last.fill(0, 0, nv);
    next.fill(NEVER, 0, p.operandVReg.length);
    argNext.fill(NEVER, 0, p.edgeArgs.length);
    // Room for all there can be: nothing is called in the loops, so V8 checks the arrays once before them.
    this.globals.fill(1, 0);
    this.globals.extend(nv);
    this.exposed.clear();
    this.exposed.extend(2 * (p.operandVReg.length + p.edgeArgs.length));
    this.latches.clear();
    this.latches.extend(p.numBlocks());
    const globals = this.globals.data;
    const exposed = this.exposed.data;
    const latches = this.latches.data;
    let globalCount = 1;
    let exposedCount = 0;
    let latchCount = 0;
    const loopEnd = this.loopEnd;
    loopEnd.fill(-1, 0, p.numBlocks());
    const opStart = p.instOperandStart.data;
    const opVReg = p.operandVReg.data;
    const opInfo = p.operandInfo.data;
    const clobber = p.instClobber.data;
    const instStart = p.blockInstStart.data;
    const paramStart = p.blockParamStart.data;
    const params = p.params.data;
    const succStart = p.blockSuccStart.data;
    const succs = p.succs.data;
    const argStart = p.edgeArgStart.data;
    const args = p.edgeArgs.data;
    const n = p.numBlocks();
    let calls = 0;
    for (let b = 0; b < n; b++) {
      for (let k = paramStart[b], z = paramStart[b + 1]; k < z; k++) {
        const v = params[k];
        defBlock[v] = b;
        lastUse[v] = instStart[b];
      }
      const end = instStart[b + 1];
      for (let i = instStart[b]; i < end; i++) {
        const clobbers = clobber[i] === 0 ? 0 : 1;
        let unusual = clobbers;
        for (let k = opStart[i], z = opStart[i + 1]; k < z; k++) {
          const v = opVReg[k];
          if (v < 128) continue;
          const info = opInfo[k];
          const constraint = (info >> 4) & 7;
          // Stack, fixed and limit; a kind that does not go with its usual position.
          unusual |= ((0x2c >> constraint) & 1) | ((info ^ (info >> 1)) & 1);
          if ((info & 1) !== 0) {
            defBlock[v] = b;
            lastUse[v] = i;
            if (constraint === REUSE) hintParam[opVReg[opStart[i] + (info >> 8)]] = v;
            continue;
          }
          const l = last[v];
          if (l > 0) next[l - 1] = i;
          else if (l < 0) argNext[-l - 1] = i;
          else firstUse[v] = i;
          last[v] = k + 1;
          lastUse[v] = i;
          if (defBlock[v] !== b) {
            if (globalOf[v] === 0) {
              globals[globalCount] = v;
              globalOf[v] = globalCount++;
            }
            exposed[exposedCount++] = b;
            exposed[exposedCount++] = globalOf[v];
          }
          if (constraint === FIXED && info >> 8 < FIRST_FIXED_SLOT) {
            if (hint[v] < 0) hint[v] = info >> 8;
            hintParam[v] = 0;
          }
        }
        notes[i] = calls | (unusual ^ 1);
        calls += clobbers << 1;
      }
      let isLatch = false;
      for (let e = succStart[b], f = succStart[b + 1]; e < f; e++) {
        if (succs[e] <= b) {
          loopEnd[succs[e]] = b;
          isLatch = true;
        }
        const a = argStart[e];
        const z = argStart[e + 1];
        if (a === z) continue;
        const q = paramStart[succs[e]];
        for (let k = a; k < z; k++) {
          const v = args[k];
          const l = last[v];
          if (l > 0) next[l - 1] = end - 1;
          else if (l < 0) argNext[-l - 1] = end - 1;
          else firstUse[v] = end - 1;
          last[v] = -k - 1;
          lastUse[v] = end - 1;
          if (defBlock[v] !== b) {
            if (globalOf[v] === 0) {
              globals[globalCount] = v;
              globalOf[v] = globalCount++;
            }
            exposed[exposedCount++] = b;
            exposed[exposedCount++] = globalOf[v];
          }
          hintParam[v] = params[q + k - a];
        }
      }
      if (isLatch) latches[latchCount++] = b;
    }
    notes[p.numInsts()] = calls;
    this.globals.length = globalCount;
    this.exposed.length = exposedCount;
    this.latches.length = latchCount;
  }
}
