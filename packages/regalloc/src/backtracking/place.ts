/**
 * The last step of the backtracking allocator: from ranges with registers to allocations and edits.
 *
 * Moves are collected by instruction and, within it, by the five places where one can stand; each place is one parallel
 * move:
 * 0. start of a block whose only predecessor has other successors too: what the edge demands;
 * 1. the same point, after 0: stores of block parameters;
 * 2. before the instruction: ranges that begin there, copies to fixed registers and to reused inputs;
 * 3. before a branch with one successor: what the edge demands;
 * 4. after the instruction: results that leave fixed registers, stores of definitions.
 */
import { growInt32, I32List } from "@gantry/entity";
import { EditList } from "../edit-list.ts";
import { CLASSES, FIRST_FIXED_SLOT, FIXED, REUSE, SLOT_BASE } from "../operand.ts";
import { EDIT_WORDS, type Output } from "../output.ts";
import { ParallelMoves } from "../parallel-moves.ts";
import type { Problem } from "../problem.ts";
import { assignSlots, SpillLives } from "../spill-lives.ts";
import type { Occupancy } from "./occupancy.ts";
import { IN_GAP, IN_SLOT, type Ranges, WITH_DEFINITION } from "./ranges.ts";

const PLACES = 5;
/** In place of a register: the definition is constrained to the slot, although the vreg may have a register after it. */
const AT_SLOT = -2;

export class Placement {
  readonly #ranges: Ranges;
  readonly #occupancy: Occupancy;
  readonly #moves = new ParallelMoves();
  readonly #edits = new EditList();
  readonly #lives = new SpillLives();
  /** Moves by instruction and place: first of each, then chains of (next, from, to). */
  #head = new Int32Array(1024);
  readonly #chain = new I32List(1024);
  /** Triples (block, register, vreg) at starts and at ends of blocks, chained by block. */
  readonly #atStart = new I32List(256);
  readonly #atEnd = new I32List(256);
  #startHead = new Int32Array(256);
  #endHead = new Int32Array(256);
  #location = new Int32Array(1024).fill(-1);
  /** Per vreg: point of its definition; its register there, -1 or {@link AT_SLOT}; 1 when it needs a slot. */
  #defPoint = new Int32Array(1024);
  #defReg = new Int32Array(1024);
  #needsSlot = new Int32Array(1024);
  readonly #inMemory = new I32List(64);
  readonly #slotOperands = new I32List(64);
  /** (operand, source, definition's operand, instruction) of inputs that definitions reuse, -1 as source for twins. */
  readonly #reused = new I32List(64);
  readonly #used = new Int32Array(CLASSES);
  #problem!: Problem;
  #allocs!: Int32Array;

  constructor(ranges: Ranges, occupancy: Occupancy) {
    this.#ranges = ranges;
    this.#occupancy = occupancy;
  }

