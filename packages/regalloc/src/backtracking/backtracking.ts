/**
 * `backtracking`: register allocation over bundles of live ranges with eviction and splitting, in the manner of IonMonkey's
 * allocator and regalloc2. The steps are `ranges.ts` (live ranges and bundles), `merge.ts`, `assign.ts` (the main loop, with
 * `measures.ts`, `bundle-queue.ts` and `splitting.ts`, over `occupancy.ts`), `second-chance.ts` (what is in memory by then)
 * and `place.ts` (allocations, moves, slots); each file's head explains its own.
 *
 * Pieces of one use take registers one after the other, so one may find none although another choice would have left it one.
 * Then the operands of its instruction are fixed to registers that {@link ExactOperands} finds for all of them at once, and
 * the function is allocated again; fixed operands need no register of a bundle, so each time fewer instructions can fail.
 */

import type { Environment } from "../environment.ts";
import { ExactOperands } from "../exact-operands.ts";
import { CLASSES } from "../operand.ts";
import type { Output } from "../output.ts";
import type { Problem } from "../problem.ts";
import { Assignment } from "./assign.ts";
import { Occupancy } from "./occupancy.ts";
import { Placement } from "./place.ts";
import { Ranges } from "./ranges.ts";

export class BacktrackingAllocator {
  readonly #ranges = new Ranges();
  readonly #occupancy = new Occupancy(this.#ranges);
  readonly #assignment = new Assignment(this.#ranges, this.#occupancy);
  readonly #placement = new Placement(this.#ranges, this.#occupancy);
  readonly #all = new Int32Array(CLASSES);
  #exact: ExactOperands | undefined;

  run(p: Problem, env: Environment, out: Output): void {
    for (let c = 0; c < CLASSES; c++) this.#all[c] = env.preferred[c]! | env.other[c]!;
    if (this.#assign(p, env)) this.#placement.run(p, this.#all, out);
    else this.#runExactly(p, env, out);
  }

  #assign(p: Problem, env: Environment): boolean {
    this.#ranges.build(p, this.#all);
    this.#occupancy.reset(2 * p.numInsts() + 2);
    return this.#assignment.run(p, env);
  }

  /** Fixes the operands of the instructions that had none left, until there are no such instructions. */
  #runExactly(p: Problem, env: Environment, out: Output): void {
    this.#exact ??= new ExactOperands();
    const exact = this.#exact;
    const { unplaced } = this.#assignment;
    do {
      for (const i of new Set(unplaced.toArray().sort((a, b) => a - b))) exact.fix(p, i, this.#all);
    } while (!this.#assign(p, env));
    this.#placement.run(p, this.#all, out);
    exact.restore(p);
  }
}
