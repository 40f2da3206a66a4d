/** Every row of the instruction tables against `llvm-mc`, both ways. */
import { type NamedTable, resolveFixed } from "@gantry/asm-compiler";
import type { FixedKind, FixedTable } from "@gantry/asm-compiler/fixed";
import {
  applyDistances,
  compareWithLlvm,
  distances,
  fixedDifference,
  llvmMissing,
  RecordingBuffer,
  sampleFixed,
} from "@gantry/asm-compiler/testing";
import { expect, test } from "vitest";
import { decode } from "./generated/decode.ts";
import * as encoder from "./generated/encode.ts";
import { FEATURE_SETS, NAMES } from "./generated/operands.ts";
import { print, registerName } from "./generated/print.ts";
import shapes from "./insts/shapes.table.ts";
import { tableTarget } from "./operands.ts";

const tables: NamedTable<FixedTable>[] = [{ file: "shapes.table.ts", table: shapes }];
const rows = resolveFixed(tables, tableTarget);

test("the generated code is that of the tables", () => {
  expect(NAMES).toEqual(rows.map((r) => r.name));
});

/** Compressed forms are chosen too, as the assembler does. */
const ALL_FEATURES = -1;

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
        llvm: { triple: "riscv64", features: "+c,+d,+a,+zba", slot: 8 },
        fillText: "",
        isShortForm: () => false,
        mayBeLonger: () => false,
        normalise: (line) => line,
        separator: { bytes: [0x73, 0, 0, 0], text: "ecall" },
        fieldBytes: 0,
        encode(words, at, buf) {
          encoder.encode(words, at, buf as never, ALL_FEATURES);
          applyDistances(rows[words[0] & 0xffff]!, words, buf, "little", insert);
        },
        print(words) {
          // Branches stay long here: how far they go is known only after the code is placed.
          const hasLabel = rows[words[0] & 0xffff]!.operands.some(
            (o) => o.kind.form === "label" || o.kind.form === "symbol",
          );
          const isLong = rows[words[0] & 0xffff]!.encoding!.diagram.bytes === 4;
          return hasLabel && isLong ? `.option norvc; ${text(words, true)}; .option rvc` : text(words, true);
        },
        decode: (bytes) => decode(bytes, 0),
        difference: (sample, decoded) => fixedDifference(rows, sample, decoded),
        relocationMatches: (
          type, // R_RISCV_JAL
        ) => [17].includes(type),
      },
      sampleFixed(rows),
    );
    const { failures, ...figures } = result;
    console.log(`${rows.length} rows: ${JSON.stringify(figures)}`);
    expect(failures.slice(0, 40)).toEqual([]);
  },
);

test("without the features that they need, short forms are not chosen", () => {
  const row = rows.find((r) => r.name === "add")!;
  const words = new Int32Array([row.opcode, 10, 10, 11]);
  const buf = new RecordingBuffer(0);
  encoder.encode(words, 0, buf as never);
  expect(buf.take()).toEqual(new Uint8Array([0x33, 0x05, 0xb5, 0x00]));
  buf.reset();
  encoder.encode(words, 0, buf as never, 1 << FEATURE_SETS.indexOf("c"));
  expect(buf.take()).toEqual(new Uint8Array([0x2e, 0x95]));
});
