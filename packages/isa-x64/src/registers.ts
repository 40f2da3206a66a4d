/** The registers of x86-64 as register words: `class << 5 | number`, the number as the machine encodes it. */
export const RAX = 0;
export const RCX = 1;
export const RDX = 2;
export const RBX = 3;
export const RSP = 4;
export const RBP = 5;
export const RSI = 6;
export const RDI = 7;
export const R8 = 8;
export const R9 = 9;
export const R10 = 10;
export const R11 = 11;
export const R15 = 15;
export const XMM0 = 32;

/** Register classes. */
export const GENERAL = 0;
export const VECTOR = 1;

/** rbx, rbp, r12 to r15: what every convention preserves. */
export const CALLEE_SAVED = (1 << RBX) | (1 << RBP) | 0xf000;
/** The general registers that a call of System V may destroy: all others but the stack pointer. */
export const CALLER_SAVED = 0xffff & ~CALLEE_SAVED & ~(1 << RSP);
/** All general registers but the stack pointer. */
export const ALL_GENERAL = 0xffff & ~(1 << RSP);
/** All vector registers: calls of System V preserve none. */
export const ALL_VECTOR = 0xffff;
/** What `windows_fastcall` preserves besides: rsi and rdi, xmm6 to xmm15. */
export const FASTCALL_SAVED = (1 << RSI) | (1 << RDI);
export const FASTCALL_SAVED_VECTOR = 0xffc0;

/** DWARF numbers of the general registers (System V ABI, figure 3.36); vector registers are 17 onwards. */
const DWARF_GENERAL = [0, 2, 1, 3, 7, 6, 4, 5, 8, 9, 10, 11, 12, 13, 14, 15];

/** DWARF number by register word, -1 where there is none. */
export const dwarfRegisters: readonly number[] = Array.from({ length: 96 }, (_, r) =>
  r < 16 ? DWARF_GENERAL[r] : r >= 32 && r < 48 ? 17 + r - 32 : -1,
);
