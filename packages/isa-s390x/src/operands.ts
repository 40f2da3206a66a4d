/** Kinds of operands that s390x rows have. */
import type { FixedTarget } from "@gantry/asm-compiler";
import { label, memory, register, signed, symbol, unsigned } from "@gantry/asm-compiler/fixed";

/** Register words: r0 to r15, then v0 to v31, of which the first sixteen hold the float registers. */
export const tableTarget: FixedTarget = {
  endian: "big",
  registerWord(name) {
    const match = /^([rv])(\d+)$/.exec(name);
    if (match === null) return -1;
    const number = Number(match[2]);
    return match[1] === "r" ? (number < 16 ? number : -1) : number < 32 ? 32 + number : -1;
  },
};

export const r32 = register("r32", 0, 32, "%r", { isle: "Gpr", allowed: 0xffff });
export const r64 = register("r64", 0, 64, "%r", { isle: "Gpr", allowed: 0xffff });
/** Base and index: register 0 stands for none. */
export const address = register("address", 0, 64, "%r", { isle: "Gpr", allowed: 0xfffe });
export const f64 = register("f64", 1, 64, "%f", { isle: "Vec", allowed: 0xffff });
export const v128 = register("v128", 1, 128, "%v", { isle: "Vec" });

export const imm8 = unsigned("imm8", 8);
export const simm8 = signed("simm8", 8);
export const imm6 = unsigned("imm6", 6);
export const simm16 = signed("simm16", 16);
export const simm32 = signed("simm32", 32);
export const mask4 = unsigned("mask4", 4);
/** Conditions of a compare-and-branch. */
export const compareMask = unsigned("compareMask", 4);
/** log2 of the bytes of a vector element. */
export const element = unsigned("element", 4);

export const branch16 = label("branch16", 16, 1, 0);
export const branch32 = label("branch32", 32, 1, 1);
/** The same distance as {@link branch16}, in the middle of a six-byte instruction. */
export const compareBranch16 = label("compareBranch16", 16, 1, 2);
/** A distance in halfwords in the last four bytes, which counts from the start of the instruction. */
export const symbol32 = symbol("symbol32", 32, 1, 2, 2);

const disp12 = unsigned("disp12", 12);
const disp20 = signed("disp20", 20);
const based = { base: address, zeroIsNone: true } as const;
/** RX: base, index, 12-bit displacement. */
export const bxd12 = memory("bxd12", 0, {
  ...based,
  asm: "{disp}(<{index},>{base})",
  index: address,
  disp: disp12,
});
/** RXY: base, index, 20-bit signed displacement. */
export const bxd20 = memory("bxd20", 0, {
  ...based,
  asm: "{disp}(<{index},>{base})",
  index: address,
  disp: disp20,
});
/** RS, SIL, SS: base and displacement. */
export const bd12 = memory("bd12", 0, { ...based, asm: "{disp}({base})", disp: disp12 });
/** RSY. */
export const bd20 = memory("bd20", 0, { ...based, asm: "{disp}({base})", disp: disp20 });
