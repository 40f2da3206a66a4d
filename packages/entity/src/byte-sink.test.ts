import { describe, expect, test } from "vitest";
import { ByteSink } from "./byte-sink.ts";

const written = (write: (sink: ByteSink) => void): number[] => {
  const sink = new ByteSink("little", 1);
  write(sink);
  return [...sink.toBytes()];
};

// DWARF 5, section 7.6, figures 7.4 and 7.5, and the ends of the ranges.
describe("LEB128", () => {
  test.each([
    [0, [0x00]],
    [2, [0x02]],
    [127, [0x7f]],
    [128, [0x80, 0x01]],
    [129, [0x81, 0x01]],
    [12857, [0xb9, 0x64]],
    [0xffff_ffff, [0xff, 0xff, 0xff, 0xff, 0x0f]],
    [Number.MAX_SAFE_INTEGER, [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f]],
  ])("%d, unsigned", (x, bytes) => {
    expect(written((sink) => sink.uleb(x))).toEqual(bytes);
  });

  test.each([-1, -(2 ** 31), 0.5, 2 ** 53, Number.NaN, Number.POSITIVE_INFINITY])("not of %d", (x) => {
    expect(() => written((sink) => sink.uleb(x))).toThrow(RangeError);
  });

  test.each([
    [0, [0x00]],
    [2, [0x02]],
    [-2, [0x7e]],
    [127, [0xff, 0x00]],
    [-127, [0x81, 0x7f]],
    [128, [0x80, 0x01]],
    [-128, [0x80, 0x7f]],
    [129, [0x81, 0x01]],
    [-129, [0xff, 0x7e]],
    [0x7fff_ffff, [0xff, 0xff, 0xff, 0xff, 0x07]],
    [-0x8000_0000, [0x80, 0x80, 0x80, 0x80, 0x78]],
  ])("%d, signed", (x, bytes) => {
    expect(written((sink) => sink.sleb(x))).toEqual(bytes);
  });
});
