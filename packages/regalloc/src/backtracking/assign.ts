/**
 * The main loop of the backtracking allocator: longest bundle first, each takes a register that is free over all of its
 * ranges. If there is none, a bundle that would do without goes to memory; one that is worth more than those in its way
 * evicts them; any other is split at the first conflict, which is moved out of loops that the bundle does not begin in.
 * After {@link MAX_SPLITS} splits a bundle falls apart into pieces of one use each. What is cut off between uses gets a
 * second chance at the end: a register if one is free, otherwise memory.
 */
import { I32List } from "@gantry/entity";
import { AllocationError } from "../allocation-error.ts";
import type { Environment } from "../environment.ts";
import { FIXED } from "../operand.ts";
import type { Problem } from "../problem.ts";
import type { Occupancy } from "./occupancy.ts";
import { IN_SLOT, NEEDS_REGISTER, type Ranges } from "./ranges.ts";

/** Splits of what was once one bundle before its parts fall into pieces of one use. */
const MAX_SPLITS = 6;
/** Bundles longer than this evict nobody: their weight per point is small and looking costs their length. */
const MAX_EVICTING_POINTS = 4096;
/** Weights of pieces that cannot be split, by how many registers they accept. */
const MINIMAL_WEIGHT = 1e12;

export class Assignment {
  readonly #ranges: Ranges;
  readonly #occupancy: Occupancy;
  #problem!: Problem;
  #env!: Environment;
  /** Heap of bundles by length; lengths. */
  readonly #heap = new I32List(256);
  readonly #length = new I32List(256);
  #weight = new Float64Array(1024);
  /** Per bundle: registers it accepts; 1 when it must have one; 1 when it cannot be split. */
  readonly #mask = new I32List(256);
  readonly #needs = new I32List(256);
  readonly #minimal = new I32List(256);
  readonly #later = new I32List(64);
  readonly #conflicts = new I32List(64);
  readonly #victims = new I32List(64);

  constructor(ranges: Ranges, occupancy: Occupancy) {
    this.#ranges = ranges;
    this.#occupancy = occupancy;
  }

