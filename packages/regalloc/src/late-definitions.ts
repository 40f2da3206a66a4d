/** The late definitions of an instruction with unusual constraints: the last step of {@link ConstrainedInstruction}. */
import type { I32List } from "@gantry/entity";
import type { ForeignDefinitions } from "./foreign-definitions.ts";
import { ANY, FIXED, LIMIT, limitMask, REG, REUSE, SLOT_BASE, STACK } from "./operand.ts";
import type { Problem } from "./problem.ts";
import type { RegisterState } from "./register-state.ts";

export class LateDefinitions {
  readonly #state: RegisterState;
  readonly #foreign: ForeignDefinitions;
  readonly #lockLate: Int32Array;
  readonly #late: Int32Array;
  readonly #defined: Int32Array;
  #problem!: Problem;
  #allocs!: Int32Array;
  #slotOperands!: I32List;

  /**
   * @param lockLate Registers per class that uses and early definitions of the instruction keep.
   * @param late Registers that are not available late.
   * @param defined Registers that the instruction defines; those of late definitions are added.
   */
  constructor(
    state: RegisterState,
    foreign: ForeignDefinitions,
    lockLate: Int32Array,
    late: Int32Array,
    defined: Int32Array,
  ) {
    this.#state = state;
    this.#foreign = foreign;
    this.#lockLate = lockLate;
    this.#late = late;
    this.#defined = defined;
  }

  /** @param slotOperands Receives the operands that were given slots. */
  reset(p: Problem, allocs: Int32Array, slotOperands: I32List): void {
    this.#problem = p;
    this.#allocs = allocs;
    this.#slotOperands = slotOperands;
  }

  /**
   * Places the late definitions of instruction `i`, and those that are fixed where they cannot stay.
   *
   * @param kinds Bits `256 << constraint` of its definitions.
   */
  place(i: number, kinds: number, first: number, end: number): void {
    this.#placeDecided(i, first, end);
    if ((kinds & ((256 << REG) | (256 << STACK) | (256 << LIMIT))) !== 0) this.#placeOthers(i, first, end, 0);
    if ((kinds & (256 << ANY)) !== 0) this.#placeOthers(i, first, end, 1);
    if ((kinds & (256 << FIXED)) !== 0) this.#placeForeign(i, first, end);
  }

  /** Gives operand `k`, a definition of `v`, a slot. */
  placeInSlot(i: number, k: number, v: number): void {
    this.#state.defineInSlot(v, i, k);
    this.#allocs[k] = SLOT_BASE + v;
    this.#slotOperands.push(k);
  }

  /** Those whose place is known: fixed and reuse. */
  #placeDecided(i: number, first: number, end: number): void {
    const s = this.#state;
    const opVReg = this.#problem.operandVReg.data;
    const opInfo = this.#problem.operandInfo.data;
    for (let k = first; k < end; k++) {
      const info = opInfo[k];
      const v = opVReg[k];
      if ((info & 3) !== 3 || v < 128) continue;
      const constraint = (info >> 4) & 7;
      if (constraint === FIXED) {
        if (this.#foreign.isForeign(info)) continue;
        this.#allocs[k] = info >> 8;
      } else if (constraint !== REUSE) continue;
      const r = this.#allocs[k];
      if (r >= SLOT_BASE) {
        s.defineInSlot(v, i, k);
        continue;
      }
      if (s.vregIn[r] !== 0) s.evict(r);
      s.define(v, r, i, k);
      this.#defined[r >> 5] |= 1 << (r & 31);
    }
  }

  /** Those that may be in memory, for `any` 1, or those that may not or must be, for 0. */
  #placeOthers(i: number, first: number, end: number, any: number): void {
    const s = this.#state;
    const opVReg = this.#problem.operandVReg.data;
    const opInfo = this.#problem.operandInfo.data;
    for (let k = first; k < end; k++) {
      const info = opInfo[k];
      const v = opVReg[k];
      const constraint = (info >> 4) & 7;
      if ((info & 3) !== 3 || v < 128 || constraint === FIXED || constraint === REUSE) continue;
      if ((constraint === ANY) !== (any === 1)) continue;
      if (constraint === STACK) {
        this.placeInSlot(i, k, v);
        continue;
      }
      const c = (info >> 2) & 3;
      const avoid =
        this.#lockLate[c] |
        this.#late[c] |
        this.#defined[c] |
        (constraint === LIMIT ? ~limitMask(info >> 8) : 0);
      const r = constraint === ANY && (s.free[c] & ~avoid) === 0 ? -1 : s.pick(v, c, avoid);
      if (r < 0) {
        this.placeInSlot(i, k, v);
        continue;
      }
      this.#allocs[k] = r;
      s.define(v, r, i, k);
      this.#defined[c] |= 1 << (r & 31);
    }
  }

  #placeForeign(i: number, first: number, end: number): void {
    const p = this.#problem;
    const opInfo = p.operandInfo.data;
    for (let k = first; k < end; k++) {
      const info = opInfo[k];
      const v = p.operandVReg.data[k];
      if (v < 128 || !this.#foreign.isForeign(info)) continue;
      this.#allocs[k] = info >> 8;
      const c = (info >> 2) & 3;
      const r = this.#foreign.moveOut(p, i, k, info >> 8, this.#defined[c]);
      if (r >= 0) this.#defined[c] |= 1 << (r & 31);
    }
  }
}
