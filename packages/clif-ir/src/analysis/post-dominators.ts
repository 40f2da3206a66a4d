import { NONE } from "@gantry/entity";
import type { Block } from "../entities.ts";
import type { Function } from "../function.ts";
import { ControlFlow } from "./control-flow.ts";
import { DominatorTree } from "./dominators.ts";

/**
 * Which blocks every way to the end goes through: dominators of the reverse graph, from a virtual exit behind all
 * blocks without successors. A loop that never ends gets an edge to that exit from one of its blocks.
 */
export class PostDominatorTree {
  readonly #reverse = new ControlFlow();
  readonly #tree = new DominatorTree();
  #exit = NONE as number;

  /** Computes the tree of the blocks that `flow` reaches. */
  compute(f: Function, flow: ControlFlow): void {
    this.#reverse.computeReverse(f, flow);
    this.#tree.compute(this.#reverse);
    this.#exit = f.numBlocks;
  }

  /** The nearest block that every way from `b` to the end goes through; -1 if there is none. */
  ipdom(b: Block): Block {
    const d = this.#tree.idom(b);
    return d === this.#exit ? (NONE as Block) : d;
  }

  /** Whether every way from `b` to the end goes through `a`; a reachable block post-dominates itself. */
  postDominates(a: Block, b: Block): boolean {
    return this.#tree.dominates(a, b);
  }
}
