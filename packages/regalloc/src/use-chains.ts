/**
 * One forward pass over a problem that links the uses of every vreg in layout order, and notes by the way what else the
 * linear allocator wants to know: which vregs cross block borders, where clobbers are, and which registers vregs
 * would like.
 *
 * Everything that names a vreg has a *position*, counted from 0 in layout order: of each block its parameters, then the
 * operands of its instructions, then its branch arguments. Positions are the unit of next-use distances. The inner loop
 * runs over operands, not over instructions, and hardly branches: what a mispredicted branch costs is most of what an
 * instruction may cost here.
 */
import { growInt32, growUint8, I32List } from "@gantry/entity";
import { FIRST_FIXED_SLOT, FIRST_VREG, FIXED } from "./operand.ts";
import type { Problem } from "./problem.ts";

/** "No further use in layout order"; greater than any position. */
export const NEVER = 0x3fffffff;

/** What the positions of operands in block `b` are greater by than the operands' indices. */
export function operandBase(p: Problem, b: number): number {
  return p.edgeArgStart.data[p.blockSuccStart.data[b]] + p.blockParamStart.data[b + 1];
}

const FIXED_USE = FIXED << 4;

export class UseChains {
  /** Per block, and one more: the position of its first parameter, or of what stands there instead. */
  blockStart = new Int32Array(256);
  /** Per block: 1 if all that it does is to jump, and it has one predecessor and no parameters. */
  onlyJumps = new Uint8Array(256);
  /** Per position: that of the vreg's next use. */
  next = new Int32Array(4096);
  /** Per vreg: the position of its last use, or of its definition. */
  last = new Int32Array(1024);
  /** Per vreg: 1 + a register that its definition or a use is fixed to, or 0. */
  hint = new Int32Array(1024);
  /** Per vreg: a block parameter that it is passed to, or a definition that reuses its register; or 0. */
  hintParam = new Int32Array(1024);
  defBlock = new Int32Array(1024);
  /** For each instruction with clobbers the position behind its operands, then {@link NEVER}. */
  readonly clobberEnds = new I32List(64);
  /** Per vreg that crosses a block border: its number from 1 up, otherwise 0. */
  globalOf = new Int32Array(1024);
  /** The vreg of a global number. */
  readonly globals = new I32List(256);
  /** Pairs (block, global): a use in a block that does not define the vreg, once for each block. */
  readonly exposed = new I32List(512);
  /** Per block: the last one that branches back to it, or -1. */
  loopEnd = new Int32Array(256);
  /** The blocks that branch back, in ascending order. */
  readonly latches = new I32List(16);

