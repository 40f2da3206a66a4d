/**
 * Live ranges, uses and bundles of the backtracking allocator.
 *
 * A program point is twice an instruction for its early half, plus one for its late half; a range is a half-open interval
 * of points. A value defined late by instruction i lives from 2i + 1; read early it lives to 2i + 1, read late to 2i + 2.
 *
 * Fixed operands and inputs that a definition reuses are read *in the gap* before the instruction, by a parallel
 * move into the wanted place; so the value need not live at the instruction itself, and nothing is ever tied to a
 * fixed register: the register is reserved at the instruction's points, and is a hint to the value. A definition that
 * reuses an input begins early, so that other inputs stay out of its way.
 *
 * A bundle is a set of ranges without overlap that shall get one register. A vreg starts as one bundle, and bundles that a
 * move would connect are merged. What no range of a vreg covers is in memory: a vreg that is ever in memory is stored once,
 * where it is defined.
 */
import { growInt32, I32List } from "@gantry/entity";
import { Liveness } from "../liveness.ts";
import {
  ANY,
  CLASSES,
  COMMUTES,
  FIRST_FIXED_SLOT,
  FIXED,
  LIMIT,
  limitMask,
  REUSE,
  STACK,
} from "../operand.ts";
import type { Problem } from "../problem.ts";
import { UseChains } from "../use-chains.ts";
import { mergeBundles } from "./merge.ts";

/** How an operand reads or writes its vreg. */
export const NEEDS_REGISTER = 1;
export const MAY_BE_IN_MEMORY = 2;
/** Read in the gap before the instruction. */
export const IN_GAP = 3;
/** Must be in its slot. */
export const IN_SLOT = 4;
/** Lives where the definition that reuses it lives, being the same vreg as the reused input. */
export const WITH_DEFINITION = 5;

export class Ranges {
  readonly chains = new UseChains();
  readonly liveness = new Liveness();

  readonly from = new I32List(1024);
  readonly to = new I32List(1024);
  readonly vreg = new I32List(1024);
  readonly bundle = new I32List(1024);
  /** A use of the vreg that is not after the range's first. */
  readonly rangeUse = new I32List(1024);
  /** Next range of the vreg and of the bundle, both in order of points. */
  readonly nextOfVReg = new I32List(1024);
  readonly prevOfVReg = new I32List(1024);
  readonly nextOfBundle = new I32List(1024);

  /** Uses and definitions, by vreg in order of points: point, kind, operand (-1 for arguments), weight. */
  readonly usePoint = new I32List(1024);
  readonly useKind = new I32List(1024);
  readonly useOperand = new I32List(1024);
  readonly useWeight = new I32List(1024);
  readonly useMask = new I32List(1024);
  readonly useNext = new I32List(1024);

  firstRange = new Int32Array(1024);
  firstUse = new Int32Array(1024);
  /** Vregs in memory at some point. */
  inMemory = new Int32Array(1024);

  readonly bundleHead = new I32List(1024);
  /** Last range and number of ranges; known only until bundles are split. */
  readonly bundleTail = new I32List(1024);
  readonly bundleSize = new I32List(1024);
  readonly bundleClass = new I32List(1024);
  readonly bundleReg = new I32List(1024);
  readonly bundleHint = new I32List(1024);
  readonly bundleSplits = new I32List(1024);
  /** The bundle that it was split off from in the end, and per such bundle the register given last to a part. */
  readonly bundleOrigin = new I32List(1024);
  readonly originReg = new I32List(1024);

