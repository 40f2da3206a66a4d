/**
 * DWARF 4 line table of one compilation unit, with the least `.debug_info` that debuggers want beside it: the unit
 * and a subprogram for each function. Chapters 6.2 (line program) and 7.5 (units, abbreviations).
 */
import { type CompiledCode, type ObjectTarget, SOURCE_WORDS } from "@gantry/codegen-core";
import { ByteSink, NONE } from "@gantry/entity";
import { utf8 } from "./string-table.ts";

/** Where the lines of a line table come from. */
export interface LineSource {
  readonly fileName: string;
  readonly directory: string;
  /** The line (from 1, or 0 for none) of a source location, as CLIF has it behind `@`. */
  lineOf(functionName: string, location: number): number;
}

/** A field that holds an address or an offset: `section` is the section it points into, "" the code. */
export interface DebugRelocation {
  readonly offset: number;
  readonly kind: number;
  readonly section: string;
  readonly addend: number;
}

export interface DebugSection {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly relocations: readonly DebugRelocation[];
}

const LINE_BASE = -5;
const LINE_RANGE = 14;
const OPCODE_BASE = 13;
const STANDARD_OPCODE_OPERANDS = [0, 1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 1];

const DW_LNS_copy = 1;
const DW_LNS_advance_pc = 2;
const DW_LNS_advance_line = 3;
const DW_LNE_end_sequence = 1;
const DW_LNE_set_address = 2;

const DW_TAG_compile_unit = 0x11;
const DW_TAG_subprogram = 0x2e;
const DW_AT_name = 0x03;
const DW_AT_stmt_list = 0x10;
const DW_AT_low_pc = 0x11;
const DW_AT_high_pc = 0x12;
const DW_AT_language = 0x13;
const DW_AT_comp_dir = 0x1b;
const DW_AT_producer = 0x25;
const DW_FORM_addr = 0x01;
const DW_FORM_data2 = 0x05;
const DW_FORM_data4 = 0x06;
const DW_FORM_data8 = 0x07;
const DW_FORM_string = 0x08;
const DW_FORM_sec_offset = 0x17;
/** The language that debuggers take for "no expressions of its own". */
const DW_LANG_Mips_Assembler = 0x8001;

/** Collects the lines of functions as they are defined. */
export class DebugLine {
  readonly #target: ObjectTarget;
  readonly #source: LineSource;
  readonly #program: ByteSink;
  readonly #programAddresses: { at: number; addend: number }[] = [];
  readonly #functions: { name: string; offset: number; size: number }[] = [];

  constructor(target: ObjectTarget, source: LineSource) {
    this.#target = target;
    this.#source = source;
    this.#program = new ByteSink(target.endian);
  }

  /** Adds the sequence of a function at `textOffset`, whose source locations are relative to `base`. */
  add(name: string, code: CompiledCode, textOffset: number, base: number): void {
    this.#functions.push({ name, offset: textOffset, size: code.length });
    const rows = code.sources;
    if (!hasLocations(code)) return;
    const out = this.#program;
    out.u8(0);
    out.uleb(9);
    out.u8(DW_LNE_set_address);
    this.#programAddresses.push({ at: out.length, addend: textOffset });
    out.u64(0n);
    let address = 0;
    let line = 1;
    // The prologue belongs to the first line that the function has, so that a breakpoint on the function shows it.
    let known = 0;
    for (let i = 0; i < rows.length && known === 0; i += SOURCE_WORDS)
      known = this.#lineAt(name, rows.at(i + 1), base);
    if (rows.at(0) > 0 || rows.at(1) === NONE) {
      this.#row(0, known - line);
      line = known;
    }
    for (let i = 0; i < rows.length; i += SOURCE_WORDS) {
      const offset = rows.at(i);
      const next = this.#lineAt(name, rows.at(i + 1), base);
      if (next === line || (offset === 0 && next === 0)) continue;
      this.#row(offset - address, next - line);
      address = offset;
      line = next;
    }
    out.u8(DW_LNS_advance_pc);
    out.uleb(code.length - address);
    out.u8(0);
    out.uleb(1);
    out.u8(DW_LNE_end_sequence);
  }

