/**
 * Windows x64 unwind information (Microsoft, "x64 exception handling"): `.pdata`, a sorted table of code ranges, and
 * `.xdata`, what the prologue of each range did, as codes that an unwinder undoes from the last to the first. They are
 * made from the same operations as `.eh_frame`.
 *
 * Epilogues are not described: an unwinder recognises `add $n, %rsp` or `lea n(%fp), %rsp`, pops, and `ret` or a jump
 * out of the function, and goes through the rest of them. Until then saved registers must be where the prologue put
 * them. An epilogue that is not like that ({@link UnwindOp.rearrange}) gets ranges of its own, one for each state, and the
 * code behind it one that is chained to the function's. A range without codes needs no row.
 */
import { type CompiledCode, type ObjectTarget, UNWIND_WORDS, UnwindOp } from "@gantry/codegen-core";
import { bug } from "@gantry/diag";
import { ByteSink, I32List } from "@gantry/entity";
import { type FileSection, relocate, section, sectionStart, TEXT, type UnwindTable } from "./sections.ts";

const UWOP_PUSH_NONVOL = 0;
const UWOP_ALLOC_LARGE = 1;
const UWOP_ALLOC_SMALL = 2;
const UWOP_SET_FPREG = 3;
const UWOP_SAVE_NONVOL = 4;
const UWOP_SAVE_XMM128 = 8;
/** Added to the two saves for offsets that do not fit 16 scaled bits. */
const FAR = 1;

const VERSION = 1;
const UNW_FLAG_CHAININFO = 4;
/** Offsets in a prologue have 8 bits, that of the frame register 4, in units of 16. */
const MAX_PROLOGUE = 255;
const MAX_FRAME_OFFSET = 240;

/** One step of a prologue, with the offset behind its instruction. */
type Step =
  | { readonly op: "allocate"; at: number; bytes: number }
  | { readonly op: "push"; readonly at: number; readonly register: number }
  /** `offset` is from the CFA, below which the register is saved. */
  | { readonly op: "save"; readonly at: number; readonly register: number; readonly offset: number };

/** What a range of code is like: a prologue in steps, or a state that holds from its first instruction on. */
interface Frame {
  readonly steps: readonly Step[];
  /** The register from which the frame can be found, -1 if it is the stack pointer, and its distance from the CFA. */
  readonly frameRegister: number;
  readonly frameRegisterAt: number;
  /** Offset behind the instruction that makes it the frame register. */
  readonly frameRegisterFrom: number;
  /** Whether the stack pointer was rounded down, so that only the frame register leads to the frame. */
  readonly isAligned: boolean;
}

/** Codes of {@link Frame.steps}, in order of execution. */
interface Code {
  readonly at: number;
  readonly op: number;
  readonly info: number;
  /** Operand in 16-bit units. */
  readonly operand: readonly number[];
}

/** The unwind tables of a module while its functions are defined. */
export class UnwindCodes implements UnwindTable<CompiledCode> {
  readonly #target: ObjectTarget;
  readonly #numbers: readonly number[];
  readonly #table = new ByteSink("little", 1024);
  readonly #tableRelocations = new I32List();
  readonly #infos = new ByteSink("little", 1024);
  readonly #infoRelocations = new I32List();
  /** Offsets of the records that are not chained: many functions have the same. */
  readonly #known = new Map<string, number>();
  /** Rows of (offset in .text, end, offset of the record), filled in when the sections are numbered. */
  readonly #ranges = new I32List();
  /** Rows of (offset of a chained row in .xdata, index of the range in {@link #ranges}). */
  readonly #chains = new I32List();

  constructor(target: ObjectTarget) {
    this.#target = target;
    this.#numbers = target.coff?.unwindRegisters ?? [];
  }

