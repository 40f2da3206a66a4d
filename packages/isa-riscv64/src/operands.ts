/** Kinds of operands that RISC-V rows have. */
import type { FixedTarget } from "@gantry/asm-compiler";
import { label, memory, named, register, signed, symbol, unsigned } from "@gantry/asm-compiler/fixed";

/** Register words: x0 to x31, then f0 to f31. */
export const tableTarget: FixedTarget = {
  endian: "little",
  registerWord(name) {
    const match = /^([xf])(\d+)$/.exec(name);
    if (match === null || Number(match[2]) > 31) return -1;
    return (match[1] === "x" ? 0 : 32) + Number(match[2]);
  },
};

export const x = register("x", 0, 64, "x", { isle: "Gpr" });
/** All but x0, which has another meaning in some compressed forms. */
export const xNotZero = register("xNotZero", 0, 64, "x", { isle: "Gpr", allowed: ~1 });
/** The eight registers of the short compressed forms. */
export const xShort = register("xShort", 0, 64, "x", { isle: "Gpr", allowed: 0xff00, first: 8 });
export const sp = register("sp", 0, 64, "x", { isle: "Gpr", allowed: 1 << 2 });
/** The registers that c.lui has. */
export const xNotZeroNorSp = register("xNotZeroNorSp", 0, 64, "x", { isle: "Gpr", allowed: ~5 });
export const f = register("f", 1, 64, "f", { isle: "Vec" });

export const simm12 = signed("simm12", 12);
export const imm20 = unsigned("imm20", 20);
export const shift6 = unsigned("shift6", 6);
export const shift6NotZero = unsigned("shift6NotZero", 6, { nonZero: true });
export const simm6 = signed("simm6", 6);
export const simm6NotZero = signed("simm6NotZero", 6, { nonZero: true });
/** What c.lui loads: a 20-bit field that is the sign extension of six bits, not zero. */
export const cluiImm = named("cluiImm", 6, 1, [1n, 31n, 0xfffe0n, 0xfffffn]);
/** Steps of the stack pointer, and offsets from it. */
export const spStep = signed("spStep", 6, { shift: 4, nonZero: true });
export const spOffset = unsigned("spOffset", 8, { shift: 2, nonZero: true });
/** Rounding mode. */
export const rounding = unsigned("rounding", 3, {
  names: ["rne", "rtz", "rdn", "rup", "rmm", "", "", "dyn"],
});

export const branch12 = label("branch12", 12, 1, 0);
export const jump20 = label("jump20", 20, 1, 1);
export const shortBranch8 = label("shortBranch8", 8, 1, 2);
export const shortJump11 = label("shortJump11", 11, 1, 3);
export const call20 = symbol("call20", 20, 1);

/** Base and 12-bit signed displacement. */
export const m12 = memory("m12", 0, { asm: "{disp}({base})", base: x, disp: simm12 });
/** Base only. */
export const mBase = memory("mBase", 0, { asm: "({base})", base: x });
/** Short base and displacement in units of 8 bytes. */
export const mShort8 = memory("mShort8", 64, {
  asm: "{disp}({base})",
  base: xShort,
  disp: unsigned("disp5s3", 5, { shift: 3 }),
});
/** The stack pointer and displacement in units of 8 bytes. */
export const mSp8 = memory("mSp8", 64, {
  asm: "{disp}({base})",
  base: sp,
  disp: unsigned("disp6s3", 6, { shift: 3 }),
});
