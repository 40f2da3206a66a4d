/** Every row of the instruction tables against `llvm-mc`, both ways. */
import { resolveFixed } from "@gantry/asm-compiler";
import type { FixedTable } from "@gantry/asm-compiler/fixed";
import { readTables } from "@gantry/asm-compiler/scripts";
import {
  compareChanged,
  compareWithLlvm,
  type FixedProducts,
  fixedSubject,
  llvmMissing,
  sampleFixed,
} from "@gantry/asm-compiler/testing";
import { expect, test } from "vitest";
import { decode } from "./generated/decode.ts";
import * as encoder from "./generated/encode.ts";
import { NAMES } from "./generated/operands.ts";
import { print, registerName } from "./generated/print.ts";
import { tableTarget } from "./operands.ts";

const rows = resolveFixed(await readTables<FixedTable>(new URL(".", import.meta.url)), tableTarget);
const products: FixedProducts = {
  rows,
  endian: tableTarget.endian,
  llvm: { triple: "s390x", features: "+distinct-ops,+vector,+load-store-on-cond", slot: 8 },
  separator: { bytes: [0x07, 0x00], text: "nopr" },
  encoder,
  decode,
  print: (words, place) => print(words, 0, registerName, place),
  distance: String,
  literal: true,
  // R_390_PC32DBL, R_390_PLT32DBL
  relocations: [19, 20],
};

test("the generated code is that of the tables", () => {
  expect(NAMES).toEqual(rows.map((r) => r.name));
});

const missing = llvmMissing();
const reason = missing === undefined ? "" : `: ${missing}`;

test.skipIf(missing !== undefined)(`every row, compared with llvm-mc${reason}`, () => {
  const { failures, ...figures } = compareWithLlvm(fixedSubject(products), sampleFixed(rows));
  console.log(`${rows.length} rows: ${JSON.stringify(figures)}`);
  expect(failures.slice(0, 40)).toEqual([]);
});

test.skipIf(missing !== undefined)(`changed bits, decoded and assembled again${reason}`, () => {
  const { failures, ...figures } = compareChanged(products, sampleFixed(rows));
  console.log(`changed bits: ${JSON.stringify(figures)}`);
  expect(failures.slice(0, 40)).toEqual([]);
});
