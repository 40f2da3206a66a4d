import {
  type ControlFlow,
  type Function,
  type Inst,
  Op,
  type Settings,
  type Type,
  typeBytes,
  type Value,
} from "@gantry/clif-ir";
import { bug } from "@gantry/diag";
import { I32List, NONE } from "@gantry/entity";
import type { BlockOrder } from "./block-order.ts";
import type { Frame } from "./frame.ts";
import { GROUP, MachineCode } from "./machine-code.ts";
import { Symbols } from "./symbols.ts";
import { hasEffect, type UseAnalysis, Uses } from "./use-analysis.ts";

/**
 * What rules and a target's host see while a function is lowered: the CLIF function, the registers of its values, and
 * the machine code under construction.
 *
 * A rule asks for a value in a register with {@link putInReg}, which demands it: its definition will be lowered when
 * the driver, going backwards, reaches it. A rule may look at the definition of a value with {@link defInst} and
 * compute it again; it may move a load to its only user with {@link sinkable} and {@link sink}.
 */
export abstract class LowerState extends MachineCode {
  func!: Function;
  flow!: ControlFlow;
  blocks!: BlockOrder;
  settings!: Settings;
  frame!: Frame;
  readonly symbols: Symbols = new Symbols();

  /** Out-slots: where host functions with several results, or with a result and a success, put them. */
  o0 = 0;
  o1 = 0;
  o2 = 0;
  o3 = 0;
  o4 = 0;
  o5 = 0;
  o6 = 0;
  o7 = 0;

  /** The lowered block that is being lowered. */
  loweredBlock = 0;
  /** Arguments of each lowered block's jump: where they begin and how many there are. */
  readonly jumpArgStart: I32List = new I32List();
  readonly jumpArgCount: I32List = new I32List();
  readonly jumpArgs: I32List = new I32List();

  #uses!: UseAnalysis;
  /** Host value of each CLIF value: 0 while nobody has asked for it. */
  readonly #valueRegs = new I32List(1024);
  /** 1 for each instruction that was merged into its user. */
  readonly #sunk = new I32List(1024);
  #colour = 0;

  /** Starts a function. */
  begin(
    func: Function,
    flow: ControlFlow,
    order: BlockOrder,
    uses: UseAnalysis,
    frame: Frame,
    settings: Settings,
  ): void {
    this.resetMachineCode();
    this.func = func;
    this.flow = flow;
    this.blocks = order;
    this.settings = settings;
    this.frame = frame;
    this.#uses = uses;
    this.#valueRegs.fill(func.numValues, 0);
    this.#sunk.fill(func.numInsts, 0);
    this.jumpArgStart.fill(order.count, 0);
    this.jumpArgCount.fill(order.count, 0);
    this.jumpArgs.clear();
    this.symbols.reset();
  }

  // ---- what a target supplies ----

  /** The register class of values of type `ty` that fit one register. */
  abstract classOf(ty: Type): number;
  /** How many registers a value of type `ty` needs: 1 or 2. */
  abstract registersOf(ty: Type): number;
  /** Emits what makes the constant that instruction `def` defines, and returns its register. */
  abstract constantReg(def: Inst): number;
  /** Whether instruction `def` is a constant that {@link constantReg} makes at each use. */
  isConstant(def: Inst): boolean {
    const op = this.func.opcode(def);
    return op === Op.iconst || op === Op.f32const || op === Op.f64const;
  }
  /** Emits the definition of the parameters of the entry block, and what their convention needs. */
  abstract lowerParams(): void;
  /** Called before the first instruction is lowered. */
  abstract beginFunction(): void;

  // ---- values ----

  /** A fresh virtual register that can hold a value of type `ty`. */
  newValueReg(ty: Type): number {
    const r = this.newReg(this.classOf(ty));
    this.vregBytes[r] = Math.max(8, typeBytes(ty));
    return r;
  }

  /** Whether somebody has asked for `v`, or will: its definition must be lowered. */
  isDemanded(v: Value): boolean {
    return this.#valueRegs.data[v] !== 0;
  }

  /** The registers that were set aside for `v`; demands it. */
  valueRegs(v: Value): number {
    let r = this.#valueRegs.data[v];
    if (r === 0) {
      const ty = this.func.valueType(v);
      if (this.registersOf(ty) === 1) r = this.newValueReg(ty);
      else r = this.pair(this.newReg(0), this.newReg(0));
      this.#valueRegs.data[v] = r;
    }
    return r;
  }

