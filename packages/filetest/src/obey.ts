import {
  type Function as ClifFunction,
  type Comment,
  type DataValue,
  dataResultsText,
  dataValueText,
  functionName,
} from "@gantry/clif-ir";
import type { SourceFile } from "@gantry/diag";
import { shapeOf } from "./load.ts";
import { commandText, judge, parseRunCommand, type RunCommand } from "./run-command.ts";

/** A function with its comments. */
export interface Commented {
  readonly func: ClifFunction;
  readonly comments: readonly Comment[];
}

/** A run command with the function that it belongs to. */
export interface Order {
  readonly command: RunCommand;
  /** Name of that function without `%`. */
  readonly owner: string;
  readonly index: number;
}

/** All run commands of a file. To be called before functions are compiled, which rewrites them. */
export function runCommandsOf(functions: readonly Commented[], file: SourceFile): Order[] {
  const orders: Order[] = [];
  for (const [index, { func, comments }] of functions.entries()) {
    const shape = shapeOf(func);
    const owner = functionName(func).replace(/^%/, "");
    for (const comment of comments) {
      const command = parseRunCommand(comment, shape, file);
      if (command !== undefined) orders.push({ command, owner, index });
    }
  }
  return orders;
}

/** Calls a function: its results, or the sentence that says how it ended instead. */
export type Execute = (name: string, args: readonly DataValue[]) => readonly DataValue[] | string;

/** Obeys one run command: undefined when all is well, otherwise what is wrong. `print` gets what `print:` asks for. */
export function obey(order: Order, execute: Execute, print: (line: string) => void): string | undefined {
  const { command, owner } = order;
  const results = execute(owner, command.args);
  if (typeof results === "string") return `${commandText(command)}: ${results}`;
  if (command.kind === "print") {
    print(`%${owner}(${command.args.map(dataValueText).join(", ")}) -> ${dataResultsText(results)}`);
  }
  return judge(command, results);
}
