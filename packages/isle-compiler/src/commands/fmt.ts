import { writeFileSync } from "node:fs";
import { Reports, Sources } from "../sources.ts";
import { formatIsle } from "../syntax/format.ts";
import { parseUnit } from "../syntax/parser.ts";
import {
  type CommandIo,
  expandPaths,
  parseArguments,
  printDiagnostics,
  readSource,
  runCommand,
} from "./io.ts";

const usage = "usage: gantry isle fmt [--check] FILE|FOLDER|-...";

/** `gantry isle fmt`: formats files in place; with `--check` only says which would change, and fails if one would. */
export function isleFmt(args: readonly string[], io: CommandIo): number {
  return runCommand(io, usage, () => {
    const { words, flags } = parseArguments(args, ["--check"], []);
    const paths = expandPaths(words);
    let status = 0;
    for (const path of paths) {
      const file = readSource(path, io);
      const formatted = formatIsle(file.text);
      if (formatted === undefined) {
        const reports = new Reports(new Sources([file]));
        parseUnit(reports);
        printDiagnostics(reports.sorted(), io, false);
        status = 1;
      } else if (path === "-") io.stdout.write(formatted);
      else if (formatted !== file.text) {
        if (!flags.has("--check")) writeFileSync(path, formatted);
        else {
          io.stderr.write(`${path}: not formatted: run 'gantry isle fmt ${path}'\n`);
          status = 1;
        }
      }
    }
    return status;
  });
}
