import { SourceFile } from "@gantry/diag";
import { expect, it } from "vitest";
import { Function } from "../function.ts";
import { readFunctions } from "../reader/file.ts";
import { verify } from "../verifier/verify.ts";
import { functionName, nameText, writeFunction } from "../writer/function.ts";
import { inlineCalls } from "./inline.ts";

/** Inlines every callee that stands earlier in the text, as it was before anything was inlined into it. */
function inlined(text: string, revisit = true): string {
  const originals = readFunctions(new SourceFile("t", text));
  const functions = readFunctions(new SourceFile("t", text));
  const seen = new Map<string, Function>();
  let out = "";
  functions.forEach((f, k) => {
    seen.set(functionName(f), originals[k]);
    inlineCalls(f, (_, callee) => seen.get(nameText(f, callee)), { revisit, maxInsts: 500 });
    expect(verify(f)).toEqual([]);
    out = writeFunction(f);
  });
  return out;
}

const ADD =
  "function %add(i32, i32) -> i32 fast {\nblock0(v0: i32, v1: i32):\n v2 = iadd v0, v1\n return v2\n}\n";

it("puts the body between what is in front of the call and what is behind it", () => {
  expect(
    inlined(
      `${ADD}function %f(i32) -> i32 fast {\n fn0 = %add(i32, i32) -> i32 fast\nblock0(v0: i32):\n v1 = iconst.i32 3\n v2 = call fn0(v0, v1)\n v3 = imul v2, v2\n return v3\n}`,
    ),
  ).toBe(
    `function %f(i32) -> i32 fast {
    sig0 = (i32, i32) -> i32 fast
    fn0 = %add sig0

block0(v0: i32):
    v1 = iconst.i32 3
    jump block1

block1:
    v5 = iadd.i32 v0, v1  ; v1 = 3
    jump block2(v5)

block2(v4: i32):
    v2 -> v4
    v3 = imul v2, v2
    return v3
}
`,
  );
});

it("numbers copies of everything behind what the caller has", () => {
  const callee = `function %c(i64) -> i64 tail {
    ss0 = explicit_slot 8
    region0 = 5 "five"
    region1 = 9 "nine"
    gv0 = symbol %data
    sig0 = () tail
    fn0 = u1:7 sig0
    const0 = 0x0102
block0(v0: i64):
    v1 -> v0
    v2 = load.i64 region1 v1
    v3 = stack_addr.i64 ss0
    v4 = symbol_value.i64 gv0
    v5 = vconst.i8x2 const0
    call fn0()
    brif v2, block1(v3), block2
block1(v6: i64):
    return v6
block2:
    return_call_indirect sig1, v4(v2)
block3:
    trap user1
}
`.replace("    fn0 =", "    sig1 = (i64) -> i64 tail\n    fn0 =");
  const text = inlined(`${callee}function %f(i64) -> i64 tail {
    ss0 = explicit_slot 4
    region0 = 9 "nine"
    fn0 = u1:6() tail
    fn1 = %c(i64) -> i64 tail
    const0 = 0x0102
block0(v0: i64):
    v1 = call fn1(v0)
    return v1
}`);
  expect(text).toContain("load.i64 region0 v0");
  expect(text).toContain("stack_addr.i64 ss1");
  expect(text).toContain("symbol_value.i64 gv0");
  expect(text).toContain("vconst.i8x2 const0");
  expect(text).toContain("call fn2()");
  expect(text).toContain("call_indirect.i64 sig3, v");
  expect(text).not.toContain("user1");
});

it("keeps tail calls at the site of a tail call", () => {
  const text = inlined(
    "function %a() -> i32 tail {\n fn0 = %x() -> i32 tail\nblock0:\n return_call fn0()\n}\nfunction %f() -> i32 tail {\n fn0 = %a() -> i32 tail\nblock0:\n return_call fn0()\n}",
  );
  expect(text).toContain("block0:\n    jump block1\n\nblock1:\n    return_call fn1()\n");
});

it("gives inlined calls the handlers of their try_call", () => {
  const text = inlined(`function %a(i32) -> i32 tail {
    sig0 = (i32) -> i32 tail
    fn0 = %x sig0
block0(v0: i32):
    v1 = call fn0(v0)
    v2 = iadd v1, v1
    return v2
}
function %f(i32) -> i32 tail {
    sig0 = (i32) -> i32 tail
    fn0 = %a sig0
block0(v0: i32):
    try_call fn0(v0), sig0, block1(ret0, v0), [ tag1: block2(exn0), context v0 ]
block1(v1: i32, v2: i32):
    return v1
block2(v3: i64):
    trap user1
}`);
  expect(text).toContain("try_call fn1(v0), sig1, block5(ret0), [ tag1: block2(exn0), context v0 ]");
  expect(text).toContain("block5(v7: i32):\n    v5 -> v7\n");
  expect(text).toContain("block4(v4: i32):\n    jump block1(v4, v0)");
});

it("joins debug tags and stack maps", () => {
  const text = inlined(`function %a() tail {
    ss0 = explicit_slot 8
    fn0 = %x() tail
block0:
<1, ss0> call fn0(), stack_map=[i32 @ ss0+0]
    sequence_point
    return
}
function %f() tail {
    ss0 = explicit_slot 8
    fn0 = %a() tail
block0:
<9> call fn0(), stack_map=[i64 @ ss0+0]
    return
}`);
  expect(text).toMatch(/<9, 1, ss1> +call fn1\(\), stack_map=\[i64 @ ss0\+0, i32 @ ss1\+0\]/);
  expect(text).toMatch(/\n +sequence_point/);
});

it("stops at the given size", () => {
  const loop = "function %f() fast {\n fn0 = %f() fast\nblock0:\n call fn0()\n call fn0()\n return\n}";
  const [f] = readFunctions(new SourceFile("t", loop));
  const [original] = readFunctions(new SourceFile("t", loop));
  inlineCalls(f, () => original, { revisit: true, maxInsts: 200 });
  expect(f.numInsts).toBeLessThan(220);
  expect(verify(f)).toEqual([]);
});

it("leaves calls alone that do not fit the body", () => {
  const [f] = readFunctions(
    new SourceFile(
      "t",
      "function %f(i32) {\n fn0 = %g(i32) fast\nblock0(v0: i32):\n call fn0(v0)\n return\n}",
    ),
  );
  expect(inlineCalls(f, () => new Function())).toBe(0);
});
