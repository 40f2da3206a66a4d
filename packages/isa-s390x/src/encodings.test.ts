/** Every row of the instruction tables against `llvm-mc`, both ways. */
import { testFixedRows } from "@gantry/asm-compiler/testing";
import { decode } from "./generated/decode.ts";
import * as encoder from "./generated/encode.ts";
import { NAMES } from "./generated/operands.ts";
import { print, registerName } from "./generated/print.ts";
import { tableTarget } from "./operands.ts";

await testFixedRows(new URL(".", import.meta.url), tableTarget, {
  names: NAMES,
  llvm: { triple: "s390x", features: "+distinct-ops,+vector,+load-store-on-cond", slot: 8 },
  separator: { bytes: [0x07, 0x00], text: "nopr" },
  encoder,
  decode,
  print: (words, place) => print(words, 0, registerName, place),
  distance: String,
  literal: true,
  // R_390_PC32DBL, R_390_PLT32DBL
  relocations: [19, 20],
});
