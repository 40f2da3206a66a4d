import { readFunctions, writeFunction } from "@gantry/clif-ir";
import { type Invocation, textOption } from "../command.ts";
import { readInput, writeOutput } from "../files.ts";

/** `gantry cat`: reads CLIF and prints it as the writer does. */
export function run(invocation: Invocation): number {
  const functions = readFunctions(readInput(invocation.args[0]!));
  writeOutput(
    textOption(invocation, "output") ?? "-",
    functions.map((func) => writeFunction(func)).join("\n"),
  );
  return 0;
}
