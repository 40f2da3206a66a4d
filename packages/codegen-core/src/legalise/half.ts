/**
 * Arithmetic on f16 by way of wider floats. A single has 24 bits of precision, 2 * 11 + 2: rounding a sum, product,
 * quotient or root to it first does no harm (S. Figueroa, "When is double rounding innocuous?", 1995).
 */
import {
  F16,
  F32,
  F64,
  I16,
  I32,
  I64,
  I128,
  type Inst,
  IntCC,
  Op,
  type Type,
  type Value,
} from "@gantry/clif-ir";
import type { Rewriter } from "./rewriter.ts";

const single = (r: Rewriter, x: Value): Value => r.fpromote(F32, x);

/** The operation on singles, its result rounded to f16. */
export function halfByWayOfSingle(r: Rewriter, i: Inst): void {
  const args = Array.from({ length: r.func.argCount(i) }, (_, k) => single(r, r.arg(i, k)));
  r.replace(i, r.fdemote(F16, r.redo(i, F32, ...args)));
}

/** Comparisons of singles: every f16 is one. */
export function halfComparison(r: Rewriter, i: Inst): void {
  r.replace(i, r.redo(i, F32, single(r, r.arg(i, 0)), single(r, r.arg(i, 1))));
}

/**
 * x * y + z in doubles. The product is exact there: it has 22 bits. A sum that is not exact has its last bit below the
 * product's, so that the product is less than 2^-30 of it: the sum lies that close to `z` and rounds to it as the
 * exact sum does. Nothing is left for the second rounding to spoil.
 */
export function halfFusedMultiplyAdd(r: Rewriter, i: Inst): void {
  const [x, y, z] = [0, 1, 2].map((k) => r.fpromote(F64, r.arg(i, k)));
  r.replace(i, r.fdemote(F16, r.fadd(r.fmul(x, y), z)));
}

/**
 * The fraction and the exponent move to their places in a single, whose exponent is then 112 too small: a product puts
 * that right, normalises subnormal numbers, and makes a NaN quiet.
 */
export function halfToSingle(r: Rewriter, i: Inst): void {
  const x = r.uextend(I32, r.cast(I16, r.arg(i, 0)));
  const moved = r.ishl_imm_u(r.band_imm_u(x, 0x7fff), 13);
  const isSpecial = r.icmp(IntCC.uge, moved, r.iconst(I32, 0x7c00 << 13));
  const special = r.bor_imm_u(moved, 0x7f80_0000);
  const magnitude = r.fmul(r.cast(F32, r.select(isSpecial, special, moved)), r.f32const(2 ** 112));
  const sign = r.ishl_imm_u(r.band_imm_u(x, 0x8000), 16);
  r.replace(i, r.bor(magnitude, r.cast(F32, sign)));
}

/** To f64 and f128 through f32, which is exact. */
export function halfToWider(r: Rewriter, i: Inst): void {
  r.replace(i, r.fpromote(r.func.resultType(i), single(r, r.arg(i, 0))));
}

/** The least normal number of f16, the bits of infinity and of a NaN. */
const LEAST_NORMAL = 0x3880_0000;
const INFINITY = 0x7c00;
const NAN = 0x7e00;

/**
 * Normal results: 13 bits of fraction go; adding a half of the last bit that stays, a little less where that bit is zero,
 * rounds to nearest even and carries into the exponent. Subnormal results: beside 1/2 a single's last bit is 2^-24, that
 * of f16, and the addition rounds.
 */
