import type { RelocationKind } from "@gantry/codegen-core";
import { errorOf } from "@gantry/diag";
import { ByteSink } from "@gantry/entity";
import * as coff from "./coff-format.ts";
import { Section, SymbolKind } from "./object-builder.ts";
import type { ObjectFormat, Relocatable } from "./relocatable.ts";
import { type FileSection, REL_WORDS, type SectionUse, sectionOf } from "./sections.ts";
import { StringTable, utf8 } from "./string-table.ts";

/** COFF: `.pdata` and `.xdata`; addends stand in the fields, addresses that ELF has in a GOT in the file itself. */
export const coffFormat: ObjectFormat = {
  name: "COFF",
  sectionNames: [".text", ".rdata", ".rdata", ".data", ".bss"],
  hasGot: false,
  write: (contents) => new CoffWriter(contents).write(),
};

const READ = coff.IMAGE_SCN_MEM_READ | coff.IMAGE_SCN_CNT_INITIALIZED_DATA;
const FLAGS: Readonly<Record<SectionUse, number>> = {
  code: coff.IMAGE_SCN_CNT_CODE | coff.IMAGE_SCN_MEM_EXECUTE | coff.IMAGE_SCN_MEM_READ,
  constants: READ,
  relocated: READ,
  data: READ | coff.IMAGE_SCN_MEM_WRITE,
  zero: coff.IMAGE_SCN_CNT_UNINITIALIZED_DATA | coff.IMAGE_SCN_MEM_READ | coff.IMAGE_SCN_MEM_WRITE,
  tables: READ,
  debug: READ | coff.IMAGE_SCN_MEM_DISCARDABLE,
};

/** Where a section's parts are in the file. */
interface Placement {
  dataAt: number;
  relocationsAt: number;
  relocations: number;
}

class CoffWriter {
  readonly #contents: Relocatable;
  readonly #strings = new StringTable(4);
  readonly #symbols = new ByteSink("little", 4096);
  /** Index in the symbol table of each symbol. */
  readonly #symbolIndex: Int32Array;
  /** Index of the symbol of each section. */
  readonly #sectionSymbol: number[] = [];

  constructor(contents: Relocatable) {
    this.#contents = contents;
    this.#symbolIndex = new Int32Array(contents.builder.symbolNames.length);
  }

  write(): Uint8Array<ArrayBuffer> {
    const { builder, sections } = this.#contents;
    const machine = builder.target.coff?.machine;
    if (machine === undefined) throw errorOf("OBJ0014", `there are no COFF files for ${builder.target.name}`);
    if (sections.length > coff.MAX_SECTIONS) throw errorOf("OBJ0016", "a COFF file has too many sections");
    this.#writeSymbols();
    let at = coff.FILE_HEADER_BYTES + sections.length * coff.SECTION_HEADER_BYTES;
    const placements = sections.map((s): Placement => {
      const relocations = s.relocations.length / REL_WORDS;
      const p = { dataAt: s.bytes.length === 0 ? 0 : at, relocationsAt: 0, relocations };
      at += s.bytes.length;
      if (relocations > 0) {
        p.relocationsAt = at;
        at += (relocations + (overflows(relocations) ? 1 : 0)) * coff.RELOCATION_BYTES;
      }
      return p;
    });
    const out = new ByteSink("little", at + this.#symbols.length + this.#strings.sink.length + 1024);
    coff.fileHeader(out, machine, sections.length, at, this.#symbolCount);
    sections.forEach((s, k) => {
      this.#sectionHeader(out, s, placements[k]!);
    });
    sections.forEach((s, k) => {
      out.append(s.bytes);
      this.#relocations(out, s, out.length - s.bytes.length, placements[k]!);
    });
    out.append(this.#symbols.bytes.subarray(0, this.#symbols.length));
    const strings = this.#strings.sink;
    strings.patch32(0, strings.length);
    out.append(strings.bytes.subarray(0, strings.length));
    return out.toBytes();
  }

  get #symbolCount(): number {
    return this.#symbols.length / coff.SYMBOL_BYTES;
  }

  /** A section's name: a long one is `/` and its offset in the string table. */
  #sectionHeader(out: ByteSink, s: FileSection, p: Placement): void {
    const name = s.name.length <= coff.SHORT_NAME ? s.name : `/${this.#strings.add(s.name)}`;
    if (s.alignment > coff.MAX_ALIGNMENT)
      throw errorOf("OBJ0015", `${s.name} is aligned to ${s.alignment} bytes; COFF has at most 8192`);
    const start = out.length;
    out.ascii(name);
    while (out.length < start + coff.SHORT_NAME) out.u8(0);
    out.u32(0);
    out.u32(0);
    out.u32(s.size);
    out.u32(p.dataAt);
    out.u32(p.relocationsAt);
    out.u32(0);
    out.u16(overflows(p.relocations) ? 0xffff : p.relocations);
    out.u16(0);
    const many = overflows(p.relocations) ? coff.IMAGE_SCN_LNK_NRELOC_OVFL : 0;
    out.u32(FLAGS[s.use] | coff.alignmentBits(s.alignment) | many);
  }

  /** Writes the relocations of the section whose bytes begin at `start` of `out`, and the addends into their fields. */
  #relocations(out: ByteSink, s: FileSection, start: number, p: Placement): void {
    const { builder } = this.#contents;
    const rows = s.relocations.data;
    const length = s.relocations.length;
    if (overflows(p.relocations)) {
      // The first row has the number of all rows, itself included.
      out.u32(p.relocations + 1);
      out.u32(0);
      out.u16(0);
    }
    for (let i = 0; i < length; i += REL_WORDS) {
      const kind = builder.target.relocations[rows[i + 1]]!;
      const { coff: number } = kind;
      if (number === undefined) throw errorOf("OBJ0017", `COFF has nothing for relocations ${kind.name}`);
      const section = sectionOf(rows[i + 2]);
      out.u32(rows[i]);
      out.u32(section < 0 ? this.#symbolIndex[rows[i + 2]] : this.#sectionSymbol[section]!);
      out.u16(number.type);
      writeAddend(out.bytes, start + rows[i], kind, rows[i + 3] - (number.bias ?? 0));
    }
  }

  // ---- symbols ----

  #writeSymbols(): void {
    const { builder, sections } = this.#contents;
    const { fileName } = builder.options;
    if (fileName !== undefined) this.#file(fileName);
    sections.forEach((s, k) => {
      this.#sectionSymbol.push(this.#symbolCount);
      this.#symbol(s.name, 0, k + 1, 0, coff.IMAGE_SYM_CLASS_STATIC, 1);
      const relocations = s.relocations.length / REL_WORDS;
      this.#symbols.u32(s.size);
      this.#symbols.u16(overflows(relocations) ? 0xffff : relocations);
      this.#pad(12);
    });
    for (let id = 0; id < this.#symbolIndex.length; id++) this.#declare(id);
  }

  /** Appends a symbol with `auxiliary` records behind it, which the caller appends. */
  #symbol(
    name: string,
    value: number,
    section: number,
    type: number,
    storageClass: number,
    auxiliary: number,
  ): void {
    const out = this.#symbols;
    const start = out.length;
    utf8(out, name);
    if (out.length - start > coff.SHORT_NAME) {
      out.length = start;
      out.u32(0);
      out.u32(this.#strings.add(name));
    } else while (out.length < start + coff.SHORT_NAME) out.u8(0);
    out.u32(value);
    out.u16(section);
    out.u16(type);
    out.u8(storageClass);
    out.u8(auxiliary);
  }

  #pad(n: number): void {
    for (let k = 0; k < n; k++) this.#symbols.u8(0);
  }

