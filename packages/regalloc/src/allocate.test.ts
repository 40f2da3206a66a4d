import { describe, expect, test } from "vitest";
import { allocate } from "./allocate.ts";
import { solveText } from "./command.ts";
import { Output } from "./output.ts";
import { Problem } from "./problem.ts";
import { problemFromText } from "./text.ts";

const CALL = `problem call
env preferred r0-r1 other r2 saved r2 slots 0
vregs 3
clobbers c1 r0-r1
block b0
  op =v0:r0
  op ~c1 v0:r0 =v1:r0
  op v0:reg v1:reg =v2:reuse0
  ret v2:r0
label 7 v0 1 4
end
`;

describe("allocate", () => {
  test("says where labelled vregs are", () => {
    const p = new Problem();
    const out = new Output();
    const env = problemFromText(CALL, p);
    for (const algorithm of ["linear", "backtracking"] as const) {
      allocate(p, env, algorithm, out);
      const d = out.debugLocations.toArray();
      expect(d.length % 4).toBe(0);
      expect(d[0]).toBe(7);
      expect(d[1]).toBe(1);
      for (let k = 0; k < d.length; k += 4) expect(d[k + 1]! < d[k + 2]!).toBe(true);
    }
  });

  test("solves a text for the command line", () => {
    const { text, errors } = solveText(CALL, "linear");
    expect(errors).toEqual([]);
    expect(text).toContain("; call\n");
    expect(text).toContain("weightedMoves");
  });

  test("reports broken preconditions and what cannot be solved", () => {
    expect(
      solveText(CALL.replace("v2:r0\n", "v1:r0 v2:r0 v9:reg\n").replace("vregs 3", "vregs 10"), "linear")
        .errors[0],
    ).toMatch(/^call: RA0002: .* uses v9, which is not defined there/);
    const fixed = CALL.replace("=v1:r0\n  op v0:reg", "v0:r1@late =v1:r1\n  op v0:reg");
    expect(solveText(fixed, "linear").errors[0]).toMatch(
      /^call: RA0002: instruction 1 .* fixes operands to one place that cannot share it/,
    );
    const tight = CALL.replace("env preferred r0-r1 other r2 saved r2", "env preferred r0 other - saved -");
    expect(solveText(tight.replace("r0-r1", "r0"), "linear").errors[0]).toMatch(/^call: RA0001: /);
  });
});
