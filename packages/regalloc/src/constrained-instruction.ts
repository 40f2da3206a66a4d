/**
 * The linear allocator's way through an instruction with unusual constraints: fixed registers, late uses, early
 * definitions, clobbers, stack operands, limits.
 *
 * It plans the state at the instruction's early point from the state before it, and emits the difference as one parallel
 * move; so nothing needs to be undone, and a value may be sent away by one operand and called back by the next. The steps:
 * 1. note the registers that the instruction wants at its early and late points;
 * 2. send away from them what stands in their way;
 * 3. reserve fixed uses, then place the uses that need a register, the hardest kind first;
 * 4. place early definitions and the registers that reused inputs must be copied to, then what may be in memory as well;
 * 5. emit the parallel move;
 * 6. drop what dies or is destroyed, and place late definitions.
 *
 * A fixed use may be a second copy of a value that stays elsewhere; such registers are *reserved* between 3 and 6.
 *
 * Steps 3 and 4 take one operand after the other, so they may run out of registers although another choice would have
 * done. Then the plan is dropped and made again with registers that {@link ExactOperands} finds for all operands at once.
 */
import { growInt32, I32List } from "@gantry/entity";
import { ExactOperands } from "./exact-operands.ts";
import type { ForeignDefinitions } from "./foreign-definitions.ts";
import { LateDefinitions } from "./late-definitions.ts";
import {
  ANY,
  CLASSES,
  FIRST_FIXED_SLOT,
  FIXED,
  LIMIT,
  limitMask,
  NO_REG,
  REG,
  REUSE,
  SLOT_BASE,
  STACK,
} from "./operand.ts";
import type { ParallelMoves } from "./parallel-moves.ts";
import type { Problem } from "./problem.ts";
import type { RegisterState } from "./register-state.ts";

export class ConstrainedInstruction {
  readonly #state: RegisterState;
  readonly #moves: ParallelMoves;
  /** Registers of fixed uses; of fixed uses and early fixed definitions; not available late; destroyed late. */
  readonly #fixedUse = new Int32Array(CLASSES);
  readonly #early = new Int32Array(CLASSES);
  readonly #late = new Int32Array(CLASSES);
  readonly #killed = new Int32Array(CLASSES);
  readonly #reserved = new Int32Array(CLASSES);
  /** Registers that operands of this instruction read early; keep until late; define late. */
  readonly #lockEarly = new Int32Array(CLASSES);
  readonly #lockLate = new Int32Array(CLASSES);
  readonly #defined = new Int32Array(CLASSES);
  /** Late definitions that will need some register. */
  readonly #lateNeed = new Int32Array(CLASSES);
  /** The vreg that a fixed use wants in a register. */
  readonly #wanted = new Int32Array(32 * CLASSES);
  readonly #displaced = new I32List(32);
  /** Pairs (vreg, location): copies beside the vregs' own registers. */
  readonly #copies = new I32List(32);
  /** Per vreg: the number of the last constrained instruction that uses it. */
  #usedAt = new Int32Array(1024);
  /** Per operand of the instruction: 1 + the reuse definition that names it. */
  #reusedBy = new Int32Array(64);

  #allocs!: Int32Array;
  #slotOperands!: I32List;
  #problem!: Problem;
  #inst = 0;
  /** Which it is of all that have been allocated, in whatever function. */
  #number = 0;
  /** Bits: 1 << constraint for uses, 256 << constraint for definitions, {@link LATE_REG} and so on. */
  #kinds = 0;
  /** Non-zero: the plan has found no register for an operand. */
  #stuck = 0;
  #exact: ExactOperands | undefined;
  readonly #foreign: ForeignDefinitions;
  readonly #lateDefinitions: LateDefinitions;

  constructor(state: RegisterState, moves: ParallelMoves, foreign: ForeignDefinitions) {
    this.#state = state;
    this.#moves = moves;
    this.#foreign = foreign;
    this.#lateDefinitions = new LateDefinitions(state, foreign, this.#lockLate, this.#late, this.#defined);
  }

  /** @param slotOperands Receives the operands that were given slots. */
  reset(p: Problem, allocs: Int32Array, slotOperands: I32List): void {
    this.#problem = p;
    this.#allocs = allocs;
    this.#slotOperands = slotOperands;
    this.#lateDefinitions.reset(p, allocs, slotOperands);
    this.#usedAt = growInt32(this.#usedAt, p.numVRegs);
    if (this.#number > MAX_NUMBER) {
      this.#usedAt.fill(0);
      this.#number = 0;
    }
    this.#reusedBy.fill(0);
    this.#stuck = 0;
  }

