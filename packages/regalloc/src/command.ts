import { type Algorithm, allocate } from "./allocate.ts";
import { AllocationError } from "./allocation-error.ts";
import { checkAllocation } from "./check.ts";
import { Output } from "./output.ts";
import { Problem } from "./problem.ts";
import { allocationStats } from "./stats.ts";
import { outputToText, ProblemReader } from "./text.ts";
import { validateProblem } from "./validate.ts";

/** Answer of {@link solveText}. */
export interface SolvedText {
  /** The instructions of each problem with allocations and edits, and a line of statistics. */
  readonly text: string;
  /** What was wrong, a sentence each. */
  readonly errors: readonly string[];
}

/**
 * What `gantry regalloc FILE` does: allocates every problem of a text, checks the answers and prints them.
 *
 * @throws AllocationError RA0003 when the text is not in the form that `problemToText` writes.
 */
export function solveText(text: string, algorithm: Algorithm): SolvedText {
  const reader = new ProblemReader(text);
  const p = new Problem();
  const out = new Output();
  const parts: string[] = [];
  const errors: string[] = [];
  for (let env = reader.next(p); env !== undefined; env = reader.next(p)) {
    const name = reader.name;
    let trouble = validateProblem(p).map((e) => `RA0002: ${e}`);
    if (trouble.length === 0) {
      try {
        allocate(p, env, algorithm, out);
        trouble = checkAllocation(p, env, out);
        const counts = Object.entries(allocationStats(p, out)).map(([key, n]) => `${key} ${n}`);
        parts.push(`; ${name}\n${outputToText(p, out)}; ${counts.join(", ")}\n`);
      } catch (error) {
        if (!(error instanceof AllocationError)) throw error;
        trouble = [`${error.code}: ${error.message}`];
      }
    }
    for (const e of trouble) errors.push(`${name}: ${e}`);
  }
  return { text: parts.join("\n"), errors };
}
