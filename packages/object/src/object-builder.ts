/**
 * The contents of an object file while it is built: sections of bytes, symbols, and relocations as columns. What is
 * written at the end is either a relocatable file ({@link ObjectBuilder.write}) or a loadable image
 * ({@link ObjectBuilder.writeImage}); both see the same contents.
 */
import { type CompiledCode, DATA_WORDS, type ObjectTarget } from "@gantry/codegen-core";
import { errorOf } from "@gantry/diag";
import { ByteSink, I32List } from "@gantry/entity";
import { CallTables } from "./call-tables.ts";
import { coffFormat } from "./coff-relocatable.ts";
import { DebugLine, type LineSource } from "./debug-line.ts";
import { EhFrame } from "./eh-frame.ts";
import { elfFormat } from "./elf-relocatable.ts";
import { type Image, type ImageOptions, writeImage } from "./image.ts";
import { writeRelocatable } from "./relocatable.ts";
import { REL_WORDS, type UnwindTable } from "./sections.ts";
import { UnwindCodes } from "./unwind-codes.ts";

/** A symbol of one {@link ObjectBuilder}. */
export type SymbolId = number;

/**
 * Who sees a symbol: `local` this file, `hidden` the linked program or library, `export` everybody, `weak` everybody
 * who has no other definition, `import` is defined elsewhere.
 */
export type Linkage = "local" | "hidden" | "export" | "weak" | "import";

/** Sections that hold what symbols name. */
export const Section = { none: -1, text: 0, rodata: 1, relro: 2, data: 3, bss: 4 } as const;
export const SECTION_COUNT = 5;

/** What a symbol stands for. */
export const SymbolKind = { unknown: 0, function: 1, data: 2, mark: 3, thread: 4 } as const;

/** A relocation of a data object. */
export interface DataRelocation {
  readonly offset: number;
  readonly symbol: SymbolId;
  readonly addend?: number;
  /** Kind of the target; a pointer unless told otherwise. */
  readonly kind?: number;
}

export interface DataObject {
  /** Contents; with `size` alone the object is zero. */
  readonly bytes?: Uint8Array;
  readonly size?: number;
  readonly alignment?: number;
  readonly writable?: boolean;
  readonly relocations?: readonly DataRelocation[];
}

/** Formats of relocatable files. */
export type FormatName = "elf" | "coff";

export interface ObjectOptions {
  /** ELF unless told otherwise. */
  readonly format?: FormatName;
  /** Name of the source for the symbol table and the debugger. */
  readonly fileName?: string;
  /** Write tables for unwinders; on unless told otherwise. */
  readonly unwind?: boolean;
  /** Write `.debug_line` from the source locations of the code. */
  readonly lines?: LineSource;
}

/** Builds one object file or one loadable image. */
export class ObjectBuilder {
  readonly target: ObjectTarget;
  readonly options: ObjectOptions;

  /** Contents by {@link Section}; `.bss` has a length only. */
  readonly contents: readonly ByteSink[];
  readonly alignments: number[] = [1, 1, 8, 1, 1];
  readonly relocations: readonly I32List[];
  bssBytes = 0;
  readonly unwind: UnwindTable<CompiledCode>;
  readonly callTables: CallTables;
  readonly debugLine: DebugLine | undefined;

  /** Columns over symbols. */
  readonly symbolNames: string[] = [];
  readonly symbolLinkage: Linkage[] = [];
  readonly symbolKind = new I32List();
  readonly symbolSection = new I32List();
  readonly symbolOffset = new I32List();
  readonly symbolSize = new I32List();
  /** Addresses of symbols that stand for fixed addresses in the process (images only). */
  readonly addresses = new Map<SymbolId, bigint>();
  readonly #byName = new Map<string, SymbolId>();
  readonly #padding: Uint8Array;

  /**
   * @param target Numbers and conventions of the machine.
   * @param options What to write beside code and data.
   */
  constructor(target: ObjectTarget, options: ObjectOptions = {}) {
    this.target = target;
    this.options = options;
    const sink = (capacity: number) => new ByteSink(target.endian, capacity);
    this.contents = [sink(65536), sink(1024), sink(256), sink(1024), sink(16)];
    this.relocations = this.contents.map(() => new I32List());
    this.unwind = options.format === "coff" ? new UnwindCodes(target) : new EhFrame(target);
    this.callTables = new CallTables(target.endian);
    this.debugLine = options.lines === undefined ? undefined : new DebugLine(target, options.lines);
    this.#padding = Uint8Array.from(target.padding);
  }

