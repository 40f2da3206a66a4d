import { errorOf } from "@gantry/diag";
import { ByteSink, type I32List } from "@gantry/entity";
import { ADDRESS_WORDS } from "./call-tables.ts";
import { EH_FUNCTION_WORDS } from "./eh-frame.ts";
import * as elf from "./elf-format.ts";
import { type ObjectBuilder, REL_WORDS, SECTION_COUNT, Section, SymbolKind } from "./object-builder.ts";
import { StringTable } from "./string-table.ts";

const NAMES = [".text", ".rodata", ".data.rel.ro", ".data", ".bss"];
const WRITE = elf.SHF_WRITE | elf.SHF_ALLOC;
const FLAGS = [elf.SHF_ALLOC | elf.SHF_EXECINSTR, elf.SHF_ALLOC, WRITE, WRITE, WRITE];

interface SectionPlan {
  readonly name: string;
  readonly type: number;
  readonly flags: number;
  readonly alignment: number;
  readonly entryBytes: number;
  readonly size: number;
  readonly bytes?: Uint8Array | undefined;
  link: number;
  readonly info: number;
}

/**
 * Writes an ELF relocatable file. Order of sections: contents, unwind table, call tables, line table, the note that asks for a
 * stack without execute permission, relocations, symbol table, string tables.
 */
export function writeRelocatable(builder: ObjectBuilder): Uint8Array<ArrayBuffer> {
  builder.checkDefined();
  if (builder.addresses.size > 0) {
    const name = builder.symbolNames[builder.addresses.keys().next().value!];
    throw errorOf(
      "OBJ0008",
      `symbol ${name} is an address of a running process, which an object file cannot hold`,
    );
  }
  return new RelocatableWriter(builder).write();
}

class RelocatableWriter {
  readonly #b: ObjectBuilder;
  readonly #plans: SectionPlan[] = [];
  /** ELF section index of each {@link Section}, 0 where it is empty. */
  readonly #indexOf = new Int32Array(SECTION_COUNT);
  readonly #strings = new StringTable();
  readonly #symbols: ByteSink;
  /** Index in the ELF symbol table of each symbol. */
  readonly #symbolIndex: Int32Array;
  #symbolCount = 0;

  constructor(builder: ObjectBuilder) {
    this.#b = builder;
    this.#symbols = new ByteSink(builder.target.endian, 4096);
    this.#symbolIndex = new Int32Array(builder.symbolNames.length);
  }

