/** The interpreter against native code: what each makes of the same generated functions. */

import type { GeneratedFile } from "@gantry/clif-gen";
import {
  type DataValue,
  dataResultsText,
  dataValueText,
  hasFloatLanes,
  laneBits,
  minLaneCount,
  readFunctions,
  TRAP_STACK_OVERFLOW,
  type Type,
  trapCodeName,
} from "@gantry/clif-ir";
import { floatLayout, isNan, lanesOf } from "@gantry/clif-ir/eval";
import { type CallResult, Interpreter } from "@gantry/interpreter";
import type { CallOutcome, ChildExecutor } from "@gantry/jit";

/** Instructions after which a call is not compared. */
const FUEL = 300_000;

/** A call on which both disagree. */
export interface Difference {
  readonly call: string;
  readonly expected: string;
  readonly found: string;
}

/** What came of one file. */
export interface Comparison {
  readonly differences: readonly Difference[];
  readonly compared: number;
  /** Why the target refused to compile the file, or undefined. */
  readonly refused: string | undefined;
}

/** Interprets the calls of a file. */
export function interpretCalls(file: GeneratedFile, endian: "little" | "big" = "little"): CallResult[] {
  const interpreter = new Interpreter({ endian, fuel: FUEL });
  interpreter.addFunctions(
    readFunctions({ name: "random.clif", bytes: new TextEncoder().encode(file.text) }),
  );
  return file.calls.map((args) => interpreter.call(`%${file.entry.name}`, args));
}

/** Whether the bits are equal, but for the sign and payload of NaN in lanes. */
export function sameValue(type: Type, a: bigint, b: bigint): boolean {
  if (a === b) return true;
  if (!hasFloatLanes(type)) return false;
  const f = floatLayout(laneBits(type));
  const xs = lanesOf(a, type);
  const ys = lanesOf(b, type);
  for (let k = 0; k < minLaneCount(type); k++)
    if (xs[k] !== ys[k] && !(isNan(xs[k], f) && isNan(ys[k], f))) return false;
  return true;
}

function nativeText(outcome: CallOutcome, types: readonly Type[]): string {
  switch (outcome.kind) {
    case "values":
      return dataResultsText(outcome.values.map((bits, k): DataValue => ({ type: types[k], bits })));
    case "trap":
      return outcome.message;
    case "timeout":
      return "no answer in time";
    default:
      return `${outcome.kind}: ${outcome.message}`;
  }
}

/** How the two outcomes of a call differ, or undefined; `skip` where the call says nothing. */
function compareCall(
  expected: CallResult,
  native: CallOutcome,
  types: readonly Type[],
): Omit<Difference, "call"> | "skip" | undefined {
  const found = nativeText(native, types);
  if ("trap" in expected) {
    const { reason, code, message } = expected.trap;
    if (reason === "fuel" || code === TRAP_STACK_OVERFLOW) return "skip";
    if (reason === "trap" && native.kind === "trap" && native.trap.codeNumber === code) return undefined;
    return { expected: reason === "trap" ? `trap ${trapCodeName(code)}` : `${reason}: ${message}`, found };
  }
  const { results } = expected;
  if (
    native.kind === "values" &&
    native.values.length === results.length &&
    results.every((r, k) => sameValue(r.type, r.bits, native.values[k]))
  )
    return undefined;
  return { expected: dataResultsText(results), found };
}

/** Runs the calls of a file in both ways. */
export async function compareWithNative(
  file: GeneratedFile,
  executor: ChildExecutor,
  settings: readonly string[],
): Promise<Comparison> {
  return (await compareAllWithNative([file], executor, settings))[0]!;
}

/** Runs the calls of several files in both ways, natively as one module. */
export async function compareAllWithNative(
  files: readonly GeneratedFile[],
  executor: ChildExecutor,
  settings: readonly string[],
): Promise<Comparison[]> {
  // Functions are called %f0, %f1 and so on in every file.
  const prefix = (k: number): string => (files.length === 1 ? "" : `m${k}_`);
  const request = {
    text: files.map((file, k) => file.text.replaceAll(/%f(?=\d)/g, `%${prefix(k)}f`)).join("\n"),
    fileName: "random.clif",
    settings,
    calls: files.flatMap((file, k) =>
      file.calls.map((args) => ({ name: prefix(k) + file.entry.name, args: args.map((a) => a.bits) })),
    ),
  };
  const running = executor.run(request);
  const expected = files.map((file) => interpretCalls(file));
  let native = await running;
  // On a busy machine, time may run out for no fault of the code.
  if (native.some((n) => n.kind === "timeout")) native = await executor.run(request);
  let at = 0;
  return files.map((file, k) => {
    const outcomes = native.slice(at, at + file.calls.length);
    at += file.calls.length;
    return compareFile(file, expected[k]!, outcomes);
  });
}

function compareFile(
  file: GeneratedFile,
  expected: readonly CallResult[],
  native: readonly CallOutcome[],
): Comparison {
  const [first] = native;
  if (first?.kind === "error" && first.code.startsWith("CODE"))
    return { differences: [], compared: 0, refused: first.message };
  const differences: Difference[] = [];
  let compared = 0;
  for (let k = 0; k < native.length; k++) {
    const difference = compareCall(expected[k], native[k], file.entry.returns);
    if (difference === "skip") continue;
    compared++;
    if (difference === undefined) continue;
    const call = `%${file.entry.name}(${file.calls[k].map(dataValueText).join(", ")})`;
    differences.push({ call, ...difference });
  }
  return { differences, compared, refused: undefined };
}

/** The file as text, with what it should have given as run commands behind it and what was found instead. */
export function reproduction(
  file: GeneratedFile,
  differences: readonly Difference[],
  settings: readonly string[],
): string {
  const head = ["test run", ...settings.map((s) => `set ${s}`), "target x86_64", ""].join("\n");
  const tail = differences.map((d) =>
    d.expected.startsWith("trap")
      ? `; ${d.call} should end in ${d.expected}; found ${d.found}`
      : `; run: ${d.call} == ${d.expected}\n; found ${d.found}`,
  );
  return `${head}\n${file.text}${tail.join("\n")}\n`;
}