  run(p: Problem, env: Environment): void {
    this.#problem = p;
    this.#env = env;
    this.#heap.clear();
    this.#later.clear();
    this.#length.clear();
    this.#mask.clear();
    this.#needs.clear();
    this.#minimal.clear();
    for (let b = 0, n = this.#ranges.bundleHead.length; b < n; b++) {
      this.#measure(b);
      if (this.#ranges.bundleHead.at(b) >= 0) this.#push(b);
    }
    while (this.#heap.length > 0) this.#process(this.#pop());
    for (let k = 0; k < this.#later.length; k++) this.#secondChance(this.#later.at(k));
    this.#noteMemory();
  }

  /** Length, weight, accepted registers and need of a bundle. */
  #measure(b: number): void {
    const ranges = this.#ranges;
    const c = ranges.bundleClass.at(b);
    let length = 0;
    let weight = 0;
    let needs = 0;
    let mask = this.#env.preferred[c]! | this.#env.other[c]!;
    const all = mask;
    let uses = 0;
    let needEnd = 0;
    for (let r = ranges.bundleHead.at(b); r >= 0; r = ranges.nextOfBundle.at(r)) {
      const from = ranges.from.at(r);
      const to = ranges.to.at(r);
      length += to - from;
      for (let u = this.#firstUseIn(r); u >= 0 && ranges.usePoint.at(u) < to; u = ranges.useNext.at(u)) {
        const kind = ranges.useKind.at(u);
        if (kind === IN_SLOT) continue;
        weight += ranges.useWeight.at(u) * (kind === NEEDS_REGISTER ? 2 : 1);
        if (kind !== NEEDS_REGISTER) continue;
        needs = 1;
        uses++;
        needEnd = Math.max(needEnd, this.#endOf(u));
        mask &= ranges.useMask.at(u);
      }
    }
    const head = ranges.bundleHead.at(b);
    const isMinimal =
      head >= 0 &&
      needs !== 0 &&
      ranges.nextOfBundle.at(head) < 0 &&
      ranges.from.at(head) >> 1 === (ranges.to.at(head) - 1) >> 1 &&
      ranges.to.at(head) <= needEnd;
    while (this.#length.length <= b) {
      this.#length.push(0);
      this.#mask.push(0);
      this.#needs.push(0);
      this.#minimal.push(0);
    }
    if (b >= this.#weight.length) {
      const grown = new Float64Array(this.#weight.length * 2);
      grown.set(this.#weight);
      this.#weight = grown;
    }
    this.#length.set(b, length);
    this.#mask.set(b, mask);
    this.#needs.set(b, needs);
    this.#minimal.set(b, isMinimal ? 1 : 0);
    this.#weight[b] = isMinimal ? MINIMAL_WEIGHT * (mask === all ? 1 : 2) + uses : weight / (length + 1);
  }

  /** The first use of a range's vreg that is not before the range. */
  #firstUseIn(r: number): number {
    const ranges = this.#ranges;
    let u = ranges.rangeUse.at(r);
    const from = ranges.from.at(r);
    while (u >= 0 && ranges.usePoint.at(u) < from) u = ranges.useNext.at(u);
    ranges.rangeUse.set(r, u);
    return u;
  }

  #process(b: number): void {
    const ranges = this.#ranges;
    if (ranges.bundleHead.at(b) < 0) return;
    const c = ranges.bundleClass.at(b);
    let taken = 0;
    let reserved = 0;
    for (let r = ranges.bundleHead.at(b); r >= 0; r = ranges.nextOfBundle.at(r)) {
      taken |= this.#occupancy.taken(c, ranges.from.at(r), ranges.to.at(r));
      reserved |= this.#occupancy.reserved(c, ranges.from.at(r), ranges.to.at(r));
    }
    const allowed = this.#mask.at(b);
    const free = this.#ownReserved(b, c, allowed & ~taken & reserved) | (allowed & ~(taken | reserved));
    if (free !== 0) {
      this.#give(b, this.#choose(b, c, free));
      return;
    }
    if (this.#needs.at(b) === 0) {
      this.#later.push(b);
      return;
    }
    if (this.#length.at(b) <= MAX_EVICTING_POINTS && this.#evictFor(b, c, allowed & ~reserved)) return;
    if (this.#minimal.at(b) !== 0) this.#fail(ranges.from.at(ranges.bundleHead.at(b)) >> 1);
    this.#split(b, c, allowed);
  }

  /** Of `candidates`, the registers that the bundle's own fixed operands alone reserve: the hint, and any for a piece. */
  #ownReserved(b: number, c: number, candidates: number): number {
    const hint = this.#ranges.bundleHint.at(b);
    if (this.#minimal.at(b) === 0) candidates &= hint >= 0 && hint >> 5 === c ? 1 << (hint & 31) : 0;
    let own = 0;
    for (let q = candidates; q !== 0; q &= q - 1) {
      const r = (c << 5) | (31 - Math.clz32(q & -q));
      if (this.#reservesOnlyItself(b, r)) own |= 1 << (r & 31);
    }
    return own;
  }

  #reservesOnlyItself(b: number, r: number): boolean {
    const ranges = this.#ranges;
    const reserved = ranges.reserved[r >> 5]!;
    for (let k = ranges.bundleHead.at(b); k >= 0; k = ranges.nextOfBundle.at(k))
      for (let point = ranges.from.at(k), to = ranges.to.at(k); point < to; point++)
        if (((reserved[point]! >>> (r & 31)) & 1) !== 0 && !this.#isOwn(ranges.vreg.at(k), r, point))
          return false;
    return true;
  }

  /** Whether it is a fixed operand of `v` that reserves `r` at a point. */
  #isOwn(v: number, r: number, point: number): boolean {
    const p = this.#problem;
    const i = point >> 1;
    const isLate = (point & 1) !== 0;
    let own = false;
    for (let k = p.instOperandStart.at(i); k < p.instOperandStart.at(i + 1); k++) {
      const info = p.operandInfo.at(k);
      if (((info >> 4) & 7) !== FIXED || info >> 8 !== r) continue;
      const isDef = (info & 1) !== 0;
      const occupies = isLate ? isDef || (info & 2) !== 0 : !isDef || (info & 2) === 0;
      if (!occupies) continue;
      if (p.operandVReg.at(k) !== v) return false;
      own = true;
    }
    // A definition that reuses a fixed input reserves without an operand of its own.
    return own && !(isLate && this.#reusesFixed(i, r));
  }

  #reusesFixed(i: number, r: number): boolean {
    const p = this.#problem;
    const first = p.instOperandStart.at(i);
    for (let k = first; k < p.instOperandStart.at(i + 1); k++) {
      const info = p.operandInfo.at(k);
      if (((info >> 4) & 7) !== 4) continue;
      const input = p.operandInfo.at(first + (info >> 8));
      if (((input >> 4) & 7) === FIXED && input >> 8 === r) return true;
    }
    return false;
  }

  #choose(b: number, c: number, free: number): number {
    const hint = this.#ranges.bundleHint.at(b);
    if (hint >= 0 && hint >> 5 === c && ((free >>> (hint & 31)) & 1) !== 0) return hint;
    const sibling = this.#ranges.originReg.at(this.#ranges.bundleOrigin.at(b));
    if (sibling >= 0 && ((free >>> (sibling & 31)) & 1) !== 0) return sibling;
    const first = free & this.#env.preferred[c]!;
    const q = first !== 0 ? first : free;
    return (c << 5) | (31 - Math.clz32(q & -q));
  }

  #give(b: number, r: number): void {
    const ranges = this.#ranges;
    ranges.bundleReg.set(b, r);
    ranges.originReg.set(ranges.bundleOrigin.at(b), r);
    for (let k = ranges.bundleHead.at(b); k >= 0; k = ranges.nextOfBundle.at(k)) this.#occupancy.add(r, k);
  }

  #takeBack(b: number): void {
    const ranges = this.#ranges;
    const r = ranges.bundleReg.at(b);
    ranges.bundleReg.set(b, -1);
    for (let k = ranges.bundleHead.at(b); k >= 0; k = ranges.nextOfBundle.at(k)) this.#occupancy.remove(r, k);
  }

  /** Takes the register whose holders are worth least together, if that is less than the bundle's worth. */
  #evictFor(b: number, c: number, candidates: number): boolean {
    let best = -1;
    let bestWeight = this.#weight[b]!;
    let q = candidates;
    // A piece of one use may also stand where its own fixed operand does.
    if (this.#minimal.at(b) !== 0) q |= this.#ownReserved(b, c, this.#mask.at(b) & ~candidates);
    for (; q !== 0; q &= q - 1) {
      const r = (c << 5) | (31 - Math.clz32(q & -q));
      const weight = this.#weightInTheWay(b, r, bestWeight);
      if (weight >= bestWeight) continue;
      best = r;
      bestWeight = weight;
    }
    if (best < 0) return false;
    this.#findInTheWay(b, best);
    this.#victims.clear();
    for (let k = 0; k < this.#conflicts.length; k++) {
      const victim = this.#ranges.bundle.at(this.#conflicts.at(k));
      if (this.#ranges.bundleReg.at(victim) < 0) continue;
      this.#takeBack(victim);
      this.#victims.push(victim);
    }
    this.#give(b, best);
    for (let k = 0; k < this.#victims.length; k++) this.#push(this.#victims.at(k));
    return true;
  }

  #findInTheWay(b: number, r: number): void {
    const ranges = this.#ranges;
    this.#conflicts.clear();
    for (let k = ranges.bundleHead.at(b); k >= 0; k = ranges.nextOfBundle.at(k))
      this.#occupancy.collect(r, ranges.from.at(k), ranges.to.at(k), this.#conflicts);
  }

  #weightInTheWay(b: number, r: number, limit: number): number {
    this.#findInTheWay(b, r);
    let weight = 0;
    for (let k = 0; k < this.#conflicts.length && weight < limit; k++)
      weight = Math.max(weight, this.#weight[this.#ranges.bundle.at(this.#conflicts.at(k))]!);
    return weight;
  }

  /** Cuts a bundle in two before the conflict that the luckiest register meets last, or into single uses. */
  #split(b: number, c: number, allowed: number): void {
    const ranges = this.#ranges;
    const splits = ranges.bundleSplits.at(b);
    const point = splits >= MAX_SPLITS ? -1 : this.#splitPoint(b, c, allowed);
    if (point < 0) {
      this.#crumble(b);
      return;
    }
    let left = -1;
    let right = -1;
    let leftTail = -1;
    let rightTail = -1;
    for (let k = ranges.bundleHead.at(b); k >= 0; ) {
      const next = ranges.nextOfBundle.at(k);
      ranges.nextOfBundle.set(k, -1);
      let part = k;
      if (ranges.from.at(k) < point) {
        if (ranges.to.at(k) > point) part = this.#cut(k, point);
        else part = -1;
        if (left < 0) left = k;
        else ranges.nextOfBundle.set(leftTail, k);
        leftTail = k;
      }
      if (part >= 0) {
        if (right < 0) right = part;
        else ranges.nextOfBundle.set(rightTail, part);
        rightTail = part;
      }
      k = next;
    }
    const hint = ranges.bundleHint.at(b);
    ranges.bundleHead.set(b, -1);
    const origin = ranges.bundleOrigin.at(b);
    this.#trimAndPush(c, left, hint, splits + 1, origin);
    this.#trimAndPush(c, right, hint, splits + 1, origin);
  }

  /** Cuts range `k` at a point inside it and returns the later part. */
  #cut(k: number, point: number): number {
    const ranges = this.#ranges;
    const part = ranges.newRange(ranges.vreg.at(k), point, ranges.to.at(k), -1);
    ranges.to.set(k, point);
    const next = ranges.nextOfVReg.at(k);
    ranges.nextOfVReg.set(part, next);
    if (next >= 0) ranges.prevOfVReg.set(next, part);
    ranges.prevOfVReg.set(part, k);
    ranges.nextOfVReg.set(k, part);
    ranges.rangeUse.push(ranges.rangeUse.at(k));
    return part;
  }

  /** The point after a use or definition. */
  #endOf(u: number): number {
    const ranges = this.#ranges;
    const point = ranges.usePoint.at(u);
    const operand = ranges.useOperand.at(u);
    const isDef = operand >= 0 && (this.#problem.operandInfo.at(operand) & 1) !== 0;
    return isDef || (point & 1) !== 0 ? (point | 1) + 1 : point + 1;
  }

  /**
   * Cuts range `k` after use `u` and returns the rest, -1 if there is none. The rest begins between instructions; in
   * between, after an early use, the value is in memory.
   */
  #cutAfter(k: number, u: number): number {
    const ranges = this.#ranges;
    const end = this.#endOf(u);
    if (end >= ranges.to.at(k)) return -1;
    ranges.inMemory[ranges.vreg.at(k)] = 1;
    if ((end & 1) === 0) return this.#cut(k, end);
    if (end + 1 >= ranges.to.at(k)) {
      ranges.to.set(k, end);
      return -1;
    }
    const rest = this.#cut(k, end + 1);
    ranges.to.set(k, end);
    return rest;
  }

  /** Makes a bundle of a chain of ranges; its ends without uses become a bundle that can do without a register. */
  #trimAndPush(c: number, head: number, hint: number, splits: number, origin: number): void {
    if (head < 0) return;
    const ranges = this.#ranges;
    let kept = -1;
    let keptTail = -1;
    let idle = -1;
    let idleTail = -1;
    const keep = (k: number): void => {
      if (kept < 0) kept = k;
      else ranges.nextOfBundle.set(keptTail, k);
      keptTail = k;
    };
    const leave = (k: number): void => {
      if (idle < 0) idle = k;
      else ranges.nextOfBundle.set(idleTail, k);
      idleTail = k;
    };
    for (let k = head; k >= 0; ) {
      const next = ranges.nextOfBundle.at(k);
      ranges.nextOfBundle.set(k, -1);
      let first = -1;
      let last = -1;
      const to = ranges.to.at(k);
      for (let u = this.#firstUseIn(k); u >= 0 && ranges.usePoint.at(u) < to; u = ranges.useNext.at(u)) {
        if (ranges.useKind.at(u) === IN_SLOT) continue;
        if (first < 0) first = ranges.usePoint.at(u);
        last = u;
      }
      if (first < 0) leave(k);
      else {
        let part = k;
        if (first >> 1 > (ranges.from.at(k) + 1) >> 1) {
          part = this.#cut(k, first & ~1);
          leave(k);
        }
        keep(part);
        const rest = this.#cutAfter(part, last);
        if (rest >= 0) leave(rest);
      }
      k = next;
    }
    if (kept >= 0) this.#pushNew(c, kept, hint, splits, origin);
    if (idle >= 0) this.#pushNew(c, idle, hint, MAX_SPLITS, origin);
  }

