/**
 * Call frame information (`.eh_frame`): one CIE and one FDE for each function. Format: LSB Core 5.0, chapter 10.6;
 * instructions: DWARF 5, section 6.4.2.
 */
import { type CompiledCode, type ObjectTarget, UNWIND_WORDS, UnwindOp } from "@gantry/codegen-core";
import { bug } from "@gantry/diag";
import { ByteSink, I32List } from "@gantry/entity";
import { type FileSection, relocate, section, sectionStart, TEXT, type UnwindTable } from "./sections.ts";

const DW_CFA_advance_loc = 0x40;
const DW_CFA_offset = 0x80;
const DW_CFA_restore = 0xc0;
const DW_CFA_advance_loc1 = 0x02;
const DW_CFA_advance_loc2 = 0x03;
const DW_CFA_advance_loc4 = 0x04;
const DW_CFA_offset_extended = 0x05;
const DW_CFA_restore_extended = 0x06;
const DW_CFA_remember_state = 0x0a;
const DW_CFA_restore_state = 0x0b;
const DW_CFA_def_cfa = 0x0c;
const DW_CFA_def_cfa_register = 0x0d;
const DW_CFA_def_cfa_offset = 0x0e;
const DW_CFA_offset_extended_sf = 0x11;
const DW_CFA_def_cfa_sf = 0x12;
const DW_CFA_nop = 0;

/** Pointer encoding: 4 signed bytes, relative to the place of the field. */
const PCREL_SDATA4 = 0x1b;
const UDATA4 = 0x03;
const DATAREL_SDATA4 = 0x3b;

/** Words for each row of {@link EhFrame.functions}. */
export const EH_FUNCTION_WORDS = 3;

/** The unwind tables of a module while its functions are defined. */
export class EhFrame implements UnwindTable<CompiledCode> {
  readonly sink: ByteSink;
  /** Rows of (offset of the field that holds the distance to the function, offset in .text, start of the FDE). */
  readonly functions = new I32List();
  readonly #target: ObjectTarget;

  constructor(target: ObjectTarget) {
    this.#target = target;
    this.sink = new ByteSink(target.endian);
  }

  /** Adds the description of a function at `textOffset`. */
  add(code: CompiledCode, textOffset: number): void {
    if (this.sink.length === 0) this.#cie();
    const out = this.sink;
    const start = out.length;
    out.u32(0);
    out.u32(out.length);
    this.functions.push(out.length);
    this.functions.push(textOffset);
    this.functions.push(start);
    out.u32(0);
    out.u32(code.length);
    out.u8(0);
    this.#instructions(code);
    this.#close(start);
  }

