/**
 * Looks for bugs with random functions until it finds one or is stopped.
 *
 *     pnpm fuzz clif          reader, writer, verifier and interpreter
 *     pnpm fuzz x64           the interpreter against native code
 *     pnpm fuzz regalloc      the register allocators against their checker
 *
 * Options: --profile NAME, --seed N (the first one), --count N (seeds; endless without), --large (functions),
 * --set NAME[=VALUE], --out FILE (for what is found).
 */
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import {
  applyEdits,
  DEFAULT_SIZE,
  edits,
  filePlan,
  type GeneratedFile,
  generate,
  interestingValue,
  LARGE,
  PROFILES,
  profileByName,
} from "@gantry/clif-gen";
import {
  type DataValue,
  type Function,
  fromImage,
  functionName,
  OWN_SIGNATURE,
  readFunctions,
  toImage,
  verify,
  writeFunction,
} from "@gantry/clif-ir";
import { GantryError } from "@gantry/diag";
import { Interpreter } from "@gantry/interpreter";
import { x64 } from "@gantry/isa-x64";
import { ChildExecutor } from "@gantry/jit";
import fc from "fast-check";
import {
  type Comparison,
  compareWithNative,
  interpretCalls,
  reproduction,
} from "../test/fuzz/differential.ts";
import { supportedBy } from "../test/fuzz/supported.ts";

const FILES_PER_SEED = 50;

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    profile: { type: "string" },
    seed: { type: "string", default: "1" },
    count: { type: "string" },
    set: { type: "string", multiple: true, default: [] },
    out: { type: "string" },
    large: { type: "boolean", default: false },
  },
});
const [command] = positionals;
if (command === "regalloc") {
  const args = values.count === undefined ? [values.seed] : [values.seed, values.count];
  const script = fileURLToPath(new URL("../packages/regalloc/scripts/fuzz.ts", import.meta.url));
  process.exit(spawnSync(process.execPath, [script, ...args], { stdio: "inherit" }).status ?? 1);
}
if (command !== "clif" && command !== "x64") {
  console.error(
    "usage: pnpm fuzz clif|x64|regalloc [--profile NAME] [--seed N] [--count N] [--large] [--set NAME[=VALUE]] [--out FILE]",
  );
  process.exit(2);
}
const named = profileByName(values.profile ?? (command === "clif" ? "all" : "x64"));
if (named === undefined) {
  console.error(
    `there is no profile ${values.profile}; there are: ${PROFILES.map((p) => p.name).join(", ")}`,
  );
  process.exit(2);
}

const profile = command === "clif" ? named : supportedBy(x64, named, values.set);
const size = values.large ? LARGE : DEFAULT_SIZE;

/** What is wrong with the text of a file, or with how it is executed. */
function checkClif(file: GeneratedFile): void {
  const read = (text: string) =>
    readFunctions({ name: "random.clif", bytes: new TextEncoder().encode(text) });
  const functions = read(file.text);
  for (const func of functions) {
    const [error] = verify(func, undefined, { pointerBytes: 8 });
    if (error !== undefined) throw new Error(`the verifier refuses it: ${error.message}`);
    if (writeFunction(fromImage(toImage(func))) !== writeFunction(func))
      throw new Error("its image is another function");
  }
  const once = functions.map((func) => writeFunction(func));
  if (
    read(once.join("\n"))
      .map((func) => writeFunction(func))
      .join("\n") !== once.join("\n")
  )
    throw new Error("its text changes when read");
  for (const endian of ["little", "big"] as const)
    for (const outcome of interpretCalls(file, endian))
      if ("trap" in outcome && outcome.trap.reason !== "trap" && outcome.trap.reason !== "fuel")
        throw new Error(`the interpreter stops: ${outcome.trap.message}`);
}

/** Whether nothing is wrong with the file before it is edited. */
function passes(file: GeneratedFile): boolean {
  try {
    checkClif(file);
    return true;
  } catch {
    return false;
  }
}

/** Reads what is left of a text after edits; what no check refuses must not make a later stage throw. */
function checkEdited(text: string): void {
  let functions: Function[];
  try {
    functions = readFunctions({ name: "edited.clif", bytes: new TextEncoder().encode(text) });
  } catch (error) {
    if (error instanceof GantryError) return;
    throw error;
  }
  if (functions.some((f) => verify(f, undefined, { pointerBytes: 8 }).length > 0)) return;
  const interpreter = new Interpreter({ fuel: 50_000 });
  interpreter.addFunctions(functions);
  for (const func of functions) {
    writeFunction(fromImage(toImage(func)));
    const args: DataValue[] = [];
    for (let k = 0; k < func.sigParamCount(OWN_SIGNATURE); k++) {
      const type = func.sigParamType(OWN_SIGNATURE, k);
      args.push({ type, bits: interestingValue(type, BigInt(k + 9)) });
    }
    interpreter.call(functionName(func), args);
  }
}

const target = { module: import.meta.resolve("@gantry/isa-x64"), exportName: "x64" };
const executor = new ChildExecutor(target, { timeoutMs: 3_000 });
let files = 0;
let shrinking = false;
let calls = 0;
const refusals = new Map<string, number>();

async function checkNative(file: GeneratedFile): Promise<void> {
  const result = await compareWithNative(file, executor, values.set);
  files++;
  calls += result.compared;
  if (result.refused !== undefined) refusals.set(result.refused, (refusals.get(result.refused) ?? 0) + 1);
  if (result.differences.length > 0 && !shrinking) {
    shrinking = true;
    const [{ call, expected, found }] = result.differences;
    console.log(`${call}: expected ${expected}, found ${found}; shrinking`);
  }
  if (result.differences.length > 0) throw new NativeDifference(result);
}

class NativeDifference extends Error {
  readonly result: Comparison;
  constructor(result: Comparison) {
    super("native code and interpreter differ");
    this.result = result;
  }
}

for (
  let k = 0, seed = Number(values.seed);
  values.count === undefined || k < Number(values.count);
  k++, seed++
) {
  const outcome = await fc.check(
    fc.asyncProperty(filePlan(size), edits, async (plan, changes) => {
      const file = generate(plan, profile);
      if (command === "clif") {
        files++;
        checkClif(file);
        checkEdited(applyEdits(file.text, changes));
      } else await checkNative(file);
    }),
    { seed, numRuns: FILES_PER_SEED },
  );
  if (outcome.failed && outcome.counterexample !== null) {
    const file = generate(outcome.counterexample[0], profile);
    const error = outcome.errorInstance;
    const differences = error instanceof NativeDifference ? error.result.differences : [];
    const text =
      command === "clif" && passes(file)
        ? applyEdits(file.text, outcome.counterexample[1])
        : reproduction(file, differences, values.set);
    console.log(
      `seed ${seed}, profile ${profile.name}: ${error instanceof Error ? error.message : error}\n\n${text}`,
    );
    if (values.out !== undefined) writeFileSync(values.out, text);
    executor.close();
    process.exit(1);
  }
  console.log(`seed ${seed}: ${files} files${command === "clif" ? "" : `, ${calls} calls alike`}`);
}
for (const [message, n] of refusals) console.log(`refused ${n} times: ${message.split("\n")[0]}`);
executor.close();
