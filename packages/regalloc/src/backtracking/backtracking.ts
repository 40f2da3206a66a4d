/**
 * `backtracking`: register allocation over bundles of live ranges with eviction and splitting, in the manner of IonMonkey's
 * allocator and regalloc2. The steps are `ranges.ts` (live ranges and bundles), `merge.ts`, `assign.ts` (the main loop, with
 * `measures.ts`, `bundle-queue.ts` and `splitting.ts`, over `occupancy.ts`), `second-chance.ts` (what is in memory by then)
 * and `place.ts` (allocations, moves, slots); each file's head explains its own.
 */

import type { Environment } from "../environment.ts";
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

  run(p: Problem, env: Environment, out: Output): void {
    for (let c = 0; c < CLASSES; c++) this.#all[c] = env.preferred[c]! | env.other[c]!;
    this.#ranges.build(p, this.#all);
    this.#occupancy.reset(2 * p.numInsts() + 2);
    this.#assignment.run(p, env);
    this.#placement.run(p, this.#all, out);
  }
}
