/** Every row of the instruction tables against `llvm-mc`, both ways. */
import { type FixedProducts, RecordingBuffer, testFixedRows } from "@gantry/asm-compiler/testing";
import { expect, test } from "vitest";
import { decode } from "./generated/decode.ts";
import * as encoder from "./generated/encode.ts";
import { FEATURE_SETS, NAMES } from "./generated/operands.ts";
import { print, registerName } from "./generated/print.ts";
import { tableTarget } from "./operands.ts";

type Around = NonNullable<FixedProducts["around"]>;

/** Bytes that are not compressed must not be when they are assembled again. */
const around: Around = (row, text) => (row.size === 4 ? `.option norvc; ${text}; .option rvc` : text);

const rows = await testFixedRows(new URL(".", import.meta.url), tableTarget, {
  names: NAMES,
  llvm: { triple: "riscv64", features: "+c,+d,+a,+zba", slot: 8 },
  separator: { bytes: [0x73, 0, 0, 0], text: "ecall" },
  encoder,
  decode,
  print: (words, place) => print(words, 0, registerName, place),
  distance: String,
  literal: false,
  around(row, text) {
    // Branches stay long here: how far they go is known only after the code is placed.
    const hasLabel = row.operands.some((o) => o.kind.form === "label" || o.kind.form === "symbol");
    return hasLabel ? around(row, text) : text;
  },
  aroundDecoded: around,
  // R_RISCV_JAL
  relocations: [17],
});

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
