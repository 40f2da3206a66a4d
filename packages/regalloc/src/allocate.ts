import { locateDebugLabels } from "./debug-locations.ts";
import type { Environment } from "./environment.ts";
import { LinearAllocator } from "./linear.ts";
import type { Output } from "./output.ts";
import type { Problem } from "./problem.ts";

/** The values of the setting `regalloc_algorithm`. */
export type Algorithm = "linear" | "single_pass" | "backtracking";

let linear: LinearAllocator | undefined;

/**
 * Allocates registers for `problem` and writes the answer to `out`. The allocators' arrays are kept and reused.
 *
 * @throws AllocationError when an instruction's constraints cannot be met.
 */
export function allocate(problem: Problem, env: Environment, algorithm: Algorithm, out: Output): void {
  void algorithm;
  linear ??= new LinearAllocator();
  linear.run(problem, env, out);
  locateDebugLabels(problem, env, out);
}
