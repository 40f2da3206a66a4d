import { type Diagnostic, GantryError, SourceFile } from "@gantry/diag";
import { type CompiledUnit, compileUnit } from "./compile.ts";
import { sourceMap } from "./emit/source-map.ts";
import type { EmitOptions } from "./emit/unit.ts";
import { readHost } from "./host/read.ts";
import { unitJson } from "./tree/json.ts";

/** How the compiler reaches files: `node:fs` in scripts and the command line, a map in tests. */
export interface Files {
  readText(path: string): string;
  writeText(path: string, text: string): void;
}

/** One compilation unit as a generator script describes it. */
export interface UnitConfig {
  /** Paths of `.isle` files; their order fixes numbers, so keep it. */
  readonly files: readonly string[];
  /** Names for diagnostics, in place of the paths. */
  readonly names?: readonly string[];
  /** The TypeScript file of the host class, its name, and a file that keeps what TypeScript says of it. */
  readonly host: { readonly file: string; readonly className: string; readonly cache?: string };
  readonly output: {
    /** The TypeScript file to write. */
    readonly file: string;
    /** Module that the output imports the host class from. */
    readonly hostImport: string;
    /** A second build of the selector that traces and counts rules. */
    readonly trace?: string;
    /** A build to step through: one name a value, the rules' text in comments. */
    readonly debug?: string;
    /** Rule sets and trees as JSON. */
    readonly rules?: string;
    /** A source map from `file` to the rules. Names of files in it are those of diagnostics, below this folder. */
    readonly sourceMap?: { readonly file: string; readonly root: string };
  };
  /** Values of extern constants, for switches on literals. Literal properties of the host class need no entry. */
  readonly constants?: EmitOptions["constants"];
}

/**
 * Compiles a unit and writes its files. Warnings are returned.
 * @throws GantryError with everything that is wrong.
 */
export function generateUnit(config: UnitConfig, files: Files): readonly Diagnostic[] {
  const host = readHost(config.host.file, config.host.className, config.host.cache, config.output.file);
  if (host === undefined) {
    const message = `there is no class '${config.host.className}' in ${config.host.file}`;
    throw new GantryError([{ code: "ISLE0401", severity: "error", message }]);
  }
  const sources = config.files.map(
    (path, k) => new SourceFile(config.names?.[k] ?? path, files.readText(path)),
  );
  const unit: CompiledUnit = compileUnit({
    files: sources,
    host,
    output: {
      context: { name: config.host.className, from: config.output.hostImport },
      constants: config.constants ?? {},
    },
  });
  if (unit.hasErrors || unit.text === undefined) throw new GantryError(unit.diagnostics);
  const { output } = config;
  let { text } = unit;
  if (output.sourceMap !== undefined) {
    const { file, root } = output.sourceMap;
    const names = sources.map((source) => `${root}/${source.name}`);
    files.writeText(file, sourceMap(baseName(output.file), unit.positions, unit.sources, names));
    text += `//# sourceMappingURL=${baseName(file)}\n`;
  }
  files.writeText(output.file, text);
  if (output.trace !== undefined) files.writeText(output.trace, unit.emit({ mode: "trace" }).text);
  if (output.debug !== undefined) files.writeText(output.debug, unit.emit({ mode: "debug" }).text);
  if (output.rules !== undefined) files.writeText(output.rules, `${JSON.stringify(unitJson(unit))}\n`);
  return unit.diagnostics;
}

function baseName(path: string): string {
  return path.slice(Math.max(path.lastIndexOf("/"), path.lastIndexOf("\\")) + 1);
}
