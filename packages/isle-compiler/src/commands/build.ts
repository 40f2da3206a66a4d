import { renameSync, writeFileSync } from "node:fs";
import { basename, dirname, relative } from "node:path";
import { compileUnit } from "../compile.ts";
import { sourceMap } from "../emit/source-map.ts";
import type { EmitMode } from "../emit/unit.ts";
import { unitJson } from "../tree/json.ts";
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

const usage =
  "usage: gantry isle build (--host FILE:CLASS --host-import MODULE | --no-host) [--mode normal|debug|trace]\n" +
  "                         [--constant NAME=VALUE]... [--source-map] [--rules OUT.json] [--json]\n" +
  "                         -o OUT.ts FILE|FOLDER...";

/** `gantry isle build`: rules to TypeScript. Nothing is written if there are errors. */
export function isleBuild(args: readonly string[], io: CommandIo): number {
  return runCommand(io, usage, () => {
    const valued = ["--host", "--host-import", "--mode", "--constant", "--rules", "-o"];
    const { words, flags, values, pairs } = parseArguments(
      args,
      ["--no-host", "--source-map", "--json"],
      valued,
    );
    const out = values.get("-o");
    const paths = expandPaths(words);
    if (out === undefined) throw new UsageError("'-o OUT.ts' is missing");
    if (flags.has("--no-host") === values.has("--host"))
      throw new UsageError("give either '--host FILE:CLASS' or '--no-host'");
    const mode = values.get("--mode") ?? "normal";
    if (mode !== "normal" && mode !== "debug" && mode !== "trace")
      throw new UsageError(`unknown mode '${mode}'`);
    const host = loadHost(values.get("--host"));
    const unit = compileUnit({
      files: paths.map((path) => readSource(path, io)),
      ...(host === undefined ? {} : { host }),
      output: {
        mode: mode satisfies EmitMode,
        constants: Object.fromEntries(
          pairs.filter(([name]) => name === "--constant").map(([, text]) => constantOf(text)),
        ),
        context: { name: host?.name ?? "Context", from: values.get("--host-import") ?? "./host.ts" },
      },
    });
    printDiagnostics(unit.diagnostics, io, flags.has("--json"));
    if (unit.text === undefined) return 1;
    let text = unit.text;
    if (flags.has("--source-map")) {
      const names = paths.map((path) => relative(dirname(out), path));
      write(`${out}.map`, sourceMap(basename(out), unit.positions, unit.sources, names));
      text += `//# sourceMappingURL=${basename(out)}.map\n`;
    }
    write(out, text);
    const rules = values.get("--rules");
    if (rules !== undefined) write(rules, `${JSON.stringify(unitJson(unit))}\n`);
    return 0;
  });
}

/** `NAME=VALUE`: a whole number, with an `n` behind it a bigint, or true or false. */
function constantOf(text: string): [string, number | bigint | boolean] {
  const found = /^\$?([^=]+)=(?:(true|false)|(-?\d+|0x[\da-f]+)(n?))$/i.exec(text);
  if (found === null)
    throw new UsageError(`'--constant' needs NAME=VALUE, a whole number, 123n, true or false, not '${text}'`);
  const [, name, truth, digits, big] = found;
  if (digits === undefined) return [name!, truth === "true"];
  if (big !== "") return [name!, digits.startsWith("-") ? -BigInt(digits.slice(1)) : BigInt(digits)];
  if (!Number.isSafeInteger(Number(digits)))
    throw new UsageError(`'${text}' is no number that JavaScript holds exactly; ${digits}n is a bigint`);
  return [name!, Number(digits)];
}

/** Whole or not at all: nobody finds half a file. */
function write(path: string, text: string): void {
  writeFileSync(`${path}.partial`, text);
  renameSync(`${path}.partial`, path);
}
