import { readFileSync, writeFileSync } from "node:fs";
import { GantryError, InternalError, renderDiagnostic, SourceFile } from "@gantry/diag";
import { makeContext } from "./load.ts";
import { type Outcome, pass, Skip, type UnitResult } from "./outcome.ts";
import { parseTestFile, type TestFile } from "./test-file.ts";
import { type Unit, type UnitOptions, unitsOf } from "./unit.ts";

export interface FileOptions extends UnitOptions {
  readonly bless: boolean;
  /** Settings for what runs natively, behind those of the file. */
  readonly set: readonly string[];
}

/** Told before and after each unit, so that a unit that ends the process can be named. */
export interface FileObserver {
  started(index: number, label: string): void;
  finished(index: number, result: UnitResult): void;
}

/** Runs the units of one file from number `from` on. */
export async function runFile(
  path: string,
  options: FileOptions,
  from: number,
  observer: FileObserver,
): Promise<void> {
  const source = new SourceFile(path, readFileSync(path, "utf8"));
  let units: Unit[];
  let file: TestFile;
  try {
    file = parseTestFile(source);
    units = unitsOf(file, options);
  } catch (error) {
    const outcome = outcomeOf(error);
    observer.finished(0, { file: path, unit: "header", outcome, milliseconds: 0, output: "", known: [] });
    return;
  }
  for (let k = from; k < units.length; k++) {
    const unit = units[k]!;
    observer.started(k, unit.label);
    const start = performance.now();
    const printed: string[] = [];
    const known: string[] = [];
    let outcome: Outcome = pass;
    try {
      const context = await makeContext(file, unit, options, {
        print: (line) => printed.push(line),
        known: (line, reason) => known.push(`${line} (${reason})`),
      });
      await unit.command.run!(context);
      const blessed = context.blessing?.apply();
      if (blessed !== undefined && blessed !== source.text) writeFileSync(path, blessed);
    } catch (error) {
      outcome = outcomeOf(error);
    }
    const milliseconds = performance.now() - start;
    observer.finished(k, {
      file: path,
      unit: unit.label,
      outcome,
      milliseconds,
      output: printed.join("\n"),
      known,
    });
  }
}

/** Codes of diagnostics that say: valid, but Gantry cannot do it on this target yet. */
const UNSUPPORTED = /^CODE/;

function outcomeOf(error: unknown): Outcome {
  if (error instanceof Skip) return { kind: "skip", why: error.why, reason: error.message };
  if (error instanceof GantryError) {
    const [first] = error.diagnostics;
    if (first !== undefined && error.diagnostics.every((d) => UNSUPPORTED.test(d.code))) {
      return { kind: "skip", why: "unsupported", reason: first.message };
    }
    const shown = error.diagnostics.slice(0, 20).map((d) => renderDiagnostic(d, { frame: true }));
    if (error.diagnostics.length > 20) shown.push(`... and ${error.diagnostics.length - 20} more`);
    return { kind: "fail", report: shown.join("\n") };
  }
  if (error instanceof InternalError) return { kind: "fail", report: `${error.message}\n${stackOf(error)}` };
  return { kind: "fail", report: stackOf(error) };
}

/** Here a stack is right: the reader of a failed test is a developer, and our own code threw. */
const stackOf = (error: unknown): string =>
  error instanceof Error ? (error.stack ?? error.message) : String(error);
