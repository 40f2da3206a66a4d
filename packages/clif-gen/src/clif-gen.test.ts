import { type Function, readFunctions, verify, writeFunction } from "@gantry/clif-ir";
import { type CallResult, Interpreter } from "@gantry/interpreter";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { filePlan, type GeneratedFile, generate, PROFILES, type Profile } from "./index.ts";

const read = (text: string): Function[] =>
  readFunctions({ name: "random.clif", bytes: new TextEncoder().encode(text) });

/** Files of a profile: the same for the same seed. */
const files = (profile: Profile, seed: number, numRuns: number): GeneratedFile[] =>
  fc.sample(filePlan(), { seed, numRuns }).map((plan) => generate(plan, profile));

function results(file: GeneratedFile, functions: Function[]): CallResult[] {
  const interpreter = new Interpreter({ fuel: 200_000 });
  interpreter.addFunctions(functions);
  return file.calls.map((args) => interpreter.call(`%${file.entry.name}`, args));
}

describe.each(PROFILES.map((p) => [p.name, p] as const))("%s", (_, profile) => {
  const generated = files(profile, 1, 60);

  it("generates functions that the verifier accepts", () => {
    for (const { text } of generated)
      for (const func of read(text)) {
        const errors = verify(func, undefined, { pointerBytes: 8 });
        expect(
          errors.map((e) => `${e.place}: ${e.message}`),
          text,
        ).toEqual([]);
      }
  });

  it("generates functions that text keeps", () => {
    for (const { text } of generated) {
      const once = read(text).map((func) => writeFunction(func));
      expect(read(once.join("\n")).map((func) => writeFunction(func))).toEqual(once);
    }
  });

  it("generates functions that the interpreter ends, always in the same way", () => {
    let traps = 0;
    let calls = 0;
    for (const file of generated) {
      const first = results(file, read(file.text));
      expect(results(file, read(file.text))).toEqual(first);
      for (const outcome of first) {
        calls++;
        if (!("trap" in outcome)) continue;
        traps++;
        expect(["trap", "fuel"], `${outcome.trap.message}\n${file.text}`).toContain(outcome.trap.reason);
      }
    }
    expect(traps).toBeLessThan(calls / 2);
  });
});

it("generates the same text from the same seed", () => {
  const [profile] = PROFILES;
  expect(files(profile, 7, 3)).toEqual(files(profile, 7, 3));
  expect(files(profile, 8, 3)).not.toEqual(files(profile, 7, 3));
});
