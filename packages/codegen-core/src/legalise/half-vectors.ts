/** Arithmetic on eight f16 by way of two vectors of four f32: `half.ts` says why that rounds right. */
import {
  F16X8,
  F32X4,
  I8,
  I16X8,
  I32X4,
  type Inst,
  IntCC,
  laneCount,
  laneType,
  Op,
  type Value,
} from "@gantry/clif-ir";
import type { Rewriter } from "./rewriter.ts";
import { lanesConverted } from "./vector-operations.ts";
import { VectorParts } from "./vector-parts.ts";

const words = (r: Rewriter, bits: number): Value => r.constant(I32X4, BigInt(bits >>> 0));
const left = (r: Rewriter, x: Value, by: number): Value => r.ishl(x, r.iconst(I8, by));
const right = (r: Rewriter, x: Value, by: number): Value => r.ushr(x, r.iconst(I8, by));
/** `x` in the lanes of the mask, `y` in the others. */
const choose = (r: Rewriter, mask: Value, x: Value, y: Value): Value => r.bitselect(mask, x, y);

/** The f32 of four f16, whose bits are in the low halves of lanes; upper halves are zero. */
function single(r: Rewriter, x: Value): Value {
  const moved = left(r, r.band(x, words(r, 0x7fff)), 13);
  const isSpecial = r.icmp(IntCC.sgt, moved, words(r, (0x7c00 << 13) - 1));
  const scaled = r.bor(moved, r.band(isSpecial, words(r, 0x7f80_0000)));
  const magnitude = r.fmul(r.cast(F32X4, scaled), r.constant(F32X4, 0x7780_0000n));
  const sign = left(r, r.band(x, words(r, 0x8000)), 16);
  return r.bor(magnitude, r.cast(F32X4, sign));
}

function singles(r: Rewriter, x: Value): readonly [low: Value, high: Value] {
  const bits = r.cast(I16X8, x);
  return [single(r, r.uwiden_low(bits)), single(r, r.uwiden_high(bits))];
}

/** Four f32 rounded to f16: their bits, sign-extended. */
function rounded(r: Rewriter, y: Value): Value {
  const x = r.cast(I32X4, y);
  const sign = r.band(x, words(r, 0x8000_0000));
  const magnitude = r.bxor(x, sign);
  const odd = r.band(right(r, magnitude, 13), words(r, 1));
  const normal = right(r, r.iadd(r.iadd(magnitude, words(r, 0xfff - (112 << 23))), odd), 13);
  const sum = r.fadd(r.cast(F32X4, magnitude), r.constant(F32X4, 0x3f00_0000n));
  const subnormal = r.isub(r.cast(I32X4, sum), words(r, 0x3f00_0000));
  const isSmall = r.icmp(IntCC.sgt, words(r, 0x3880_0000), magnitude);
  const number = choose(r, isSmall, subnormal, normal);
  // From 65520 on, infinity; NaN is above that.
  const isGreat = r.icmp(IntCC.sgt, magnitude, words(r, 0x477f_efff));
  const finite = choose(r, isGreat, words(r, 0x7c00), number);
  const isNan = r.icmp(IntCC.sgt, magnitude, words(r, 0x7f80_0000));
  const bits = r.bor(finite, r.band(isNan, words(r, 0x0200)));
  return r.bor(bits, r.sshr(sign, r.iconst(I8, 16)));
}

const halves = (r: Rewriter, low: Value, high: Value): Value =>
  r.cast(F16X8, r.snarrow(rounded(r, low), rounded(r, high)));

/** The operation on singles, its result rounded to f16. */
export function halvesByWayOfSingles(r: Rewriter, i: Inst): void {
  const args = Array.from({ length: r.func.argCount(i) }, (_, k) => singles(r, r.arg(i, k)));
  const [low, high] = [0, 1].map((k) => r.redo(i, F32X4, ...args.map((a) => a[k])));
  r.replace(i, halves(r, low, high));
}

/** Comparisons of singles, whose masks are cut to half their width. */
export function halfLaneComparison(r: Rewriter, i: Inst): void {
  const x = singles(r, r.arg(i, 0));
  const y = singles(r, r.arg(i, 1));
  const [low, high] = [0, 1].map((k) => r.redo(i, F32X4, x[k], y[k]));
  r.replace(i, r.snarrow(low, high));
}

/** Integers of 16 bits are exact as singles. */
export function integersToHalves(r: Rewriter, i: Inst): void {
  const x = r.arg(i, 0);
  const isSigned = r.func.opcode(i) === Op.fcvt_from_sint;
  const low = isSigned ? r.swiden_low(x) : r.uwiden_low(x);
  const high = isSigned ? r.swiden_high(x) : r.uwiden_high(x);
  r.replace(i, halves(r, r.fcvt_from_sint(F32X4, low), r.fcvt_from_sint(F32X4, high)));
}

/** Saturated first to 32 bits, then to 16. */
export function halvesToIntegers(r: Rewriter, i: Inst): void {
  const [low, high] = singles(r, r.arg(i, 0)).map((x) => r.fcvt_to_sint_sat(I32X4, x));
  r.replace(i, r.func.opcode(i) === Op.fcvt_to_sint_sat ? r.snarrow(low, high) : r.unarrow(low, high));
}

// ---- lane by lane ----

/** The operation on each lane of a float vector. */
export function floatsLaneByLane(r: Rewriter, i: Inst): void {
  const parts = new VectorParts(r);
  const t = r.func.resultType(i);
  const args = Array.from({ length: r.func.argCount(i) }, (_, k) => r.arg(i, k));
  const lanes = Array.from({ length: laneCount(t) }, (_, k) =>
    r.redo(i, laneType(t), ...args.map((a) => parts.lane(a, k))),
  );
  r.replace(i, ...parts.fromLanes(t, lanes));
}

/** A conversion, lane by lane. */
export function conversionLaneByLane(r: Rewriter, i: Inst): void {
  r.replace(i, ...lanesConverted(new VectorParts(r), i));
}
