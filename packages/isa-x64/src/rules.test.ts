/** What the rules choose, as assembly text: one small function for each idea of `rules/x64`. */
import { readFunctions, Settings } from "@gantry/clif-ir";
import { CompileContext } from "@gantry/codegen-core";
import { expect, test } from "vitest";
import { x64 } from "./index.ts";

/** An instruction with registers as `r` and `x`, because which ones they are is not the rules' business. */
function shape(text: string): string {
  return text
    .replaceAll(/\s+/g, " ")
    .replaceAll(/%xmm\d+/g, "x")
    .replaceAll(/%(?!rip|rsp|cl,)[a-z0-9]+/g, "r");
}

/** The instructions of a function with this signature and body; moves between registers are the allocator's. */
function select(signature: string, body: string, ...settings: string[]): string[] {
  const lines = body
    .trim()
    .split("\n")
    .map((line) => line.trim())
    .join("\n    ");
  const params = /^\((.*)\)/.exec(signature)![1];
  const types = params.split(", ").filter((t) => t !== "");
  const block = types.map((t, k) => `v${k}: ${t}`).join(", ");
  const text = `function %f${signature} system_v {\n    sig0 = (i64) -> i64 system_v\n    fn0 = colocated %g sig0\nblock0(${block}):\n    ${lines}\n}\n`;
  const [func] = readFunctions({ name: "rules.clif", bytes: new TextEncoder().encode(text) });
  const values = new Settings(x64.settings);
  for (const s of ["regalloc_checker=true", ...settings]) values.set(s);
  const code = new CompileContext(x64, values).compile(func);
  const out: string[] = [];
  for (let at = 0; at < code.codeLength; ) {
    const inst = x64.decode(code.bytes.subarray(0, code.codeLength), at)!;
    const found = shape(inst.text);
    if (!/^(movq r, r|movaps x, x)$/.test(found)) out.push(found);
    at += inst.length;
  }
  return out;
}

function check(
  name: string,
  signature: string,
  body: string,
  expected: string[],
  ...settings: string[]
): void {
  test(name, () => {
    const found = select(signature, body, ...settings);
    expect(found).toEqual(expected);
  });
}

check(
  "an address is base, index, scale and displacement",
  "(i64, i64) -> i32",
  `
  v2 = iconst.i64 3
  v3 = ishl v1, v2
  v4 = iadd v0, v3
  v5 = load.i32 v4+16
  return v5`,
  ["movl 16(r,r,8), r", "retq"],
);

check(
  "a load that is used once is an operand",
  "(i64, i32) -> i32",
  `
  v2 = load.i32 v0+8
  v3 = isub v1, v2
  return v3`,
  ["subl 8(r), r", "retq"],
);

check(
  "a load with a store behind it stays where it is",
  "(i64, i32) -> i32",
  `
  v2 = load.i32 v0+8
  store v1, v0+8
  v3 = isub v1, v2
  return v3`,
  ["movl 8(r), r", "movl r, 8(r)", "subl r, r", "retq"],
);

check(
  "load, operate and store are one instruction",
  "(i64, i32)",
  `
  v2 = load.i32 v0+8
  v3 = iadd v2, v1
  store v3, v0+8
  return`,
  ["addl r, 8(r)", "retq"],
);

check(
  "a comparison with a constant in memory",
  "(i64) -> i8",
  `
  v1 = load.i32 v0
  v2 = iconst.i32 100
  v3 = icmp ult v1, v2
  return v3`,
  ["cmpl $100, (r)", "setb r", "retq"],
);

check(
  "a comparison is fused with the branch that reads it",
  "(i32, i32) -> i32",
  `
  v2 = icmp slt v0, v1
  brif v2, block1, block2
block1:
  return v0
block2:
  return v1`,
  ["cmpl r, r", "jl 0x8", "retq", "retq"],
);

check(
  "a test of a truth value with zero is the opposite condition",
  "(i32, i32) -> i32",
  `
  v2 = icmp slt v0, v1
  v3 = uextend.i32 v2
  v4 = iconst.i32 0
  v5 = icmp eq v3, v4
  brif v5, block1, block2
block1:
  return v0
block2:
  return v1`,
  ["cmpl r, r", "jge 0x8", "retq", "retq"],
);

check(
  "equal floats need two flags",
  "(f64, f64) -> i8",
  `
  v2 = fcmp eq v0, v1
  return v2`,
  ["ucomisd x, x", "setnp r", "sete r", "andl r, r", "retq"],
);

check(
  "select is a conditional move",
  "(i32, i32, i32) -> i32",
  `
  v3 = iconst.i32 7
  v4 = icmp ugt v0, v3
  v5 = select v4, v1, v2
  return v5`,
  ["cmpl $7, r", "cmoval r, r", "retq"],
);

check(
  "a sum of 32 bits is extended already",
  "(i64, i32, i32) -> i64",
  `
  v3 = iadd v1, v2
  v4 = uextend.i64 v3
  v5 = iadd v0, v4
  return v5`,
  ["addl r, r", "addq r, r", "retq"],
);

