/**
 * Dominators of blocks that stand behind their dominators, found in one pass: the immediate dominator of a block is the
 * nearest one that its predecessors in front of it have in common. That is right if every branch back leads to a dominator
 * of the branch, which is checked; a function with any other loop has no tree here.
 *
 * Common dominators are found in logarithmic time with one long link per block, whose lengths follow the skew-binary
 * numbers (Myers, "An applicative random-access stack", 1983).
 */
import { growInt32, type I32List } from "@gantry/entity";
import type { Problem } from "./problem.ts";

export class Dominators {
  /** Per block: its immediate dominator; the entry's is itself. */
  idom = new Int32Array(256);
  #depth = new Int32Array(256);
  #jump = new Int32Array(256);

  /**
   * Computes the tree of `p`; false if there is none.
   *
   * @param latches The blocks that branch to themselves or to earlier ones.
   */
  compute(p: Problem, latches: I32List): boolean {
    const n = p.numBlocks();
    const idom = (this.idom = growInt32(this.idom, n));
    const depth = (this.#depth = growInt32(this.#depth, n));
    const jump = (this.#jump = growInt32(this.#jump, n));
    const predStart = p.blockPredStart.data;
    const preds = p.preds.data;
    idom[0] = 0;
    depth[0] = 0;
    jump[0] = 0;
    for (let b = 1; b < n; b++) {
      let d = -1;
      for (let k = predStart[b], z = predStart[b + 1]; k < z; k++)
        if (preds[k] < b) d = d < 0 || preds[k] === d ? preds[k] : this.common(d, preds[k]);
      if (d < 0) return false;
      idom[b] = d;
      depth[b] = depth[d] + 1;
      const j = jump[d];
      jump[b] = depth[d] - depth[j] === depth[j] - depth[jump[j]] ? jump[j] : d;
    }
    const succStart = p.blockSuccStart.data;
    for (let k = 0; k < latches.length; k++) {
      const b = latches.data[k];
      for (let e = succStart[b]; e < succStart[b + 1]; e++) {
        const to = p.succs.data[e];
        if (to <= b && this.common(b, to) !== to) return false;
      }
    }
    return true;
  }

  /** The nearest block that dominates both. */
  common(a: number, b: number): number {
    const { idom } = this;
    const depth = this.#depth;
    const jump = this.#jump;
    if (depth[a] < depth[b]) {
      const x = a;
      a = b;
      b = x;
    }
    while (depth[a] > depth[b]) a = depth[jump[a]] >= depth[b] ? jump[a] : idom[a];
    while (a !== b) {
      if (jump[a] !== jump[b]) {
        a = jump[a];
        b = jump[b];
      } else {
        a = idom[a];
        b = idom[b];
      }
    }
    return a;
  }
}
