/** What the `generate` scripts of targets share: reading tables, writing files, showing what is wrong. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import type { GeneratedFiles, NamedTable } from "@gantry/asm-compiler";
import { GantryError, renderDiagnostic } from "@gantry/diag";

/** Imports every `*.table.ts` in the folder `insts` of `source`, in the order of their names. */
export async function readTables<T>(source: URL): Promise<NamedTable<T>[]> {
  const out: NamedTable<T>[] = [];
  for (const file of readdirSync(new URL("insts/", source)).sort()) {
    if (!file.endsWith(".table.ts")) continue;
    const module: { default: T } = await import(new URL(`insts/${file}`, source).href);
    out.push({ file: `src/insts/${file}`, table: module.default });
  }
  return out;
}

/**
 * Writes what `make` makes to the folder `generated` of `source`; prints the diagnostics of a malformed table and fails.
 * Files that did not change keep their time, so that incremental builds stay incremental.
 */
export function writeGenerated(source: URL, make: () => GeneratedFiles): void {
  const out = new URL("generated/", source);
  orDiagnostics(() => {
    const files = make();
    mkdirSync(out, { recursive: true });
    for (const [name, text] of files) writeChanged(new URL(name, out), text);
  });
}

/** Writes a file if that changes it. */
export function writeChanged(path: string | URL, text: string): void {
  if (contents(path) !== text) writeFileSync(path, text);
}

/** Runs a step of a build; if it ends in diagnostics, they are printed and the build fails. */
export function orDiagnostics(step: () => void): void {
  try {
    step();
  } catch (error) {
    if (!(error instanceof GantryError)) throw error;
    for (const d of error.diagnostics) console.error(renderDiagnostic(d));
    process.exitCode = 1;
  }
}

function contents(path: string | URL): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
