/** The binary interchange formats of IEEE 754 by type. */
import { F16, F32, F64, F128, type Type } from "@gantry/clif-ir";
import { bug } from "@gantry/diag";

export interface Format {
  readonly bits: number;
  /** Bits of the fraction, without the leading one. */
  readonly fraction: number;
  readonly bias: number;
  readonly sign: bigint;
  /** The bits of positive infinity: what is greater, without its sign, is NaN. */
  readonly infinity: bigint;
  /** The bit that makes a NaN quiet. */
  readonly quiet: bigint;
}

function format(bits: number, fraction: number): Format {
  const exponentBits = bits - 1 - fraction;
  const f = BigInt(fraction);
  return {
    bits,
    fraction,
    bias: 2 ** (exponentBits - 1) - 1,
    sign: 1n << BigInt(bits - 1),
    infinity: ((1n << BigInt(exponentBits)) - 1n) << f,
    quiet: 1n << (f - 1n),
  };
}

const FORMATS: ReadonlyMap<Type, Format> = new Map([
  [F16, format(16, 10)],
  [F32, format(32, 23)],
  [F64, format(64, 52)],
  [F128, format(128, 112)],
]);

/** The format of a scalar float type. */
export const formatOf = (t: Type): Format => FORMATS.get(t) ?? bug("legalise", `type ${t} is not a float`);

/** The bits of 2^`exponent`; those of infinity where that is one above the greatest exponent. */
export const powerOfTwo = (f: Format, exponent: number): bigint =>
  BigInt(f.bias + exponent) << BigInt(f.fraction);
