import { describe, expect, test } from "vitest";
import { allocate } from "./allocate.ts";
import { checkAllocation } from "./check.ts";
import { Output } from "./output.ts";
import { Problem } from "./problem.ts";
import { problemFromText, problemToText } from "./text.ts";

const p = new Problem();
const out = new Output();

function problem(op: string): string {
  return `problem t
env preferred r0-r2,f0,w0 other f1 saved - slots 1
vregs 8
class f 8 v5-v6
class w 8 v7
clobbers c1 r0,r1
block b0
op =v0:any =v1:any =v2:any =v3:any =v5:any =v7:any
${op}
ret v0:r0
end
`;
}

describe.each(["linear", "backtracking"] as const)("%s", (algorithm) => {
  test.each([
    // Early uses of one vreg share.
    "op v0:reg v1:reg v2:reg v0:reg v1:reg",
    // The reused input must be where the fixed use has its vreg.
    "op v1:reg v2:reg@late v0:reg v0:r2 =v4:reuse2",
    // The limits leave one arrangement.
    "op v0:reg v1:limit1 v2:limit0",
    "op v0:reg v1:reg =v4:limit0@early",
    "op ~c1 v0:reg@late v1:reg v2:limit1 =v4:limit0",
    // Memory is left to what is reused.
    "op v0:reg@late v1:reg@late v2:reg@late v3:any =v4:reuse3",
  ])("finds the registers of %s", (op) => {
    const env = problemFromText(problem(op), p);
    const before = problemToText(p, env);
    allocate(p, env, algorithm, out);
    expect(problemToText(p, env)).toBe(before);
    expect(checkAllocation(p, env, out)).toEqual([]);
  });

  test.each([
    [
      "op v0:reg v5:reg v1:reg@late v2:r0 =v4:reg@early",
      "operands 0 (v0:reg), 2 (v1:reg@late), 3 (v2:r0) and 4 (=v4:reg@early) do not fit into r0-r2 together;",
    ],
    [
      "op v0:reg v1:limit1 v2:limit1 =v4:limit1@early",
      "operands 1 (v1:limit1), 2 (v2:limit1) and 3 (=v4:limit1@early) do not fit into r0,r1 together;",
    ],
    [
      "op ~c1 v0:limit1@late v1:reg",
      "operand 0 (v0:limit1@late) lasts through it and may only be in r0,r1, which it clobbers;",
    ],
    [
      "op ~c1 v0:reg@late v1:reg@late v2:any@late",
      "operands 0 (v0:reg@late) and 1 (v1:reg@late) do not fit into r0-r2 together, of which it clobbers r0,r1;",
    ],
    [
      "op v5:f0 =v6:reg@early v5:f1 =v4:reg",
      "operands 0 (v5:f0), 1 (=v6:reg@early) and 2 (v5:f1) do not fit into f0,f1 together;",
    ],
  ])("says why %s cannot be allocated", (op, reason) => {
    const env = problemFromText(problem(op), p);
    const before = problemToText(p, env);
    expect(() => allocate(p, env, algorithm, out)).toThrow(
      `instruction 1 (${op}) has no solution: ${reason} relax one of them (\`any\` may be in memory, an early use may share with a late definition) or split the instruction`,
    );
    expect(problemToText(p, env)).toBe(before);
  });

  test.each([
    "op v4:any =v6:reg =v8:reg =v9:reg =v10:reg =v11:reg",
    "op v4:r0 =v8:reg@early =v9:reg@early =v10:reg@early",
  ])("gives the problem back when %s comes after an instruction that was solved exactly", (op) => {
    const text = problem(`op v0:reg@late v1:reg@late v2:reg@late v3:any =v4:reuse3\n${op}`);
    const env = problemFromText(text.replace("vregs 8", "vregs 12"), p);
    const before = problemToText(p, env);
    expect(() => allocate(p, env, algorithm, out)).toThrow("instruction 2 ");
    expect(problemToText(p, env)).toBe(before);
  });

  test("says that there is no register of a class", () => {
    const env = problemFromText(
      problem("op v7:any =v5:reg").replace(",w0", "").replace("v7:any\nop v7:any", "v7:any\nop v7:reg"),
      p,
    );
    expect(() => allocate(p, env, algorithm, out)).toThrow(
      "no allocatable register suits operand 0 (v7:reg)",
    );
  });
});
