/** The binary interchange formats of IEEE 754 by type. */
import {
  F16,
  F32,
  F64,
  F128,
  type FloatFormat,
  IEEE16,
  IEEE32,
  IEEE64,
  IEEE128,
  type Type,
} from "@gantry/clif-ir";
import { bug } from "@gantry/diag";

export interface Format {
  /** Bits of the fraction, without the leading one. */
  readonly fraction: number;
  readonly bias: number;
  readonly sign: bigint;
  /** The bits of positive infinity: what is greater, without its sign, is NaN. */
  readonly infinity: bigint;
  /** The bit that makes a NaN quiet. */
  readonly quiet: bigint;
}

function format({ expBits, fracBits }: FloatFormat): Format {
  const fraction = BigInt(fracBits);
  return {
    fraction: fracBits,
    bias: 2 ** (expBits - 1) - 1,
    sign: 1n << BigInt(expBits + fracBits),
    infinity: ((1n << BigInt(expBits)) - 1n) << fraction,
    quiet: 1n << (fraction - 1n),
  };
}

const FORMATS: ReadonlyMap<Type, Format> = new Map([
  [F16, format(IEEE16)],
  [F32, format(IEEE32)],
  [F64, format(IEEE64)],
  [F128, format(IEEE128)],
]);

/** The format of a scalar float type. */
export const formatOf = (t: Type): Format => FORMATS.get(t) ?? bug("legalise", `type ${t} is not a float`);

/** The bits of 2^`exponent`; those of infinity where that is one above the greatest exponent. */
export const powerOfTwo = (f: Format, exponent: number): bigint =>
  BigInt(f.bias + exponent) << BigInt(f.fraction);
