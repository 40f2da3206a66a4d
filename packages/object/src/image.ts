/**
 * A loadable image: an ELF shared object in which all references between its own symbols are resolved. What remains
 * for the dynamic linker are slots of the global offset table and pointers in data.
 *
 * There are two segments, so that no page is ever writable and executable: headers, tables, read-only data and code;
 * then everything that is written. File offset and address are equal in the first, and differ by one page in the
 * second, so the file needs no padding.
 */
import { RELOCATION_WORDS } from "@gantry/codegen-core";
import { errorOf } from "@gantry/diag";
import { ByteSink, I32List } from "@gantry/entity";
import { EH_FUNCTION_WORDS, EhFrame } from "./eh-frame.ts";
import * as elf from "./elf-format.ts";
import { type ObjectBuilder, SECTION_COUNT, Section, type SymbolId, SymbolKind } from "./object-builder.ts";
import { applyRelocation } from "./relocate.ts";
import { StringTable } from "./string-table.ts";

export interface ImageOptions {
  /** What the dynamic linker and debuggers call the image. */
  readonly soname?: string;
  /** The image stays mapped when it is closed: signal handlers and code that others point to need it. */
  readonly keepLoaded?: boolean;
}

/** A loadable image and where things are in it, relative to the address it is loaded at. */
export interface Image {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Start and end of the code. */
  readonly textStart: number;
  readonly textEnd: number;
  /** Where a defined symbol is. */
  offsetOf(symbol: SymbolId): number;
}

interface Part extends elf.SectionFacts {
  readonly name: string;
  /** Name of the part that `sh_link` refers to. */
  readonly link: string;
  /** Appends the contents; `size` bytes. Absent for `.bss`. */
  readonly write?: (out: ByteSink) => void;
  offset: number;
  address: number;
}

export function writeImage(builder: ObjectBuilder, options: ImageOptions): Image {
  builder.checkDefined();
  if (!(builder.unwind instanceof EhFrame))
    throw errorOf("OBJ0013", "loadable images are ELF; leave the format out or write an object file");
  return new ImageWriter(builder, builder.unwind, options).write();
}

class ImageWriter {
  readonly #b: ObjectBuilder;
  readonly #eh: EhFrame;
  readonly #options: ImageOptions;
  readonly #parts: Part[] = [];
  readonly #byName = new Map<string, Part>();
  /** Symbols that have a slot in the global offset table, and the slot of each symbol (-1 none). */
  readonly #slots = new I32List();
  readonly #slotOf: Int32Array;
  /** Symbols that have a stub behind the code, and the stub of each symbol (-1 none). */
  readonly #stubs = new I32List();
  readonly #stubOf: Int32Array;
  /** Pointers in data: rows of (section, row of its relocation column). */
  readonly #pointers = new I32List();
  /** Symbols in `.dynsym` behind the null symbol, and the index of each symbol there (0 none). */
  readonly #dynamic: SymbolId[] = [];
  readonly #dynamicIndex: Int32Array;
  readonly #dynamicNames = new StringTable(1);

  constructor(builder: ObjectBuilder, eh: EhFrame, options: ImageOptions) {
    this.#b = builder;
    this.#eh = eh;
    this.#options = options;
    const n = builder.symbolNames.length;
    this.#slotOf = new Int32Array(n).fill(-1);
    this.#stubOf = new Int32Array(n).fill(-1);
    this.#dynamicIndex = new Int32Array(n);
  }

  write(): Image {
    const b = this.#b;
    for (let s = 0; s < SECTION_COUNT; s++) this.#scan(s);
    for (let id = 0; id < b.symbolNames.length; id++) {
      const linkage = b.symbolLinkage[id];
      if ((linkage === "export" || linkage === "weak") && b.isDefined(id)) this.#addDynamic(id);
    }
    this.#plan();
    const out = this.#contents();
    for (let s = 0; s < SECTION_COUNT; s++) this.#relocate(s, out.bytes);
    this.#relocateStubs(out.bytes);
    this.#relocateUnwind(out);
    this.#sectionHeaders(out);
    const text = this.#part(".text");
    return {
      bytes: out.toBytes(),
      textStart: text.address,
      textEnd: text.address + text.size,
      offsetOf: (id) => this.#address(id),
    };
  }

