/** Floats to integers where the machine has no instruction: the range is tested on the bits, a function truncates. */
import {
  asInt,
  F32,
  F64,
  I8,
  I16,
  I32,
  I64,
  type Inst,
  IntCC,
  Op,
  TRAP_BAD_CONVERSION,
  TRAP_INTEGER_OVERFLOW,
  type Type,
  typeBits,
  type Value,
} from "@gantry/clif-ir";
import { formatOf, powerOfTwo } from "./float-formats.ts";
import type { Rewriter } from "./rewriter.ts";

/** What the bits of a float say of its truncation to an integer of a type. */
interface Range {
  readonly isNan: Value;
  readonly isNegative: Value;
  readonly fits: Value;
}

const atMost = (n: bigint, most: bigint): bigint => (n > most ? most : n);

/**
 * Tests the magnitude's bits against those of the least magnitude that does not fit; all of them doubled, which takes
 * the sign away.
 */
function rangeOf(r: Rewriter, x: Value, to: Type, isSigned: boolean): Range {
  const f = formatOf(r.type(x));
  const int = asInt(r.type(x));
  const bits = r.cast(int, x);
  const magnitude = r.iadd(bits, bits);
  const isNegative = r.icmp(IntCC.slt, bits, r.number(int, 0));
  const width = typeBits(to);
  // What overflows upwards: 2^N, 2^(N-1) if signed. Downwards -1; if signed, -2^(N-1) - 1, or what comes after -2^(N-1).
  const above = powerOfTwo(f, isSigned ? width - 1 : width);
  const below = isSigned ? above + (1n << BigInt(Math.max(0, f.fraction - (width - 1)))) : powerOfTwo(f, 0);
  const limit = r.select(
    isNegative,
    r.number(int, atMost(below, f.infinity) << 1n, false),
    r.number(int, atMost(above, f.infinity) << 1n, false),
  );
  return {
    isNan: r.icmp(IntCC.ugt, magnitude, r.number(int, f.infinity << 1n, false)),
    isNegative,
    fits: r.icmp(IntCC.ult, magnitude, limit),
  };
}

/** The integer part of a float that fits; anything at all otherwise. */
function truncated(r: Rewriter, x: Value, to: Type, isSigned: boolean): Value {
  const from = r.type(x) === F32 ? "sf" : r.type(x) === F64 ? "df" : "tf";
  const mode = to === I64 ? "di" : to === I8 || to === I16 || to === I32 ? "si" : "ti";
  const n = r.runtime(`__fix${isSigned ? "" : "uns"}${from}${mode}`, x);
  return to === I8 || to === I16 ? r.ireduce(to, n) : n;
}

/** `fcvt_to_sint` and `fcvt_to_uint`: the traps come first. */
export function trappingTruncation(r: Rewriter, i: Inst): void {
  const isSigned = r.func.opcode(i) === Op.fcvt_to_sint;
  const to = r.func.resultType(i);
  const x = r.arg(i, 0);
  const { isNan, fits } = rangeOf(r, x, to, isSigned);
  r.trapnz(isNan, TRAP_BAD_CONVERSION);
  r.trapz(fits, TRAP_INTEGER_OVERFLOW);
  r.replace(i, truncated(r, x, to, isSigned));
}

/** `fcvt_to_sint_sat` and `fcvt_to_uint_sat`. */
export function saturatingTruncation(r: Rewriter, i: Inst): void {
  const isSigned = r.func.opcode(i) === Op.fcvt_to_sint_sat;
  const to = r.func.resultType(i);
  const x = r.arg(i, 0);
  const width = BigInt(typeBits(to));
  const greatest = isSigned ? (1n << (width - 1n)) - 1n : (1n << width) - 1n;
  const { isNan, isNegative, fits } = rangeOf(r, x, to, isSigned);
  const zero = r.number(to, 0);
  const least = isSigned ? r.number(to, 1n << (width - 1n), false) : zero;
  const bound = r.select(isNan, zero, r.select(isNegative, least, r.number(to, greatest, false)));
  r.replace(i, r.select(fits, truncated(r, x, to, isSigned), bound));
}

/** `x86_cvtt2dq` of a scalar: whatever does not fit becomes the least integer. */
export function indefiniteTruncation(r: Rewriter, i: Inst): void {
  const to = r.func.resultType(i);
  const x = r.arg(i, 0);
  const { fits } = rangeOf(r, x, to, true);
  const least = r.number(to, 1n << BigInt(typeBits(to) - 1), false);
  r.replace(i, r.select(fits, r.fcvt_to_sint_sat(to, x), least));
}
