/**
 * `linear`: register allocation in one forward pass over SSA form with next-use distances, in the manner of Belady's
 * rule as Go's and Maglev's allocators apply it.
 *
 * Uses are linked beforehand, so at every point it is known how far each register's value is from its next use. A value
 * is loaded where a use finds it in no register; when no register is free, the value with the farthest next use loses
 * its own. It is stored once, right after its definition, so losing a register costs nothing when it happens, and a
 * value that the client can recompute is never stored.
 *
 * A block with one predecessor starts in the state that the predecessor ends in. A block with several starts in the state
 * of the latest of those already allocated, reduced to what is worth keeping; every edge into it then gets a parallel move.
 * Since there are no critical edges, that move stands at the end of the predecessor.
 *
 * Time is linear in the size of the problem plus that of the liveness sets; nothing is allocated but growth of arrays.
 */
import { growInt32, I32List } from "@gantry/entity";
import { AllocationError } from "./allocation-error.ts";
import { ConstrainedInstruction } from "./constrained-instruction.ts";
import { EditList } from "./edit-list.ts";
import { EditMerger } from "./edit-merger.ts";
import type { Environment } from "./environment.ts";
import { DENSE_WORDS, Liveness } from "./liveness.ts";
import { ANY, CLASSES, COMMUTES, FIRST_FIXED_SLOT, REUSE, SLOT_BASE } from "./operand.ts";
import { MOVE, type Output } from "./output.ts";
import { ParallelMoves } from "./parallel-moves.ts";
import type { Problem } from "./problem.ts";
import { RegisterState } from "./register-state.ts";
import { assignSlots, SpillLives } from "./spill-lives.ts";
import { NEVER, UseChains } from "./use-chains.ts";

/** Predecessors that are asked where a parameter's arguments are. */
const MAX_VOTERS = 8;

export class LinearAllocator {
  readonly #chains = new UseChains();
  readonly #liveness = new Liveness();
  readonly #state = new RegisterState();
  readonly #moves = new ParallelMoves();
  readonly #constrained = new ConstrainedInstruction(this.#state, this.#moves);
  readonly #lives = new SpillLives();
  readonly #edits = new EditList();
  readonly #edgeEdits = new EditList();
  readonly #slotOperands = new I32List(64);
  /** Pairs (register, vreg) at the start of every block that has moves before it, and at the end of every block. */
  readonly #starts = new I32List(1024);
  readonly #startAt = new I32List(256);
  readonly #ends = new I32List(1024);
  readonly #endAt = new I32List(256);
  /** Per block: the last block that branches back to it, or -1. */
  #loopEnd = new Int32Array(256);
  /** Per vreg, valid while one edge is resolved: its register at the end of the predecessor, or -1. */
  #location = new Int32Array(1024).fill(-1);
  #defPoint = new Int32Array(1024);
  readonly #merger = new EditMerger();
  /** Registers of the smallest class that has any: instructions with as many operands need care. */
  #fewRegisters = 0;
  /** The block whose end the register state is that of. */
  #stateBlock = 0;
  /** For each voter the weight of its edge, then where each argument ends. */
  readonly #votes = new I32List(64);
  /** While a loop is entered: values that need another register. */
  readonly #moved = new I32List(32);
  readonly #locks = new Int32Array(CLASSES);
  #allocs!: Int32Array;

  readonly #denseWords: number;

  /** @param denseWords Words of the liveness matrix beyond which it is kept sparse. */
  constructor(denseWords: number = DENSE_WORDS) {
    this.#denseWords = denseWords;
  }

  run(p: Problem, env: Environment, out: Output): void {
    this.#begin(p, env, out);
    const n = p.numBlocks();
    for (let b = 0; b < n; b++) {
      this.#liveness.enter(p, b);
      if (!this.#passThrough(p, b)) {
        this.#startBlock(p, b);
        this.#allocateBlock(p, b);
        this.#endBlock(p, b);
        this.#stateBlock = b;
      }
      this.#useArguments(p, b);
      this.#liveness.leave(p, b);
    }
    this.#startAt.push(this.#starts.length);
    this.#endAt.push(this.#ends.length);
    this.#resolveEdges(p);
    this.#assignSlots(p);
    this.#collectStores(p);
    this.#write(p, out);
  }

