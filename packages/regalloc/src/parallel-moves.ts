/**
 * Parallel moves: a set of assignments that all read before any writes, turned into a sequence.
 *
 * Every location has at most one assignment to it, so what remains once all assignments to unread locations are emitted
 * is a set of disjoint cycles. A cycle is broken with a free register; without one, by exchanges if it is all registers,
 * otherwise through a scratch slot. No emitted move is from memory to memory: such an assignment goes through a free
 * register, or through one that is saved in a second scratch slot and restored.
 *
 * Location words are those of `operand.ts`, but a spill slot is `SLOT_BASE` plus the *vreg* that lives in it (or a
 * scratch slot, see {@link scratchSlot}); slots get their numbers after the last move is known. A location's index is its
 * word without `SLOT_BASE`, which keeps registers and vregs apart because vregs count from 128.
 */
import { growInt32, I32List } from "@gantry/entity";
import type { EditList } from "./edit-list.ts";
import { CLASSES, FIRST_FIXED_SLOT, SLOT_BASE } from "./operand.ts";
import { EXCHANGE, MOVE, REMATERIALISE } from "./output.ts";

export class ParallelMoves {
  readonly #src = new I32List(64);
  readonly #dst = new I32List(64);
  readonly #stack = new I32List(64);
  readonly #pending = new I32List(64);
  #srcOf = new Int32Array(1024);
  /** Pending assignments that read the location. */
  #readers = new Int32Array(1024);
  /** Non-zero while an assignment to the location is pending. */
  #waits = new Int32Array(1024);
  readonly #free = new Int32Array(CLASSES);
  readonly #read = new Int32Array(CLASSES);
  readonly #all = new Int32Array(CLASSES);
  readonly #usedRegs = new Int32Array(CLASSES);
  #bound = 0;
  #point = 0;
  #edits!: EditList;
  #vregClass!: Int32Array;
  /** Bit `2 * class + k`: scratch slot k of the class is in use. */
  scratchSlots = 0;

  /** @param bound Bound of vreg words. */
  reset(bound: number, edits: EditList, vregClass: Int32Array, allocatable: Int32Array): void {
    this.#bound = bound;
    const n = bound + 2 * CLASSES;
    if (n > this.#srcOf.length) {
      this.#srcOf = growInt32(this.#srcOf, n);
      this.#readers = growInt32(this.#readers, n);
      this.#waits = growInt32(this.#waits, n);
    }
    this.#edits = edits;
    this.#vregClass = vregClass;
    for (let c = 0; c < CLASSES; c++) {
      this.#all[c] = allocatable[c];
      this.#usedRegs[c] = 0;
    }
    this.#src.clear();
    this.#dst.clear();
    this.scratchSlots = 0;
  }

  /** Sends what is emitted from now on to another list. */
  redirect(edits: EditList): void {
    this.#edits = edits;
  }

  /** Registers written by what was emitted since {@link reset}. */
  usedRegs(cls: number): number {
    return this.#usedRegs[cls];
  }

  /** The pseudo vreg of scratch slot `k` (0 or 1) of a class. */
  scratchSlot(cls: number, k: number): number {
    return this.#bound + 2 * cls + k;
  }

  /** Adds an assignment; `src` is a location word, or `-2 - vreg` for a value to rematerialise. */
  add(src: number, dst: number): void {
    this.#src.push(src);
    this.#dst.push(dst);
  }

  /**
   * Emits the assignments added since the last call, at `point`.
   *
   * @param free0 Registers per class whose contents nobody needs at the point; sources and destinations may be in it.
   */
  resolve(point: number, free0: number, free1: number, free2: number): void {
    const n = this.#src.length;
    if (n === 0) return;
    this.#point = point;
    const src = this.#src.data;
    const dst = this.#dst.data;
    this.#src.clear();
    this.#dst.clear();
    if (n === 1 && (src[0] < FIRST_FIXED_SLOT || dst[0] < FIRST_FIXED_SLOT) && src[0] >= 0) {
      if (src[0] !== dst[0]) this.#move(src[0], dst[0]);
      return;
    }
    if (this.#emitIndependent(n)) return;
    const free = this.#free;
    free[0] = free0;
    free[1] = free1;
    free[2] = free2;
    const srcOf = this.#srcOf;
    const readers = this.#readers;
    const waits = this.#waits;
    const pending = this.#pending;
    pending.clear();
    for (let k = 0; k < n; k++) {
      const s = src[k];
      const d = dst[k];
      if (s === d) continue;
      if (d < FIRST_FIXED_SLOT) free[d >> 5] &= ~(1 << (d & 31));
      if (s < -1) continue;
      if (s < FIRST_FIXED_SLOT) free[s >> 5] &= ~(1 << (s & 31));
      const di = d & (SLOT_BASE - 1);
      srcOf[di] = s;
      waits[di] = 1;
      readers[s & (SLOT_BASE - 1)]++;
      pending.push(d);
    }
    const stack = this.#stack;
    for (let k = 0; k < pending.length; k++) {
      const d = pending.at(k);
      if (readers[d & (SLOT_BASE - 1)] === 0) stack.push(d);
    }
    this.#drain();
    for (let k = 0; k < pending.length; k++) {
      const d = pending.at(k);
      if (waits[d & (SLOT_BASE - 1)] !== 0) this.#breakCycle(d);
    }
    for (let k = 0; k < n; k++) if (src[k] < -1) this.#rematerialise(-2 - src[k], dst[k]);
  }

  /** If all `n` destinations are registers that no assignment reads, emits the assignments as they are, and says so. */
  #emitIndependent(n: number): boolean {
    const src = this.#src.data;
    const dst = this.#dst.data;
    const read = this.#read;
    read[0] = 0;
    read[1] = 0;
    read[2] = 0;
    for (let k = 0; k < n; k++) {
      const s = src[k];
      if (s >= 0 && s < FIRST_FIXED_SLOT) read[s >> 5] |= 1 << (s & 31);
    }
    let clash = 0;
    for (let k = 0; k < n; k++) {
      const d = dst[k];
      clash |= d >= FIRST_FIXED_SLOT ? 1 : (read[d >> 5] >>> (d & 31)) & 1;
    }
    if (clash !== 0) return false;
    for (let k = 0; k < n; k++) {
      if (src[k] >= 0) this.#move(src[k], dst[k]);
      else this.#rematerialise(-2 - src[k], dst[k]);
    }
    return true;
  }

