import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { float16Bits, float32Bits, float64Bits } from "./float-bits.ts";
import {
  type FloatFormat,
  floatText,
  IEEE16,
  IEEE32,
  IEEE64,
  IEEE128,
  parseFloatText,
} from "./float-text.ts";

const FORMATS: readonly (readonly [string, FloatFormat])[] = [
  ["f16", IEEE16],
  ["f32", IEEE32],
  ["f64", IEEE64],
  ["f128", IEEE128],
];

describe("floats as text", () => {
  it("are printed with a fixed number of digits", () => {
    expect(floatText(0x3ff8000000000000n, IEEE64)).toBe("0x1.8000000000000p0");
    expect(floatText(0xbf800000n, IEEE32)).toBe("-0x1.000000p0");
    expect(floatText(1n, IEEE32)).toBe("0x0.000002p-126");
    expect(floatText(0n, IEEE64)).toBe("0.0");
    expect(floatText(0x80000000n, IEEE32)).toBe("-0.0");
    expect(floatText(0x7f800000n, IEEE32)).toBe("+Inf");
    expect(floatText(0x7fc00000n, IEEE32)).toBe("+NaN");
    expect(floatText(0xffc00001n, IEEE32)).toBe("-NaN:0x1");
    expect(floatText(0x7f800001n, IEEE32)).toBe("+sNaN:0x1");
    expect(floatText(0x3c00n, IEEE16)).toBe("0x1.000p0");
  });

  it("accept what the language accepts", () => {
    expect(parseFloatText("0x0.8p1", IEEE32)).toBe(0x3f800000n);
    expect(parseFloatText("+0.0", IEEE32)).toBe(0n);
    expect(parseFloatText("0x1.p4", IEEE32)).toBe(0x41800000n);
    expect(parseFloatText("NaN:0x5", IEEE64)).toBe(0x7ff8000000000005n);
    expect(parseFloatText("sNaN:0x5", IEEE64)).toBe("Float must be hexadecimal");
    expect(parseFloatText("+sNaN:0x0", IEEE64)).toBe("Invalid sNaN payload");
    expect(parseFloatText("1.0", IEEE64)).toBe("Float must be hexadecimal");
    expect(parseFloatText("0x1.0.0", IEEE64)).toBe("Multiple radix points");
    expect(parseFloatText("0x1.0p", IEEE64)).toBe("Bad exponent");
    expect(parseFloatText("0x.p1", IEEE64)).toBe("No digits");
    expect(parseFloatText("0x1.00000001p-149", IEEE32)).toBe("Too many significant bits");
    expect(parseFloatText("0x1.8p-149", IEEE32)).toBe("Subnormal underflow");
  });

  for (const [name, format] of FORMATS)
    it(`of type ${name} read back as the same bits`, () => {
      const bits = fc.bigInt({ min: 0n, max: (1n << BigInt(1 + format.expBits + format.fracBits)) - 1n });
      fc.assert(
        fc.property(bits, (x) => parseFloatText(floatText(x, format), format) === x),
        { seed: 1, numRuns: 2000 },
      );
    });
});

describe("bits of JavaScript numbers", () => {
  it("round to nearest even", () => {
    expect(float16Bits(1)).toBe(0x3c00);
    expect(float16Bits(65504)).toBe(0x7bff);
    expect(float16Bits(65519.99)).toBe(0x7bff);
    expect(float16Bits(65520)).toBe(0x7c00);
    expect(float16Bits(2 ** -24)).toBe(1);
    expect(float16Bits(2 ** -25)).toBe(0);
    expect(float16Bits(3 * 2 ** -25)).toBe(2);
    expect(float16Bits(1 + 2 ** -11)).toBe(0x3c00);
    expect(float16Bits(1 + 3 * 2 ** -11)).toBe(0x3c02);
    expect(float16Bits(-0)).toBe(0x8000);
    expect(float16Bits(2 ** -14 - 2 ** -26)).toBe(0x0400);
    expect(float32Bits(1.5)).toBe(0x3fc00000);
    expect(float64Bits(-2)).toBe(0xc000000000000000n);
  });
});
