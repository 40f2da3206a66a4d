/** Writes everything that comes from the instruction tables to `src/generated/`, then the selector that the rules make. */
import { readFileSync } from "node:fs";
import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import { generateX86 } from "@gantry/asm-compiler";
import { orDiagnostics, readTables, writeChanged, writeGenerated } from "@gantry/asm-compiler/scripts";
import type { X86Table } from "@gantry/asm-compiler/x86";
import * as clif from "@gantry/clif-ir";
import { renderDiagnostic } from "@gantry/diag";
import { generateUnit, readUnitFile } from "@gantry/isle-compiler";
import { Fixup, Reloc } from "../src/relocs.ts";

const source = new URL("../src/", import.meta.url);
const tables = await readTables<X86Table>(source);
writeGenerated(source, () =>
  generateX86({
    tables,
    className: "X64Insts",
    numbers: {
      fixup: Fixup.rel32,
      fixupShort: Fixup.rel8,
      branch: Fixup.branch,
      relocation: Reloc.pcRel4,
      relocationGot: Reloc.gotPcRel4,
    },
  }),
);

/** CLIF's types as the rules name them: `$I64`. */
const typeConstants = Object.fromEntries(
  Object.entries(clif).filter(([name, value]) => /^[IF]\d+(X\d+)?$/.test(name) && typeof value === "number"),
) as Record<string, number>;

const path = (place: string): string => fileURLToPath(new URL(place, import.meta.url));

orDiagnostics(() => {
  const unit = readUnitFile(path("../../../rules/x64/unit.json"));
  const root = path("../../../");
  const warnings = generateUnit(
    {
      files: unit.files,
      names: unit.files.map((file) => relative(root, file)),
      host: { ...unit.host, cache: path("../src/generated/host.json") },
      constants: typeConstants,
      output: {
        file: path("../src/generated/selector.ts"),
        hostImport: "../host.ts",
        trace: path("../src/generated/selector-trace.ts"),
      },
    },
    { readText: (file) => readFileSync(file, "utf8"), writeText: writeChanged },
  );
  for (const d of warnings) console.error(renderDiagnostic(d));
});