  #cie(): void {
    const out = this.sink;
    const dwarf = this.#target.dwarf;
    out.u32(0);
    out.u32(0);
    out.u8(1);
    out.ascii("zR\0");
    out.uleb(dwarf.codeAlign);
    out.sleb(dwarf.dataAlign);
    out.uleb(dwarf.returnAddress);
    out.uleb(1);
    out.u8(PCREL_SDATA4);
    out.u8(DW_CFA_def_cfa);
    out.uleb(dwarf.stackPointer);
    out.uleb(dwarf.entryCfaOffset);
    if (dwarf.returnAddressAt !== undefined) this.#saved(dwarf.returnAddress, dwarf.returnAddressAt);
    this.#close(0);
  }

  /** Pads an entry to 8 bytes and writes its length. */
  #close(start: number): void {
    const out = this.sink;
    while ((out.length - start) % 8 !== 0) out.u8(DW_CFA_nop);
    out.patch32(start, out.length - start - 4);
  }

  #instructions(code: CompiledCode): void {
    const out = this.sink;
    const dwarf = this.#target.dwarf;
    const rows = code.unwind.data;
    let at = 0;
    let cfaRegister = dwarf.stackPointer;
    let cfaOffset = dwarf.entryCfaOffset;
    let rememberedRegister = cfaRegister;
    let rememberedOffset = cfaOffset;
    for (let i = 0; i < code.unwind.length; i += UNWIND_WORDS) {
      // DWARF has rules and no history.
      if (rows[i + 1] >= UnwindOp.stackPointerAt) continue;
      this.#advance(rows[i] - at);
      at = rows[i];
      const a = rows[i + 2];
      const b = rows[i + 3];
      switch (rows[i + 1]) {
        case UnwindOp.cfaFromSp:
        case UnwindOp.cfaFromRegister: {
          const register = rows[i + 1] === UnwindOp.cfaFromSp ? dwarf.stackPointer : this.#register(a);
          if (b < 0) {
            // A tail call moves the return address below the register that the frame is found from.
            out.u8(DW_CFA_def_cfa_sf);
            out.uleb(register);
            out.sleb(b / dwarf.dataAlign);
          } else if (register !== cfaRegister && b !== cfaOffset) {
            out.u8(DW_CFA_def_cfa);
            out.uleb(register);
            out.uleb(b);
          } else if (register !== cfaRegister) {
            out.u8(DW_CFA_def_cfa_register);
            out.uleb(register);
          } else if (b !== cfaOffset) {
            out.u8(DW_CFA_def_cfa_offset);
            out.uleb(b);
          }
          cfaRegister = register;
          cfaOffset = b;
          break;
        }
        case UnwindOp.save:
          this.#saved(this.#register(a), b);
          break;
        case UnwindOp.restore: {
          const register = this.#register(a);
          if (register < 64) out.u8(DW_CFA_restore | register);
          else {
            out.u8(DW_CFA_restore_extended);
            out.uleb(register);
          }
          break;
        }
        case UnwindOp.rememberState:
          out.u8(DW_CFA_remember_state);
          rememberedRegister = cfaRegister;
          rememberedOffset = cfaOffset;
          break;
        case UnwindOp.restoreState:
          out.u8(DW_CFA_restore_state);
          cfaRegister = rememberedRegister;
          cfaOffset = rememberedOffset;
          break;
        default:
          bug("object", `unwind operation ${rows[i + 1]} is not known`);
      }
    }
  }

  #register(word: number): number {
    const register = this.#target.dwarf.registers[word] ?? -1;
    if (register < 0) bug("object", `register ${word} of ${this.#target.name} has no DWARF number`);
    return register;
  }

  #saved(register: number, offset: number): void {
    const out = this.sink;
    const factored = offset / this.#target.dwarf.dataAlign;
    if (factored < 0) {
      out.u8(DW_CFA_offset_extended_sf);
      out.uleb(register);
      out.sleb(factored);
    } else if (register < 64) {
      out.u8(DW_CFA_offset | register);
      out.uleb(factored);
    } else {
      out.u8(DW_CFA_offset_extended);
      out.uleb(register);
      out.uleb(factored);
    }
  }

  #advance(bytes: number): void {
    const out = this.sink;
    const n = bytes / this.#target.dwarf.codeAlign;
    if (n === 0) return;
    if (n < 64) out.u8(DW_CFA_advance_loc | n);
    else if (n < 0x100) {
      out.u8(DW_CFA_advance_loc1);
      out.u8(n);
    } else if (n < 0x10000) {
      out.u8(DW_CFA_advance_loc2);
      out.u16(n);
    } else {
      out.u8(DW_CFA_advance_loc4);
      out.u32(n);
    }
  }

  sections(): FileSection[] {
    if (this.sink.length === 0) return [];
    const relocations = new I32List();
    const rows = this.functions.data;
    for (let i = 0; i < this.functions.length; i += EH_FUNCTION_WORDS)
      relocate(relocations, rows[i], this.#target.relative4, sectionStart(TEXT), rows[i + 1]);
    return [section(".eh_frame", "tables", 8, this.sink, relocations)];
  }

  /** Appends `.eh_frame_hdr`, the binary search table over the functions, for the given addresses. */
  writeHeader(out: ByteSink, headerAddress: number, frameAddress: number, textAddress: number): void {
    const count = this.functions.length / EH_FUNCTION_WORDS;
    const f = this.functions.data;
    const order = Array.from({ length: count }, (_, i) => i * EH_FUNCTION_WORDS);
    order.sort((a, b) => f[a + 1] - f[b + 1]);
    out.u8(1);
    out.u8(PCREL_SDATA4);
    out.u8(UDATA4);
    out.u8(DATAREL_SDATA4);
    out.u32(frameAddress - (headerAddress + 4));
    out.u32(count);
    for (const row of order) {
      out.u32(textAddress + f[row + 1] - headerAddress);
      out.u32(frameAddress + f[row + 2] - headerAddress);
    }
  }

  /** Bytes of what {@link writeHeader} appends. */
  get headerBytes(): number {
    return 12 + (this.functions.length / EH_FUNCTION_WORDS) * 8;
  }
}
