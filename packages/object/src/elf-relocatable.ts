import { NO_ELF } from "@gantry/codegen-core";
import { errorOf } from "@gantry/diag";
import { ByteSink } from "@gantry/entity";
import * as elf from "./elf-format.ts";
import { Section, SymbolKind } from "./object-builder.ts";
import type { ObjectFormat, Relocatable } from "./relocatable.ts";
import { REL_WORDS, type SectionUse, sectionOf } from "./sections.ts";
import { StringTable } from "./string-table.ts";

/** ELF: `.eh_frame`, `.note.GNU-stack`, relocations with addends. */
export const elfFormat: ObjectFormat = {
  name: "ELF",
  sectionNames: elf.SECTION_NAMES,
  hasGot: true,
  write: (contents) => new ElfWriter(contents).write(),
};

const WRITE = elf.SHF_WRITE | elf.SHF_ALLOC;
const FLAGS: Readonly<Record<SectionUse, number>> = {
  code: elf.SHF_ALLOC | elf.SHF_EXECINSTR,
  constants: elf.SHF_ALLOC,
  relocated: WRITE,
  data: WRITE,
  zero: WRITE,
  tables: elf.SHF_ALLOC,
  debug: 0,
};

interface SectionPlan extends elf.SectionFacts {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly link: number;
}

/** Sections of the file in front of the contents: the empty one. */
const FIRST = 1;

class ElfWriter {
  readonly #contents: Relocatable;
  readonly #plans: SectionPlan[] = [];
  readonly #strings = new StringTable(1);
  readonly #symbols: ByteSink;
  /** Index in the ELF symbol table of each symbol. */
  readonly #symbolIndex: Int32Array;
  #symbolCount = 0;
  #firstSectionSymbol = 0;

  constructor(contents: Relocatable) {
    this.#contents = contents;
    this.#symbols = new ByteSink(contents.builder.target.endian, 4096);
    this.#symbolIndex = new Int32Array(contents.builder.symbolNames.length);
  }

