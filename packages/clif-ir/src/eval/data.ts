import { MEM_BIG } from "../mem-flags.ts";
import { laneBits } from "../types.ts";
import { mask, patternBits, signed, wrap } from "./bits.ts";
import { memoryImage } from "./memory.ts";
import type { Meaning, Operation, Outcome } from "./operation.ts";

const constant: Meaning = ({ constant, type }) => [wrap(constant, patternBits(type))];
const nothing: Meaning = () => [];
const select: Meaning = ({ args }) => [args[0] !== 0n ? args[1] : args[2]];

/**
 * Reads the bits as another type. Where the lane counts differ, that is a store and a load in the byte order that the
 * flags name.
 */
function bitcast({ args, argTypes, type, code }: Operation): Outcome {
  if ((code & MEM_BIG) === 0) return [args[0]];
  return [memoryImage(memoryImage(args[0], argTypes[0], true), type, true)];
}

/** Constants, choices, widths of integers, and traps that depend on nothing but operands. */
export const DATA = {
  iconst: constant,
  f16const: constant,
  f32const: constant,
  f64const: constant,
  f128const: constant,
  vconst: constant,

  select,
  select_spectre_guard: select,
  bitselect: ({ args: [c, x, y] }) => [y ^ (c & (x ^ y))],
  bmask: ({ args, type }) => [args[0] !== 0n ? mask(laneBits(type)) : 0n],

  bitcast,
  ireduce: ({ args, type }) => [wrap(args[0], laneBits(type))],
  uextend: ({ args }) => [args[0]],
  sextend: ({ args, argTypes, type }) => [wrap(signed(args[0], laneBits(argTypes[0])), laneBits(type))],
  isplit: ({ args, type }) => [wrap(args[0], laneBits(type)), args[0] >> BigInt(laneBits(type))],
  iconcat: ({ args, argTypes }) => [(args[1] << BigInt(laneBits(argTypes[0]))) | args[0]],

  trap: ({ code }) => code,
  trapz: ({ args, code }) => (args[0] === 0n ? code : []),
  trapnz: ({ args, code }) => (args[0] !== 0n ? code : []),

  nop: nothing,
  debugtrap: nothing,
  fence: nothing,
  sequence_point: nothing,
} satisfies Record<string, Meaning>;
