/**
 * Definitions whose place is fixed where no value can stay: a fixed stack slot, or a register that the client keeps. The
 * value is moved out at once, to its slot if the instruction's definitions take all registers. What a branch defines is
 * moved at the starts of its successors.
 */
import { I32List } from "@gantry/entity";
import type { Liveness } from "./liveness.ts";
import { FIRST_FIXED_SLOT, FIXED, SLOT_BASE } from "./operand.ts";
import { MOVE } from "./output.ts";
import type { ParallelMoves } from "./parallel-moves.ts";
import type { Problem } from "./problem.ts";
import type { RegisterState } from "./register-state.ts";

export class ForeignDefinitions {
  readonly #state: RegisterState;
  readonly #moves: ParallelMoves;
  /** Triples (block, place, vreg) of what branches define. */
  readonly #ofBranches = new I32List(16);

  constructor(state: RegisterState, moves: ParallelMoves) {
    this.#state = state;
    this.#moves = moves;
  }

  reset(): void {
    this.#ofBranches.clear();
  }

  /** Whether an info word is that of such a definition. */
  isForeign(info: number): boolean {
    if ((info & 0x71) !== ((FIXED << 4) | 1)) return false;
    const r = info >> 8;
    return r >= FIRST_FIXED_SLOT || ((this.#state.all[r >> 5] >>> (r & 31)) & 1) === 0;
  }

  /**
   * Takes what operand `k` of instruction `i` defines out of the place where it does.
   *
   * @param taken Registers of the vreg's class that the instruction defines.
   * @returns The register that it is in afterwards, or -1 if it is in its slot.
   */
  moveOut(p: Problem, i: number, k: number, place: number, taken: number): number {
    const s = this.#state;
    const v = p.operandVReg.data[k];
    if (place < FIRST_FIXED_SLOT) s.used[place >> 5] |= 1 << (place & 31);
    if (i === s.lastInst) {
      s.defineInSlot(v, i, k);
      this.#ofBranches.push(s.block);
      this.#ofBranches.push(place);
      this.#ofBranches.push(v);
      return -1;
    }
    const r = s.pick(v, p.vregClass.data[v], taken);
    if (r >= 0) {
      s.edits.push(2 * i + 1, MOVE, place, r);
      s.define(v, r, i, k);
      return r;
    }
    s.defineInSlot(v, i, k);
    this.#moves.add(place, SLOT_BASE + v);
    this.#moves.resolve(2 * i + 1, s.free[0], s.free[1], s.free[2]);
    return -1;
  }

  /** Stores at the start of block `b`, before its state is known, what its only predecessor's branch has defined. */
  enter(p: Problem, b: number, liveness: Liveness): void {
    const list = this.#ofBranches;
    if (list.length === 0) return;
    const first = p.blockPredStart.data[b];
    if (p.blockPredStart.data[b + 1] - first !== 1) return;
    liveness.enter(p, b);
    for (let k = 0; k < list.length; k += 3)
      if (list.at(k) === p.preds.data[first] && liveness.isLiveIn(this.#state.globalOf[list.at(k + 2)]))
        this.#moves.add(list.at(k + 1), SLOT_BASE + list.at(k + 2));
    liveness.leave(p, b);
    this.#moves.resolve(2 * p.blockInstStart.data[b], 0, 0, 0);
  }
}
