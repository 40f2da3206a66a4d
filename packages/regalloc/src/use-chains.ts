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
import { growInt32, I32List } from "@gantry/entity";
import { FIRST_FIXED_SLOT, FIRST_VREG, FIXED, REUSE } from "./operand.ts";
import type { Problem } from "./problem.ts";

/** "No further use in layout order"; greater than any position. */
export const NEVER = 0x3fffffff;

/** The position of block `b`'s first parameter, or of what stands there instead. */
export function blockPosition(p: Problem, b: number): number {
  return p.edgeArgStart.data[p.blockSuccStart.data[b]] + p.blockParamStart.data[b] + firstOperand(p, b);
}

/** What the positions of operands in block `b` are greater by than the operands' indices. */
export function operandBase(p: Problem, b: number): number {
  return p.edgeArgStart.data[p.blockSuccStart.data[b]] + p.blockParamStart.data[b + 1];
}

/** What the positions of branch arguments of block `b` are greater by than their indices. */
export function argumentBase(p: Problem, b: number): number {
  return firstOperand(p, b + 1) + p.blockParamStart.data[b + 1];
}

function firstOperand(p: Problem, b: number): number {
  return p.instOperandStart.data[p.blockInstStart.data[b]];
}

export class UseChains {
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
  }

  build(p: Problem): void {
    const nv = p.numVRegs;
    const positions = p.operandVReg.length + p.params.length + p.edgeArgs.length;
    this.#ensure(p, positions);
    const { next, last, hint, hintParam, defBlock, globalOf, loopEnd } = this;
    // The element behind the last is nobody's: what has no occurrence yet is linked from there.
    last.fill(positions, 0, nv);
    hint.fill(0, 0, nv);
    hintParam.fill(0, 0, nv);
    globalOf.fill(0, 0, nv);
    loopEnd.fill(-1, 0, p.numBlocks());
    // Room for all there can be: nothing is called in the loops, so V8 checks the arrays once before them.
    this.globals.fill(1, 0);
    this.globals.extend(nv);
    this.exposed.clear();
    this.exposed.extend(2 * positions);
    this.latches.clear();
    this.latches.extend(p.numBlocks());
    const globals = this.globals.data;
    const exposed = this.exposed.data;
    const latches = this.latches.data;
    let globalCount = 1;
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
    const n = p.numBlocks();
    let pos = 0;
    let k = 0;
    for (let b = 0; b < n; b++) {
      const start = pos;
      for (let q = paramStart[b], z = paramStart[b + 1]; q < z; q++, pos++) {
        const v = params[q];
        last[v] = pos;
        next[pos] = NEVER;
        defBlock[v] = b;
      }
      let i = instStart[b];
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
          let g = globalOf[v];
          if (g === 0) {
            g = globalCount++;
            globals[g] = v;
            globalOf[v] = g;
          }
          exposed[exposedCount] = b;
          exposed[exposedCount + 1] = g;
          exposedCount += 2;
        }
        // Neither any nor reg: a rare branch for all that follows.
        if ((info & 0x60) === 0) continue;
        const constraint = (info >> 4) & 7;
        if (constraint === REUSE) {
          while (opStart[i + 1] <= k) i++;
          hintParam[opVReg[opStart[i] + (info >> 8)]] = v;
        } else if (constraint === FIXED && (info & 1) === 0 && info >> 8 < FIRST_FIXED_SLOT) {
          if (hint[v] === 0) hint[v] = 1 + (info >> 8);
          hintParam[v] = 0;
        }
      }
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
            let g = globalOf[v];
            if (g === 0) {
              g = globalCount++;
              globals[g] = v;
              globalOf[v] = g;
            }
            exposed[exposedCount] = b;
            exposed[exposedCount + 1] = g;
            exposedCount += 2;
          }
          hintParam[v] = params[param + q];
        }
      }
    }
    this.globals.length = globalCount;
    this.exposed.length = exposedCount;
    this.latches.length = latchCount;
    this.#findClobbers(p);
  }

  #findClobbers(p: Problem): void {
    const clobber = p.instClobber.data;
    const instStart = p.blockInstStart.data;
    const ends = this.clobberEnds;
    ends.clear();
    let b = 0;
    for (let i = 0, z = p.numInsts(); i < z; i++) {
      if (clobber[i] === 0) continue;
      while (instStart[b + 1] <= i) b++;
      ends.push(operandBase(p, b) + p.instOperandStart.data[i + 1]);
    }
    ends.push(NEVER);
  }
}