  write(): Uint8Array<ArrayBuffer> {
    const b = this.#b;
    this.#plan("", 0, 0, 0, 0, undefined);
    for (let s = 0; s < SECTION_COUNT; s++) this.#content(s);
    const eh = b.ehFrame.sink;
    const ehIndex =
      eh.length === 0
        ? 0
        : this.#plan(".eh_frame", elf.SHT_PROGBITS, elf.SHF_ALLOC, 8, 0, eh.bytes.subarray(0, eh.length));
    const tables = b.callTables.filled();
    const tableIndices = tables.map(({ name, sink }) =>
      this.#plan(name, elf.SHT_PROGBITS, elf.SHF_ALLOC, 4, 0, sink.bytes.subarray(0, sink.length)),
    );
    const debug = b.debugLine?.finish() ?? [];
    const debugIndices = debug.map((s) => this.#plan(s.name, elf.SHT_PROGBITS, 0, 1, 0, s.bytes));
    this.#plan(".note.GNU-stack", elf.SHT_PROGBITS, 0, 1, 0, new Uint8Array(0));

    const locals = this.#writeSymbols();
    const relas: { at: number; name: string; of: number; bytes: Uint8Array }[] = [];
    for (let s = 0; s < SECTION_COUNT; s++) {
      if (b.relocations[s]!.length > 0)
        relas.push({ at: 0, name: NAMES[s]!, of: this.#indexOf[s], bytes: this.#contentRelocations(s) });
    }
    if (ehIndex !== 0)
      relas.push({
        at: 0,
        name: ".eh_frame",
        of: ehIndex,
        bytes: this.#distances(b.ehFrame.functions, EH_FUNCTION_WORDS),
      });
    tables.forEach(({ name, addresses }, i) => {
      relas.push({ at: 0, name, of: tableIndices[i]!, bytes: this.#distances(addresses, ADDRESS_WORDS) });
    });
    debug.forEach((s, i) => {
      if (s.relocations.length === 0) return;
      const out = new ByteSink(b.target.endian, s.relocations.length * elf.RELA_BYTES);
      for (const r of s.relocations) {
        const section =
          r.section === ""
            ? this.#indexOf[Section.text]
            : debugIndices[debug.findIndex((d) => d.name === r.section)]!;
        elf.rela(out, r.offset, b.target.relocations[r.kind]!.elf, this.#sectionSymbol(section), r.addend);
      }
      relas.push({ at: 0, name: s.name, of: debugIndices[i]!, bytes: out.toBytes() });
    });

    const symtab = this.#plans.length + relas.length;
    for (const r of relas) {
      const plan = this.#plan(
        `.rela${r.name}`,
        elf.SHT_RELA,
        elf.SHF_INFO_LINK,
        8,
        elf.RELA_BYTES,
        r.bytes,
        r.of,
      );
      this.#plans[plan]!.link = symtab;
    }
    this.#plan(".symtab", elf.SHT_SYMTAB, 0, 8, elf.SYM_BYTES, this.#symbols.toBytes(), locals);
    this.#plans[symtab]!.link = symtab + 1;
    this.#plan(".strtab", elf.SHT_STRTAB, 0, 1, 0, this.#strings.sink.toBytes());
    return this.#assemble();
  }

  #plan(
    name: string,
    type: number,
    flags: number,
    alignment: number,
    entryBytes: number,
    bytes?: Uint8Array,
    info = 0,
  ): number {
    const size = bytes?.length ?? (type === elf.SHT_NOBITS ? this.#b.bssBytes : 0);
    return this.#plans.push({ name, type, flags, alignment, entryBytes, size, bytes, link: 0, info }) - 1;
  }

  #content(section: number): void {
    const b = this.#b;
    const type = section === Section.bss ? elf.SHT_NOBITS : elf.SHT_PROGBITS;
    const sink = b.contents[section]!;
    const bytes = section === Section.bss ? undefined : sink.bytes.subarray(0, sink.length);
    const size = bytes?.length ?? b.bssBytes;
    // Linkers and debuggers expect the three traditional sections; the others come when they are needed.
    if (size === 0 && section !== Section.text) return;
    this.#indexOf[section] = this.#plan(
      NAMES[section]!,
      type,
      FLAGS[section]!,
      b.alignments[section]!,
      0,
      bytes,
    );
  }

  /** Writes all symbols, locals first as the format asks, and returns the number of locals. */
  #writeSymbols(): number {
    const b = this.#b;
    const out = this.#symbols;
    elf.symbol(out, 0, 0, 0, 0, 0, 0, 0);
    this.#symbolCount = 1;
    if (b.options.fileName !== undefined) {
      elf.symbol(
        out,
        this.#strings.add(b.options.fileName),
        elf.STB_LOCAL,
        elf.STT_FILE,
        0,
        elf.SHN_ABS,
        0,
        0,
      );
      this.#symbolCount++;
    }
    this.#firstSectionSymbol = this.#symbolCount;
    for (let s = 1; s < this.#plans.length; s++) {
      elf.symbol(out, 0, elf.STB_LOCAL, elf.STT_SECTION, elf.STV_DEFAULT, s, 0, 0);
      this.#symbolCount++;
    }
    for (let id = 0; id < this.#symbolIndex.length; id++)
      if (b.symbolLinkage[id] === "local") this.#symbol(id);
    const locals = this.#symbolCount;
    for (let id = 0; id < this.#symbolIndex.length; id++)
      if (b.symbolLinkage[id] !== "local") this.#symbol(id);
    return locals;
  }

  #firstSectionSymbol = 0;
  #sectionSymbol(section: number): number {
    return this.#firstSectionSymbol + section - 1;
  }

  #symbol(id: number): void {
    const b = this.#b;
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
      defined ? this.#indexOf[section] : elf.SHN_UNDEF,
      b.symbolOffset.at(id),
      b.symbolSize.at(id),
    );
    this.#symbolIndex[id] = this.#symbolCount++;
  }

  #contentRelocations(section: number): Uint8Array {
    const b = this.#b;
    const rows = b.relocations[section]!;
    const out = new ByteSink(b.target.endian, (rows.length / REL_WORDS) * elf.RELA_BYTES);
    const kinds = b.target.relocations;
    const d = rows.data;
    for (let i = 0; i < rows.length; i += REL_WORDS)
      elf.rela(out, d[i], kinds[d[i + 1]]!.elf, this.#symbolIndex[d[i + 2]], d[i + 3]);
    return out.bytes.subarray(0, out.length);
  }

  /** Relocations of fields that hold their distance to code: rows of (offset, offset in .text, ...). */
  #distances(rows: I32List, words: number): Uint8Array {
    const b = this.#b;
    const out = new ByteSink(b.target.endian, (rows.length / words) * elf.RELA_BYTES);
    const type = b.target.relocations[b.target.relative4]!.elf;
    const text = this.#sectionSymbol(this.#indexOf[Section.text]);
    for (let i = 0; i < rows.length; i += words) elf.rela(out, rows.data[i], type, text, rows.data[i + 1]);
    return out.bytes.subarray(0, out.length);
  }

  #assemble(): Uint8Array<ArrayBuffer> {
    const target = this.#b.target;
    const names = new StringTable();
    const nameOffsets = this.#plans.map((p) => names.add(p.name));
    nameOffsets.push(names.add(".shstrtab"));
    this.#plan(".shstrtab", elf.SHT_STRTAB, 0, 1, 0, names.sink.toBytes());

    let at = elf.EHDR_BYTES;
    const offsets = this.#plans.map((p) => {
      if (p.alignment > 1) at = Math.ceil(at / p.alignment) * p.alignment;
      const offset = at;
      at += p.bytes?.length ?? 0;
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
      if (p.bytes !== undefined) out.append(p.bytes);
    });
    out.align(8);
    this.#plans.forEach((p, i) => {
      out.u32(nameOffsets[i]!);
      out.u32(p.type);
      elf.u64(out, p.flags);
      elf.u64(out, 0);
      elf.u64(out, i === 0 ? 0 : offsets[i]!);
      elf.u64(out, p.size);
      out.u32(p.link);
      out.u32(p.info);
      elf.u64(out, p.alignment);
      elf.u64(out, p.entryBytes);
    });
    return out.toBytes();
  }
}