  add(code: CompiledCode, textOffset: number): void {
    const rows = code.unwind.data;
    const n = code.unwind.length;
    const reader = new PrologueReader(this.#target.dwarf.entryCfaOffset);
    let i = 0;
    while (i < n && reader.take(rows, i)) i += UNWIND_WORDS;
    const frame = reader.frame();
    if (frame.steps.length === 0) return;
    const last = frame.steps[frame.steps.length - 1]!.at;
    // Checks in front of the frame's first instruction may be long; there the stack is as the call left it.
    const start = last > MAX_PROLOGUE ? frame.steps[0]!.at : 0;
    if (last - start > MAX_PROLOGUE) bug("object", `a prologue has ${last - start} bytes`);
    const record = this.#record(frame, start);
    const whole = this.#ranges.length;
    this.#range(textOffset + start, record);
    for (; i < n; i += UNWIND_WORDS) {
      if (rows[i + 1] !== UnwindOp.rearrange) continue;
      i = this.#rearranged(rows, i + UNWIND_WORDS, n, reader, textOffset);
      if (i >= n) break;
      this.#range(textOffset + rows[i], this.#chained(whole));
    }
    this.#end(textOffset + code.length);
  }

  /** Ends the range before, and begins one at `at` unless `record` is -1. */
  #range(at: number, record: number): void {
    this.#end(at);
    if (record < 0) return;
    this.#ranges.push(at);
    this.#ranges.push(-1);
    this.#ranges.push(record);
  }

  #end(at: number): void {
    const last = this.#ranges.length - 2;
    if (last >= 0 && this.#ranges.at(last) < 0) this.#ranges.set(last, at);
  }