check(
  "products by constants",
  "(i32) -> i32, i32",
  `
  v1 = iconst.i32 9
  v2 = imul v0, v1
  v3 = iconst.i32 16
  v4 = imul v2, v3
  return v2, v4`,
  ["leal (r,r,8), r", "shll $4, r", "retq"],
);

check(
  "masks are extensions",
  "(i64) -> i64, i64",
  `
  v1 = iconst.i64 255
  v2 = band v0, v1
  v3 = iconst.i64 0xffff_ffff
  v4 = band v0, v3
  return v2, v4`,
  ["movzbl r, r", "movl r, r", "retq"],
);

check(
  "narrow shifts extend what comes in from above",
  "(i8, i8) -> i8",
  `
  v2 = sshr v0, v1
  return v2`,
  ["movsbl r, r", "andl $7, r", "sarl %cl, r", "retq"],
);

check(
  "division by a constant is a multiplication",
  "(i32) -> i32",
  `
  v1 = iconst.i32 10
  v2 = udiv v0, v1
  return v2`,
  ["movl r, r", "movl $3435973837, r", "imulq r, r", "shrq $35, r", "retq"],
);

check(
  "division by a power of two rounds towards zero",
  "(i32) -> i32",
  `
  v1 = iconst.i32 8
  v2 = sdiv v0, v1
  return v2`,
  ["sarl $31, r", "shrl $29, r", "addl r, r", "sarl $3, r", "retq"],
);

check(
  "zero is made in two bytes where nothing reads the flags",
  "(i32) -> i32, i64",
  `
  v1 = iconst.i64 0
  v2 = iconst.i32 1
  v3 = iadd v0, v2
  return v3, v1`,
  ["addl $1, r", "xorl r, r", "retq"],
);

check(
  "a parameter is extended once",
  "(i64, i32) -> i32",
  `
  v2 = uextend.i64 v1
  v3 = iadd v0, v2
  v4 = load.i32 v3
  v5 = uextend.i64 v1
  v6 = iadd v0, v5
  v7 = load.i32 v6+4
  v8 = iadd v4, v7
  return v8`,
  ["movl r, r", "movl (r,r,1), r", "addl 4(r,r,1), r", "retq"],
);

check(
  "a jump table clamps its index",
  "(i32) -> i32",
  `
  br_table v0, block3, [block1, block2]
block1:
  v1 = iconst.i32 1
  return v1
block2:
  v2 = iconst.i32 2
  return v2
block3:
  v3 = iconst.i32 3
  return v3`,
  [
    "movl $2, r",
    "cmpl $2, r",
    "cmovbl r, r",
    "leaq 30(%rip), r",
    "movslq (r,r,4), r",
    "addq r, r",
    "jmpq *r",
    "movl $2, r",
    "retq",
    "movl $1, r",
    "retq",
    "movl $3, r",
    "retq",
  ],
);

check(
  "rounding with SSE4.1",
  "(f64) -> f64",
  `
  v1 = floor v0
  return v1`,
  ["roundsd $9, x, x", "retq"],
  "sse41",
);

check(
  "rounding without it",
  "(f64) -> f64",
  `
  v1 = floor v0
  return v1`,
  ["pushq r", "movabsq $0, r", "callq *r", "popq r", "retq"],
);

check(
  "an addition of 128 bits",
  "(i128, i128) -> i128",
  `
  v2 = iadd v0, v1
  return v2`,
  ["addq r, r", "adcq r, r", "retq"],
);

check(
  "a constant of 128 bits is two immediates",
  "(i128) -> i128",
  `
  v1 = iconst.i64 1
  v2 = uextend.i128 v1
  v3 = iadd v0, v2
  return v3`,
  ["addq $1, r", "adcq $0, r", "retq"],
);

check(
  "a shift of 128 bits by a constant",
  "(i128) -> i128",
  `
  v1 = iconst.i32 20
  v2 = ishl v0, v1
  return v2`,
  ["shlq $20, r", "shldq $20, r, r", "retq"],
);

check(
  "a word times a word",
  "(i64, i64) -> i128",
  `
  v2 = uextend.i128 v0
  v3 = uextend.i128 v1
  v4 = imul v2, v3
  return v4`,
  ["mulq r", "retq"],
);

check(
  "a comparison of 128 bits is a condition",
  "(i128, i128)",
  `
  v2 = icmp ult v0, v1
  trapnz v2, user1
  return`,
  ["cmpq r, r", "sbbq r, r", "jb 0x9", "retq", "ud2"],
);

check(
  "a load in the other byte order",
  "(i64) -> i32",
  `
  v1 = load.i32 big v0+8
  return v1`,
  ["movbel 8(r), r", "retq"],
  "has_movbe",
);

check(
  "a sum of halves with F16C",
  "(f16, f16) -> f16",
  `
  v2 = fadd v0, v1
  return v2`,
  ["vcvtph2ps x, x", "vcvtph2ps x, x", "vaddss x, x, x", "vcvtps2ph $0, x, x", "retq"],
  "has_f16c",
);
