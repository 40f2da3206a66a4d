/**
 * Cuts bundles that get no register as a whole: in two before the conflict that the luckiest register meets last, moved
 * out of loops that the bundle does not begin in; after {@link MAX_SPLITS} times into one piece per use. What lies between
 * uses becomes a bundle of its own, which can do without a register.
 */
import type { Problem } from "../problem.ts";
import type { BundleQueue } from "./bundle-queue.ts";
import type { Measures } from "./measures.ts";
import type { Occupancy } from "./occupancy.ts";
import { IN_SLOT, NEEDS_REGISTER, type Ranges } from "./ranges.ts";

/** Splits of what was once one bundle before its parts fall into pieces of one use. */
const MAX_SPLITS = 10;
/** Points between two uses of one piece, when a bundle falls apart for the first time. */
const MAX_RUN_GAP = 24;

/** A chain of ranges in the making, for one bundle. */
class Chain {
  readonly #ranges: Ranges;
  head = -1;
  #tail = -1;

  constructor(ranges: Ranges) {
    this.#ranges = ranges;
  }

  clear(): void {
    this.head = -1;
  }

  append(range: number): void {
    this.#ranges.nextOfBundle.set(range, -1);
    if (this.head < 0) this.head = range;
    else this.#ranges.nextOfBundle.set(this.#tail, range);
    this.#tail = range;
  }
}

export class Splitter {
  readonly #ranges: Ranges;
  readonly #occupancy: Occupancy;
  readonly #measures: Measures;
  readonly #queue: BundleQueue;
  #problem!: Problem;
  readonly #left: Chain;
  readonly #right: Chain;
  readonly #kept: Chain;
  readonly #idle: Chain;

  constructor(ranges: Ranges, occupancy: Occupancy, measures: Measures, queue: BundleQueue) {
    this.#ranges = ranges;
    this.#occupancy = occupancy;
    this.#measures = measures;
    this.#queue = queue;
    this.#left = new Chain(ranges);
    this.#right = new Chain(ranges);
    this.#kept = new Chain(ranges);
    this.#idle = new Chain(ranges);
  }

  reset(p: Problem): void {
    this.#problem = p;
  }

  /**
   * Replaces bundle `b` by parts, and puts them into the queue.
   *
   * @param allowed Registers that the bundle accepts.
   */
  split(b: number, allowed: number): void {
    const ranges = this.#ranges;
    const splits = ranges.bundleSplits.at(b);
    const point = splits >= MAX_SPLITS ? -1 : this.#splitPoint(b, allowed);
    if (point < 0) {
      this.#crumble(b);
      return;
    }
    this.#left.clear();
    this.#right.clear();
    for (let k = ranges.bundleHead.at(b); k >= 0; ) {
      const next = ranges.nextOfBundle.at(k);
      if (ranges.from.at(k) >= point) this.#right.append(k);
      else {
        if (ranges.to.at(k) > point) this.#right.append(ranges.cut(k, point));
        this.#left.append(k);
      }
      k = next;
    }
    ranges.bundleHead.set(b, -1);
    this.#trim(b, this.#left.head, splits + 1);
    this.#trim(b, this.#right.head, splits + 1);
  }

