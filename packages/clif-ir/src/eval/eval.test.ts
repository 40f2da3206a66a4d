import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FloatCC, IntCC } from "../condition-codes.ts";
import { OPCODE_NAMES } from "../generated/facts.ts";
import { MEM_BIG, MEM_LITTLE } from "../mem-flags.ts";
import {
  F16,
  F32,
  F64,
  F128,
  I8,
  I8X16,
  I16,
  I16X8,
  I32,
  I32X4,
  I64,
  I64X2,
  I128,
  laneBits,
  type Type,
} from "../types.ts";
import { exactAdd, exactDivide, exactMultiply, exactSqrt, exactSubtract } from "./float-exact.ts";
import { floatLayout } from "./float-format.ts";
import {
  fromLanes,
  lanesOf,
  loadedValue,
  MEANINGS,
  mask,
  type Operation,
  type Outcome,
  storedImage,
} from "./index.ts";

/** Applies the opcode called `name`. */
function apply(name: string, type: Type, args: bigint[], more: Partial<Operation> = {}): Outcome {
  const meaning = MEANINGS[OPCODE_NAMES.indexOf(name)];
  if (meaning === undefined) throw new Error(`${name} has no meaning`);
  return meaning({ type, args, argTypes: args.map(() => type), code: 0, constant: 0n, ...more });
}

const bits64 = (x: number) => new BigUint64Array(Float64Array.of(x).buffer)[0];
const bits32 = (x: number) => BigInt(new Uint32Array(Float32Array.of(x).buffer)[0]);

describe("integers", () => {
  it("wrap, overflow and divide", () => {
    expect(apply("iadd", I8, [255n, 1n])).toEqual([0n]);
    expect(apply("isub", I128, [0n, 1n])).toEqual([mask(128)]);
    expect(apply("smulhi", I64, [mask(64), mask(64)])).toEqual([0n]);
    expect(apply("umulhi", I64, [mask(64), mask(64)])).toEqual([mask(64) - 1n]);
    expect(apply("sdiv", I32, [0x8000_0000n, 0xffff_ffffn])).toBe(252);
    expect(apply("srem", I32, [0x8000_0000n, 0xffff_ffffn])).toEqual([0n]);
    expect(apply("urem", I32, [1n, 0n])).toBe(254);
    expect(apply("sdiv", I8, [0xf9n, 2n])).toEqual([0xfdn]);
    expect(apply("sadd_overflow", I8, [127n, 1n])).toEqual([128n, 1n]);
    expect(apply("usub_overflow_bin", I8, [0n, 0n, 1n])).toEqual([255n, 1n]);
    expect(apply("uadd_overflow_trap", I32, [mask(32), 1n], { code: 7 })).toBe(7);
    expect(apply("iabs", I8, [128n])).toEqual([128n]);
  });

  it("count, reverse and shift bits", () => {
    expect(apply("clz", I128, [1n])).toEqual([127n]);
    expect(apply("clz", I8, [0n])).toEqual([8n]);
    expect(apply("ctz", I64, [0n])).toEqual([64n]);
    expect(apply("ctz", I64, [1n << 63n])).toEqual([63n]);
    expect(apply("cls", I8, [0xffn])).toEqual([7n]);
    expect(apply("cls", I8, [0b1101_0000n])).toEqual([1n]);
    expect(apply("bitrev", I8, [1n])).toEqual([128n]);
    expect(apply("bswap", I16, [0x1234n])).toEqual([0x3412n]);
    expect(apply("popcnt", I64, [mask(64)])).toEqual([64n]);
    expect(apply("rotr", I8, [1n, 0n])).toEqual([1n]);
    expect(apply("rotl", I8, [0x81n, 9n])).toEqual([3n]);
    expect(apply("sshr", I32X4, [fromLanes([mask(32), 4n, 0n, 1n << 31n], 32), 33n])).toEqual([
      fromLanes([mask(32), 2n, 0n, 3n << 30n], 32),
    ]);
  });

  it("compare as their condition says", () => {
    const holds = (cc: number, x: bigint, y: bigint) => apply("icmp", I8, [x, y], { code: cc });
    expect(holds(IntCC.slt, 255n, 0n)).toEqual([1n]);
    expect(holds(IntCC.ult, 255n, 0n)).toEqual([0n]);
    expect(holds(IntCC.sge, 0n, 128n)).toEqual([1n]);
    expect(
      apply("icmp", I16X8, [fromLanes([1n, 2n, 3n, 4n, 5n, 6n, 7n, 8n], 16), 2n << 16n], {
        type: I16X8,
        code: IntCC.eq,
      }),
    ).toEqual([mask(16) << 16n]);
  });
});

