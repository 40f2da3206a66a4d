/**
 * What the linear allocator knows at one point of a function: which vreg is in which register, and how far each is
 * from its next use.
 *
 * A vreg is in at most one register between instructions. A vreg that ever loses its register has a copy in memory from
 * its definition on (or can be recomputed), so taking a register from a value costs nothing at that moment.
 */
import { growInt32, I32List } from "@gantry/entity";
import type { EditList } from "./edit-list.ts";
import type { Environment } from "./environment.ts";
import type { Liveness } from "./liveness.ts";
import { OpenLoops } from "./open-loops.ts";
import { CLASSES, SLOT_BASE } from "./operand.ts";
import { MOVE, REMATERIALISE } from "./output.ts";
import type { Problem } from "./problem.ts";
import { NEVER, type UseChains } from "./use-chains.ts";

/** Blocks in a row whose parameters are looked at for where a value goes. */
const MAX_PASSES = 4;

export class RegisterState {
  /** Per register: the vreg in it, or 0. */
  readonly vregIn = new Int32Array(32 * CLASSES);
  /** Per class: registers that hold nothing. */
  readonly free = new Int32Array(CLASSES);
  readonly all = new Int32Array(CLASSES);
  readonly preferred = new Int32Array(CLASSES);
  readonly calleeSaved = new Int32Array(CLASSES);
  /** Per class: registers to try first, for values that are not needed behind the next clobber and for those that are. */
  readonly #favoured = new Int32Array(2 * CLASSES);
  /** The classes that have registers are below this one. */
  classes = CLASSES;
  readonly used = new Int32Array(CLASSES);
  /** Per vreg: its register, or -1. */
  regOf = new Int32Array(1024);
  /** Per vreg: the position of its next use in layout order, exact within the block. */
  nextUse = new Int32Array(1024);
  /** Per vreg: 1 when it needs a slot. */
  memory = new Int32Array(1024);
  /** Per vreg: the defining instruction, or -1 minus the block that it is a parameter of. */
  defInst = new Int32Array(1024);
  /** Per vreg: the register it is defined in, -1 when it is defined in its slot. */
  defReg = new Int32Array(1024);
  readonly inMemory = new I32List(64);

  /**
   * The block being allocated, its last instruction, the first position behind it, and what the positions of its operands
   * are greater by than their indices.
   */
  block = 0;
  lastInst = 0;
  blockEnd = 0;
  operandBase = 0;
  readonly loops = new OpenLoops();
  /** Clobbering instructions before the point that is being allocated; where the operands of the next one end. */
  #clobbers = 0;
  nextClobber = NEVER;
  /** While an instruction's entry state is planned: changes are noted and cost nothing until the plan is emitted. */
  planning = 0;
  /** Vregs whose register the plan changed, and per vreg where it was before. */
  readonly touched = new I32List(64);
  before = new Int32Array(1024);
  isTouched = new Int32Array(1024);

  chains!: UseChains;
  /** Columns of the chains; and the liveness sets, with where those of the block begin. Global number 0 is in no set. */
  globalOf!: Int32Array;
  next!: Int32Array;
  last!: Int32Array;
  hint!: Int32Array;
  hintParam!: Int32Array;
  live!: Int32Array;
  liveIn = 0;
  liveOut = 0;
  edits!: EditList;
  vregRemat!: Int32Array;

  reset(p: Problem, env: Environment, chains: UseChains, liveness: Liveness, edits: EditList): void {
    const n = p.numVRegs;
    if (n > this.regOf.length) {
      this.regOf = growInt32(this.regOf, n);
      this.nextUse = growInt32(this.nextUse, n);
      this.memory = growInt32(this.memory, n + 2 * CLASSES);
      this.defInst = growInt32(this.defInst, n);
      this.defReg = growInt32(this.defReg, n);
      this.before = growInt32(this.before, n);
      this.isTouched = growInt32(this.isTouched, n);
    }
    this.chains = chains;
    this.globalOf = chains.globalOf;
    this.next = chains.next;
    this.last = chains.last;
    this.hint = chains.hint;
    this.hintParam = chains.hintParam;
    this.live = liveness.words;
    this.edits = edits;
    this.vregRemat = p.vregRemat.data;
    this.vregIn.fill(0);
    this.regOf.fill(-1, 0, n);
    for (let k = 0; k < this.inMemory.length; k++) this.memory[this.inMemory.at(k)] = 0;
    this.inMemory.clear();
    this.loops.reset(n);
    this.forgetTouched();
    this.planning = 0;
    this.#clobbers = 0;
    this.nextClobber = chains.clobberEnds.data[0];
    for (let c = 0; c < CLASSES; c++) {
      this.all[c] = env.preferred[c] | env.other[c];
      this.preferred[c] = env.preferred[c];
      this.calleeSaved[c] = env.calleeSaved[c];
      this.#favoured[2 * c] = env.preferred[c];
      this.#favoured[2 * c + 1] = env.calleeSaved[c];
      if (this.all[c] !== 0) this.classes = c + 1;
      this.free[c] = this.all[c];
      this.used[c] = 0;
    }
  }

