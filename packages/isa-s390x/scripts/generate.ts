/** Writes everything that comes from the instruction tables to `src/generated/`. */
import { generateFixed } from "@gantry/asm-compiler";
import type { FixedTable } from "@gantry/asm-compiler/fixed";
import { readTables, writeGenerated } from "@gantry/asm-compiler/scripts";
import { tableTarget } from "../src/operands.ts";

const source = new URL("../src/", import.meta.url);
const tables = await readTables<FixedTable>(source);
writeGenerated(source, () =>
  generateFixed({ tables, target: tableTarget, className: "S390xInsts", classNames: ["Gpr", "Vec"] }),
);
