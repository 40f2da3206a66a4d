import type { Function, StackSlot } from "@gantry/clif-ir";
import { I32List } from "@gantry/entity";

/**
 * The stack frame of one function. From the stack pointer of the body upwards:
 *
 * ```
 *   outgoing arguments     0
 *   spill slots            spillBase
 *   explicit stack slots   slotBase
 *   padding, saved registers, saved frame pointer and return address: the target's
 *   incoming arguments     incomingBase
 * ```
 *
 * The stack pointer does not move in the body, so everything is at a constant distance from it.
 */
export class Frame {
  /** Bytes of the outgoing argument area: the most that any call needs. */
  outgoingBytes = 0;
  spillBase = 0;
  slotBase = 0;
  /** Bytes of outgoing, spill and stack slot areas. */
  bodyBytes = 0;
  /** Bytes that the prologue takes off the stack pointer after it has saved registers. */
  adjustBytes = 0;
  /** Distance to the incoming arguments from the stack pointer of the body, or from {@link incomingRegister}. */
  incomingBase = 0;
  /** Registers that the function writes, one mask a class. */
  readonly used: Int32Array<ArrayBuffer> = new Int32Array(3);
  /** Registers that the prologue saves, one mask a class. */
  readonly saved: Int32Array<ArrayBuffer> = new Int32Array(3);
  /** Whether the function calls anything that uses the stack. */
  hasCalls = false;
  /** Whether the frame pointer register points into the frame. */
  framePointer = false;
  /** Distance from the stack pointer of the body to where the frame pointer points; -1: none, or not constant. */
  framePointerAt = -1;
  /** The register that incoming arguments are addressed from; -1: the stack pointer. */
  incomingRegister = -1;
  /** Bytes of stack from the return address down to the stack pointer of the body, at most. */
  frameBytes = 0;
  /** Bytes of incoming arguments that the callee takes off the stack when it returns. */
  popBytes = 0;
  /** Bytes of incoming arguments on the stack. */
  incomingBytes = 0;
  readonly #slotOffset = new I32List();

  reset(): void {
    this.outgoingBytes = 0;
    this.spillBase = 0;
    this.slotBase = 0;
    this.bodyBytes = 0;
    this.adjustBytes = 0;
    this.incomingBase = 0;
    this.used.fill(0);
    this.saved.fill(0);
    this.hasCalls = false;
    this.framePointer = false;
    this.framePointerAt = -1;
    this.incomingRegister = -1;
    this.frameBytes = 0;
    this.popBytes = 0;
    this.incomingBytes = 0;
    this.#slotOffset.clear();
  }

  /** Lays out spill slots and the explicit stack slots of `func` above the outgoing arguments. */
  layOut(func: Function, spillBytes: number, wordBytes: number): void {
    this.spillBase = alignUp(this.outgoingBytes, 16);
    let at = this.spillBase + spillBytes;
    this.slotBase = at;
    for (let s = 0, n = func.numStackSlots; s < n; s++) {
      const alignment = Math.max(wordBytes, 2 ** func.slotAlignLog2(s as StackSlot));
      at = alignUp(at, alignment);
      this.#slotOffset.push(at);
      at += func.slotBytes(s as StackSlot);
    }
    this.bodyBytes = at;
  }

  /** Distance of explicit stack slot `s` from the stack pointer of the body. */
  slotOffset(s: number): number {
    return this.#slotOffset.data[s];
  }
}

/** The least multiple of `alignment` (a power of two) that is not below `n`. */
export function alignUp(n: number, alignment: number): number {
  return (n + alignment - 1) & -alignment;
}
