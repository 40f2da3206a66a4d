/** Writes everything that comes from the instruction tables to `src/generated/`, then the selector that the rules make. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { generateX86 } from "@gantry/asm-compiler";
import { orDiagnostics, readTables, writeChanged, writeGenerated } from "@gantry/asm-compiler/scripts";
import type { X86Table } from "@gantry/asm-compiler/x86";
import * as clif from "@gantry/clif-ir";
import { renderDiagnostic } from "@gantry/diag";
import { generateUnit } from "@gantry/isle-compiler";
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

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));
const topics = [
  "inst",
  "arith",
  "bits",
  "mem",
  "control",
  "call",
  "float",
  "convert",
  "i128",
  "vector-int",
  "vector-shift",
  "vector-lanes",
  "vector-convert",
  "vector-float",
  "vector-idioms",
  "bmi",
  "sse4",
  "avx",
];
const files = [
  ["rules/prelude.isle", path("../../../rules/prelude.isle")],
  ["rules/prelude-lower.isle", path("../../../rules/prelude-lower.isle")],
  ["clif-lower.isle", fileURLToPath(import.meta.resolve("@gantry/clif-ir/clif-lower.isle"))],
  ["insts.isle", path("../src/generated/insts.isle")],
  ...topics.map((topic) => [`rules/x64/${topic}.isle`, path(`../../../rules/x64/${topic}.isle`)]),
];
orDiagnostics(() => {
  const warnings = generateUnit(
    {
      files: files.map(([, file]) => file),
      names: files.map(([name]) => name),
      host: {
        file: path("../src/host.ts"),
        className: "X64Host",
        cache: path("../src/generated/host.json"),
      },
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
