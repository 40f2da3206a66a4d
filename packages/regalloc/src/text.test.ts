import { describe, expect, test } from "vitest";
import { Problem } from "./problem.ts";
import { generateProblem, RandomBytes } from "./testing/index.ts";
import { ProblemReader, problemFromText, problemToText } from "./text.ts";

describe("text form", () => {
  test("reads back what it writes", () => {
    const random = new RandomBytes(1);
    const p = new Problem();
    const q = new Problem();
    for (let k = 0; k < 300; k++) {
      const env = generateProblem(random.bytes(40 + k), p);
      p.debugLabels.clear();
      if (p.numVRegs > 128) for (const word of [128, 0, p.numInsts(), 7]) p.debugLabels.push(word);
      const text = problemToText(p, env);
      const again = problemFromText(text, q);
      expect(problemToText(q, again)).toBe(text);
      for (const column of Object.keys(p) as (keyof Problem)[]) {
        const a = p[column];
        if (typeof a === "object" && "toArray" in a)
          expect((q[column] as typeof a).toArray(), column).toEqual(a.toArray());
      }
    }
  });

  test("reads one problem after the other", () => {
    const one = "problem a\nenv preferred r0 other - saved - slots 0\nvregs 0\nblock b0\n  ret\nend\n";
    const reader = new ProblemReader(`; two\n${one}\n${one.replace("problem a", "problem b")}`);
    const p = new Problem();
    const names: string[] = [];
    while (reader.next(p) !== undefined) names.push(reader.name);
    expect(names).toEqual(["a", "b"]);
  });

  test.each([
    ["problem a\nvregs 1\nblock b0\n  ret\nend\n", "has no 'env' line"],
    [
      "problem a\nenv preferred r0 other - saved - slots 0\nvregs 1\nblock b0\n  op v3:reg\n  ret\nend",
      "line 5: v3",
    ],
    ["problem a\nenv preferred r99 other - saved - slots 0\n", "beyond the last register"],
    ["problem a\nenv preferred r0 other - saved - slots 0\nblock b0\nret\n", "does not end with 'end'"],
    ["nonsense", "starts with 'problem NAME'"],
  ])("refuses %j", (text, message) => {
    expect(() => problemFromText(text, new Problem())).toThrow(message);
  });
});