  /** Per class and point: registers that fixed operands and clobbers reserve. */
  readonly reserved: Int32Array[] = [new Int32Array(64), new Int32Array(64), new Int32Array(64)];
  /** Per vreg: the vreg that its slot is named after. */
  home = new Int32Array(1024);
  /** Per instruction: its block. */
  blockOf = new Int32Array(1024);
  /** Per vreg: the register that its heaviest fixed operands ask for, -1 for none, and their weight. */
  #hint = new Int32Array(1024);
  #hintWeight = new Int32Array(1024);
  #open = new Int32Array(1024);
  readonly #live = new I32List(256);
  readonly #lists: readonly I32List[] = [
    this.from,
    this.to,
    this.vreg,
    this.bundle,
    this.rangeUse,
    this.nextOfVReg,
    this.prevOfVReg,
    this.nextOfBundle,
    this.usePoint,
    this.useKind,
    this.useOperand,
    this.useWeight,
    this.useMask,
    this.useNext,
    this.bundleHead,
    this.bundleTail,
    this.bundleSize,
    this.bundleClass,
    this.bundleReg,
    this.bundleHint,
    this.bundleSplits,
    this.bundleOrigin,
    this.originReg,
  ];

  build(p: Problem, all: Int32Array): void {
    this.chains.build(p);
    this.liveness.build(p, this.chains);
    const nv = p.numVRegs;
    const points = 2 * p.numInsts() + 2;
    for (let k = 0; k < this.#lists.length; k++) this.#lists[k]!.clear();
    this.firstRange = growInt32(this.firstRange, nv);
    this.firstUse = growInt32(this.firstUse, nv);
    this.inMemory = growInt32(this.inMemory, nv);
    this.#open = growInt32(this.#open, nv);
    this.home = growInt32(this.home, nv);
    this.#hint = growInt32(this.#hint, nv);
    this.#hintWeight = growInt32(this.#hintWeight, nv);
    this.#hint.fill(-1, 0, nv);
    this.#hintWeight.fill(0, 0, nv);
    this.blockOf = growInt32(this.blockOf, p.numInsts() + 1);
    this.firstRange.fill(-1, 0, nv);
    this.firstUse.fill(-1, 0, nv);
    this.inMemory.fill(0, 0, nv);
    this.#open.fill(-1, 0, nv);
    for (let c = 0; c < CLASSES; c++) {
      this.reserved[c] = growInt32(this.reserved[c]!, points);
      this.reserved[c]!.fill(0, 0, points);
    }
    for (let b = p.numBlocks() - 1; b >= 0; b--) this.#block(p, b, all);
    this.#makeBundles(p);
    mergeBundles(this, p);
    this.#findHomes(p);
  }

  #block(p: Problem, b: number, all: Int32Array): void {
    const first = p.blockInstStart.at(b);
    const end = p.blockInstStart.at(b + 1);
    const depth = Math.min(p.blockLoopDepth.at(b), 8);
    const weight = 1 << (2 * depth);
    const live = this.#live;
    live.clear();
    this.liveness.collectLiveOut(p, b, this.chains.globals.data, live);
    for (let k = 0; k < live.length; k++) this.#open[live.at(k)] = 2 * end;
    this.blockOf.fill(b, first, end);
    for (let e = p.blockSuccStart.at(b); e < p.blockSuccStart.at(b + 1); e++)
      for (let k = p.edgeArgStart.at(e); k < p.edgeArgStart.at(e + 1); k++)
        this.#use(p.edgeArgs.at(k), 2 * end - 1, 2 * end, IN_GAP, -1, weight, 0);
    for (let i = end - 1; i >= first; i--) this.#instruction(p, i, i === first, weight, all);
    for (let k = 0; k < live.length; k++) {
      const v = live.at(k);
      if (this.#open[v]! >= 0) this.#close(v, 2 * first);
    }
    for (let k = p.blockParamStart.at(b); k < p.blockParamStart.at(b + 1); k++) {
      const v = p.params.at(k);
      this.#addUse(v, 2 * first, MAY_BE_IN_MEMORY, -1, weight, 0);
      if (this.#open[v]! >= 0) this.#close(v, 2 * first);
      else if (this.firstRange[v]! < 0 || this.from.at(this.firstRange[v]!) !== 2 * first)
        this.#addRange(v, 2 * first, 2 * first + 1);
    }
  }

  #instruction(p: Problem, i: number, isFirst: boolean, weight: number, all: Int32Array): void {
    const first = p.instOperandStart.at(i);
    const end = p.instOperandStart.at(i + 1);
    const set = p.instClobber.at(i);
    if (set !== 0)
      for (let c = 0; c < CLASSES; c++) this.reserved[c]![2 * i + 1]! |= p.clobberSets.at(3 * set + c);
    if ((p.instFlags.at(i) & COMMUTES) !== 0) this.#exchange(p, first);
    let reused = -1;
    for (let k = first; k < end; k++) {
      const v = p.operandVReg.at(k);
      const info = p.operandInfo.at(k);
      if ((info & 1) === 0 || v < 128) continue;
      const constraint = (info >> 4) & 7;
      const c = (info >> 2) & 3;
      let point = (info & 2) !== 0 ? 2 * i + 1 : 2 * i;
      let kind = constraint === ANY ? MAY_BE_IN_MEMORY : constraint === STACK ? IN_SLOT : NEEDS_REGISTER;
      let mask = constraint === LIMIT ? limitMask(info >> 8) : -1;
      if (constraint === FIXED) {
        this.#ask(v, info >> 8, weight);
        this.#reserve(info >> 8, point);
        if (point === 2 * i) this.#reserve(info >> 8, point + 1);
        kind = MAY_BE_IN_MEMORY;
      } else if (constraint === REUSE) {
        const input = first + (info >> 8);
        const inputInfo = p.operandInfo.at(input);
        if (((inputInfo >> 4) & 7) === FIXED) {
          this.#reserve(inputInfo >> 8, 2 * i);
          this.#reserve(inputInfo >> 8, 2 * i + 1);
          kind = MAY_BE_IN_MEMORY;
        } else {
          reused = input;
          point = 2 * i;
          if (((inputInfo >> 4) & 7) === LIMIT) mask = limitMask(inputInfo >> 8);
          else if (((inputInfo >> 4) & 7) === STACK) kind = IN_SLOT;
        }
      }
      if (this.#open[v]! < 0) this.#open[v] = 2 * i + 2;
      this.#addUse(v, point, kind, k, weight, mask & all[c]!);
      this.#close(v, point);
    }
    for (let k = first; k < end; k++) {
      const v = p.operandVReg.at(k);
      const info = p.operandInfo.at(k);
      if ((info & 1) !== 0 || v < 128) continue;
      const constraint = (info >> 4) & 7;
      const c = (info >> 2) & 3;
      const isLate = (info & 2) !== 0;
      const gapEnd = isFirst ? 2 * i + 1 : 2 * i;
      if (constraint === FIXED) {
        this.#ask(v, info >> 8, weight);
        this.#reserve(info >> 8, 2 * i);
        if (isLate) this.#reserve(info >> 8, 2 * i + 1);
        this.#use(v, gapEnd - 1, gapEnd, IN_GAP, k, weight, 0);
      } else if (reused >= 0 && !isLate && this.#isReused(p, first, end, k)) {
        this.#use(v, gapEnd - 1, gapEnd, IN_GAP, k, weight, 0);
      } else if (
        reused >= 0 &&
        !isLate &&
        constraint !== STACK &&
        constraint !== LIMIT &&
        this.#twin(p, first, end, v) >= 0
      )
        this.#use(v, gapEnd - 1, gapEnd, WITH_DEFINITION, k, 0, 0);
      else {
        const kind = constraint === ANY ? MAY_BE_IN_MEMORY : constraint === STACK ? IN_SLOT : NEEDS_REGISTER;
        const mask = constraint === LIMIT ? limitMask(info >> 8) & all[c]! : all[c]!;
        this.#use(v, isLate ? 2 * i + 1 : 2 * i, isLate ? 2 * i + 2 : 2 * i + 1, kind, k, weight, mask);
      }
    }
  }

  /** Puts an input of a commutative instruction that ends there first: it is overwritten. */
  #exchange(p: Problem, first: number): void {
    const a = p.operandVReg.at(first);
    const b = p.operandVReg.at(first + 1);
    if (this.#open[a]! < 0 || this.#open[b]! >= 0) return;
    p.operandVReg.set(first, b);
    p.operandVReg.set(first + 1, a);
  }

  /** Whether a definition that is not fixed by its input reuses operand `k`. */
  #isReused(p: Problem, first: number, end: number, k: number): boolean {
    for (let d = first; d < end; d++)
      if ((p.operandInfo.at(d) & 0x71) === ((REUSE << 4) | 1) && first + (p.operandInfo.at(d) >> 8) === k)
        return true;
    return false;
  }

  /** The reuse definition whose input, not fixed, is `v`; -1 if there is none. */
  #twin(p: Problem, first: number, end: number, v: number): number {
    for (let d = first; d < end; d++) {
      if ((p.operandInfo.at(d) & 0x71) !== ((REUSE << 4) | 1)) continue;
      const input = first + (p.operandInfo.at(d) >> 8);
      if (p.operandVReg.at(input) === v && ((p.operandInfo.at(input) >> 4) & 7) !== FIXED) return d;
    }
    return -1;
  }

  #reserve(r: number, point: number): void {
    if (r < FIRST_FIXED_SLOT) this.reserved[r >> 5]![point]! |= 1 << (r & 31);
  }

  #use(
    v: number,
    point: number,
    end: number,
    kind: number,
    operand: number,
    weight: number,
    mask: number,
  ): void {
    if (this.#open[v]! < end) {
      if (this.#open[v]! < 0) this.#live.push(v);
      this.#open[v] = end;
    }
    this.#addUse(v, point, kind, operand, weight, mask);
  }

  #addUse(v: number, point: number, kind: number, operand: number, weight: number, mask: number): void {
    const u = this.usePoint.push(point);
    this.useKind.push(kind);
    this.useOperand.push(operand);
    this.useWeight.push(weight);
    this.useMask.push(mask);
    // Built backwards, so a new use comes first, but for several at one instruction.
    let before = -1;
    let after = this.firstUse[v]!;
    while (after >= 0 && this.usePoint.at(after) < point) {
      before = after;
      after = this.useNext.at(after);
    }
    this.useNext.push(after);
    if (before < 0) this.firstUse[v] = u;
    else this.useNext.set(before, u);
  }

  #close(v: number, from: number): void {
    const to = Math.max(this.#open[v]!, from + 1);
    this.#open[v] = -1;
    const next = this.firstRange[v]!;
    if (next >= 0 && this.from.at(next) <= to) {
      this.from.set(next, from);
      return;
    }
    this.#addRange(v, from, to);
  }

  #addRange(v: number, from: number, to: number): void {
    const next = this.firstRange[v]!;
    this.firstRange[v] = this.newRange(v, from, to, -1);
    this.nextOfVReg.set(this.firstRange[v]!, next);
    if (next >= 0) this.prevOfVReg.set(next, this.firstRange[v]!);
  }

  newRange(v: number, from: number, to: number, bundle: number): number {
    this.from.push(from);
    this.to.push(to);
    this.vreg.push(v);
    this.nextOfVReg.push(-1);
    this.prevOfVReg.push(-1);
    this.nextOfBundle.push(-1);
    return this.bundle.push(bundle);
  }

  /** Cuts range `k` at a point inside it and returns the later part, which is in the same bundle, but not in its chain. */
  cut(k: number, point: number): number {
    const part = this.newRange(this.vreg.at(k), point, this.to.at(k), this.bundle.at(k));
    this.to.set(k, point);
    const next = this.nextOfVReg.at(k);
    this.nextOfVReg.set(part, next);
    if (next >= 0) this.prevOfVReg.set(next, part);
    this.prevOfVReg.set(part, k);
    this.nextOfVReg.set(k, part);
    this.rangeUse.push(this.rangeUse.at(k));
    return part;
  }

  newBundle(cls: number, head: number, hint: number, splits: number, origin: number): number {
    this.bundleHead.push(head);
    this.bundleTail.push(head);
    this.bundleSize.push(1);
    this.bundleClass.push(cls);
    this.bundleReg.push(-1);
    this.bundleHint.push(hint);
    const b = this.bundleSplits.push(splits);
    this.bundleOrigin.push(origin < 0 ? b : origin);
    this.originReg.push(-1);
    return b;
  }

  #makeBundles(p: Problem): void {
    for (let v = 128; v < p.numVRegs; v++) {
      const head = this.firstRange[v]!;
      if (head < 0) continue;
      const b = this.newBundle(p.vregClass.at(v), head, this.#hint[v]!, 0, -1);
      while (this.rangeUse.length < this.from.length) this.rangeUse.push(-1);
      let u = this.firstUse[v]!;
      for (let r = head; r >= 0; r = this.nextOfVReg.at(r)) {
        while (u >= 0 && this.usePoint.at(u) < this.from.at(r)) u = this.useNext.at(u);
        this.rangeUse.set(r, u);
        this.bundle.set(r, b);
        this.nextOfBundle.set(r, this.nextOfVReg.at(r));
        this.bundleTail.set(b, r);
        this.bundleSize.set(b, this.bundleSize.at(b) + (r === head ? 0 : 1));
      }
    }
  }

  /** Vregs of one bundle never live at the same time, so those of one width share a slot. */
  #findHomes(p: Problem): void {
    this.originReg.fill(this.bundleHead.length, -1);
    const first = this.originReg;
    for (let v = 128; v < p.numVRegs; v++) {
      this.home[v] = v;
      if (this.firstRange[v]! < 0) continue;
      const b = this.bundle.at(this.firstRange[v]!);
      if (first.at(b) < 0) first.set(b, v);
      else if (p.vregSlotBytes.at(first.at(b)) === p.vregSlotBytes.at(v)) this.home[v] = first.at(b);
    }
    first.fill(this.bundleHead.length, -1);
  }

  /** Notes that a fixed operand asks for `r`; the heaviest decide, the first of several. */
  #ask(v: number, r: number, weight: number): void {
    if (r >= FIRST_FIXED_SLOT || weight < this.#hintWeight[v]!) return;
    this.#hintWeight[v] = weight;
    this.#hint[v] = r;
  }
}