  #begin(p: Problem, env: Environment, out: Output): void {
    this.#chains.build(p);
    this.#liveness.build(p, this.#chains, this.#denseWords);
    this.#edits.clear();
    this.#edgeEdits.clear();
    this.#state.reset(p, env, this.#chains, this.#liveness, this.#edits);
    this.#moves.reset(p.numVRegs, this.#edits, p.vregClass.data, this.#state.all);
    out.reset();
    out.allocs.fill(p.operandVReg.length, -1);
    this.#allocs = out.allocs.data;
    this.#slotOperands.clear();
    this.#constrained.reset(p, this.#allocs, this.#slotOperands);
    this.#starts.clear();
    this.#startAt.clear();
    this.#ends.clear();
    this.#endAt.clear();
    if (p.numVRegs > this.#location.length) {
      this.#location = growInt32(this.#location, p.numVRegs);
      this.#location.fill(-1);
    }
    this.#fewRegisters = 32;
    for (let c = 0; c < CLASSES; c++) {
      const q = this.#state.all[c];
      if (q !== 0) this.#fewRegisters = Math.min(this.#fewRegisters, countBits(q));
    }
    const n = p.numBlocks();
    this.#loopEnd = growInt32(this.#loopEnd, n);
    const loopEnd = this.#loopEnd;
    const predStart = p.blockPredStart.data;
    const preds = p.preds.data;
    for (let b = 0; b < n; b++) {
      let last = -1;
      for (let k = predStart[b]; k < predStart[b + 1]; k++)
        if (preds[k] >= b && preds[k] > last) last = preds[k];
      loopEnd[b] = last;
    }
  }

  /**
   * A block that does nothing but jump, as edge blocks do, ends as its only predecessor does; the register state stays
   * that of an earlier block, which may well be the predecessor of the next.
   */
  #passThrough(p: Problem, b: number): boolean {
    const i = p.blockInstStart.data[b];
    if (b === 0 || p.blockInstStart.data[b + 1] !== i + 1) return false;
    if (p.instOperandStart.data[i] !== p.instOperandStart.data[i + 1] || p.instClobber.data[i] !== 0)
      return false;
    const first = p.blockPredStart.data[b];
    if (p.blockPredStart.data[b + 1] - first !== 1) return false;
    if (p.blockParamStart.data[b] !== p.blockParamStart.data[b + 1]) return false;
    const d = p.preds.data[first];
    if (d >= b) return false;
    const s = this.#state;
    this.#startAt.push(this.#starts.length);
    const from = this.#endAt.at(d);
    const to = this.#endOf(d);
    let at = this.#ends.extend(to - from);
    this.#endAt.push(at);
    const ends = this.#ends.data;
    for (let k = from; k < to; k += 2) {
      const v = ends[k + 1];
      if (!s.isLiveIn(v) || s.isAbsent(v, d)) continue;
      ends[at++] = ends[k];
      ends[at++] = v;
    }
    this.#ends.length = at;
    return true;
  }

  /** Moves the next uses of branch arguments past the branch. */
  #useArguments(p: Problem, b: number): void {
    const nextUse = this.#state.nextUse;
    const e = p.blockSuccStart.data[b];
    if (p.blockSuccStart.data[b + 1] - e !== 1) return;
    const argNext = this.#chains.argNext;
    for (let k = p.edgeArgStart.data[e], z = p.edgeArgStart.data[e + 1]; k < z; k++)
      nextUse[p.edgeArgs.data[k]] = argNext[k];
  }

  #allocateBlock(p: Problem, b: number): void {
    const s = this.#state;
    const { regOf, nextUse } = s;
    const allocs = this.#allocs;
    const opVReg = p.operandVReg.data;
    const opInfo = p.operandInfo.data;
    const opStart = p.instOperandStart.data;
    const { next, notes } = this.#chains;
    const instFlags = p.instFlags.data;
    const blockEnd = s.blockEnd;
    for (let i = p.blockInstStart.data[b]; i < blockEnd; i++) {
      const first = opStart[i];
      const end = opStart[i + 1];
      if ((notes[i] & 1) === 0) {
        this.#constrained.allocate(i);
        continue;
      }
      // Early any/reg uses, late any/reg/reuse definitions.
      let defs = 0;
      let reuses = 0;
      let missing = 0;
      let lastUses = 0;
      let def = 0;
      for (let k = first; k < end; k++) {
        const v = opVReg[k];
        if (v < 128) {
          allocs[k] = v;
          continue;
        }
        const info = opInfo[k];
        if ((info & 1) !== 0) {
          defs++;
          def = k;
          if (((info >> 4) & 7) === REUSE) reuses++;
          continue;
        }
        const use = next[k];
        nextUse[v] = use;
        if (use >= blockEnd) lastUses++;
        const r = regOf[v];
        if (r >= 0) allocs[k] = r;
        else missing++;
      }
      if ((missing | reuses) !== 0) {
        if (reuses !== 0 && (instFlags[i] & COMMUTES) !== 0 && this.#isBetterExchanged(first, opVReg, def)) {
          exchange(opVReg, first);
          exchange(next, first);
          exchange(allocs, first);
        }
        const input = first + (opInfo[def] >> 8);
        if (missing === 0 && defs === 1 && !s.isWanted(opVReg[input])) allocs[def] = allocs[input];
        else if (end - first >= this.#fewRegisters) {
          this.#constrained.allocate(i);
          continue;
        } else this.#placeMissing(p, i, first, end, missing, reuses);
      }
      if (lastUses !== 0)
        for (let k = first; k < end; k++) {
          const v = opVReg[k];
          if (v >= 128 && (opInfo[k] & 1) === 0 && next[k] >= blockEnd) s.dropIfDead(v);
        }
      if (defs === 1) this.#placeDef(i, def, opVReg[def], opInfo[def]);
      else if (defs !== 0) this.#placeDefs(p, i, first, end, defs);
    }
  }

  /**
   * Whether a commutative instruction whose uses begin at operand `first` should have them the other way round: the first
   * is overwritten, so it had better end there, and best be where the result is wanted.
   */
  #isBetterExchanged(first: number, opVReg: Int32Array, def: number): boolean {
    const s = this.#state;
    const a = opVReg[first];
    const b = opVReg[first + 1];
    if (s.isWanted(b)) return false;
    if (s.isWanted(a)) return true;
    const ra = s.regOf[a];
    const rb = s.regOf[b];
    return rb >= 0 && (ra < 0 || rb === s.passedTo(opVReg[def]));
  }

  /** Loads and copies for uses that are in no register and for inputs that definitions reuse. */
  #placeMissing(p: Problem, i: number, first: number, end: number, missing: number, reuses: number): void {
    this.#lockUses(first, end);
    if (reuses !== 0 && missing !== 0) this.#placeReuseInputs(p, i, first, end);
    if (missing !== 0) this.#reloadUses(p, i, first, end);
    if (reuses !== 0) this.#placeReuses(p, i, first, end);
  }

  /** Notes the registers of the uses that have one; definitions have none yet. */
  #lockUses(first: number, end: number): void {
    const allocs = this.#allocs;
    const locks = this.#locks;
    locks[0] = 0;
    locks[1] = 0;
    locks[2] = 0;
    for (let k = first; k < end; k++) {
      const r = allocs[k];
      if (r >= 0 && r < FIRST_FIXED_SLOT) locks[r >> 5] |= 1 << (r & 31);
    }
  }

  /** The only definition of an instruction; it has a register already if it reuses an input's. */
  #placeDef(i: number, k: number, v: number, info: number): void {
    const s = this.#state;
    let r = this.#allocs[k];
    if (r < 0) {
      r = s.pick(v, (info >> 2) & 3, 0);
      if (r < 0) this.#fail(i);
      this.#allocs[k] = r;
    } else if (s.vregIn[r] !== 0) s.evict(r);
    s.define(v, r, i);
    if (!s.isWanted(v)) s.drop(r);
  }

  /** Loads the uses that are in no register. */
  #reloadUses(p: Problem, i: number, first: number, end: number): void {
    const s = this.#state;
    const allocs = this.#allocs;
    const locks = this.#locks;
    const opVReg = p.operandVReg.data;
    const opInfo = p.operandInfo.data;
    for (let k = first; k < end; k++) {
      const v = opVReg[k];
      const info = opInfo[k];
      if (allocs[k] >= 0 || (info & 1) !== 0) continue;
      const c = (info >> 2) & 3;
      let r = s.regOf[v];
      if (r < 0) {
        if (
          ((info >> 4) & 7) === ANY &&
          s.vregRemat[v] === 0 &&
          (s.free[c] === 0 || s.nextUse[v] >= s.blockEnd)
        ) {
          s.needSlot(v);
          allocs[k] = SLOT_BASE + v;
          this.#slotOperands.push(k);
          continue;
        }
        r = s.pick(v, c, locks[c]);
        if (r < 0) this.#fail(i);
        s.reload(v, r, i);
        s.take(r, v);
      }
      allocs[k] = r;
      locks[c] |= 1 << (r & 31);
    }
  }

  /** Loads reuse inputs that are in no register straight into a register for the definition. */
  #placeReuseInputs(p: Problem, i: number, first: number, end: number): void {
    const s = this.#state;
    const allocs = this.#allocs;
    const locks = this.#locks;
    const opVReg = p.operandVReg.data;
    const opInfo = p.operandInfo.data;
    for (let k = first; k < end; k++) {
      const info = opInfo[k];
      if ((info & 0x71) !== ((REUSE << 4) | 1) || opVReg[k] < 128) continue;
      const input = first + (info >> 8);
      const v = opVReg[input];
      if (allocs[input] >= 0) continue;
      const c = (info >> 2) & 3;
      const r = s.pick(opVReg[k], c, locks[c]);
      if (r < 0) this.#fail(i);
      s.reload(v, r, i);
      s.free[c] &= ~(1 << (r & 31));
      locks[c] |= 1 << (r & 31);
      allocs[input] = r;
      allocs[k] = r;
    }
  }

  /** Gives every reuse definition its input's register if the input ends there, otherwise that of a copy. */
  #placeReuses(p: Problem, i: number, first: number, end: number): void {
    const s = this.#state;
    const allocs = this.#allocs;
    const locks = this.#locks;
    const opVReg = p.operandVReg.data;
    const opInfo = p.operandInfo.data;
    const taken = this.#taken;
    taken[0] = 0;
    taken[1] = 0;
    taken[2] = 0;
    for (let k = first; k < end; k++) {
      const info = opInfo[k];
      if ((info & 0x71) !== ((REUSE << 4) | 1) || allocs[k] >= 0 || opVReg[k] < 128) continue;
      const input = first + (info >> 8);
      const v = opVReg[input];
      const c = (info >> 2) & 3;
      const at = allocs[input];
      let r = at;
      if (at >= SLOT_BASE || s.isWanted(v) || ((taken[c] >>> (at & 31)) & 1) !== 0) {
        r = s.pick(opVReg[k], c, locks[c]);
        if (r >= 0) {
          if (at >= SLOT_BASE) s.reload(v, r, i);
          else {
            s.edits.push(2 * i, MOVE, at, r);
            s.used[c] |= 1 << (r & 31);
          }
          s.free[c] &= ~(1 << (r & 31));
          locks[c] |= 1 << (r & 31);
        } else {
          if (at >= SLOT_BASE || ((taken[c] >>> (at & 31)) & 1) !== 0) this.#fail(i);
          r = at;
        }
      }
      taken[c] |= 1 << (r & 31);
      allocs[input] = r;
      allocs[k] = r;
    }
  }

  readonly #taken = new Int32Array(CLASSES);

  #placeDefs(p: Problem, i: number, first: number, end: number, defs: number): void {
    const s = this.#state;
    const allocs = this.#allocs;
    const opVReg = p.operandVReg.data;
    const opInfo = p.operandInfo.data;
    const taken = this.#taken;
    taken[0] = 0;
    taken[1] = 0;
    taken[2] = 0;
    for (let k = first; k < end; k++) {
      const r = allocs[k];
      if ((opInfo[k] & 1) === 0 || opVReg[k] < 128 || r < 0) continue;
      if (s.vregIn[r] !== 0) s.evict(r);
      s.define(opVReg[k], r, i);
      taken[r >> 5] |= 1 << (r & 31);
      defs--;
    }
    // Those that may be in memory come last.
    for (let any = 0; any < 2 && defs > 0; any++)
      for (let k = first; k < end; k++) {
        const info = opInfo[k];
        const v = opVReg[k];
        if ((info & 1) === 0 || v < 128 || allocs[k] >= 0 || (any === 0 && ((info >> 4) & 7) === ANY))
          continue;
        defs--;
        const c = (info >> 2) & 3;
        const r = s.pick(v, c, taken[c]);
        if (r < 0) {
          if (((info >> 4) & 7) !== ANY) this.#fail(i);
          s.defineInSlot(v, i);
          allocs[k] = SLOT_BASE + v;
          this.#slotOperands.push(k);
          continue;
        }
        allocs[k] = r;
        taken[c] |= 1 << (r & 31);
        s.define(v, r, i);
      }
    for (let k = first; k < end; k++) if ((opInfo[k] & 1) !== 0 && opVReg[k] >= 128) s.dropIfDead(opVReg[k]);
  }

  /** Sets the state that a block starts in. */
  #startBlock(p: Problem, b: number): void {
    const s = this.#state;
    s.block = b;
    s.blockEnd = p.blockInstStart.data[b + 1];
    s.loops.close(p.blockInstStart.data[b]);
    s.clobbers = this.#chains.notes[p.blockInstStart.data[b]] >> 1;
    this.#startAt.push(this.#starts.length);
    if (b === 0) return;
    const predStart = p.blockPredStart.data;
    const preds = p.preds.data;
    const first = predStart[b];
    const last = predStart[b + 1];
    let primary = -1;
    for (let k = first; k < last; k++) if (preds[k] < b && preds[k] > primary) primary = preds[k];
    if (primary < 0) throw new AllocationError("RA0002", -1, `block ${b} stands before all its predecessors`);
    const only = last - first === 1 && p.blockParamStart.data[b + 1] === p.blockParamStart.data[b];
    if (only && primary === this.#stateBlock) {
      this.#continue();
      return;
    }
    for (let c = 0; c < CLASSES; c++) {
      let q = s.all[c] & ~s.free[c];
      while (q !== 0) {
        const r = (c << 5) | (31 - Math.clz32(q & -q));
        q &= q - 1;
        s.regOf[s.vregIn[r]] = -1;
        s.vregIn[r] = 0;
      }
      s.free[c] = s.all[c];
    }
    if (only) this.#inherit(primary);
    else this.#merge(p, b, primary, first, last);
  }

  /** The state as it is, being that of the only predecessor's end, without what is dead here. */
  #continue(): void {
    const s = this.#state;
    for (let c = 0; c < CLASSES; c++) {
      let q = s.all[c] & ~s.free[c];
      while (q !== 0) {
        const r = (c << 5) | (31 - Math.clz32(q & -q));
        q &= q - 1;
        if (!s.isLiveIn(s.vregIn[r])) s.drop(r);
      }
    }
  }

  /** The state at the end of an earlier block, which is the only predecessor, without what is dead here. */
  #inherit(primary: number): void {
    const s = this.#state;
    const ends = this.#ends.data;
    for (let k = this.#endAt.at(primary), z = this.#endOf(primary); k < z; k += 2)
      if (s.isLiveIn(ends[k + 1]) && !s.isAbsent(ends[k + 1], primary)) s.take(ends[k], ends[k + 1]);
  }

  #endOf(b: number): number {
    return b + 1 < this.#endAt.length ? this.#endAt.at(b + 1) : this.#ends.length;
  }

  /** The state of `primary` as far as it is worth keeping, and registers for the parameters. */
  #merge(p: Problem, b: number, primary: number, first: number, last: number): void {
    const s = this.#state;
    const preds = p.preds.data;
    const loopLast = this.#loopEnd[b];
    const limit = loopLast >= 0 ? p.blockInstStart.data[loopLast + 1] : NEVER;
    if (loopLast >= 0) s.loops.open(b, limit);
    const loopCalls = loopLast >= 0 && this.#chains.notes[limit] >> 1 !== s.clobbers;
    const from = this.#endAt.at(primary);
    const to = this.#endOf(primary);
    const moved = this.#moved;
    moved.clear();
    for (let k = from; k < to; k += 2) {
      const r = this.#ends.at(k);
      const v = this.#ends.at(k + 1);
      if (!s.isLiveIn(v) || s.isAbsent(v, primary)) continue;
      const use = s.nextUse[v];
      let keep = true;
      if (loopLast >= 0) {
        const isUsed = use < limit;
        keep = isUsed || s.loops.keep(v, use);
        if (keep && loopCalls && ((s.calleeSaved[r >> 5] >>> (r & 31)) & 1) === 0) {
          if (isUsed) moved.push(v);
          keep = false;
        }
      } else if (use >= s.blockEnd)
        for (let q = first; q < last && keep; q++)
          if (preds[q] < b && preds[q] !== primary && !this.#endsInRegister(preds[q], v)) keep = false;
      if (keep) this.#startIn(r, v);
    }
    this.#placeParams(p, b, first, last);
    this.#enterLoop(p);
    for (let q = first; q < last; q++) {
      if (preds[q] >= b) continue;
      for (let k = this.#endAt.at(preds[q]), z = this.#endOf(preds[q]); k < z; k += 2) {
        const v = this.#ends.at(k + 1);
        if (s.regOf[v] < 0 && s.isLiveIn(v)) s.keepInMemory(v);
      }
    }
  }

  /** Adds a vreg to the state that the block starts in. */
  #startIn(r: number, v: number): void {
    this.#state.take(r, v);
    this.#starts.push(r);
    this.#starts.push(v);
  }

  /** Moves values that a loop uses, and whose registers its calls would destroy, to preserved ones on the way in. */
  #enterLoop(p: Problem): void {
    const s = this.#state;
    const moved = this.#moved;
    const vregClass = p.vregClass.data;
    for (let k = 0; k < moved.length; k++) {
      const v = moved.at(k);
      const c = vregClass[v];
      const free = s.free[c] & s.calleeSaved[c];
      if (free !== 0) this.#startIn((c << 5) | (31 - Math.clz32(free & -free)), v);
    }
  }

  #endsInRegister(b: number, v: number): boolean {
    const ends = this.#ends.data;
    for (let k = this.#endAt.at(b), z = this.#endOf(b); k < z; k += 2)
      if (ends[k + 1] === v) return !this.#state.isAbsent(v, b);
    return false;
  }

  /** Gives the block's parameters the registers where most of their arguments arrive, as far as these are free. */
  #placeParams(p: Problem, b: number, first: number, last: number): void {
    const a = p.blockParamStart.data[b];
    const count = p.blockParamStart.data[b + 1] - a;
    if (count === 0) return;
    const s = this.#state;
    const chains = this.#chains;
    const voters = this.#locateArguments(p, b, first, last, count);
    const own = edgeWeight(p, b);
    const taken = this.#taken;
    taken[0] = 0;
    taken[1] = 0;
    taken[2] = 0;
    for (let k = 0; k < count; k++) {
      const v = p.params.data[a + k];
      const c = p.vregClass.data[v];
      s.defInst[v] = -1 - b;
      s.nextUse[v] = chains.firstUse[v];
      if (s.free[c] === 0) this.#makeRoom(c, taken[c], chains.firstUse[v]);
      const free = s.free[c];
      if (free === 0) {
        s.needSlot(v);
        s.defReg[v] = -1;
        continue;
      }
      let r = this.#electRegister(k, count, voters, c, free, s.passedTo(v), own);
      if (s.crosses(v) && (r < 0 || ((s.calleeSaved[c] >>> (r & 31)) & 1) === 0))
        if ((free & s.calleeSaved[c]) !== 0) r = -1;
      if (r < 0) r = s.choose(v, c, free);
      this.#startIn(r, v);
      taken[c] |= 1 << (r & 31);
      s.defReg[v] = r;
      chains.hint[v] = r;
    }
  }

  /**
   * Notes for the latest predecessors that are allocated where each argument ends, and how much the edge weighs; returns
   * how many there are.
   */
  #locateArguments(p: Problem, b: number, first: number, last: number, count: number): number {
    const location = this.#location;
    const votes = this.#votes;
    const preds = p.preds.data;
    let voters = 0;
    votes.clear();
    for (let q = last - 1; q >= first && voters < MAX_VOTERS; q--) {
      const d = preds[q];
      if (d >= b) continue;
      const from = this.#endAt.at(d);
      const to = this.#endOf(d);
      const ends = this.#ends.data;
      for (let k = from; k < to; k += 2) location[ends[k + 1]] = ends[k];
      votes.push(edgeWeight(p, d));
      const args = p.edgeArgStart.data[p.blockSuccStart.data[d]];
      for (let k = 0; k < count; k++) votes.push(location[p.edgeArgs.data[args + k]]);
      for (let k = from; k < to; k += 2) location[ends[k + 1]] = -1;
      voters++;
    }
    return voters;
  }

  /** The free register that argument `k` arrives in most often, or -1. */
  #electRegister(
    k: number,
    count: number,
    voters: number,
    c: number,
    free: number,
    passedTo: number,
    own: number,
  ): number {
    const votes = this.#votes.data;
    let best = -1;
    let weight = 0;
    if (passedTo >= 0 && passedTo >> 5 === c && ((free >>> (passedTo & 31)) & 1) !== 0) {
      best = passedTo;
      weight = own;
      for (let j = 0; j < voters; j++)
        if (votes[j * (count + 1) + 1 + k] === passedTo) weight += votes[j * (count + 1)];
    }
    for (let i = 0; i < voters; i++) {
      const r = votes[i * (count + 1) + 1 + k];
      if (r < 0 || r >> 5 !== c || ((free >>> (r & 31)) & 1) === 0) continue;
      let w = 0;
      for (let j = i; j < voters; j++) if (votes[j * (count + 1) + 1 + k] === r) w += votes[j * (count + 1)];
      if (w <= weight) continue;
      weight = w;
      best = r;
    }
    return best;
  }

  /** Takes a register from a value of the starting state that is used later than `use`; parameters keep theirs. */
  #makeRoom(c: number, params: number, use: number): void {
    const s = this.#state;
    const r = s.farthest(c, params);
    if (r < 0 || s.nextUse[s.vregIn[r]] <= use) return;
    s.evict(r);
    const starts = this.#starts.data;
    let k = this.#startAt.at(this.#startAt.length - 1);
    while (starts[k] !== r) k += 2;
    starts[k + 1] = starts[this.#starts.length - 1];
    starts[k] = starts[this.#starts.length - 2];
    this.#starts.length -= 2;
  }

  #endBlock(p: Problem, b: number): void {
    const s = this.#state;
    this.#endAt.push(this.#ends.length);
    if (p.blockSuccStart.data[b] === p.blockSuccStart.data[b + 1]) return;
    let at = this.#ends.extend(64 * CLASSES);
    const ends = this.#ends.data;
    for (let c = 0; c < CLASSES; c++) {
      let q = s.all[c] & ~s.free[c];
      while (q !== 0) {
        const r = (c << 5) | (31 - Math.clz32(q & -q));
        q &= q - 1;
        ends[at++] = r;
        ends[at++] = s.vregIn[r];
      }
    }
    this.#ends.length = at;
  }

  /** Parallel moves from the end of every block with one successor to that successor's start. */
  #resolveEdges(p: Problem): void {
    const s = this.#state;
    this.#moves.redirect(this.#edgeEdits);
    const n = p.numBlocks();
    const succStart = p.blockSuccStart.data;
    const paramStart = p.blockParamStart.data;
    const predStart = p.blockPredStart.data;
    for (let b = 0; b < n; b++) {
      const e = succStart[b];
      if (succStart[b + 1] - e !== 1) continue;
      const t = p.succs.data[e];
      if (paramStart[t] === paramStart[t + 1] && predStart[t + 1] - predStart[t] === 1) continue;
      this.#resolveEdge(p, b, e, t);
    }
    for (let c = 0; c < CLASSES; c++) s.used[c] |= this.#moves.usedRegs(c);
  }

  #resolveEdge(p: Problem, b: number, e: number, t: number): void {
    const s = this.#state;
    const location = this.#location;
    const ends = this.#ends.data;
    const starts = this.#starts.data;
    const from = this.#endAt.at(b);
    const to = this.#endAt.at(b + 1);
    const free = this.#locks;
    for (let c = 0; c < CLASSES; c++) free[c] = s.all[c];
    for (let k = from; k < to; k += 2) {
      if (s.isAbsent(ends[k + 1], b)) continue;
      location[ends[k + 1]] = ends[k];
      free[ends[k] >> 5] &= ~(1 << (ends[k] & 31));
    }
    const a = p.blockParamStart.data[t];
    const z = p.blockParamStart.data[t + 1];
    const args = p.edgeArgStart.data[e];
    for (let k = a; k < z; k++) {
      const param = p.params.data[k];
      const arg = p.edgeArgs.data[args + k - a];
      const source = location[arg] >= 0 ? location[arg] : s.source(arg);
      this.#moves.add(source, s.defReg[param] >= 0 ? s.defReg[param] : SLOT_BASE + param);
    }
    for (let k = this.#startAt.at(t), y = this.#startAt.at(t + 1); k < y; k += 2) {
      const v = starts[k + 1];
      if (s.isAbsent(v, t)) continue;
      free[starts[k] >> 5] &= ~(1 << (starts[k] & 31));
      if (s.defInst[v] === -1 - t) continue;
      if (location[v] !== starts[k]) this.#moves.add(location[v] >= 0 ? location[v] : s.source(v), starts[k]);
    }
    for (let k = from; k < to; k += 2) location[ends[k + 1]] = -1;
    this.#moves.resolve(2 * (p.blockInstStart.data[b + 1] - 1), free[0], free[1], free[2]);
  }

  /** Slots for the vregs in memory. */
  #assignSlots(p: Problem): void {
    const s = this.#state;
    const inMemory = s.inMemory;
    this.#defPoint = growInt32(this.#defPoint, p.numVRegs);
    for (let k = 0; k < inMemory.length; k++) {
      const v = inMemory.at(k);
      const d = s.defInst[v];
      this.#defPoint[v] = 2 * (d >= 0 ? d : p.blockInstStart.data[-1 - d]);
    }
    assignSlots(p, this.#lives, this.#chains, this.#liveness, this.#moves, inMemory, this.#defPoint);
  }

  /**
   * Buckets the stores at definitions by point. What a branch defines is stored at the start of the successors, which
   * have no other predecessor.
   */
  #collectStores(p: Problem): void {
    const s = this.#state;
    const inMemory = s.inMemory;
    this.#merger.reset(p);
    const instStart = p.blockInstStart.data;
    const succStart = p.blockSuccStart.data;
    for (let k = inMemory.length - 1; k >= 0; k--) {
      const v = inMemory.at(k);
      if (v >= p.numVRegs) continue;
      const r = s.defReg[v];
      if (r < 0) continue;
      const d = s.defInst[v];
      if (d < 0) {
        this.#merger.addStore(2 * instStart[-1 - d], v, r);
        continue;
      }
      const b = this.#chains.defBlock[v];
      if (d !== instStart[b + 1] - 1) {
        this.#merger.addStore(2 * d + 1, v, r);
        continue;
      }
      for (let e = succStart[b]; e < succStart[b + 1]; e++) {
        const t = p.succs.at(e);
        this.#liveness.enter(p, t);
        if (s.isLiveIn(v)) this.#merger.addStore(2 * instStart[t], v, r);
        this.#liveness.leave(p, t);
      }
    }
  }

  #write(p: Problem, out: Output): void {
    const slots = this.#lives.slots;
    this.#merger.write(p, this.#edits, this.#edgeEdits, slots.slotOf, out);
    for (let k = 0; k < this.#slotOperands.length; k++) {
      const at = this.#slotOperands.at(k);
      const a = this.#allocs[at];
      if (a >= SLOT_BASE) this.#allocs[at] = SLOT_BASE + slots.slotOf[a - SLOT_BASE];
    }
    out.slotCount = slots.offset.length;
    out.spillBytes = slots.bytes;
    for (let k = 0; k < out.slotCount; k++) {
      out.spillOffset.push(slots.offset.at(k));
      out.slotBytes.push(slots.widthOf(k));
    }
    for (let c = 0; c < CLASSES; c++) out.usedRegs[c] = this.#state.used[c];
  }

  #fail(i: number): never {
    throw new AllocationError(
      "RA0001",
      i,
      `instruction ${i} needs more registers at once than the machine has; split it or relax its constraints`,
    );
  }
}

/** How much a move on an edge out of block `b` weighs. */
function edgeWeight(p: Problem, b: number): number {
  return 1 << (2 * Math.min(p.blockLoopDepth.data[b], 10));
}

function exchange(list: Int32Array, k: number): void {
  const x = list[k];
  list[k] = list[k + 1];
  list[k + 1] = x;
}

function countBits(q: number): number {
  let n = 0;
  for (; q !== 0; q &= q - 1) n++;
  return n;
}