  #file(name: string): void {
    const text = new ByteSink("little", name.length + coff.SYMBOL_BYTES);
    utf8(text, name);
    text.align(coff.SYMBOL_BYTES);
    const records = text.length / coff.SYMBOL_BYTES;
    this.#symbol(".file", 0, coff.IMAGE_SYM_DEBUG, 0, coff.IMAGE_SYM_CLASS_FILE, records);
    this.#symbols.append(text.bytes.subarray(0, text.length));
  }

  #declare(id: number): void {
    const { builder: b, indexOf } = this.#contents;
    const name = b.symbolNames[id]!;
    const linkage = b.symbolLinkage[id]!;
    const type = b.symbolKind.at(id) === SymbolKind.function ? coff.IMAGE_SYM_TYPE_FUNCTION : 0;
    const isDefined = b.symbolSection.at(id) !== Section.none;
    const section = isDefined ? indexOf[b.symbolSection.at(id)] + 1 : coff.IMAGE_SYM_UNDEFINED;
    const value = b.symbolOffset.at(id);
    if (linkage === "weak") {
      // The definition has a name of its own, which is taken if nobody else defines the symbol.
      const definition = this.#symbolCount;
      const own = `.weak.${name}.default.${b.options.fileName ?? ""}`;
      this.#symbol(own, value, section, type, coff.IMAGE_SYM_CLASS_EXTERNAL, 0);
      this.#symbolIndex[id] = this.#symbolCount;
      this.#symbol(name, 0, coff.IMAGE_SYM_UNDEFINED, type, coff.IMAGE_SYM_CLASS_WEAK_EXTERNAL, 1);
      this.#symbols.u32(definition);
      this.#symbols.u32(coff.IMAGE_WEAK_EXTERN_SEARCH_ALIAS);
      this.#pad(10);
      return;
    }
    this.#symbolIndex[id] = this.#symbolCount;
    const storage = linkage === "local" ? coff.IMAGE_SYM_CLASS_STATIC : coff.IMAGE_SYM_CLASS_EXTERNAL;
    this.#symbol(name, value, section, type, storage, 0);
  }
}

/** Whether so many relocations need a row of their own for their number. */
const overflows = (relocations: number): boolean => relocations >= 0xffff;

function writeAddend(bytes: Uint8Array, at: number, kind: RelocationKind, addend: number): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  if (kind.field === "word8") view.setBigInt64(at, BigInt(addend), true);
  else if (kind.field === "word4") view.setInt32(at, addend, true);
  else kind.field(bytes, at, addend);
}
