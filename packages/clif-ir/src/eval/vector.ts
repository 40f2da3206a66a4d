import { halfWidth, I8, I8X16, I16, I16X8, laneBits, minLaneCount } from "../types.ts";
import {
  fromLanes,
  lanesOf,
  mask,
  patternBits,
  saturateSigned,
  saturateUnsigned,
  signed,
  wrap,
} from "./bits.ts";
import type { Meaning, Operation, Outcome } from "./operation.ts";

/** Picks bytes of `table` as `indexOf` says of each byte of the second operand; -1 picks zero. */
const pickingBytes =
  (indexOf: (selector: number) => number): Meaning =>
  ({ args }) => {
    const table = lanesOf(args[0], I8X16);
    const picked = lanesOf(args[1], I8X16).map((s) => {
      const k = indexOf(Number(s));
      return k < 0 ? 0n : table[k];
    });
    return [fromLanes(picked, 8)];
  };

function shuffle({ args, constant }: Operation): Outcome {
  const table = [...lanesOf(args[0], I8X16), ...lanesOf(args[1], I8X16)];
  return [
    fromLanes(
      lanesOf(constant, I8X16).map((k) => table[Number(k)]),
      8,
    ),
  ];
}

function insertLane({ args, argTypes, code }: Operation): Outcome {
  const w = laneBits(argTypes[0]);
  const at = BigInt(w * code);
  return [(args[0] & ~(mask(w) << at)) | (args[1] << at)];
}

function splat({ args, type }: Operation): Outcome {
  return [fromLanes(new Array(minLaneCount(type)).fill(args[0]), laneBits(type))];
}

function highBits({ args, argTypes, type }: Operation): Outcome {
  const top = BigInt(laneBits(argTypes[0]) - 1);
  let bits = 0n;
  lanesOf(args[0], argTypes[0]).forEach((lane, k) => {
    bits |= (lane >> top) << BigInt(k);
  });
  return [wrap(bits, laneBits(type))];
}

/** Per lane the second operand where the first has its top bit set, else the third. */
function blend({ args, type }: Operation): Outcome {
  const top = BigInt(laneBits(type) - 1);
  const [cs, xs, ys] = args.map((a) => lanesOf(a, type));
  return [
    fromLanes(
      cs.map((c, k) => (c >> top === 1n ? xs[k] : ys[k])),
      laneBits(type),
    ),
  ];
}

/** Lanes of both operands, clamped to half their width. */
const narrowing =
  (fromSigned: boolean, saturate: (x: bigint, width: number) => bigint): Meaning =>
  ({ args, argTypes: [t] }) => {
    const w = laneBits(t);
    const half = laneBits(halfWidth(t));
    const lanes = [...lanesOf(args[0], t), ...lanesOf(args[1], t)];
    return [
      fromLanes(
        lanes.map((x) => saturate(fromSigned ? signed(x, w) : x, half)),
        half,
      ),
    ];
  };

/** The low or the high half of the lanes at double width. */
const widening =
  (isSigned: boolean, high: boolean): Meaning =>
  ({ args, argTypes: [t] }) => {
    const w = laneBits(t);
    const n = minLaneCount(t) / 2;
    const lanes = lanesOf(args[0], t).slice(high ? n : 0, high ? 2 * n : n);
    return [
      fromLanes(
        lanes.map((x) => (isSigned ? wrap(signed(x, w), 2 * w) : x)),
        2 * w,
      ),
    ];
  };

function addPairs({ args, type }: Operation): Outcome {
  const w = laneBits(type);
  const lanes = [...lanesOf(args[0], type), ...lanesOf(args[1], type)];
  const sums: bigint[] = [];
  for (let k = 0; k < lanes.length; k += 2) sums.push(wrap(lanes[k] + lanes[k + 1], w));
  return [fromLanes(sums, w)];
}

function multiplyAddBytes({ args }: Operation): Outcome {
  const xs = lanesOf(args[0], I8X16).map((x) => signed(x, laneBits(I8)));
  const ys = lanesOf(args[1], I8X16);
  const sums: bigint[] = [];
  for (let k = 0; k < xs.length; k += 2)
    sums.push(saturateSigned(xs[k] * ys[k] + xs[k + 1] * ys[k + 1], laneBits(I16)));
  return [fromLanes(sums, laneBits(I16X8))];
}

/** Lanes and what moves between them. */
export const VECTOR = {
  splat,
  scalar_to_vector: ({ args }) => [args[0]],
  insertlane: insertLane,
  extractlane: ({ args, argTypes, code }) => {
    const w = laneBits(argTypes[0]);
    return [wrap(args[0] >> BigInt(w * code), w)];
  },
  extract_vector: ({ args, type, code }) => {
    const w = patternBits(type);
    return [wrap(args[0] >> BigInt(w * code), w)];
  },
  swizzle: pickingBytes((s) => (s < 16 ? s : -1)),
  x86_pshufb: pickingBytes((s) => (s < 128 ? s & 15 : -1)),
  shuffle,
  blendv: blend,
  vany_true: ({ args }) => [args[0] !== 0n ? 1n : 0n],
  vall_true: ({ args, argTypes }) => [lanesOf(args[0], argTypes[0]).every((x) => x !== 0n) ? 1n : 0n],
  vhigh_bits: highBits,
  snarrow: narrowing(true, saturateSigned),
  unarrow: narrowing(true, saturateUnsigned),
  uunarrow: narrowing(false, saturateUnsigned),
  swiden_low: widening(true, false),
  swiden_high: widening(true, true),
  uwiden_low: widening(false, false),
  uwiden_high: widening(false, true),
  iadd_pairwise: addPairs,
  x86_pmaddubsw: multiplyAddBytes,
} satisfies Record<string, Meaning>;