  isLiveIn(v: number): boolean {
    const g = this.globalOf[v];
    return ((this.live[this.liveIn + (g >> 5)] >>> (g & 31)) & 1) !== 0;
  }

  /** Whether the value is wanted after the uses that `nextUse` has moved past. */
  isWanted(v: number): boolean {
    const g = this.globalOf[v];
    const isLiveOut = this.live[this.liveOut + (g >> 5)] >>> (g & 31);
    return (((this.nextUse[v] - this.blockEnd) >>> 31) | (isLiveOut & 1)) !== 0;
  }

  /** Goes past a clobbering instruction. */
  passClobber(): void {
    this.nextClobber = this.chains.clobberEnds.data[++this.#clobbers];
  }

  /** Whether a vreg that the states of block `b` say is in a register is not. */
  isAbsent(v: number, b: number): boolean {
    return b <= this.loops.absentTo[v] && this.loops.isAbsent(v, b);
  }

  /** Empties all registers. */
  clear(): void {
    const { vregIn, regOf, free, all, classes } = this;
    for (let c = 0; c < classes; c++) {
      for (let q = all[c] & ~free[c]; q !== 0; q &= q - 1) {
        const r = (c << 5) | (31 - Math.clz32(q & -q));
        regOf[vregIn[r]] = -1;
        vregIn[r] = 0;
      }
      free[c] = all[c];
    }
  }

  /** Puts a vreg that is in no register into a free one. */
  take(r: number, v: number): void {
    if (this.planning !== 0) this.touch(v);
    this.vregIn[r] = v;
    this.regOf[v] = r;
    const bit = 1 << (r & 31);
    this.free[r >> 5] &= ~bit;
    this.used[r >> 5] |= bit;
  }

  /** Frees a register that holds a vreg. */
  drop(r: number): void {
    const v = this.vregIn[r];
    if (this.planning !== 0) this.touch(v);
    this.vregIn[r] = 0;
    this.regOf[v] = -1;
    this.free[r >> 5] |= 1 << (r & 31);
  }

  touch(v: number): void {
    if (this.isTouched[v] !== 0) return;
    this.isTouched[v] = 1;
    this.before[v] = this.regOf[v];
    this.touched.push(v);
  }

  /** Takes the plan's changes back. */
  dropPlan(): void {
    const { touched, before } = this;
    this.planning = 0;
    for (let k = 0; k < touched.length; k++) {
      const r = this.regOf[touched.at(k)];
      if (r >= 0) this.drop(r);
    }
    for (let k = 0; k < touched.length; k++) {
      const v = touched.at(k);
      this.isTouched[v] = 0;
      if (before[v] >= 0) this.take(before[v], v);
    }
    touched.clear();
  }

  /** Where a plan finds a vreg: its register before the plan, or where else it is read from. */
  sourceBefore(v: number): number {
    const r = this.isTouched[v] !== 0 ? this.before[v] : this.regOf[v];
    return r >= 0 ? r : this.source(v);
  }

  /** Ends a plan. */
  forgetTouched(): void {
    const touched = this.touched.data;
    for (let k = 0, z = this.touched.length; k < z; k++) this.isTouched[touched[k]] = 0;
    this.touched.clear();
  }

  /** Frees a register whose value is still wanted. */
  evict(r: number): void {
    const v = this.vregIn[r];
    this.drop(r);
    if (this.planning === 0) this.keepInMemory(v);
  }

  /** Notes that a vreg is wanted while it is in no register. */
  keepInMemory(v: number): void {
    this.loops.leave(v, this.block, this.nextUse[v]);
    if (this.vregRemat[v] === 0) this.needSlot(v);
  }

  /** Gives a vreg a slot, rematerialisable or not. */
  needSlot(v: number): void {
    if (this.memory[v] !== 0) return;
    this.memory[v] = 1;
    this.inMemory.push(v);
  }

  /** Where a vreg that is in no register is read from: its slot, or `-2 - vreg` to recompute it. */
  source(v: number): number {
    return this.vregRemat[v] !== 0 ? -2 - v : SLOT_BASE + v;
  }

  /** Brings a vreg into a free register before instruction `i`. */
  reload(v: number, r: number, i: number): void {
    if (this.vregRemat[v] !== 0) this.edits.push(2 * i, REMATERIALISE, v, r);
    else this.edits.push(2 * i, MOVE, SLOT_BASE + v, r);
    this.used[r >> 5] |= 1 << (r & 31);
  }

  /** Whether a clobber lies between here and the last use in layout order. */
  crosses(v: number): boolean {
    return this.last[v] >= this.nextClobber;
  }

  /** The register where what `v` is passed on as is, was or will be; -1 if that is not known. */
  passedTo(v: number): number {
    const { hint, hintParam } = this;
    let param = hintParam[v];
    for (let k = 0; k < MAX_PASSES && param !== 0; k++) {
      const r = this.regOf[param] >= 0 ? this.regOf[param] : hint[param] - 1;
      if (r >= 0) return r;
      param = hintParam[param];
    }
    return -1;
  }

  /** Chooses among the free registers `c` of a class, which is not empty, the best for `v`. */
  choose(v: number, cls: number, c: number): number {
    if ((this.hint[v] | this.hintParam[v]) !== 0) return this.#chooseHinted(v, cls, c);
    const fit = c & this.#favoured[(cls << 1) | (this.crosses(v) ? 1 : 0)];
    if (fit !== 0) c = fit;
    else if ((c & this.preferred[cls]) !== 0) c &= this.preferred[cls];
    return (cls << 5) | (31 - Math.clz32(c & -c));
  }

  #chooseHinted(v: number, cls: number, c: number): number {
    const base = cls << 5;
    let h = this.passedTo(v);
    if (this.crosses(v)) {
      const saved = c & this.calleeSaved[cls];
      if (saved !== 0) {
        if (h >= 0 && h >> 5 === cls && ((saved >>> (h & 31)) & 1) !== 0) return h;
        return base | (31 - Math.clz32(saved & -saved));
      }
    }
    if (h >= 0 && h >> 5 === cls && ((c >>> (h & 31)) & 1) !== 0) return h;
    h = this.hint[v] - 1;
    if (h >= 0 && h >> 5 === cls && ((c >>> (h & 31)) & 1) !== 0) return h;
    const first = c & this.preferred[cls];
    if (first !== 0) c = first;
    return base | (31 - Math.clz32(c & -c));
  }

