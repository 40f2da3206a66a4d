/**
 * Puts the linear allocator's edits in the order in which they execute. They come from three sources, each in order or
 * easily put in order: what instructions need, what edges demand, and one store per vreg in memory at its definition.
 *
 * Before an instruction stand stores of parameters, what the instruction needs, moves of the edge; after it, what it needs,
 * stores of its definitions.
 */
import { growInt32, I32List } from "@gantry/entity";
import type { EditList } from "./edit-list.ts";
import { SLOT_BASE } from "./operand.ts";
import { EDIT_WORDS, MOVE, type Output } from "./output.ts";
import type { Problem } from "./problem.ts";
import { NEVER } from "./use-chains.ts";

export class EditMerger {
  /** The points that have stores, as bits; those points' first, and chains of (next, vreg, register). */
  #storePoints = new Int32Array(64);
  #storeHead = new Int32Array(1024);
  readonly #stores = new I32List(64);
  #main!: EditList;
  #edge!: EditList;
  #nextMain = 0;
  #nextEdge = 0;
  #slotOf!: Int32Array;

  reset(p: Problem): void {
    const points = 2 * p.numInsts();
    this.#storeHead = growInt32(this.#storeHead, points);
    this.#storePoints = growInt32(this.#storePoints, (points + 31) >> 5);
    this.#storePoints.fill(0, 0, (points + 31) >> 5);
    this.#stores.clear();
  }

  /** Adds a store of `v` from register `r`. */
  addStore(point: number, v: number, r: number): void {
    const bit = 1 << (point & 31);
    const at = this.#stores.push((this.#storePoints[point >> 5] & bit) !== 0 ? this.#storeHead[point] : -1);
    this.#storePoints[point >> 5] |= bit;
    this.#stores.push(v);
    this.#stores.push(r);
    this.#storeHead[point] = at;
  }

  /** Writes all edits to `out`, with slots in place of the vregs that live in them. */
  write(p: Problem, main: EditList, edge: EditList, slotOf: Int32Array, out: Output): void {
    this.#main = main;
    this.#edge = edge;
    this.#slotOf = slotOf;
    this.#nextMain = 0;
    this.#nextEdge = 0;
    if (this.#stores.length > 0) {
      const words = this.#storePoints;
      for (let k = 0, z = (2 * p.numInsts() + 31) >> 5; k < z; k++)
        for (let q = words[k]; q !== 0; q &= q - 1) {
          const point = (k << 5) | (31 - Math.clz32(q & -q));
          this.#writeBelow(out, (point & 1) === 0 ? point : point + 1);
          this.#writeStores(out, point, this.#storeHead[point]);
        }
    }
    this.#writeBelow(out, NEVER);
  }

  /** Writes the edits of instructions and edges that stand before `point`. */
  #writeBelow(out: Output, point: number): void {
    const main = this.#main.words;
    const edge = this.#edge.words;
    const mainEnd = this.#main.length;
    const edgeEnd = this.#edge.length;
    let m = this.#nextMain;
    let e = this.#nextEdge;
    for (;;) {
      const a = m < mainEnd ? main[m] : NEVER;
      const b = e < edgeEnd ? edge[e] : NEVER;
      if (a >= point && b >= point) break;
      if (a <= b) {
        this.#copy(out, main, m);
        m += 4;
      } else {
        this.#copy(out, edge, e);
        e += 4;
      }
    }
    this.#nextMain = m;
    this.#nextEdge = e;
  }

  #writeStores(out: Output, point: number, head: number): void {
    const stores = this.#stores.data;
    for (let k = head; k >= 0; k = stores[k])
      push(out, point, MOVE, stores[k + 2], SLOT_BASE + this.#slotOf[stores[k + 1]]);
  }

  #copy(out: Output, words: Int32Array, at: number): void {
    let from = words[at + 2];
    let to = words[at + 3];
    if (from >= SLOT_BASE) from = SLOT_BASE + this.#slotOf[from - SLOT_BASE];
    if (to >= SLOT_BASE) to = SLOT_BASE + this.#slotOf[to - SLOT_BASE];
    push(out, words[at], words[at + 1], from, to);
  }
}

function push(out: Output, point: number, kind: number, from: number, to: number): void {
  const at = out.edits.extend(EDIT_WORDS);
  const w = out.edits.data;
  w[at] = point >> 1;
  w[at + 1] = point & 1;
  w[at + 2] = kind;
  w[at + 3] = from;
  w[at + 4] = to;
}
