import { I32List } from "@gantry/entity";

/**
 * Kinds of unwind operation, in the order in which a prologue or an epilogue performs them. An operation takes
 * effect at its offset, which is the end of the machine instruction that caused it.
 */
export const UnwindOp = {
  /** The canonical frame address is now `stack pointer + b`. Operand a is unused. */
  cfaFromSp: 0,
  /** The canonical frame address is now `register a + b`. */
  cfaFromRegister: 1,
  /** Register `a` was saved at `CFA + b` (b is negative). */
  save: 2,
  /** Register `a` has its caller's value again. */
  restore: 3,
  /** Remember the whole rule set: an epilogue in the middle of a function begins. */
  rememberState: 4,
  /** Go back to the remembered rule set: the code after that epilogue begins. */
  restoreState: 5,
  /**
   * The stack pointer is now `CFA - b`, or anywhere below if b is 0, while the CFA is relative to another register. No rule
   * changes, but tables that describe what the prologue did need to know.
   */
  stackPointerAt: 6,
  /**
   * An epilogue begins that does not undo the prologue step by step: it overwrites saved registers or the return address
   * while the frame still stands. It lasts until {@link restoreState}, or until the function ends.
   */
  rearrange: 7,
} as const;

/** Kinds of data inside the code of a function. */
export const DataKind = { constant: 0, jumpTable: 1 } as const;

/** Words for each row of the columns of {@link CompiledCode}. */
export const RELOCATION_WORDS = 4;
export const TRAP_WORDS = 2;
export const SOURCE_WORDS = 2;
export const CALL_SITE_WORDS = 4;
export const UNWIND_WORDS = 4;
export const DATA_WORDS = 3;
export const FRAME_SLOT_WORDS = 4;
export const HANDLER_WORDS = 3;
export const TAG_WORDS = 3;

/** Kinds of exception handler. */
export const HandlerKind = { tag: 0, default: 1, context: 2 } as const;

/**
 * The machine code of one function and all that is known of it, as flat columns. The instance belongs to a
 * compile context and is overwritten by the next function: take {@link clone} to keep it.
 *
 * Names are indices into the function's external names and source locations are relative to its base location, so
 * that the contents do not depend on what the function or its callees are called. Every column with an offset is
 * sorted by it.
 */
export class CompiledCode {
  bytes: Uint8Array<ArrayBuffer> = new Uint8Array(4096);
  /** Bytes of `bytes` that are in use: instructions, then jump tables and constants. */
  length = 0;
  /** Bytes of `length` that are instructions. */
  codeLength = 0;
  /** Required alignment of the first byte, a power of two. */
  alignment = 1;

  /** Rows of (offset, kind, symbol index, addend). Kinds are the target's. */
  readonly relocations: I32List = new I32List();
  /** Rows of (offset of the trapping instruction, trap code). */
  readonly traps: I32List = new I32List();
  /** Rows of (offset, relative source location): the location holds up to the next row. */
  readonly sources: I32List = new I32List();
  /** Rows of (return offset, stack map or -1, first exception handler or -1, number of handlers). */
  readonly callSites: I32List = new I32List();
  /** Rows of (offset, kind, a, b): see {@link UnwindOp}. */
  readonly unwind: I32List = new I32List();
  /** Rows of (offset, length, kind): see {@link DataKind}. */
  readonly data: I32List = new I32List();
  /** Rows of (stack slot, offset from the stack pointer in the body, key low, key high); the key is 0 if it has none. */
  readonly frameSlots: I32List = new I32List();
  /** Offsets of the lowered blocks in emission order, when the setting `machine_code_cfg_info` is on. */
  readonly blockOffsets: I32List = new I32List();
  /**
   * Exception handlers of call sites, in the order in which they are tried: rows of (kind: 0 tag, 1 default, 2 context;
   * the tag, or where the context value is: its distance from the stack pointer of the body; offset of the code of the
   * handler, -1 for a context).
   */
  readonly handlers: I32List = new I32List();
  /** Patchable call sites: rows of (return offset, length). */
  readonly patchable: I32List = new I32List();
  /** Debug tags: rows of (offset, kind: 0 user, 1 stack slot; value). That of a call is where it returns. */
  readonly debugTags: I32List = new I32List();
  /** Where values live: rows of (label, from offset, to offset, register word, or 2^24 + offset from the CFA). */
  readonly valueRanges: I32List = new I32List();
  /**
   * Safepoint maps: rows of (distance from the stack pointer of the body to the canonical frame address (-1: not
   * constant), number of values), each followed by that many pairs of a type and a distance from that stack pointer.
   */
  readonly stackMaps: I32List = new I32List();

  /** Bytes of stack that the function uses below its return address, in its body. */
  frameBytes = 0;
  /**
   * Distance from the stack pointer in the body to where the frame pointer register points, -1 if the function does
   * not keep one or the distance is not constant.
   */
  framePointerAt = -1;

  reset(): void {
    this.length = 0;
    this.codeLength = 0;
    this.alignment = 1;
    this.frameBytes = 0;
    this.framePointerAt = -1;
    this.relocations.clear();
    this.traps.clear();
    this.sources.clear();
    this.callSites.clear();
    this.unwind.clear();
    this.data.clear();
    this.frameSlots.clear();
    this.blockOffsets.clear();
    this.handlers.clear();
    this.patchable.clear();
    this.debugTags.clear();
    this.valueRanges.clear();
    this.stackMaps.clear();
  }

  /** The code alone, as a copy. */
  toBytes(): Uint8Array<ArrayBuffer> {
    return this.bytes.slice(0, this.length);
  }

  /** A copy that outlives the compile context. */
  clone(): CompiledCode {
    const c = new CompiledCode();
    c.bytes = this.toBytes();
    c.length = this.length;
    c.codeLength = this.codeLength;
    c.alignment = this.alignment;
    c.frameBytes = this.frameBytes;
    c.framePointerAt = this.framePointerAt;
    for (const name of CompiledCode.columns) {
      const from = this[name];
      const to = c[name];
      to.extend(from.length);
      to.data.set(from.data.subarray(0, from.length));
    }
    return c;
  }

  /** The names of the columns, for tools that treat them alike. */
  static readonly columns = [
    "relocations",
    "traps",
    "sources",
    "callSites",
    "unwind",
    "data",
    "frameSlots",
    "blockOffsets",
    "handlers",
    "patchable",
    "debugTags",
    "valueRanges",
    "stackMaps",
  ] as const;
}
