import { I32List, NONE } from "@gantry/entity";
import type { Block } from "../entities.ts";
import type { ControlFlow } from "./control-flow.ts";

/**
 * Immediate dominators of the reachable blocks by the semi-NCA algorithm (Georgiadis, "Linear-time algorithms for
 * dominators and related problems", 2005), with path compression.
 *
 * All arrays of the algorithm are indexed by preorder number, so that "smaller" means "found earlier".
 */
export class DominatorTree {
  readonly #idom = new I32List(64);
  readonly #semi = new I32List(64);
  readonly #label = new I32List(64);
  readonly #ancestor = new I32List(64);
  readonly #path = new I32List(64);
  /** Children of each block, in reverse postorder. */
  readonly #firstChild = new I32List(64);
  readonly #nextSibling = new I32List(64);
  /** Preorder interval of each block's subtree of the dominator tree. */
  readonly #low = new I32List(64);
  readonly #high = new I32List(64);
  readonly #depth = new I32List(64);
  #root = NONE as Block;

  /** Computes the tree of the blocks that `flow` reaches. */
  compute(flow: ControlFlow): void {
    const blocks = flow.size;
    const n = flow.preorder.length;
    this.#root = flow.root;
    this.#idom.fill(blocks, NONE);
    this.#semi.fill(n, 0);
    this.#label.fill(n, 0);
    this.#ancestor.fill(n, NONE);
    this.#solve(flow, n);
    this.#number(flow, blocks, n);
  }

  #solve(flow: ControlFlow, n: number): void {
    const semi = this.#semi.data;
    const label = this.#label.data;
    const ancestor = this.#ancestor.data;
    for (let k = 0; k < n; k++) {
      semi[k] = k;
      label[k] = k;
      ancestor[k] = flow.parents.data[k];
    }
    for (let k = n - 1; k > 0; k--) {
      const b = flow.preorder.data[k] as Block;
      let least = flow.parents.data[k];
      for (let p = flow.predCount(b) - 1; p >= 0; p--) {
        const v = flow.preNumber(flow.pred(b, p));
        if (v < 0) continue;
        const s = semi[this.#eval(v, k + 1)];
        if (s < least) least = s;
      }
      semi[k] = least;
    }
    // The dominator is the nearest common ancestor of the parent's and the semidominator; the label array is free now.
    const idom = label;
    for (let k = 1; k < n; k++) {
      let d = flow.parents.data[k];
      while (d > semi[k]) d = idom[d];
      idom[k] = d;
      this.#idom.data[flow.preorder.data[k]] = flow.preorder.data[d];
    }
  }

  /** The node with the least semidominator on the path from `v` up through nodes numbered `linked` or more. */
  #eval(v: number, linked: number): number {
    const semi = this.#semi.data;
    const label = this.#label.data;
    const ancestor = this.#ancestor.data;
    if (ancestor[v] < linked) return label[v];
    const path = this.#path;
    path.length = 0;
    let u = v;
    while (ancestor[u] >= linked) {
      path.push(u);
      u = ancestor[u];
    }
    const top = ancestor[u];
    let best = label[u];
    for (let k = path.length - 1; k >= 0; k--) {
      const x = path.data[k];
      ancestor[x] = top;
      if (semi[best] < semi[label[x]]) label[x] = best;
      else best = label[x];
    }
    return label[v];
  }

  #number(flow: ControlFlow, blocks: number, n: number): void {
    this.#firstChild.fill(blocks, NONE);
    this.#nextSibling.fill(blocks, NONE);
    this.#low.fill(blocks, 0);
    this.#high.fill(blocks, NONE);
    this.#depth.fill(blocks, 0);
    if (n === 0) return;
    const first = this.#firstChild.data;
    const next = this.#nextSibling.data;
    const depth = this.#depth.data;
    const idom = this.#idom.data;
    // A dominator comes earlier in either order, so one backward pass builds child lists in that order.
    for (let k = n - 1; k > 0; k--) {
      const b = flow.rpo.data[k];
      next[b] = first[idom[b]];
      first[idom[b]] = b;
    }
    for (let k = 1; k < n; k++) {
      const b = flow.rpo.data[k];
      depth[b] = depth[idom[b]] + 1;
    }
    let number = 0;
    let b: number = this.#root;
    this.#low.data[b] = number++;
    for (;;) {
      if (first[b] !== NONE) {
        b = first[b];
        this.#low.data[b] = number++;
        continue;
      }
      this.#high.data[b] = number - 1;
      while (b !== this.#root && next[b] === NONE) {
        b = idom[b];
        this.#high.data[b] = number - 1;
      }
      if (b === this.#root) break;
      b = next[b];
      this.#low.data[b] = number++;
    }
  }

  /** The immediate dominator; -1 for the entry and for unreachable blocks. */
  idom(b: Block): Block {
    return this.#idom.data[b] as Block;
  }

  /** Whether `a` dominates `b`; a reachable block dominates itself. False if either is unreachable. */
  dominates(a: Block, b: Block): boolean {
    return (
      this.#low.data[a] <= this.#low.data[b] &&
      this.#high.data[b] >= 0 &&
      this.#high.data[a] >= this.#high.data[b]
    );
  }

  /** First child in the tree; children come in reverse postorder. */
  firstChild(b: Block): Block {
    return this.#firstChild.data[b] as Block;
  }

  nextSibling(b: Block): Block {
    return this.#nextSibling.data[b] as Block;
  }

  /** Number of dominators apart from the block itself. */
  depth(b: Block): number {
    return this.#depth.data[b];
  }

  /** Preorder number in the tree. */
  preNumber(b: Block): number {
    return this.#low.data[b];
  }
}
