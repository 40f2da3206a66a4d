/** Operations on f128 that are more than a call of the runtime library. */
import {
  F128,
  FLOAT_CC_NAMES,
  FloatCC,
  I32,
  I64,
  I128,
  type Inst,
  IntCC,
  Op,
  type Value,
} from "@gantry/clif-ir";
import { bug } from "@gantry/diag";
import { formatOf } from "./float-formats.ts";
import type { Rewriter } from "./rewriter.ts";

/**
 * The function for each condition, and the comparison of its answer with zero. The functions for "less" answer with a
 * positive number where a NaN is involved, those for "greater" with a negative one: negated they are the unordered ones.
 */
const COMPARISONS: ReadonlyMap<number, readonly [symbol: string, cc: number]> = new Map([
  [FloatCC.eq, ["__eqtf2", IntCC.eq]],
  [FloatCC.ne, ["__netf2", IntCC.ne]],
  [FloatCC.lt, ["__lttf2", IntCC.slt]],
  [FloatCC.le, ["__letf2", IntCC.sle]],
  [FloatCC.gt, ["__gttf2", IntCC.sgt]],
  [FloatCC.ge, ["__getf2", IntCC.sge]],
  [FloatCC.uge, ["__lttf2", IntCC.sge]],
  [FloatCC.ugt, ["__letf2", IntCC.sgt]],
  [FloatCC.ule, ["__gttf2", IntCC.sle]],
  [FloatCC.ult, ["__getf2", IntCC.slt]],
  [FloatCC.uno, ["__unordtf2", IntCC.ne]],
  [FloatCC.ord, ["__unordtf2", IntCC.eq]],
]);

function compared(r: Rewriter, cc: number, x: Value, y: Value): Value {
  const [symbol, answer] =
    COMPARISONS.get(cc) ?? bug("legalise", `no function compares f128 by ${FLOAT_CC_NAMES[cc]}`);
  return r.icmp(answer, r.runtime(symbol, x, y), r.iconst(I32, 0));
}

export function quadComparison(r: Rewriter, i: Inst): void {
  const x = r.arg(i, 0);
  const y = r.arg(i, 1);
  const cc = r.func.cond(i);
  switch (cc) {
    case FloatCC.one:
      r.replace(i, r.bor(compared(r, FloatCC.lt, x, y), compared(r, FloatCC.gt, x, y)));
      break;
    case FloatCC.ueq:
      r.replace(i, r.bor(compared(r, FloatCC.eq, x, y), compared(r, FloatCC.uno, x, y)));
      break;
    default:
      r.replace(i, compared(r, cc, x, y));
  }
}

const QUAD = formatOf(F128);

/** A NaN of f128 as bits, made quiet; whether the float with bits `x` is one: twice the bits have no sign. */
const quieted = (r: Rewriter, x: Value): Value => r.bor(x, r.number(I128, QUAD.quiet, false));
const isNan = (r: Rewriter, x: Value): Value =>
  r.icmp(IntCC.ugt, r.iadd(x, x), r.number(I128, QUAD.infinity << 1n, false));

/**
 * Minimum and maximum by the bits: with all but the sign flipped in negative numbers they are in the order of signed
 * integers, -0 below +0. A NaN wins.
 */
export function quadMinMax(r: Rewriter, i: Inst): void {
  const x = r.cast(I128, r.arg(i, 0));
  const y = r.cast(I128, r.arg(i, 1));
  const ordered = (v: Value): Value => {
    const [, high] = r.isplit(v);
    const sign = r.sshr_imm_u(high, 63);
    return r.bxor(v, r.iconcat(sign, r.ushr_imm_u(sign, 1)));
  };
  const cc = r.func.opcode(i) === Op.fmin ? IntCC.slt : IntCC.sgt;
  const number = r.select(r.icmp(cc, ordered(x), ordered(y)), x, y);
  const result = r.select(isNan(r, x), quieted(r, x), r.select(isNan(r, y), quieted(r, y), number));
  r.replace(i, r.cast(F128, result));
}

/** From integers: narrow ones are extended to 32 bits first. */
export function integerToQuad(r: Rewriter, i: Inst): void {
  const isSigned = r.func.opcode(i) === Op.fcvt_from_sint;
  let x = r.arg(i, 0);
  let t = r.type(x);
  if (t !== I32 && t !== I64 && t !== I128) {
    t = I32;
    x = isSigned ? r.sextend(t, x) : r.uextend(t, x);
  }
  const mode = t === I32 ? "si" : t === I64 ? "di" : "ti";
  r.replace(i, r.runtime(`__float${isSigned ? "" : "un"}${mode}tf`, x));
}
