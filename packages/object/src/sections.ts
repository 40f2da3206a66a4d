/**
 * The contents of a relocatable file before it has a format. Whoever has something to put into a file makes sections
 * of this kind; a format gives them their flags and their headers.
 */
import { RELOCATION_WORDS } from "@gantry/codegen-core";
import { type ByteSink, I32List } from "@gantry/entity";

/** Words for each row of relocations: (offset, kind, target, addend). */
export const REL_WORDS = RELOCATION_WORDS;

/** What a section holds; `relocated` are constants with addresses, `tables` what unwinders read. */
export type SectionUse = "code" | "constants" | "relocated" | "data" | "zero" | "tables" | "debug";

/** One section of a file. */
export interface FileSection {
  readonly name: string;
  readonly use: SectionUse;
  /** A power of two. */
  readonly alignment: number;
  readonly bytes: Uint8Array;
  /** Bytes in memory, which for `zero` are more than there are in the file. */
  readonly size: number;
  /**
   * Rows of (offset, kind of the target, what it points to, addend). A target is a symbol of the builder, or
   * {@link sectionStart} of a section of the file.
   */
  readonly relocations: I32List;
}

/** The code is the first section of every file. */
export const TEXT = 0;

/** As the target of a relocation: the start of section number `index`. */
export function sectionStart(index: number): number {
  return -1 - index;
}

/** The section whose start a relocation's target is, -1 if it is a symbol. */
export function sectionOf(target: number): number {
  return target < 0 ? -1 - target : -1;
}

/** Appends a relocation. */
export function relocate(to: I32List, offset: number, kind: number, target: number, addend: number): void {
  to.push(offset);
  to.push(kind);
  to.push(target);
  to.push(addend);
}

/** A section from what was collected for it. */
export function section(
  name: string,
  use: SectionUse,
  alignment: number,
  sink: ByteSink,
  relocations: I32List = new I32List(),
): FileSection {
  return { name, use, alignment, bytes: sink.bytes.subarray(0, sink.length), size: sink.length, relocations };
}

/** What a format says of the code's frames to unwinders, collected function by function. */
export interface UnwindTable<Code> {
  /** Adds the description of a function at `textOffset`. */
  add(code: Code, textOffset: number): void;
  /** The finished sections; `first` is the number that the first of them will have. */
  sections(first: number): FileSection[];
}