  /**
   * Cuts range `k` after use `u` and returns the rest, -1 if there is none. The rest begins between instructions; in
   * between, after an early use, the value is in memory.
   */
  #cutAfter(k: number, u: number): number {
    const ranges = this.#ranges;
    const end = this.#measures.endOf(u);
    if (end >= ranges.to.at(k)) return -1;
    if ((end & 1) === 0) return ranges.cut(k, end);
    ranges.inMemory[ranges.vreg.at(k)] = 1;
    const rest = end + 1 < ranges.to.at(k) ? ranges.cut(k, end + 1) : -1;
    ranges.to.set(k, end);
    return rest;
  }

  /** Makes a bundle of a chain of `b`'s ranges; its ends without uses become one that can do without a register. */
  #trim(b: number, head: number, splits: number): void {
    const ranges = this.#ranges;
    this.#kept.clear();
    this.#idle.clear();
    for (let k = head; k >= 0; ) {
      const next = ranges.nextOfBundle.at(k);
      const to = ranges.to.at(k);
      let first = -1;
      let last = -1;
      for (
        let u = this.#measures.firstUseIn(k);
        u >= 0 && ranges.usePoint.at(u) < to;
        u = ranges.useNext.at(u)
      ) {
        if (ranges.useKind.at(u) === IN_SLOT) continue;
        if (first < 0) first = ranges.usePoint.at(u);
        last = u;
      }
      if (first < 0) this.#idle.append(k);
      else {
        let part = k;
        if (first >> 1 > (ranges.from.at(k) + 1) >> 1) {
          part = ranges.cut(k, first & ~1);
          this.#idle.append(k);
        }
        this.#kept.append(part);
        const rest = this.#cutAfter(part, last);
        if (rest >= 0) this.#idle.append(rest);
      }
      k = next;
    }
    if (this.#kept.head >= 0) this.#add(b, this.#kept.head, splits);
    if (this.#idle.head >= 0) this.#add(b, this.#idle.head, MAX_SPLITS);
  }

  /** Makes a chain of ranges a bundle, a part of what `b` was. */
  #add(b: number, head: number, splits: number): void {
    const ranges = this.#ranges;
    const part = ranges.newBundle(
      ranges.bundleClass.at(b),
      head,
      ranges.bundleHint.at(b),
      splits,
      ranges.bundleOrigin.at(b),
    );
    for (let k = head; k >= 0; k = ranges.nextOfBundle.at(k)) ranges.bundle.set(k, part);
    this.#measures.measure(part);
    this.#queue.push(part, this.#measures.length.at(part));
  }

  /** Where to split: the farthest first conflict over the registers, moved out of loops; -1 if nowhere. */
  #splitPoint(b: number, allowed: number): number {
    const ranges = this.#ranges;
    const head = ranges.bundleHead.at(b);
    const start = ranges.from.at(head);
    let end = start;
    for (let k = head; k >= 0; k = ranges.nextOfBundle.at(k)) end = ranges.to.at(k);
    let point = this.#outOfLoops(start, this.#farthestConflict(b, allowed) & ~1);
    if (point <= start + 1) {
      // The conflict is at the very start: keep the first use alone.
      const u = this.#measures.firstUseIn(head);
      point =
        u >= 0 && ranges.usePoint.at(u) < ranges.to.at(head) ? ((ranges.usePoint.at(u) >> 1) + 1) * 2 : -1;
    }
    return point > start && point < end ? point : -1;
  }

  /** The first point at which each of the registers has been taken or reserved at some point of the bundle. */
  #farthestConflict(b: number, allowed: number): number {
    const ranges = this.#ranges;
    const c = ranges.bundleClass.at(b);
    let clear = allowed;
    let point = 0;
    for (let k = ranges.bundleHead.at(b); k >= 0 && clear !== 0; k = ranges.nextOfBundle.at(k)) {
      const to = ranges.to.at(k);
      for (point = ranges.from.at(k); point < to; point++)
        if ((clear &= ~this.#occupancy.busyAt(c, point)) === 0) break;
    }
    return point;
  }

  /** Moves a split point before the outermost loop that holds it and begins after `start`. */
  #outOfLoops(start: number, point: number): number {
    const p = this.#problem;
    const blockOf = this.#ranges.blockOf;
    let b = blockOf[point >> 1]!;
    const depth = p.blockLoopDepth.at(blockOf[start >> 1]!);
    let best = point;
    while (b > 0 && p.blockLoopDepth.at(b) > depth) {
      const first = 2 * p.blockInstStart.at(b);
      if (first <= start) break;
      if (p.blockLoopDepth.at(b) > p.blockLoopDepth.at(b - 1)) best = first;
      b--;
    }
    return best;
  }

  /**
   * One piece per run of uses that need a register, and where there have been runs before, per instruction; the rest may
   * do without.
   */
  #crumble(b: number): void {
    const ranges = this.#ranges;
    const run = ranges.bundleSplits.at(b) > MAX_SPLITS ? 0 : MAX_RUN_GAP;
    this.#idle.clear();
    let k = ranges.bundleHead.at(b);
    ranges.bundleHead.set(b, -1);
    while (k >= 0) {
      const next = ranges.nextOfBundle.at(k);
      for (let rest = k; rest >= 0; ) {
        const u = this.#firstNeed(rest);
        if (u < 0) {
          this.#idle.append(rest);
          break;
        }
        const begin = ranges.usePoint.at(u) & ~1;
        let piece = rest;
        if (begin > ranges.from.at(rest)) {
          piece = ranges.cut(rest, begin);
          this.#idle.append(rest);
        }
        rest = this.#cutAfter(piece, this.#lastNeed(u, ranges.to.at(piece), run));
        ranges.nextOfBundle.set(piece, -1);
        this.#add(b, piece, MAX_SPLITS + 1);
      }
      k = next;
    }
    if (this.#idle.head >= 0) this.#add(b, this.#idle.head, MAX_SPLITS);
  }

  /** The first use in a range that needs a register; -1 if there is none. */
  #firstNeed(range: number): number {
    const ranges = this.#ranges;
    const to = ranges.to.at(range);
    let u = this.#measures.firstUseIn(range);
    while (u >= 0 && ranges.usePoint.at(u) < to && ranges.useKind.at(u) !== NEEDS_REGISTER)
      u = ranges.useNext.at(u);
    return u >= 0 && ranges.usePoint.at(u) < to ? u : -1;
  }

  /**
   * Of the uses that need a register, follow each other in the block of `u` with at most `gap` points between them, and
   * are before `to`: the one that ends last.
   */
  #lastNeed(u: number, to: number, gap: number): number {
    const ranges = this.#ranges;
    const blockEnd = 2 * this.#problem.blockInstStart.at(ranges.blockOf[ranges.usePoint.at(u) >> 1]! + 1);
    const limit = Math.min(to, blockEnd);
    let last = u;
    let end = (ranges.usePoint.at(u) | 1) + 1;
    for (let w = ranges.useNext.at(u); w >= 0; w = ranges.useNext.at(w)) {
      const point = ranges.usePoint.at(w);
      if (point >= limit || point >= end + gap) break;
      if (ranges.useKind.at(w) !== NEEDS_REGISTER) continue;
      if (this.#measures.endOf(w) >= this.#measures.endOf(last)) last = w;
      end = (point | 1) + 1;
    }
    return last;
  }
}
