import { compileUnit } from "../compile.ts";
import {
  type CommandIo,
  expandPaths,
  loadHost,
  parseArguments,
  printDiagnostics,
  readSource,
  runCommand,
  UsageError,
} from "./io.ts";

const usage = "usage: gantry isle check [--host FILE:CLASS] [--no-lints] [--json] FILE|FOLDER...";

/** `gantry isle check`: everything that is wrong with a unit. Warnings do not fail. */
export function isleCheck(args: readonly string[], io: CommandIo): number {
  return runCommand(io, usage, () => {
    const { words, flags, values } = parseArguments(args, ["--json", "--no-lints"], ["--host"]);
    const paths = expandPaths(words);
    if (paths.length === 0) throw new UsageError("no files are named");
    const host = loadHost(values.get("--host"));
    const unit = compileUnit({
      files: paths.map((path) => readSource(path, io)),
      lints: !flags.has("--no-lints"),
      ...(host === undefined ? {} : { host }),
    });
    printDiagnostics(unit.diagnostics, io, flags.has("--json"));
    return unit.hasErrors ? 1 : 0;
  });
}
