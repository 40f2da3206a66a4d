import {
  dataValueText,
  F16,
  F64,
  F128,
  hasFloatLanes,
  isVector,
  laneBits,
  laneCount,
  Op,
  type Type,
  typeBits,
} from "@gantry/clif-ir";
import { fromLanes, MEANINGS, mask } from "@gantry/clif-ir/eval";

const INTEGERS: readonly bigint[] = [
  0n,
  1n,
  2n,
  3n,
  4n,
  7n,
  8n,
  15n,
  16n,
  31n,
  32n,
  63n,
  64n,
  127n,
  128n,
  255n,
  256n,
  0x7fffn,
  0x8000n,
  0xffffn,
  0x1_0000n,
  0x7fff_ffffn,
  0x8000_0000n,
  0xffff_ffffn,
  0x1_0000_0000n,
  -1n,
  -2n,
  -7n,
  -8n,
  -127n,
  -128n,
  -129n,
  -0x8000n,
  -0x8000_0000n,
  -0x8000_0001n,
  1n << 63n,
  (1n << 63n) - 1n,
  0x5555_5555_5555_5555n,
  1n << 127n,
  -10n,
  10n,
  100n,
  1000n,
  0x0102_0304_0506_0708n,
];

/** Floats of any width as numbers; NaN is made from bits. */
const FLOATS: readonly number[] = [
  0,
  1,
  -1,
  -0,
  0.5,
  -0.5,
  1.5,
  2.5,
  -2.5,
  2,
  3,
  10,
  -10,
  127,
  -128,
  255.5,
  256,
  32767,
  -32768.5,
  65535,
  2147483647,
  -2147483648,
  4294967295,
  4294967296,
  1e10,
  9.223372036854775e18,
  -9.223372036854775e18,
  1.8446744073709552e19,
  1e38,
  -1e38,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
  5e-324,
  1e-40,
  2 ** -126,
  0.1,
  -0.1,
  1e300,
  16777217,
  0.99999994,
  // Bounds of f16 and of conversions to wide integers.
  65504,
  65520,
  -65536,
  2 ** -14,
  2 ** -24,
  2 ** -25,
  -(2 ** -26),
  1 + 2 ** -11,
  2 ** 127,
  -(2 ** 127),
  2 ** 128,
  1.7e308,
  -0.99999,
  2049,
];

const view = new DataView(new ArrayBuffer(8));

/** Bits of a float type that stand for `x` where the type has 32 or 64 bits. */
function floatBits(x: number, width: number): bigint {
  if (width === 64) {
    view.setFloat64(0, x);
    return view.getBigUint64(0);
  }
  if (width === 32) {
    view.setFloat32(0, x);
    return BigInt(view.getUint32(0));
  }
  const [opcode, type] = width === 16 ? ([Op.fdemote, F16] as const) : ([Op.fpromote, F128] as const);
  const operation = { type, args: [floatBits(x, 64)], argTypes: [F64], code: 0, constant: 0n };
  return (MEANINGS[opcode]!(operation) as readonly bigint[])[0];
}

function laneValue(lane: Type, isFloat: boolean, imm: bigint): bigint {
  const width = laneBits(lane);
  if (imm >= 64n) return BigInt.asUintN(width, imm);
  const k = Number(imm);
  return isFloat
    ? floatBits(FLOATS[k % FLOATS.length], width)
    : BigInt.asUintN(width, INTEGERS[k % INTEGERS.length]);
}

/** A value of type `t` chosen by a plan's immediate: interesting for small numbers, else its bits. */
export function interestingValue(t: Type, imm: bigint): bigint {
  const isFloat = hasFloatLanes(t);
  if (!isVector(t)) return laneValue(t, isFloat, imm);
  const lanes: bigint[] = [];
  for (let k = 0; k < laneCount(t); k++)
    lanes.push(laneValue(t, isFloat, imm < 64n ? (imm + BigInt(7 * k)) % 64n : imm >> BigInt((k * 8) % 64)));
  return fromLanes(lanes, laneBits(t));
}

/** Bytes of the largest constant that text can hold. */
export const MAX_CONSTANT = 16;

/** The constant as an operand of the instruction that makes it. */
export function constantText(t: Type, bits: bigint): string {
  if (isVector(t) && (laneBits(t) === 128 || typeBits(t) <= 64))
    return `0x${(bits & mask(Math.min(128, typeBits(t)))).toString(16).padStart(Math.min(32, typeBits(t) / 4), "0")}`;
  return dataValueText({ type: t, bits });
}
