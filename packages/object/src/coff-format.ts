/** Numbers and records of COFF object files (Microsoft, "PE Format"), which are little-endian. */
import type { ByteSink } from "@gantry/entity";

export const IMAGE_SCN_CNT_CODE = 0x20;
export const IMAGE_SCN_CNT_INITIALIZED_DATA = 0x40;
export const IMAGE_SCN_CNT_UNINITIALIZED_DATA = 0x80;
export const IMAGE_SCN_LNK_NRELOC_OVFL = 0x0100_0000;
export const IMAGE_SCN_MEM_DISCARDABLE = 0x0200_0000;
export const IMAGE_SCN_MEM_EXECUTE = 0x2000_0000;
export const IMAGE_SCN_MEM_READ = 0x4000_0000;
export const IMAGE_SCN_MEM_WRITE = 0x8000_0000;

/** The greatest alignment that a section can ask for. */
export const MAX_ALIGNMENT = 8192;
export const MAX_SECTIONS = 0xfeff;

export const IMAGE_SYM_UNDEFINED = 0;
export const IMAGE_SYM_DEBUG = -2;

export const IMAGE_SYM_CLASS_EXTERNAL = 2;
export const IMAGE_SYM_CLASS_STATIC = 3;
export const IMAGE_SYM_CLASS_FILE = 103;
export const IMAGE_SYM_CLASS_WEAK_EXTERNAL = 105;

export const IMAGE_SYM_TYPE_FUNCTION = 0x20;

/** The second symbol is an alias that is taken if nobody defines the first. */
export const IMAGE_WEAK_EXTERN_SEARCH_ALIAS = 3;

export const FILE_HEADER_BYTES = 20;
export const SECTION_HEADER_BYTES = 40;
export const RELOCATION_BYTES = 10;
export const SYMBOL_BYTES = 18;

/** Longest name that stands in a header or symbol itself. */
export const SHORT_NAME = 8;

export function fileHeader(
  out: ByteSink,
  machine: number,
  sections: number,
  symbolsAt: number,
  symbols: number,
): void {
  out.u16(machine);
  out.u16(sections);
  // No time stamp: the same input gives the same file.
  out.u32(0);
  out.u32(symbolsAt);
  out.u32(symbols);
  out.u16(0);
  out.u16(0);
}

/** The bits of a section's characteristics that ask for `alignment`, a power of two. */
export function alignmentBits(alignment: number): number {
  return (32 - Math.clz32(alignment)) << 20;
}