  #lineAt(name: string, location: number, base: number): number {
    return location === NONE ? 0 : this.#source.lineOf(name, (base + location) >>> 0);
  }

  #row(bytes: number, lines: number): void {
    const out = this.#program;
    if (lines < LINE_BASE || lines >= LINE_BASE + LINE_RANGE) {
      out.u8(DW_LNS_advance_line);
      out.sleb(lines);
      lines = 0;
    }
    const special = lines - LINE_BASE + LINE_RANGE * bytes + OPCODE_BASE;
    if (special <= 255) {
      out.u8(special);
      return;
    }
    out.u8(DW_LNS_advance_pc);
    out.uleb(bytes);
    if (lines === 0) out.u8(DW_LNS_copy);
    else out.u8(lines - LINE_BASE + OPCODE_BASE);
  }

  /** The finished sections; none if no function has source locations. */
  finish(): DebugSection[] {
    if (this.#program.length === 0) return [];
    return [this.#line(), this.#info(), this.#abbreviations()];
  }

  #line(): DebugSection {
    const out = new ByteSink(this.#target.endian, this.#program.length + 256);
    out.u32(0);
    out.u16(4);
    out.u32(0);
    const header = out.length;
    out.u8(1); // minimum instruction length: addresses advance in bytes
    out.u8(1); // operations per instruction
    out.u8(1); // default_is_stmt
    out.u8(LINE_BASE);
    out.u8(LINE_RANGE);
    out.u8(OPCODE_BASE);
    for (const n of STANDARD_OPCODE_OPERANDS) out.u8(n);
    out.u8(0); // no directories but that of the unit
    string(out, this.#source.fileName);
    out.uleb(0);
    out.uleb(0);
    out.uleb(0);
    out.u8(0);
    out.patch32(6, out.length - header);
    const start = out.length;
    out.append(this.#program.bytes.subarray(0, this.#program.length));
    out.patch32(0, out.length - 4);
    const kind = this.#target.absolute8;
    const relocations = this.#programAddresses.map((a) => ({
      offset: start + a.at,
      kind,
      section: "",
      addend: a.addend,
    }));
    return { name: ".debug_line", bytes: out.toBytes(), relocations };
  }

  #info(): DebugSection {
    const target = this.#target;
    const out = new ByteSink(target.endian, 1024);
    const relocations: DebugRelocation[] = [];
    const address = (addend: number) => {
      relocations.push({ offset: out.length, kind: target.absolute8, section: "", addend });
      out.u64(0n);
    };
    const sectionOffset = (section: string) => {
      relocations.push({ offset: out.length, kind: target.absolute4, section, addend: 0 });
      out.u32(0);
    };
    let end = 0;
    for (const f of this.#functions) end = Math.max(end, f.offset + f.size);
    out.u32(0);
    out.u16(4);
    sectionOffset(".debug_abbrev");
    out.u8(8);
    out.uleb(1);
    string(out, "gantry");
    out.u16(DW_LANG_Mips_Assembler);
    string(out, this.#source.fileName);
    string(out, this.#source.directory);
    address(0);
    out.u64(BigInt(end));
    sectionOffset(".debug_line");
    for (const f of this.#functions) {
      out.uleb(2);
      string(out, f.name);
      address(f.offset);
      out.u32(f.size);
    }
    out.uleb(0);
    out.patch32(0, out.length - 4);
    return { name: ".debug_info", bytes: out.toBytes(), relocations };
  }

  #abbreviations(): DebugSection {
    const out = new ByteSink(this.#target.endian, 64);
    const entry = (code: number, tag: number, children: number, attributes: readonly number[]) => {
      out.uleb(code);
      out.uleb(tag);
      out.u8(children);
      for (const x of attributes) out.uleb(x);
      out.u16(0);
    };
    entry(1, DW_TAG_compile_unit, 1, [
      ...[DW_AT_producer, DW_FORM_string],
      ...[DW_AT_language, DW_FORM_data2],
      ...[DW_AT_name, DW_FORM_string],
      ...[DW_AT_comp_dir, DW_FORM_string],
      ...[DW_AT_low_pc, DW_FORM_addr],
      ...[DW_AT_high_pc, DW_FORM_data8],
      ...[DW_AT_stmt_list, DW_FORM_sec_offset],
    ]);
    entry(2, DW_TAG_subprogram, 0, [
      ...[DW_AT_name, DW_FORM_string],
      ...[DW_AT_low_pc, DW_FORM_addr],
      ...[DW_AT_high_pc, DW_FORM_data4],
    ]);
    out.uleb(0);
    return { name: ".debug_abbrev", bytes: out.toBytes(), relocations: [] };
  }
}

function hasLocations({ sources }: CompiledCode): boolean {
  for (let i = 1; i < sources.length; i += SOURCE_WORDS) if (sources.at(i) !== NONE) return true;
  return false;
}

function string(out: ByteSink, text: string): void {
  utf8(out, text);
  out.u8(0);
}
