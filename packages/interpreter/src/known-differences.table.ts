/**
 * Run lines of Cranelift's own test files that write down what its interpreter does where native code does otherwise.
 * A runner expects these to fail and counts them.
 */
export const KNOWN_DIFFERENCES: readonly { readonly file: string; readonly text: string; readonly reason: string }[] = [
  { file: "i128-conversion.clif", text: "run: %fcvt_to_uint_i128(0x1.fffffep127) == 170141183460469231731687303715884105727",     reason: "the reference clamps to i128" },
  { file: "i128-conversion.clif", text: "run: %fcvt_to_sint_i128(0x1.fffffep127) == 170141183460469231731687303715884105727",     reason: "the reference clamps where native code traps" },
  { file: "i128-conversion.clif", text: "run: %fcvt_to_uint_sat_i128(0x1.fffffep127) == 170141183460469231731687303715884105727", reason: "the reference clamps to i128" },
];
