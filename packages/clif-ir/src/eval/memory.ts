/** What loads, stores and atomic operations do between registers and bytes. */
import { ATOMIC_RMW_OPS } from "../atomic-ops.ts";
import { OPCODE_NAMES } from "../generated/facts.ts";
import { laneBits, minLaneCount, type Type } from "../types.ts";
import { fromLanes, greater, lanesOf, mask, reverseBytes, signed, smaller, wrap } from "./bits.ts";

/** What an access moves that is not simply its type: lanes of other width in memory, zero- or sign-extended. */
interface Narrow {
  readonly bits: number;
  readonly lanes: number;
  readonly signed: boolean;
}

const narrow = (bits: number, lanes: number, isSigned = false): Narrow => ({ bits, lanes, signed: isSigned });

const NARROW: Record<string, Narrow> = {
  uload8: narrow(8, 1),
  sload8: narrow(8, 1, true),
  istore8: narrow(8, 1),
  uload16: narrow(16, 1),
  sload16: narrow(16, 1, true),
  istore16: narrow(16, 1),
  uload32: narrow(32, 1),
  sload32: narrow(32, 1, true),
  istore32: narrow(32, 1),
  uload8x8: narrow(8, 8),
  sload8x8: narrow(8, 8, true),
  uload16x4: narrow(16, 4),
  sload16x4: narrow(16, 4, true),
  uload32x2: narrow(32, 2),
  sload32x2: narrow(32, 2, true),
};

const NARROW_BY_OPCODE: readonly (Narrow | undefined)[] = OPCODE_NAMES.map((name) => NARROW[name]);

/** Number of bytes that the opcode moves for a value of type `t`. */
export function accessBytes(op: number, t: Type): number {
  const n = NARROW_BY_OPCODE[op];
  return (n === undefined ? laneBits(t) * minLaneCount(t) : n.bits * n.lanes) >> 3;
}

const imageOf = (lanes: bigint[], width: number, big: boolean): bigint =>
  fromLanes(big ? lanes.map((x) => reverseBytes(x, width >> 3)) : lanes, width);

/** The bytes of a value in memory, as a little-endian number: lanes in order, each in the byte order; and back. */
export const memoryImage = (x: bigint, t: Type, big: boolean): bigint =>
  big ? imageOf(lanesOf(x, t), laneBits(t), true) : x;

/** The value of type `t` that the opcode makes of the bytes it loaded (as a little-endian number). */
export function loadedValue(op: number, t: Type, image: bigint, big: boolean): bigint {
  const n = NARROW_BY_OPCODE[op];
  if (n === undefined) return memoryImage(image, t, big);
  const { bits } = n;
  const to = laneBits(t);
  const lanes: bigint[] = [];
  for (let k = 0; k < n.lanes; k++) {
    const raw = wrap(image >> BigInt(bits * k), bits);
    const x = big ? reverseBytes(raw, bits >> 3) : raw;
    lanes.push(n.signed ? wrap(signed(x, bits), to) : x);
  }
  return fromLanes(lanes, to);
}

/** The bytes (as a little-endian number) that the opcode stores for a value of type `t`. */
export function storedImage(op: number, t: Type, x: bigint, big: boolean): bigint {
  const n = NARROW_BY_OPCODE[op];
  return n === undefined ? memoryImage(x, t, big) : imageOf([wrap(x, n.bits)], n.bits, big);
}

type Combine = (old: bigint, x: bigint, width: number) => bigint;

const COMBINE: Record<(typeof ATOMIC_RMW_OPS)[number], Combine> = {
  add: (old, x, w) => wrap(old + x, w),
  sub: (old, x, w) => wrap(old - x, w),
  and: (old, x) => old & x,
  nand: (old, x, w) => (old & x) ^ mask(w),
  or: (old, x) => old | x,
  xor: (old, x) => old ^ x,
  xchg: (_, x) => x,
  umin: smaller,
  umax: greater,
  smin: (old, x, w) => (signed(old, w) < signed(x, w) ? old : x),
  smax: (old, x, w) => (signed(old, w) > signed(x, w) ? old : x),
};

const COMBINE_BY_NUMBER: readonly Combine[] = ATOMIC_RMW_OPS.map((name) => COMBINE[name]);

/** What `atomic_rmw` with operation `rmwOp` writes where `old` was. */
export const combineAtomically = (rmwOp: number, old: bigint, x: bigint, t: Type): bigint =>
  COMBINE_BY_NUMBER[rmwOp](old, x, laneBits(t));
