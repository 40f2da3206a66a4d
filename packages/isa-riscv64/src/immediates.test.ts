import { expect, test } from "vitest";
import { decodeCluiImm, encodeCluiImm, hi20, lo12 } from "./immediates.ts";

test("the upper and the lower part of a value add up to it", () => {
  for (const v of [
    0, 1, 0x7ff, 0x800, 0xfff, 0x1000, -1, -0x800, -0x801, 0x7fffffff, 0x7ffff800, -0x80000000, 0x12345678,
  ]) {
    expect(lo12(v)).toBeGreaterThanOrEqual(-0x800);
    expect(lo12(v)).toBeLessThan(0x800);
    expect(((hi20(v) << 12) + lo12(v)) | 0).toBe(v);
  }
});

test("c.lui has the fields of lui that six signed bits make, but not zero", () => {
  let count = 0;
  for (let value = 0; value < 1 << 20; value++) {
    const field = encodeCluiImm(value);
    if (field < 0) continue;
    count++;
    expect(decodeCluiImm(field)).toBe(value);
  }
  expect(count).toBe(63);
  expect(decodeCluiImm(0)).toBe(-1);
});
