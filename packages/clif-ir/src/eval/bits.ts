/**
 * Bit patterns as bigints. A pattern is never negative and has no bits above its width; a vector's is that of all lanes
 * together, lane 0 lowest.
 */
import { laneBits, minLaneCount, type Type } from "../types.ts";

/** The low `width` bits. */
export const wrap = (x: bigint, width: number): bigint => BigInt.asUintN(width, x);

/** The pattern read as a signed integer. */
export const signed = (x: bigint, width: number): bigint => BigInt.asIntN(width, x);

/** All ones. */
export const mask = (width: number): bigint => (1n << BigInt(width)) - 1n;

export const smaller = (x: bigint, y: bigint): bigint => (x < y ? x : y);
export const greater = (x: bigint, y: bigint): bigint => (x > y ? x : y);

/** `x`, or the bound of `min` to `max` that it exceeds. */
export const clamp = (x: bigint, min: bigint, max: bigint): bigint => (x < min ? min : x > max ? max : x);

/** Smallest signed integer of the width. */
export const minSigned = (width: number): bigint => -(1n << BigInt(width - 1));

/** Greatest signed integer of the width. */
export const maxSigned = (width: number): bigint => (1n << BigInt(width - 1)) - 1n;

/** `x` clamped to the signed integers of the width, as a pattern. */
export const saturateSigned = (x: bigint, width: number): bigint =>
  wrap(clamp(x, minSigned(width), maxSigned(width)), width);

/** `x` clamped to the unsigned integers of the width. */
export const saturateUnsigned = (x: bigint, width: number): bigint => clamp(x, 0n, mask(width));

/** Number of bits up to the highest one; 0 for zero. */
export function bitLength(x: bigint): number {
  if (x < 0x20000000000000n) {
    const n = Number(x);
    const high = Math.floor(n / 0x100000000);
    return high > 0 ? 64 - Math.clz32(high) : 32 - Math.clz32(n >>> 0);
  }
  const hex = x.toString(16);
  return 4 * hex.length - (Math.clz32(Number.parseInt(hex[0], 16)) - 28);
}

/** Width of a pattern of type `t`. Dynamic vectors are evaluated at scale 1: as their fixed twins. */
export const patternBits = (t: Type): number => laneBits(t) * minLaneCount(t);

/** The lanes of a pattern of type `t`, lane 0 first; a scalar's only lane is itself. */
export function lanesOf(x: bigint, t: Type): bigint[] {
  const n = minLaneCount(t);
  if (n === 1) return [x];
  const width = laneBits(t);
  const step = BigInt(width);
  const lanes: bigint[] = new Array(n);
  for (let k = 0; k < n; k++) {
    lanes[k] = BigInt.asUintN(width, x);
    x >>= step;
  }
  return lanes;
}

/** The pattern whose lanes of `width` bits are given, lane 0 first. */
export function fromLanes(lanes: readonly bigint[], width: number): bigint {
  if (lanes.length === 1) return lanes[0];
  const step = BigInt(width);
  let x = 0n;
  for (let k = lanes.length - 1; k >= 0; k--) x = (x << step) | lanes[k];
  return x;
}

/** Reverses the order of the `bytes` lowest bytes. */
export function reverseBytes(x: bigint, bytes: number): bigint {
  let y = 0n;
  for (let k = 0; k < bytes; k++) {
    y = (y << 8n) | (x & 255n);
    x >>= 8n;
  }
  return y;
}
