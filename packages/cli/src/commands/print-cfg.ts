import { functionName, readFunctions } from "@gantry/clif-ir";
import { errorOf } from "@gantry/diag";
import { cfgText } from "@gantry/filetest";
import { CliCode } from "../codes.ts";
import { flagOption, type Invocation, textOption } from "../command.ts";
import { readInput, writeOutput } from "../files.ts";
import { UsageError } from "../usage-error.ts";

/** `gantry print-cfg`: the control flow of functions as Graphviz graphs. */
export async function run(invocation: Invocation): Promise<number> {
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
  const output = textOption(invocation, "output") ?? "-";
  if (flagOption(invocation, "svg")) {
    const [func, second] = functions;
    if (second !== undefined) throw new UsageError("--svg draws one function: name it with --function");
    writeOutput(output, await drawn(cfgText(func!)));
  } else writeOutput(output, functions.map(cfgText).join("\n"));
  return 0;
}

/** A graph as SVG, by Graphviz compiled to WebAssembly. */
async function drawn(dot: string): Promise<string> {
  const { instance } = await import("@viz-js/viz");
  const viz = await instance();
  // Labels are records, in which a line ends with \\l to stand on the left.
  return viz.renderString(dot.replace(/\n(?=[^"]*"\])/g, "\\l"), { format: "svg", engine: "dot" });
}
