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
  /** The 32-bit offset of a section, in line tables. */
  abs4: 4,
  /** The 32-bit distance to what `__tls_get_addr` wants to know of a thread-local symbol (ELF, general dynamic). */
  tlsGeneral: 5,
  /** The 32-bit distance to the descriptor of a thread-local symbol (Mach-O). */
  tlsDescriptor: 6,
  /** The 32-bit offset of a symbol in its section (COFF). */
  sectionOffset: 7,
  /** The 32-bit distance from the start of the linked image, in unwind tables of Windows. */
  imageRelative: 8,
} as const;
