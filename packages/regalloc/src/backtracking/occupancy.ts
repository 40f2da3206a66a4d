/**
 * Which registers are taken at every program point: one mask of registers per class and point, with the union of every 32
 * points beside it. So the registers that are free over a whole range are found for all at once, in one pass over its
 * points that skips whole groups, and not by asking register after register.
 *
 * Who has a register is found through lists of ranges per register and group of 32 points, which only eviction needs.
 */
import { growInt32, I32List } from "@gantry/entity";
import { CLASSES } from "../operand.ts";
import type { Ranges } from "./ranges.ts";

export class Occupancy {
  readonly #ranges: Ranges;
  readonly #taken: Int32Array[] = [new Int32Array(64), new Int32Array(64), new Int32Array(64)];
  readonly #takenGroups: Int32Array[] = [new Int32Array(8), new Int32Array(8), new Int32Array(8)];
  readonly #reservedGroups: Int32Array[] = [new Int32Array(8), new Int32Array(8), new Int32Array(8)];
  #groups = 0;
  /**
   * Per class, group and register, in this order because eviction asks for one group of all registers: first node; nodes
   * are pairs (range, next).
   */
  #head = new Int32Array(1024);
  readonly #nodes = new I32List(1024);
  #freeNode = -1;

  constructor(ranges: Ranges) {
    this.#ranges = ranges;
  }

  reset(points: number): void {
    this.#groups = (points >> 5) + 1;
    for (let c = 0; c < CLASSES; c++) {
      this.#taken[c] = growInt32(this.#taken[c]!, points);
      this.#taken[c]!.fill(0, 0, points);
      this.#takenGroups[c] = growInt32(this.#takenGroups[c]!, this.#groups);
      this.#takenGroups[c]!.fill(0, 0, this.#groups);
      const groups = growInt32(this.#reservedGroups[c]!, this.#groups);
      this.#reservedGroups[c] = groups;
      groups.fill(0, 0, this.#groups);
      const reserved = this.#ranges.reserved[c]!;
      for (let k = 0; k < points; k++) groups[k >> 5]! |= reserved[k]!;
    }
    this.#head = growInt32(this.#head, 32 * CLASSES * this.#groups);
    this.#head.fill(-1, 0, 32 * CLASSES * this.#groups);
    this.#nodes.clear();
    this.#freeNode = -1;
  }

  /** Registers taken by ranges somewhere in [from, to). */
  taken(c: number, from: number, to: number): number {
    return union(this.#taken[c]!, this.#takenGroups[c]!, from, to);
  }

  /** Registers reserved by operands and clobbers somewhere in [from, to). */
  reserved(c: number, from: number, to: number): number {
    return union(this.#ranges.reserved[c]!, this.#reservedGroups[c]!, from, to);
  }

  /** Registers taken or reserved at one point. */
  busyAt(c: number, point: number): number {
    return this.#taken[c]![point]! | this.#ranges.reserved[c]![point]!;
  }

  /** Where the list of register `r` in group `g` begins. */
  #listOf(r: number, g: number): number {
    return (((r >> 5) * this.#groups + g) << 5) | (r & 31);
  }

  add(r: number, range: number): void {
    const c = r >> 5;
    const bit = 1 << (r & 31);
    const from = this.#ranges.from.at(range);
    const to = this.#ranges.to.at(range);
    const taken = this.#taken[c]!;
    for (let k = from; k < to; k++) taken[k]! |= bit;
    for (let g = from >> 5; g <= (to - 1) >> 5; g++) {
      this.#takenGroups[c]![g]! |= bit;
      const at = this.#listOf(r, g);
      let node = this.#freeNode;
      if (node >= 0) this.#freeNode = this.#nodes.at(node + 1);
      else {
        node = this.#nodes.push(0);
        this.#nodes.push(0);
      }
      this.#nodes.set(node, range);
      this.#nodes.set(node + 1, this.#head[at]!);
      this.#head[at] = node;
    }
  }

  remove(r: number, range: number): void {
    const c = r >> 5;
    const bit = 1 << (r & 31);
    const from = this.#ranges.from.at(range);
    const to = this.#ranges.to.at(range);
    const taken = this.#taken[c]!;
    const nodes = this.#nodes.data;
    for (let k = from; k < to; k++) taken[k]! &= ~bit;
    for (let g = from >> 5; g <= (to - 1) >> 5; g++) {
      const at = this.#listOf(r, g);
      let before = -1;
      let node = this.#head[at]!;
      while (nodes[node] !== range) {
        before = node;
        node = nodes[node + 1]!;
      }
      if (before < 0) this.#head[at] = nodes[node + 1]!;
      else nodes[before + 1] = nodes[node + 1]!;
      nodes[node + 1] = this.#freeNode;
      this.#freeNode = node;
      let mask = 0;
      for (let k = g << 5, z = Math.min(k + 32, taken.length); k < z; k++) mask |= taken[k]!;
      this.#takenGroups[c]![g] = mask;
    }
  }

  /** The first of the nodes of register `r` in group `g` of 32 points, -1 if there is none. */
  firstNode(r: number, g: number): number {
    return this.#head[this.#listOf(r, g)]!;
  }

  nextNode(node: number): number {
    return this.#nodes.at(node + 1);
  }

  rangeOf(node: number): number {
    return this.#nodes.at(node);
  }

  /** Appends to `into` the ranges in register `r` that meet [from, to), some perhaps more than once. */
  collect(r: number, from: number, to: number, into: I32List): void {
    const nodes = this.#nodes.data;
    for (let g = from >> 5; g <= (to - 1) >> 5; g++)
      for (let node = this.#head[this.#listOf(r, g)]!; node >= 0; node = nodes[node + 1]!) {
        const range = nodes[node]!;
        if (this.#ranges.from.at(range) < to && this.#ranges.to.at(range) > from) into.push(range);
      }
  }
}

function union(points: Int32Array, groups: Int32Array, from: number, to: number): number {
  let mask = 0;
  let k = from;
  while (k < to) {
    if ((k & 31) === 0 && k + 32 <= to) {
      mask |= groups[k >> 5]!;
      k += 32;
    } else mask |= points[k++]!;
  }
  return mask;
}