  /** Emits every assignment whose destination nobody reads any more. */
  #drain(): void {
    const stack = this.#stack;
    while (stack.length > 0) {
      const d = stack.pop();
      const di = d & (SLOT_BASE - 1);
      const s = this.#srcOf[di];
      const si = s & (SLOT_BASE - 1);
      this.#move(s, d);
      this.#waits[di] = 0;
      if (--this.#readers[si] === 0 && this.#waits[si] !== 0) stack.push(s);
    }
  }

  #breakCycle(d: number): void {
    let last = d;
    let allRegisters = d < FIRST_FIXED_SLOT;
    for (;;) {
      const s = this.#srcOf[last & (SLOT_BASE - 1)];
      if (s >= FIRST_FIXED_SLOT) allRegisters = false;
      if (s === d) break;
      last = s;
    }
    const cls = this.#classOf(d);
    const t = this.#freeRegister(cls);
    if (t < 0 && allRegisters) {
      this.#exchangeCycle(d);
      return;
    }
    const save = t >= 0 ? t : SLOT_BASE + this.#useScratch(cls, 0);
    if (t >= 0) this.#free[cls] &= ~(1 << (t & 31));
    this.#move(d, save);
    this.#srcOf[last & (SLOT_BASE - 1)] = save;
    this.#readers[d & (SLOT_BASE - 1)]--;
    this.#readers[save & (SLOT_BASE - 1)] = 1;
    this.#stack.push(d);
    this.#drain();
    if (t >= 0) this.#free[cls] |= 1 << (t & 31);
  }

  /** A cycle of n registers takes n - 1 exchanges: each puts one value in its place. */
  #exchangeCycle(first: number): void {
    let d = first;
    for (;;) {
      const s = this.#srcOf[d];
      this.#waits[d] = 0;
      this.#readers[d]--;
      if (s === first) return;
      this.#edits.push(this.#point, EXCHANGE, d, s);
      this.#markUsed(d);
      this.#markUsed(s);
      d = s;
    }
  }

  #move(s: number, d: number): void {
    if (s < FIRST_FIXED_SLOT || d < FIRST_FIXED_SLOT) {
      this.#edits.push(this.#point, MOVE, s, d);
      if (d < FIRST_FIXED_SLOT) this.#markUsed(d);
      return;
    }
    const cls = this.#classOf(d >= SLOT_BASE ? d : s);
    const t = this.#freeRegister(cls);
    const r = t >= 0 ? t : this.#borrow(cls);
    this.#edits.push(this.#point, MOVE, s, r);
    this.#edits.push(this.#point, MOVE, r, d);
    this.#markUsed(r);
    if (t < 0) this.#restore(r, cls);
  }

  #rematerialise(vreg: number, d: number): void {
    if (d < FIRST_FIXED_SLOT) {
      this.#edits.push(this.#point, REMATERIALISE, vreg, d);
      this.#markUsed(d);
      return;
    }
    const cls = this.#vregClass[vreg];
    const t = this.#freeRegister(cls);
    const r = t >= 0 ? t : this.#borrow(cls);
    this.#edits.push(this.#point, REMATERIALISE, vreg, r);
    this.#edits.push(this.#point, MOVE, r, d);
    this.#markUsed(r);
    if (t < 0) this.#restore(r, cls);
  }

  /** Saves some register, whatever it holds, and returns it. */
  #borrow(cls: number): number {
    const all = this.#all[cls];
    const r = (cls << 5) | (31 - Math.clz32(all & -all));
    this.#edits.push(this.#point, MOVE, r, SLOT_BASE + this.#useScratch(cls, 1));
    return r;
  }

  #restore(r: number, cls: number): void {
    this.#edits.push(this.#point, MOVE, SLOT_BASE + this.scratchSlot(cls, 1), r);
  }

  #useScratch(cls: number, k: number): number {
    this.scratchSlots |= 1 << (2 * cls + k);
    return this.scratchSlot(cls, k);
  }

  #freeRegister(cls: number): number {
    const f = this.#free[cls];
    return f === 0 ? -1 : (cls << 5) | (31 - Math.clz32(f & -f));
  }

  #classOf(d: number): number {
    if (d < FIRST_FIXED_SLOT) return d >> 5;
    const v = d & (SLOT_BASE - 1);
    if (v >= this.#bound) return (v - this.#bound) >> 1;
    return d < SLOT_BASE ? 0 : this.#vregClass[v];
  }

  #markUsed(r: number): void {
    this.#usedRegs[r >> 5] |= 1 << (r & 31);
  }
}
