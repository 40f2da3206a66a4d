/**
 * Memory flags of an access in one word: bit 0 aligned, 1 readonly, 2 little, 3 big, bits 7-14 the trap code (0 = does
 * not trap), bit 15 can_move, bits 16-31 the alias region plus one (0 = none).
 */
export const MEM_ALIGNED = 1;
export const MEM_READONLY = 2;
export const MEM_LITTLE = 4;
export const MEM_BIG = 8;
export const MEM_TRAP_SHIFT = 7;
export const MEM_TRAP_MASK = 0xff << MEM_TRAP_SHIFT;
export const MEM_CAN_MOVE = 1 << 15;
export const MEM_REGION_SHIFT = 16;
/** Greatest alias region that flags can name. */
export const MAX_MEM_REGION = 0xfffe;

/** No word written: traps with heap_oob, unaligned, the target's byte order, no region. */
export const MEM_DEFAULT = 253 << MEM_TRAP_SHIFT;

/** Cannot trap; nothing else is known. */
export const MEM_NOTRAP = 0;

/** Accesses that a front end knows to be valid: notrap and aligned. */
export const MEM_TRUSTED = MEM_ALIGNED;

/** The trap code of an access; 0 if it does not trap. */
export const memTrapCode = (flags: number): number => (flags >> MEM_TRAP_SHIFT) & 0xff;

/** The alias region of an access, or -1. */
export const memRegion = (flags: number): number => (flags >>> MEM_REGION_SHIFT) - 1;

/** The flags with another trap code; 0 makes them notrap. */
export const memWithTrap = (flags: number, code: number): number =>
  (flags & ~MEM_TRAP_MASK) | (code << MEM_TRAP_SHIFT);

/** The flags with another alias region; -1 takes it away. */
export const memWithRegion = (flags: number, region: number): number =>
  (flags & 0xffff) | ((region + 1) << MEM_REGION_SHIFT);
