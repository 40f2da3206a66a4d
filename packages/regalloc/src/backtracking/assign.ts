/**
 * The main loop of the backtracking allocator: longest bundle first, each takes a register that is free over all of its
 * ranges. If there is none, a bundle that would do without goes to memory; one that is worth more than those in its way
 * evicts them; any other is split (`splitting.ts`). What ended up in memory gets a second chance (`second-chance.ts`).
 *
 * It ends: a bundle evicts only what is worth less, what is split becomes smaller, and pieces of one use are worth more
 * than anything else. A piece of one use that finds no register is left without: its instruction is among those
 * that are {@link Assignment.unplaced}.
 */
import { I32List } from "@gantry/entity";
import type { Environment } from "../environment.ts";
import { FIXED, REUSE } from "../operand.ts";
import type { Problem } from "../problem.ts";
import { BundleQueue } from "./bundle-queue.ts";
import { Measures } from "./measures.ts";
import type { Occupancy } from "./occupancy.ts";
import type { Ranges } from "./ranges.ts";
import { SecondChance } from "./second-chance.ts";
import { Splitter } from "./splitting.ts";

/** Bundles longer than this evict nobody: their weight per point is small and looking costs their length. */
const MAX_EVICTING_POINTS = 4096;

/** Where the ranges of a vreg are. */
const IN_MEMORY = 1;
const IN_REGISTERS = 2;

export class Assignment {
  readonly #ranges: Ranges;
  readonly #occupancy: Occupancy;
  readonly #measures: Measures;
  readonly #queue = new BundleQueue();
  readonly #splitter: Splitter;
  readonly #secondChance: SecondChance;
  #problem!: Problem;
  #env!: Environment;
  readonly #conflicts = new I32List(64);
  readonly #victims = new I32List(64);
  /** Instructions with operands that need a register and have none. */
  readonly unplaced = new I32List(16);

  constructor(ranges: Ranges, occupancy: Occupancy) {
    this.#ranges = ranges;
    this.#occupancy = occupancy;
    this.#measures = new Measures(ranges);
    this.#splitter = new Splitter(ranges, occupancy, this.#measures, this.#queue);
    this.#secondChance = new SecondChance(ranges, occupancy);
  }

  /** @returns Whether all went well; if not, `unplaced` names the instructions whose operands lack registers. */
  run(p: Problem, env: Environment): boolean {
    this.#problem = p;
    this.#env = env;
    const ranges = this.#ranges;
    const measures = this.#measures;
    measures.reset(p, env);
    this.#splitter.reset(p);
    this.#queue.clear();
    this.unplaced.clear();
    for (let b = 0, n = ranges.bundleHead.length; b < n; b++) {
      measures.measure(b);
      if (ranges.bundleHead.at(b) >= 0) this.#queue.push(b, measures.length.at(b));
    }
    while (!this.#queue.isEmpty()) this.#process(this.#queue.pop());
    if (this.unplaced.length > 0) return false;
    this.#secondChance.reset(p, env);
    for (let v = 128; v < p.numVRegs; v++) {
      const places = this.#placesOf(v);
      if (places === (IN_MEMORY | IN_REGISTERS)) this.#secondChance.place(v);
      if ((places & IN_MEMORY) !== 0) this.#noteMemory(v);
    }
    return true;
  }

  /** Whether a vreg is {@link IN_MEMORY} somewhere, and {@link IN_REGISTERS}. */
  #placesOf(v: number): number {
    const ranges = this.#ranges;
    let places = 0;
    for (let k = ranges.firstRange[v]!; k >= 0; k = ranges.nextOfVReg.at(k))
      places |= ranges.bundleReg.at(ranges.bundle.at(k)) < 0 ? IN_MEMORY : IN_REGISTERS;
    return places;
  }

