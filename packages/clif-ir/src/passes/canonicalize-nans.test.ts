import { SourceFile } from "@gantry/diag";
import { expect, it } from "vitest";
import { readFunctions } from "../reader/file.ts";
import { verify } from "../verifier/verify.ts";
import { writeFunction } from "../writer/function.ts";
import { canonicalizeNans } from "./canonicalize-nans.ts";

it("puts a choice behind every operation that can yield NaN", () => {
  const [f] = readFunctions(
    new SourceFile(
      "t",
      "function %f(f32, f64x2, f128) -> f32, f64x2, f128 {\nblock0(v0: f32, v1: f64x2, v2: f128):\n v3 = fadd v0, v0\n v4 = fmul v1, v1\n v5 = sqrt v2\n v6 = fneg v3\n return v6, v4, v5\n}",
    ),
  );
  expect(canonicalizeNans(f)).toBe(3);
  expect(verify(f)).toEqual([]);
  expect(writeFunction(f)).toBe(`function %f(f32, f64x2, f128) -> f32, f64x2, f128 fast {
    const0 = 0x7ff80000000000007ff8000000000000
    const1 = 0x7fff8000000000000000000000000000

block0(v0: f32, v1: f64x2, v2: f128):
    v7 = fadd v0, v0
    v8 = fcmp uno v7, v7
    v9 = f32const +NaN
    v3 = select v8, v9, v7  ; v9 = +NaN
    v10 = fmul v1, v1
    v11 = fcmp uno v10, v10
    v12 = vconst.f64x2 const0
    v13 = bitcast.f64x2 v11
    v4 = bitselect v13, v12, v10  ; v12 = const0
    v14 = sqrt v2
    v15 = fcmp uno v14, v14
    v16 = f128const const1
    v5 = select v15, v16, v14  ; v16 = +NaN
    v6 = fneg v3
    return v6, v4, v5
}
`);
});
