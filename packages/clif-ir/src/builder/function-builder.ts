import { errorOf } from "@gantry/diag";
import { type Entity, NONE } from "@gantry/entity";
import type {
  Block,
  Constant,
  FuncRef,
  GlobalValue,
  Inst,
  NameRef,
  SigRef,
  StackSlot,
  Value,
} from "../entities.ts";
import {
  F_BITS,
  F_NAME,
  F_SIG,
  FUNC_SHIFT,
  type Function,
  G_BASE,
  G_BITS,
  G_FLAGS,
  G_IMM,
  G_IMM2,
  G_KIND,
  G_TYPE,
  GV_SHIFT,
  NAME_LIBCALL,
  NAME_TESTCASE,
  OWN_SIGNATURE,
  SL_ALIGN,
  SL_SIZE,
  SLOT_SHIFT,
} from "../function.ts";
import { InstBuilder } from "../generated/builder.ts";
import { OF_TERMINATOR } from "../generated/facts.ts";
import { LIBCALL_BY_NAME } from "../libcalls.ts";
import { F16, F32, F64, F128, hasFloatLanes, isVector, type Type, typeBytes, typeName } from "../types.ts";
import { encodeUtf8 } from "../utf8.ts";
import { functionName } from "../writer/function.ts";
import { FuncCursor } from "./cursor.ts";
import { checkStackMapType, spillAcrossSafepoints } from "./safepoints.ts";
import { type Signature, setSignature } from "./signature.ts";
import { SsaBuilder } from "./ssa.ts";

/** A variable of the source language: assigned any number of times, {@link FunctionBuilder} makes values of it. */
export type Variable = Entity<"variable">;

class BlockBuilder extends InstBuilder {
  readonly func: Function;
  readonly #owner: FunctionBuilder;

  constructor(owner: FunctionBuilder) {
    super();
    this.func = owner.func;
    this.#owner = owner;
  }

  protected place(i: Inst): void {
    this.#owner.append(i);
  }
}

/**
 * Builds a function block by block. Variables take care of block parameters: define and use them freely, and seal each
 * block as soon as all branches to it exist.
 *
 *     const b = new FunctionBuilder(func);
 *     const entry = b.createBlock();
 *     b.appendBlockParamsForFunctionParams(entry);
 *     b.switchToBlock(entry);
 *     b.sealBlock(entry);
 *     b.ins().return([b.ins().iadd(b.blockParams(entry)[0], b.blockParams(entry)[1])]);
 *     b.finalize();
 */
export class FunctionBuilder {
  readonly func: Function;
  readonly #ssa: SsaBuilder;
  readonly #ins: BlockBuilder;
  #current = NONE as Block;
  #location = NONE as number;

  /** @param func Usually fresh or reset; blocks that it has already are known, unsealed and filled as they are. */
  constructor(func: Function) {
    this.func = func;
    this.#ssa = new SsaBuilder(func, (b, t) => this.#zero(b, t));
    this.#ins = new BlockBuilder(this);
    for (let k = 0; k < func.numBlocks; k++) this.#adopt(k as Block);
  }

