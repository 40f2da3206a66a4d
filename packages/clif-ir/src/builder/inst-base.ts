import { bug } from "@gantry/diag";
import type { Block, Constant, FuncRef, GlobalValue, Inst, SigRef, StackSlot, Value } from "../entities.ts";
import { float16Bits, float32Bits, float64Bits } from "../float-bits.ts";
import {
  EX_CONTEXT,
  EX_DEFAULT,
  EX_TAG,
  type Function,
  I_ARG,
  I_ARGC,
  I_IMM,
  I_IMM2,
  I_OP,
  I_TARGET,
  INST_SHIFT,
} from "../function.ts";
import {
  FMT_Call,
  OPCODE_FORMAT,
  OPCODE_RESULTS,
  RESULT_CONSTRAINT,
  RESULT_DETAIL,
} from "../generated/facts.ts";
import { derivedType } from "../type-constraints.ts";
import { I8, I16, I32, type Type } from "../types.ts";

export type { Block, Constant, FuncRef, GlobalValue, Inst, SigRef, StackSlot, Value };

/** An argument of a block call: a value, or what {@link retArg} and {@link exnArg} make. */
export type BlockArg = Value;

/** The block-call argument `retN`: a return value of a try_call. */
export const retArg = (n: number): BlockArg => (-1 - 2 * n) as BlockArg;

/** The block-call argument `exnN`: a payload of an exception. */
export const exnArg = (n: number): BlockArg => (-2 - 2 * n) as BlockArg;

/** A branch destination with the arguments for its parameters. */
export interface BlockCall {
  readonly block: Block;
  readonly args: readonly BlockArg[];
}

/** The targets of a `br_table`. */
export interface JumpTable {
  readonly default: BlockCall;
  readonly entries: readonly BlockCall[];
}

/** An item of an exception table, in the order in which they are tried. */
export type ExceptionItem =
  | { readonly tag: number; readonly handler: BlockCall }
  | { readonly default: BlockCall }
  | { readonly context: Value };

/** Where a try_call goes. */
export interface ExceptionTable {
  readonly signature: SigRef;
  readonly normal: BlockCall;
  readonly items: readonly ExceptionItem[];
}

/**
 * What the generated methods of `InstBuilder` are made of: each makes a record, fills it in and hands it to
 * {@link place}, which a subclass defines.
 */
export abstract class InstBase {
  abstract readonly func: Function;

  /** Puts a finished instruction where this builder inserts. */
  protected abstract place(i: Inst): void;

  protected typeOf(v: Value): Type {
    return this.func.valueType(v);
  }

  protected start(op: number, ctrl: Type): Inst {
    return this.func.addInst(op, ctrl);
  }

  protected args1(i: Inst, x: Value): void {
    const d = this.func.insts.data;
    const at = i << INST_SHIFT;
    d[at + I_ARG] = x;
    d[at + I_ARGC] = 1;
  }

  protected args2(i: Inst, x: Value, y: Value): void {
    const d = this.func.insts.data;
    const at = i << INST_SHIFT;
    d[at + I_ARG] = x;
    d[at + I_ARG + 1] = y;
    d[at + I_ARGC] = 2;
  }

  protected args3(i: Inst, x: Value, y: Value, z: Value): void {
    this.args2(i, x, y);
    this.func.insts.data[(i << INST_SHIFT) + I_ARG + 2] = z;
    this.func.insts.data[(i << INST_SHIFT) + I_ARGC] = 3;
  }

  /** Fixed values in front of a list. */
  protected list(i: Inst, fixed: Value | undefined, args: readonly Value[]): void {
    const pool = this.func.pool;
    const start = pool.length;
    if (fixed !== undefined) pool.push(fixed);
    for (const v of args) pool.push(v);
    const n = pool.length - start;
    this.func.setArgs(i, start, n);
    if (n <= 3) pool.length = start;
  }

  protected imm(i: Inst, x: number): void {
    this.func.insts.data[(i << INST_SHIFT) + I_IMM] = x;
  }

  protected imm2(i: Inst, x: number): void {
    this.func.insts.data[(i << INST_SHIFT) + I_IMM2] = x;
  }

