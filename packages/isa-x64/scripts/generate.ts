/** Writes everything that comes from the instruction tables to `src/generated/`. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { type GeneratedFiles, generateX86, type NamedTable } from "@gantry/asm-compiler";
import type { X86Table } from "@gantry/asm-compiler/x86";
import { GantryError, renderDiagnostic } from "@gantry/diag";

const source = new URL("../src/", import.meta.url);

async function tables(): Promise<NamedTable<X86Table>[]> {
  const out: NamedTable<X86Table>[] = [];
  for (const file of readdirSync(new URL("insts/", source)).sort()) {
    if (!file.endsWith(".table.ts")) continue;
    const module: { default: X86Table } = await import(new URL(`insts/${file}`, source).href);
    out.push({ file: `packages/isa-x64/src/insts/${file}`, table: module.default });
  }
  return out;
}

/** Files that did not change keep their time, so that incremental builds stay incremental. */
function write(files: GeneratedFiles): void {
  const out = new URL("generated/", source);
  mkdirSync(out, { recursive: true });
  for (const [name, text] of files) {
    const path = new URL(name, out);
    let before: string | undefined;
    try {
      before = readFileSync(path, "utf8");
    } catch {
      // The first time.
    }
    if (before !== text) writeFileSync(path, text);
  }
}

try {
  write(
    generateX86({
      tables: await tables(),
      className: "X64Insts",
      // Fix-up kinds of the target and relocation kinds of src/objects.ts.
      numbers: { fixup: 0, fixupShort: 1, branch: 0, relocation: 2, relocationGot: 4 },
    }),
  );
} catch (error) {
  if (!(error instanceof GantryError)) throw error;
  for (const d of error.diagnostics) console.error(renderDiagnostic(d));
  process.exitCode = 1;
}
