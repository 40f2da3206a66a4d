import { functionName, readFunctions } from "@gantry/clif-ir";
import { errorOf } from "@gantry/diag";
import { cfgText } from "@gantry/filetest";
import { CliCode } from "../codes.ts";
import { type Invocation, textOption } from "../command.ts";
import { readInput, writeOutput } from "../files.ts";

/** `gantry print-cfg`: the control flow of functions as Graphviz graphs. */
export function run(invocation: Invocation): number {
  const input = readInput(invocation.args[0]!);
  const wanted = textOption(invocation, "function")?.replace(/^%/, "");
  const functions = readFunctions(input).filter(
    (func) => wanted === undefined || functionName(func).replace(/^%/, "") === wanted,
  );
  if (functions.length === 0) {
    const message =
      wanted === undefined ? `${input.name} has no function` : `${input.name} has no function %${wanted}`;
    throw errorOf(CliCode.noFunction, message);
  }
  writeOutput(textOption(invocation, "output") ?? "-", functions.map(cfgText).join("\n"));
  return 0;
}