  /** A 64-bit immediate, zero-extended from the width of `t` if that is narrower. */
  protected imm64(i: Inst, x: number | bigint, t: Type): void {
    let lo: number;
    let hi: number;
    if (typeof x === "number" && x === (x | 0)) {
      lo = x;
      hi = x >> 31;
    } else {
      const wide = BigInt(x);
      lo = Number(BigInt.asIntN(32, wide));
      hi = Number(BigInt.asIntN(32, wide >> 32n));
    }
    if (t === I8) lo &= 0xff;
    else if (t === I16) lo &= 0xffff;
    if (t === I8 || t === I16 || t === I32) hi = 0;
    this.imm(i, lo);
    this.imm2(i, hi);
  }

  protected bits(i: Inst, bits: bigint): void {
    this.imm(i, Number(BigInt.asIntN(32, bits)));
    this.imm2(i, Number(BigInt.asIntN(32, bits >> 32n)));
  }

  protected float16(i: Inst, x: number | bigint): void {
    this.bits(i, typeof x === "bigint" ? BigInt.asUintN(16, x) : BigInt(float16Bits(x)));
  }

  protected float32(i: Inst, x: number | bigint): void {
    this.imm(i, typeof x === "bigint" ? Number(BigInt.asIntN(32, x)) : float32Bits(x));
  }

  protected float64(i: Inst, x: number | bigint): void {
    this.bits(i, typeof x === "bigint" ? x : float64Bits(x));
  }

  protected mask(i: Inst, bytes: Uint8Array): void {
    this.imm(i, this.func.addMask(bytes, bytes.length));
  }

  protected block(i: Inst, b: Block): void {
    this.func.insts.data[(i << INST_SHIFT) + I_TARGET] = b;
  }

  protected targets(i: Inst, calls: readonly BlockCall[]): void {
    const f = this.func;
    const starts: number[] = [];
    for (const { block, args } of calls) {
      starts.push(f.pool.push(block));
      f.pool.push(args.length);
      for (const v of args) f.pool.push(v);
    }
    f.setTargets(i, starts);
  }

  protected jumpTable(i: Inst, table: JumpTable): void {
    this.targets(i, [table.default, ...table.entries]);
  }

  protected exceptionTable(i: Inst, table: ExceptionTable): void {
    const calls: BlockCall[] = [];
    const words: number[] = [];
    for (const item of table.items) {
      if ("context" in item) words.push(EX_CONTEXT, item.context);
      else if ("tag" in item) {
        words.push(EX_TAG, item.tag);
        calls.push(item.handler);
      } else {
        words.push(EX_DEFAULT, 0);
        calls.push(item.default);
      }
    }
    this.targets(i, [...calls, table.normal]);
    const pool = this.func.pool;
    this.imm2(i, pool.push(table.signature));
    pool.push(table.items.length);
    for (const word of words) pool.push(word);
  }

  /** Makes the results and inserts. */
  protected finish(i: Inst): Inst {
    const f = this.func;
    const word = f.insts.data[(i << INST_SHIFT) + I_OP];
    const op = word & 0xffff;
    const ctrl = f.ctrlType(i);
    const n = OPCODE_RESULTS[op];
    if (n < 0) {
      const sig = OPCODE_FORMAT[op] === FMT_Call ? f.funcSignature(f.funcRef(i)) : f.sigRef(i);
      for (let k = 0; k < f.sigReturnCount(sig); k++) this.#result(i, k, f.sigReturnType(sig, k));
    } else
      for (let k = 0; k < n; k++)
        this.#result(i, k, derivedType(RESULT_CONSTRAINT[2 * op + k], RESULT_DETAIL[2 * op + k], ctrl));
    this.place(i);
    return i;
  }

  #result(i: Inst, k: number, t: Type): void {
    const v = this.resultValue(k);
    this.func.attachResult(i, v, t);
  }

  /** The value that becomes result `k`; a fresh one unless a subclass reuses values. */
  protected resultValue(_k: number): Value {
    return this.func.addValue();
  }

  protected one(i: Inst): Value {
    this.finish(i);
    const v = this.func.firstResult(i);
    if (v < 0) bug("builder", `inst${i} has no result`);
    return v;
  }

  protected two(i: Inst): readonly [Value, Value] {
    this.finish(i);
    return [this.func.result(i, 0), this.func.result(i, 1)];
  }
}
