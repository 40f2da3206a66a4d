/**
 * The linear allocator's way through an instruction all of whose operands are early uses and late definitions in fixed
 * registers, with or without clobbers: calls, returns, the arrival of arguments. It does what
 * {@link ConstrainedInstruction} does, for which there is less to weigh up here.
 */
import { CLASSES } from "./operand.ts";
import type { ParallelMoves } from "./parallel-moves.ts";
import type { Problem } from "./problem.ts";
import type { RegisterState } from "./register-state.ts";
import { NEVER } from "./use-chains.ts";

export class FixedInstruction {
  readonly #state: RegisterState;
  readonly #moves: ParallelMoves;
  /** Registers that uses want; that definitions or clobbers overwrite. */
  readonly #early = new Int32Array(CLASSES);
  readonly #killed = new Int32Array(CLASSES);
  /** Registers that hold what is used, or will hold what is moved. */
  readonly #inputs = new Int32Array(CLASSES);
  /** Registers that nobody needs while values are moved to where they are used. */
  readonly #free = new Int32Array(CLASSES);
  /** The vreg that a use wants in a register. */
  readonly #wanted = new Int32Array(32 * CLASSES);

  constructor(state: RegisterState, moves: ParallelMoves) {
    this.#state = state;
    this.#moves = moves;
  }

  /** Allocates instruction `i`; or does nothing and says so, for a definition outside the allocatable registers. */
  allocate(p: Problem, i: number, allocs: Int32Array): boolean {
    const s = this.#state;
    const first = p.instOperandStart.data[i];
    const end = p.instOperandStart.data[i + 1];
    const set = p.instClobber.data[i];
    if (!this.#collect(p, first, end, set, allocs)) return false;
    const { classes } = s;
    for (let c = 0; c < classes; c++) {
      const q = (this.#early[c] | this.#killed[c]) & s.all[c] & ~s.free[c];
      if (q !== 0) this.#clearTheWay(c, q);
      this.#free[c] = s.free[c] & ~this.#early[c];
    }
    const opVReg = p.operandVReg.data;
    const opInfo = p.operandInfo.data;
    let defs = 0;
    for (let k = first; k < end; k++) {
      if ((opInfo[k] & 1) === 0) this.#bring(opVReg[k], opInfo[k] >> 8);
      else defs++;
    }
    this.#moves.resolve(2 * i, this.#free[0], this.#free[1], this.#free[2]);
    s.forgetTouched();
    if (set !== 0) s.passClobber();
    for (let k = first; k < end; k++) if ((opInfo[k] & 1) === 0) s.dropIfDead(opVReg[k]);
    for (let c = 0; c < classes; c++)
      for (let q = this.#killed[c] & s.all[c] & ~s.free[c]; q !== 0; q &= q - 1)
        s.evict((c << 5) | (31 - Math.clz32(q & -q)));
    if (defs === 0) return true;
    for (let k = first; k < end; k++) {
      if ((opInfo[k] & 1) === 0) continue;
      s.define(opVReg[k], opInfo[k] >> 8, i, k);
      if (s.nextUse[opVReg[k]] === NEVER) s.drop(opInfo[k] >> 8);
    }
    return true;
  }

  #collect(p: Problem, first: number, end: number, set: number, allocs: Int32Array): boolean {
    const s = this.#state;
    const early = this.#early;
    const killed = this.#killed;
    const inputs = this.#inputs;
    const sets = p.clobberSets.data;
    for (let c = 0; c < CLASSES; c++) {
      this.#free[c] = 0;
      early[c] = 0;
      inputs[c] = 0;
      killed[c] = sets[3 * set + c];
    }
    const opVReg = p.operandVReg.data;
    const opInfo = p.operandInfo.data;
    const { next } = s;
    const base = s.operandBase;
    for (let k = first; k < end; k++) {
      const v = opVReg[k];
      const info = opInfo[k];
      const r = info >> 8;
      const bit = 1 << (r & 31);
      allocs[k] = r;
      if ((info & 1) === 0) {
        s.nextUse[v] = next[base + k];
        early[r >> 5] |= bit;
        this.#wanted[r] = v;
        const at = s.regOf[v];
        if (at >= 0) inputs[at >> 5] |= 1 << (at & 31);
      } else {
        if ((s.all[r >> 5] & bit) === 0) return false;
        killed[r >> 5] |= bit;
      }
    }
    return true;
  }

  /** Finds other places for what is in the registers `q` of class `c` and can't stay there. */
  #clearTheWay(c: number, q: number): void {
    const s = this.#state;
    const early = this.#early[c];
    const killed = this.#killed[c];
    for (; q !== 0; q &= q - 1) {
      const bit = q & -q;
      const r = (c << 5) | (31 - Math.clz32(bit));
      const v = s.vregIn[r];
      const isOwn = (early & bit) !== 0 && this.#wanted[r] === v;
      if (isOwn && (killed & bit) === 0) continue;
      const isWanted = s.isWanted(v);
      if (isWanted) {
        const f = s.free[c] & ~(early | killed);
        if (f !== 0) {
          const to = s.choose(v, c, f);
          s.touch(v);
          s.drop(r);
          this.#move(v, r, to);
          continue;
        }
      }
      // A use that ends here needs no other place than the one where it is wanted.
      if ((early & bit) === 0 || isOwn) continue;
      s.touch(v);
      s.drop(r);
      if (isWanted) this.#resettle(v, r, c);
    }
  }

  /** Gives `v`, which was in `r`, the register of a value that is wanted later, or leaves it in memory. */
  #resettle(v: number, r: number, c: number): void {
    const s = this.#state;
    // What is used here is in a register now, so the next use is not near.
    if ((this.#inputs[c] & (1 << (r & 31))) !== 0) {
      s.keepInMemory(v);
      return;
    }
    const to = s.farthest(c, this.#early[c] | this.#killed[c] | this.#inputs[c]);
    if (to < 0 || s.nextUse[s.vregIn[to]] <= s.nextUse[v]) {
      s.keepInMemory(v);
      return;
    }
    s.evict(to);
    this.#move(v, r, to);
  }

  /** Plans to move `v` from `r` to the free register `to`, where it must stay now. */
  #move(v: number, r: number, to: number): void {
    this.#state.take(to, v);
    this.#moves.add(r, to);
    this.#inputs[to >> 5] |= 1 << (to & 31);
  }

  /** Sees to it that `v` is in register `r` when the instruction reads it. */
  #bring(v: number, r: number): void {
    const s = this.#state;
    const at = s.regOf[v];
    const c = r >> 5;
    const bit = 1 << (r & 31);
    // Where it is now; a second operand may ask for the same.
    const from = s.sourceBefore(v);
    if (from === r || (this.#early[c] & bit) === 0) return;
    this.#early[c] &= ~bit;
    this.#moves.add(from, r);
    s.used[c] |= bit;
    if (at < 0 && (s.free[c] & ~this.#killed[c] & bit) !== 0 && s.isWanted(v)) {
      s.touch(v);
      s.take(r, v);
    }
  }
}
