import { type FloatFormat, IEEE16, IEEE32, IEEE64, IEEE128 } from "../float-text.ts";
import { bitLength, mask } from "./bits.ts";

/** The bit masks of a float format. */
export interface FloatLayout extends FloatFormat {
  readonly width: number;
  readonly bias: number;
  readonly sign: bigint;
  /** Positive infinity; also the mask of the exponent. */
  readonly infinity: bigint;
  /** The bit that tells quiet NaNs from signalling ones. */
  readonly quiet: bigint;
  readonly fraction: bigint;
}

const layout = (format: FloatFormat): FloatLayout => {
  const { expBits, fracBits } = format;
  return {
    ...format,
    width: expBits + fracBits + 1,
    bias: 2 ** (expBits - 1) - 1,
    sign: 1n << BigInt(expBits + fracBits),
    infinity: mask(expBits) << BigInt(fracBits),
    quiet: 1n << BigInt(fracBits - 1),
    fraction: mask(fracBits),
  };
};

const F16_LAYOUT = layout(IEEE16);
const F32_LAYOUT = layout(IEEE32);
const F64_LAYOUT = layout(IEEE64);
const F128_LAYOUT = layout(IEEE128);

/** The layout of the float type of this width. */
export const floatLayout = (width: number): FloatLayout =>
  width === 32 ? F32_LAYOUT : width === 64 ? F64_LAYOUT : width === 16 ? F16_LAYOUT : F128_LAYOUT;

export const isNan = (x: bigint, f: FloatLayout): boolean => (x & ~f.sign) > f.infinity;
export const isInfinite = (x: bigint, f: FloatLayout): boolean => (x & ~f.sign) === f.infinity;
export const isZero = (x: bigint, f: FloatLayout): boolean => (x & ~f.sign) === 0n;
export const isNegative = (x: bigint, f: FloatLayout): boolean => (x & f.sign) !== 0n;

/** What an invalid operation yields: the positive quiet NaN without payload. */
export const defaultNaN = (f: FloatLayout): bigint => f.infinity | f.quiet;

/** Infinity or zero with a sign. */
export const signedInfinity = (negative: boolean, f: FloatLayout): bigint =>
  negative ? f.sign | f.infinity : f.infinity;
export const signedZero = (negative: boolean, f: FloatLayout): bigint => (negative ? f.sign : 0n);

/** The significand of a finite float with its hidden bit. */
export function significand(x: bigint, f: FloatLayout): bigint {
  const fraction = x & f.fraction;
  return (x & f.infinity) === 0n ? fraction : fraction | (f.fraction + 1n);
}

/** The power of two that the lowest bit of {@link significand} counts. */
export function exponent(x: bigint, f: FloatLayout): number {
  const biased = Number((x & f.infinity) >> BigInt(f.fracBits));
  return (biased === 0 ? 1 : biased) - f.bias - f.fracBits;
}

/** {@link significand} with the float's sign. */
export const signedSignificand = (x: bigint, f: FloatLayout): bigint =>
  isNegative(x, f) ? -significand(x, f) : significand(x, f);

/**
 * The float nearest to `magnitude` * 2^`exp`, ties to even; too great a value becomes infinity.
 *
 * An inexact magnitude must be at least two bits longer than the format's significand and have its lowest bit set.
 */
export function roundToFloat(negative: boolean, magnitude: bigint, exp: number, f: FloatLayout): bigint {
  const sign = negative ? f.sign : 0n;
  if (magnitude === 0n) return sign;
  const top = Math.max(exp + bitLength(magnitude) - 1, 1 - f.bias);
  const drop = top - f.fracBits - exp;
  let m: bigint;
  if (drop <= 0) m = magnitude << BigInt(-drop);
  else {
    const half = 1n << BigInt(drop - 1);
    m = magnitude >> BigInt(drop);
    const rest = magnitude & (2n * half - 1n);
    if (rest > half || (rest === half && (m & 1n) === 1n)) m++;
  }
  // The hidden bit adds one to the exponent field, as a carry out of the rounding does.
  if (top > f.bias) return sign | f.infinity;
  const bits = (BigInt(top + f.bias - 1) << BigInt(f.fracBits)) + m;
  return sign | (bits > f.infinity ? f.infinity : bits);
}
