import { NO_ELF, type ObjectTarget } from "@gantry/codegen-core";
import { Reloc } from "./relocs.ts";

/** DWARF numbers of the sixteen general registers in the order of their encoding (psABI, figure 3.36). */
const GENERAL = [0, 2, 1, 3, 7, 6, 4, 5, 8, 9, 10, 11, 12, 13, 14, 15];

const REL32 = { type: 4, bias: -4 };
const SECREL = { type: 11 };

/** What object files have to know of x86-64 (System V ABI, AMD64 processor supplement, chapters 3.7 and 4). */
export const x64Objects: ObjectTarget = {
  name: "x86-64",
  endian: "little",
  elfMachine: 62,
  elfFlags: 0,
  pageBytes: 4096,
  // The position is the kind. COFF: IMAGE_REL_AMD64_ADDR64 is 1, ADDR32NB 3.
  relocations: [
    { name: "R_X86_64_64", elf: 1, coff: { type: 1 }, to: "symbol", relative: false, field: "word8" },
    { name: "R_X86_64_PC32", elf: 2, coff: REL32, to: "symbol", relative: true, field: "word4" },
    { name: "R_X86_64_PLT32", elf: 4, coff: REL32, to: "plt", relative: true, field: "word4" },
    { name: "R_X86_64_GOTPCREL", elf: 9, to: "got", relative: true, field: "word4" },
    { name: "R_X86_64_32", elf: 10, coff: SECREL, to: "symbol", relative: false, field: "word4" },
    { name: "R_X86_64_TLSGD", elf: 19, to: "thread", relative: true, field: "word4" },
    { name: "X86_64_RELOC_TLV", elf: NO_ELF, to: "thread", relative: true, field: "word4" },
    {
      name: "IMAGE_REL_AMD64_SECREL",
      elf: NO_ELF,
      coff: SECREL,
      to: "thread",
      relative: false,
      field: "word4",
    },
    {
      name: "IMAGE_REL_AMD64_ADDR32NB",
      elf: NO_ELF,
      coff: { type: 3 },
      to: "symbol",
      relative: false,
      field: "word4",
    },
  ],
  absolute8: Reloc.abs8,
  absolute4: Reloc.abs4,
  relative4: Reloc.pcRel4,
  // R_X86_64_RELATIVE, R_X86_64_GLOB_DAT, R_X86_64_64
  dynamic: { relative: 8, globalSlot: 6, absolute: 1, hashWord: 4 },
  // jmp *slot(%rip), padded by a two-byte nop
  stub: { bytes: [0xff, 0x25, 0, 0, 0, 0, 0x66, 0x90], fieldAt: 2, kind: Reloc.pcRel4, addend: -4 },
  coff: {
    machine: 0x8664,
    imageRelative: Reloc.imageRelative,
    unwindRegisters: Array.from({ length: 48 }, (_, r) => (r < 16 ? r : r < 32 ? -1 : r - 32)),
  },
  padding: [0x90],
  dwarf: {
    codeAlign: 1,
    dataAlign: -8,
    returnAddress: 16,
    stackPointer: 7,
    entryCfaOffset: 8,
    returnAddressAt: -8,
    registers: [
      ...GENERAL,
      ...new Array<number>(16).fill(-1),
      ...Array.from({ length: 16 }, (_, i) => 17 + i),
    ],
  },
};
