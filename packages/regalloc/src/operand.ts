/**
 * The words that a register allocation problem is written in.
 *
 * Register word: 0..95 a physical register (`class << 5 | number`), 96..127 a fixed stack slot, from
 * {@link FIRST_VREG} up a virtual register, {@link NO_REG} none.
 *
 * Operand info word: bit 0 kind (0 use, 1 def); bit 1 position (0 early, 1 late); bits 2-3 class; bits 4-6
 * constraint; bits 8-15 its payload (fixed: a register word below 128; reuse: index of the input in the
 * instruction's operand list; limit: log2 of the first register number that is too high).
 *
 * An instruction reads and writes at two points, early and late. An early use and a late def may share a register; a
 * late use or an early def may share one with nothing else. Clobbers happen at the late point. A definition that reuses
 * an `any` use is in memory with it only if there is no solution with a register for them.
 *
 * Allocation word: a physical register or fixed stack slot as above, a spill slot as {@link SLOT_BASE} plus its
 * number, or {@link NO_REG}.
 */
export const FIRST_VREG = 128;
export const FIRST_FIXED_SLOT = 96;
export const NO_REG = -1;
export const SLOT_BASE = 1 << 24;

export const CLASSES = 3;
export const GENERAL = 0;
export const FLOAT = 1;
export const THIRD = 2;

export const USE = 0;
export const DEF = 1;
export const EARLY = 0;
export const LATE = 2;

export const ANY = 0;
export const REG = 1;
export const STACK = 2;
export const FIXED = 3;
export const REUSE = 4;
export const LIMIT = 5;

/** Instruction flags of a problem; the two about condition codes are read by the checker alone. */
export const BRANCH = 1;
export const RETURN = 2;
export const WRITES_FLAGS = 4;
export const READS_FLAGS = 8;
/**
 * The first two operands, which are early uses of one class, may change places; the first is reused by the only
 * definition, the second need not be in a register. An allocator that makes use of it exchanges them in the problem.
 */
export const COMMUTES = 16;

/**
 * Packs an operand info word.
 *
 * @param kind {@link USE} or {@link DEF}.
 * @param position {@link EARLY} or {@link LATE}.
 */
export function operandInfo(
  kind: number,
  position: number,
  cls: number,
  constraint: number,
  payload = 0,
): number {
  return kind | position | (cls << 2) | (constraint << 4) | (payload << 8);
}

export function isDef(info: number): boolean {
  return (info & 1) !== 0;
}

export function isLate(info: number): boolean {
  return (info & 2) !== 0;
}

export function operandClass(info: number): number {
  return (info >> 2) & 3;
}

export function operandConstraint(info: number): number {
  return (info >> 4) & 7;
}

export function operandPayload(info: number): number {
  return (info >> 8) & 255;
}

/** The register numbers that a limit of `1 << log2` allows, as a mask. */
export function limitMask(log2: number): number {
  return log2 >= 5 ? -1 : (1 << (1 << log2)) - 1;
}

/** Whether an allocation word is a physical register. */
export function isRegister(alloc: number): boolean {
  return alloc >= 0 && alloc < FIRST_FIXED_SLOT;
}

/** Whether an allocation word is memory: a spill slot or a fixed stack slot. */
export function isMemory(alloc: number): boolean {
  return alloc >= FIRST_FIXED_SLOT;
}
