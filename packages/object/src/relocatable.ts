import { errorOf } from "@gantry/diag";
import { ByteSink, I32List, NONE } from "@gantry/entity";
import { type ObjectBuilder, SECTION_COUNT, Section } from "./object-builder.ts";
import {
  type FileSection,
  REL_WORDS,
  relocate,
  type SectionUse,
  section,
  sectionStart,
  TEXT,
} from "./sections.ts";

/** What relocatable files of one format look like. */
export interface ObjectFormat {
  /** As messages say it: `ELF`. */
  readonly name: string;
  /** Names of the sections that hold what symbols name, by {@link Section}. */
  readonly sectionNames: readonly string[];
  /** Whether linkers make a table of addresses for relocations that ask for one; otherwise the file brings its own. */
  readonly hasGot: boolean;
  /** Writes the file. */
  write(contents: Relocatable): Uint8Array<ArrayBuffer>;
}

/** Everything that a relocatable file holds. */
export interface Relocatable {
  /** Names, options, target and symbols. */
  readonly builder: ObjectBuilder;
  /** The code first. */
  readonly sections: readonly FileSection[];
  /** Position in `sections` of each {@link Section}; of those that are empty, -1. */
  readonly indexOf: Int32Array;
}

const USES: readonly SectionUse[] = ["code", "constants", "relocated", "data", "zero"];

/**
 * Writes a relocatable file. Order of sections: contents, slots for addresses, unwind tables, call tables, line
 * table; then what the
 * format needs for itself.
 */
export function writeRelocatable(builder: ObjectBuilder, format: ObjectFormat): Uint8Array<ArrayBuffer> {
  builder.checkDefined();
  if (builder.addresses.size > 0) {
    const name = builder.symbolNames[builder.addresses.keys().next().value!];
    throw errorOf(
      "OBJ0008",
      `symbol ${name} is an address of a running process, which an object file cannot hold`,
    );
  }
  return format.write(gather(builder, format));
}

function gather(builder: ObjectBuilder, format: ObjectFormat): Relocatable {
  const sections: FileSection[] = [];
  const indexOf = new Int32Array(SECTION_COUNT).fill(NONE);
  for (let s = 0; s < SECTION_COUNT; s++) {
    const isZero = s === Section.bss;
    const sink = builder.contents[s]!;
    const size = isZero ? builder.bssBytes : sink.length;
    // Linkers and debuggers expect code; the others come when they are needed.
    if (size === 0 && s !== Section.text) continue;
    indexOf[s] = sections.length;
    sections.push({
      name: format.sectionNames[s]!,
      use: USES[s]!,
      alignment: builder.alignments[s]!,
      bytes: sink.bytes.subarray(0, isZero ? 0 : size),
      size,
      relocations: builder.relocations[s]!,
    });
  }
  if (!format.hasGot) bringSlots(builder, format, sections);
  sections.push(...builder.unwind.sections(sections.length));
  sections.push(...builder.callTables.sections(builder.target.relative4));
  sections.push(...debugSections(builder, sections.length));
  return { builder, sections, indexOf };
}

/** Puts a section of addresses where relocations ask for slots of the linker's, and points them there. */
function bringSlots(builder: ObjectBuilder, format: ObjectFormat, sections: FileSection[]): void {
  const { target } = builder;
  const slots = new ByteSink(target.endian, 64);
  const slotRelocations = new I32List();
  const slotOf = new Map<number, number>();
  const here = sectionStart(sections.length);
  for (const [k, from] of sections.entries()) {
    const rows = from.relocations.data;
    const relocations = new I32List();
    let found = false;
    for (let i = 0; i < from.relocations.length; i += REL_WORDS) {
      const isSlot = target.relocations[rows[i + 1]]!.to === "got";
      found ||= isSlot;
      let at = isSlot ? slotOf.get(rows[i + 2]) : 0;
      if (at === undefined) {
        at = slots.length;
        slotOf.set(rows[i + 2], at);
        relocate(slotRelocations, at, target.absolute8, rows[i + 2], 0);
        slots.u64(0n);
      }
      if (isSlot) relocate(relocations, rows[i], target.relative4, here, rows[i + 3] + at);
      else relocate(relocations, rows[i], rows[i + 1], rows[i + 2], rows[i + 3]);
    }
    if (found) sections[k] = { ...from, relocations };
  }
  if (slots.length > 0)
    sections.push(section(format.sectionNames[Section.relro]!, "relocated", 8, slots, slotRelocations));
}

/** The sections of the line table; `first` is the number of the first. */
function debugSections(builder: ObjectBuilder, first: number): FileSection[] {
  const debug = builder.debugLine?.finish() ?? [];
  return debug.map(({ name, bytes, relocations: fields }) => {
    const relocations = new I32List();
    for (const { offset, kind, section, addend } of fields) {
      const target = section === "" ? TEXT : first + debug.findIndex((other) => other.name === section);
      relocate(relocations, offset, kind, sectionStart(target), addend);
    }
    return { name, use: "debug", alignment: 1, bytes, size: bytes.length, relocations };
  });
}
