import { I32List } from "@gantry/entity";

/** Kinds of edit. */
export const MOVE = 0;
export const REMATERIALISE = 1;
export const EXCHANGE = 2;

/** Words of an edit: instruction, 0 before or 1 after it, kind, from, to. */
export const EDIT_WORDS = 5;

/**
 * What an allocator answers; one instance serves many functions.
 *
 * Edits stand in the order in which they execute. A move is never from memory to memory. Whatever a client expands an
 * edit to must leave the condition codes alone.
 */
export class Output {
  /** Parallel to the problem's operands. */
  readonly allocs = new I32List(4096);
  /**
   * {@link EDIT_WORDS} words each. Move: from and to are allocation words. Rematerialise: from is the vreg. Exchange: two
   * registers of one class.
   */
  readonly edits = new I32List(1024);
  /** Per spill slot: its offset in the spill area. */
  readonly spillOffset = new I32List(64);
  /** Per spill slot: its width in bytes; everything that shares the slot is that wide. */
  readonly slotBytes = new I32List(64);
  slotCount = 0;
  /** Bytes of the spill area. */
  spillBytes = 0;
  /** Registers written by definitions and edits, a mask per class; clobbers are not in it. */
  readonly usedRegs = new Int32Array(3);
  /** Four words each: label, first instruction, instruction after the last, allocation word. */
  readonly debugLocations = new I32List(16);

  reset(): void {
    this.allocs.clear();
    this.edits.clear();
    this.spillOffset.clear();
    this.slotBytes.clear();
    this.slotCount = 0;
    this.spillBytes = 0;
    this.usedRegs.fill(0);
    this.debugLocations.clear();
  }

  numEdits(): number {
    return this.edits.length / EDIT_WORDS;
  }
}
