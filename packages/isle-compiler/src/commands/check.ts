import { compileUnit } from "../compile.ts";
import {
  type CommandIo,
  loadHost,
  namedUnits,
  parseArguments,
  printDiagnostics,
  readSource,
  runCommand,
} from "./io.ts";

const usage = "usage: gantry isle check [--host FILE:CLASS] [--no-lints] [--json] [FILE|FOLDER...]";

/** `gantry isle check`: everything that is wrong with a unit, or with all of a checkout. Warnings do not fail. */
export function isleCheck(args: readonly string[], io: CommandIo): number {
  return runCommand(io, usage, () => {
    const { words, flags, values } = parseArguments(args, ["--json", "--no-lints"], ["--host"]);
    const units = namedUnits(words).map((named) => {
      const host = loadHost(values.get("--host"), named.host);
      return compileUnit({
        files: named.paths.map((path) => readSource(path, io)),
        lints: !flags.has("--no-lints"),
        ...(host === undefined ? {} : { host }),
      });
    });
    const diagnostics = units.flatMap((unit) => unit.diagnostics);
    printDiagnostics(diagnostics, io, flags.has("--json"));
    return units.some((unit) => unit.hasErrors) ? 1 : 0;
  });
}