  /** Gives the problem back as it was before the function was allocated. */
  end(): void {
    this.#exact?.restore(this.#problem);
  }

  allocate(i: number): void {
    const p = this.#problem;
    const first = p.instOperandStart.data[i];
    const end = p.instOperandStart.data[i + 1];
    this.#inst = i;
    this.#number++;
    this.#collect(i, first, end);
    this.#state.planning = 1;
    this.#clearTheWay();
    this.#reserveFixedUses(first, end);
    const kinds = this.#kinds;
    if ((kinds & (1 << LIMIT)) !== 0) this.#placeUses(first, end, LIMIT, 3);
    if ((kinds & (1 << REG)) !== 0) {
      if ((kinds & LATE_REG) !== 0) this.#placeUses(first, end, REG, 2);
      this.#placeUses(first, end, REG, 1);
    }
    if ((kinds & EARLY_DEF) !== 0) this.#placeEarlyDefs(first, end, 0);
    if ((kinds & (256 << REUSE)) !== 0) this.#placeReuses(first, end);
    if ((kinds & (1 << ANY)) !== 0) this.#placeUses(first, end, ANY, 3);
    if ((kinds & (1 << STACK)) !== 0) this.#placeUses(first, end, STACK, 3);
    if ((kinds & EARLY_ANY_DEF) !== 0) this.#placeEarlyDefs(first, end, 1);
    if ((kinds & LATE_NEED) !== 0) this.#checkLateNeed(first, end);
    if (this.#stuck !== 0) {
      this.#allocateExactly(i, first);
      return;
    }
    this.#emitPlan();
    this.#state.planning = 0;
    this.#finish(first, end);
    if ((kinds & (256 << REUSE)) !== 0) this.#reusedBy.fill(0, 0, end - first);
  }

