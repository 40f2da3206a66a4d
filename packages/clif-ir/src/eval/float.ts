import { FLOAT_CC_OUTCOMES } from "../condition-codes.ts";
import { TRAP_BAD_CONVERSION, TRAP_INTEGER_OVERFLOW } from "../trap-codes.ts";
import { F32X4, F64X2, laneBits } from "../types.ts";
import {
  fromLanes,
  lanesOf,
  mask,
  maxSigned,
  minSigned,
  saturateSigned,
  saturateUnsigned,
  signed,
  wrap,
} from "./bits.ts";
import {
  convertFloat,
  exactAdd,
  exactDivide,
  exactFma,
  exactMultiply,
  exactSqrt,
  exactSubtract,
  integerToFloat,
  type RoundingMode,
  roundToIntegral,
  truncateToInteger,
} from "./float-exact.ts";
import { defaultNaN, type FloatLayout, floatLayout, isNan, isNegative, isZero } from "./float-format.ts";
import { binary, comparison, ternary, unary } from "./lane-wise.ts";
import type { Meaning } from "./operation.ts";

const F64 = new Float64Array(1);
const F64_BITS = new BigUint64Array(F64.buffer);
const F32 = new Float32Array(1);
const F32_BITS = new Uint32Array(F32.buffer);

/** A float of 32 or 64 bits that is not NaN as a number. */
function toNumber(x: bigint, width: number): number {
  if (width === 64) {
    F64_BITS[0] = x;
    return F64[0];
  }
  F32_BITS[0] = Number(x);
  return F32[0];
}

/** A number rounded to a float of 32 or 64 bits; NaN becomes the default one, whatever the engine holds. */
function fromNumber(n: number, width: number): bigint {
  if (Number.isNaN(n)) return defaultNaN(floatLayout(width));
  if (width === 64) {
    F64[0] = n;
    return F64_BITS[0];
  }
  F32[0] = n;
  return BigInt(F32_BITS[0]);
}

/** What arithmetic yields whose first NaN operand is `x`. */
const quieted = (x: bigint, f: FloatLayout): bigint => x | f.quiet;

/**
 * Arithmetic on two lanes. Doubles compute it exactly for f32 (53 bits are more than twice 24 plus 2, so the second
 * rounding does no harm) and f64; the other formats use integers.
 */
const arithmetic = (
  compute: (a: number, b: number) => number,
  exact: (x: bigint, y: bigint, f: FloatLayout) => bigint,
): Meaning =>
  binary((x, y, w) => {
    const f = floatLayout(w);
    if (isNan(x, f)) return quieted(x, f);
    if (isNan(y, f)) return quieted(y, f);
    if (w !== 32 && w !== 64) return exact(x, y, f);
    return fromNumber(compute(toNumber(x, w), toNumber(y, w)), w);
  });

function squareRoot(x: bigint, w: number): bigint {
  const f = floatLayout(w);
  if (isNan(x, f)) return quieted(x, f);
  return w === 32 || w === 64 ? fromNumber(Math.sqrt(toNumber(x, w)), w) : exactSqrt(x, f);
}

/** `x` * `y` + `z` with one rounding; doubles would round twice. */
export function fusedMultiplyAdd(x: bigint, y: bigint, z: bigint, w: number): bigint {
  const f = floatLayout(w);
  if (isNan(x, f)) return quieted(x, f);
  if (isNan(y, f)) return quieted(y, f);
  if (isNan(z, f)) return quieted(z, f);
  return exactFma(x, y, z, f);
}

/** `x` rounded to an integral value. */
export function roundFloat(x: bigint, mode: RoundingMode, w: number): bigint {
  const f = floatLayout(w);
  return isNan(x, f) ? quieted(x, f) : roundToIntegral(x, mode, f);
}

/** Orders floats that are not NaN, -0 below +0. */
function orderKey(x: bigint, f: FloatLayout): bigint {
  const magnitude = x & ~f.sign;
  return isNegative(x, f) ? -1n - magnitude : magnitude;
}

/** How `x` compares to `y`: 1 unordered, 2 equal, 4 less, 8 greater. */
function outcome(x: bigint, y: bigint, f: FloatLayout): number {
  if (isNan(x, f) || isNan(y, f)) return 1;
  if (x === y || (isZero(x, f) && isZero(y, f))) return 2;
  return orderKey(x, f) < orderKey(y, f) ? 4 : 8;
}