  /** `v`, which fits one register, in a register. Constants are made anew for each use. */
  putInReg(v: Value): number {
    const def = this.func.valueDef(v);
    if (def === NONE || !this.isConstant(def)) return this.valueRegs(v);
    const r = this.constantReg(def);
    if (this.vregBytes[r] === 0) this.vregBytes[r] = Math.max(8, typeBytes(this.func.valueType(v)));
    return r;
  }

  /** `v` in one register or two. */
  putInRegs(v: Value): number {
    return this.putInReg(v);
  }

  valueType(v: Value): Type {
    return this.func.valueType(v);
  }

  /** The instruction that defines `v`, if rules may look through it, otherwise -1. */
  defInst(v: Value): Inst {
    const def = this.func.valueDef(v);
    if (def === NONE || this.func.resultCount(def) !== 1 || hasEffect(this.func, def)) return NONE as Inst;
    return def;
  }

  /** Whether `v` has exactly one use, looking through pure instructions. */
  usedOnce(v: Value): boolean {
    return this.#uses.uses.data[v] === Uses.once;
  }

  /** Whether nothing uses `v` (static count of uses). */
  isUnused(v: Value): boolean {
    return this.#uses.uses.data[v] === Uses.none;
  }

  /**
   * The load that defines `v`, if it may be moved to the instruction that is being lowered, otherwise -1: `v` has one
   * use, and between the load and here nothing has an effect.
   */
  sinkable(v: Value): Inst {
    const def = this.func.valueDef(v);
    if (def === NONE || this.#uses.uses.data[v] !== Uses.once) return NONE as Inst;
    if (this.#valueRegs.data[v] !== 0 || this.#sunk.data[def] !== 0) return NONE as Inst;
    if (!hasEffect(this.func, def) || this.#uses.colour.data[def] + 1 !== this.#colour) return NONE as Inst;
    return def;
  }

  /** Merges load `i` (from {@link sinkable}) into the instruction that is being lowered. */
  sink(i: Inst): void {
    this.#sunk.data[i] = 1;
    this.#colour = this.#uses.colour.data[i];
  }

  // ---- the driver's side ----

  /** Whether the driver is to leave `i` out because it was merged into its user. */
  isSunk(i: Inst): boolean {
    return this.#sunk.data[i] !== 0;
  }

  /** The scan has reached the end of `b`'s instructions (the terminator's own effect is still ahead). */
  enterBlock(colour: number): void {
    this.#colour = colour;
  }

  /** The scan has reached instruction `i`, which is about to be lowered. */
  enterInst(i: Inst): void {
    if (hasEffect(this.func, i)) this.#colour = this.#uses.colour.data[i];
  }

  /** Makes the registers that were set aside for result `v` other names of `regs`, what a rule returned. */
  defineValue(v: Value, regs: number): void {
    const wanted = this.#valueRegs.data[v];
    if (wanted === 0) return;
    if ((wanted & GROUP) === 0) {
      this.#alias(wanted, regs);
      return;
    }
    this.#alias(this.part(wanted, 0), this.part(regs, 0));
    this.#alias(this.part(wanted, 1), this.part(regs, 1));
  }

  #alias(wanted: number, actual: number): void {
    const r = this.resolve(actual);
    if (r === wanted) return;
    if (this.vregClass[r] !== this.vregClass[wanted])
      bug("lower", "a rule returned a register of another class");
    this.vregAlias[wanted] = r;
    // The slot must have room for the widest thing that any of the names holds.
    if (this.vregBytes[r] < this.vregBytes[wanted]) this.vregBytes[r] = this.vregBytes[wanted];
  }

  /** Appends `v` to the arguments that the current lowered block's jump passes on. */
  pushJumpArg(v: Value): void {
    const regs = this.putInRegs(v);
    const count = this.jumpArgCount;
    this.jumpArgs.push(this.part(regs, 0));
    count.data[this.loweredBlock]++;
    if ((regs & GROUP) !== 0) {
      this.jumpArgs.push(this.part(regs, 1));
      count.data[this.loweredBlock]++;
    }
  }

  /** The lowered block that target `k` of the current block's terminator leads to, which is also its label. */
  targetLabel(k: number): number {
    return this.blocks.target(this.loweredBlock, k);
  }
}