export function singleToHalf(r: Rewriter, i: Inst): void {
  const x = r.cast(I32, r.arg(i, 0));
  const magnitude = r.band_imm_u(x, 0x7fff_ffff);
  const odd = r.band_imm_u(r.ushr_imm_u(magnitude, 13), 1);
  const rounded = r.iadd(r.iadd_imm_s(magnitude, 0xfff - (112 << 23)), odd);
  const normal = r.umin(r.ushr_imm_u(rounded, 13), r.iconst(I32, INFINITY));
  const sum = r.fadd(r.cast(F32, magnitude), r.f32const(0.5));
  const subnormal = r.iadd_imm_s(r.cast(I32, sum), -0x3f00_0000);
  const isSmall = r.icmp(IntCC.ult, magnitude, r.iconst(I32, LEAST_NORMAL));
  const number = r.select(isSmall, subnormal, normal);
  const isNan = r.icmp(IntCC.ugt, magnitude, r.iconst(I32, 0x7f80_0000));
  const bits = r.select(isNan, r.iconst(I32, NAN), number);
  const sign = r.band_imm_u(r.ushr_imm_u(x, 16), 0x8000);
  r.replace(i, r.cast(F16, r.ireduce(I16, r.bor(bits, sign))));
}

/**
 * Rounds `x`, a float with the bits of `int`, to odd where `dropped` bits of its fraction go: the last bit that stays is
 * set if any of them was. Rounding that again to a format with two bits less, or fewer, gives what rounding `x` gives
 * (S. Boldo and G. Melquiond, "Emulation of a FMA and correctly-rounded sums: proved algorithms using rounding to
 * odd", 2008).
 */
function roundedToOdd(r: Rewriter, x: Value, int: Type, dropped: number): Value {
  const float = r.type(x);
  const bits = r.cast(int, x);
  const mask = (1n << BigInt(dropped)) - 1n;
  const all = r.number(int, mask, false);
  const sticky = r.iadd(r.band(bits, all), all);
  return r.cast(float, r.band(r.bor(bits, sticky), r.bnot(all)));
}

/** From f64 by way of a single that is rounded to odd; what a single cannot hold is infinite or zero as f16, too. */
export function doubleToHalf(r: Rewriter, i: Inst): void {
  r.replace(i, r.fdemote(F16, r.fdemote(F32, roundedToOdd(r, r.arg(i, 0), I64, 52 - 23))));
}

/** From f128 by way of a double that is rounded to odd. */
export function quadToHalf(r: Rewriter, i: Inst): void {
  r.replace(i, r.fdemote(F16, r.fdemote(F64, roundedToOdd(r, r.arg(i, 0), I128, 112 - 52))));
}

/** Beyond this every integer becomes infinite: the greatest f16 is 65504. */
const BEYOND = 1n << 17n;

/** Integers are brought into a range that a single holds exactly. */
export function integerToHalf(r: Rewriter, i: Inst): void {
  const isSigned = r.func.opcode(i) === Op.fcvt_from_sint;
  let x = r.arg(i, 0);
  const t = r.type(x);
  if (t === I32 || t === I64 || t === I128) {
    const greatest = r.number(t, BEYOND);
    x = isSigned ? r.smax(r.smin(x, greatest), r.number(t, -BEYOND)) : r.umin(x, greatest);
    if (t !== I32) x = r.ireduce(I32, x);
  }
  r.replace(i, r.fdemote(F16, isSigned ? r.fcvt_from_sint(F32, x) : r.fcvt_from_uint(F32, x)));
}

/** Truncates the single; every f16 but infinity fits 32 bits, and for infinity those trap as well. */
export function halfToInteger(r: Rewriter, i: Inst): void {
  const t = r.func.resultType(i);
  const x = single(r, r.arg(i, 0));
  switch (r.func.opcode(i)) {
    case Op.fcvt_to_sint:
      r.replace(i, t === I128 ? r.sextend(t, r.fcvt_to_sint(I32, x)) : r.fcvt_to_sint(t, x));
      break;
    case Op.fcvt_to_uint:
      r.replace(i, t === I128 ? r.uextend(t, r.fcvt_to_uint(I32, x)) : r.fcvt_to_uint(t, x));
      break;
    default:
      r.replace(i, r.redo(i, t, x));
  }
}
