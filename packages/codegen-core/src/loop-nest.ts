import type { ControlFlow } from "@gantry/clif-ir";
import { I32List, NONE } from "@gantry/entity";

/**
 * Natural loops, with blocks named by their positions in reverse postorder.
 *
 * A block that an edge from its own or a later position leads to is a header, and its loop is what reaches such an edge
 * without passing the header. If that has no predecessor before the header, the header dominates it, so no dominator
 * tree is needed; if it has one, the loop can be entered elsewhere, and the function counts as having no loops.
 * Loops are collapsed from the last header to the first with union-find, as in Havlak's algorithm.
 */
export class LoopNest {
  /** Per position: the header of the innermost loop around the block; a header is not inside its own loop. -1 is none. */
  readonly outer: I32List = new I32List();
  /** Per position: 1 for a header. */
  readonly isHeader: I32List = new I32List();
  /** Per position of a header: how many loops the loop is, and is in. */
  readonly depth: I32List = new I32List();
  readonly #collapsed = new I32List();
  readonly #stack = new I32List();

  /** Finds the loops of `flow`; false if one of them can be entered elsewhere than at its header. */
  compute(flow: ControlFlow): boolean {
    const n = flow.reachableCount;
    this.outer.fill(n, NONE);
    this.isHeader.fill(n, 0);
    this.depth.fill(n, 0);
    this.#collapsed.fill(n, 0);
    for (let r = 0; r < n; r++) this.#collapsed.data[r] = r;
    for (let r = n - 1; r >= 0; r--) if (!this.#collapse(flow, r)) return false;
    const { outer, isHeader, depth } = this;
    for (let r = 0; r < n; r++)
      if (isHeader.data[r] !== 0) depth.data[r] = outer.data[r] < 0 ? 1 : depth.data[outer.data[r]] + 1;
    return true;
  }

  /** The header of the innermost loop that the block is in; a header is in its own loop. -1 is none. */
  loopOf(r: number): number {
    return this.isHeader.data[r] !== 0 ? r : this.outer.data[r];
  }

  /** The outermost loop that contains position `from` and not position `to`, or -1. */
  left(from: number, to: number): number {
    let a = this.loopOf(from);
    let b = this.loopOf(to);
    let left = NONE;
    while (a !== b) {
      const inA = a < 0 ? 0 : this.depth.data[a];
      const inB = b < 0 ? 0 : this.depth.data[b];
      if (inA >= inB) {
        left = a;
        a = this.outer.data[a];
      }
      if (inB >= inA) b = this.outer.data[b];
    }
    return left;
  }

  #collapse(flow: ControlFlow, header: number): boolean {
    const stack = this.#stack;
    const collapsed = this.#collapsed.data;
    stack.clear();
    const block = flow.rpoBlock(header);
    for (let k = 0, n = flow.predCount(block); k < n; k++) {
      const from = flow.rpoNumber(flow.pred(block, k));
      if (from >= header) stack.push(from);
    }
    if (stack.length === 0) return true;
    this.isHeader.data[header] = 1;
    while (stack.length > 0) {
      const r = this.#find(stack.pop());
      if (r === header) continue;
      collapsed[r] = header;
      this.outer.data[r] = header;
      const b = flow.rpoBlock(r);
      for (let k = 0, n = flow.predCount(b); k < n; k++) {
        const from = flow.rpoNumber(flow.pred(b, k));
        if (from < 0) continue;
        if (from < header) return false;
        stack.push(from);
      }
    }
    return true;
  }

  #find(r: number): number {
    const collapsed = this.#collapsed.data;
    let root = r;
    while (collapsed[root] !== root) root = collapsed[root];
    while (collapsed[r] !== root) {
      const next = collapsed[r];
      collapsed[r] = root;
      r = next;
    }
    return root;
  }
}
