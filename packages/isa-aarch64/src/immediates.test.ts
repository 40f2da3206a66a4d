import { expect, test } from "vitest";
import {
  decodeAddImm,
  decodeLogical32,
  decodeLogical64,
  encodeAddImm,
  encodeLogical32,
  encodeLogical64,
  highWord,
} from "./immediates.ts";

/** Every value that is a repeated, rotated run of ones: made by construction, not by decoding. */
function logicalValues(width: 32 | 64): Set<bigint> {
  const out = new Set<bigint>();
  for (let size = 2; size <= width; size *= 2) {
    const all = (1n << BigInt(size)) - 1n;
    for (let ones = 1; ones < size; ones++)
      for (let turn = 0; turn < size; turn++) {
        const run = (1n << BigInt(ones)) - 1n;
        const element = ((run << BigInt(turn)) | (run >> BigInt(size - turn))) & all;
        let value = 0n;
        for (let at = 0; at < width; at += size) value |= element << BigInt(at);
        out.add(value);
      }
  }
  return out;
}

const word = (v: bigint): number => Number(BigInt.asIntN(32, v));

test("64-bit logical immediates: all 5,334, and nothing else decodes", () => {
  const values = logicalValues(64);
  expect(values.size).toBe(5334);
  for (const value of values) {
    const field = encodeLogical64(word(value), word(value >> 32n));
    expect(field).toBeGreaterThanOrEqual(0);
    const low = decodeLogical64(field);
    expect((BigInt.asUintN(32, BigInt(highWord())) << 32n) | BigInt.asUintN(32, BigInt(low))).toBe(value);
  }
  const decoded = new Set<bigint>();
  for (let field = 0; field < 1 << 13; field++) {
    const low = decodeLogical64(field);
    if (low === -1 && highWord() === -1) continue;
    decoded.add((BigInt.asUintN(32, BigInt(highWord())) << 32n) | BigInt.asUintN(32, BigInt(low)));
  }
  expect(decoded).toEqual(values);
});

test("32-bit logical immediates: all 1,302, and nothing else decodes", () => {
  const values = logicalValues(32);
  expect(values.size).toBe(1302);
  for (const value of values) {
    const field = encodeLogical32(word(value));
    expect(BigInt.asUintN(32, BigInt(decodeLogical32(field)))).toBe(value);
  }
  const decoded = new Set<bigint>();
  for (let field = 0; field < 1 << 13; field++)
    if (decodeLogical32(field) !== -1) decoded.add(BigInt.asUintN(32, BigInt(decodeLogical32(field))));
  expect(decoded).toEqual(values);
});

test("what is not a logical immediate has no field", () => {
  for (const v of [0n, -1n, 5n, 0x1234n, 0xff00ff01n, 0x100000000ffffn])
    expect(encodeLogical64(word(v), word(v >> 32n)), String(v)).toBe(-1);
  for (const v of [0, -1, 5, 0x1234]) expect(encodeLogical32(v)).toBe(-1);
});

test("immediates of additions", () => {
  for (const v of [0, 1, 0xfff, 0x1000, 0xfff000]) expect(decodeAddImm(encodeAddImm(v))).toBe(v);
  expect(decodeAddImm(0x1000)).toBe(-1);
  for (const v of [0x1001, 0x1000000, -1]) expect(encodeAddImm(v)).toBe(-1);
});
