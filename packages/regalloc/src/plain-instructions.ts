/**
 * The linear allocator's way through a block whose instructions mostly have the commonest constraints: early uses in any
 * register or any place, late definitions in any register or in that of a use. The others go to
 * {@link FixedInstruction} or, if they are more complicated, to {@link ConstrainedInstruction}.
 */
import type { I32List } from "@gantry/entity";
import type { ConstrainedInstruction } from "./constrained-instruction.ts";
import type { FixedInstruction } from "./fixed-instruction.ts";
import { ANY, CLASSES, COMMUTES, FIRST_FIXED_SLOT, FIRST_VREG, FIXED, REUSE, SLOT_BASE } from "./operand.ts";
import { MOVE } from "./output.ts";
import type { Problem } from "./problem.ts";
import type { RegisterState } from "./register-state.ts";
import { NEVER } from "./use-chains.ts";

export class PlainInstructions {
  readonly #state: RegisterState;
  readonly #fixed: FixedInstruction;
  readonly #constrained: ConstrainedInstruction;
  readonly #locks = new Int32Array(CLASSES);
  readonly #taken = new Int32Array(CLASSES);
  /** Registers of the smallest class that has any: instructions with as many operands need care. */
  #fewRegisters = 0;
  #allocs!: Int32Array;
  #slotOperands!: I32List;

  constructor(state: RegisterState, fixed: FixedInstruction, constrained: ConstrainedInstruction) {
    this.#state = state;
    this.#fixed = fixed;
    this.#constrained = constrained;
  }

  /** @param slotOperands Receives the operands that were given slots. */
  reset(allocs: Int32Array, slotOperands: I32List): void {
    this.#allocs = allocs;
    this.#slotOperands = slotOperands;
    this.#fewRegisters = 32;
    for (let c = 0; c < CLASSES; c++) {
      const q = this.#state.all[c];
      if (q !== 0) this.#fewRegisters = Math.min(this.#fewRegisters, countBits(q));
    }
  }