  /** Drops the plan and makes it again with the operands fixed to registers that suit all of them. */
  #allocateExactly(i: number, first: number): void {
    const s = this.#state;
    this.#stuck = 0;
    for (let c = 0; c < CLASSES; c++) s.free[c] |= this.#reserved[c] & s.all[c];
    s.dropPlan();
    const slots = this.#slotOperands;
    while (slots.length > 0 && slots.at(slots.length - 1) >= first) slots.pop();
    this.#exact ??= new ExactOperands();
    this.#exact.fix(this.#problem, i, s.all);
    this.allocate(i);
  }

  /** An error that says why an instruction cannot be allocated. */
  refusal(i: number): Error {
    this.end();
    this.#exact ??= new ExactOperands();
    return this.#exact.refusal(this.#problem, i, this.#state.all);
  }

  /** Notes if the plan leaves too few registers for the late definitions, taking the tightest limit for that of all. */
  #checkLateNeed(first: number, end: number): void {
    for (let c = 0; c < CLASSES; c++) {
      let n = this.#lateNeed[c];
      if (n === 0) continue;
      let q = this.#state.all[c] & ~(this.#lockLate[c] | this.#late[c] | this.#defined[c]);
      if ((this.#kinds & (256 << LIMIT)) !== 0) q &= this.#tightestLimit(first, end, c);
      for (; q !== 0 && n > 0; q &= q - 1) n--;
      if (n > 0) this.#stuck = 1;
    }
  }

  /** Registers that all late definitions of class `c` accept. */
  #tightestLimit(first: number, end: number, c: number): number {
    const opInfo = this.#problem.operandInfo.data;
    let mask = -1;
    for (let k = first; k < end; k++) {
      const info = opInfo[k];
      if ((info & 0x7f) === ((LIMIT << 4) | (c << 2) | 3)) mask &= limitMask(info >> 8);
    }
    return mask;
  }

  /** Step 1. */
  #collect(i: number, first: number, end: number): void {
    const s = this.#state;
    const opVReg = this.#problem.operandVReg.data;
    const opInfo = this.#problem.operandInfo.data;
    const { next } = s;
    const base = s.operandBase;
    this.#copies.clear();
    for (let c = 0; c < CLASSES; c++) {
      this.#fixedUse[c] = 0;
      this.#early[c] = 0;
      this.#late[c] = 0;
      this.#killed[c] = 0;
      this.#reserved[c] = 0;
      this.#lockEarly[c] = 0;
      this.#lockLate[c] = 0;
      this.#defined[c] = 0;
      this.#lateNeed[c] = 0;
    }
    if (end - first > this.#reusedBy.length) this.#reusedBy = growInt32(this.#reusedBy, end - first);
    let kinds = 0;
    for (let k = first; k < end; k++) {
      const v = opVReg[k];
      if (v < 128) {
        this.#allocs[k] = v;
        continue;
      }
      this.#allocs[k] = NO_REG;
      const info = opInfo[k];
      const constraint = (info >> 4) & 7;
      const isLate = (info & 2) !== 0;
      if ((info & 1) === 0) {
        s.nextUse[v] = next[base + k];
        this.#usedAt[v] = this.#number;
        kinds |= 1 << constraint;
        if (constraint === REG && isLate) kinds |= LATE_REG;
      } else {
        kinds |= 256 << constraint;
        if (!isLate) kinds |= constraint === ANY ? EARLY_ANY_DEF : EARLY_DEF;
        else if (constraint === REG || constraint === LIMIT) {
          kinds |= LATE_NEED;
          this.#lateNeed[(info >> 2) & 3]++;
        }
      }
      if (constraint === FIXED) {
        const r = info >> 8;
        if (r >= FIRST_FIXED_SLOT) continue;
        const c = r >> 5;
        const bit = 1 << (r & 31);
        if ((info & 1) === 0) {
          this.#fixedUse[c] |= bit;
          this.#early[c] |= bit;
          if (isLate) this.#late[c] |= bit;
          this.#wanted[r] = v;
        } else {
          this.#late[c] |= bit;
          this.#killed[c] |= bit;
          if (!isLate) this.#early[c] |= bit;
        }
      } else if (constraint === REUSE) {
        const input = info >> 8;
        this.#reusedBy[input] = k + 1;
        const inputInfo = opInfo[first + input];
        if (((inputInfo >> 4) & 7) === FIXED) {
          const r = inputInfo >> 8;
          this.#late[r >> 5] |= 1 << (r & 31);
          this.#killed[r >> 5] |= 1 << (r & 31);
        }
      }
    }
    this.#kinds = kinds;
    const set = this.#problem.instClobber.data[i];
    if (set !== 0) {
      const sets = this.#problem.clobberSets.data;
      for (let c = 0; c < CLASSES; c++) {
        this.#late[c] |= sets[3 * set + c];
        this.#killed[c] |= sets[3 * set + c];
      }
    }
  }

  /** Step 2: values that stand in registers which the instruction wants for something else. */
  #clearTheWay(): void {
    const s = this.#state;
    const displaced = this.#displaced;
    displaced.clear();
    for (let c = 0; c < CLASSES; c++) {
      let q = (this.#early[c] | this.#late[c]) & s.all[c] & ~s.free[c];
      while (q !== 0) {
        const bit = q & -q;
        q ^= bit;
        const r = (c << 5) | (31 - Math.clz32(bit));
        const v = s.vregIn[r];
        const own = (this.#fixedUse[c] & bit) !== 0 && this.#wanted[r] === v;
        if ((this.#early[c] & bit) !== 0 && !own) {
          s.drop(r);
          displaced.push(v);
        } else if ((this.#killed[c] & bit) !== 0 && s.isWanted(v)) {
          const f = s.free[c] & ~(this.#early[c] | this.#late[c]);
          if (f !== 0) {
            s.drop(r);
            s.take(s.choose(v, c, f), v);
          }
        }
      }
    }
    for (let k = 0; k < displaced.length; k++) this.#resettle(displaced.at(k));
  }

  /** Finds another register for a displaced vreg, or leaves it in memory if others are wanted sooner. */
  #resettle(v: number): void {
    const s = this.#state;
    const wanted = s.isWanted(v);
    const c = this.#problem.vregClass.data[v];
    const avoid = this.#early[c] | (wanted ? this.#late[c] : 0);
    const f = s.free[c] & ~avoid;
    if (f !== 0) {
      s.take(s.choose(v, c, f), v);
      return;
    }
    if (this.#usedAt[v] === this.#number) return;
    const r = s.farthest(c, avoid);
    if (r < 0 || s.nextUse[s.vregIn[r]] <= s.nextUse[v] || this.#usedAt[s.vregIn[r]] === this.#number) return;
    s.evict(r);
    s.take(r, v);
  }

  /** Step 3, fixed uses. */
  #reserveFixedUses(first: number, end: number): void {
    if ((this.#kinds & (1 << FIXED)) === 0) return;
    const s = this.#state;
    const opVReg = this.#problem.operandVReg.data;
    const opInfo = this.#problem.operandInfo.data;
    for (let k = first; k < end; k++) {
      const info = opInfo[k];
      const v = opVReg[k];
      if ((info & 0x71) !== FIXED << 4 || v < 128) continue;
      const r = info >> 8;
      this.#allocs[k] = r;
      if (r >= FIRST_FIXED_SLOT) {
        this.#copies.push(v);
        this.#copies.push(r);
        continue;
      }
      const c = r >> 5;
      const bit = 1 << (r & 31);
      this.#lockEarly[c] |= bit;
      if ((info & 2) !== 0) this.#lockLate[c] |= bit;
      if (s.regOf[v] === r || (this.#reserved[c] & bit) !== 0) continue;
      if (s.regOf[v] < 0 && (s.all[c] & ~this.#killed[c] & bit) !== 0 && s.isWanted(v)) s.take(r, v);
      else {
        s.free[c] &= ~bit;
        this.#reserved[c] |= bit;
      }
    }
  }

  /** Step 3, uses of one constraint; `positions` has bit 0 for early and bit 1 for late ones. */
  #placeUses(first: number, end: number, constraint: number, positions: number): void {
    const opVReg = this.#problem.operandVReg.data;
    const opInfo = this.#problem.operandInfo.data;
    for (let k = first; k < end; k++) {
      const info = opInfo[k];
      if ((info & 0x71) !== constraint << 4 || opVReg[k] < 128 || this.#allocs[k] >= 0) continue;
      if (((positions >> ((info >> 1) & 1)) & 1) === 0) continue;
      if (constraint === STACK) this.#giveSlot(k, opVReg[k]);
      else this.#placeUse(k, opVReg[k], info, this.#reusedBy[k - first] !== 0 ? 1 : 0);
    }
  }

  #placeUse(k: number, v: number, info: number, reused: number): void {
    const s = this.#state;
    const c = (info >> 2) & 3;
    const constraint = (info >> 4) & 7;
    const isLate = (info & 2) !== 0;
    const outside = constraint === LIMIT ? ~limitMask(info >> 8) : 0;
    let r = s.regOf[v];
    if (
      r >= 0 &&
      constraint === ANY &&
      isLate &&
      (this.#lockLate[c] & (1 << (r & 31))) === 0 &&
      !this.#canKeepLate(c)
    )
      r = -1;
    if (r < 0 || !this.#suits(r, v, isLate, outside)) r = this.#fixedCopy(v, c, isLate, outside);
    if (r < 0) {
      // A reused input that is in no register is loaded straight into the register of the definition.
      if (reused !== 0 && constraint !== LIMIT && s.regOf[v] < 0) return;
      const wanted = s.isWanted(v);
      let avoid = this.#lockEarly[c] | this.#early[c] | outside;
      if (isLate || wanted) avoid |= this.#late[c];
      if (
        constraint === ANY &&
        (isLate ? !this.#canKeepLate(c) : s.vregRemat[v] === 0 && !this.#isWorthLoading(v, c, avoid))
      ) {
        this.#giveSlot(k, v);
        return;
      }
      r = s.pick(v, c, avoid);
      if (r < 0 && wanted && !isLate) r = s.pick(v, c, this.#lockEarly[c] | this.#early[c] | outside);
      if (r < 0 && constraint === ANY) {
        this.#giveSlot(k, v);
        return;
      }
      if (r < 0) {
        this.#stuck = 1;
        return;
      }
      if (s.regOf[v] >= 0) this.#leave(v, s.regOf[v]);
      s.take(r, v);
    }
    this.#allocs[k] = r;
    this.#lockEarly[r >> 5] |= 1 << (r & 31);
    if (isLate) this.#lockLate[r >> 5] |= 1 << (r & 31);
  }

  /** Whether a register can be occupied through the instruction and leave enough for its late definitions. */
  #canKeepLate(c: number): boolean {
    const s = this.#state;
    let q = s.all[c] & ~(this.#lockLate[c] | this.#late[c] | this.#defined[c]);
    let n = -this.#lateNeed[c];
    for (; q !== 0; q &= q - 1) n++;
    return n > 0;
  }

  /** Whether a use that can be served from memory should bring its vreg to a register. */
  #isWorthLoading(v: number, c: number, avoid: number): boolean {
    const s = this.#state;
    return (s.free[c] & ~avoid) !== 0 && s.nextUse[v] < s.blockEnd;
  }

  /** Takes `v` out of its register, which stays reserved if an operand already reads `v` there. */
  #leave(v: number, r: number): void {
    this.#state.drop(r);
    const c = r >> 5;
    const bit = 1 << (r & 31);
    if ((this.#lockEarly[c] & bit) === 0) return;
    this.#state.free[c] &= ~bit;
    this.#reserved[c] |= bit;
    if ((this.#fixedUse[c] & bit) !== 0) return;
    this.#copies.push(v);
    this.#copies.push(r);
  }

  /** Whether register `r`, which holds `v`, can serve a use. */
  #suits(r: number, v: number, isLate: boolean, outside: number): boolean {
    const bit = 1 << (r & 31);
    if ((outside & bit) !== 0) return false;
    if (!isLate) return true;
    const c = r >> 5;
    if (((this.#killed[c] | this.#defined[c]) & bit) !== 0) return false;
    return (this.#late[c] & bit) === 0 || this.#wanted[r] === v;
  }

  /** A register that a fixed use already brings `v` to and that can serve another use, or -1. */
  #fixedCopy(v: number, c: number, isLate: boolean, outside: number): number {
    let q = this.#fixedUse[c];
    while (q !== 0) {
      const r = (c << 5) | (31 - Math.clz32(q & -q));
      q &= q - 1;
      if (this.#wanted[r] === v && this.#suits(r, v, isLate, outside)) return r;
    }
    return -1;
  }

  #giveSlot(k: number, v: number): void {
    this.#state.needSlot(v);
    this.#allocs[k] = SLOT_BASE + v;
    this.#slotOperands.push(k);
  }

  /** Step 4: definitions that may share a register with no use. */
  #placeEarlyDefs(first: number, end: number, any: number): void {
    const s = this.#state;
    const opVReg = this.#problem.operandVReg.data;
    const opInfo = this.#problem.operandInfo.data;
    for (let k = first; k < end; k++) {
      const info = opInfo[k];
      const v = opVReg[k];
      if ((info & 3) !== 1 || v < 128) continue;
      const c = (info >> 2) & 3;
      const constraint = (info >> 4) & 7;
      if ((constraint === ANY) !== (any === 1)) continue;
      if (this.#foreign.isForeign(info)) continue;
      if (constraint === STACK) {
        this.#lateDefinitions.placeInSlot(this.#inst, k, v);
        continue;
      }
      const outside = constraint === LIMIT ? ~limitMask(info >> 8) : 0;
      const avoid = this.#lockEarly[c] | this.#lockLate[c] | this.#early[c] | this.#late[c] | outside;
      const r =
        constraint === FIXED ? info >> 8 : any === 1 && !this.#canKeepLate(c) ? -1 : s.pick(v, c, avoid);
      if (r < 0) {
        if (constraint !== ANY) this.#stuck = 1;
        else this.#lateDefinitions.placeInSlot(this.#inst, k, v);
        continue;
      }
      s.define(v, r, this.#inst, k);
      this.#allocs[k] = r;
      this.#lockEarly[c] |= 1 << (r & 31);
      this.#lockLate[c] |= 1 << (r & 31);
      this.#defined[c] |= 1 << (r & 31);
    }
  }

  /** Step 4: a reuse definition takes over its input's register if the input ends there, otherwise a copy's. */
  #placeReuses(first: number, end: number): void {
    const s = this.#state;
    const opVReg = this.#problem.operandVReg.data;
    const opInfo = this.#problem.operandInfo.data;
    for (let k = first; k < end; k++) {
      const info = opInfo[k];
      if ((info & 0x71) !== ((REUSE << 4) | 1) || opVReg[k] < 128) continue;
      const c = (info >> 2) & 3;
      const input = first + (info >> 8);
      const v = opVReg[input];
      if (((opInfo[input] >> 4) & 7) === STACK) {
        this.#reuseInSlot(k, opVReg[k], input, v);
        continue;
      }
      // An input that may be in memory has no place yet unless it has a register.
      const at = this.#allocs[input] >= 0 ? this.#allocs[input] : s.regOf[v];
      const isFixed = ((opInfo[input] >> 4) & 7) === FIXED;
      let r = at;
      const bit = at >= 0 ? 1 << (at & 31) : 0;
      const inRegister = at >= 0 && at < FIRST_FIXED_SLOT;
      const taken = this.#lockLate[c] | this.#killed[c] | this.#defined[c];
      if (!isFixed && (!inRegister || (taken & bit) !== 0 || (s.regOf[v] === at && s.isWanted(v)))) {
        const outside = ((opInfo[input] >> 4) & 7) === LIMIT ? ~limitMask(opInfo[input] >> 8) : 0;
        r = s.pick(
          opVReg[k],
          c,
          this.#lockEarly[c] |
            this.#lockLate[c] |
            this.#early[c] |
            this.#late[c] |
            this.#defined[c] |
            outside,
        );
        if (r >= 0) {
          s.free[c] &= ~(1 << (r & 31));
          this.#reserved[c] |= 1 << (r & 31);
          this.#copies.push(v);
          this.#copies.push(r);
        } else {
          // The input's own register, which the input then loses.
          if (!inRegister || (taken & bit) !== 0) {
            this.#stuck = 1;
            continue;
          }
          r = at;
        }
      }
      this.#allocs[input] = r;
      this.#allocs[k] = r;
      this.#lockEarly[c] |= 1 << (r & 31);
      this.#defined[c] |= 1 << (r & 31);
    }
  }

  /** Copies `v` to the slot of `d`, which the instruction makes of it there. */
  #reuseInSlot(def: number, d: number, input: number, v: number): void {
    this.#copies.push(v);
    this.#copies.push(SLOT_BASE + d);
    this.#allocs[input] = SLOT_BASE + d;
    this.#allocs[def] = SLOT_BASE + d;
    this.#slotOperands.push(input);
    this.#slotOperands.push(def);
  }

  /** Step 5. */
  #emitPlan(): void {
    const s = this.#state;
    const moves = this.#moves;
    const touched = s.touched;
    for (let k = 0; k < touched.length; k++) {
      const v = touched.at(k);
      const to = s.regOf[v];
      // A definition of this instruction arrives by itself.
      if (to < 0) {
        if (s.isWanted(v)) s.keepInMemory(v);
      } else if (s.before[v] !== to && s.defInst[v] !== this.#inst) moves.add(s.sourceBefore(v), to);
    }
    for (let c = 0; c < CLASSES; c++) {
      let q = this.#reserved[c] & this.#fixedUse[c];
      while (q !== 0) {
        const r = (c << 5) | (31 - Math.clz32(q & -q));
        q &= q - 1;
        this.#addCopy(this.#wanted[r], r);
      }
    }
    for (let k = 0; k < this.#copies.length; k += 2)
      this.#addCopy(this.#copies.at(k), this.#copies.at(k + 1));
    s.forgetTouched();
    moves.resolve(2 * this.#inst, s.free[0], s.free[1], s.free[2]);
  }

  #addCopy(v: number, to: number): void {
    const s = this.#state;
    if (to < FIRST_FIXED_SLOT) s.used[to >> 5] |= 1 << (to & 31);
    const from = s.sourceBefore(v);
    if (from !== to) this.#moves.add(from, to);
  }

  /** Step 6. */
  #finish(first: number, end: number): void {
    const s = this.#state;
    const i = this.#inst;
    const opVReg = this.#problem.operandVReg.data;
    const opInfo = this.#problem.operandInfo.data;
    if (this.#problem.instClobber.data[i] !== 0) s.passClobber();
    for (let c = 0; c < CLASSES; c++) s.free[c] |= this.#reserved[c] & s.all[c];
    for (let k = first; k < end; k++) if ((opInfo[k] & 1) === 0 && opVReg[k] >= 128) s.dropIfDead(opVReg[k]);
    for (let c = 0; c < CLASSES; c++) {
      let q = this.#killed[c] & s.all[c] & ~s.free[c];
      while (q !== 0) {
        const r = (c << 5) | (31 - Math.clz32(q & -q));
        q &= q - 1;
        if (s.defInst[s.vregIn[r]] !== i) s.evict(r);
      }
    }
    this.#lateDefinitions.place(i, this.#kinds, first, end);
    for (let k = first; k < end; k++) if ((opInfo[k] & 1) !== 0 && opVReg[k] >= 128) s.dropIfDead(opVReg[k]);
  }
}

/** A function has fewer instructions than numbers are left above this. */
const MAX_NUMBER = 1 << 29;
const LATE_REG = 1 << 20;
const EARLY_DEF = 1 << 21;
const EARLY_ANY_DEF = 1 << 22;
const LATE_NEED = 1 << 23;
