import { SourceFile } from "@gantry/diag";
import { expect, it } from "vitest";
import { ControlFlow } from "../analysis/control-flow.ts";
import { readFunctions } from "../reader/file.ts";
import { verify } from "../verifier/verify.ts";
import { writeFunction } from "../writer/function.ts";
import { removeConstantParams } from "./constant-params.ts";
import { removeUnreachableBlocks } from "./unreachable.ts";

const flow = new ControlFlow();

function clean(text: string): string {
  const [f] = readFunctions(new SourceFile("t", text));
  flow.compute(f);
  removeUnreachableBlocks(f, flow);
  removeConstantParams(f, flow);
  f.resolveAliases();
  expect(verify(f)).toEqual([]);
  return writeFunction(f);
}

it("removes blocks that control cannot reach", () => {
  expect(clean("function %f() {\nblock0:\n jump block2\nblock1:\n jump block2\nblock2:\n return\n}")).toBe(
    "function %f() fast {\nblock0:\n    jump block2\n\nblock2:\n    return\n}\n",
  );
});

it("removes parameters that always receive the same value, round loops too", () => {
  expect(
    clean(`function %f(i32) -> i32 {
block0(v0: i32):
    jump block1(v0, v0)
block1(v1: i32, v2: i32):
    v3 = iadd v1, v2
    brif v3, block1(v3, v2), block2(v2, v1)
block2(v4: i32, v5: i32):
    v6 = iadd v4, v5
    return v6
}`),
  ).toBe(
    `function %f(i32) -> i32 fast {
block0(v0: i32):
    v2 -> v0
    v4 -> v0
    jump block1(v0)

block1(v1: i32):
    v5 -> v1
    v3 = iadd v1, v0
    brif v3, block1(v3), block2

block2:
    v6 = iadd.i32 v0, v1
    return v6
}
`,
  );
});

it("keeps parameters that exceptions and returns pass", () => {
  const text = `function %f(i32) -> i32 tail {
    sig0 = (i32) -> i32 tail
    fn0 = %g sig0

block0(v0: i32):
    try_call fn0(v0), sig0, block1(ret0), [ default: block2(exn0) ]

block1(v1: i32):
    return v1

block2(v2: i64):
    trap user1
}
`;
  expect(clean(text)).toBe(text);
});