/** Whether the float condition `cc` holds. */
export const compareFloats = (x: bigint, y: bigint, w: number, cc: number): boolean =>
  (FLOAT_CC_OUTCOMES[cc] & outcome(x, y, floatLayout(w))) !== 0;

/** The operand that `better` prefers by {@link orderKey}; NaN wins over both. */
const choosing = (better: (a: bigint, b: bigint) => boolean): Meaning =>
  binary((x, y, w) => {
    const f = floatLayout(w);
    if (isNan(x, f)) return quieted(x, f);
    if (isNan(y, f)) return quieted(y, f);
    return better(orderKey(x, f), orderKey(y, f)) ? x : y;
  });

/** Truncates scalars to integers between the bounds; anything else traps. */
const truncating =
  (min: (width: number) => bigint, max: (width: number) => bigint): Meaning =>
  ({ args, argTypes, type }) => {
    const f = floatLayout(laneBits(argTypes[0]));
    if (isNan(args[0], f)) return TRAP_BAD_CONVERSION;
    const w = laneBits(type);
    const n = truncateToInteger(args[0], f);
    return n < min(w) || n > max(w) ? TRAP_INTEGER_OVERFLOW : [wrap(n, w)];
  };

/** Truncates lanes to integers as `fit` brings them into range; NaN becomes zero. */
const saturating = (fit: (n: bigint, width: number) => bigint): Meaning =>
  unary((x, w, to) => {
    const f = floatLayout(w);
    return isNan(x, f) ? 0n : fit(truncateToInteger(x, f), to);
  });

const convert = unary((x, w, to) => convertFloat(x, floatLayout(w), floatLayout(to)));

/** Float arithmetic, comparisons and conversions. */
export const FLOAT = {
  fadd: arithmetic((a, b) => a + b, exactAdd),
  fsub: arithmetic((a, b) => a - b, exactSubtract),
  fmul: arithmetic((a, b) => a * b, exactMultiply),
  fdiv: arithmetic((a, b) => a / b, exactDivide),
  sqrt: unary(squareRoot),
  fma: ternary(fusedMultiplyAdd),
  fneg: unary((x, w) => x ^ floatLayout(w).sign),
  fabs: unary((x, w) => x & ~floatLayout(w).sign),
  fcopysign: binary((x, y, w) => (x & ~floatLayout(w).sign) | (y & floatLayout(w).sign)),
  fmin: choosing((a, b) => a <= b),
  fmax: choosing((a, b) => a >= b),
  ceil: unary((x, w) => roundFloat(x, "up", w)),
  floor: unary((x, w) => roundFloat(x, "down", w)),
  trunc: unary((x, w) => roundFloat(x, "zero", w)),
  nearest: unary((x, w) => roundFloat(x, "even", w)),
  fcmp: comparison(compareFloats),

  fpromote: convert,
  fdemote: convert,
  fvdemote: ({ args }) => [
    fromLanes(
      lanesOf(args[0], F64X2).map((x) => convertFloat(x, floatLayout(64), floatLayout(32))),
      32,
    ),
  ],
  fvpromote_low: ({ args }) => [
    fromLanes(
      lanesOf(args[0], F32X4)
        .slice(0, 2)
        .map((x) => convertFloat(x, floatLayout(32), floatLayout(64))),
      64,
    ),
  ],
  fcvt_to_uint: truncating(() => 0n, mask),
  fcvt_to_sint: truncating(minSigned, maxSigned),
  fcvt_to_uint_sat: saturating(saturateUnsigned),
  fcvt_to_sint_sat: saturating(saturateSigned),
  x86_cvtt2dq: unary((x, w, to) => {
    const f = floatLayout(w);
    const n = isNan(x, f) ? maxSigned(to) + 1n : truncateToInteger(x, f);
    return wrap(n < minSigned(to) || n > maxSigned(to) ? minSigned(to) : n, to);
  }),
  fcvt_from_uint: unary((x, _, to) => integerToFloat(x, floatLayout(to))),
  fcvt_from_sint: unary((x, w, to) => integerToFloat(signed(x, w), floatLayout(to))),
} satisfies Record<string, Meaning>;
