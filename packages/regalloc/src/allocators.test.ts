import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { BacktrackingAllocator } from "./backtracking/backtracking.ts";
import { checkAllocation } from "./check.ts";
import { LinearAllocator } from "./linear.ts";
import { LIMIT, operandConstraint } from "./operand.ts";
import { Output } from "./output.ts";
import { Problem } from "./problem.ts";
import { allocationStats } from "./stats.ts";
import {
  Choices,
  fuzzAllocators,
  generateProblem,
  PROBLEM_MAKERS,
  RandomBytes,
  shrink,
  simulate,
} from "./testing/index.ts";
import { outputToText, problemFromText, problemToText } from "./text.ts";
import { validateProblem } from "./validate.ts";

const ALLOCATORS = {
  linear: new LinearAllocator(),
  "linear with sparse liveness": new LinearAllocator(0),
  backtracking: new BacktrackingAllocator(),
};
const NAMES = Object.keys(ALLOCATORS) as (keyof typeof ALLOCATORS)[];
const p = new Problem();
const out = new Output();

/** Allocates what the bytes describe with one allocator; returns a report that is empty when all is well. */
function trouble(bytes: ArrayLike<number>, name: keyof typeof ALLOCATORS): string {
  const env = generateProblem(bytes, p);
  const invalid = validateProblem(p);
  if (invalid.length > 0) return `${invalid.join("\n")}\n${problemToText(p, env)}`;
  ALLOCATORS[name].run(p, env, out);
  const errors = checkAllocation(p, env, out);
  const wrong = errors.length === 0 ? simulate(p, out, new Choices(bytes)) : "";
  if (errors.length === 0 && wrong === "") return "";
  return [...errors, wrong, problemToText(p, env), outputToText(p, out)].join("\n");
}

describe.each(NAMES)("%s", (name) => {
  test("allocates shrinkable random problems", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400, size: "max" }), (bytes) => {
        expect(trouble(bytes, name)).toBe("");
      }),
      { seed: 6, numRuns: 400 },
    );
  });

  test("gives the same answer twice, whatever was allocated between", () => {
    const random = new RandomBytes(7);
    for (let k = 0; k < 50; k++) {
      const bytes = random.bytes(400);
      const env = generateProblem(bytes, p);
      ALLOCATORS[name].run(p, env, out);
      const before = outputToText(p, out);
      generateProblem(random.bytes(400), p);
      ALLOCATORS[name].run(p, env, out);
      generateProblem(bytes, p);
      ALLOCATORS[name].run(p, env, out);
      expect(outputToText(p, out)).toBe(before);
    }
  });

  test.each([
    ["an instruction whose definitions take all registers", "op =v0:s0 =v1:r0 =v2:r1 =v3:s1@early", "-"],
    ["a branch, in a fixed stack slot", "br =v0:s0 =v1:any =v2:r1 =v3:s1 -> b1 b2", "b1 b2"],
    ["a branch, in slots", "br =v0:stack =v1:r0 =v2:r1 =v3:stack -> b1 b2", "b1 b2"],
    ["a branch, in a register that the client keeps", "br =v0:r7 =v1:r0 =v2:r1 =v3:any -> b1 b2", "b1 b2"],
  ])("takes away what is defined where it cannot stay, by %s", (_, op, targets) => {
    const use = "op v0:reg v3:any\nop v1:reg v2:any\nop v3:r0\nret v0:r1";
    const blocks = targets.split(" ").map((b) => (b === "-" ? use : `block ${b}\n${use}`));
    const text = `problem t
env preferred r0,r1 other - saved - slots 2
vregs 4
block b0
${op}
${blocks.join("\n")}
end
`;
    const env = problemFromText(text, p);
    expect(validateProblem(p)).toEqual([]);
    ALLOCATORS[name].run(p, env, out);
    expect(checkAllocation(p, env, out)).toEqual([]);
    expect(simulate(p, out, new Choices([0]))).toBe("");
  });

  test.each(PROBLEM_MAKERS)("allocates $name", ({ make }) => {
    const env = make(p, 1000);
    expect(validateProblem(p)).toEqual([]);
    ALLOCATORS[name].run(p, env, out);
    expect(checkAllocation(p, env, out)).toEqual([]);
    expect(allocationStats(p, out).insts).toBe(p.numInsts());
  });
});

test("20,000 random problems", () => {
  const { right, failure } = fuzzAllocators(6, 20_000);
  if (failure !== undefined) expect.fail([failure.algorithm, ...failure.errors, failure.text].join("\n"));
  expect(right).toEqual({ linear: 20_000, backtracking: 20_000 });
});

test("20,000 random problems on few registers, of which those are refused that have no solution", () => {
  const { right, refused, failure } = fuzzAllocators(16, 20_000, { scarce: true });
  if (failure !== undefined) expect.fail([failure.algorithm, ...failure.errors, failure.text].join("\n"));
  expect(right.linear + refused.linear).toBe(20_000);
  expect(refused.linear).toBeGreaterThan(200);
  expect(right.backtracking).toBe(right.linear);
});

test("2,000 random problems with sparse liveness", () => {
  const random = new RandomBytes(60);
  for (let k = 0; k < 2_000; k++)
    expect(trouble(random.bytes(50 + ((k * 7) % 600)), "linear with sparse liveness")).toBe("");
});

test("failures shrink", () => {
  const isBad = (bytes: Uint8Array) => {
    generateProblem(bytes, p);
    return p.operandInfo.toArray().some((info) => operandConstraint(info) === LIMIT);
  };
  const random = new RandomBytes(8);
  for (let k = 0; k < 20; ) {
    const bytes = random.bytes(600);
    if (!isBad(bytes)) continue;
    k++;
    const small = shrink(bytes, isBad);
    expect(isBad(small)).toBe(true);
    expect(p.numInsts()).toBeLessThanOrEqual(8);
  }
});
