import { IntCC } from "../condition-codes.ts";
import { TRAP_DIVISION_BY_ZERO, TRAP_INTEGER_OVERFLOW } from "../trap-codes.ts";
import { laneBits } from "../types.ts";
import {
  bitLength,
  greater,
  mask,
  maxSigned,
  minSigned,
  reverseBytes,
  saturateSigned,
  saturateUnsigned,
  signed,
  smaller,
  wrap,
} from "./bits.ts";
import { binary, comparison, shift, unary } from "./lane-wise.ts";
import type { Meaning, Operation, Outcome } from "./operation.ts";

/** The rounded high part of a signed fixed-point product, which has one bit more than `w` for MIN * MIN alone. */
const roundedProduct = (x: bigint, y: bigint, w: number): bigint =>
  (signed(x, w) * signed(y, w) + (1n << BigInt(w - 2))) >> BigInt(w - 1);

const rotateLeft = (x: bigint, n: bigint, w: number): bigint => wrap((x << n) | (x >> (BigInt(w) - n)), w);

function popcount(x: bigint): bigint {
  let n = 0n;
  for (; x !== 0n; x &= x - 1n) n++;
  return n;
}

function reverseBits(x: bigint, w: number): bigint {
  let y = 0n;
  for (let k = 0; k < w; k++) {
    y = (y << 1n) | (x & 1n);
    x >>= 1n;
  }
  return y;
}

/** Whether the integer condition `cc` holds. */
export function compareIntegers(x: bigint, y: bigint, w: number, cc: number): boolean {
  switch (cc) {
    case IntCC.eq:
      return x === y;
    case IntCC.ne:
      return x !== y;
    case IntCC.ult:
      return x < y;
    case IntCC.uge:
      return x >= y;
    case IntCC.ugt:
      return x > y;
    case IntCC.ule:
      return x <= y;
    case IntCC.slt:
      return signed(x, w) < signed(y, w);
    case IntCC.sge:
      return signed(x, w) >= signed(y, w);
    case IntCC.sgt:
      return signed(x, w) > signed(y, w);
    default:
      return signed(x, w) <= signed(y, w);
  }
}

/** Division as `compute` says, on scalars; zero divisors trap. */
const dividing =
  (compute: (x: bigint, y: bigint, w: number) => bigint | number): Meaning =>
  ({ args, type }) => {
    if (args[1] === 0n) return TRAP_DIVISION_BY_ZERO;
    const quotient = compute(args[0], args[1], laneBits(type));
    return typeof quotient === "number" ? quotient : [quotient];
  };

/** The exact result of `compute` wrapped, and whether it was out of range; the third operand, if any, is a carry. */
const overflowing =
  (isSigned: boolean, compute: (x: bigint, y: bigint, carry: bigint) => bigint): Meaning =>
  ({ args, type }) => {
    const w = laneBits(type);
    const carry = args.length > 2 && args[2] !== 0n ? 1n : 0n;
    const exact = isSigned
      ? compute(signed(args[0], w), signed(args[1], w), carry)
      : compute(args[0], args[1], carry);
    const fits = isSigned ? exact >= minSigned(w) && exact <= maxSigned(w) : exact >= 0n && exact <= mask(w);
    return [wrap(exact, w), fits ? 0n : 1n];
  };

const add = (x: bigint, y: bigint, carry: bigint): bigint => x + y + carry;
const subtract = (x: bigint, y: bigint, borrow: bigint): bigint => x - y - borrow;
const multiply = (x: bigint, y: bigint): bigint => x * y;

function addOrTrap({ args, type, code }: Operation): Outcome {
  const sum = args[0] + args[1];
  return sum > mask(laneBits(type)) ? code : [sum];
}

/** Integer arithmetic, bits and shifts. */
export const INTEGER = {
  iadd: binary((x, y, w) => wrap(x + y, w)),
  isub: binary((x, y, w) => wrap(x - y, w)),
  ineg: unary((x, w) => wrap(-x, w)),
  iabs: unary((x, w) => (signed(x, w) < 0n ? wrap(-x, w) : x)),
  imul: binary((x, y, w) => wrap(x * y, w)),
  umulhi: binary((x, y, w) => (x * y) >> BigInt(w)),
  smulhi: binary((x, y, w) => wrap((signed(x, w) * signed(y, w)) >> BigInt(w), w)),
  sqmul_round_sat: binary((x, y, w) => saturateSigned(roundedProduct(x, y, w), w)),
  x86_pmulhrsw: binary((x, y, w) => wrap(roundedProduct(x, y, w), w)),
  udiv: dividing((x, y) => x / y),
  sdiv: dividing((x, y, w) =>
    signed(x, w) === minSigned(w) && y === mask(w)
      ? TRAP_INTEGER_OVERFLOW
      : wrap(signed(x, w) / signed(y, w), w),
  ),
  urem: dividing((x, y) => x % y),
  srem: dividing((x, y, w) => wrap(signed(x, w) % signed(y, w), w)),

  smin: binary((x, y, w) => (signed(x, w) < signed(y, w) ? x : y)),
  umin: binary(smaller),
  smax: binary((x, y, w) => (signed(x, w) > signed(y, w) ? x : y)),
  umax: binary(greater),
  avg_round: binary((x, y) => (x + y + 1n) >> 1n),
  uadd_sat: binary((x, y, w) => saturateUnsigned(x + y, w)),
  sadd_sat: binary((x, y, w) => saturateSigned(signed(x, w) + signed(y, w), w)),
  usub_sat: binary((x, y, w) => saturateUnsigned(x - y, w)),
  ssub_sat: binary((x, y, w) => saturateSigned(signed(x, w) - signed(y, w), w)),

  uadd_overflow: overflowing(false, add),
  sadd_overflow: overflowing(true, add),
  usub_overflow: overflowing(false, subtract),
  ssub_overflow: overflowing(true, subtract),
  umul_overflow: overflowing(false, multiply),
  smul_overflow: overflowing(true, multiply),
  uadd_overflow_cin: overflowing(false, add),
  sadd_overflow_cin: overflowing(true, add),
  usub_overflow_bin: overflowing(false, subtract),
  ssub_overflow_bin: overflowing(true, subtract),
  uadd_overflow_trap: addOrTrap,

  band: ({ args }) => [args[0] & args[1]],
  bor: ({ args }) => [args[0] | args[1]],
  bxor: ({ args }) => [args[0] ^ args[1]],
  bnot: unary((x, w) => x ^ mask(w)),
  rotl: shift((x, n, w) => rotateLeft(x, n, w)),
  rotr: shift((x, n, w) => rotateLeft(x, BigInt(w) - n, w)),
  ishl: shift((x, n, w) => wrap(x << n, w)),
  ushr: shift((x, n) => x >> n),
  sshr: shift((x, n, w) => wrap(signed(x, w) >> n, w)),
  bitrev: unary((x, w) => reverseBits(x, w)),
  clz: unary((x, w) => BigInt(w - bitLength(x))),
  cls: unary((x, w) => BigInt(w - 1 - bitLength(signed(x, w) < 0n ? x ^ mask(w) : x))),
  ctz: unary((x, w) => (x === 0n ? BigInt(w) : BigInt(bitLength(x & -x) - 1))),
  bswap: unary((x, w) => reverseBytes(x, w >> 3)),
  popcnt: unary((x) => popcount(x)),

  icmp: comparison(compareIntegers),
} satisfies Record<string, Meaning>;