  /** Allocates the instructions of block `b`. */
  allocateBlock(p: Problem, b: number): void {
    const s = this.#state;
    const { regOf, nextUse, next, globalOf, live, liveOut, blockEnd } = s;
    const allocs = this.#allocs;
    const opVReg = p.operandVReg.data;
    const opInfo = p.operandInfo.data;
    const opStart = p.instOperandStart.data;
    const clobber = p.instClobber.data;
    const base = s.operandBase;
    const last = s.lastInst;
    let i = p.blockInstStart.data[b];
    let end = opStart[i];
    for (; i <= last; i++) {
      const first = end;
      end = opStart[i + 1];
      // Unusual are clobbers, late uses, early definitions and constraints other than any, reg and reuse; mixed are operands
      // that are not all early uses and late definitions in fixed registers. The uses that end here are bits of `dead`.
      let unusual = clobber[i];
      let mixed = 0;
      let dead = 0;
      let defs = 0;
      let reuses = 0;
      let missing = 0;
      let def = 0;
      for (let k = first; k < end; k++) {
        const v = opVReg[k];
        if (v < FIRST_VREG) {
          allocs[k] = v;
          mixed = 1;
          continue;
        }
        const info = opInfo[k];
        const constraint = (info >> 4) & 7;
        const odd = (info ^ (info >> 1)) & 1;
        unusual |= ((0x2c >> constraint) & 1) | odd;
        // Payloads from 96 up are fixed stack slots.
        mixed |= (constraint ^ FIXED) | odd | ((info >> 13) & (info >> 14) & 1);
        if ((info & 1) !== 0) {
          allocs[k] = -1;
          defs++;
          def = k;
          reuses += (info >> 6) & 1;
          continue;
        }
        const use = next[base + k];
        nextUse[v] = use;
        const r = regOf[v];
        allocs[k] = r;
        missing |= r;
        const g = globalOf[v];
        const wanted = ((use - blockEnd) >>> 31) | ((live[liveOut + (g >> 5)] >>> (g & 31)) & 1);
        dead |= (wanted ^ 1) << (k - first);
      }
      if (unusual !== 0 || end - first >= this.#fewRegisters) {
        if (mixed !== 0 || !this.#fixed.allocate(p, i, allocs)) this.#constrained.allocate(i);
        continue;
      }
      for (; dead !== 0; dead &= dead - 1) {
        const r = allocs[first + 31 - Math.clz32(dead & -dead)];
        if (r >= 0) s.drop(r);
      }
      if (missing < 0 || reuses !== 0) this.#placeMissing(p, i, first, end, def, defs, missing, reuses);
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
    const ra = this.#allocs[first];
    const rb = this.#allocs[first + 1];
    return rb >= 0 && (ra < 0 || rb === s.passedTo(opVReg[def]));
  }

  /** Loads and copies for uses that are in no register and for inputs that definitions reuse. */
  #placeMissing(
    p: Problem,
    i: number,
    first: number,
    end: number,
    def: number,
    defs: number,
    missing: number,
    reuses: number,
  ): void {
    const allocs = this.#allocs;
    const opVReg = p.operandVReg.data;
    if (reuses !== 0 && (p.instFlags.data[i] & COMMUTES) !== 0)
      if (this.#isBetterExchanged(first, opVReg, def)) {
        exchange(opVReg, first);
        exchange(this.#state.next, this.#state.operandBase + first);
        exchange(allocs, first);
      }
    if (missing >= 0 && defs === 1) {
      const input = first + (p.operandInfo.data[def] >> 8);
      if (this.#state.regOf[opVReg[input]] < 0) {
        allocs[def] = allocs[input];
        return;
      }
    }
    this.#lockUses(first, end);
    if (missing < 0) {
      if (reuses !== 0) this.#placeReuseInputs(p, i, first, end);
      this.#reloadUses(p, i, first, end);
    }
    if (reuses !== 0) this.#placeReuses(p, i, first, end);
    if (missing >= 0) return;
    for (let k = first; k < end; k++) {
      const v = opVReg[k];
      if (v >= FIRST_VREG && (p.operandInfo.data[k] & 1) === 0) this.#state.dropIfDead(v);
    }
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
      if (r < 0) throw this.#constrained.refusal(i);
      this.#allocs[k] = r;
    } else if (s.vregIn[r] !== 0) s.evict(r);
    s.define(v, r, i, k);
    if (s.nextUse[v] === NEVER) s.drop(r);
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
          ((s.free[c] & ~locks[c]) === 0 || s.nextUse[v] >= s.blockEnd)
        ) {
          s.needSlot(v);
          allocs[k] = SLOT_BASE + v;
          this.#slotOperands.push(k);
          continue;
        }
        r = s.pick(v, c, locks[c]);
        if (r < 0) throw this.#constrained.refusal(i);
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
      if (r < 0) throw this.#constrained.refusal(i);
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
          if (at >= SLOT_BASE || ((taken[c] >>> (at & 31)) & 1) !== 0) throw this.#constrained.refusal(i);
          r = at;
        }
      }
      taken[c] |= 1 << (r & 31);
      allocs[input] = r;
      allocs[k] = r;
    }
  }

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
      s.define(opVReg[k], r, i, k);
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
          if (((info >> 4) & 7) !== ANY) throw this.#constrained.refusal(i);
          s.defineInSlot(v, i, k);
          allocs[k] = SLOT_BASE + v;
          this.#slotOperands.push(k);
          continue;
        }
        allocs[k] = r;
        taken[c] |= 1 << (r & 31);
        s.define(v, r, i, k);
      }
    for (let k = first; k < end; k++) if ((opInfo[k] & 1) !== 0 && opVReg[k] >= 128) s.dropIfDead(opVReg[k]);
  }
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
