import { I32List, NONE } from "@gantry/entity";
import type { Block } from "../entities.ts";
import type { Function } from "../function.ts";

/**
 * Predecessors, successors and the canonical depth-first order of a function's blocks. One instance is computed again
 * and again.
 *
 * The order: from the entry; of a block's successors the first-listed destination is explored first. Only reachable
 * blocks appear in it. Predecessor and successor sets cover all blocks of the layout, have no duplicates and are in
 * ascending order.
 */
export class ControlFlow {
  /** Blocks in reverse postorder. */
  readonly rpo = new I32List(64);
  /** Blocks in preorder of the same search, and for each the preorder number of its parent. */
  readonly preorder = new I32List(64);
  readonly parents = new I32List(64);
  readonly #rpoNumber = new I32List(64);
  readonly #preNumber = new I32List(64);
  readonly #predStart = new I32List(64);
  readonly #preds = new I32List(64);
  readonly #succStart = new I32List(64);
  readonly #succs = new I32List(64);
  readonly #stack = new I32List(64);
  readonly #mark = new I32List(64);

  /** One more than the greatest node number, and the node that the search starts from. */
  size = 0;
  root = NONE as Block;

  /** Computes everything anew. */
  compute(f: Function): void {
    this.size = f.numBlocks;
    this.root = f.firstBlock();
    this.#edges(f);
    this.#search(f);
  }

  /**
   * Makes this the reverse of `forward`: from a virtual exit, numbered behind the last block, backwards along the
   * edges between reachable blocks. Where no exit can be reached, the block that is last in reverse postorder of those
   * left counts as one. Only preorder and predecessors are available.
   */
  computeReverse(f: Function, forward: ControlFlow): void {
    const n = f.numBlocks;
    this.size = n + 1;
    this.root = n as Block;
    this.#rpoNumber.fill(n + 1, NONE);
    this.#preNumber.fill(n + 1, NONE);
    this.rpo.length = 0;
    this.preorder.length = 0;
    this.parents.length = 0;
    // Which blocks the virtual exit precedes in the reverse graph.
    const exits = this.#mark;
    exits.fill(n + 1, 0);
    this.preorder.push(n);
    this.parents.push(NONE);
    this.#preNumber.data[n] = 0;
    for (let k = 0; k < forward.reachableCount; k++) {
      const b = forward.rpoBlock(k);
      if (forward.succCount(b) !== 0) continue;
      exits.data[b] = 1;
      this.#searchBack(b, forward);
    }
    for (let k = forward.reachableCount - 1; k >= 0; k--) {
      const b = forward.rpoBlock(k);
      if (this.#preNumber.data[b] !== NONE) continue;
      exits.data[b] = 1;
      this.#searchBack(b, forward);
    }
    const start = this.#predStart;
    start.fill(n + 2, 0);
    this.#preds.length = 0;
    for (let b = 0; b < n; b++) {
      start.data[b] = this.#preds.length;
      if (!forward.isReachable(b as Block)) continue;
      for (let k = 0, count = forward.succCount(b as Block); k < count; k++)
        this.#preds.push(forward.succ(b as Block, k));
      if (exits.data[b] !== 0) this.#preds.push(n);
    }
    start.data[n] = this.#preds.length;
    start.data[n + 1] = this.#preds.length;
    this.#postorder();
  }

  /** Depth-first search against the edges from `exit`, whose parent is the virtual exit. */
  #searchBack(exit: Block, forward: ControlFlow): void {
    const stack = this.#stack;
    stack.length = 0;
    stack.push(0);
    stack.push(exit);
    while (stack.length > 0) {
      const b = stack.pop() as Block;
      const parent = stack.pop();
      if (this.#preNumber.data[b] !== NONE) continue;
      const number = this.preorder.push(b);
      this.parents.push(parent);
      this.#preNumber.data[b] = number;
      for (let k = forward.predCount(b) - 1; k >= 0; k--) {
        const from = forward.pred(b, k);
        if (!forward.isReachable(from) || this.#preNumber.data[from] !== NONE) continue;
        stack.push(number);
        stack.push(from);
      }
    }
  }

  /** Any order in which parents of the search tree come first serves as reverse postorder for numbering a tree. */
  #postorder(): void {
    for (let k = 0; k < this.preorder.length; k++) {
      this.rpo.push(this.preorder.data[k]);
      this.#rpoNumber.data[this.preorder.data[k]] = k;
    }
  }

  #edges(f: Function): void {
    const n = f.numBlocks;
    const mark = this.#mark;
    const start = this.#predStart;
    mark.fill(n, NONE);
    start.fill(n + 1, 0);
    // Counting sort by destination; blocks are visited in ascending order, so each list comes out ascending.
    for (let b = 0; b < n; b++) this.#visit(f, b as Block, -1);
    const sum = startsOf(start.data, n);
    this.#preds.length = 0;
    this.#preds.extend(sum);
    this.#stack.fill(n, 0);
    mark.fill(n, NONE);
    for (let b = 0; b < n; b++) this.#visit(f, b as Block, 1);
    this.#transpose(n, sum);
  }