  write(): Uint8Array<ArrayBuffer> {
    const { sections } = this.#contents;
    this.#plan("", elf.SHT_NULL, 0, 0, 0, new Uint8Array(0));
    for (const s of sections) {
      const type = s.use === "zero" ? elf.SHT_NOBITS : elf.SHT_PROGBITS;
      this.#plan(s.name, type, FLAGS[s.use], s.alignment, 0, s.bytes, s.size);
    }
    // Asks for a stack without execute permission.
    this.#plan(".note.GNU-stack", elf.SHT_PROGBITS, 0, 1, 0, new Uint8Array(0));
    const locals = this.#writeSymbols();
    const relocated = [...sections.entries()].filter(([, s]) => s.relocations.length > 0);
    const symtab = this.#plans.length + relocated.length;
    for (const [k, s] of relocated) {
      const bytes = this.#relocations(s.relocations.data, s.relocations.length);
      const name = `.rela${s.name}`;
      this.#plan(
        name,
        elf.SHT_RELA,
        elf.SHF_INFO_LINK,
        8,
        elf.RELA_BYTES,
        bytes,
        bytes.length,
        symtab,
        k + FIRST,
      );
    }
    const symbols = this.#symbols.toBytes();
    this.#plan(".symtab", elf.SHT_SYMTAB, 0, 8, elf.SYM_BYTES, symbols, symbols.length, symtab + 1, locals);
    this.#plan(".strtab", elf.SHT_STRTAB, 0, 1, 0, this.#strings.sink.toBytes());
    return this.#assemble();
  }

  #plan(
    name: string,
    type: number,
    flags: number,
    alignment: number,
    entryBytes: number,
    bytes: Uint8Array,
    size = bytes.length,
    link = 0,
    info = 0,
  ): void {
    this.#plans.push({ name, type, flags, alignment, entryBytes, size, bytes, link, info });
  }

  /** Writes all symbols, locals first as the format asks, and returns the number of locals. */
  #writeSymbols(): number {
    const { builder } = this.#contents;
    const out = this.#symbols;
    elf.symbol(out, 0, 0, 0, 0, 0, 0, 0);
    this.#symbolCount = 1;
    const { fileName } = builder.options;
    if (fileName !== undefined) {
      elf.symbol(out, this.#strings.add(fileName), elf.STB_LOCAL, elf.STT_FILE, 0, elf.SHN_ABS, 0, 0);
      this.#symbolCount++;
    }
    this.#firstSectionSymbol = this.#symbolCount;
    for (let s = FIRST; s < this.#plans.length; s++) {
      elf.symbol(out, 0, elf.STB_LOCAL, elf.STT_SECTION, elf.STV_DEFAULT, s, 0, 0);
      this.#symbolCount++;
    }
    for (let id = 0; id < this.#symbolIndex.length; id++)
      if (builder.symbolLinkage[id] === "local") this.#symbol(id);
    const locals = this.#symbolCount;
    for (let id = 0; id < this.#symbolIndex.length; id++)
      if (builder.symbolLinkage[id] !== "local") this.#symbol(id);
    return locals;
  }

  #symbol(id: number): void {
    const { builder: b, indexOf } = this.#contents;
    const linkage = b.symbolLinkage[id]!;
    const kind = b.symbolKind.at(id);
    const section = b.symbolSection.at(id);
    const defined = section !== Section.none;
    const binding = linkage === "local" ? elf.STB_LOCAL : linkage === "weak" ? elf.STB_WEAK : elf.STB_GLOBAL;
    const type =
      kind === SymbolKind.thread
        ? elf.STT_TLS
        : !defined || kind === SymbolKind.mark
          ? elf.STT_NOTYPE
          : kind === SymbolKind.function
            ? elf.STT_FUNC
            : elf.STT_OBJECT;
    elf.symbol(
      this.#symbols,
      this.#strings.add(b.symbolNames[id]!),
      binding,
      type,
      linkage === "hidden" ? elf.STV_HIDDEN : elf.STV_DEFAULT,
      defined ? indexOf[section] + FIRST : elf.SHN_UNDEF,
      b.symbolOffset.at(id),
      b.symbolSize.at(id),
    );
    this.#symbolIndex[id] = this.#symbolCount++;
  }

  #relocations(rows: Int32Array, length: number): Uint8Array {
    const { target } = this.#contents.builder;
    const out = new ByteSink(target.endian, (length / REL_WORDS) * elf.RELA_BYTES);
    for (let i = 0; i < length; i += REL_WORDS) {
      const { elf: type, name } = target.relocations[rows[i + 1]]!;
      if (type === NO_ELF) throw errorOf("OBJ0017", `ELF has nothing for relocations ${name}`);
      const section = sectionOf(rows[i + 2]);
      const symbol = section < 0 ? this.#symbolIndex[rows[i + 2]] : this.#firstSectionSymbol + section;
      elf.rela(out, rows[i], type, symbol, rows[i + 3]);
    }
    return out.bytes.subarray(0, out.length);
  }

  #assemble(): Uint8Array<ArrayBuffer> {
    const { target } = this.#contents.builder;
    const names = new StringTable(1);
    const nameOffsets = this.#plans.map((p) => names.add(p.name));
    nameOffsets.push(names.add(".shstrtab"));
    this.#plan(".shstrtab", elf.SHT_STRTAB, 0, 1, 0, names.sink.toBytes());

    let at = elf.EHDR_BYTES;
    const offsets = this.#plans.map((p) => {
      if (p.alignment > 1) at = Math.ceil(at / p.alignment) * p.alignment;
      const offset = at;
      at += p.bytes.length;
      return offset;
    });
    const headersAt = Math.ceil(at / 8) * 8;
    const out = new ByteSink(target.endian, headersAt + this.#plans.length * elf.SHDR_BYTES);
    elf.fileHeader(out, {
      type: elf.ET_REL,
      machine: target.elfMachine,
      flags: target.elfFlags,
      programHeaders: 0,
      sectionHeadersAt: headersAt,
      sectionHeaders: this.#plans.length,
      sectionNames: this.#plans.length - 1,
    });
    this.#plans.forEach((p, i) => {
      while (out.length < offsets[i]!) out.u8(0);
      out.append(p.bytes);
    });
    out.align(8);
    this.#plans.forEach((p, i) => {
      elf.sectionHeader(out, p, nameOffsets[i]!, 0, i === 0 ? 0 : offsets[i]!, p.link);
    });
    return out.toBytes();
  }
}
