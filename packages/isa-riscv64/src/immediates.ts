/** Immediates of RISC-V whose field is not simply the value. Fields are numbers, -1 means that there is none. */

/** The six bits of c.lui whose sign extension is the 20-bit field `value` of lui. */
export function encodeCluiImm(value: number): number {
  return (value >= 1 && value <= 31) || (value >= 0xfffe0 && value <= 0xfffff) ? value & 63 : -1;
}

/** The 20-bit field of lui that six bits stand for. */
export function decodeCluiImm(field: number): number {
  return field === 0 ? -1 : ((field << 26) >> 26) & 0xfffff;
}

/** The upper 20 bits and the signed lower 12 bits that add up to a 32-bit value: for lui or auipc, and what follows. */
export function hi20(value: number): number {
  return ((value + 0x800) >>> 12) & 0xfffff;
}
export function lo12(value: number): number {
  return (value << 20) >> 20;
}