describe("floats", () => {
  const anyDouble = fc.oneof(fc.double(), fc.bigInt({ min: 0n, max: mask(64) }).map(Number));
  const exact = { fadd: exactAdd, fsub: exactSubtract, fmul: exactMultiply, fdiv: exactDivide };

  it("agree between doubles and exact integers", () => {
    const check = (type: Type, x: bigint, y: bigint) => {
      const f = floatLayout(laneBits(type));
      for (const [name, compute] of Object.entries(exact))
        expect(apply(name, type, [x, y]), name).toEqual([compute(x, y, f)]);
      expect(apply("sqrt", type, [x])).toEqual([exactSqrt(x, f)]);
    };
    const notNan = (n: number) => !Number.isNaN(n);
    const double = fc.oneof(
      fc.double({ noNaN: true }),
      fc.constantFrom(0, -0, 1, -1, Infinity, -Infinity, 5e-324),
    );
    const single = fc.oneof(
      fc.float({ noNaN: true }),
      fc.constantFrom(0, -0, 1, Infinity, -Infinity, 2 ** -149),
    );
    fc.assert(
      fc.property(double, double, (x, y) => check(F64, bits64(x), bits64(y))),
      { seed: 1, numRuns: 1500 },
    );
    fc.assert(
      fc.property(single, single, (x, y) => check(F32, bits32(x), bits32(y))),
      { seed: 2, numRuns: 1500 },
    );
    fc.assert(
      fc.property(anyDouble.filter(notNan), (x) => check(F64, bits64(x), bits64(x))),
      { seed: 3 },
    );
  });

  it("round in every format", () => {
    expect(apply("fadd", F16, [0x3c00n, 0x1400n])).toEqual([0x3c01n]);
    expect(apply("fadd", F16, [0x3c00n, 0x1000n])).toEqual([0x3c00n]);
    expect(apply("fmul", F16, [0x7bffn, 0x4000n])).toEqual([0x7c00n]);
    expect(apply("fdiv", F16, [0x3c00n, 0x4200n])).toEqual([0x3555n]);
    expect(apply("sqrt", F16, [0x4000n])).toEqual([0x3da8n]);
    const one = 0x3fffn << 112n;
    const three = 0x40008n << 108n;
    expect(apply("fdiv", F128, [one, three])).toEqual([0x3ffd_5555_5555_5555_5555_5555_5555_5555n]);
    expect(apply("sqrt", F128, [0x4000n << 112n])).toEqual([0x3fff_6a09_e667_f3bc_c908_b2fb_1366_ea95n]);
    expect(apply("nearest", F64, [bits64(2.5)])).toEqual([bits64(2)]);
    expect(apply("nearest", F64, [bits64(-0.5)])).toEqual([bits64(-0)]);
    expect(apply("ceil", F32, [bits32(-0.5)])).toEqual([bits32(-0)]);
    expect(apply("floor", F32, [bits32(-0.5)])).toEqual([bits32(-1)]);
  });

  it("agree with the engine's 16-bit floats", () => {
    const { f16round } = Math as unknown as { f16round?: (x: number) => number };
    if (f16round === undefined) return;
    const number = (x: bigint) => {
      const bits = apply("fpromote", F64, [x], { argTypes: [F16] }) as readonly bigint[];
      return new Float64Array(BigUint64Array.of(bits[0]).buffer)[0];
    };
    const operations = {
      fadd: (a: number, b: number) => a + b,
      fsub: (a: number, b: number) => a - b,
      fmul: (a: number, b: number) => a * b,
      fdiv: (a: number, b: number) => a / b,
      sqrt: (a: number) => Math.sqrt(a),
    };
    const half = fc.bigInt({ min: 0n, max: 0xffffn });
    const check = (x: bigint, y: bigint) => {
      for (const [name, compute] of Object.entries(operations)) {
        const [result] = apply(name, F16, [x, y]) as readonly bigint[];
        // A double holds the exact result of each, or rounds it so that rounding again does no harm.
        expect(Object.is(number(result), f16round(compute(number(x), number(y)))), `${name} ${x} ${y}`).toBe(
          true,
        );
      }
    };
    fc.assert(fc.property(half, half, check), { seed: 4, numRuns: 3000 });
  });

  it("multiply and add with one rounding", () => {
    const x = 1 + 2 ** -52;
    expect(apply("fma", F64, [bits64(x), bits64(x), bits64(-1 - 2 ** -51)])).toEqual([bits64(2 ** -104)]);
    expect(apply("fma", F64, [bits64(0), bits64(Infinity), bits64(1)])).toEqual([0x7ff8n << 48n]);
    expect(apply("fma", F64, [bits64(-1), bits64(1), bits64(1)])).toEqual([0n]);
  });

  it("keep NaN rules", () => {
    const signalling = 0x7f80_0001n;
    expect(apply("fadd", F32, [bits32(1), signalling])).toEqual([0x7fc0_0001n]);
    expect(apply("fmin", F32, [bits32(1), 0x7fc0_0000n])).toEqual([0x7fc0_0000n]);
    expect(apply("fmax", F32, [bits32(-0), bits32(0)])).toEqual([bits32(0)]);
    expect(apply("fmin", F32, [bits32(0), bits32(-0)])).toEqual([bits32(-0)]);
    expect(apply("fneg", F32, [signalling])).toEqual([0xff80_0001n]);
    expect(
      apply("fcmp", F32, [signalling, signalling], { type: I8, argTypes: [F32, F32], code: FloatCC.ueq }),
    ).toEqual([1n]);
    expect(
      apply("fcmp", F32, [0n, bits32(-0)], { type: I8, argTypes: [F32, F32], code: FloatCC.eq }),
    ).toEqual([1n]);
  });

  it("convert", () => {
    const to = (name: string, type: Type, from: Type, x: bigint) =>
      apply(name, type, [x], { argTypes: [from] });
    expect(to("fcvt_to_uint", I32, F64, bits64(-0.5))).toEqual([0n]);
    expect(to("fcvt_to_uint", I32, F64, bits64(-1))).toBe(252);
    expect(to("fcvt_to_sint", I32, F64, bits64(NaN))).toBe(255);
    expect(to("fcvt_to_sint", I64, F64, bits64(2 ** 63))).toBe(252);
    expect(to("fcvt_to_sint_sat", I8, F16, 0x7c00n)).toEqual([127n]);
    expect(to("fcvt_to_sint_sat", I32, F16, 0x7c00n)).toEqual([mask(31)]);
    expect(to("fcvt_to_uint", I128, F32, bits32(2 ** 127))).toEqual([1n << 127n]);
    expect(to("fcvt_from_uint", F32, I64, mask(64))).toEqual([bits32(2 ** 64)]);
    expect(to("fcvt_from_sint", F32, I64, 0x7fff_ffbf_ffff_ffffn)).toEqual([bits32(2 ** 63 - 2 ** 39)]);
    expect(to("fdemote", F32, F64, bits64(1e300))).toEqual([bits32(Infinity)]);
    expect(to("fpromote", F64, F32, 0x7f80_0001n)).toEqual([0x7ff8_0000_2000_0000n]);
    expect(to("x86_cvtt2dq", I32X4, I32X4, 0n)).toEqual([0n]);
  });
});

