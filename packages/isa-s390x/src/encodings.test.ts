/** Every row of the instruction tables against `llvm-mc`, both ways. */
import { type NamedTable, resolveFixed } from "@gantry/asm-compiler";
import type { FixedKind, FixedTable } from "@gantry/asm-compiler/fixed";
import {
  applyDistances,
  compareWithLlvm,
  distances,
  fixedDifference,
  llvmMissing,
  sampleFixed,
} from "@gantry/asm-compiler/testing";
import { expect, test } from "vitest";
import { decode } from "./generated/decode.ts";
import * as encoder from "./generated/encode.ts";
import { NAMES } from "./generated/operands.ts";
import { print, registerName } from "./generated/print.ts";
import shapes from "./insts/shapes.table.ts";
import { tableTarget } from "./operands.ts";

const tables: NamedTable<FixedTable>[] = [{ file: "shapes.table.ts", table: shapes }];
const rows = resolveFixed(tables, tableTarget);

test("the generated code is that of the tables", () => {
  expect(NAMES).toEqual(rows.map((r) => r.name));
});

const functions = encoder as unknown as { readonly [name: string]: (distance: number) => number };
const insert = (kind: string, distance: number): number =>
  functions[`insert${kind[0]!.toUpperCase()}${kind.slice(1)}`]!(distance);

/** The text of a record; a label is the distance that it stands for. */
function text(words: Int32Array, isSample: boolean): string {
  const target = rows[words[0] & 0xffff]!.operands.find((o) => o.kind.form === "label");
  return print(words, 0, registerName, (kind, n) => {
    if (kind !== "label") return `symbol${n}`;
    const distance = isSample ? distances(target!.kind as FixedKind)[n]! : n;
    return String(distance);
  });
}

const missing = llvmMissing();
test.skipIf(missing !== undefined)(
  `every row, compared with llvm-mc${missing === undefined ? "" : `: ${missing}`}`,
  () => {
    const result = compareWithLlvm(
      {
        llvm: { triple: "s390x", features: "+distinct-ops,+vector,+load-store-on-cond", slot: 8 },
        fillText: "",
        isShortForm: () => false,
        mayBeLonger: () => false,
        normalise: (line) => line,
        separator: { bytes: [0x07, 0x00], text: "nopr" },
        fieldBytes: 0,
        encode(words, at, buf) {
          encoder.encode(words, at, buf as never);
          applyDistances(rows[words[0] & 0xffff]!, words, buf, "big", insert);
        },
        // The assembler takes the mnemonic literally, so a short form goes to it under its own name.
        print(words, decoded) {
          const row = rows[words[0] & 0xffff]!;
          const found = decoded === undefined ? row : rows[decoded[0] & 0xffff]!;
          return row.encoding!.short.some((s) => s.name === found.name)
            ? text(decoded!, false)
            : text(words, true);
        },
        decode: (bytes) => decode(bytes, 0),
        difference: (sample, decoded) => fixedDifference(rows, sample, decoded),
        relocationMatches: (
          type, // R_390_PC32DBL, R_390_PLT32DBL
        ) => [19, 20].includes(type),
      },
      sampleFixed(rows),
    );
    const { failures, ...figures } = result;
    console.log(`${rows.length} rows: ${JSON.stringify(figures)}`);
    expect(failures.slice(0, 40)).toEqual([]);
  },
);