  #adopt(b: Block): void {
    this.#ssa.addBlock();
    const last = this.func.lastInst(b);
    if (last !== NONE && (this.func.opcodeFlags(last) & OF_TERMINATOR) !== 0) this.#ssa.markFilled(b);
  }

  // Blocks.

  /** A new block; it enters the layout with its first instruction. */
  createBlock(): Block {
    const b = this.func.addBlock();
    this.#ssa.addBlock();
    return b;
  }

  /** Instructions go to the end of `b` from now on. */
  switchToBlock(b: Block): void {
    if (this.#current !== NONE && !this.#ssa.isFilled(this.#current) && !this.#ssa.isPristine(this.#current))
      if (!this.isUnreachable()) this.#misuse("CLIF0701", `block${this.#current} has no terminator yet`);
    if (this.#ssa.isFilled(b)) this.#misuse("CLIF0702", `block${b} has its terminator already`);
    this.#current = b;
  }

  /** The block that instructions go to, or -1. */
  get currentBlock(): Block {
    return this.#current;
  }

  /** Declares that all branches to `b` exist. */
  sealBlock(b: Block): void {
    if (this.#ssa.isSealed(b)) this.#misuse("CLIF0703", `block${b} is sealed already`);
    this.#ssa.seal(b);
  }

  /** Seals every block that is not sealed yet. */
  sealAllBlocks(): void {
    for (let b = 0; b < this.func.numBlocks; b++)
      if (!this.#ssa.isSealed(b as Block)) this.#ssa.seal(b as Block);
  }

  setColdBlock(b: Block): void {
    this.func.setCold(b, true);
  }

  /** Puts `b` behind `after` in the layout instead of at the end. */
  insertBlockAfter(b: Block, after: Block): void {
    if (!this.func.isInserted(b)) this.func.insertBlockBefore(b, this.func.nextBlock(after));
  }

  /** Appends parameters for the function's parameters to the entry block. */
  appendBlockParamsForFunctionParams(b: Block): void {
    const n = this.func.sigParamCount(OWN_SIGNATURE);
    for (let k = 0; k < n; k++) this.appendBlockParam(b, this.func.sigParamType(OWN_SIGNATURE, k));
  }

  /** Appends parameters for the function's return values, for a block that returns them. */
  appendBlockParamsForFunctionReturns(b: Block): void {
    const n = this.func.sigReturnCount(OWN_SIGNATURE);
    for (let k = 0; k < n; k++) this.appendBlockParam(b, this.func.sigReturnType(OWN_SIGNATURE, k));
  }

  /** Appends a parameter to a block that has no instruction yet. */
  appendBlockParam(b: Block, t: Type): Value {
    if (!this.#ssa.isPristine(b)) this.#misuse("CLIF0704", `block${b} has instructions already`);
    return this.func.appendBlockParam(b, t);
  }

  blockParams(b: Block): Value[] {
    return Array.from({ length: this.func.blockParamCount(b) }, (_, k) => this.func.blockParam(b, k));
  }

  /** Whether the current block cannot be reached: it is sealed and nothing branches to it. */
  isUnreachable(): boolean {
    const b = this.#current;
    if (b === NONE || b === this.func.firstBlock() || this.func.firstBlock() === NONE) return false;
    return this.#ssa.isSealed(b) && !this.#ssa.hasPredecessors(b);
  }

  // Variables.

  declareVar(t: Type): Variable {
    return this.#ssa.addVariable(t) as Variable;
  }

  /** Assigns to a variable at the end of the current block. */
  defVar(variable: Variable, v: Value): void {
    if (variable >= this.#ssa.variableCount) this.#misuse("CLIF0705", `variable ${variable} is not declared`);
    const want = this.#ssa.variableType(variable);
    const have = this.func.valueType(v);
    if (want !== have)
      this.#misuse(
        "CLIF0706",
        `variable ${variable} has type ${typeName(want)}, but v${v} has ${typeName(have)}`,
      );
    this.#ssa.define(variable, this.#current, v);
  }

  /** The value of a variable at the end of the current block. */
  useVar(variable: Variable): Value {
    if (variable >= this.#ssa.variableCount) this.#misuse("CLIF0705", `variable ${variable} is not declared`);
    this.#enter();
    return this.#ssa.use(variable, this.#current);
  }

  // Stack maps.

  /**
   * A garbage collector must see `v` while calls are active: {@link finalize} keeps it in a stack slot across them, which
   * the calls' stack maps name, and loads it again behind them.
   *
   * @param v Of 1, 2, 4, 8 or 16 bytes.
   */
  declareNeedsStackMap(v: Value): void {
    checkStackMapType(this.func, this.func.valueType(v));
    this.#ssa.mappedValues.push(v);
  }

  /** The same for every value that a variable will have; before it is assigned for the first time. */
  declareVarNeedsStackMap(variable: Variable): void {
    if (variable >= this.#ssa.variableCount) this.#misuse("CLIF0705", `variable ${variable} is not declared`);
    checkStackMapType(this.func, this.#ssa.variableType(variable));
    if (this.#ssa.isAssigned(variable))
      this.#misuse("CLIF0710", `variable ${variable} has been assigned: say before that it needs stack maps`);
    this.#ssa.needsStackMap(variable);
  }

  // Instructions.

  /** Appends instructions to the current block. */
  ins(): InstBuilder {
    return this.#ins;
  }

  /** Source location of the instructions that follow. */
  setSrcloc(location: number): void {
    this.#location = location;
  }

  get srcloc(): number {
    return this.#location;
  }

  instResults(i: Inst): Value[] {
    return Array.from({ length: this.func.resultCount(i) }, (_, k) => this.func.result(i, k));
  }

  #enter(): void {
    const b = this.#current;
    if (b === NONE) this.#misuse("CLIF0707", "no block is current: call switchToBlock first");
    if (!this.func.isInserted(b)) this.func.appendBlock(b);
    this.#ssa.markUsed(b);
  }

  /** Appends a finished instruction; what `ins()` calls. */
  append(i: Inst): void {
    this.#enter();
    const f = this.func;
    if (this.#ssa.isFilled(this.#current))
      this.#misuse("CLIF0702", `block${this.#current} has its terminator already`);
    f.appendInst(this.#current, i);
    if (this.#location !== NONE) f.setSourceLocation(i, this.#location);
    for (let k = 0, n = f.targetCount(i); k < n; k++) this.#declarePredecessor(f.targetBlock(i, k), i);
    if ((f.opcodeFlags(i) & OF_TERMINATOR) !== 0) this.#ssa.markFilled(this.#current);
  }

  #declarePredecessor(b: Block, i: Inst): void {
    if (this.#ssa.isSealed(b)) this.#misuse("CLIF0703", `a branch to block${b}, which is sealed already`);
    this.#ssa.addPredecessor(b, i);
  }

  /** Makes every target `from` of the branch `i` a target `to`. */
  changeJumpDestination(i: Inst, from: Block, to: Block): void {
    const f = this.func;
    for (let k = 0, n = f.targetCount(i); k < n; k++)
      if (f.targetBlock(i, k) === from) f.setTargetBlock(i, k, to);
    this.#ssa.removePredecessor(from, i);
    this.#declarePredecessor(to, i);
  }

  /** A cursor for insertions elsewhere in the function. */
  cursor(): FuncCursor {
    return new FuncCursor(this.func);
  }

  /** All zeros, for a variable that is read where no path has assigned it. */
  #zero(b: Block, t: Type): Value {
    const cursor = new FuncCursor(this.func);
    if (!this.func.isInserted(b)) this.func.appendBlock(b);
    cursor.gotoFirstInsertionPoint(b);
    cursor.location = NONE;
    const ins = cursor.ins();
    if (isVector(t)) return ins.vconst(t, this.constant(new Uint8Array(typeBytes(t))));
    if (!hasFloatLanes(t)) return ins.number(t, 0, false);
    switch (t) {
      case F16:
        return ins.f16const(0n);
      case F32:
        return ins.f32const(0n);
      case F64:
        return ins.f64const(0n);
      default:
        return ins.f128const(this.constant(new Uint8Array(typeBytes(F128))));
    }
  }

  // Preamble.

  /** Sets the function's own signature; before the entry block gets its parameters. */
  setSignature(signature: Signature): void {
    setSignature(this.func, OWN_SIGNATURE, signature);
  }

  importSignature(signature: Signature): SigRef {
    const s = this.func.addSignature(0);
    setSignature(this.func, s, signature);
    return s;
  }

  /** Declares a function that can be called. */
  importFunction(
    name: NameRef,
    signature: SigRef,
    options: { colocated?: boolean; patchable?: boolean } = {},
  ): FuncRef {
    const f = this.func.funcs;
    const at = f.extend(1 << FUNC_SHIFT);
    f.data[at + F_NAME] = name;
    f.data[at + F_SIG] = signature;
    f.data[at + F_BITS] = (options.colocated === true ? 1 : 0) | (options.patchable === true ? 2 : 0);
    f.data[at + 3] = 0;
    return (at >> FUNC_SHIFT) as FuncRef;
  }

  /** The name `uSPACE:INDEX`. */
  userName(space: number, index: number): NameRef {
    return this.func.userName(space, index);
  }

  /** The name `%text`, or the runtime function of that name. */
  testcaseName(text: string): NameRef {
    const libcall = LIBCALL_BY_NAME.get(text);
    if (libcall !== undefined) return this.func.addName(NAME_LIBCALL, libcall, 0);
    const bytes = encodeUtf8(text);
    const at = this.func.extendText(bytes.length);
    this.func.text.set(bytes, at);
    return this.func.addName(NAME_TESTCASE, at, bytes.length);
  }

  /** Gives the function itself a name that {@link userName} or {@link testcaseName} made. */
  setName(name: NameRef): void {
    this.func.name = name;
  }

  /** @param align Alignment in bytes, a power of two. */
  createStackSlot(bytes: number, align = 1): StackSlot {
    const at = this.func.slots.extend(1 << SLOT_SHIFT);
    const d = this.func.slots.data;
    d.fill(0, at, at + (1 << SLOT_SHIFT));
    d[at + SL_SIZE] = bytes;
    d[at + SL_ALIGN] = 31 - Math.clz32(align);
    return (at >> SLOT_SHIFT) as StackSlot;
  }

  /** @param kind One of `GV_*`; the other parts are those of its record. */
  createGlobalValue(
    kind: number,
    parts: {
      type?: Type;
      base?: GlobalValue | NameRef;
      offset?: bigint;
      flags?: number;
      colocated?: boolean;
      tls?: boolean;
    },
  ): GlobalValue {
    const at = this.func.globals.extend(1 << GV_SHIFT);
    const d = this.func.globals.data;
    const offset = parts.offset ?? 0n;
    d.fill(0, at, at + (1 << GV_SHIFT));
    d[at + G_KIND] = kind;
    d[at + G_TYPE] = parts.type ?? 0;
    d[at + G_BASE] = parts.base ?? NONE;
    d[at + G_IMM] = Number(BigInt.asIntN(32, offset));
    d[at + G_IMM2] = Number(BigInt.asIntN(32, offset >> 32n));
    d[at + G_FLAGS] = parts.flags ?? 0;
    d[at + G_BITS] = (parts.colocated === true ? 1 : 0) | (parts.tls === true ? 2 : 0);
    return (at >> GV_SHIFT) as GlobalValue;
  }

  /** The constant with these bytes, least significant first. */
  constant(bytes: Uint8Array): Constant {
    return this.func.addConstant(bytes, bytes.length);
  }

  /** Checks that every block is finished, and makes stack maps if values need them. The builder must not be used afterwards. */
  finalize(): void {
    for (let k = 0; k < this.func.numBlocks; k++) {
      const b = k as Block;
      if (this.#ssa.isPristine(b)) continue;
      if (!this.#ssa.isSealed(b)) this.#misuse("CLIF0708", `block${b} was never sealed`);
      if (!this.#ssa.isFilled(b)) this.#misuse("CLIF0701", `block${b} has no terminator`);
    }
    if (this.#ssa.mappedValues.length > 0) spillAcrossSafepoints(this.func, this.#ssa.mappedValues);
  }

  #misuse(code: string, message: string): never {
    throw errorOf(code, message, { place: functionName(this.func) });
  }
}