describe("vectors", () => {
  const bytes = fromLanes(
    Array.from({ length: 16 }, (_, k) => BigInt(k * 16)),
    8,
  );

  it("move lanes", () => {
    expect(apply("splat", I32X4, [5n], { argTypes: [I32] })).toEqual([fromLanes([5n, 5n, 5n, 5n], 32)]);
    expect(apply("insertlane", I32X4, [0n, 7n], { argTypes: [I32X4, I32], code: 2 })).toEqual([7n << 64n]);
    expect(apply("extractlane", I32, [7n << 64n], { argTypes: [I32X4], code: 2 })).toEqual([7n]);
    expect(apply("swizzle", I8X16, [bytes, 0x10_ff_0fn])).toEqual([0xf0n]);
    expect(apply("x86_pshufb", I8X16, [bytes, 0x11_ff_0fn])).toEqual([0x10_00_f0n]);
    expect(apply("shuffle", I8X16, [bytes, mask(128)], { constant: 0x1f_01n })).toEqual([0xff10n]);
    expect(apply("vhigh_bits", I16, [bytes], { argTypes: [I8X16] })).toEqual([0xff00n]);
    expect(apply("vall_true", I8, [bytes], { argTypes: [I8X16] })).toEqual([0n]);
  });

  it("narrow, widen and add pairs", () => {
    const x = fromLanes([300n, mask(16), 5n, 0x8000n, 0n, 0n, 0n, 0n], 16);
    const narrow = (name: string) => {
      const outcome = apply(name, I8X16, [x, 0n], { argTypes: [I16X8, I16X8] });
      return lanesOf((outcome as bigint[])[0], I8X16).slice(0, 4);
    };
    expect(narrow("snarrow")).toEqual([127n, 255n, 5n, 128n]);
    expect(narrow("unarrow")).toEqual([255n, 0n, 5n, 0n]);
    expect(narrow("uunarrow")).toEqual([255n, 255n, 5n, 255n]);
    expect(apply("swiden_high", I64X2, [(mask(32) << 64n) | 1n], { argTypes: [I32X4] })).toEqual([mask(64)]);
    expect(apply("iadd_pairwise", I32X4, [fromLanes([1n, 2n, 3n, 4n], 32), 0n])).toEqual([
      fromLanes([3n, 7n, 0n, 0n], 32),
    ]);
    expect(apply("x86_pmaddubsw", I16X8, [0x7f7fn, 0xffffn], { argTypes: [I8X16, I8X16] })).toEqual([
      0x7fffn,
    ]);
  });

  it("bitcast in the byte order of the flags", () => {
    const x = 0x0011_2233_4455_6677n;
    const cast = (code: number) => apply("bitcast", 134, [x], { argTypes: [I64], code });
    expect(cast(MEM_LITTLE)).toEqual([x]);
    expect(cast(MEM_BIG)).toEqual([0x4455_6677_0011_2233n]);
  });
});

describe("memory", () => {
  const op = (name: string) => OPCODE_NAMES.indexOf(name);

  it("keeps lane order in both byte orders", () => {
    const x = fromLanes([1n, 2n, 3n, 4n], 32);
    const image = storedImage(op("store"), I32X4, x, true);
    expect(image & mask(64)).toBe(0x0200_0000_0100_0000n);
    expect(loadedValue(op("load"), I32X4, image, true)).toBe(x);
  });

  it("extends narrow accesses", () => {
    expect(loadedValue(op("sload8"), I32, 0x80n, false)).toBe(0xffff_ff80n);
    expect(loadedValue(op("uload16"), I32, 0x3412n, true)).toBe(0x1234n);
    expect(loadedValue(op("sload8x8"), I16X8, 0xff01n, false)).toBe(0xffff_0001n);
    expect(storedImage(op("istore16"), I64, 0x12_3456n, true)).toBe(0x5634n);
  });
});
