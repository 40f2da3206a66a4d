/**
 * Which vregs are in which registers where blocks begin and end, as far as the linear allocator has come: pairs
 * (register, vreg). Where values arrive by moves, that is behind several predecessors or with parameters, the start has a
 * state of its own; elsewhere it is the end of the only predecessor without what is dead.
 *
 * A vreg that {@link RegisterState.isAbsent} says is absent from a block is not there, whatever the pairs say.
 */
import { I32List } from "@gantry/entity";
import { CLASSES } from "./operand.ts";
import type { RegisterState } from "./register-state.ts";

export class BlockStates {
  /** Pairs at starts, and per block where its own begin; one element more than blocks once all are known. */
  readonly starts = new I32List(1024);
  readonly startAt = new I32List(256);
  /** Per block that has values arriving by moves: one whose end the first pairs of its start are as at, and where these end. */
  readonly inheritedFrom = new I32List(256);
  readonly inheritedTo = new I32List(256);
  /** Pairs at ends in the order of registers, and per block where its own begin and end. */
  readonly ends = new I32List(1024);
  readonly endFrom = new I32List(256);
  readonly endTo = new I32List(256);
  /** Per block the one whose end it shares, itself as a rule: what is absent there is absent here. */
  readonly owner = new I32List(256);

  reset(): void {
    this.starts.clear();
    this.startAt.clear();
    this.inheritedFrom.clear();
    this.inheritedTo.clear();
    this.ends.clear();
    this.endFrom.clear();
    this.endTo.clear();
    this.owner.clear();
  }

  /** The block after the last begins a state. */
  beginStart(): void {
    this.startAt.push(this.starts.length);
    this.inheritedFrom.push(-1);
    this.inheritedTo.push(0);
  }

  /** What the start that was begun last has by now is as at the end of block `d`. */
  noteInherited(d: number): void {
    const b = this.startAt.length - 1;
    this.inheritedFrom.data[b] = d;
    this.inheritedTo.data[b] = this.starts.length;
  }

  addStart(r: number, v: number): void {
    this.starts.push(r);
    this.starts.push(v);
  }

  /** Takes register `r` out of the start that was begun last. */
  removeStart(r: number): void {
    const starts = this.starts.data;
    let k = this.startAt.at(this.startAt.length - 1);
    while (starts[k] !== r) k += 2;
    starts[k + 1] = starts[this.starts.length - 1];
    starts[k] = starts[this.starts.length - 2];
    this.starts.length -= 2;
  }

  /**
   * The next block, which has no instruction with operands, ends as block `d` does, its only predecessor. The register
   * state stays that of an earlier block, which may well be the predecessor of the one behind it.
   */
  passThrough(d: number): void {
    this.beginStart();
    this.endFrom.push(this.endFrom.data[d]);
    this.endTo.push(this.endTo.data[d]);
    this.owner.push(this.owner.data[d]);
  }

  /** The next block ends in state `s`, or in none that matters. */
  addEnd(s: RegisterState, matters: boolean): void {
    this.owner.push(this.endFrom.push(this.ends.length));
    if (matters) {
      let at = this.ends.extend(64 * CLASSES);
      const ends = this.ends.data;
      const { vregIn, all, free, classes } = s;
      for (let c = 0; c < classes; c++) {
        for (let q = all[c] & ~free[c]; q !== 0; q &= q - 1) {
          const r = (c << 5) | (31 - Math.clz32(q & -q));
          ends[at] = r;
          ends[at + 1] = vregIn[r];
          at += 2;
        }
      }
      this.ends.length = at;
    }
    this.endTo.push(this.ends.length);
  }

  /** The register that `v` is in at the start of block `b`, which has a state of its own, or -1. */
  registerAtStart(s: RegisterState, b: number, v: number): number {
    const starts = this.starts.data;
    for (let k = this.startAt.data[b], z = this.startAt.data[b + 1]; k < z; k += 2)
      if (starts[k + 1] === v) return s.isAbsent(v, b) ? -1 : starts[k];
    return -1;
  }

  /** The register that `v` is in at the end of block `b`, or -1. */
  registerAtEnd(s: RegisterState, b: number, v: number): number {
    const ends = this.ends.data;
    for (let k = this.endFrom.data[b], z = this.endTo.data[b]; k < z; k += 2)
      if (ends[k + 1] === v) return s.isAbsent(v, this.owner.data[b]) ? -1 : ends[k];
    return -1;
  }
}
