/** Every row of the instruction tables against `llvm-mc`, both ways. */
import { testFixedRows } from "@gantry/asm-compiler/testing";
import { decode } from "./generated/decode.ts";
import * as encoder from "./generated/encode.ts";
import { NAMES } from "./generated/operands.ts";
import { print, registerName } from "./generated/print.ts";
import { tableTarget } from "./operands.ts";

await testFixedRows(new URL(".", import.meta.url), tableTarget, {
  names: NAMES,
  llvm: { triple: "aarch64", features: "+lse", slot: 8 },
  separator: { bytes: [0x1f, 0x20, 0x03, 0xd5], text: "nop" },
  encoder,
  decode,
  print: (words, place) => print(words, 0, registerName, place),
  distance: (bytes) => `#${bytes}`,
  literal: false,
  // R_AARCH64_CALL26
  relocations: [283],
});
