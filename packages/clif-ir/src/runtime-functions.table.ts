/**
 * Functions of the compiler's runtime library and of the C library's mathematics that take the place of operations
 * which a machine lacks. Names and signatures are those that compilers agree on: "Routines for integer arithmetic" and
 * "Routines for floating point emulation" of the GCC Internals manual, and the `_Float128` functions of ISO/IEC TS
 * 18661-3. libgcc and compiler-rt have the former, glibc (2.26 and later) the latter.
 */
import { F32, F64, F128, I32, I64, I128, type Type } from "./types.ts";

/** A runtime function by its symbol; CLIF calls it as `%symbol`. */
export interface RuntimeFunctionRow {
  readonly symbol: string;
  readonly params: readonly Type[];
  readonly result: Type;
  /** Where it usually is. */
  readonly library: "compiler" | "math";
  /** The operation that it performs; the condition of a comparison follows from its name. */
  readonly does: string;
}

const row = (symbol: string, does: string, params: Type[], result: Type): RuntimeFunctionRow => ({
  symbol,
  params,
  result,
  library: symbol.startsWith("__") ? "compiler" : "math",
  does,
});

export const RUNTIME_FUNCTIONS: readonly RuntimeFunctionRow[] = [
  row("__udivti3", "udiv", [I128, I128], I128),
  row("__divti3", "sdiv", [I128, I128], I128),
  row("__umodti3", "urem", [I128, I128], I128),
  row("__modti3", "srem", [I128, I128], I128),

  row("__addtf3", "fadd", [F128, F128], F128),
  row("__subtf3", "fsub", [F128, F128], F128),
  row("__multf3", "fmul", [F128, F128], F128),
  row("__divtf3", "fdiv", [F128, F128], F128),
  row("sqrtf128", "sqrt", [F128], F128),
  row("fmaf128", "fma", [F128, F128, F128], F128),
  row("ceilf128", "ceil", [F128], F128),
  row("floorf128", "floor", [F128], F128),
  row("truncf128", "trunc", [F128], F128),
  row("nearbyintf128", "nearest", [F128], F128),

  // Comparisons: a number whose comparison with zero, of the same condition, answers; it says "no" for NaN.
  row("__eqtf2", "fcmp eq", [F128, F128], I32),
  row("__netf2", "fcmp ne", [F128, F128], I32),
  row("__lttf2", "fcmp lt", [F128, F128], I32),
  row("__letf2", "fcmp le", [F128, F128], I32),
  row("__gttf2", "fcmp gt", [F128, F128], I32),
  row("__getf2", "fcmp ge", [F128, F128], I32),
  // Not zero if one of them is NaN.
  row("__unordtf2", "fcmp uno", [F128, F128], I32),

  row("__extendsftf2", "fpromote", [F32], F128),
  row("__extenddftf2", "fpromote", [F64], F128),
  row("__trunctfsf2", "fdemote", [F128], F32),
  row("__trunctfdf2", "fdemote", [F128], F64),

  // Truncations: what they return out of range is not defined.
  row("__fixtfsi", "fcvt_to_sint", [F128], I32),
  row("__fixtfdi", "fcvt_to_sint", [F128], I64),
  row("__fixtfti", "fcvt_to_sint", [F128], I128),
  row("__fixsfti", "fcvt_to_sint", [F32], I128),
  row("__fixdfti", "fcvt_to_sint", [F64], I128),
  row("__fixunstfsi", "fcvt_to_uint", [F128], I32),
  row("__fixunstfdi", "fcvt_to_uint", [F128], I64),
  row("__fixunstfti", "fcvt_to_uint", [F128], I128),
  row("__fixunssfti", "fcvt_to_uint", [F32], I128),
  row("__fixunsdfti", "fcvt_to_uint", [F64], I128),

  row("__floatsitf", "fcvt_from_sint", [I32], F128),
  row("__floatditf", "fcvt_from_sint", [I64], F128),
  row("__floattitf", "fcvt_from_sint", [I128], F128),
  row("__floattisf", "fcvt_from_sint", [I128], F32),
  row("__floattidf", "fcvt_from_sint", [I128], F64),
  row("__floatunsitf", "fcvt_from_uint", [I32], F128),
  row("__floatunditf", "fcvt_from_uint", [I64], F128),
  row("__floatuntitf", "fcvt_from_uint", [I128], F128),
  row("__floatuntisf", "fcvt_from_uint", [I128], F32),
  row("__floatuntidf", "fcvt_from_uint", [I128], F64),
];
