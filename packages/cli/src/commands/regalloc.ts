import { errorOf } from "@gantry/diag";
import { type Algorithm, AllocationError, type SolvedText, solveText } from "@gantry/regalloc";
import { CliCode } from "../codes.ts";
import { flagOption, type Invocation, textOption } from "../command.ts";
import { readInput, writeOutput } from "../files.ts";

/** `gantry regalloc`: solves allocation problems in text form, as `gantry compile --emit regalloc` writes them. */
export function run(invocation: Invocation): number {
  const input = readInput(invocation.args[0]!);
  const text = new TextDecoder().decode(input.bytes);
  const { text: solutions, errors } = solved(
    text,
    textOption(invocation, "algorithm") ?? "linear",
    input.name,
  );
  const count = text.match(/^problem\b/gm)?.length ?? 0;
  if (count === 0) throw errorOf(CliCode.nothingToDo, `${input.name} has no problem`);
  for (const message of errors) {
    invocation.report.diagnostic({ code: CliCode.allocation, severity: "error", message, place: input.name });
  }
  const failed = new Set(errors.map((message) => message.split(":")[0])).size;
  const shown = flagOption(invocation, "print") ? `${solutions}\n` : "";
  writeOutput("-", `${shown}${count} problems, ${failed} failed\n`);
  return failed === 0 ? 0 : 1;
}

function solved(text: string, algorithm: string, place: string): SolvedText {
  try {
    return solveText(text, algorithm as Algorithm);
  } catch (error) {
    if (error instanceof AllocationError) throw errorOf(error.code, error.message, { place });
    throw error;
  }
}
