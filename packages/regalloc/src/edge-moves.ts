/** Parallel moves from the end of every block with one successor to that successor's start, once all states are known. */
import type { BlockStates } from "./block-states.ts";
import type { EditList } from "./edit-list.ts";
import { CLASSES, SLOT_BASE } from "./operand.ts";
import type { ParallelMoves } from "./parallel-moves.ts";
import type { Problem } from "./problem.ts";
import type { RegisterState } from "./register-state.ts";

export class EdgeMoves {
  readonly #state: RegisterState;
  readonly #states: BlockStates;
  readonly #moves: ParallelMoves;
  readonly #free = new Int32Array(CLASSES);
  /** Per register: the vreg in it at the end that is looked at, or 0. */
  readonly #held = new Int32Array(32 * CLASSES);

  constructor(state: RegisterState, states: BlockStates, moves: ParallelMoves) {
    this.#state = state;
    this.#states = states;
    this.#moves = moves;
  }

  resolve(p: Problem, edits: EditList): void {
    this.#moves.redirect(edits);
    const n = p.numBlocks();
    const succStart = p.blockSuccStart.data;
    const succs = p.succs.data;
    const { startAt } = this.#states;
    const starts = startAt.data;
    const paramStart = p.blockParamStart.data;
    for (let b = 0; b < n; b++) {
      const e = succStart[b];
      if (succStart[b + 1] - e !== 1) continue;
      const t = succs[e];
      // A parameter may live in memory alone, and then the start has nothing.
      if (starts[t] !== starts[t + 1] || paramStart[t] !== paramStart[t + 1]) this.#resolveEdge(p, b, e, t);
    }
    for (let c = 0; c < CLASSES; c++) this.#state.used[c] |= this.#moves.usedRegs(c);
  }

  #resolveEdge(p: Problem, b: number, e: number, t: number): void {
    const s = this.#state;
    const states = this.#states;
    const ends = states.ends.data;
    const starts = states.starts.data;
    const from = states.endFrom.data[b];
    const to = states.endTo.data[b];
    const owner = states.owner.data[b];
    const a = p.blockParamStart.data[t];
    const z = p.blockParamStart.data[t + 1];
    // A parameter may have moved to the place of a value that it drove out; it is none of those that stay.
    const first = states.inheritedFrom.data[t] === b ? states.inheritedTo.data[t] : states.startAt.data[t];
    const last = states.startAt.data[t + 1];
    if (a === z && first >= last) return;
    const held = this.#held;
    // Nobody asks for the registers of the last point any more, so those of this one can stand in their place.
    const { regOf, defReg, defInst } = s;
    const { hasAbsences } = s.loops;
    for (let k = from; k < to; k += 2) {
      held[ends[k]] = ends[k + 1];
      regOf[ends[k + 1]] = ends[k];
    }
    let moves = 0;
    if (a !== z) {
      const args = p.edgeArgStart.data[e] - a;
      for (let k = a; k < z; k++) {
        const param = p.params.data[k];
        const source = this.#locate(p.edgeArgs.data[args + k], owner);
        const target = defReg[param] >= 0 ? defReg[param] : SLOT_BASE + param;
        if (source === target) continue;
        this.#moves.add(source, target);
        moves++;
      }
    }
    for (let k = first; k < last; k += 2) {
      const r = starts[k];
      const v = starts[k + 1];
      // Most of what is in a register here is in the same one there.
      if (held[r] === v && !(hasAbsences && s.isAbsent(v, owner))) continue;
      if ((hasAbsences && s.isAbsent(v, t)) || defInst[v] === -1 - t) continue;
      this.#moves.add(this.#locate(v, owner), r);
      moves++;
    }
    if (moves !== 0) this.#emit(p, b, t);
    for (let k = from; k < to; k += 2) held[ends[k]] = 0;
  }

  /** Where `v` is at the end that is looked at: a register, or where else it can be had from. */
  #locate(v: number, owner: number): number {
    const s = this.#state;
    const r = s.regOf[v];
    return r >= 0 && this.#held[r] === v && !s.isAbsent(v, owner) ? r : s.source(v);
  }

  #emit(p: Problem, b: number, t: number): void {
    const { ends, endFrom, endTo, starts, startAt } = this.#states;
    const free = this.#free;
    for (let c = 0; c < CLASSES; c++) free[c] = this.#state.all[c];
    for (let k = endFrom.data[b], z = endTo.data[b]; k < z; k += 2)
      free[ends.data[k] >> 5] &= ~(1 << (ends.data[k] & 31));
    for (let k = startAt.data[t], z = startAt.data[t + 1]; k < z; k += 2)
      free[starts.data[k] >> 5] &= ~(1 << (starts.data[k] & 31));
    this.#moves.resolve(2 * (p.blockInstStart.data[b + 1] - 1), free[0], free[1], free[2]);
  }
}
