import { BacktrackingAllocator } from "./backtracking/backtracking.ts";
import { locateDebugLabels } from "./debug-locations.ts";
import type { Environment } from "./environment.ts";
import { LinearAllocator } from "./linear.ts";
import type { Output } from "./output.ts";
import type { Problem } from "./problem.ts";

/** The values of the setting `regalloc_algorithm`. */
export type Algorithm = "linear" | "single_pass" | "backtracking";

let linear: LinearAllocator | undefined;
let backtracking: BacktrackingAllocator | undefined;

/**
 * Allocates registers for `problem` and writes the answer to `out`. The allocators' arrays are kept and reused.
 * `single_pass` is another name of `linear`, which is as fast as a single pass is elsewhere.
 *
 * @throws AllocationError when an instruction's constraints cannot be met.
 */
export function allocate(problem: Problem, env: Environment, algorithm: Algorithm, out: Output): void {
  if (algorithm === "backtracking") {
    backtracking ??= new BacktrackingAllocator();
    backtracking.run(problem, env, out);
  } else {
    linear ??= new LinearAllocator();
    linear.run(problem, env, out);
  }
  locateDebugLabels(problem, env, out);
}
