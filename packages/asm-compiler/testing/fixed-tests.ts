/** The tests that every fixed-width target runs over its generated tables. */
import { type FixedTarget, resolveFixed } from "@gantry/asm-compiler";
import type { FixedTable } from "@gantry/asm-compiler/fixed";
import { readTables } from "@gantry/asm-compiler/scripts";
import { expect, test } from "vitest";
import { compareWithLlvm } from "./compare.ts";
import { compareChanged, type FixedProducts, fixedSubject, sampleFixed } from "./fixed.ts";
import { llvmMissing } from "./llvm.ts";

/** What the tests ask of a target beyond its tables. */
export interface FixedTestTarget extends Omit<FixedProducts, "rows" | "endian"> {
  /** Opcode names in the order of the generated numbers. */
  readonly names: readonly string[];
  /** What goes around the text of rows when bytes that were decoded are assembled again; default {@link FixedProducts.around}. */
  readonly aroundDecoded?: FixedProducts["around"];
}

/**
 * Declares the tests of one target: every row of its instruction tables against `llvm-mc`, both ways.
 *
 * @param source The target's source folder, which holds the tables.
 * @param target How the tables write registers, and the byte order.
 * @param options The generated modules and what the assembler must know.
 * @returns The target's rows, for tests of its own.
 */
export async function testFixedRows(
  source: URL,
  target: FixedTarget,
  options: FixedTestTarget,
): Promise<FixedProducts["rows"]> {
  const { names, aroundDecoded, ...generated } = options;
  const rows = resolveFixed(await readTables<FixedTable>(source), target);
  const products: FixedProducts = { ...generated, rows, endian: target.endian };

  test("the generated code is that of the tables", () => {
    expect(names).toEqual(rows.map((r) => r.name));
  });

  const missing = llvmMissing();
  const reason = missing === undefined ? "" : `: ${missing}`;

  test.skipIf(missing !== undefined)(`every row, compared with llvm-mc${reason}`, () => {
    const { failures, ...figures } = compareWithLlvm(fixedSubject(products), sampleFixed(rows));
    console.log(`${rows.length} rows: ${JSON.stringify(figures)}`);
    expect(failures.slice(0, 40)).toEqual([]);
  });

  test.skipIf(missing !== undefined)(`changed bits, decoded and assembled again${reason}`, () => {
    const decoded = aroundDecoded === undefined ? products : { ...products, around: aroundDecoded };
    const { failures, ...figures } = compareChanged(decoded, sampleFixed(rows));
    console.log(`changed bits: ${JSON.stringify(figures)}`);
    expect(failures.slice(0, 40)).toEqual([]);
  });
  return rows;
}
