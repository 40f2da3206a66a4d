import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join, relative } from "node:path";
import {
  type Diagnostic,
  diagnosticToJson,
  errorOf,
  GantryError,
  type Palette,
  renderDiagnostic,
  SourceFile,
} from "@gantry/diag";
import type { HostClass } from "../host/model.ts";
import { readHost } from "../host/read.ts";
import { findUnitFiles, readUnitFile, UNIT_FILE, type UnitFile } from "../unit-file.ts";

/** Where a command's output goes. */
export interface CommandIo {
  readonly stdout: { write(text: string): unknown };
  readonly stderr: { write(text: string): unknown };
  /** All of standard input. */
  readonly stdin?: () => string;
  /** Show source lines and carets, in these colours. */
  readonly palette?: Palette;
  readonly frame?: boolean;
}

/** Options and the other words of a command line. */
export interface Arguments {
  readonly words: readonly string[];
  readonly flags: ReadonlySet<string>;
  /** The last value of each option. */
  readonly values: ReadonlyMap<string, string>;
  /** All options with values, in order. */
  readonly pairs: readonly (readonly [name: string, value: string])[];
}

/** A command line that cannot be understood: exit status 2. */
export class UsageError extends Error {}

/** Splits a command line. `flags` stand alone, `valued` take the next word or what follows `=`. */
export function parseArguments(
  args: readonly string[],
  flags: readonly string[],
  valued: readonly string[],
): Arguments {
  const words: string[] = [];
  const given = new Set<string>();
  const pairs: [string, string][] = [];
  for (let k = 0; k < args.length; k++) {
    const word = args[k]!;
    const [name, inline] = word.startsWith("--") && word.includes("=") ? splitOnce(word) : [word, undefined];
    if (flags.includes(name) && inline === undefined) given.add(name);
    else if (valued.includes(name)) {
      const value = inline ?? args[++k];
      if (value === undefined) throw new UsageError(`option '${name}' needs a value`);
      pairs.push([name, value]);
    } else if (word.startsWith("-") && word !== "-") throw new UsageError(`unknown option '${word}'`);
    else words.push(word);
  }
  return { words, flags: given, values: new Map(pairs), pairs };
}

function splitOnce(word: string): [string, string] {
  const at = word.indexOf("=");
  return [word.slice(0, at), word.slice(at + 1)];
}

/** Runs a command; what the user got wrong becomes a message and an exit status. */
export function runCommand(io: CommandIo, usage: string, run: () => number): number {
  try {
    return run();
  } catch (error) {
    if (error instanceof UsageError) {
      io.stderr.write(`${error.message}\n${usage}\n`);
      return 2;
    }
    if (error instanceof GantryError) {
      printDiagnostics(error.diagnostics, io, false);
      return 1;
    }
    throw error;
  }
}

/** The `.isle` files that `paths` name: files as given, folders with all they hold, in order of names. */
export function expandPaths(paths: readonly string[]): string[] {
  if (paths.length === 0) throw new UsageError("no files are named");
  return paths.flatMap((path) => {
    if (path === "-" || !isFolder(path)) return [path];
    const found = readdirSync(path, { recursive: true, encoding: "utf8" });
    return found
      .filter((name) => name.endsWith(".isle"))
      .sort()
      .map((name) => join(path, name));
  });
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}

/** What `check` and `explain` read: the paths of a unit's files, and its host's file and class. */
export interface NamedUnit {
  readonly paths: readonly string[];
  readonly host?: UnitFile["host"];
}

/**
 * The units that words name: a folder with a unit file in it is that unit; other files are one unit together; no words
 * stand for the units of the checkout.
 */
export function namedUnits(words: readonly string[]): NamedUnit[] {
  const unitFiles =
    words.length === 0
      ? findUnitFiles(process.cwd())
      : words.map((word) => join(word, UNIT_FILE)).filter((path) => existsSync(path));
  if (words.length === 0 && unitFiles.length === 0)
    throw new UsageError(`no files are named, and no folder here or above has rules/*/${UNIT_FILE}`);
  if (unitFiles.length === 0 || unitFiles.length < words.length) return [{ paths: expandPaths(words) }];
  return unitFiles.map((path) => {
    const { files, host } = readUnitFile(path);
    return { paths: files.map((file) => relative(process.cwd(), file)), host };
  });
}

export function readSource(path: string, io: CommandIo): SourceFile {
  try {
    if (path === "-") return new SourceFile("<stdin>", io.stdin?.() ?? "");
    return new SourceFile(path, readFileSync(path, "utf8"));
  } catch (error) {
    throw errorOf("ISLE0410", `cannot read ${path}: ${(error as Error).message}`);
  }
}

/** The host that `FILE:CLASS` names, or else the one that a unit file names. */
export function loadHost(option: string | undefined, unit?: UnitFile["host"]): HostClass | undefined {
  if (option === undefined && unit === undefined) return undefined;
  const { file, className } = option === undefined ? unit! : hostNamed(option);
  const host = readHost(file, className);
  if (host === undefined) throw errorOf("ISLE0401", `there is no class '${className}' in ${file}`);
  return host;
}

function hostNamed(option: string): UnitFile["host"] {
  const at = option.lastIndexOf(":");
  if (at <= 0) throw new UsageError(`'--host' needs FILE:CLASS, not '${option}'`);
  return { file: option.slice(0, at), className: option.slice(at + 1) };
}

/** Prints diagnostics as text, or with `--json` as one array. */
export function printDiagnostics(diagnostics: readonly Diagnostic[], io: CommandIo, json: boolean): void {
  if (json) {
    io.stdout.write(`${JSON.stringify(diagnostics.map(diagnosticToJson), undefined, 1)}\n`);
    return;
  }
  const options = { frame: io.frame ?? false, ...(io.palette === undefined ? {} : { palette: io.palette }) };
  for (const d of diagnostics) io.stderr.write(`${renderDiagnostic(d, options)}\n`);
}
