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
    let moves = 0;
    if (a !== z) {
      const args = p.edgeArgStart.data[e];
      for (let k = a; k < z; k++) {
        const param = p.params.data[k];
        const arg = p.edgeArgs.data[args + k - a];
        const r = states.registerAtEnd(s, b, arg);
        const source = r >= 0 ? r : s.source(arg);
        const target = s.defReg[param] >= 0 ? s.defReg[param] : SLOT_BASE + param;
        if (source === target) continue;
        this.#moves.add(source, target);
        moves++;
      }
    }
    // Most of what is in a register here is in the same one there; both lists have mostly ascending registers.
    let at = from;
    const first = states.startAt.data[t];
    const last = states.startAt.data[t + 1];
    for (let k = first; k < last; k += 2) {
      const r = starts[k];
      const v = starts[k + 1];
      while (at < to && ends[at] < r) at += 2;
      if (at < to && ends[at] === r && ends[at + 1] === v && !s.isAbsent(v, owner)) continue;
      if (s.isAbsent(v, t) || s.defInst[v] === -1 - t) continue;
      at = from;
      const source = states.registerAtEnd(s, b, v);
      if (source === r) continue;
      this.#moves.add(source >= 0 ? source : s.source(v), r);
      moves++;
    }
    if (moves === 0) return;
    const free = this.#free;
    for (let c = 0; c < CLASSES; c++) free[c] = s.all[c];
    for (let k = from; k < to; k += 2) free[ends[k] >> 5] &= ~(1 << (ends[k] & 31));
    for (let k = first; k < last; k += 2) free[starts[k] >> 5] &= ~(1 << (starts[k] & 31));
    this.#moves.resolve(2 * (p.blockInstStart.data[b + 1] - 1), free[0], free[1], free[2]);
  }
}
