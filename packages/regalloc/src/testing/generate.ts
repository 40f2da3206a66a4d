/**
 * Random problems. A problem is a function of a sequence of bytes, each of which decides one question and 0 is always the
 * plainest answer; past the end every answer is 0. So a property-based testing library that shrinks the bytes shrinks
 * the problem.
 *
 * Every problem has a solution, unless the options say otherwise: an instruction never asks for more registers of a
 * class than there are.
 */
import { type Environment, makeEnvironment } from "../environment.ts";
import {
  ANY,
  BRANCH,
  DEF,
  EARLY,
  FIXED,
  LATE,
  LIMIT,
  operandInfo,
  READS_FLAGS,
  REG,
  RETURN,
  REUSE,
  STACK,
  USE,
  WRITES_FLAGS,
} from "../operand.ts";
import { Problem } from "../problem.ts";
import { immediateDominators } from "../validate.ts";

/** Answers to questions, from bytes. */
export class Choices {
  readonly #bytes: ArrayLike<number>;
  #at = 0;

  constructor(bytes: ArrayLike<number>) {
    this.#bytes = bytes;
  }

  /** A number below `n`, at most 256. */
  below(n: number): number {
    return this.#at < this.#bytes.length ? this.#bytes[this.#at++]! % n : 0;
  }

  /** True `n` times out of 16. */
  chance(n: number): boolean {
    return this.below(16) >= 16 - n;
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!;
  }
}

/** Registers of the generated problems: few, so that they are fought for. */
export const TEST_ENVIRONMENT: Environment = makeEnvironment(
  [0b0000_111111, 0b00_1111, 0b0011],
  [0b1111_000000, 0b11_0000, 0b1100],
  [0b1111_000000, 0b10_0000, 0],
  3,
);

const SIZES = [10, 6, 4];

/** The same with very few; some instructions of {@link GenerateOptions.scarce} problems need more. */
const SCARCE_ENVIRONMENT: Environment = makeEnvironment(
  [0b0111, 0b011, 0b01],
  [0b1000, 0b100, 0b10],
  [0, 0, 0],
  3,
);

const SCARCE_SIZES = [4, 3, 2];

/** Features to leave out, for allocators that lack them. */
export interface GenerateOptions {
  readonly limits?: boolean;
  readonly fixedStack?: boolean;
  readonly thirdClass?: boolean;
  readonly branchDefs?: boolean;
  readonly stack?: boolean;
  /** Adds problems without a solution: the machine has fewer registers, and instructions ask for as many as before. */
  readonly scarce?: boolean;
}

/** Fills `p` with the problem that the bytes describe. */
export function generateProblem(
  bytes: ArrayLike<number>,
  p: Problem,
  options: GenerateOptions = {},
): Environment {
  new Generator(new Choices(bytes), p, options).run();
  return options.scarce === true ? SCARCE_ENVIRONMENT : TEST_ENVIRONMENT;
}

interface BlockPlan {
  succs: number[];
  params: number[];
}

class Generator {
  readonly #c: Choices;
  readonly #p: Problem;
  readonly #options: GenerateOptions;
  readonly #registers: readonly number[];
  #blocks: BlockPlan[] = [];
  /** Vregs visible at the end of each finished block. */
  readonly #visible: number[][] = [];
  #here: number[] = [];
  /** Register budget of the instruction in the making, and registers spoken for. */
  #budget: number[] = [];
  #earlyFixed = new Set<number>();
  #lateFixed = new Set<number>();
  #limits = 0;
  #uses: [number, number][] = [];
  #defs: [number, number][] = [];

  constructor(c: Choices, p: Problem, options: GenerateOptions) {
    this.#c = c;
    this.#p = p;
    this.#options = options;
    this.#registers = options.scarce === true ? SCARCE_SIZES : SIZES;
  }