  // ---- what is needed ----

  #scan(section: number): void {
    const b = this.#b;
    const rows = b.relocations[section]!;
    for (let i = 0; i < rows.length; i += RELOCATION_WORDS) {
      const kind = b.target.relocations[rows.at(i + 1)]!;
      const id = rows.at(i + 2);
      const defined = b.isDefined(id);
      if (kind.to === "got") this.#needSlot(id);
      else if (kind.to === "plt") {
        if (!defined) this.#needStub(id);
      } else if (!kind.relative) {
        if (section === Section.text)
          throw errorOf(
            "OBJ0010",
            `the code refers to ${b.symbolNames[id]} by its absolute address (${kind.name}), which a loadable image cannot hold`,
            { help: "compile with the setting is_pic" },
          );
        this.#pointers.push(section);
        this.#pointers.push(i);
        if (!defined && !b.addresses.has(id)) this.#addDynamic(id);
      } else if (!defined) {
        throw errorOf(
          "OBJ0011",
          `the code expects ${b.symbolNames[id]} near itself (${kind.name}), but it is not defined in this image`,
          { help: "declare it without `colocated`" },
        );
      }
    }
  }

  #needSlot(id: SymbolId): void {
    if (this.#slotOf[id] >= 0) return;
    this.#slotOf[id] = this.#slots.push(id);
    if (!this.#b.isDefined(id) && !this.#b.addresses.has(id)) this.#addDynamic(id);
  }

  #needStub(id: SymbolId): void {
    this.#needSlot(id);
    if (this.#stubOf[id] < 0) this.#stubOf[id] = this.#stubs.push(id);
  }

  #addDynamic(id: SymbolId): void {
    if (this.#dynamicIndex[id] === 0) this.#dynamicIndex[id] = this.#dynamic.push(id);
  }

  // ---- the plan ----

  #plan(): void {
    const b = this.#b;
    const read = elf.SHF_ALLOC;
    const write = elf.SHF_ALLOC | elf.SHF_WRITE;
    const word = b.target.dynamic.hashWord;
    const dynamicSymbols = this.#dynamic.length + 1;
    for (const id of this.#dynamic) this.#dynamicNames.add(b.symbolNames[id]!);
    const soname = this.#options.soname === undefined ? 0 : this.#dynamicNames.add(this.#options.soname);
    const eh = this.#eh.sink;

    this.#add("", elf.SHT_NULL, 0, 1, 0, 0);
    this.#add(".hash", elf.SHT_HASH, read, 8, word, (2 + 2 * dynamicSymbols) * word, ".dynsym", (out) =>
      this.#hash(out),
    );
    this.#add(
      ".dynsym",
      elf.SHT_DYNSYM,
      read,
      8,
      elf.SYM_BYTES,
      dynamicSymbols * elf.SYM_BYTES,
      ".dynstr",
      (out) => this.#dynsym(out),
      1,
    );
    const names = this.#dynamicNames.sink;
    this.#add(".dynstr", elf.SHT_STRTAB, read, 1, 0, names.length, "", (out) =>
      out.append(names.bytes.subarray(0, names.length)),
    );
    const relas = this.#relaCount() * elf.RELA_BYTES;
    if (relas > 0)
      this.#add(".rela.dyn", elf.SHT_RELA, read, 8, elf.RELA_BYTES, relas, ".dynsym", (out) =>
        this.#relas(out),
      );
    if (eh.length > 0) {
      this.#add(".eh_frame_hdr", elf.SHT_PROGBITS, read, 4, 0, this.#eh.headerBytes, "", (out) =>
        this.#ehHeader(out),
      );
      this.#add(".eh_frame", elf.SHT_PROGBITS, read, 8, 0, eh.length + 4, "", (out) => {
        out.append(eh.bytes.subarray(0, eh.length));
        out.u32(0);
      });
    }
    this.#section(Section.rodata, read);
    this.#text();
    this.#section(Section.relro, write);
    this.#add(
      ".dynamic",
      elf.SHT_DYNAMIC,
      write,
      8,
      elf.DYN_BYTES,
      (relas > 0 ? 11 : 8) * elf.DYN_BYTES,
      ".dynstr",
      (out) => this.#dynamicTable(out, soname),
    );
    if (this.#slots.length > 0)
      this.#add(".got", elf.SHT_PROGBITS, write, 8, 8, this.#slots.length * 8, "", (out) => this.#got(out));
    this.#section(Section.data, write);
    if (b.bssBytes > 0) this.#add(".bss", elf.SHT_NOBITS, write, b.alignments[Section.bss]!, 0, b.bssBytes);
    this.#place();
  }

  #add(
    name: string,
    type: number,
    flags: number,
    alignment: number,
    entryBytes: number,
    size: number,
    link = "",
    write?: (out: ByteSink) => void,
    info = 0,
  ): void {
    const part: Part = {
      name,
      type,
      flags,
      alignment,
      entryBytes,
      size,
      link,
      info,
      ...(write === undefined ? {} : { write }),
      offset: 0,
      address: 0,
    };
    this.#parts.push(part);
    this.#byName.set(name, part);
  }

  #section(section: number, flags: number): void {
    const sink = this.#b.contents[section]!;
    if (sink.length === 0) return;
    this.#add(
      elf.SECTION_NAMES[section]!,
      elf.SHT_PROGBITS,
      flags,
      this.#b.alignments[section]!,
      0,
      sink.length,
      "",
      (out) => out.append(sink.bytes.subarray(0, sink.length)),
    );
  }

  #text(): void {
    const b = this.#b;
    const sink = b.contents[Section.text]!;
    const stub = b.target.stub;
    const stubsAt = Math.ceil(sink.length / 16) * 16;
    const size = this.#stubs.length === 0 ? sink.length : stubsAt + this.#stubs.length * stub.bytes.length;
    const alignment = Math.max(16, b.alignments[Section.text]!);
    this.#add(".text", elf.SHT_PROGBITS, elf.SHF_ALLOC | elf.SHF_EXECINSTR, alignment, 0, size, "", (out) => {
      const start = out.length;
      out.append(sink.bytes.subarray(0, sink.length));
      if (this.#stubs.length === 0) return;
      while (out.length - start < stubsAt)
        out.u8(b.target.padding[(out.length - start) % b.target.padding.length]!);
      for (let i = 0; i < this.#stubs.length; i++) out.append(Uint8Array.from(stub.bytes));
    });
  }

  #stubAddress(stub: number): number {
    const text = this.#part(".text");
    return text.address + text.size - (this.#stubs.length - stub) * this.#b.target.stub.bytes.length;
  }

  #programHeaders(): number {
    return this.#byName.has(".eh_frame") ? 5 : 4;
  }

  #place(): void {
    let at = elf.EHDR_BYTES + this.#programHeaders() * elf.PHDR_BYTES;
    let delta = 0;
    for (const p of this.#parts) {
      if (p.type === 0) continue;
      at = Math.ceil(at / p.alignment) * p.alignment;
      if ((p.flags & elf.SHF_WRITE) !== 0) delta = this.#b.target.pageBytes;
      p.offset = at;
      p.address = at + delta;
      if (p.type !== elf.SHT_NOBITS) at += p.size;
    }
  }

  #part(name: string): Part {
    return this.#byName.get(name)!;
  }

  /** Address of a symbol that the image defines. */
  #address(id: SymbolId): number {
    const b = this.#b;
    return this.#part(elf.SECTION_NAMES[b.symbolSection.at(id)]!).address + b.symbolOffset.at(id);
  }

  // ---- contents ----

  #contents(): ByteSink {
    const b = this.#b;
    const out = new ByteSink(b.target.endian, 65536);
    // The place of the section headers is known at the end; #sectionHeaders patches it.
    elf.fileHeader(out, {
      type: elf.ET_DYN,
      machine: b.target.elfMachine,
      flags: b.target.elfFlags,
      programHeaders: this.#programHeaders(),
      sectionHeadersAt: 0,
      sectionHeaders: 0,
      sectionNames: 0,
    });
    const text = this.#part(".text");
    const writable = this.#parts.find((p) => (p.flags & elf.SHF_WRITE) !== 0)!;
    const last = this.#parts[this.#parts.length - 1]!;
    const lastInFile = last.type === elf.SHT_NOBITS ? this.#parts[this.#parts.length - 2]! : last;
    const readEnd = text.offset + text.size;
    const page = b.target.pageBytes;
    elf.programHeader(out, elf.PT_LOAD, elf.PF_R | elf.PF_X, 0, 0, readEnd, readEnd, page);
    const fileBytes = lastInFile.offset + lastInFile.size - writable.offset;
    const memoryBytes = last.address + last.size - writable.address;
    elf.programHeader(
      out,
      elf.PT_LOAD,
      elf.PF_R | elf.PF_W,
      writable.offset,
      writable.address,
      fileBytes,
      memoryBytes,
      page,
    );
    const dynamic = this.#part(".dynamic");
    elf.programHeader(
      out,
      elf.PT_DYNAMIC,
      elf.PF_R | elf.PF_W,
      dynamic.offset,
      dynamic.address,
      dynamic.size,
      dynamic.size,
      8,
    );
    const eh = this.#byName.get(".eh_frame_hdr");
    if (eh !== undefined)
      elf.programHeader(out, elf.PT_GNU_EH_FRAME, elf.PF_R, eh.offset, eh.address, eh.size, eh.size, 4);
    elf.programHeader(out, elf.PT_GNU_STACK, elf.PF_R | elf.PF_W, 0, 0, 0, 0, 16);
    for (const p of this.#parts) {
      if (p.write === undefined) continue;
      while (out.length < p.offset) out.u8(0);
      p.write(out);
    }
    return out;
  }

  #hashWord(out: ByteSink, x: number): void {
    if (this.#b.target.dynamic.hashWord === 8) elf.u64(out, x);
    else out.u32(x);
  }

  #hash(out: ByteSink): void {
    const n = this.#dynamic.length + 1;
    const buckets = new Int32Array(n);
    const chains = new Int32Array(n);
    for (let i = 1; i < n; i++) {
      const bucket = elf.sysvHash(this.#b.symbolNames[this.#dynamic[i - 1]!]!) % n;
      chains[i] = buckets[bucket];
      buckets[bucket] = i;
    }
    this.#hashWord(out, n);
    this.#hashWord(out, n);
    for (const x of buckets) this.#hashWord(out, x);
    for (const x of chains) this.#hashWord(out, x);
  }

  #dynsym(out: ByteSink): void {
    const b = this.#b;
    elf.symbol(out, 0, 0, 0, 0, 0, 0, 0);
    for (const id of this.#dynamic) {
      const name = this.#dynamicNames.add(b.symbolNames[id]!);
      const binding = b.symbolLinkage[id] === "weak" ? elf.STB_WEAK : elf.STB_GLOBAL;
      this.#symbol(out, id, name, binding);
    }
  }

  #symbol(out: ByteSink, id: SymbolId, name: number, binding: number): void {
    const b = this.#b;
    if (!b.isDefined(id)) {
      elf.symbol(out, name, binding, elf.STT_NOTYPE, 0, elf.SHN_UNDEF, 0, 0);
      return;
    }
    const kind = b.symbolKind.at(id);
    const type =
      kind === SymbolKind.function
        ? elf.STT_FUNC
        : kind === SymbolKind.data
          ? elf.STT_OBJECT
          : elf.STT_NOTYPE;
    const part = this.#part(elf.SECTION_NAMES[b.symbolSection.at(id)]!);
    elf.symbol(
      out,
      name,
      binding,
      type,
      0,
      this.#parts.indexOf(part),
      this.#address(id),
      b.symbolSize.at(id),
    );
  }

  #relaCount(): number {
    const b = this.#b;
    let n = 0;
    for (let i = 0; i < this.#slots.length; i++) if (!b.addresses.has(this.#slots.at(i))) n++;
    for (let i = 0; i < this.#pointers.length; i += 2) {
      const id = b.relocations[this.#pointers.at(i)]!.at(this.#pointers.at(i + 1) + 2);
      if (!b.addresses.has(id)) n++;
    }
    return n;
  }

  #relas(out: ByteSink): void {
    const b = this.#b;
    const dynamic = b.target.dynamic;
    for (let i = 0; i < this.#slots.length; i++) {
      const id = this.#slots.at(i);
      const at = this.#part(".got").address + i * 8;
      if (b.isDefined(id)) elf.rela(out, at, dynamic.relative, 0, this.#address(id));
      else if (!b.addresses.has(id)) elf.rela(out, at, dynamic.globalSlot, this.#dynamicIndex[id], 0);
    }
    for (let i = 0; i < this.#pointers.length; i += 2) {
      const section = this.#pointers.at(i);
      const row = this.#pointers.at(i + 1);
      const rows = b.relocations[section]!;
      const id = rows.at(row + 2);
      const at = this.#part(elf.SECTION_NAMES[section]!).address + rows.at(row);
      const addend = rows.at(row + 3);
      if (b.isDefined(id)) elf.rela(out, at, dynamic.relative, 0, this.#address(id) + addend);
      else if (!b.addresses.has(id)) elf.rela(out, at, dynamic.absolute, this.#dynamicIndex[id], addend);
    }
  }

  #dynamicTable(out: ByteSink, soname: number): void {
    const start = out.length;
    elf.dyn(out, elf.DT_HASH, this.#part(".hash").address);
    elf.dyn(out, elf.DT_STRTAB, this.#part(".dynstr").address);
    elf.dyn(out, elf.DT_SYMTAB, this.#part(".dynsym").address);
    elf.dyn(out, elf.DT_STRSZ, this.#part(".dynstr").size);
    elf.dyn(out, elf.DT_SYMENT, elf.SYM_BYTES);
    const relas = this.#byName.get(".rela.dyn");
    if (relas !== undefined) {
      elf.dyn(out, elf.DT_RELA, relas.address);
      elf.dyn(out, elf.DT_RELASZ, relas.size);
      elf.dyn(out, elf.DT_RELAENT, elf.RELA_BYTES);
    }
    if (soname !== 0) elf.dyn(out, elf.DT_SONAME, soname);
    if (this.#options.keepLoaded === true) elf.dyn(out, elf.DT_FLAGS_1, elf.DF_1_NODELETE);
    while (out.length - start < this.#part(".dynamic").size) elf.dyn(out, elf.DT_NULL, 0);
  }

  /** Slots of fixed addresses are final; the dynamic linker fills the others. */
  #got(out: ByteSink): void {
    for (let i = 0; i < this.#slots.length; i++) out.u64(this.#b.addresses.get(this.#slots.at(i)) ?? 0n);
  }

  #ehHeader(out: ByteSink): void {
    const frame = this.#part(".eh_frame").address;
    this.#eh.writeHeader(out, this.#part(".eh_frame_hdr").address, frame, this.#part(".text").address);
  }

  // ---- resolution ----

  #relocate(section: number, bytes: Uint8Array): void {
    const b = this.#b;
    const rows = b.relocations[section]!;
    if (rows.length === 0) return;
    const part = this.#part(elf.SECTION_NAMES[section]!);
    for (let i = 0; i < rows.length; i += RELOCATION_WORDS) {
      const kind = b.target.relocations[rows.at(i + 1)]!;
      const id = rows.at(i + 2);
      if (kind.to === "symbol" && !kind.relative) {
        const address = b.addresses.get(id);
        if (address !== undefined) {
          const sink = new ByteSink(b.target.endian, 8);
          sink.u64(address + BigInt(rows.at(i + 3)));
          bytes.set(sink.bytes.subarray(0, 8), part.offset + rows.at(i));
        }
        continue;
      }
      const to =
        kind.to === "got"
          ? this.#part(".got").address + this.#slotOf[id] * 8
          : this.#stubOf[id] >= 0
            ? this.#stubAddress(this.#stubOf[id])
            : this.#address(id);
      const place = part.address + rows.at(i);
      const value = to + rows.at(i + 3) - (kind.relative ? place : 0);
      applyRelocation(b.target, kind, bytes, part.offset + rows.at(i), value, b.symbolNames[id]!);
    }
  }

  #relocateStubs(bytes: Uint8Array): void {
    const target = this.#b.target;
    const stub = target.stub;
    const kind = target.relocations[stub.kind]!;
    for (let i = 0; i < this.#stubs.length; i++) {
      const id = this.#stubs.at(i);
      // The code lies in the first segment, where file offset and address are equal.
      const place = this.#stubAddress(i) + stub.fieldAt;
      const slot = this.#part(".got").address + this.#slotOf[id] * 8;
      applyRelocation(target, kind, bytes, place, slot + stub.addend - place, this.#b.symbolNames[id]!);
    }
  }

  #relocateUnwind(out: ByteSink): void {
    const part = this.#byName.get(".eh_frame");
    if (part === undefined) return;
    const rows = this.#eh.functions;
    const text = this.#part(".text").address;
    for (let i = 0; i < rows.length; i += EH_FUNCTION_WORDS) {
      const at = part.address + rows.at(i);
      out.patch32(at, text + rows.at(i + 1) - at);
    }
  }

  // ---- for debuggers ----

  /** Appends `.symtab`, line tables and the section headers: without them debuggers see nothing. */
  #sectionHeaders(out: ByteSink): void {
    const b = this.#b;
    const strings = new StringTable(1);
    const symbols = new ByteSink(b.target.endian, 4096);
    elf.symbol(symbols, 0, 0, 0, 0, 0, 0, 0);
    let locals = 1;
    for (const local of [true, false]) {
      for (let id = 0; id < b.symbolNames.length; id++) {
        if (!b.isDefined(id) || (b.symbolLinkage[id] === "local") !== local) continue;
        this.#symbol(symbols, id, strings.add(b.symbolNames[id]!), local ? elf.STB_LOCAL : elf.STB_GLOBAL);
        if (local) locals++;
      }
    }
    const textAddress = this.#part(".text").address;
    const debug = b.debugLine?.finish() ?? [];
    for (const s of debug) {
      for (const r of s.relocations) {
        const kind = b.target.relocations[r.kind]!;
        applyRelocation(
          b.target,
          kind,
          s.bytes,
          r.offset,
          (r.section === "" ? textAddress : 0) + r.addend,
          s.name,
        );
      }
      this.#append(out, s.name, elf.SHT_PROGBITS, 1, 0, s.bytes);
    }
    this.#append(out, ".symtab", elf.SHT_SYMTAB, 8, elf.SYM_BYTES, symbols.toBytes(), ".strtab", locals);
    this.#append(out, ".strtab", elf.SHT_STRTAB, 1, 0, strings.sink.toBytes());
    const names = new StringTable(1);
    const offsets = this.#parts.map((p) => names.add(p.name));
    offsets.push(names.add(".shstrtab"));
    this.#append(out, ".shstrtab", elf.SHT_STRTAB, 1, 0, names.sink.toBytes());

    out.align(8);
    const headersAt = out.length;
    this.#parts.forEach((p, i) => {
      const link = p.link === "" ? 0 : this.#parts.indexOf(this.#part(p.link));
      elf.sectionHeader(out, p, offsets[i]!, p.address, p.offset, link);
    });
    const end = out.length;
    out.length = 40;
    elf.u64(out, headersAt);
    out.length = 60;
    out.u16(this.#parts.length);
    out.u16(this.#parts.length - 1);
    out.length = end;
  }

  #append(
    out: ByteSink,
    name: string,
    type: number,
    alignment: number,
    entryBytes: number,
    bytes: Uint8Array,
    link = "",
    info = 0,
  ): void {
    out.align(alignment);
    this.#add(name, type, 0, alignment, entryBytes, bytes.length, link, undefined, info);
    this.#part(name).offset = out.length;
    out.append(bytes);
  }
}
