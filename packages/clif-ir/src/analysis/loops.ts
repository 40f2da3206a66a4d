import { I32List, NONE } from "@gantry/entity";
import type { Block } from "../entities.ts";
import type { Function } from "../function.ts";
import type { ControlFlow } from "./control-flow.ts";
import type { DominatorTree } from "./dominators.ts";

/** Natural loops: a header that dominates the source of an edge to it, and what reaches that source without it. */
export class LoopAnalysis {
  readonly #headers = new I32List(16);
  readonly #parents = new I32List(16);
  readonly #depths = new I32List(16);
  readonly #inner = new I32List(64);
  /** Union-find forest that leads from a loop to the outermost one found so far. */
  readonly #outer = new I32List(16);
  readonly #stack = new I32List(64);

  /** Finds the loops; they are numbered by the position of their headers in reverse postorder. */
  compute(f: Function, flow: ControlFlow, dom: DominatorTree): void {
    this.#headers.length = 0;
    for (let k = 0; k < flow.reachableCount; k++) {
      const b = flow.rpoBlock(k);
      for (let p = flow.predCount(b) - 1; p >= 0; p--)
        if (dom.dominates(b, flow.pred(b, p))) {
          this.#headers.push(b);
          break;
        }
    }
    const n = this.#headers.length;
    this.#parents.fill(n, NONE);
    this.#depths.fill(n, 1);
    this.#inner.fill(f.numBlocks, NONE);
    this.#outer.fill(n, 0);
    for (let l = 0; l < n; l++) this.#outer.data[l] = l;
    for (let l = n - 1; l >= 0; l--) this.#flood(flow, dom, l);
    for (let l = 0; l < n; l++) {
      const parent = this.#parents.data[l];
      if (parent !== NONE) this.#depths.data[l] = this.#depths.data[parent] + 1;
    }
  }

  /** Walks backwards from the latches of loop `l`; loops inside it were found before. */
  #flood(flow: ControlFlow, dom: DominatorTree, l: number): void {
    const header = this.#headers.data[l] as Block;
    const stack = this.#stack;
    stack.length = 0;
    for (let p = flow.predCount(header) - 1; p >= 0; p--) {
      const latch = flow.pred(header, p);
      if (dom.dominates(header, latch)) stack.push(latch);
    }
    this.#inner.data[header] = l;
    while (stack.length > 0) {
      let b = stack.pop() as Block;
      const inner = this.#inner.data[b];
      if (inner === NONE) this.#inner.data[b] = l;
      else {
        const outermost = this.#find(inner);
        if (outermost === l) continue;
        this.#parents.data[outermost] = l;
        this.#outer.data[outermost] = l;
        b = this.#headers.data[outermost] as Block;
      }
      for (let p = flow.predCount(b) - 1; p >= 0; p--) {
        const from = flow.pred(b, p);
        if (flow.isReachable(from)) stack.push(from);
      }
    }
  }

  #find(l: number): number {
    const outer = this.#outer.data;
    let root = l;
    while (outer[root] !== root) root = outer[root];
    while (outer[l] !== root) {
      const next = outer[l];
      outer[l] = root;
      l = next;
    }
    return root;
  }

  get count(): number {
    return this.#headers.length;
  }

  header(l: number): Block {
    return this.#headers.data[l] as Block;
  }

  /** The loop around loop `l`, or -1. */
  parent(l: number): number {
    return this.#parents.data[l];
  }

  /** Nesting depth of loop `l`; an outermost loop has 1. */
  depth(l: number): number {
    return this.#depths.data[l];
  }

  /** The innermost loop that the block is in, or -1. */
  innermost(b: Block): number {
    return this.#inner.data[b];
  }

  /** Number of loops around the block. */
  blockDepth(b: Block): number {
    const l = this.#inner.data[b];
    return l === NONE ? 0 : this.#depths.data[l];
  }
}
