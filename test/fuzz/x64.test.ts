import { filePlan, generate, type Profile, X64, X64_VECTORS } from "@gantry/clif-gen";
import { x64 } from "@gantry/isa-x64";
import { ChildExecutor, nativeFeatures } from "@gantry/jit";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { compareWithNative, reproduction } from "./differential.ts";
import { supportedBy } from "./supported.ts";

const FILES = 300;
const CASES: readonly (readonly [Profile, readonly string[]])[] = [
  [X64, []],
  [X64, ["regalloc_algorithm=single_pass"]],
  [X64, ["regalloc_algorithm=backtracking"]],
  [X64, ["opt_level=speed"]],
  [X64, ["has_cmpxchg16b"]],
  [X64_VECTORS, []],
];

describe.runIf(process.arch === "x64")("native code of random functions", () => {
  const target = { module: import.meta.resolve("@gantry/isa-x64"), exportName: "x64" };
  const executor = new ChildExecutor(target);
  afterAll(() => executor.close());
  let functions = 0;

  it.each(
    CASES.map(([from, settings], k) => [`${from.name} ${settings.join(" ")}`, from, settings, k] as const),
  )("does what the interpreter does: %s", async (_, from, settings, k) => {
    const profile = supportedBy(x64, from, settings);
    const outcome = await fc.check(
      fc.asyncProperty(filePlan(), async (plan) => {
        const file = generate(plan, profile);
        const { differences, refused } = await compareWithNative(file, executor, settings);
        functions += file.functions.length;
        expect(refused).toBeUndefined();
        expect(differences.length, reproduction(file, differences, settings)).toBe(0);
      }),
      { seed: 1000 + k, numRuns: FILES },
    );
    if (outcome.failed) throw outcome.errorInstance;
  });

  // Features that this machine has, in any combination, and either allocator.
  const levels = fc.tuple(fc.subarray(nativeFeatures(x64)), fc.constantFrom("linear", "backtracking"));
  it.each([X64, X64_VECTORS])("does what the interpreter does with any features: $name", async (from) => {
    const profile = supportedBy(x64, from, []);
    const outcome = await fc.check(
      fc.asyncProperty(filePlan(), levels, async (plan, [features, allocator]) => {
        const file = generate(plan, profile);
        const settings = [...features, `regalloc_algorithm=${allocator}`, "regalloc_checker"];
        const { differences, refused } = await compareWithNative(file, executor, settings);
        functions += file.functions.length;
        expect(refused).toBeUndefined();
        expect(differences.length, reproduction(file, differences, settings)).toBe(0);
      }),
      { seed: 2000, numRuns: FILES },
    );
    if (outcome.failed) throw outcome.errorInstance;
  });

  it("is compared for enough functions", () => {
    expect(functions).toBeGreaterThan(2000);
  });
});