  /**
   * A register for `v` outside `avoid`: a free one, or that of the value whose next use is farthest, which is evicted.
   * Returns -1 when all are to be avoided.
   */
  pick(v: number, cls: number, avoid: number): number {
    const c = this.free[cls] & ~avoid;
    if (c !== 0) return this.choose(v, cls, c);
    const r = this.farthest(cls, avoid);
    if (r >= 0) this.evict(r);
    return r;
  }

  /** The occupied register outside `avoid` whose value is used last, or -1. */
  farthest(cls: number, avoid: number): number {
    const nextUse = this.nextUse;
    const limit = this.loops.limit;
    let best = -1;
    let distance = -1;
    let q = this.all[cls] & ~this.free[cls] & ~avoid;
    while (q !== 0) {
      const r = (cls << 5) | (31 - Math.clz32(q & -q));
      q &= q - 1;
      const v = this.vregIn[r];
      let d = nextUse[v];
      if (d >= limit && this.loops.isNeededAgain(v, d, this.chains.defBlock[v])) d = limit;
      if (d > distance) {
        distance = d;
        best = r;
      }
    }
    return best;
  }

  /** Records the definition of `v` in the free register `r` by operand `k` of instruction `i`. */
  define(v: number, r: number, i: number, k: number): void {
    this.take(r, v);
    this.defInst[v] = i;
    this.defReg[v] = r;
    this.nextUse[v] = this.next[this.operandBase + k];
    const param = this.hintParam[v];
    if (param !== 0 && this.hint[param] === 0) this.hint[param] = 1 + r;
  }

  /** Records the definition of `v` in its slot by operand `k` of instruction `i`. */
  defineInSlot(v: number, i: number, k: number): void {
    this.needSlot(v);
    this.defInst[v] = i;
    this.defReg[v] = -1;
    this.nextUse[v] = this.next[this.operandBase + k];
  }

  /** Frees the register of `v` if it is in one and no longer wanted. */
  dropIfDead(v: number): void {
    const r = this.regOf[v];
    if (r >= 0 && !this.isWanted(v)) this.drop(r);
  }
}