  #process(b: number): void {
    const ranges = this.#ranges;
    const occupancy = this.#occupancy;
    const allowed = this.#measures.mask.at(b);
    const c = ranges.bundleClass.at(b);
    const isMinimal = this.#measures.minimal.at(b) !== 0;
    if (ranges.bundleSplits.at(b) !== 0 && this.#measures.needs.at(b) === 0) return;
    let taken = 0;
    let reserved = 0;
    for (let r = ranges.bundleHead.at(b); r >= 0; r = ranges.nextOfBundle.at(r)) {
      taken |= occupancy.taken(c, ranges.from.at(r), ranges.to.at(r));
      if ((allowed & ~taken) === 0) break;
      reserved |= occupancy.reserved(c, ranges.from.at(r), ranges.to.at(r));
    }
    const own = this.#ownReserved(b, c, allowed & ~taken & reserved);
    // Nobody else can use what a piece itself reserves.
    const free = isMinimal && own !== 0 ? own : own | (allowed & ~(taken | reserved));
    if (free !== 0) {
      this.#give(b, this.#choose(b, c, free));
      return;
    }
    if (this.#measures.needs.at(b) === 0) return;
    if (this.#measures.length.at(b) <= MAX_EVICTING_POINTS && this.#evictFor(b, c, allowed)) return;
    if (isMinimal) this.unplaced.push(ranges.from.at(ranges.bundleHead.at(b)) >> 1);
    else this.#splitter.split(b, allowed);
  }

  /** Of `candidates`, the registers that the bundle's own fixed operands alone reserve: the hint, and any for a piece. */
  #ownReserved(b: number, c: number, candidates: number): number {
    if (candidates === 0) return 0;
    const hint = this.#ranges.bundleHint.at(b);
    if (this.#measures.minimal.at(b) === 0) candidates &= hint >= 0 && hint >> 5 === c ? 1 << (hint & 31) : 0;
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

  /** Whether it is a fixed operand of `v`, or of the input that `v` reuses, that reserves `r` at a point. */
  #isOwn(v: number, r: number, point: number): boolean {
    const p = this.#problem;
    const i = point >> 1;
    const input = this.#inputReusedBy(i, v);
    const isLate = (point & 1) !== 0;
    let own = false;
    for (let k = p.instOperandStart.at(i); k < p.instOperandStart.at(i + 1); k++) {
      const info = p.operandInfo.at(k);
      if (((info >> 4) & 7) !== FIXED || info >> 8 !== r) continue;
      const isDef = (info & 1) !== 0;
      const occupies = isLate ? isDef || (info & 2) !== 0 : !isDef || (info & 2) === 0;
      if (!occupies) continue;
      if (p.operandVReg.at(k) !== v && (isDef || isLate || p.operandVReg.at(k) !== input)) return false;
      own = true;
    }
    // A definition that reuses a fixed input reserves without an operand of its own.
    return own && !(isLate && this.#reusesFixed(i, r));
  }

  /** The vreg whose place instruction `i` gives to its result `v`; -1 if it does not. */
  #inputReusedBy(i: number, v: number): number {
    const p = this.#problem;
    const first = p.instOperandStart.at(i);
    for (let k = first; k < p.instOperandStart.at(i + 1); k++) {
      const info = p.operandInfo.at(k);
      if (((info >> 4) & 7) === REUSE && p.operandVReg.at(k) === v)
        return p.operandVReg.at(first + (info >> 8));
    }
    return -1;
  }

  #reusesFixed(i: number, r: number): boolean {
    const p = this.#problem;
    const first = p.instOperandStart.at(i);
    for (let k = first; k < p.instOperandStart.at(i + 1); k++) {
      const info = p.operandInfo.at(k);
      if (((info >> 4) & 7) !== REUSE) continue;
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

  /** Takes the register whose holders are worth least, if the dearest of them is worth less than the bundle. */
  #evictFor(b: number, c: number, allowed: number): boolean {
    const ranges = this.#ranges;
    let reserved = 0;
    for (let k = ranges.bundleHead.at(b); k >= 0; k = ranges.nextOfBundle.at(k))
      reserved |= this.#occupancy.reserved(c, ranges.from.at(k), ranges.to.at(k));
    let best = -1;
    let bestWeight = this.#measures.weight.at(b);
    let q = allowed & ~reserved;
    // A piece of one use may also stand where its own fixed operand does.
    if (this.#measures.minimal.at(b) !== 0) q |= this.#ownReserved(b, c, allowed & reserved);
    for (; q !== 0; q &= q - 1) {
      const r = (c << 5) | (31 - Math.clz32(q & -q));
      const weight = this.#weightInTheWay(b, r, bestWeight);
      if (weight >= bestWeight) continue;
      best = r;
      bestWeight = weight;
    }
    if (best < 0) return false;
    this.#evict(b, best);
    this.#give(b, best);
    for (let k = 0; k < this.#victims.length; k++) {
      const victim = this.#victims.at(k);
      this.#queue.push(victim, this.#measures.length.at(victim));
    }
    return true;
  }

  /** The greatest weight of the bundles that hold `r` where `b` would, or `limit` if it is not less. */
  #weightInTheWay(b: number, r: number, limit: number): number {
    const ranges = this.#ranges;
    const occupancy = this.#occupancy;
    const weights = this.#measures.weight;
    let weight = 0;
    for (let k = ranges.bundleHead.at(b); k >= 0; k = ranges.nextOfBundle.at(k)) {
      const from = ranges.from.at(k);
      const to = ranges.to.at(k);
      for (let g = from >> 5; g <= (to - 1) >> 5; g++)
        for (let node = occupancy.firstNode(r, g); node >= 0; node = occupancy.nextNode(node)) {
          const range = occupancy.rangeOf(node);
          if (ranges.from.at(range) >= to || ranges.to.at(range) <= from) continue;
          const here = weights.at(ranges.bundle.at(range));
          if (here >= limit) return limit;
          if (here > weight) weight = here;
        }
    }
    return weight;
  }

  /** Takes `r` from all that hold it where `b` would, and notes them as victims. */
  #evict(b: number, r: number): void {
    const ranges = this.#ranges;
    const conflicts = this.#conflicts;
    conflicts.clear();
    this.#victims.clear();
    for (let k = ranges.bundleHead.at(b); k >= 0; k = ranges.nextOfBundle.at(k))
      this.#occupancy.collect(r, ranges.from.at(k), ranges.to.at(k), conflicts);
    for (let k = 0; k < conflicts.length; k++) {
      const victim = ranges.bundle.at(conflicts.at(k));
      if (ranges.bundleReg.at(victim) < 0) continue;
      this.#takeBack(victim);
      this.#victims.push(victim);
    }
  }

  /** Unlinks the ranges of a vreg that are in memory, and notes if there are any. */
  #noteMemory(v: number): void {
    const ranges = this.#ranges;
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
  }
}
