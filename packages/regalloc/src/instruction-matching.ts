/**
 * Registers for the operands of one instruction, exactly: if there is an assignment that meets every constraint, it is
 * found. The allocators plan instruction by instruction in a fixed order of kinds, which finds one nearly always; this is
 * for the instruction on which they give up.
 *
 * A register has two places, early and late, and each place holds one value. What an operand asks of them is a *demand*:
 * a set of registers, the value that it holds early, the value that it holds late.
 *
 * | operand                       | early         | late          |
 * | ----------------------------- | ------------- | ------------- |
 * | early use of v                | v             |               |
 * | late use of v                 | v             | v             |
 * | early definition of d         | d             | d             |
 * | late definition of d          |               | d             |
 * | use of v that d reuses, and d | v             | d             |
 *
 * Demands may share a place if they want the same value in it. What must last through the instruction, that is what has
 * one value at both, keeps off clobbered registers. What may be in memory demands nothing, but for a reused use: it demands
 * a register as long as there is a solution with one.
 *
 * Demands of one place only are matched with registers by augmenting paths (Kuhn, "The Hungarian method for the assignment
 * problem", 1955, reduced to bipartite matching; Berge's theorem says that it is exact). Demands of both places make it a
 * matching in three dimensions, for which there are no such paths; they are tried one after the other, the most
 * demanding first, and each choice must leave either place matchable. Registers that look alike to all that is undecided
 * are tried once.
 */
import { growInt32, I32List } from "@gantry/entity";
import { ANY, CLASSES, FIXED, LIMIT, limitMask, NO_REG, REUSE, STACK } from "./operand.ts";
import type { Problem } from "./problem.ts";

/** Words of registers: one a class, and one of fixed stack slots. */
const WORDS = CLASSES + 1;
const NO_REGISTERS = new Int32Array(CLASSES);
/** No value. Vregs are numbered from 128. */
const NOTHING = 0;
/**
 * Choices for demands of both places before an instruction counts as one without a solution. No instruction of 40,000
 * generated problems with few registers took more than 4.
 */
const MAX_CHOICES = 1 << 20;

export class InstructionMatching {
  /** Per operand of the instruction solved last: its register or fixed stack slot, {@link NO_REG} if memory will do. */
  readonly places = new I32List(16);
  /** Registers that the demands considered last allow, a mask per class and one of fixed stack slots. */
  readonly allowed = new Int32Array(WORDS);

  /** Demands: word of registers, mask in it, values, whether its operand is fixed, register found. */
  readonly #word = new I32List(16);
  readonly #mask = new I32List(16);
  readonly #early = new I32List(16);
  readonly #late = new I32List(16);
  readonly #fixed = new I32List(16);
  readonly #found = new I32List(16);
  /** Per operand: its demand, or -1. */
  readonly #demandOf = new I32List(16);
  /** Per operand: 1 if it is left out; 1 + the definition that reuses it, as an index among the operands. */
  #ignored = new Int32Array(16);
  #reusedBy = new Int32Array(16);
  /** Whether clobbers count, and whether reused uses that may be in memory are. */
  #withClobbers = true;
  #inMemory = false;
  /** The value that a register holds early and late, per register of the word being solved. */
  readonly #heldEarly = new Int32Array(32);
  readonly #heldLate = new Int32Array(32);
  /** Demands of both places and of one, of the word being solved. */
  readonly #both = new I32List(16);
  readonly #single = new I32List(16);
  /** The matching of one place in the making: per register its demand or -1; demands; registers still to visit. */
  readonly #owner = new Int32Array(32);
  readonly #queue = new I32List(16);
  #unvisited = 0;
  #choices = 0;

