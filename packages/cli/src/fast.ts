import { commands } from "./commands.table.ts";
import { runProgram } from "./program.ts";

const names = ["compile", "cat", "worker"];

/** The commands that are run most often, as one bundle: loading it takes a third of the time. */
export function main(argv: readonly string[]): Promise<number> {
  return runProgram(
    argv,
    commands.filter((row) => names.includes(row.name)),
  );
}