  /** Counts (`pass` -1) or records the distinct destinations of a block. */
  #visit(f: Function, b: Block, pass: number): void {
    if (!f.isInserted(b)) return;
    const i = f.lastInst(b);
    if (i === NONE || !f.isBranch(i)) return;
    const mark = this.#mark.data;
    const n = f.targetCount(i);
    for (let k = 0; k < n; k++) {
      const to = f.targetBlock(i, k);
      if (to >= f.numBlocks || mark[to] === b) continue;
      mark[to] = b;
      if (pass < 0) this.#predStart.data[to]++;
      else this.#preds.data[this.#predStart.data[to] + this.#stack.data[to]++] = b;
    }
  }

  /** Successor lists from predecessor lists, in ascending order too. */
  #transpose(n: number, edges: number): void {
    const start = this.#succStart;
    start.fill(n + 1, 0);
    const preds = this.#preds.data;
    for (let e = 0; e < edges; e++) start.data[preds[e]]++;
    startsOf(start.data, n);
    this.#succs.length = 0;
    this.#succs.extend(edges);
    const fill = this.#stack;
    fill.fill(n, 0);
    for (let to = 0; to < n; to++)
      for (let e = this.#predStart.data[to]; e < this.#predStart.data[to + 1]; e++) {
        const from = preds[e];
        this.#succs.data[start.data[from] + fill.data[from]++] = to;
      }
  }

  #search(f: Function): void {
    const n = f.numBlocks;
    this.#rpoNumber.fill(n, NONE);
    this.#preNumber.fill(n, NONE);
    this.rpo.length = 0;
    this.preorder.length = 0;
    this.parents.length = 0;
    const entry = f.firstBlock();
    if (entry === NONE) return;
    // Pairs of block and the preorder number of who pushed it; a complement says that the block's subtree is done.
    const stack = this.#stack;
    stack.length = 0;
    stack.push(NONE);
    stack.push(entry);
    while (stack.length > 0) {
      const b = stack.pop();
      const parent = stack.pop();
      if (b < 0) {
        this.rpo.push(~b);
        continue;
      }
      if (this.#preNumber.data[b] !== NONE) continue;
      const number = this.preorder.push(b);
      this.parents.push(parent);
      this.#preNumber.data[b] = number;
      stack.push(NONE);
      stack.push(~b);
      const i = f.lastInst(b as Block);
      if (i === NONE || !f.isBranch(i)) continue;
      for (let k = f.targetCount(i) - 1; k >= 0; k--) {
        const to = f.targetBlock(i, k);
        if (to >= n || !f.isInserted(to) || this.#preNumber.data[to] !== NONE) continue;
        stack.push(number);
        stack.push(to);
      }
    }
    const order = this.rpo;
    order.data.subarray(0, order.length).reverse();
    for (let k = 0; k < order.length; k++) this.#rpoNumber.data[order.data[k]] = k;
  }

  /** Number of reachable blocks. */
  get reachableCount(): number {
    return this.rpo.length;
  }

  /** The block at position `k` of the reverse postorder. */
  rpoBlock(k: number): Block {
    return this.rpo.data[k] as Block;
  }

  /** Position in the reverse postorder, or -1 for an unreachable block. */
  rpoNumber(b: Block): number {
    return this.#rpoNumber.data[b];
  }

  /** Position in the preorder, or -1 for an unreachable block. */
  preNumber(b: Block): number {
    return this.#preNumber.data[b];
  }

  isReachable(b: Block): boolean {
    return b < this.#rpoNumber.length && this.#rpoNumber.data[b] >= 0;
  }

  predCount(b: Block): number {
    return this.#predStart.data[b + 1] - this.#predStart.data[b];
  }

  pred(b: Block, k: number): Block {
    return this.#preds.data[this.#predStart.data[b] + k] as Block;
  }

  succCount(b: Block): number {
    return this.#succStart.data[b + 1] - this.#succStart.data[b];
  }

  succ(b: Block, k: number): Block {
    return this.#succs.data[this.#succStart.data[b] + k] as Block;
  }
}

/** Makes counts of the entries of 0 to `n` where the entries of each begin, one after the other; returns where they end. */
function startsOf(counts: Int32Array, n: number): number {
  let sum = 0;
  for (let k = 0; k <= n; k++) {
    const count = counts[k];
    counts[k] = sum;
    sum += count;
  }
  return sum;
}
