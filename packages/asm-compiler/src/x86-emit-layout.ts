/** Generates `layout.ts`: what printer and decoder know of operands. Compiling never loads it. */
import { HEADER, int32Array } from "./emit-common.ts";
import type { OperandForm, Role } from "./operand.ts";
import { isEncoded, type RowOperand } from "./row.ts";
import type { X86ResolvedRow } from "./x86-rows.ts";

const FORMS: readonly OperandForm[] = ["reg", "rm", "mem", "imm", "imm64", "cc", "label", "symbol", "trap"];
const SLOTS = ["", "reg", "rm", "vvvv", "imm", "is4", "cc", "target"];
const ROLES: readonly Role[] = ["use", "lateUse", "def", "earlyDef", "mod", "tmp"];

function layoutWords(o: RowOperand, encoded: boolean): [number, number] {
  const slot = encoded && o.kind.only === undefined ? Math.max(0, SLOTS.indexOf(o.key)) : 0;
  const first =
    o.at |
    (FORMS.indexOf(o.kind.form) << 8) |
    (slot << 12) |
    (ROLES.indexOf(o.role) << 16) |
    ((o.kind.extend === "sign" ? 1 : 0) << 20) |
    (o.kind.regClass << 21);
  return [first, o.kind.bits | (((o.kind.only ?? o.fixedWord) + 1) << 16)];
}

export function emitX86Layout(rows: readonly X86ResolvedRow[]): string {
  const start = [0];
  const layout: number[] = [];
  for (const row of rows) {
    for (const o of row.operands) layout.push(...layoutWords(o, isEncoded(row)));
    start.push(layout.length / 2);
  }
  return [
    HEADER,
    "/** First operand of each opcode in {@link LAYOUT}, in pairs of words; one more entry than opcodes. */",
    int32Array("LAYOUT_START", start),
    `/**
 * Two words for each operand, in the row's order. First: offset in the record, form << 8 (0 register, 1 register or memory,
 * 2 memory, 3 immediate, 4 64-bit immediate, 5 condition, 6 label, 7 symbol, 8 trap code), place in the encoding << 12
 * (0 none, 1 reg, 2 rm, 3 vvvv, 4 immediate, 5 is4, 6 condition, 7 target), role << 16 (4 mod), sign-extended << 20,
 * register class << 21. Second: width in bits, fixed register or implied immediate + 1 << 16.
 */`,
    int32Array("LAYOUT", layout),
  ].join("\n");
}
