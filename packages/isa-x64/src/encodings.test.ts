/** Every row of the instruction tables against `llvm-mc`, both ways. */
import { resolveX86 } from "@gantry/asm-compiler";
import { readTables } from "@gantry/asm-compiler/scripts";
import {
  compareChangedWithObjdump,
  compareWithLlvm,
  compareWithObjdump,
  llvmMissing,
  normaliseAttText,
  objdumpMissing,
  type RecordingBuffer,
  sampleX86,
  x86Difference,
} from "@gantry/asm-compiler/testing";
import type { X86Table } from "@gantry/asm-compiler/x86";
import { expect, test } from "vitest";
import { decode } from "./generated/decode.ts";
import { encode } from "./generated/encode.ts";
import { NAMES } from "./generated/operands.ts";
import { print, registerName } from "./generated/print.ts";
import { Reloc } from "./relocs.ts";

const tables = await readTables<X86Table>(new URL("./", import.meta.url));
const rows = resolveX86(tables);
const shortForms = new Set(rows.flatMap((r) => r.encoding?.short ?? []));

test("the generated code is that of the tables", () => {
  expect(NAMES).toEqual(rows.map((r) => r.name));
});

const missing = llvmMissing();
test.skipIf(missing !== undefined)(
  `every row, compared with llvm-mc${missing === undefined ? "" : `: ${missing}`}`,
  () => {
    const samples = sampleX86(rows);
    const result = compareWithLlvm(
      {
        llvm: { triple: "x86_64", slot: 16 },
        fillText: "int3",
        isShortForm: (row) => shortForms.has(row),
        // The assembler exchanges operands or takes the store form of a move to get the VEX prefix of two bytes.
        mayBeLonger: (ours, theirs) =>
          ours[0] === 0xc4 && theirs[0] === 0xc5 && ours.length === theirs.length + 1,
        normalise: normaliseAttText,
        separator: { bytes: [0x0f, 0xa2], text: "cpuid" },
        fieldBytes: 4,
        encode: (words, at, buf) => encode(words, at, buf as never),
        print(words) {
          const text = print(words, 0, registerName, (kind, n) => kind + n);
          // Without the prefix the assembler takes the VEX form where there is one.
          const isEvex = rows[words[0] & 0xffff]!.encoding?.column.space === "evex";
          return isEvex ? `{evex} ${text}` : text;
        },
        decode: (bytes) => decode(bytes, 0),
        difference: (sample, decoded) => x86Difference(rows, sample, decoded),
        // R_X86_64_PC32 and PLT32 are the same field; the three forms of GOTPCREL too.
        relocationMatches: (type, what, kind) =>
          what === "symbol" && kind === Reloc.gotPcRel4
            ? type === 9 || type === 41 || type === 42
            : type === 2 || type === 4,
      },
      samples,
    );
    const { failures, ...figures } = result;
    console.log(`${rows.length} rows: ${JSON.stringify(figures)}`);
    expect(failures.slice(0, 40)).toEqual([]);
  },
);

const noObjdump = objdumpMissing();
const reason = noObjdump === undefined ? "" : `: ${noObjdump}`;
const encodeSample = (words: Int32Array, at: number, buf: RecordingBuffer): void =>
  encode(words, at, buf as never);
// A part of the samples, which still has every row: objdump is slower than all the rest.
const part = (from: number, of: number) =>
  sampleX86(rows).filter((sample, i, all) => i % of === from || sample.row !== all[i - 1]?.row);

test.skipIf(noObjdump !== undefined)(`every row, decoded by GNU objdump${reason}`, () => {
  const { equal, refused, failures } = compareWithObjdump(part(0, 5), encodeSample, decode);
  console.log(`objdump: ${equal} texts are equal`);
  expect(failures.slice(0, 40)).toEqual([]);
  expect(refused).toBe(0);
});

test.skipIf(noObjdump !== undefined)(`changed bits, decoded by GNU objdump${reason}`, () => {
  const { equal, refused, failures } = compareChangedWithObjdump(part(1, 8), encodeSample, decode);
  console.log(`objdump: ${equal} texts are equal, ${refused} are no row`);
  expect(failures.slice(0, 40)).toEqual([]);
});
