/**
 * Names and records of the ELF-64 format (System V gABI, chapters 4 and 5). Numbers that belong to a processor are
 * not here: they come with the target.
 */
import type { ByteSink } from "@gantry/entity";

export const ET_REL = 1;
export const ET_DYN = 3;

export const SHT_NULL = 0;
export const SHT_PROGBITS = 1;
export const SHT_SYMTAB = 2;
export const SHT_STRTAB = 3;
export const SHT_RELA = 4;
export const SHT_HASH = 5;
export const SHT_DYNAMIC = 6;
export const SHT_NOBITS = 8;
export const SHT_DYNSYM = 11;

export const SHF_WRITE = 1;
export const SHF_ALLOC = 2;
export const SHF_EXECINSTR = 4;
export const SHF_INFO_LINK = 0x40;

export const SHN_UNDEF = 0;
export const SHN_ABS = 0xfff1;

export const STB_LOCAL = 0;
export const STB_GLOBAL = 1;
export const STB_WEAK = 2;

export const STT_NOTYPE = 0;
export const STT_OBJECT = 1;
export const STT_FUNC = 2;
export const STT_SECTION = 3;
export const STT_FILE = 4;
export const STT_TLS = 6;

export const STV_DEFAULT = 0;
export const STV_HIDDEN = 2;

export const PT_LOAD = 1;
export const PT_DYNAMIC = 2;
export const PT_GNU_EH_FRAME = 0x6474e550;
export const PT_GNU_STACK = 0x6474e551;

export const PF_X = 1;
export const PF_W = 2;
export const PF_R = 4;

export const DT_NULL = 0;
export const DT_HASH = 4;
export const DT_STRTAB = 5;
export const DT_SYMTAB = 6;
export const DT_RELA = 7;
export const DT_RELASZ = 8;
export const DT_RELAENT = 9;
export const DT_STRSZ = 10;
export const DT_SYMENT = 11;
export const DT_SONAME = 14;
export const DT_FLAGS_1 = 0x6ffffffb;
/** The image is never unloaded. */
export const DF_1_NODELETE = 8;

/** Names of the sections that hold what symbols name, by the builder's numbers. */
export const SECTION_NAMES = [".text", ".rodata", ".data.rel.ro", ".data", ".bss"];

export const EHDR_BYTES = 64;
export const PHDR_BYTES = 56;
export const SHDR_BYTES = 64;
export const SYM_BYTES = 24;
export const RELA_BYTES = 24;
export const DYN_BYTES = 16;

/** An offset, address or size, which never exceeds 2^53 here. */
export function u64(out: ByteSink, x: number): void {
  const low = (x % 0x1_0000_0000) | 0;
  const high = Math.floor(x / 0x1_0000_0000) | 0;
  out.u32(out.endian === "little" ? low : high);
  out.u32(out.endian === "little" ? high : low);
}

/** The 64-bit two's complement of `x`, a safe integer. */
export function s64(out: ByteSink, x: number): void {
  const high = Math.floor(x / 0x1_0000_0000);
  const low = (x - high * 0x1_0000_0000) | 0;
  out.u32(out.endian === "little" ? low : high | 0);
  out.u32(out.endian === "little" ? high | 0 : low);
}

export interface FileHeader {
  readonly type: number;
  readonly machine: number;
  readonly flags: number;
  readonly programHeaders: number;
  readonly sectionHeadersAt: number;
  readonly sectionHeaders: number;
  readonly sectionNames: number;
}

/** The ELF header; it is the first thing in the file. */
export function fileHeader(out: ByteSink, h: FileHeader): void {
  const littleEndian = out.endian === "little";
  out.ascii("\x7fELF");
  out.u8(2); // 64-bit
  out.u8(littleEndian ? 1 : 2);
  out.u8(1); // version
  while (out.length < 16) out.u8(0); // System V ABI, version 0
  out.u16(h.type);
  out.u16(h.machine);
  out.u32(1);
  u64(out, 0);
  u64(out, h.programHeaders > 0 ? EHDR_BYTES : 0);
  u64(out, h.sectionHeadersAt);
  out.u32(h.flags);
  out.u16(EHDR_BYTES);
  out.u16(h.programHeaders > 0 ? PHDR_BYTES : 0);
  out.u16(h.programHeaders);
  out.u16(SHDR_BYTES);
  out.u16(h.sectionHeaders);
  out.u16(h.sectionNames);
}

export function programHeader(
  out: ByteSink,
  type: number,
  flags: number,
  offset: number,
  address: number,
  fileBytes: number,
  memoryBytes: number,
  alignment: number,
): void {
  out.u32(type);
  out.u32(flags);
  u64(out, offset);
  u64(out, address);
  u64(out, address);
  u64(out, fileBytes);
  u64(out, memoryBytes);
  u64(out, alignment);
}

/** What a section's header says of it, but for where it lies and what it is called. */
export interface SectionFacts {
  readonly type: number;
  readonly flags: number;
  readonly size: number;
  readonly alignment: number;
  readonly entryBytes: number;
  readonly info: number;
}

export function sectionHeader(
  out: ByteSink,
  section: SectionFacts,
  name: number,
  address: number,
  offset: number,
  link: number,
): void {
  out.u32(name);
  out.u32(section.type);
  u64(out, section.flags);
  u64(out, address);
  u64(out, offset);
  u64(out, section.size);
  out.u32(link);
  out.u32(section.info);
  u64(out, section.type === SHT_NULL ? 0 : section.alignment);
  u64(out, section.entryBytes);
}

export function symbol(
  out: ByteSink,
  name: number,
  binding: number,
  type: number,
  visibility: number,
  section: number,
  value: number,
  size: number,
): void {
  out.u32(name);
  out.u8((binding << 4) | type);
  out.u8(visibility);
  out.u16(section);
  u64(out, value);
  u64(out, size);
}

export function rela(out: ByteSink, offset: number, type: number, symbolIndex: number, addend: number): void {
  u64(out, offset);
  if (out.endian === "little") {
    out.u32(type);
    out.u32(symbolIndex);
  } else {
    out.u32(symbolIndex);
    out.u32(type);
  }
  s64(out, addend);
}

export function dyn(out: ByteSink, tag: number, value: number): void {
  u64(out, tag);
  u64(out, value);
}

/** The hash of a symbol name (gABI, figure 5-13). */
export function sysvHash(name: string): number {
  let h = 0;
  for (let i = 0; i < name.length; i++) {
    h = ((h << 4) + name.charCodeAt(i)) >>> 0;
    const top = h & 0xf000_0000;
    h = (h ^ (top >>> 24)) & ~top;
  }
  return h >>> 0;
}