  /**
   * Ranges for the states of the epilogue whose operations begin at `i`, up to the one that ends it.
   *
   * @returns The index of the operation that ends the epilogue, or `n`.
   */
  #rearranged(rows: Int32Array, i: number, n: number, reader: PrologueReader, textOffset: number): number {
    const saved = new Map(reader.saved);
    const entry = this.#target.dwarf.entryCfaOffset;
    let cfaRegister = reader.cfaRegister;
    let cfaOffset = reader.cfaRegister < 0 ? reader.depth : reader.cfaOffset;
    while (i < n && rows[i + 1] !== UnwindOp.restoreState) {
      const at = rows[i];
      for (; i < n && rows[i] === at && rows[i + 1] !== UnwindOp.restoreState; i += UNWIND_WORDS) {
        const op = rows[i + 1];
        if (op === UnwindOp.restore) saved.delete(rows[i + 2]);
        else if (op === UnwindOp.cfaFromSp || op === UnwindOp.cfaFromRegister) {
          cfaRegister = op === UnwindOp.cfaFromSp ? -1 : rows[i + 2];
          cfaOffset = rows[i + 3];
        } else bug("object", `unwind operation ${op} in an epilogue that rearranges the frame`);
      }
      let depth = cfaOffset;
      if (cfaRegister >= 0) {
        // Codes address upwards from a multiple of 16 below the register: below the lowest that they need.
        let lowest = Math.max(entry, cfaOffset);
        for (const offset of saved.values()) lowest = Math.max(lowest, -offset);
        depth += (lowest - cfaOffset + 15) & -16;
      }
      const steps: Step[] = [];
      if (depth > entry) steps.push({ op: "allocate", at: 0, bytes: depth - entry });
      for (const [register, offset] of saved) steps.push({ op: "save", at: 0, register, offset });
      const frame: Frame = {
        steps,
        frameRegister: cfaRegister,
        frameRegisterAt: cfaOffset,
        frameRegisterFrom: 0,
        isAligned: cfaRegister >= 0,
      };
      this.#range(textOffset + at, steps.length === 0 && cfaRegister < 0 ? -1 : this.#record(frame, 0));
    }
    return i;
  }

  /** The offset in .xdata of a record that describes `frame`, whose range starts at `start` of the function. */
  #record(frame: Frame, start: number): number {
    const { base, codes } = this.#codes(frame, start);
    let units = 0;
    for (const code of codes) units += 1 + code.operand.length;
    let last = 0;
    for (const code of codes) last = Math.max(last, code.at - start);
    const out = new ByteSink("little", 64);
    out.u8(VERSION);
    out.u8(last);
    out.u8(units);
    out.u8(base < 0 ? 0 : this.#number(frame.frameRegister) | (base & 0xf0));
    for (let k = codes.length - 1; k >= 0; k--) {
      const code = codes[k]!;
      out.u8(code.at - start);
      out.u8(code.op | (code.info << 4));
      for (const x of code.operand) out.u16(x);
    }
    if (units % 2 !== 0) out.u16(0);
    const key = String.fromCharCode(...out.bytes.subarray(0, out.length));
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const at = this.#infos.length;
    this.#known.set(key, at);
    this.#infos.append(out.bytes.subarray(0, out.length));
    return at;
  }

  /** A record that says: as in range `whole`, whose prologue is done. */
  #chained(whole: number): number {
    const out = this.#infos;
    const at = out.length;
    out.u8(VERSION | (UNW_FLAG_CHAININFO << 3));
    out.u8(0);
    out.u8(0);
    out.u8(0);
    this.#chains.push(out.length);
    this.#chains.push(whole);
    for (let k = 0; k < 3; k++) out.u32(0);
    return at;
  }

  /**
   * The codes of a prologue. With a frame register they make the stack pointer of no account from where all registers
   * are pushed: `base` is the distance from there to the frame register, a multiple of 16; -1 without one.
   */
  #codes(frame: Frame, start: number): { base: number; codes: Code[] } {
    const entry = this.#target.dwarf.entryCfaOffset;
    let depth = entry;
    let pushed = entry;
    let lowest = entry;
    for (const step of frame.steps) {
      depth += step.op === "push" ? 8 : step.op === "allocate" ? step.bytes : 0;
      if (step.op === "push") pushed = depth;
      if (step.op === "save") lowest = Math.max(lowest, -step.offset);
    }
    const least = Math.max(pushed, lowest, frame.frameRegisterAt);
    let base = frame.frameRegister < 0 ? -1 : (least - frame.frameRegisterAt + 15) & -16;
    // Saves below that are left out: more registers than Windows preserves.
    if (frame.isAligned && base > MAX_FRAME_OFFSET) base = MAX_FRAME_OFFSET;
    const baseDepth = frame.frameRegisterAt + base;
    const usesBase = base >= 0 && base <= MAX_FRAME_OFFSET && baseDepth <= depth;
    const from = usesBase ? baseDepth : depth;
    const codes: Code[] = [];
    let now = entry;
    let isSet = !usesBase;
    const setRegister = (at: number): void => {
      isSet = true;
      codes.push({ at: Math.max(at, frame.frameRegisterFrom), op: UWOP_SET_FPREG, info: 0, operand: [] });
    };
    for (const step of frame.steps) {
      switch (step.op) {
        case "push":
          codes.push({ at: step.at, op: UWOP_PUSH_NONVOL, info: this.#number(step.register), operand: [] });
          now += 8;
          break;
        case "allocate": {
          const first = isSet || now + step.bytes < baseDepth ? step.bytes : baseDepth - now;
          if (first > 0) codes.push(allocation(step.at, first));
          now += step.bytes;
          if (!isSet && now >= baseDepth) {
            setRegister(step.at);
            if (step.bytes > first) codes.push(allocation(step.at, step.bytes - first));
          }
          continue;
        }
        case "save":
          if (from + step.offset < 0) break;
          codes.push(this.#save(step.at, step.register, from + step.offset));
          break;
      }
      if (!isSet && now === baseDepth && now === pushed) setRegister(step.at);
    }
    if (!isSet) setRegister(0);
    for (const code of codes) if (code.at < start) bug("object", "unwind codes in front of their range");
    return { base: usesBase ? base : -1, codes };
  }

  #save(at: number, register: number, offset: number): Code {
    const isVector = register >= 32;
    const scale = isVector ? 16 : 8;
    const op = isVector ? UWOP_SAVE_XMM128 : UWOP_SAVE_NONVOL;
    const info = this.#number(register);
    if (offset % scale === 0 && offset / scale <= 0xffff) return { at, op, info, operand: [offset / scale] };
    return { at, op: op + FAR, info, operand: [offset & 0xffff, offset >>> 16] };
  }

  #number(register: number): number {
    const number = this.#numbers[register] ?? -1;
    if (number < 0)
      bug("object", `register ${register} of ${this.#target.name} has no number in unwind codes`);
    return number;
  }

  sections(first: number): FileSection[] {
    if (this.#ranges.length === 0) return [];
    const kind = this.#target.coff!.imageRelative;
    const infos = first + 1;
    const row = (to: ByteSink, relocations: I32List, range: number): void => {
      const [start, end, record] = this.#ranges.data.subarray(range, range + 3);
      for (const [target, addend] of [
        [TEXT, start],
        [TEXT, end],
        [infos, record],
      ] as const) {
        relocate(relocations, to.length, kind, sectionStart(target), addend!);
        to.u32(0);
      }
    };
    for (let range = 0; range < this.#ranges.length; range += 3)
      row(this.#table, this.#tableRelocations, range);
    const end = this.#infos.length;
    for (let k = 0; k < this.#chains.length; k += 2) {
      this.#infos.length = this.#chains.at(k);
      row(this.#infos, this.#infoRelocations, this.#chains.at(k + 1));
    }
    this.#infos.length = end;
    return [
      section(".pdata", "tables", 4, this.#table, this.#tableRelocations),
      section(".xdata", "tables", 4, this.#infos, this.#infoRelocations),
    ];
  }
}

function allocation(at: number, bytes: number): Code {
  if (bytes <= 128) return { at, op: UWOP_ALLOC_SMALL, info: bytes / 8 - 1, operand: [] };
  if (bytes / 8 <= 0xffff) return { at, op: UWOP_ALLOC_LARGE, info: 0, operand: [bytes / 8] };
  return { at, op: UWOP_ALLOC_LARGE, info: 1, operand: [bytes & 0xffff, bytes >>> 16] };
}

/** Reads the operations of a prologue. */
class PrologueReader {
  readonly #steps: Step[] = [];
  /** Where registers are saved, relative to the CFA. */
  readonly saved = new Map<number, number>();
  /** Distance of the stack pointer from the CFA. */
  depth: number;
  /** The register that the CFA is relative to, -1 if it is the stack pointer. */
  cfaRegister = -1;
  cfaOffset = 0;
  #cfaFrom = 0;
  #isAligned = false;

  constructor(entryCfaOffset: number) {
    this.depth = entryCfaOffset;
  }

  /** Takes the operation at `i` if it belongs to the prologue. */
  take(rows: Int32Array, i: number): boolean {
    const at = rows[i];
    const a = rows[i + 2];
    const b = rows[i + 3];
    switch (rows[i + 1]) {
      case UnwindOp.cfaFromSp:
      case UnwindOp.stackPointerAt:
        if (rows[i + 1] === UnwindOp.stackPointerAt && b === 0) {
          this.#isAligned = true;
          return true;
        }
        if (b <= this.depth) return false;
        // Up to here another register stood in for the stack pointer.
        if (rows[i + 1] === UnwindOp.cfaFromSp) this.cfaRegister = -1;
        this.#steps.push({ op: "allocate", at, bytes: b - this.depth });
        this.depth = b;
        return true;
      case UnwindOp.cfaFromRegister:
        this.cfaRegister = a;
        this.cfaOffset = b;
        this.#cfaFrom = at;
        return true;
      case UnwindOp.save: {
        const last = this.#steps[this.#steps.length - 1];
        const isPush = last?.op === "allocate" && last.at === at && last.bytes === 8 && -b === this.depth;
        if (isPush) this.#steps[this.#steps.length - 1] = { op: "push", at, register: a };
        else this.#steps.push({ op: "save", at, register: a, offset: b });
        this.saved.set(a, b);
        return true;
      }
      default:
        return false;
    }
  }

  frame(): Frame {
    return {
      steps: this.#steps,
      frameRegister: this.cfaRegister,
      frameRegisterAt: this.cfaOffset,
      frameRegisterFrom: this.#cfaFrom,
      isAligned: this.#isAligned,
    };
  }
}
