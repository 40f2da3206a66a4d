/**
 * Gives spill slots to vregs that live in memory: vregs whose lives do not overlap share one. A life is taken as one
 * interval of positions in layout order, so a sweep over intervals sorted by their start with one list of free slots
 * per size is optimal for the intervals.
 */
import { growInt32, I32List } from "@gantry/entity";

/** Slot sizes are powers of two up to 1 << (SIZES - 1) bytes. */
const SIZES = 12;

export class SpillSlots {
  /** Per vreg: its slot. */
  slotOf = new Int32Array(1024);
  readonly offset = new I32List(64);
  bytes = 0;
  readonly #order = new I32List(64);
  readonly #sizeOf = new I32List(64);
  /** Free slots per size, chained. */
  readonly #freeHead = new Int32Array(SIZES);
  readonly #freeNext = new I32List(64);
  /** Occupied slots: a heap of (end, slot). */
  readonly #heapEnd = new I32List(64);
  readonly #heapSlot = new I32List(64);
  /** Where lives start, as bits, and the vregs whose lives start there, chained. */
  #starts = new Int32Array(64);
  #bucketHead = new Int32Array(1024);
  #bucketNext = new Int32Array(1024);

  /**
   * @param vregs The vregs that need a slot.
   * @param from Per vreg the first position of its life, at least 0.
   * @param to Per vreg the position after its life.
   * @param positions Bound of `from`.
   */
  assign(
    vregs: I32List,
    from: Int32Array,
    to: Int32Array,
    slotBytes: Int32Array,
    numVRegs: number,
    positions: number,
  ): void {
    this.slotOf = growInt32(this.slotOf, numVRegs);
    this.offset.clear();
    this.#sizeOf.clear();
    this.#freeNext.clear();
    this.#heapEnd.clear();
    this.#heapSlot.clear();
    this.#freeHead.fill(-1);
    this.bytes = 0;
    if (vregs.length === 0) return;
    this.#sort(vregs, from, numVRegs, positions);
    for (let k = 0; k < this.#order.length; k++) {
      const v = this.#order.at(k);
      while (this.#heapEnd.length > 0 && this.#heapEnd.at(0) <= from[v]) this.#release();
      const size = 31 - Math.clz32(slotBytes[v]);
      let s = this.#freeHead[size];
      if (s >= 0) this.#freeHead[size] = this.#freeNext.at(s);
      else {
        s = this.#sizeOf.push(size);
        this.#freeNext.push(-1);
      }
      this.slotOf[v] = s;
      this.#occupy(to[v], s);
    }
    this.#place();
  }

  /** Bucket sort by the start of the life. */
  #sort(vregs: I32List, from: Int32Array, numVRegs: number, positions: number): void {
    const words = (positions + 31) >> 5;
    this.#starts = growInt32(this.#starts, words);
    this.#bucketHead = growInt32(this.#bucketHead, positions);
    this.#bucketNext = growInt32(this.#bucketNext, numVRegs);
    const starts = this.#starts;
    const head = this.#bucketHead;
    const next = this.#bucketNext;
    this.#order.clear();
    starts.fill(0, 0, words);
    for (let k = vregs.length - 1; k >= 0; k--) {
      const v = vregs.at(k);
      const at = from[v];
      next[v] = ((starts[at >> 5] >>> (at & 31)) & 1) !== 0 ? head[at] : -1;
      starts[at >> 5] |= 1 << (at & 31);
      head[at] = v;
    }
    for (let k = 0; k < words; k++)
      for (let q = starts[k]; q !== 0; q &= q - 1)
        for (let v = head[(k << 5) | (31 - Math.clz32(q & -q))]; v >= 0; v = next[v]) this.#order.push(v);
  }

  #occupy(end: number, slot: number): void {
    let k = this.#heapEnd.push(end);
    this.#heapSlot.push(slot);
    const ends = this.#heapEnd.data;
    const slots = this.#heapSlot.data;
    while (k > 0) {
      const up = (k - 1) >> 1;
      if (ends[up] <= end) break;
      ends[k] = ends[up];
      slots[k] = slots[up];
      k = up;
    }
    ends[k] = end;
    slots[k] = slot;
  }

  /** Frees the slot whose life ends first. */
  #release(): void {
    const ends = this.#heapEnd.data;
    const slots = this.#heapSlot.data;
    const s = slots[0];
    const size = this.#sizeOf.at(s);
    this.#freeNext.set(s, this.#freeHead[size]);
    this.#freeHead[size] = s;
    const end = this.#heapEnd.pop();
    const slot = this.#heapSlot.pop();
    const n = this.#heapEnd.length;
    if (n === 0) return;
    let k = 0;
    for (;;) {
      let down = 2 * k + 1;
      if (down >= n) break;
      if (down + 1 < n && ends[down + 1] < ends[down]) down++;
      if (ends[down] >= end) break;
      ends[k] = ends[down];
      slots[k] = slots[down];
      k = down;
    }
    ends[k] = end;
    slots[k] = slot;
  }

  /** Width of slot `s` in bytes. */
  widthOf(s: number): number {
    return 1 << this.#sizeOf.at(s);
  }

  /** Offsets, largest slots first, so that alignment wastes nothing. */
  #place(): void {
    const n = this.#sizeOf.length;
    this.offset.fill(n, 0);
    for (let size = SIZES - 1; size >= 0; size--)
      for (let s = 0; s < n; s++) {
        if (this.#sizeOf.at(s) !== size) continue;
        this.offset.set(s, this.bytes);
        this.bytes += 1 << size;
      }
  }
}
