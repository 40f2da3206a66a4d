import { expect, test } from "vitest";
import { reciprocal } from "./divide.ts";

/** The dividends next to multiples of `d`, where an error shows first, and the ends of the range. */
function dividends(d: bigint, bits: number): bigint[] {
  const end = 1n << BigInt(bits);
  const multiples = [1n, 2n, end / d / 2n, end / d - 1n, end / d].map((k) => k * d);
  return [0n, 1n, end - 1n, ...multiples.flatMap((m) => [m - 1n, m, m + 1n])].filter(
    (x) => x >= 0n && x < end,
  );
}

const divisors = (bits: number): bigint[] => {
  const out: bigint[] = [];
  for (let d = 3n; d < 600n; d++) out.push(d);
  for (let k = 9; k < bits; k++) for (const c of [-3n, -1n, 1n, 5n]) out.push((1n << BigInt(k)) + c);
  return out.filter((d) => (d & (d - 1n)) !== 0n && d < 1n << BigInt(bits));
};

test.each([31, 32, 63, 64])("a reciprocal gives the quotients of %i bits", (bits) => {
  for (const d of divisors(bits)) {
    const { multiplier, power } = reciprocal(d, bits, bits);
    expect(multiplier >> BigInt(bits + 1)).toBe(0n);
    for (const x of dividends(d, bits)) {
      expect((x * multiplier) >> BigInt(power)).toBe(x / d);
      if (x > 0n) expect(((-x * multiplier) >> BigInt(power)) + 1n).toBe(-x / d);
    }
  }
});

test("of ten, as compilers for 32 bits print it", () => {
  expect(reciprocal(10n, 32, 32)).toEqual({ multiplier: 0xcccccccdn, power: 35 });
});
