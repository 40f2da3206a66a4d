import { NONE } from "@gantry/entity";
import { FuncCursor } from "../builder/cursor.ts";
import { FloatCC } from "../condition-codes.ts";
import type { Inst, Value } from "../entities.ts";
import { type Function, I_RESULT, INST_SHIFT, VK_NONE, VK_RESULT } from "../function.ts";
import { InstBuilder } from "../generated/builder.ts";
import { OF_MAKES_NAN } from "../generated/facts.ts";
import { MEM_DEFAULT } from "../mem-flags.ts";
import { F16, F32, F64, isVector, laneBits, laneType, type Type, typeBytes } from "../types.ts";

/** Inserts at a cursor; the last result that it makes is a given value. */
class ReusingBuilder extends InstBuilder {
  readonly func: Function;
  readonly cursor: FuncCursor;
  reuse = NONE as Value;

  constructor(func: Function) {
    super();
    this.func = func;
    this.cursor = new FuncCursor(func);
  }

  protected place(i: Inst): void {
    this.cursor.insert(i);
  }

  protected override resultValue(k: number): Value {
    const v = this.reuse;
    this.reuse = NONE as Value;
    return v === NONE ? super.resultValue(k) : v;
  }
}

/** Bits of the canonical NaN: positive, quiet, nothing else. */
function canonical(t: Type): bigint {
  const bits = laneBits(t);
  const fraction = bits === 16 ? 10 : bits === 32 ? 23 : bits === 64 ? 52 : 112;
  return ((1n << BigInt(bits - fraction)) - 1n) << BigInt(fraction - 1);
}

/**
 * Makes every NaN that arithmetic yields the canonical one: the result goes through a comparison with itself and a
 * choice. The choice takes over the result's value number, so uses need no change.
 *
 * @returns Number of results that were wrapped.
 */
export function canonicalizeNans(f: Function): number {
  const b = new ReusingBuilder(f);
  let count = 0;
  for (let block = f.firstBlock(); block !== NONE; block = f.nextBlock(block)) {
    let next: Inst;
    for (let i = f.firstInst(block); i !== NONE; i = next) {
      next = f.nextInst(i);
      if ((f.opcodeFlags(i) & OF_MAKES_NAN) === 0) continue;
      wrap(f, b, i);
      count++;
    }
  }
  return count;
}

function wrap(f: Function, b: ReusingBuilder, i: Inst): void {
  const result = f.firstResult(i);
  const t = f.valueType(result);
  const raw = f.addValue();
  f.insts.data[(i << INST_SHIFT) + I_RESULT] = raw;
  f.defineValue(raw, t, VK_RESULT, i, 0);
  f.defineValue(result, t, VK_NONE, NONE, 0);
  b.cursor.gotoAfter(i);
  b.cursor.location = f.sourceLocation(i);
  const isNan = b.fcmp(FloatCC.uno, raw, raw);
  const nan = constant(f, b, t);
  if (!isVector(t)) {
    b.reuse = result;
    b.select(isNan, nan, raw);
    return;
  }
  const lanes = b.bitcast(t, MEM_DEFAULT, isNan);
  b.reuse = result;
  b.bitselect(lanes, nan, raw);
}

function constant(f: Function, b: InstBuilder, t: Type): Value {
  const bits = canonical(t);
  switch (t) {
    case F16:
      return b.f16const(bits);
    case F32:
      return b.f32const(bits);
    case F64:
      return b.f64const(bits);
  }
  const bytes = new Uint8Array(typeBytes(t));
  const lane = typeBytes(laneType(t));
  for (let k = 0; k < bytes.length; k++) bytes[k] = Number((bits >> BigInt(8 * (k % lane))) & 0xffn);
  const c = f.addConstant(bytes, bytes.length);
  return isVector(t) ? b.vconst(t, c) : b.f128const(c);
}
