import { errorOf } from "@gantry/diag";
import {
  type Algorithm,
  AllocationError,
  allocate,
  checkAllocation,
  type Environment,
  Output,
  outputToText,
  Problem,
  ProblemReader,
  validateProblem,
} from "@gantry/regalloc";
import { CliCode } from "../codes.ts";
import { flagOption, type Invocation, textOption } from "../command.ts";
import { readInput, writeOutput } from "../files.ts";

/** `gantry regalloc`: solves allocation problems in text form, as `gantry compile --emit regalloc` writes them. */
export function run(invocation: Invocation): number {
  const { report } = invocation;
  const input = readInput(invocation.args[0]!);
  const algorithm = (textOption(invocation, "algorithm") ?? "linear") as Algorithm;
  const reader = new ProblemReader(new TextDecoder().decode(input.bytes));
  const problem = new Problem();
  const out = new Output();
  const lines: string[] = [];
  let failed = 0;
  let count = 0;
  for (;;) {
    let env: Environment | undefined;
    try {
      env = reader.next(problem);
    } catch (error) {
      throw asDiagnostic(error, input.name);
    }
    if (env === undefined) break;
    count++;
    const complaints = validateProblem(problem);
    if (complaints.length === 0) {
      try {
        allocate(problem, env, algorithm, out);
      } catch (error) {
        throw asDiagnostic(error, `${input.name}: problem ${reader.name}`);
      }
      complaints.push(...checkAllocation(problem, env, out));
    }
    for (const message of complaints) {
      report.diagnostic({
        code: CliCode.allocation,
        severity: "error",
        message,
        place: `problem ${reader.name}`,
      });
    }
    if (complaints.length > 0) failed++;
    else if (flagOption(invocation, "print")) lines.push(`; ${reader.name}`, outputToText(problem, out));
  }
  if (count === 0) throw errorOf(CliCode.nothingToDo, `${input.name} has no problem`);
  lines.push(`${count} problems, ${failed} failed`);
  writeOutput("-", `${lines.join("\n")}\n`);
  return failed === 0 ? 0 : 1;
}

function asDiagnostic(error: unknown, place: string): unknown {
  return error instanceof AllocationError ? errorOf(error.code, error.message, { place }) : error;
}
