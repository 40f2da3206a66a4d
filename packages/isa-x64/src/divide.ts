/**
 * Division and remainder by constants without dividing: multiplication by a scaled reciprocal whose error is too small
 * to change the quotient (Granlund and Montgomery, Division by Invariant Integers using Multiplication, 1994).
 */
import type { X64Constants } from "./host/constants.ts";

/** `floor(x / d)` is `floor(x * multiplier / 2^power)`. */
export interface Reciprocal {
  readonly multiplier: bigint;
  readonly power: number;
}

/**
 * The reciprocal with the least power, at least `least`, that is right for all dividends below `2^bits`: the product
 * exceeds the exact one by less than `1 / d` as long as `multiplier * d - 2^power` times the dividend is at most
 * `2^power`. For dividends from `-2^bits` on, the quotient is that of the floor plus one.
 */
export function reciprocal(d: bigint, bits: number, least: number): Reciprocal {
  for (let power = least; ; power++) {
    const multiplier = (1n << BigInt(power)) / d + 1n;
    const error = multiplier * d - (1n << BigInt(power));
    if (error << BigInt(bits) <= 1n << BigInt(power)) return { multiplier, power };
  }
}

/** log2 of a power of two, otherwise -1. */
function log2(d: bigint): number {
  return (d & (d - 1n)) === 0n ? d.toString(2).length - 1 : -1;
}

function trailingZeroes(d: bigint): number {
  return log2(d & -d);
}

/** `c` in a register. */
function constant(m: X64Constants, c: bigint): number {
  return m.gpr_const64(Number(BigInt.asIntN(32, c)), Number(BigInt.asIntN(32, c >> 32n)));
}

const fitsImmediate = (c: bigint): boolean => BigInt.asIntN(32, c) === c;

/** The low 64 bits of `x * c`, or 32 if `wide` is false. */
function times(m: X64Constants, wide: boolean, x: number, c: bigint): number {
  if (!wide) return m.imull_rmi(x, Number(BigInt.asIntN(32, c)));
  return fitsImmediate(c) ? m.imulq_rmi(x, Number(c)) : m.imulq_rm(x, constant(m, c));
}

/** `x`, of 64 bits or of 32 with zeroes above it, divided by `d`, which is at least 2. */
export function unsignedQuotient(m: X64Constants, wide: boolean, x: number, d: bigint): number {
  const k = trailingZeroes(d);
  if (1n << BigInt(k) === d) return shiftRight(m, wide, x, k);
  const bits = wide ? 64 : 32;
  let { multiplier, power } = reciprocal(d, bits, bits);
  if (multiplier >> BigInt(bits) !== 0n && k > 0) {
    // Fewer bits of dividend need fewer of multiplier.
    x = shiftRight(m, wide, x, k);
    ({ multiplier, power } = reciprocal(d >> BigInt(k), bits - k, bits));
  }
  if (!wide) {
    if (multiplier >> 32n === 0n) return m.shrq_ri(times(m, true, x, multiplier), power);
    return m.part(m.mulq_m(x, constant(m, multiplier << BigInt(64 - power))), 1);
  }
  const high = m.part(m.mulq_m(x, constant(m, BigInt.asUintN(64, multiplier))), 1);
  if (multiplier >> 64n === 0n) return power === 64 ? high : m.shrq_ri(high, power - 64);
  // The multiplier's bit 64 adds x, which could overflow: half of the difference is added instead.
  const half = m.addq_rm(m.shrq_ri(m.subq_rm(x, high), 1), high);
  return power === 65 ? half : m.shrq_ri(half, power - 65);
}

function shiftRight(m: X64Constants, wide: boolean, x: number, k: number): number {
  return wide ? m.shrq_ri(x, k) : m.shrl_ri(x, k);
}

/** The remainder for `x` and `d` as for {@link unsignedQuotient}. */
export function unsignedRemainder(m: X64Constants, wide: boolean, x: number, d: bigint): number {
  const k = log2(d);
  if (k < 0) {
    const product = times(m, wide, unsignedQuotient(m, wide, x, d), d);
    return wide ? m.subq_rm(x, product) : m.subl_rm(x, product);
  }
  if (k < 32) return m.andl_ri(x, Number(d - 1n));
  return k === 32 ? m.movl_rr(x) : m.shrq_ri(m.shlq_ri(x, 64 - k), 64 - k);
}

/** `2^k - 1` for negative `x`, otherwise 0: what makes a shift to the right round towards zero. */
function bias(m: X64Constants, wide: boolean, x: number, k: number): number {
  if (wide) return m.shrq_ri(k === 1 ? x : m.sarq_ri(x, 63), 64 - k);
  return m.shrl_ri(k === 1 ? x : m.sarl_ri(x, 31), 32 - k);
}

const absolute = (d: bigint): bigint => (d < 0n ? -d : d);

/** `x`, of 64 bits or of 32 with anything above it, divided as signed by `d`, which is not -1, 0 or 1. */
export function signedQuotient(m: X64Constants, wide: boolean, x: number, d: bigint): number {
  const size = absolute(d);
  const k = log2(size);
  if (k >= 0) {
    const carry = bias(m, wide, x, k);
    const q = wide ? m.sarq_ri(m.addq_rm(carry, x), k) : m.sarl_ri(m.addl_rm(carry, x), k);
    return d > 0n ? q : wide ? m.negq_r(q) : m.negl_r(q);
  }
  if (!wide) {
    const { multiplier, power } = reciprocal(size, 31, 32);
    const floor = m.sarq_ri(times(m, true, m.movslq_rm(x), multiplier), power);
    const sign = m.sarl_ri(x, 31);
    return d > 0n ? m.subl_rm(floor, sign) : m.subl_rm(sign, floor);
  }
  const { multiplier, power } = reciprocal(size, 63, 64);
  const high = m.part(m.imulq_m(x, constant(m, BigInt.asIntN(64, multiplier))), 1);
  // From 2^63 on the multiplier is negative as a factor, which takes x away.
  const sum = multiplier >> 63n === 0n ? high : m.addq_rm(high, x);
  const floor = power === 64 ? sum : m.sarq_ri(sum, power - 64);
  const sign = m.sarq_ri(x, 63);
  return d > 0n ? m.subq_rm(floor, sign) : m.subq_rm(sign, floor);
}

/** The remainder for operands as for {@link signedQuotient}. It has the sign of `x`, so that of `d` does not matter. */
export function signedRemainder(m: X64Constants, wide: boolean, x: number, d: bigint): number {
  const size = absolute(d);
  const k = log2(size);
  if (k < 0) {
    const product = times(m, wide, signedQuotient(m, wide, x, size), size);
    return wide ? m.subq_rm(x, product) : m.subl_rm(x, product);
  }
  const carry = bias(m, wide, x, k);
  if (!wide) return m.subl_rm(x, m.andl_ri(m.addl_rm(carry, x), -(2 ** k)));
  const sum = m.addq_rm(carry, x);
  return m.subq_rm(x, k < 32 ? m.andq_ri(sum, -(2 ** k)) : m.shlq_ri(m.shrq_ri(sum, k), k));
}