  /**
   * Finds registers for the operands of instruction `i`, in {@link places}; says whether there are any.
   *
   * @param all Allocatable registers, a mask per class.
   */
  solve(p: Problem, i: number, all: Int32Array): boolean {
    this.#ignored.fill(0);
    this.#withClobbers = true;
    this.#inMemory = false;
    if (this.#isSolvable(p, i, all)) return true;
    this.#inMemory = true;
    return this.#isSolvable(p, i, all);
  }

  /**
   * The operands of an instruction without a solution that cannot be satisfied together: leaving out any of them would
   * leave an instruction with a solution. {@link allowed} says what registers they compete for.
   *
   * @returns Indices of operands in order; first -1 if the clobbers have a part in it.
   */
  conflict(p: Problem, i: number, all: Int32Array): number[] {
    const n = p.instOperandStart.at(i + 1) - p.instOperandStart.at(i);
    this.#ignored = growInt32(this.#ignored, n);
    this.#ignored.fill(0);
    this.#inMemory = true;
    this.#withClobbers = false;
    this.#withClobbers = this.#isSolvable(p, i, all);
    const guilty: number[] = this.#withClobbers ? [-1] : [];
    for (let k = n - 1; k >= 0; k--) {
      this.#ignored[k] = 1;
      if (this.#isSolvable(p, i, all)) this.#ignored[k] = 0;
    }
    for (let k = 0; k < n; k++) if (this.#ignored[k] === 0) guilty.push(k);
    this.#isSolvable(p, i, all);
    return guilty;
  }

  /** Whether the fixed operands of an instruction alone can be satisfied together. */
  areFixedCompatible(p: Problem, i: number): boolean {
    const first = p.instOperandStart.at(i);
    const n = p.instOperandStart.at(i + 1) - first;
    this.#ignored = growInt32(this.#ignored, n);
    for (let k = 0; k < n; k++) {
      const constraint = (p.operandInfo.at(first + k) >> 4) & 7;
      this.#ignored[k] = constraint === FIXED || constraint === REUSE ? 0 : 1;
    }
    this.#withClobbers = true;
    return this.#isSolvable(p, i, NO_REGISTERS);
  }

  #isSolvable(p: Problem, i: number, all: Int32Array): boolean {
    this.#choices = 0;
    this.#collect(p, i, all);
    this.allowed.fill(0);
    for (let t = 0; t < this.#mask.length; t++) this.allowed[this.#word.at(t)]! |= this.#mask.at(t);
    if (this.#withClobbers) this.#avoidClobbers(p, i);
    for (let w = 0; w < WORDS; w++) if (!this.#solveWord(w)) return false;
    for (let k = 0; k < this.#demandOf.length; k++) {
      const t = this.#demandOf.at(k);
      this.places.set(k, t < 0 ? NO_REG : (this.#word.at(t) << 5) | this.#found.at(t));
    }
    return true;
  }

  /** Makes the demands of an instruction. */
  #collect(p: Problem, i: number, all: Int32Array): void {
    const first = p.instOperandStart.at(i);
    const n = p.instOperandStart.at(i + 1) - first;
    this.#word.clear();
    this.#mask.clear();
    this.#early.clear();
    this.#late.clear();
    this.#fixed.clear();
    this.#found.clear();
    this.places.fill(n, NO_REG);
    this.#demandOf.fill(n, -1);
    this.#ignored = growInt32(this.#ignored, n);
    this.#reusedBy = growInt32(this.#reusedBy, n);
    this.#reusedBy.fill(0, 0, n);
    for (let k = 0; k < n; k++) {
      const info = p.operandInfo.at(first + k);
      if (((info >> 4) & 7) === REUSE && p.operandVReg.at(first + k) >= 128 && this.#ignored[k] === 0)
        this.#reusedBy[info >> 8] = k + 1;
    }
    for (let k = 0; k < n; k++) {
      const v = p.operandVReg.at(first + k);
      if (v < 128 || this.#ignored[k] !== 0) continue;
      const info = p.operandInfo.at(first + k);
      const constraint = (info >> 4) & 7;
      const isDef = (info & 1) !== 0;
      const isLate = (info & 2) !== 0;
      const def = this.#reusedBy[k]!;
      if (constraint === STACK || (constraint === ANY && (def === 0 || this.#inMemory))) continue;
      if (constraint === REUSE) continue;
      const word = constraint === FIXED ? (info >> 8) >> 5 : (info >> 2) & 3;
      const mask =
        constraint === FIXED
          ? 1 << ((info >> 8) & 31)
          : all[word]! & (constraint === LIMIT ? limitMask(info >> 8) : -1);
      const early = isDef && isLate ? NOTHING : v;
      const late = def !== 0 ? p.operandVReg.at(first + def - 1) : isDef || isLate ? v : NOTHING;
      const t = this.#demand(word, mask, early, late, constraint === FIXED ? 1 : 0);
      this.#demandOf.set(k, t);
      if (def !== 0) this.#demandOf.set(def - 1, t);
    }
  }

  /** Makes a demand, or joins one for the same values: limits are nested, so one register serves both. */
  #demand(word: number, mask: number, early: number, late: number, fixed: number): number {
    if (fixed === 0)
      for (let t = 0; t < this.#mask.length; t++)
        if (this.#fixed.at(t) === 0 && this.#early.at(t) === early && this.#late.at(t) === late) {
          this.#mask.set(t, this.#mask.at(t) & mask);
          return t;
        }
    this.#word.push(word);
    this.#early.push(early);
    this.#late.push(late);
    this.#fixed.push(fixed);
    this.#found.push(-1);
    return this.#mask.push(mask);
  }

  #avoidClobbers(p: Problem, i: number): void {
    const set = p.instClobber.at(i);
    if (set === 0) return;
    for (let t = 0; t < this.#mask.length; t++)
      if (this.#early.at(t) === this.#late.at(t) && this.#word.at(t) < CLASSES)
        this.#mask.set(t, this.#mask.at(t) & ~p.clobberSets.at(3 * set + this.#word.at(t)));
  }

  /** Solves the demands of one class, or those of fixed stack slots. */
  #solveWord(w: number): boolean {
    const both = this.#both;
    both.clear();
    this.#single.clear();
    this.#heldEarly.fill(NOTHING);
    this.#heldLate.fill(NOTHING);
    for (let t = 0; t < this.#mask.length; t++) {
      if (this.#word.at(t) !== w) continue;
      if (this.#fixed.at(t) !== 0) {
        const r = 31 - Math.clz32(this.#mask.at(t));
        if (r < 0 || !this.#fits(t, r)) return false;
        this.#place(t, r);
      } else if (this.#early.at(t) === NOTHING || this.#late.at(t) === NOTHING) this.#single.push(t);
      else both.push(t);
    }
    // The most demanding first.
    for (let k = 1; k < both.length; k++) {
      const t = both.at(k);
      const bits = countBits(this.#mask.at(t));
      let j = k - 1;
      for (; j >= 0 && countBits(this.#mask.at(both.at(j))) > bits; j--) both.set(j + 1, both.at(j));
      both.set(j + 1, t);
    }
    return this.#search(0);
  }

  /** Whether demand `t` can have register `r`. */
  #fits(t: number, r: number): boolean {
    const early = this.#early.at(t);
    const late = this.#late.at(t);
    const e = this.#heldEarly[r]!;
    const l = this.#heldLate[r]!;
    return (
      (early === NOTHING || e === NOTHING || e === early) && (late === NOTHING || l === NOTHING || l === late)
    );
  }

  #place(t: number, r: number): void {
    this.#found.set(t, r);
    if (this.#early.at(t) !== NOTHING) this.#heldEarly[r] = this.#early.at(t);
    if (this.#late.at(t) !== NOTHING) this.#heldLate[r] = this.#late.at(t);
  }

  /** Places the demands of both places from number `n` on, and then those of one. */
  #search(n: number): boolean {
    if (!this.#match(this.#early, this.#heldEarly, n) || !this.#match(this.#late, this.#heldLate, n))
      return false;
    if (n === this.#both.length) return true;
    const t = this.#both.at(n);
    let tried = 0;
    for (let q = this.#mask.at(t); q !== 0; q &= q - 1) {
      const r = 31 - Math.clz32(q & -q);
      if (!this.#fits(t, r) || this.#looksLike(r, tried, n)) continue;
      if (++this.#choices > MAX_CHOICES) return false;
      tried |= 1 << r;
      const e = this.#heldEarly[r]!;
      const l = this.#heldLate[r]!;
      this.#place(t, r);
      if (this.#search(n + 1)) return true;
      this.#heldEarly[r] = e;
      this.#heldLate[r] = l;
    }
    return false;
  }

  /** Whether all that is undecided, demand number `n` of both places on, sees no difference between `r` and one of `tried`. */
  #looksLike(r: number, tried: number, n: number): boolean {
    for (let q = tried; q !== 0; q &= q - 1) {
      const s = 31 - Math.clz32(q & -q);
      if (this.#heldEarly[r] !== this.#heldEarly[s] || this.#heldLate[r] !== this.#heldLate[s]) continue;
      let differs = 0;
      for (let k = n; k < this.#both.length; k++) differs |= this.#differs(this.#both.at(k), r, s);
      for (let k = 0; k < this.#single.length; k++) differs |= this.#differs(this.#single.at(k), r, s);
      if (differs === 0) return true;
    }
    return false;
  }

  #differs(t: number, r: number, s: number): number {
    return ((this.#mask.at(t) >>> r) ^ (this.#mask.at(t) >>> s)) & 1;
  }

  /**
   * Whether one place has registers for the demands of both places from number `n` on and for those of this place alone.
   * With none of the former left that is the solution; before, those that may yet share a register are passed over.
   *
   * @param values What demands hold at the place; `held` what registers hold there.
   */
  #match(values: I32List, held: Int32Array, n: number): boolean {
    const queue = this.#queue;
    queue.clear();
    for (let k = n; k < this.#both.length; k++) {
      const t = this.#both.at(k);
      if (this.#sharing(t, values.at(t), held) < 0) queue.push(t);
    }
    for (let k = 0; k < this.#single.length; k++) {
      const t = this.#single.at(k);
      const value = values.at(t);
      if (value === NOTHING || this.#mayShare(value, values, n)) continue;
      const r = this.#sharing(t, value, held);
      if (r < 0) queue.push(t);
      else this.#found.set(t, r);
    }
    this.#owner.fill(-1);
    for (let k = 0; k < queue.length; k++) {
      this.#unvisited = -1;
      if (!this.#augment(queue.at(k), held)) return false;
    }
    for (let r = 0; r < 32; r++) if (this.#owner[r]! >= 0) this.#found.set(this.#owner[r]!, r);
    return true;
  }

  /** A register that holds a demand's value already and suits it, or -1. */
  #sharing(t: number, value: number, held: Int32Array): number {
    for (let q = this.#mask.at(t); q !== 0; q &= q - 1) {
      const r = 31 - Math.clz32(q & -q);
      if (held[r] === value && this.#fits(t, r)) return r;
    }
    return -1;
  }

  /** Whether an undecided demand of both places wants a value, too. */
  #mayShare(value: number, values: I32List, n: number): boolean {
    for (let k = n; k < this.#both.length; k++) if (values.at(this.#both.at(k)) === value) return true;
    return false;
  }

  /** Finds demand `t` a register, a free one or one whose owner finds another: an augmenting path. */
  #augment(t: number, held: Int32Array): boolean {
    const owner = this.#owner;
    for (let q = this.#mask.at(t) & this.#unvisited; q !== 0; q &= q - 1) {
      const r = 31 - Math.clz32(q & -q);
      if (held[r] !== NOTHING || owner[r]! >= 0) continue;
      owner[r] = t;
      return true;
    }
    for (let q = this.#mask.at(t); q !== 0; q &= q - 1) {
      const bit = q & -q;
      const r = 31 - Math.clz32(bit);
      if (held[r] !== NOTHING || (this.#unvisited & bit) === 0) continue;
      this.#unvisited &= ~bit;
      if (!this.#augment(owner[r]!, held)) continue;
      owner[r] = t;
      return true;
    }
    return false;
  }
}

function countBits(q: number): number {
  let n = 0;
  for (; q !== 0; q &= q - 1) n++;
  return n;
}