  run(): void {
    const p = this.#p;
    p.reset();
    p.newClobberSet(0b111111, 0b1111, 0b0001);
    p.newClobberSet(0b000111, 0b11_1111, 0b1111);
    this.#planBlocks();
    for (const [b, plan] of this.#blocks.entries()) {
      const preds = this.#blocks.filter((q) => q.succs.includes(b));
      if (b > 0 && preds.every((q) => q.succs.length === 1))
        for (let n = this.#c.below(5) - 1; n > 0; n--) plan.params.push(this.#newVReg());
    }
    const idom = this.#dominators();
    for (const [b, plan] of this.#blocks.entries()) {
      this.#here = b === 0 ? [] : this.#visible[idom[b]!]!.slice();
      for (const v of plan.params) {
        p.param(v);
        this.#here.push(v);
      }
      if (b === 0) this.#arguments();
      for (let n = this.#c.below(10); n > 0; n--) this.#instruction();
      this.#terminator(plan);
      p.endBlock();
      this.#visible[b] = this.#here;
    }
    p.finish();
  }

  /** A random reachable graph without critical edges, in reverse postorder. */
  #planBlocks(): void {
    const c = this.#c;
    const n = 1 + c.below(7);
    const succs: number[][] = [];
    for (let b = 0; b < n; b++) {
      const count = n === 1 ? 0 : Math.min(c.below(4), 3);
      const list: number[] = [];
      for (let k = 0; k < count; k++) list.push(1 + c.below(n - 1));
      succs.push(list.length === 0 && b + 1 < n && b === 0 ? [1] : list);
    }
    const predCount = new Array<number>(n).fill(0);
    for (const list of succs) for (const t of list) predCount[t]!++;
    for (let b = 0; b < n; b++)
      if (succs[b]!.length > 1)
        for (const [k, t] of succs[b]!.entries())
          if (predCount[t]! > 1) {
            succs.push([t]);
            succs[b]![k] = succs.length - 1;
          }
    const order: number[] = [];
    const seen = new Set<number>();
    const visit = (b: number): void => {
      seen.add(b);
      for (const t of succs[b]!) if (!seen.has(t)) visit(t);
      order.push(b);
    };
    visit(0);
    order.reverse();
    const place = new Map(order.map((b, k) => [b, k]));
    this.#blocks = order.map((b) => ({ succs: succs[b]!.map((t) => place.get(t)!), params: [] }));
  }

  #dominators(): Int32Array {
    const shape = new Problem();
    for (const plan of this.#blocks) {
      for (const t of plan.succs) shape.successor(t);
      shape.endBlock();
    }
    shape.finish();
    return immediateDominators(shape);
  }

