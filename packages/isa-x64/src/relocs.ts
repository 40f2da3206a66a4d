/** Kinds of fix-up inside the code of a function. */
export const Fixup = {
  /** A 32-bit distance to a label, from the end of the instruction. */
  rel32: 0,
  /** `jmp` or `jcc` with a 32-bit distance, which may become short. */
  branch: 1,
  /** An 8-bit distance. */
  rel8: 2,
} as const;

/** Relocation kinds, in the order of {@link objects}' list. */
export const Reloc = {
  /** The 64-bit address of a symbol. */
  abs8: 0,
  /** The 32-bit distance to a symbol. */
  pcRel4: 1,
  /** The 32-bit distance to a function, or to code that jumps there. */
  plt4: 2,
  /** The 32-bit distance to a symbol's slot in the global offset table. */
  gotPcRel4: 3,
} as const;
