/**
 * Puts parts of what is in memory back into registers: where a vreg is in memory between uses that are in registers,
 * every use costs a load, which may stand at an edge that is taken often, in several places for one use, or where the
 * register of the uses was free all the way.
 *
 * For one vreg at a time. Its ranges are cut at block borders into nodes; those in registers are given, and each of the
 * others gets a register of the given ones or stays in memory. Control flow from memory into a register costs a load, from
 * one register into another a move, and into memory nothing, because a vreg that is ever in memory is stored once where it
 * is defined. For each register in question all nodes in which it is free take it, and give it up again node by node where
 * that costs less, and in the end as a whole where the whole costs less in memory.
 *
 * The work is that of the liveness sets, times the number of {@link MAX_REGISTERS}.
 */
import { growInt32, I32List } from "@gantry/entity";
import type { Environment } from "../environment.ts";
import { CLASSES } from "../operand.ts";
import type { Problem } from "../problem.ts";
import type { Occupancy } from "./occupancy.ts";
import { IN_SLOT, type Ranges } from "./ranges.ts";

/** Registers that are tried for one vreg, those of its heaviest nodes. */
const MAX_REGISTERS = 3;
/** Times that all nodes are looked at for one register. */
const MAX_SWEEPS = 4;
/** Costs in units that leave room for what is slightly worse. */
const LOAD = 5;
const MOVE = 4;
const MEMORY_OPERAND = 2;
/** The register of what is in memory, and of what is nowhere. */
const MEMORY = -1;
const NOWHERE = -2;

export class SecondChance {
  readonly #ranges: Ranges;
  readonly #occupancy: Occupancy;
  #problem!: Problem;
  readonly #all = new Int32Array(CLASSES);
  /** Per node: its range, points, register, block; free registers, none where the register is given. */
  readonly #range = new I32List(64);
  readonly #from = new I32List(64);
  readonly #to = new I32List(64);
  readonly #reg = new I32List(64);
  readonly #block = new I32List(64);
  readonly #free = new I32List(64);
  /** Per node: what its uses cost in memory. */
  readonly #uses = new I32List(64);
  readonly #stack = new I32List(64);
  readonly #seen = new I32List(64);
  /** Per block: the nodes at its start and at its end, -1 for none. */
  #startNode = new Int32Array(256).fill(-1);
  #endNode = new Int32Array(256).fill(-1);
  readonly #registerWeight = new Int32Array(32);

  constructor(ranges: Ranges, occupancy: Occupancy) {
    this.#ranges = ranges;
    this.#occupancy = occupancy;
  }

  reset(p: Problem, env: Environment): void {
    this.#problem = p;
    for (let c = 0; c < CLASSES; c++) this.#all[c] = env.preferred[c]! | env.other[c]!;
    if (p.numBlocks() > this.#startNode.length) {
      this.#startNode = growInt32(this.#startNode, p.numBlocks()).fill(-1);
      this.#endNode = growInt32(this.#endNode, p.numBlocks()).fill(-1);
    }
  }

  /** Places a vreg that is in memory somewhere, and in registers elsewhere. */
  place(v: number): void {
    const c = this.#problem.vregClass.at(v);
    this.#makeNodes(v, c, this.#all[c]!);
    let improved = false;
    for (let tries = 0; tries < MAX_REGISTERS; tries++) {
      const r = this.#heaviestRegister();
      if (r < 0) break;
      this.#registerWeight[r] = 0;
      if (this.#tryRegister(r)) improved = true;
    }
    if (improved) this.#commit(c);
    for (let n = 0; n < this.#block.length; n++) {
      this.#startNode[this.#block.at(n)] = -1;
      this.#endNode[this.#block.at(n)] = -1;
    }
  }

  #makeNodes(v: number, c: number, all: number): void {
    const ranges = this.#ranges;
    const starts = this.#problem.blockInstStart;
    this.#range.clear();
    this.#from.clear();
    this.#to.clear();
    this.#reg.clear();
    this.#block.clear();
    this.#free.clear();
    this.#uses.clear();
    this.#registerWeight.fill(0);
    for (let k = ranges.firstRange[v]!; k >= 0; k = ranges.nextOfVReg.at(k)) {
      const to = ranges.to.at(k);
      const r = ranges.bundleReg.at(ranges.bundle.at(k));
      let from = ranges.from.at(k);
      for (let b = ranges.blockOf[from >> 1]!; from < to; b++) {
        const blockEnd = 2 * starts.at(b + 1);
        const end = Math.min(to, blockEnd);
        const n = this.#range.push(k);
        this.#from.push(from);
        this.#to.push(end);
        this.#block.push(b);
        if (r >= 0) {
          this.#reg.push(r & 31);
          this.#free.push(0);
          this.#uses.push(0);
          this.#registerWeight[r & 31]! += this.#weight(b);
        } else {
          this.#reg.push(MEMORY);
          // A definition stays where it is: what defines it is not known here.
          const isFirst = n === 0;
          const busy = this.#occupancy.taken(c, from, end) | this.#occupancy.reserved(c, from, end);
          this.#free.push(isFirst ? 0 : all & ~busy);
          this.#uses.push(this.#costOfUses(k, from, end, b));
        }
        if (from === 2 * starts.at(b)) this.#startNode[b] = n;
        if (end === blockEnd) this.#endNode[b] = n;
        from = end;
      }
    }
  }