  #newVReg(): number {
    const third = this.#options.thirdClass !== false;
    const cls = this.#c.pick(third ? [0, 0, 0, 1, 1, 2] : [0, 0, 0, 1, 1]);
    return this.#p.newVReg(cls, cls === 0 ? 8 : this.#c.pick([16, 8, 16, 32]));
  }

  #begin(): void {
    this.#budget = SIZES.slice();
    this.#earlyFixed.clear();
    this.#lateFixed.clear();
    this.#limits = 0;
    this.#uses = [];
    this.#defs = [];
  }

  #end(flags = 0, clobbers = 0): void {
    for (const [v, info] of this.#uses) this.#p.operand(v, info);
    for (const [v, info] of this.#defs) {
      this.#p.operand(v, info);
      this.#here.push(v);
    }
    this.#p.endInst(flags, clobbers);
  }

  #visibleVReg(): number {
    // Young values are likelier, so that lives stay short on the whole.
    const n = this.#here.length;
    return this.#here[n - 1 - Math.min(this.#c.below(n), this.#c.below(n))]!;
  }

  /** The function's arguments: late fixed definitions. */
  #arguments(): void {
    this.#begin();
    for (let n = 1 + this.#c.below(4); n > 0; n--) this.#fixedDef();
    this.#end();
    for (let n = this.#c.below(3); n > 0; n--) {
      const v = this.#newVReg();
      this.#p.vregRemat.set(v, 1 + this.#c.below(3));
      this.#begin();
      this.#defs.push([v, operandInfo(DEF, LATE, this.#p.vregClass.at(v), REG)]);
      this.#end();
    }
  }

  #instruction(): void {
    const c = this.#c;
    this.#begin();
    if (this.#here.length === 0 || c.chance(2)) this.#constant();
    else if (c.chance(3)) this.#call();
    else if (c.chance(4)) this.#twoAddress();
    else this.#mixed();
  }

  #constant(): void {
    const v = this.#newVReg();
    if (this.#c.chance(6)) this.#p.vregRemat.set(v, 1);
    this.#defs.push([v, operandInfo(DEF, LATE, this.#p.vregClass.at(v), REG)]);
    this.#end();
  }

  #twoAddress(): void {
    const c = this.#c;
    const v = this.#visibleVReg();
    const cls = this.#p.vregClass.at(v);
    this.#uses.push([v, operandInfo(USE, EARLY, cls, c.chance(4) ? ANY : REG)]);
    if (c.chance(8)) this.#plainUse();
    this.#defs.push([this.#vregOf(cls), operandInfo(DEF, LATE, cls, REUSE, 0)]);
    if (c.chance(2)) {
      // A pair of results, both in the place of an input.
      const w = this.#visibleVReg();
      const other = this.#p.vregClass.at(w);
      this.#uses.push([w, operandInfo(USE, EARLY, other, REG)]);
      this.#defs.push([this.#vregOf(other), operandInfo(DEF, LATE, other, REUSE, this.#uses.length - 1)]);
    }
    const writes = c.chance(4);
    this.#end(writes ? WRITES_FLAGS : 0);
    if (!writes || !c.chance(12)) return;
    this.#begin();
    this.#plainUse();
    this.#plainDef();
    this.#end(READS_FLAGS);
  }

  #vregOf(cls: number): number {
    return this.#p.newVReg(cls, cls === 0 ? 8 : 16);
  }

  #call(): void {
    const c = this.#c;
    const clobbers = c.chance(3) ? 2 : 1;
    const masks = [0, 1, 2].map((k) => this.#p.clobberSets.at(3 * clobbers + k));
    for (let n = c.below(5); n > 0; n--) this.#fixedUse(false);
    if (c.chance(6)) this.#calleeUse();
    if (this.#options.fixedStack !== false && c.chance(2)) {
      const v = this.#visibleVReg();
      this.#uses.push([v, operandInfo(USE, EARLY, this.#p.vregClass.at(v), FIXED, 96 + c.below(3))]);
    }
    if (this.#options.stack !== false && c.chance(4)) {
      const v = this.#visibleVReg();
      this.#uses.push([v, operandInfo(USE, EARLY, this.#p.vregClass.at(v), STACK)]);
    }
    const results = c.below(4);
    for (let n = 0; n < results; n++) {
      const v = this.#newVReg();
      const cls = this.#p.vregClass.at(v);
      const allowed: number[] = [];
      for (let r = 0; r < 32; r++)
        if (
          r < this.#registers[cls]! &&
          ((masks[cls]! >>> r) & 1) !== 0 &&
          !this.#lateFixed.has((cls << 5) | r)
        )
          allowed.push(r);
      if (n < 2 && allowed.length > 0) {
        const r = (cls << 5) | c.pick(allowed);
        this.#lateFixed.add(r);
        this.#defs.push([v, operandInfo(DEF, LATE, cls, FIXED, r)]);
      } else this.#defs.push([v, operandInfo(DEF, LATE, cls, ANY)]);
    }
    for (let n = c.below(6) - 3; n > 0; n--) {
      const v = this.#newVReg();
      this.#defs.push([v, operandInfo(DEF, LATE, this.#p.vregClass.at(v), ANY)]);
    }
    this.#end(WRITES_FLAGS, clobbers);
  }

  #mixed(): void {
    const c = this.#c;
    for (let n = c.below(4); n > 0; n--) this.#plainUse();
    if (c.chance(4)) for (let n = 1 + c.below(2); n > 0; n--) this.#fixedUse(c.chance(4));
    if (c.chance(3)) {
      const input = this.#uses.findIndex(
        ([, info]) => (info & 2) === 0 && ((info >> 4) & 7) !== STACK && info >> 8 < 96,
      );
      if (input >= 0) this.#reuse(input);
    }
    for (let n = c.below(3); n > 0; n--) this.#plainDef();
    if (c.chance(3)) this.#fixedDef();
    this.#end(c.chance(2) ? WRITES_FLAGS : 0);
  }

  #reuse(input: number): void {
    const info = this.#uses[input]![1];
    const cls = (info >> 2) & 3;
    if (this.#budget[cls]! < 1) return;
    if (((info >> 4) & 7) === FIXED) {
      if (this.#lateFixed.has(info >> 8)) return;
      this.#lateFixed.add(info >> 8);
    }
    this.#budget[cls]!--;
    this.#defs.push([this.#vregOf(cls), operandInfo(DEF, LATE, cls, REUSE, input)]);
  }

  /** A use that is not fixed. */
  #plainUse(): void {
    const c = this.#c;
    const v = this.#visibleVReg();
    const cls = this.#p.vregClass.at(v);
    const position = c.chance(3) ? LATE : EARLY;
    this.#uses.push([v, this.#constrained(USE, position, cls, c)]);
  }

  /** A use by a call: a late one must not insist on a register, since all may be clobbered. */
  #calleeUse(): void {
    const c = this.#c;
    const v = this.#visibleVReg();
    const cls = this.#p.vregClass.at(v);
    const late = c.chance(3);
    this.#uses.push([v, late ? operandInfo(USE, LATE, cls, ANY) : this.#constrained(USE, EARLY, cls, c)]);
  }

  #plainDef(): void {
    const c = this.#c;
    const v = this.#newVReg();
    const cls = this.#p.vregClass.at(v);
    const position = c.chance(4) ? EARLY : LATE;
    this.#defs.push([v, this.#constrained(DEF, position, cls, c)]);
  }

  #constrained(kind: number, position: number, cls: number, c: Choices): number {
    let constraint = c.pick([REG, REG, REG, ANY, ANY, STACK, LIMIT]);
    if (constraint === STACK && this.#options.stack === false) constraint = ANY;
    if (constraint === LIMIT && (this.#options.limits === false || cls !== 0 || this.#limits > 0))
      constraint = REG;
    if ((constraint === REG || constraint === LIMIT) && this.#budget[cls]! < 1) constraint = ANY;
    if (constraint === REG || constraint === LIMIT) this.#budget[cls]!--;
    if (constraint !== LIMIT) return operandInfo(kind, position, cls, constraint);
    this.#limits++;
    return operandInfo(kind, position, cls, LIMIT, this.#options.scarce === true ? 1 + c.below(2) : 3);
  }

  #fixedUse(late: boolean): void {
    const v = this.#visibleVReg();
    const cls = this.#p.vregClass.at(v);
    const r = (cls << 5) | this.#c.below(this.#registers[cls]!);
    if (this.#earlyFixed.has(r) || (late && this.#lateFixed.has(r)) || this.#budget[cls]! < 2) return;
    this.#budget[cls]!--;
    this.#earlyFixed.add(r);
    if (late) this.#lateFixed.add(r);
    this.#uses.push([v, operandInfo(USE, late ? LATE : EARLY, cls, FIXED, r)]);
  }

  #fixedDef(): void {
    const c = this.#c;
    const v = this.#newVReg();
    const cls = this.#p.vregClass.at(v);
    if (this.#options.fixedStack !== false && c.chance(1)) {
      const s = 96 + c.below(3);
      if (this.#lateFixed.has(s)) return;
      this.#lateFixed.add(s);
      this.#defs.push([v, operandInfo(DEF, c.chance(3) ? EARLY : LATE, cls, FIXED, s)]);
      return;
    }
    const r = (cls << 5) | c.below(this.#registers[cls]!);
    const early = c.chance(3);
    if (this.#lateFixed.has(r) || (early && this.#earlyFixed.has(r)) || this.#budget[cls]! < 2) return;
    this.#budget[cls]!--;
    this.#lateFixed.add(r);
    if (early) this.#earlyFixed.add(r);
    this.#defs.push([v, operandInfo(DEF, early ? EARLY : LATE, cls, FIXED, r)]);
  }

  #terminator(plan: BlockPlan): void {
    const c = this.#c;
    const p = this.#p;
    this.#begin();
    const target = plan.succs.length === 1 ? plan.succs[0]! : -1;
    if (target < 0 && this.#here.length > 0) {
      if (plan.succs.length === 0) for (let n = c.below(3); n > 0; n--) this.#fixedUse(false);
      else if (plan.succs.length > 1 && this.#options.branchDefs !== false && c.chance(4)) {
        this.#branchingCall();
        for (const t of plan.succs) p.successor(t);
        return;
      } else for (let n = c.below(3); n > 0; n--) this.#plainUse();
    }
    const args =
      target < 0
        ? []
        : this.#blocks[target]!.params.map((v) => this.#argument(p.vregClass.at(v), p.vregSlotBytes.at(v)));
    this.#end(plan.succs.length === 0 ? RETURN : BRANCH);
    for (const t of plan.succs) p.successor(t);
    for (const v of args) p.edgeArg(v);
  }

  #branchingCall(): void {
    for (let n = this.#c.below(3); n > 0; n--) this.#fixedUse(false);
    const v = this.#vregOf(0);
    const onStack = this.#options.fixedStack !== false && this.#c.chance(2);
    const r = onStack ? 96 + this.#c.below(3) : this.#c.below(Math.min(6, this.#registers[0]!));
    this.#defs.push([v, operandInfo(DEF, LATE, 0, FIXED, r)]);
    for (let n = this.#c.below(3); n > 0; n--) {
      const w = this.#newVReg();
      const onStack = this.#options.stack !== false && this.#c.chance(3);
      this.#defs.push([w, operandInfo(DEF, LATE, this.#p.vregClass.at(w), onStack ? STACK : ANY)]);
    }
    this.#end(BRANCH | WRITES_FLAGS, 1);
  }

  /** A visible vreg of the class and size, made on the spot if there is none. */
  #argument(cls: number, bytes: number): number {
    const fit = this.#here.filter(
      (v) => this.#p.vregClass.at(v) === cls && this.#p.vregSlotBytes.at(v) === bytes,
    );
    if (fit.length > 0) return fit[fit.length - 1 - this.#c.below(fit.length)]!;
    const v = this.#p.newVReg(cls, bytes);
    this.#p.operand(v, operandInfo(DEF, LATE, cls, REG));
    this.#p.endInst();
    this.#here.push(v);
    return v;
  }
}
