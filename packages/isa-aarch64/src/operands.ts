/** Kinds of operands that AArch64 rows have; laws of immediates that need code are in immediates.ts. */
import type { FixedTarget } from "@gantry/asm-compiler";
import { label, memory, named, register, signed, symbol, unsigned } from "@gantry/asm-compiler/fixed";

/** Register words: x0 to x30, 31 for sp or the zero register as the kind says, then v0 to v31. */
export const tableTarget: FixedTarget = {
  endian: "little",
  registerWord(name) {
    const match = /^([xv])(\d+)$/.exec(name);
    if (match === null || Number(match[2]) > 31) return -1;
    return (match[1] === "x" ? 0 : 32) + Number(match[2]);
  },
};

export const x = register("x", 0, 64, "x", { isle: "Gpr", special: { 31: "xzr" } });
export const w = register("w", 0, 32, "w", { isle: "Gpr", special: { 31: "wzr" } });
export const xsp = register("xsp", 0, 64, "x", { isle: "Gpr", special: { 31: "sp" } });
export const wsp = register("wsp", 0, 32, "w", { isle: "Gpr", special: { 31: "wsp" } });
export const s = register("s", 1, 32, "s", { isle: "Vec" });
export const d = register("d", 1, 64, "d", { isle: "Vec" });
export const q = register("q", 1, 128, "q", { isle: "Vec" });

export const imm16 = unsigned("imm16", 16);
/** The position of a 16-bit immediate: 0, 16, 32 or 48. */
export const hw = unsigned("hw", 2, { shift: 4 });
/** The number of a bit of a 64-bit register. */
export const bit64 = unsigned("bit64", 6);
export const cond = unsigned("cond", 4, {
  names: ["eq", "ne", "hs", "lo", "mi", "pl", "vs", "vc", "hi", "ls", "ge", "lt", "gt", "le", "al", "nv"],
});

/** 12 bits, or 12 bits shifted left by 12. */
export const addImm = named("addImm", 13, 1, [0n, 1n, 0xfffn, 0x1000n, 0x5000n, 0xfff000n]);
/** A rotated run of ones, repeated: "logical immediate" of the manual's DecodeBitMasks. */
export const logical64 = named("logical64", 13, 2, [
  1n,
  0xffn,
  0x5555555555555555n,
  0xaaaaaaaaaaaaaaaan,
  0x3333333333333333n,
  0xf0f0f0f0f0f0f0f0n,
  0x00ff00ff00ff00ffn,
  0xff0000ffff0000ffn,
  0x7fffffffffffffffn,
  0xfffffffffffffffen,
  0x8000000000000000n,
  0x8000000000000001n,
  0x00000000fffffffen,
  0xffffffff00000000n,
  0x0001fffffffe0000n,
]);
export const logical32 = named("logical32", 13, 1, [
  1n,
  0xffn,
  0x55555555n,
  0xaaaaaaaan,
  0xf0f0f0f0n,
  0xff00ff00n,
  0x7fffffffn,
  0xfffffffen,
  0x80000001n,
  0x0001fffen,
]);

export const branch26 = label("branch26", 26, 2, 0);
export const branch19 = label("branch19", 19, 2, 1);
export const branch14 = label("branch14", 14, 2, 2);
export const adr21 = label("adr21", 21, 0, 3);
export const call26 = symbol("call26", 26, 2);

/** Base and unsigned displacement in units of the access. */
const scaled = (bits: number, shift: number) =>
  memory(`mem${bits}`, bits, {
    asm: "[{base}, #{disp}]",
    base: xsp,
    disp: unsigned(`disp12s${shift}`, 12, { shift }),
  });
export const m8 = scaled(8, 0);
export const m16 = scaled(16, 1);
export const m32 = scaled(32, 2);
export const m64 = scaled(64, 3);
export const m128 = scaled(128, 4);
/** Base and signed displacement in bytes. */
export const mUnscaled = memory("mUnscaled", 0, {
  asm: "[{base}, #{disp}]",
  base: xsp,
  disp: signed("disp9", 9),
});
/** Base and index, shifted by the access or not. */
export const m64x = memory("m64x", 64, {
  asm: "[{base}, {index}, lsl #{scale}]",
  base: xsp,
  index: x,
  scale: 3,
});
/** Base and signed displacement of a pair of 8 bytes. */
export const m64pair = memory("m64pair", 128, {
  asm: "[{base}, #{disp}]",
  base: xsp,
  disp: signed("disp7s3", 7, { shift: 3 }),
});
/** Base only. */
export const mBase = memory("mBase", 0, { asm: "[{base}]", base: xsp });
