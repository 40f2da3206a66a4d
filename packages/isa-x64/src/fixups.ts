/** How distances to labels are written into x86-64 code. */
import type { CodeBuffer, FixupTarget } from "@gantry/codegen-core";
import { Fixup } from "./relocs.ts";

const MAX_32 = 0x7fffffff;

export const fixups: FixupTarget = {
  // The position is the kind, see Fixup.
  fixups: [
    { name: "rel32", max: MAX_32, min: -MAX_32 },
    { name: "branch", max: MAX_32, min: -MAX_32 },
    { name: "rel8", max: 128, min: -127 },
  ],
  applyFixup(kind, bytes, at, distance, trailing) {
    if (kind === Fixup.rel8) {
      bytes[at] = distance - 1 - trailing;
      return;
    }
    const value = distance - 4 - trailing;
    bytes[at] = value;
    bytes[at + 1] = value >> 8;
    bytes[at + 2] = value >> 16;
    bytes[at + 3] = value >> 24;
  },
  shortBranchBytes(kind) {
    return kind === Fixup.branch ? 2 : 0;
  },
  /** `E9 rel32` becomes `EB rel8`, `0F 8x rel32` becomes `7x rel8`. */
  writeShortBranch(_kind, bytes, at, from, distance) {
    bytes[at] = bytes[from] === 0x0f ? bytes[from + 1] - 0x10 : 0xeb;
    bytes[at + 1] = distance;
  },
  fitsShortBranch(_kind, distance) {
    return distance >= -128 && distance <= 127;
  },
  /** `ud2` */
  emitTrap(buf: CodeBuffer) {
    buf.put1(0x0f);
    buf.put1(0x0b);
  },
};
