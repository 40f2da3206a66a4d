/**
 * IEEE 754 arithmetic by exact integers, for every format: round to nearest, ties to even. Operands are not NaN; an
 * invalid operation gives the default NaN.
 */
import { bitLength } from "./bits.ts";
import {
  defaultNaN,
  exponent,
  type FloatLayout,
  isInfinite,
  isNegative,
  isZero,
  roundToFloat,
  signedInfinity,
  signedSignificand,
  signedZero,
  significand,
} from "./float-format.ts";

/** `a` * 2^`ea` + `b` * 2^`eb`; an exact zero is negative only where both terms are. */
function roundedSum(
  a: bigint,
  ea: number,
  aNegative: boolean,
  b: bigint,
  eb: number,
  bNegative: boolean,
  f: FloatLayout,
): bigint {
  const low = Math.min(ea, eb);
  const sum = (a << BigInt(ea - low)) + (b << BigInt(eb - low));
  if (sum === 0n) return signedZero(aNegative && bNegative, f);
  return sum < 0n ? roundToFloat(true, -sum, low, f) : roundToFloat(false, sum, low, f);
}

export function exactAdd(x: bigint, y: bigint, f: FloatLayout): bigint {
  if (isInfinite(x, f)) return isInfinite(y, f) && x !== y ? defaultNaN(f) : x;
  if (isInfinite(y, f)) return y;
  const a = signedSignificand(x, f);
  const b = signedSignificand(y, f);
  return roundedSum(a, exponent(x, f), isNegative(x, f), b, exponent(y, f), isNegative(y, f), f);
}

export const exactSubtract = (x: bigint, y: bigint, f: FloatLayout): bigint => exactAdd(x, y ^ f.sign, f);

export function exactMultiply(x: bigint, y: bigint, f: FloatLayout): bigint {
  const negative = isNegative(x, f) !== isNegative(y, f);
  if (isInfinite(x, f) || isInfinite(y, f))
    return isZero(x, f) || isZero(y, f) ? defaultNaN(f) : signedInfinity(negative, f);
  return roundToFloat(negative, significand(x, f) * significand(y, f), exponent(x, f) + exponent(y, f), f);
}

export function exactDivide(x: bigint, y: bigint, f: FloatLayout): bigint {
  const negative = isNegative(x, f) !== isNegative(y, f);
  if (isInfinite(x, f)) return isInfinite(y, f) ? defaultNaN(f) : signedInfinity(negative, f);
  if (isInfinite(y, f)) return signedZero(negative, f);
  if (isZero(y, f)) return isZero(x, f) ? defaultNaN(f) : signedInfinity(negative, f);
  const a = significand(x, f);
  const b = significand(y, f);
  const extra = Math.max(0, f.fracBits + 3 + bitLength(b) - bitLength(a));
  const scaled = a << BigInt(extra);
  const sticky = scaled % b === 0n ? 0n : 1n;
  return roundToFloat(
    negative,
    ((scaled / b) << 1n) | sticky,
    exponent(x, f) - exponent(y, f) - extra - 1,
    f,
  );
}

export function exactSqrt(x: bigint, f: FloatLayout): bigint {
  if (isZero(x, f)) return x;
  if (isNegative(x, f)) return defaultNaN(f);
  if (isInfinite(x, f)) return x;
  const a = significand(x, f);
  const e = exponent(x, f);
  let extra = Math.max(0, 2 * (f.fracBits + 3) - bitLength(a));
  if (((e - extra) & 1) !== 0) extra++;
  const scaled = a << BigInt(extra);
  const root = integerSqrt(scaled);
  const sticky = root * root === scaled ? 0n : 1n;
  return roundToFloat(false, (root << 1n) | sticky, (e - extra) / 2 - 1, f);
}

/** The greatest integer whose square is at most `n`, by Newton's iteration from above. */
function integerSqrt(n: bigint): bigint {
  let x = 1n << BigInt((bitLength(n) + 1) >> 1);
  for (;;) {
    const y = (x + n / x) >> 1n;
    if (y >= x) return x;
    x = y;
  }
}

/** `x` * `y` + `z` with one rounding. */
export function exactFma(x: bigint, y: bigint, z: bigint, f: FloatLayout): bigint {
  const negative = isNegative(x, f) !== isNegative(y, f);
  if (isInfinite(x, f) || isInfinite(y, f)) {
    if (isZero(x, f) || isZero(y, f)) return defaultNaN(f);
    return isInfinite(z, f) && isNegative(z, f) !== negative ? defaultNaN(f) : signedInfinity(negative, f);
  }
  if (isInfinite(z, f)) return z;
  const product = signedSignificand(x, f) * signedSignificand(y, f);
  const e = exponent(x, f) + exponent(y, f);
  return roundedSum(product, e, negative, signedSignificand(z, f), exponent(z, f), isNegative(z, f), f);
}

export type RoundingMode = "up" | "down" | "zero" | "even";

/** The integer nearest to `x` in the direction of `mode`, as a float with the sign of `x`. */
export function roundToIntegral(x: bigint, mode: RoundingMode, f: FloatLayout): bigint {
  const e = exponent(x, f);
  if (isInfinite(x, f) || e >= 0) return x;
  const a = significand(x, f);
  const drop = BigInt(-e);
  let m = a >> drop;
  const rest = a - (m << drop);
  const half = 1n << (drop - 1n);
  const negative = isNegative(x, f);
  const away =
    mode === "even" ? rest > half || (rest === half && (m & 1n) === 1n) : mode === (negative ? "down" : "up");
  if (away && rest !== 0n) m++;
  return roundToFloat(negative, m, 0, f);
}

/** Greater than every integer type: what infinity truncates to. */
const BEYOND = 1n << 256n;

/** `x` truncated to an integer; infinity becomes one that no type holds. */
export function truncateToInteger(x: bigint, f: FloatLayout): bigint {
  const e = exponent(x, f);
  const a = significand(x, f);
  const magnitude = isInfinite(x, f) ? BEYOND : e >= 0 ? a << BigInt(e) : a >> BigInt(-e);
  return isNegative(x, f) ? -magnitude : magnitude;
}

/** The float nearest to an integer. */
export const integerToFloat = (n: bigint, f: FloatLayout): bigint =>
  roundToFloat(n < 0n, n < 0n ? -n : n, 0, f);

/** `x` in another format; a NaN becomes quiet and keeps the high bits of its payload. */
export function convertFloat(x: bigint, from: FloatLayout, to: FloatLayout): bigint {
  const negative = isNegative(x, from);
  const magnitude = x & ~from.sign;
  if (magnitude === from.infinity) return signedInfinity(negative, to);
  if (magnitude > from.infinity) {
    const grow = BigInt(to.fracBits) - BigInt(from.fracBits);
    const payload = grow >= 0n ? (x & from.fraction) << grow : (x & from.fraction) >> -grow;
    return signedInfinity(negative, to) | to.quiet | payload;
  }
  return roundToFloat(negative, significand(x, from), exponent(x, from), to);
}