  #weight(b: number): number {
    return 1 << (2 * Math.min(this.#problem.blockLoopDepth.at(b), 8));
  }

  #costOfUses(k: number, from: number, to: number, b: number): number {
    const ranges = this.#ranges;
    let cost = 0;
    for (let u = ranges.rangeUse.at(k); u >= 0 && ranges.usePoint.at(u) < to; u = ranges.useNext.at(u))
      if (ranges.usePoint.at(u) >= from && ranges.useKind.at(u) !== IN_SLOT) cost += MEMORY_OPERAND;
    return cost * this.#weight(b);
  }

  #heaviestRegister(): number {
    let best = -1;
    for (let r = 0; r < 32; r++)
      if (this.#registerWeight[r]! > (best < 0 ? 0 : this.#registerWeight[best]!)) best = r;
    return best;
  }

  /** Gives register `r` to the nodes that are the better for it; says whether there are any. */
  #tryRegister(r: number): boolean {
    const count = this.#reg.length;
    let candidates = 0;
    for (let n = 0; n < count; n++)
      if (this.#reg.at(n) === MEMORY && ((this.#free.at(n) >>> r) & 1) !== 0) {
        this.#reg.set(n, r);
        candidates++;
      }
    if (candidates === 0) return false;
    for (let sweep = 0; sweep < MAX_SWEEPS; sweep++) {
      let changed = false;
      for (let j = 0; j < count; j++) {
        const n = (sweep & 1) === 0 ? j : count - 1 - j;
        if (this.#reg.at(n) !== r || this.#free.at(n) === 0) continue;
        if (this.#cost(n, MEMORY) > this.#cost(n, r)) continue;
        this.#reg.set(n, MEMORY);
        candidates--;
        changed = true;
      }
      if (!changed) break;
    }
    if (candidates > 0) candidates -= this.#dropBadParts(r);
    return candidates > 0;
  }

  /** What it costs around node `n` to have it in `r`, which may be {@link MEMORY}. */
  #cost(n: number, r: number): number {
    const p = this.#problem;
    const b = this.#block.at(n);
    const w = this.#weight(b);
    let cost = r === MEMORY ? this.#uses.at(n) : 0;
    if (this.#startNode[b] === n)
      for (let k = p.blockPredStart.at(b), z = p.blockPredStart.at(b + 1); k < z; k++) {
        const d = p.preds.at(k);
        const m = this.#endNode[d]!;
        if (m >= 0 && m !== n) cost += transfer(this.#reg.at(m), r) * this.#edgeWeight(d, b);
      }
    else cost += transfer(this.#before(n), r) * w;
    if (this.#endNode[b] === n)
      for (let e = p.blockSuccStart.at(b), z = p.blockSuccStart.at(b + 1); e < z; e++) {
        const t = p.succs.at(e);
        const m = this.#startNode[t]!;
        if (m > 0 && m !== n) cost += transfer(r, this.#reg.at(m)) * this.#edgeWeight(b, t);
      }
    else cost += transfer(r, this.#after(n)) * w;
    return cost;
  }

  /** Where the vreg is before node `n`, which begins inside its block. */
  #before(n: number): number {
    return n > 0 && this.#to.at(n - 1) === this.#from.at(n) ? this.#reg.at(n - 1) : MEMORY;
  }

  /** Where it is after a node that ends inside its block. */
  #after(n: number): number {
    return n + 1 < this.#reg.length && this.#from.at(n + 1) === this.#to.at(n)
      ? this.#reg.at(n + 1)
      : NOWHERE;
  }

  #edgeWeight(d: number, b: number): number {
    const p = this.#problem;
    return this.#weight(p.blockSuccStart.at(d + 1) - p.blockSuccStart.at(d) === 1 ? d : b);
  }

  /** Takes `r` from connected nodes that cost less in memory all together; returns how many there are. */
  #dropBadParts(r: number): number {
    const count = this.#reg.length;
    const seen = this.#seen;
    const stack = this.#stack;
    seen.fill(count, 0);
    let dropped = 0;
    for (let root = 0; root < count; root++) {
      if (seen.at(root) !== 0 || this.#reg.at(root) !== r || this.#free.at(root) === 0) continue;
      stack.clear();
      this.#visit(root, r);
      let gain = 0;
      for (let k = 0; k < stack.length; k++) gain += this.#gain(stack.at(k), r);
      if (gain > 0) continue;
      for (let k = 0; k < stack.length; k++) this.#reg.set(stack.at(k), MEMORY);
      dropped += stack.length;
    }
    return dropped;
  }

  #visit(n: number, r: number): void {
    if (n < 0 || n >= this.#reg.length || this.#seen.at(n) !== 0) return;
    if (this.#reg.at(n) !== r || this.#free.at(n) === 0) return;
    this.#seen.set(n, 1);
    this.#stack.push(n);
  }

  /** Visits the neighbours of a node in a part that may be dropped, and returns what having `r` there saves. */
  #gain(n: number, r: number): number {
    const p = this.#problem;
    const b = this.#block.at(n);
    const w = this.#weight(b);
    let gain = this.#uses.at(n);
    if (this.#startNode[b] === n)
      for (let k = p.blockPredStart.at(b), z = p.blockPredStart.at(b + 1); k < z; k++) {
        const d = p.preds.at(k);
        const m = this.#endNode[d]!;
        if (m < 0) continue;
        this.#visit(m, r);
        gain -= transfer(this.#reg.at(m), r) * this.#edgeWeight(d, b);
      }
    else {
      if (this.#before(n) !== MEMORY) this.#visit(n - 1, r);
      gain -= transfer(this.#before(n), r) * w;
    }
    if (this.#endNode[b] === n)
      for (let e = p.blockSuccStart.at(b), z = p.blockSuccStart.at(b + 1); e < z; e++) {
        const t = p.succs.at(e);
        const m = this.#startNode[t]!;
        if (m <= 0) continue;
        this.#visit(m, r);
        gain += this.#saved(m, r) * this.#edgeWeight(b, t);
      }
    else if (this.#after(n) !== NOWHERE) {
      this.#visit(n + 1, r);
      gain += this.#saved(n + 1, r) * w;
    }
    return gain;
  }

  /** What it saves, for flow into node `m`, to come from `r` and not from memory; nothing if `m` is in the same part. */
  #saved(m: number, r: number): number {
    const there = this.#reg.at(m);
    if (there === r && this.#free.at(m) !== 0) return 0;
    return transfer(MEMORY, there) - transfer(r, there);
  }

  /** Makes ranges of the nodes that have got registers. */
  #commit(c: number): void {
    const ranges = this.#ranges;
    const count = this.#reg.length;
    let whole = -1;
    let k = -1;
    for (let n = 0; n < count; ) {
      if (this.#range.at(n) !== whole) k = whole = this.#range.at(n);
      let z = n + 1;
      while (z < count && this.#range.at(z) === whole && this.#reg.at(z) === this.#reg.at(n)) z++;
      const rest = z < count && this.#range.at(z) === whole ? ranges.cut(k, this.#from.at(z)) : -1;
      if (this.#free.at(n) !== 0 && this.#reg.at(n) !== MEMORY) {
        const r = (c << 5) | this.#reg.at(n);
        const single = ranges.newBundle(c, -1, r, 0, -1);
        ranges.bundleReg.set(single, r);
        ranges.bundle.set(k, single);
        this.#occupancy.add(r, k);
      }
      k = rest;
      n = z;
    }
  }
}

/** What it costs to get a value from one place to another. */
function transfer(from: number, to: number): number {
  if (from === to || to < 0) return 0;
  return from === MEMORY ? LOAD : MOVE;
}