  #ensure(p: Problem, positions: number): void {
    const v = p.numVRegs;
    this.last = growInt32(this.last, v);
    this.hint = growInt32(this.hint, v);
    this.hintParam = growInt32(this.hintParam, v);
    this.defBlock = growInt32(this.defBlock, v);
    this.globalOf = growInt32(this.globalOf, v);
    this.next = growInt32(this.next, positions + 1);
    this.loopEnd = growInt32(this.loopEnd, p.numBlocks());
    this.blockStart = growInt32(this.blockStart, p.numBlocks() + 1);
    this.onlyJumps = growUint8(this.onlyJumps, p.numBlocks());
  }

  build(p: Problem): void {
    const nv = p.numVRegs;
    const positions = p.operandVReg.length + p.params.length + p.edgeArgs.length;
    this.#ensure(p, positions);
    const { next, last, hint, hintParam, defBlock, globalOf, loopEnd, blockStart, onlyJumps } = this;
    // The element behind the last is nobody's: what has no occurrence yet is linked from there.
    last.fill(positions, 0, nv);
    hint.fill(0, 0, nv);
    hintParam.fill(0, 0, nv);
    for (let k = 0; k < this.globals.length; k++) globalOf[this.globals.data[k]] = 0;
    this.#noteRareThings(p);
    loopEnd.fill(-1, 0, p.numBlocks());
    // Room for all there can be: nothing is called in the loops, so V8 checks the arrays once before them.
    this.exposed.clear();
    this.exposed.extend(2 * positions);
    this.latches.clear();
    this.latches.extend(p.numBlocks());
    const exposed = this.exposed.data;
    const latches = this.latches.data;
    let exposedCount = 0;
    let latchCount = 0;
    const opStart = p.instOperandStart.data;
    const opVReg = p.operandVReg.data;
    const opInfo = p.operandInfo.data;
    const instStart = p.blockInstStart.data;
    const paramStart = p.blockParamStart.data;
    const params = p.params.data;
    const succStart = p.blockSuccStart.data;
    const succs = p.succs.data;
    const argStart = p.edgeArgStart.data;
    const args = p.edgeArgs.data;
    const predStart = p.blockPredStart.data;
    const clobber = p.instClobber.data;
    const n = p.numBlocks();
    let pos = 0;
    let k = 0;
    for (let b = 0; b < n; b++) {
      const start = pos;
      blockStart[b] = pos;
      for (let q = paramStart[b], z = paramStart[b + 1]; q < z; q++, pos++) {
        const v = params[q];
        last[v] = pos;
        next[pos] = NEVER;
        defBlock[v] = b;
      }
      for (const end = opStart[instStart[b + 1]]; k < end; k++, pos++) {
        const v = opVReg[k];
        const info = opInfo[k];
        const before = last[v];
        next[before] = pos;
        next[pos] = NEVER;
        last[v] = pos;
        // A use writes the element of vreg 0, which is none.
        defBlock[v & -(info & 1)] = b;
        if (before < start && v >= FIRST_VREG) {
          exposed[exposedCount] = b;
          exposed[exposedCount + 1] = v;
          exposedCount += 2;
        }
        if ((info & 0x71) === FIXED_USE && info >> 8 < FIRST_FIXED_SLOT) {
          if (hint[v] === 0) hint[v] = 1 + (info >> 8);
          hintParam[v] = 0;
        }
      }
      const i = instStart[b];
      const isOne = pos === start && instStart[b + 1] - i === 1 && predStart[b + 1] - predStart[b] === 1;
      onlyJumps[b] = isOne && clobber[i] === 0 ? 1 : 0;
      const firstEdge = succStart[b];
      const endEdge = succStart[b + 1];
      for (let e = firstEdge; e < endEdge; e++) {
        const t = succs[e];
        if (t > b) continue;
        loopEnd[t] = b;
        if (latchCount === 0 || latches[latchCount - 1] !== b) latches[latchCount++] = b;
      }
      if (argStart[firstEdge] === argStart[endEdge]) continue;
      for (let e = firstEdge; e < endEdge; e++) {
        const a = argStart[e];
        const param = paramStart[succs[e]] - a;
        for (let q = a, z = argStart[e + 1]; q < z; q++, pos++) {
          const v = args[q];
          const before = last[v];
          next[before] = pos;
          next[pos] = NEVER;
          last[v] = pos;
          if (before < start) {
            exposed[exposedCount] = b;
            exposed[exposedCount + 1] = v;
            exposedCount += 2;
          }
          hintParam[v] = params[param + q];
        }
      }
    }
    blockStart[n] = pos;
    this.exposed.length = exposedCount;
    this.latches.length = latchCount;
    this.#numberGlobals();
  }

  /** Numbers the vregs of exposed uses and puts the numbers in their place. */
  #numberGlobals(): void {
    const { globalOf, globals } = this;
    const exposed = this.exposed.data;
    globals.fill(1, 0);
    for (let k = 1; k < this.exposed.length; k += 2) {
      const v = exposed[k];
      if (globalOf[v] === 0) globalOf[v] = globals.push(v);
      exposed[k] = globalOf[v];
    }
  }

  /** Notes what few instructions have: clobbers, and results that take the places of inputs. */
  #noteRareThings(p: Problem): void {
    const opVReg = p.operandVReg.data;
    const reuses = p.reuses.data;
    for (let k = 0; k < p.reuses.length; k += 2) this.hintParam[opVReg[reuses[k]]] = opVReg[reuses[k + 1]];
    const ends = this.clobberEnds;
    ends.clear();
    const instStart = p.blockInstStart.data;
    let b = 0;
    for (let k = 0; k < p.clobbering.length; k++) {
      const i = p.clobbering.data[k];
      while (instStart[b + 1] <= i) b++;
      ends.push(operandBase(p, b) + p.instOperandStart.data[i + 1]);
    }
    ends.push(NEVER);
  }
}
