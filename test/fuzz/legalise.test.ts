import { filePlan, type GeneratedFile, generate, X64_VECTORS } from "@gantry/clif-gen";
import {
  type DataValue,
  dataResultsText,
  type Function,
  isVector,
  readFunctions,
  Settings,
  TRAP_STACK_OVERFLOW,
  type Type,
  typeBits,
  verify,
  writeFunction,
} from "@gantry/clif-ir";
import { CompileContext } from "@gantry/codegen-core";
import { type CallResult, Interpreter } from "@gantry/interpreter";
import { x64 } from "@gantry/isa-x64";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { sameValue } from "./differential.ts";
import { supportedBy } from "./supported.ts";

// Legalised functions mean what they meant before. The interpreter alone says so: no instruction is selected here.

const FILES = 200;
const FUEL = 300_000;
const REGISTER_BITS = 128;

/** How many values of a register's width stand for one of type `t` between legalised functions. */
const partsOf = (t: Type): number => (isVector(t) ? Math.max(1, typeBits(t) / REGISTER_BITS) : 1);

function partsOfValue({ type, bits }: DataValue): DataValue[] {
  const n = partsOf(type);
  if (n === 1) return [{ type, bits }];
  const part = type - 16 * Math.log2(n);
  return Array.from({ length: n }, (_, k) => ({
    type: part,
    bits: BigInt.asUintN(REGISTER_BITS, bits >> BigInt(REGISTER_BITS * k)),
  }));
}

/** Values of these types from their parts. */
function joined(types: readonly Type[], parts: readonly DataValue[]): DataValue[] {
  let at = 0;
  return types.map((type) => {
    const n = partsOf(type);
    let bits = 0n;
    for (let k = 0; k < n; k++) bits |= parts[at + k].bits << BigInt(REGISTER_BITS * k);
    at += n;
    return { type, bits };
  });
}

function legalised(text: string, context: CompileContext): Function[] {
  return readFunctions({ name: "random.clif", bytes: new TextEncoder().encode(text) }).map((func) => {
    context.compile(func, { after: (pass) => pass.name === "legalise" });
    func.resolveAliases();
    const [error] = verify(func, undefined, x64);
    if (error !== undefined) throw new Error(`${error.message} in\n${writeFunction(func)}`);
    return func;
  });
}

function interpret(
  file: GeneratedFile,
  functions: readonly Function[],
  args: readonly DataValue[],
): CallResult {
  const interpreter = new Interpreter({ endian: "little", fuel: FUEL });
  interpreter.addFunctions([...functions]);
  return interpreter.call(`%${file.entry.name}`, args);
}

/** Whether the call tells nothing: it needs more than it may. */
const isOpen = (r: CallResult): boolean =>
  "trap" in r && (r.trap.reason === "fuel" || r.trap.code === TRAP_STACK_OVERFLOW);

function compare(file: GeneratedFile, context: CompileContext): number {
  const before = readFunctions({ name: "random.clif", bytes: new TextEncoder().encode(file.text) });
  const after = legalised(file.text, context);
  let compared = 0;
  for (const args of file.calls) {
    const expected = interpret(file, before, args);
    const found = interpret(file, after, args.flatMap(partsOfValue));
    if (isOpen(expected) || isOpen(found)) continue;
    compared++;
    if ("trap" in expected || "trap" in found) {
      expect("trap" in found && found.trap.code, file.text).toBe("trap" in expected && expected.trap.code);
      continue;
    }
    const results = joined(file.entry.returns, found.results);
    const isSame = results.every((r, k) => sameValue(r.type, r.bits, expected.results[k].bits));
    expect(isSame, `${file.text}\n${dataResultsText(expected.results)}\n${dataResultsText(results)}`).toBe(
      true,
    );
  }
  return compared;
}

describe("legalised functions", () => {
  it("do in the interpreter what they did before", () => {
    const context = new CompileContext(x64, new Settings(x64.settings));
    const profile = supportedBy(x64, X64_VECTORS);
    let compared = 0;
    const outcome = fc.check(
      fc.property(filePlan(), (plan) => {
        compared += compare(generate(plan, profile), context);
      }),
      { seed: 77, numRuns: FILES },
    );
    if (outcome.failed) throw outcome.errorInstance;
    expect(compared).toBeGreaterThan(FILES);
  });
});