  run(p: Problem, all: Int32Array, out: Output): void {
    this.#begin(p, all, out);
    for (let v = 128; v < p.numVRegs; v++)
      if (this.#ranges.firstUse[v]! >= 0 || this.#defPoint[v]! >= 0) this.#placeVReg(v);
    for (let k = 0; k < this.#reused.length; k += 4) {
      const operand = this.#reused.at(k);
      const def = this.#reused.at(k + 2);
      this.#allocs[operand] = this.#allocs[def]!;
      if (this.#allocs[def]! >= SLOT_BASE) this.#slotOperands.push(operand);
      const source = this.#reused.at(k + 1);
      const inst = this.#reused.at(k + 3);
      if (source !== -1 && !this.#isFixedAt(inst, p.operandVReg.at(operand), this.#allocs[def]!))
        this.#addMove(inst, 2, source, this.#allocs[def]!);
    }
    this.#placeEdges(p);
    this.#emit(p, all);
    assignSlots(
      p,
      this.#lives,
      this.#ranges.chains,
      this.#ranges.liveness,
      this.#moves,
      this.#inMemory,
      this.#defPoint,
      this.#ranges.home,
    );
    this.#write(out);
  }

  #begin(p: Problem, all: Int32Array, out: Output): void {
    this.#problem = p;
    const nv = p.numVRegs;
    const n = p.numInsts();
    out.reset();
    out.allocs.fill(p.operandVReg.length, -1);
    this.#allocs = out.allocs.data;
    this.#edits.clear();
    this.#moves.reset(nv, this.#edits, p.vregClass.data, all);
    this.#head = growInt32(this.#head, PLACES * n);
    this.#head.fill(-1, 0, PLACES * n);
    this.#chain.clear();
    this.#atStart.clear();
    this.#atEnd.clear();
    this.#inMemory.clear();
    this.#slotOperands.clear();
    this.#reused.clear();
    this.#startHead = growInt32(this.#startHead, p.numBlocks());
    this.#endHead = growInt32(this.#endHead, p.numBlocks());
    this.#startHead.fill(-1, 0, p.numBlocks());
    this.#endHead.fill(-1, 0, p.numBlocks());
    if (nv > this.#location.length) {
      this.#location = growInt32(this.#location, nv);
      this.#location.fill(-1);
    }
    this.#defPoint = growInt32(this.#defPoint, nv);
    this.#defReg = growInt32(this.#defReg, nv);
    this.#needsSlot = growInt32(this.#needsSlot, nv);
    this.#defPoint.fill(-1, 0, nv);
    this.#defReg.fill(-1, 0, nv);
    this.#needsSlot.fill(0, 0, nv);
    this.#used.fill(0);
    for (let k = 0; k < p.operandVReg.length; k++) {
      const r = p.operandVReg.at(k);
      if (r < 128) this.#allocs[k] = r;
    }
    for (let b = 0; b < p.numBlocks(); b++)
      for (let k = p.blockParamStart.at(b); k < p.blockParamStart.at(b + 1); k++)
        this.#defPoint[p.params.at(k)] = 2 * p.blockInstStart.at(b);
  }

  /** The instruction of use `u`; what is read in the gap before it is noted at the point before. */
  #instOf(u: number): number {
    const ranges = this.#ranges;
    const kind = ranges.useKind.at(u);
    return (ranges.usePoint.at(u) + (kind === IN_GAP || kind === WITH_DEFINITION ? 1 : 0)) >> 1;
  }

  #addMove(inst: number, place: number, from: number, to: number): void {
    if (from === to) return;
    const at = inst * PLACES + place;
    const k = this.#chain.push(this.#head[at]!);
    this.#chain.push(from);
    this.#chain.push(to);
    this.#head[at] = k;
  }

  /** Where a vreg that is in no register is read from. */
  #source(v: number): number {
    if (this.#problem.vregRemat.at(v) !== 0) return -2 - v;
    return this.#needSlot(v);
  }

