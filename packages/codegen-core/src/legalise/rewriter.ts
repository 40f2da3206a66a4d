import {
  type Constant,
  F_BITS,
  F_NAME,
  F_SIG,
  F16,
  F32,
  F64,
  FUNC_SHIFT,
  FuncCursor,
  type FuncRef,
  type Function,
  type Inst,
  InstBuilder,
  isInt,
  isVector,
  LIBCALL_BY_SYMBOL,
  LIBCALLS,
  laneBits,
  laneCount,
  MEM_BIG,
  MEM_DEFAULT,
  MEM_LITTLE,
  NAME_LIBCALL,
  setSignature,
  type Type,
  typeBytes,
  type Value,
} from "@gantry/clif-ir";
import { bug } from "@gantry/diag";

/** How calls of runtime functions are made. */
export interface RuntimeCalls {
  /** One of `CallConv`. */
  readonly callConv: number;
  /** Whether a direct call reaches them. */
  readonly colocated: boolean;
}

/**
 * Builds what takes the place of an instruction: every builder method inserts in front of the one that is being
 * rewritten, and {@link replace} takes that one out. One rewriter serves one function.
 */
export class Rewriter extends InstBuilder {
  readonly func: Function;
  readonly cursor: FuncCursor;
  /** The memory flag that names the byte order that is not the target's, and the one that does. */
  readonly foreignOrder: number;
  readonly #nativeOrder: number;
  readonly #calls: RuntimeCalls;
  readonly #functions = new Map<string, FuncRef>();

  constructor(func: Function, calls: RuntimeCalls, foreignOrder: number) {
    super();
    this.func = func;
    this.cursor = new FuncCursor(func);
    this.#calls = calls;
    this.foreignOrder = foreignOrder;
    this.#nativeOrder = foreignOrder === MEM_BIG ? MEM_LITTLE : MEM_BIG;
  }

  protected place(i: Inst): void {
    this.cursor.insert(i);
  }

  /** Operand `k` of an instruction. */
  arg(i: Inst, k: number): Value {
    return this.func.resolve(this.func.arg(i, k));
  }

  /** The type of a value. */
  type(v: Value): Type {
    return this.func.valueType(v);
  }

  /** From now on, insert in front of `i`, with its source location. */
  goto(i: Inst): void {
    this.cursor.gotoInst(i);
  }

  /** Makes the values the results of `i`, which leaves the function. */
  replace(i: Inst, ...values: readonly Value[]): void {
    const f = this.func;
    const results = f.detachResults(i);
    if (results.length !== values.length) bug("legalise", `inst${i} has ${results.length} results`);
    results.forEach((v, k) => {
      f.changeToAlias(v, values[k]);
    });
    f.removeSideEntries(i);
    f.removeInst(i);
  }

  /**
   * The same operation once more, with other operands: opcode, conditions, lanes, offsets and flags are those of `i`.
   *
   * @param ctrl The controlling type.
   * @param args At most three.
   * @param flags Memory flags in the place of its own.
   */
  again(i: Inst, ctrl: Type, args: readonly Value[], flags?: number): Inst {
    const f = this.func;
    const copy = this.start(f.opcode(i), ctrl);
    if (args.length === 1) this.args1(copy, args[0]);
    else if (args.length === 2) this.args2(copy, args[0], args[1]);
    else if (args.length === 3) this.args3(copy, args[0], args[1], args[2]);
    else if (args.length > 3) bug("legalise", `inst${i} has ${args.length} operands`);
    this.imm(copy, f.immLo(i));
    this.imm2(copy, flags ?? f.immHi(i));
    return this.finish(copy);
  }

  /** The first result of the same operation with other operands: see {@link again}. */
  redo(i: Inst, ctrl: Type, ...args: readonly Value[]): Value {
    return this.func.firstResult(this.again(i, ctrl, args));
  }

  /** The bits of `x` as type `t`, of the same width, lanes numbered as the target does. */
  cast(t: Type, x: Value): Value {
    const from = this.type(x);
    if (from === t) return x;
    const order = laneCount(from) === laneCount(t) ? 0 : this.#nativeOrder;
    return this.bitcast(t, MEM_DEFAULT | order, x);
  }

  /** The value of type `t` with these bits: a scalar, or every lane of a vector. */
  constant(t: Type, bits: bigint): Value {
    if (isVector(t)) {
      const lane = laneBits(t) >> 3;
      const bytes = new Uint8Array(typeBytes(t));
      for (let k = 0; k < bytes.length; k++) bytes[k] = Number((bits >> BigInt(8 * (k % lane))) & 0xffn);
      return this.vconst(t, this.pool(bytes));
    }
    if (isInt(t)) return this.number(t, bits, false);
    if (t === F16) return this.f16const(bits);
    if (t === F32) return this.f32const(bits);
    if (t === F64) return this.f64const(bits);
    const bytes = new Uint8Array(16);
    for (let k = 0; k < 16; k++) bytes[k] = Number((bits >> BigInt(8 * k)) & 0xffn);
    return this.f128const(this.pool(bytes));
  }

  /** A constant of the function's pool. */
  pool(bytes: Uint8Array): Constant {
    return this.func.addConstant(bytes, bytes.length);
  }

  /**
   * Calls a runtime function.
   *
   * @param symbol Its symbol in the table of runtime functions.
   * @returns Its result.
   */
  runtime(symbol: string, ...args: readonly Value[]): Value {
    let fn = this.#functions.get(symbol);
    if (fn === undefined) {
      fn = this.#declare(symbol);
      this.#functions.set(symbol, fn);
    }
    return this.func.firstResult(this.call(fn, args));
  }

  #declare(symbol: string): FuncRef {
    const f = this.func;
    const libcall = LIBCALL_BY_SYMBOL.get(symbol) ?? bug("legalise", `there is no function ${symbol}`);
    const { params = [], returns = [] } = LIBCALLS[libcall];
    const { callConv, colocated } = this.#calls;
    const sig = f.addSignature(callConv);
    setSignature(f, sig, { params, returns, callConv });
    const at = f.funcs.extend(1 << FUNC_SHIFT);
    const d = f.funcs.data;
    d[at + F_NAME] = f.addName(NAME_LIBCALL, libcall, 0);
    d[at + F_SIG] = sig;
    d[at + F_BITS] = colocated ? 1 : 0;
    d[at + 3] = 0;
    return (at >> FUNC_SHIFT) as FuncRef;
  }
}