  #pushNew(c: number, head: number, hint: number, splits: number, origin: number): void {
    const ranges = this.#ranges;
    const b = ranges.newBundle(c, head, hint, splits, origin);
    for (let k = head; k >= 0; k = ranges.nextOfBundle.at(k)) ranges.bundle.set(k, b);
    this.#measure(b);
    this.#push(b);
  }

  /** Where to split: the farthest first conflict over the registers, moved out of loops; -1 if nowhere. */
  #splitPoint(b: number, c: number, allowed: number): number {
    const ranges = this.#ranges;
    const head = ranges.bundleHead.at(b);
    const start = ranges.from.at(head);
    let clear = allowed;
    let at = -1;
    for (let k = head; k >= 0 && clear !== 0; k = ranges.nextOfBundle.at(k))
      for (let point = ranges.from.at(k), to = ranges.to.at(k); point < to; point++) {
        const rest = clear & ~this.#occupancy.busyAt(c, point);
        at = point;
        if (rest === 0) {
          clear = 0;
          break;
        }
        clear = rest;
      }
    if (at < 0) return -1;
    let point = this.#outOfLoops(start, at & ~1);
    if (point <= start + 1) {
      // The conflict is at the very start: keep the first use alone.
      const u = this.#firstUseIn(head);
      point =
        u >= 0 && ranges.usePoint.at(u) < ranges.to.at(head) ? ((ranges.usePoint.at(u) >> 1) + 1) * 2 : -1;
    }
    let end = start;
    for (let k = head; k >= 0; k = ranges.nextOfBundle.at(k)) end = ranges.to.at(k);
    return point > start && point < end ? point : -1;
  }

  /** Moves a split point before the outermost loop that holds it and begins after `start`. */
  #outOfLoops(start: number, point: number): number {
    const p = this.#problem;
    let b = this.#blockAt(point >> 1);
    const depth = p.blockLoopDepth.at(this.#blockAt(start >> 1));
    let best = point;
    while (b > 0 && p.blockLoopDepth.at(b) > depth) {
      const first = 2 * p.blockInstStart.at(b);
      if (first <= start) break;
      if (p.blockLoopDepth.at(b) > p.blockLoopDepth.at(b - 1)) best = first;
      b--;
    }
    return best;
  }

  #blockAt(inst: number): number {
    const starts = this.#problem.blockInstStart;
    let low = 0;
    let high = this.#problem.numBlocks();
    while (low < high) {
      const middle = (low + high) >> 1;
      if (starts.at(middle) <= inst) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  /** One piece per instruction that needs a register; the rest may do without. */
  #crumble(b: number): void {
    const ranges = this.#ranges;
    const c = ranges.bundleClass.at(b);
    const hint = ranges.bundleHint.at(b);
    const origin = ranges.bundleOrigin.at(b);
    let idle = -1;
    let idleTail = -1;
    const leave = (k: number): void => {
      ranges.nextOfBundle.set(k, -1);
      if (idle < 0) idle = k;
      else ranges.nextOfBundle.set(idleTail, k);
      idleTail = k;
    };
    let k = ranges.bundleHead.at(b);
    ranges.bundleHead.set(b, -1);
    while (k >= 0) {
      const next = ranges.nextOfBundle.at(k);
      let rest = k;
      while (rest >= 0) {
        const to = ranges.to.at(rest);
        let u = this.#firstUseIn(rest);
        while (u >= 0 && ranges.usePoint.at(u) < to && ranges.useKind.at(u) !== NEEDS_REGISTER)
          u = ranges.useNext.at(u);
        if (u < 0 || ranges.usePoint.at(u) >= to) {
          leave(rest);
          break;
        }
        const begin = (ranges.usePoint.at(u) >> 1) * 2;
        let piece = rest;
        if (begin > ranges.from.at(rest)) {
          piece = this.#cut(rest, begin);
          leave(rest);
        }
        for (
          let w = ranges.useNext.at(u);
          w >= 0 && ranges.usePoint.at(w) < begin + 2;
          w = ranges.useNext.at(w)
        )
          if (ranges.useKind.at(w) === NEEDS_REGISTER && this.#endOf(w) > this.#endOf(u)) u = w;
        rest = this.#cutAfter(piece, u);
        ranges.nextOfBundle.set(piece, -1);
        this.#pushNew(c, piece, hint, MAX_SPLITS, origin);
      }
      k = next;
    }
    if (idle >= 0) this.#pushNew(c, idle, hint, MAX_SPLITS, origin);
  }

  /**
   * Gives each range of a bundle by itself the register of the range before or after it. Any other register would cost a
   * move at either end, and memory costs one load.
   */
  #secondChance(b: number): void {
    const ranges = this.#ranges;
    const c = ranges.bundleClass.at(b);
    for (let k = ranges.bundleHead.at(b); k >= 0; k = ranges.nextOfBundle.at(k)) {
      const from = ranges.from.at(k);
      const to = ranges.to.at(k);
      const free =
        this.#mask.at(b) & ~(this.#occupancy.taken(c, from, to) | this.#occupancy.reserved(c, from, to));
      if (free === 0) continue;
      const before = ranges.prevOfVReg.at(k);
      const after = ranges.nextOfVReg.at(k);
      let r =
        before >= 0 && ranges.to.at(before) === from ? ranges.bundleReg.at(ranges.bundle.at(before)) : -1;
      if (r < 0 || ((free >>> (r & 31)) & 1) === 0)
        r = after >= 0 && ranges.from.at(after) === to ? ranges.bundleReg.at(ranges.bundle.at(after)) : -1;
      if (r < 0 || ((free >>> (r & 31)) & 1) === 0) continue;
      const single = ranges.newBundle(c, -1, r, MAX_SPLITS, -1);
      ranges.bundleReg.set(single, r);
      ranges.bundle.set(k, single);
      this.#occupancy.add(r, k);
    }
  }

  /** Notes which vregs are in memory at some point, and unlinks the ranges that are. */
  #noteMemory(): void {
    const ranges = this.#ranges;
    for (let v = 128; v < this.#problem.numVRegs; v++) {
      let before = -1;
      for (let k = ranges.firstRange[v]!; k >= 0; k = ranges.nextOfVReg.at(k)) {
        if (ranges.bundleReg.at(ranges.bundle.at(k)) >= 0) {
          before = k;
          continue;
        }
        ranges.inMemory[v] = 1;
        if (before < 0) ranges.firstRange[v] = ranges.nextOfVReg.at(k);
        else ranges.nextOfVReg.set(before, ranges.nextOfVReg.at(k));
      }
      for (let u = ranges.firstUse[v]!; u >= 0; u = ranges.useNext.at(u))
        if (ranges.useKind.at(u) === IN_SLOT) ranges.inMemory[v] = 1;
    }
  }

  #push(b: number): void {
    const heap = this.#heap;
    let k = heap.push(b);
    const data = heap.data;
    const length = this.#length.at(b);
    while (k > 0) {
      const up = (k - 1) >> 1;
      if (this.#length.at(data[up]!) >= length) break;
      data[k] = data[up]!;
      k = up;
    }
    data[k] = b;
  }

  #pop(): number {
    const heap = this.#heap;
    const data = heap.data;
    const top = data[0]!;
    const b = heap.pop();
    const n = heap.length;
    if (n === 0) return top;
    const length = this.#length.at(b);
    let k = 0;
    for (;;) {
      let down = 2 * k + 1;
      if (down >= n) break;
      if (down + 1 < n && this.#length.at(data[down + 1]!) > this.#length.at(data[down]!)) down++;
      if (this.#length.at(data[down]!) <= length) break;
      data[k] = data[down]!;
      k = down;
    }
    data[k] = b;
    return top;
  }

  #fail(i: number): never {
    throw new AllocationError(
      "RA0001",
      i,
      `instruction ${i} needs more registers at once than the machine has; split it or relax its constraints`,
    );
  }
}
