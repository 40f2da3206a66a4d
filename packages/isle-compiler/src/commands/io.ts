import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
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

export function readSource(path: string, io: CommandIo): SourceFile {
  try {
    if (path === "-") return new SourceFile("<stdin>", io.stdin?.() ?? "");
    return new SourceFile(path, readFileSync(path, "utf8"));
  } catch (error) {
    throw errorOf("ISLE0410", `cannot read ${path}: ${(error as Error).message}`);
  }
}

/** The host that `FILE:CLASS` names. */
export function loadHost(option: string | undefined): HostClass | undefined {
  if (option === undefined) return undefined;
  const at = option.lastIndexOf(":");
  if (at <= 0) throw new UsageError(`'--host' needs FILE:CLASS, not '${option}'`);
  const [file, name] = [option.slice(0, at), option.slice(at + 1)];
  const host = readHost(file, name);
  if (host === undefined) throw errorOf("ISLE0401", `there is no class '${name}' in ${file}`);
  return host;
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
