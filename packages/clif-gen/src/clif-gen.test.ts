import {
  type DataValue,
  type Function,
  functionName,
  OWN_SIGNATURE,
  readFunctions,
  verify,
  writeFunction,
} from "@gantry/clif-ir";
import { GantryError } from "@gantry/diag";
import { type CallResult, Interpreter } from "@gantry/interpreter";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  ALL,
  applyEdits,
  edits,
  filePlan,
  type GeneratedFile,
  generate,
  interestingValue,
  PROFILES,
  type Profile,
} from "./index.ts";

const SMALL = { functions: 2, blocks: 4, insts: 8, params: 4, returns: 2 };

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

it("edited text is refused or gives functions that no later stage chokes on", () => {
  let accepted = 0;
  const property = fc.property(filePlan(SMALL), edits, (plan, changes) => {
    const file = generate(plan, ALL);
    let functions: Function[];
    try {
      functions = read(applyEdits(file.text, changes));
    } catch (error) {
      expect(error).toBeInstanceOf(GantryError);
      return;
    }
    if (functions.some((f) => verify(f, undefined, { pointerBytes: 8 }).length > 0)) return;
    accepted++;
    for (const func of functions) read(writeFunction(func));
    const interpreter = new Interpreter({ fuel: 20_000 });
    interpreter.addFunctions(functions);
    for (const func of functions) {
      const types = Array.from({ length: func.sigParamCount(OWN_SIGNATURE) }, (_, k) =>
        func.sigParamType(OWN_SIGNATURE, k),
      );
      interpreter.call(
        functionName(func),
        types.map((type): DataValue => ({ type, bits: interestingValue(type, 9n) })),
      );
    }
  });
  fc.assert(property, { seed: 11, numRuns: 400 });
  expect(accepted).toBeGreaterThan(20);
});

it("generates the same text from the same seed", () => {
  const [profile] = PROFILES;
  expect(files(profile, 7, 3)).toEqual(files(profile, 7, 3));
  expect(files(profile, 8, 3)).not.toEqual(files(profile, 7, 3));
});