  /** The slot of a vreg, which from now on it has. */
  #needSlot(v: number): number {
    if (this.#needsSlot[v] === 0) {
      this.#needsSlot[v] = 1;
      this.#inMemory.push(v);
    }
    return SLOT_BASE + this.#ranges.home[v]!;
  }

  /** Allocations of a vreg's operands, and the moves that its uses and its ranges ask for. */
  #placeVReg(v: number): void {
    const ranges = this.#ranges;
    const p = this.#problem;
    let k = ranges.firstRange[v]!;
    for (let u = ranges.firstUse[v]!; u >= 0; u = ranges.useNext.at(u)) {
      const point = ranges.usePoint.at(u);
      while (k >= 0 && ranges.to.at(k) <= point) k = ranges.nextOfVReg.at(k);
      const r = k >= 0 && ranges.from.at(k) <= point ? ranges.bundleReg.at(ranges.bundle.at(k)) : -1;
      const operand = ranges.useOperand.at(u);
      if (operand >= 0) this.#placeUse(v, u, operand, r, k);
    }
    const isWhole = this.#placeRanges(v);
    if (!isWhole) this.#noteBlocks(v);
    if (ranges.inMemory[v] !== 0 && p.vregRemat.at(v) === 0) this.#needSlot(v);
  }

  #placeUse(v: number, u: number, operand: number, r: number, range: number): void {
    const p = this.#problem;
    const ranges = this.#ranges;
    const info = p.operandInfo.at(operand);
    const constraint = (info >> 4) & 7;
    const kind = ranges.useKind.at(u);
    const inst = this.#instOf(u);
    if ((info & 1) !== 0) {
      this.#defPoint[v] = ranges.usePoint.at(u);
      let fixed = constraint === FIXED ? info >> 8 : -1;
      if (constraint === REUSE) {
        const input = p.operandInfo.at(p.instOperandStart.at(inst) + (info >> 8));
        if (((input >> 4) & 7) === FIXED) fixed = input >> 8;
      }
      if (fixed >= 0) {
        this.#allocs[operand] = fixed;
        if (fixed < FIRST_FIXED_SLOT) this.#used[fixed >> 5]! |= 1 << (fixed & 31);
        this.#defReg[v] = fixed;
        if (r >= 0 && !this.#endsBlock(inst)) {
          this.#addMove(inst, 4, fixed, r);
        }
        return;
      }
      this.#defReg[v] = kind === IN_SLOT ? AT_SLOT : r;
      if (r >= 0 && kind !== IN_SLOT) this.#allocs[operand] = r;
      else this.#inSlot(operand, v);
      if (kind === IN_SLOT && r >= 0 && !this.#endsBlock(inst)) this.#addMove(inst, 4, this.#needSlot(v), r);
      return;
    }
    if (
      kind === IN_SLOT ||
      (r < 0 && constraint !== FIXED && kind !== WITH_DEFINITION && this.#defOf(inst, operand, -1, 0) < 0)
    ) {
      this.#inSlot(operand, v);
      return;
    }
    if (constraint === FIXED) {
      this.#allocs[operand] = info >> 8;
      // Two operands may ask for the same copy.
      for (let k = p.instOperandStart.at(inst); k < operand; k++)
        if (
          p.operandVReg.at(k) === v &&
          (p.operandInfo.at(k) & 0x71) === FIXED << 4 &&
          p.operandInfo.at(k) >> 8 === info >> 8
        )
          return;
      // A range that begins here brings the value by itself.
      let k = range;
      while (k >= 0 && ranges.to.at(k) <= 2 * inst) k = ranges.nextOfVReg.at(k);
      const isThere =
        k >= 0 && ranges.from.at(k) <= 2 * inst && ranges.bundleReg.at(ranges.bundle.at(k)) === info >> 8;
      if (!isThere) this.#addMove(inst, 2, r >= 0 ? r : this.#source(v), info >> 8);
      return;
    }
    const def = this.#defOf(inst, operand, v, kind);
    if (def >= 0) {
      this.#reused.push(operand);
      this.#reused.push(kind === WITH_DEFINITION ? -1 : r >= 0 ? r : this.#source(v));
      this.#reused.push(def);
      this.#reused.push(inst);
      return;
    }
    this.#allocs[operand] = r;
  }

  /** Whether an instruction also reads `v` fixed to `r`, so that the move there is made already. */
  #isFixedAt(inst: number, v: number, r: number): boolean {
    const p = this.#problem;
    for (let k = p.instOperandStart.at(inst); k < p.instOperandStart.at(inst + 1); k++)
      if (
        p.operandVReg.at(k) === v &&
        (p.operandInfo.at(k) & 0x71) === FIXED << 4 &&
        p.operandInfo.at(k) >> 8 === r
      )
        return true;
    return false;
  }

  #inSlot(operand: number, v: number): void {
    this.#allocs[operand] = this.#needSlot(v);
    this.#slotOperands.push(operand);
  }

  /** The definition that reuses an operand, or for a twin that reuses its vreg; -1 if there is none. */
  #defOf(inst: number, operand: number, v: number, kind: number): number {
    const p = this.#problem;
    const first = p.instOperandStart.at(inst);
    for (let d = first; d < p.instOperandStart.at(inst + 1); d++) {
      if ((p.operandInfo.at(d) & 0x71) !== ((REUSE << 4) | 1)) continue;
      const input = first + (p.operandInfo.at(d) >> 8);
      if (input === operand) return d;
      if (
        kind === WITH_DEFINITION &&
        p.operandVReg.at(input) === v &&
        ((p.operandInfo.at(input) >> 4) & 7) !== FIXED
      )
        return d;
    }
    return -1;
  }

  #endsBlock(inst: number): boolean {
    return this.#problem.blockInstStart.at(this.#ranges.blockOf[inst]! + 1) === inst + 1;
  }

  /** Loads and moves where ranges begin inside blocks; says whether the vreg is in one register all its life. */
  #placeRanges(v: number): boolean {
    const ranges = this.#ranges;
    const p = this.#problem;
    let isWhole = ranges.inMemory[v] === 0;
    let before = -1;
    const first = ranges.firstRange[v]!;
    for (let k = first; k >= 0; k = ranges.nextOfVReg.at(k)) {
      const r = ranges.bundleReg.at(ranges.bundle.at(k));
      this.#used[r >> 5]! |= 1 << (r & 31);
      if (before >= 0 && ranges.bundleReg.at(ranges.bundle.at(before)) !== r) isWhole = false;
      const from = ranges.from.at(k);
      const inst = from >> 1;
      const isBlockStart = (from & 1) === 0 && p.blockInstStart.at(this.#ranges.blockOf[inst]!) === inst;
      if (from !== this.#defPoint[v] && !isBlockStart) {
        const source =
          before >= 0 && ranges.to.at(before) === from
            ? ranges.bundleReg.at(ranges.bundle.at(before))
            : this.#source(v);
        this.#addMove(inst, 2, source, r);
      }
      before = k;
    }
    const d = this.#defPoint[v]!;
    // What a branch defines in a fixed register or in its slot arrives in the successors by their edges.
    if (this.#defReg[v] !== -1 && d >= 0 && this.#endsBlock(d >> 1)) return false;
    return isWhole;
  }

  /** Notes where a vreg is at the starts and ends of blocks. */
  #noteBlocks(v: number): void {
    const ranges = this.#ranges;
    const starts = this.#problem.blockInstStart;
    const n = this.#problem.numBlocks();
    for (let k = ranges.firstRange[v]!; k >= 0; k = ranges.nextOfVReg.at(k)) {
      const r = ranges.bundleReg.at(ranges.bundle.at(k));
      const from = ranges.from.at(k);
      const to = ranges.to.at(k);
      for (let b = ranges.blockOf[from >> 1]!; b < n && 2 * starts.at(b) < to; b++) {
        if (2 * starts.at(b) >= from)
          this.#startHead[b] = this.#note(this.#atStart, this.#startHead[b]!, r, v);
        const last = 2 * starts.at(b + 1) - 1;
        if (last >= from && last < to && !this.#arrivesFixed(v, b))
          this.#endHead[b] = this.#note(this.#atEnd, this.#endHead[b]!, r, v);
      }
    }
    const d = this.#defPoint[v]!;
    if (d >= 0 && this.#defReg[v]! >= 0) {
      const b = ranges.blockOf[d >> 1]!;
      if (this.#arrivesFixed(v, b))
        this.#endHead[b] = this.#note(this.#atEnd, this.#endHead[b]!, this.#defReg[v]!, v);
    }
  }

  /** Whether the last instruction of block `b` defines `v` in a register, or in its slot because it must. */
  #arrivesFixed(v: number, b: number): boolean {
    return this.#defReg[v] !== -1 && this.#defPoint[v]! >> 1 === this.#problem.blockInstStart.at(b + 1) - 1;
  }

  #note(list: I32List, head: number, r: number, v: number): number {
    const at = list.push(head);
    list.push(r);
    list.push(v);
    return at;
  }

  #placeEdges(p: Problem): void {
    for (let b = 0; b < p.numBlocks(); b++) {
      this.#storeParams(p, b);
      for (let k = p.blockPredStart.at(b); k < p.blockPredStart.at(b + 1); k++)
        this.#placeEdge(p, p.preds.at(k), b);
    }
    for (let k = 0; k < this.#inMemory.length; k++) this.#storeDefinition(p, this.#inMemory.at(k));
  }

  #storeParams(p: Problem, b: number): void {
    for (let k = p.blockParamStart.at(b); k < p.blockParamStart.at(b + 1); k++) {
      const v = p.params.at(k);
      this.#defReg[v] = this.#registerAt(v, 2 * p.blockInstStart.at(b));
    }
  }

  #registerAt(v: number, point: number): number {
    const ranges = this.#ranges;
    for (let k = ranges.firstRange[v]!; k >= 0 && ranges.from.at(k) <= point; k = ranges.nextOfVReg.at(k))
      if (ranges.to.at(k) > point) return ranges.bundleReg.at(ranges.bundle.at(k));
    return -1;
  }

  #placeEdge(p: Problem, d: number, b: number): void {
    const location = this.#location;
    const alone = p.blockSuccStart.at(d + 1) - p.blockSuccStart.at(d) === 1;
    const inst = alone ? p.blockInstStart.at(d + 1) - 1 : p.blockInstStart.at(b);
    const place = alone ? 3 : 0;
    for (let k = this.#endHead[d]!; k >= 0; k = this.#atEnd.at(k))
      location[this.#atEnd.at(k + 2)] = this.#atEnd.at(k + 1);
    if (alone) {
      const args = p.edgeArgStart.at(p.blockSuccStart.at(d));
      const first = p.blockParamStart.at(b);
      for (let k = first; k < p.blockParamStart.at(b + 1); k++) {
        const param = p.params.at(k);
        const arg = p.edgeArgs.at(args + k - first);
        let source = location[arg]!;
        if (source < 0) source = this.#registerAt(arg, 2 * p.blockInstStart.at(d + 1) - 1);
        if (source < 0) source = this.#source(arg);
        const r = this.#defReg[param]!;
        this.#addMove(inst, place, source, r >= 0 ? r : this.#needSlot(param));
      }
    }
    for (let k = this.#startHead[b]!; k >= 0; k = this.#atStart.at(k)) {
      const v = this.#atStart.at(k + 2);
      if (this.#defPoint[v] === 2 * p.blockInstStart.at(b) && this.#isParam(p, b, v)) continue;
      const source = location[v]! >= 0 ? location[v]! : this.#source(v);
      this.#addMove(inst, place, source, this.#atStart.at(k + 1));
    }
    for (let k = this.#endHead[d]!; k >= 0; k = this.#atEnd.at(k)) location[this.#atEnd.at(k + 2)] = -1;
  }

  #isParam(p: Problem, b: number, v: number): boolean {
    for (let k = p.blockParamStart.at(b); k < p.blockParamStart.at(b + 1); k++)
      if (p.params.at(k) === v) return true;
    return false;
  }

  /** The one store of a vreg in memory. */
  #storeDefinition(p: Problem, v: number): void {
    const r = this.#defReg[v]!;
    const d = this.#defPoint[v]!;
    if (r < 0 || d < 0) return;
    const slot = this.#needSlot(v);
    const inst = d >> 1;
    const b = this.#ranges.blockOf[inst]!;
    if (this.#ranges.chains.defBlock[v] === b && this.#isParam(p, b, v)) {
      if (this.#arrivesInMemory(p, b, v)) return;
      this.#addMove(inst, 1, r, slot);
      return;
    }
    if (!this.#endsBlock(inst)) {
      this.#addMove(inst, 4, r, slot);
      return;
    }
    const g = this.#ranges.chains.globalOf[v]!;
    const liveness = this.#ranges.liveness;
    for (let e = p.blockSuccStart.at(b); e < p.blockSuccStart.at(b + 1); e++) {
      const t = p.succs.at(e);
      liveness.enter(p, t);
      const isLive = liveness.isLiveIn(g);
      liveness.leave(p, t);
      if (isLive) this.#addMove(p.blockInstStart.at(t), 0, r, slot);
    }
  }

  /** Whether all that is passed to a parameter is in the parameter's slot by then. */
  #arrivesInMemory(p: Problem, b: number, v: number): boolean {
    const home = this.#ranges.home;
    let k = p.blockParamStart.at(b);
    while (p.params.at(k) !== v) k++;
    k -= p.blockParamStart.at(b);
    for (let q = p.blockPredStart.at(b); q < p.blockPredStart.at(b + 1); q++) {
      const arg = p.edgeArgs.at(p.edgeArgStart.at(p.blockSuccStart.at(p.preds.at(q))) + k);
      if (home[arg] !== home[v] || this.#needsSlot[arg] === 0) return false;
    }
    return true;
  }

  #emit(p: Problem, all: Int32Array): void {
    const chain = this.#chain;
    for (let inst = 0, n = p.numInsts(); inst < n; inst++)
      for (let place = 0; place < PLACES; place++) {
        const head = this.#head[inst * PLACES + place]!;
        if (head < 0) continue;
        for (let k = head; k >= 0; k = chain.at(k)) this.#moves.add(chain.at(k + 1), chain.at(k + 2));
        this.#moves.resolve(
          2 * inst + (place === 4 ? 1 : 0),
          this.#freeAt(0, inst, place, all[0]!),
          this.#freeAt(1, inst, place, all[1]!),
          this.#freeAt(2, inst, place, all[2]!),
        );
      }
  }

  /** Registers of a class that nobody needs round a place at an instruction. */
  #freeAt(c: number, inst: number, place: number, all: number): number {
    const occupancy = this.#occupancy;
    const first = place === 4 ? 2 * inst + 1 : inst === 0 ? 0 : 2 * inst - 1;
    let busy = occupancy.busyAt(c, first) | occupancy.busyAt(c, first + 1);
    if (place === 3) busy |= occupancy.busyAt(c, 2 * inst + 1);
    return all & ~busy;
  }

  #write(out: Output): void {
    const slotOf = this.#lives.slots.slotOf;
    const words = this.#edits.words;
    for (let k = 0; k < this.#edits.length; k += 4) {
      const at = out.edits.extend(EDIT_WORDS);
      const w = out.edits.data;
      w[at] = words[k]! >> 1;
      w[at + 1] = words[k]! & 1;
      w[at + 2] = words[k + 1]!;
      for (let j = 2; j < 4; j++) {
        const word = words[k + j]!;
        w[at + 1 + j] = word >= SLOT_BASE ? SLOT_BASE + slotOf[word - SLOT_BASE]! : word;
      }
    }
    for (let k = 0; k < this.#slotOperands.length; k++) {
      const at = this.#slotOperands.at(k);
      const a = this.#allocs[at]!;
      if (a >= SLOT_BASE) this.#allocs[at] = SLOT_BASE + slotOf[a - SLOT_BASE]!;
    }
    const slots = this.#lives.slots;
    out.slotCount = slots.offset.length;
    out.spillBytes = slots.bytes;
    for (let k = 0; k < out.slotCount; k++) {
      out.spillOffset.push(slots.offset.at(k));
      out.slotBytes.push(slots.widthOf(k));
    }
    for (let c = 0; c < CLASSES; c++) out.usedRegs[c] = this.#used[c]! | this.#moves.usedRegs(c);
  }
}
