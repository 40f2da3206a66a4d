import {
  allTypes,
  F16,
  F16X8,
  F32,
  F32X4,
  F64,
  F64X2,
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
  isFloat,
  isVector,
  type Type,
  typeBytes,
} from "@gantry/clif-ir";

/** What generated functions are made of. */
export interface Profile {
  readonly name: string;
  /** Types of values, simplest first. */
  readonly types: readonly Type[];
  /** Whether an opcode may be used with this type of its first result (INVALID without one) and first operand. */
  readonly allows: (opcode: string, result: Type, operand: Type) => boolean;
  /** Words of memory flags, one of which accesses carry in front of the others. */
  readonly byteOrders: readonly string[];
  /** Calling conventions, simplest first. The function that is called from outside has the first. */
  readonly callConvs: readonly string[];
  /** Integers of up to 64 bits, and other values, that a function may return; a checksum comes on top as an i64. */
  readonly maxReturns: readonly [ints: number, others: number];
}

/** Size of the largest types that generated functions use. */
export const MAX_BYTES = 64;

const SMALL_INTS: readonly Type[] = [I32, I64, I8, I16];
const VECTORS_128: readonly Type[] = [I8X16, I16X8, I32X4, I64X2, F32X4, F64X2, F16X8];

/** Narrower and wider ones, up to {@link MAX_BYTES}. */
const OTHER_VECTORS: readonly Type[] = allTypes().filter(
  (t) => isVector(t) && typeBytes(t) <= MAX_BYTES && !VECTORS_128.includes(t),
);

/** Everything that the interpreter executes, on all types. */
export const ALL: Profile = {
  name: "all",
  types: [...SMALL_INTS, F32, F64, I128, F16, F128, ...VECTORS_128, ...OTHER_VECTORS],
  allows: () => true,
  byteOrders: ["", "little", "big"],
  callConvs: ["system_v", "tail", "fast", "tail"],
  maxReturns: [4, 4],
};

/** All scalars, i128, f16 and f128 included. */
export const SCALAR: Profile = { ...ALL, name: "scalar", types: [...SMALL_INTS, F32, F64, I128, F16, F128] };

/** Scalars and vectors of 128 bits: what SIMD machines have. */
export const SIMD: Profile = { ...ALL, name: "simd", types: [...SMALL_INTS, F32, F64, F16, ...VECTORS_128] };

/** Operations that the first version of the x86-64 target leaves out, at all or on floats. */
const NOT_THIN = new Set(["blendv"]);
const NOT_ON_FLOATS = new Set(["bitselect", "select_spectre_guard"]);

/** Integers of 8 to 64 bits, f32 and f64: what the x86-64 target does first. */
export const X64_THIN: Profile = {
  ...ALL,
  name: "x64-thin",
  types: [...SMALL_INTS, F32, F64],
  allows: (opcode, result) =>
    !NOT_THIN.has(opcode) && !opcode.startsWith("x86_") && !(NOT_ON_FLOATS.has(opcode) && isFloat(result)),
  byteOrders: ["", "little"],
  maxReturns: [1, 2],
};

/** Scalars and vectors of 128 bits; meant to be narrowed to what the target supports. */
export const X64: Profile = {
  ...ALL,
  name: "x64",
  types: [...SMALL_INTS, F32, F64, I128, F16, ...VECTORS_128, F128],
  maxReturns: [1, 2],
};

/** Vectors of every width. */
export const X64_VECTORS: Profile = {
  ...X64,
  name: "x64-vectors",
  types: [...X64.types, ...OTHER_VECTORS],
};

/** Integers alone. */
export const INTEGER: Profile = { ...X64_THIN, name: "integer", types: SMALL_INTS };

export const PROFILES: readonly Profile[] = [ALL, SCALAR, SIMD, X64, X64_VECTORS, X64_THIN, INTEGER];

/** The profile called `name`, or undefined. */
export const profileByName = (name: string): Profile | undefined => PROFILES.find((p) => p.name === name);