  /** The symbol of a function, which may be defined later. Declaring a name again returns the same symbol. */
  declareFunction(name: string, linkage: Linkage): SymbolId {
    return this.#declare(name, linkage, SymbolKind.function);
  }

  /** The symbol of a data object, which may be defined later. */
  declareData(name: string, linkage: Linkage): SymbolId {
    return this.#declare(name, linkage, SymbolKind.data);
  }

  /** A symbol that is defined elsewhere and may be anything. */
  importSymbol(name: string): SymbolId {
    return this.#declare(name, "import", SymbolKind.unknown);
  }

  /** A symbol at a fixed address of the running process. Only images can have it. */
  declareAddress(name: string, address: bigint): SymbolId {
    const id = this.#declare(name, "import", SymbolKind.unknown);
    this.addresses.set(id, address);
    return id;
  }

  /** The symbol called `name`, if it was declared. */
  find(name: string): SymbolId | undefined {
    return this.#byName.get(name);
  }

  isDefined(id: SymbolId): boolean {
    return this.symbolSection.at(id) !== Section.none;
  }

  #declare(name: string, linkage: Linkage, kind: number): SymbolId {
    const known = this.#byName.get(name);
    if (known === undefined) {
      const id = this.#newSymbol(name, linkage, kind);
      this.#byName.set(name, id);
      return id;
    }
    if (linkage !== "import") {
      const before = this.symbolLinkage[known]!;
      if (before !== "import" && before !== linkage)
        throw errorOf("OBJ0001", `symbol ${name} was declared ${before} and is now declared ${linkage}`);
      this.symbolLinkage[known] = linkage;
    }
    const before = this.symbolKind.at(known);
    if (kind !== SymbolKind.unknown && before !== SymbolKind.unknown && before !== kind)
      throw errorOf("OBJ0002", `symbol ${name} is declared both as a function and as data`);
    if (before === SymbolKind.unknown) this.symbolKind.set(known, kind);
    return known;
  }

  #newSymbol(name: string, linkage: Linkage, kind: number): SymbolId {
    this.symbolNames.push(name);
    this.symbolLinkage.push(linkage);
    this.symbolKind.push(kind);
    this.symbolSection.push(Section.none);
    this.symbolOffset.push(0);
    return this.symbolSize.push(0);
  }

  #define(id: SymbolId, section: number, offset: number, size: number): void {
    const name = this.symbolNames[id]!;
    if (this.symbolSection.at(id) !== Section.none)
      throw errorOf("OBJ0003", `symbol ${name} is defined twice`);
    if (this.symbolLinkage[id] === "import")
      throw errorOf(
        "OBJ0004",
        `symbol ${name} is an import and cannot be defined here; declare it with another linkage`,
      );
    this.symbolSection.set(id, section);
    this.symbolOffset.set(id, offset);
    this.symbolSize.set(id, size);
  }

  /**
   * Gives a function its code, which is copied.
   *
   * @param id From {@link declareFunction}.
   * @param code From a compile context.
   * @param names The symbol of each name index that the code's relocations use.
   * @param locationBase What the code's source locations are relative to; only the line table needs it.
   */
  defineFunction(id: SymbolId, code: CompiledCode, names: ArrayLike<SymbolId> = [], locationBase = 0): void {
    const text = this.contents[Section.text]!;
    this.#pad(text, code.alignment);
    if (this.alignments[Section.text]! < code.alignment) this.alignments[Section.text] = code.alignment;
    const start = text.length;
    this.#define(id, Section.text, start, code.length);
    text.append(code.bytes.subarray(0, code.length));
    this.#markData(id, code, start);

    const from = code.relocations.data;
    const to = this.relocations[Section.text]!;
    for (let i = 0; i < code.relocations.length; i += REL_WORDS) {
      const symbol = names[from[i + 2]];
      if (symbol === undefined || symbol >= this.symbolNames.length)
        throw errorOf(
          "OBJ0005",
          `${this.symbolNames[id]} refers to name ${from[i + 2]}, which has no symbol`,
        );
      this.#checkKind(from[i + 1], id);
      if (this.target.relocations[from[i + 1]]!.to === "thread")
        this.symbolKind.set(symbol, SymbolKind.thread);
      const at = to.extend(REL_WORDS);
      to.data[at] = start + from[i];
      to.data[at + 1] = from[i + 1];
      to.data[at + 2] = symbol;
      to.data[at + 3] = from[i + 3];
    }
    if (this.options.unwind !== false) this.unwind.add(code, start);
    this.callTables.add(code, start);
    this.debugLine?.add(this.symbolNames[id]!, code, start, locationBase);
  }

  /** Fills up to an alignment with instructions that do nothing, so that disassemblers stay in step. */
  #pad(text: ByteSink, alignment: number): void {
    const n = -text.length & (alignment - 1);
    text.reserve(n);
    this.#fill(text.bytes, text.length, text.length + n);
    text.length += n;
  }

  #fill(bytes: Uint8Array, from: number, to: number): void {
    const unit = this.#padding.length;
    let at = from;
    for (; at < to && at % unit !== 0; at++) bytes[at] = 0;
    for (; at < to; at++) bytes[at] = this.#padding[at % unit];
  }

  /** Marks tables and constants in the code by symbols of their own: disassemblers then show them as data. */
  #markData(id: SymbolId, code: CompiledCode, start: number): void {
    const rows = code.data.data;
    const name = this.symbolNames[id]!;
    let end = code.codeLength;
    for (let i = 0; i < code.data.length; i += DATA_WORDS) {
      const offset = rows[i];
      const size = rows[i + 1];
      const mark = this.#newSymbol(`${name}.data${i / DATA_WORDS}`, "local", SymbolKind.data);
      this.#define(mark, Section.text, start + offset, size);
      if (i === 0) this.#fill(this.contents[Section.text]!.bytes, start + end, start + offset);
      else if (offset > end && end < code.codeLength)
        this.#mark(`${name}.code${i / DATA_WORDS}`, start + end);
      end = offset + size;
    }
    if (code.data.length > 0 && end < code.codeLength) this.#mark(`${name}.code`, start + end);
    const mapping = this.target.mappingSymbols;
    if (mapping === undefined) return;
    this.#mark(mapping.code, start);
    for (let i = 0; i < code.data.length; i += DATA_WORDS) this.#mark(mapping.data, start + rows[i]);
  }

  #mark(name: string, offset: number): void {
    const mark = this.#newSymbol(name, "local", SymbolKind.mark);
    this.#define(mark, Section.text, offset, 0);
  }

  /** Gives a data object its contents, which are copied, and chooses its section. */
  defineData(id: SymbolId, object: DataObject): void {
    const { bytes, relocations = [], alignment = 8 } = object;
    const size = bytes?.length ?? object.size ?? 0;
    const zero = relocations.length === 0 && (bytes === undefined || bytes.every((b) => b === 0));
    const section =
      object.writable === true
        ? zero
          ? Section.bss
          : Section.data
        : relocations.length > 0
          ? Section.relro
          : Section.rodata;
    if (this.alignments[section]! < alignment) this.alignments[section] = alignment;
    if (section === Section.bss) {
      this.bssBytes += -this.bssBytes & (alignment - 1);
      this.#define(id, section, this.bssBytes, size);
      this.bssBytes += size;
      return;
    }
    const sink = this.contents[section]!;
    sink.align(alignment);
    const start = sink.length;
    this.#define(id, section, start, size);
    sink.append(bytes ?? new Uint8Array(size));
    const to = this.relocations[section]!;
    for (const r of relocations) {
      const kind = r.kind ?? this.target.absolute8;
      this.#checkKind(kind, id);
      const at = to.extend(REL_WORDS);
      to.data[at] = start + r.offset;
      to.data[at + 1] = kind;
      to.data[at + 2] = r.symbol;
      to.data[at + 3] = r.addend ?? 0;
    }
  }

  #checkKind(kind: number, id: SymbolId): void {
    if (this.target.relocations[kind] === undefined)
      throw errorOf(
        "OBJ0006",
        `${this.symbolNames[id]} has relocation kind ${kind}, which ${this.target.name} does not know`,
      );
  }

  /** Every declared symbol that is not an import must have been defined. */
  checkDefined(): void {
    for (let id = 0; id < this.symbolNames.length; id++) {
      if (this.symbolLinkage[id] !== "import" && this.symbolSection.at(id) === Section.none)
        throw errorOf(
          "OBJ0007",
          `symbol ${this.symbolNames[id]} is declared ${this.symbolLinkage[id]} but not defined`,
        );
    }
  }

  /** The relocatable object file. */
  write(): Uint8Array<ArrayBuffer> {
    return writeRelocatable(this, this.options.format === "coff" ? coffFormat : elfFormat);
  }

  /** A shared object that a running process can load; references between its symbols are already resolved. */
  writeImage(options: ImageOptions = {}): Image {
    return writeImage(this, options);
  }
}
