/**
 * Looks for bugs with random functions until it finds one or is stopped.
 *
 *     pnpm fuzz clif          reader, writer, verifier and interpreter
 *     pnpm fuzz x64           the interpreter against native code
 *     pnpm fuzz regalloc      the register allocators against their checker
 *
 * Options: --seed N (the first one), --count N (seeds, or rounds of x64; endless without), --large (functions),
 * --profile NAME, --set NAME[=VALUE] (otherwise x64 takes allocators and features in turn), --out FILE (for what is
 * found, made small).
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
import fc from "fast-check";
import { CAMPAIGNS, campaignName, runCampaign } from "../test/fuzz/batches.ts";
import { interpretCalls, reproduction } from "../test/fuzz/differential.ts";

const FILES_PER_SEED = 50;
/** Batches of 32 files that are compared in one way before the next way takes its turn. */
const BATCHES_PER_ROUND = 10;

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

/** Native code against the interpreter, in all the ways of the campaigns in turn, or in the one that the options name. */
async function fuzzNative(): Promise<void> {
  const one = values.profile !== undefined || values.set.length > 0;
  const campaigns = one ? [{ profile: named!, settings: values.set }] : CAMPAIGNS;
  const first = Number(values.seed);
  const rounds = values.count === undefined ? Number.POSITIVE_INFINITY : Number(values.count);
  let functions = 0;
  for (let round = 0; round < rounds; round++) {
    for (const [k, campaign] of campaigns.entries()) {
      const seed = first + (round * campaigns.length + k) * BATCHES_PER_ROUND;
      let batches = 0;
      const result = await runCampaign(campaign, seed, () => ++batches >= BATCHES_PER_ROUND, size);
      functions += result.functions;
      const { finding } = result;
      if (finding !== undefined) {
        const [difference] = finding.differences;
        console.log(
          `seed ${finding.seed}: ${difference!.call}: expected ${difference!.expected}, found ${difference!.found}\n\n${finding.text}`,
        );
        if (values.out !== undefined) writeFileSync(values.out, finding.text);
        process.exit(1);
      }
      console.log(`seed ${seed}, ${campaignName(campaign)}: ${functions} functions alike`);
    }
  }
}

if (command === "x64") {
  await fuzzNative();
  process.exit(0);
}

let files = 0;
for (
  let k = 0, seed = Number(values.seed);
  values.count === undefined || k < Number(values.count);
  k++, seed++
) {
  const outcome = fc.check(
    fc.property(filePlan(size), edits, (plan, changes) => {
      const file = generate(plan, named);
      files++;
      checkClif(file);
      checkEdited(applyEdits(file.text, changes));
    }),
    { seed, numRuns: FILES_PER_SEED },
  );
  if (outcome.failed && outcome.counterexample !== null) {
    const file = generate(outcome.counterexample[0], named);
    const error = outcome.errorInstance;
    const text = passes(file) ? applyEdits(file.text, outcome.counterexample[1]) : reproduction(file, [], []);
    console.log(
      `seed ${seed}, profile ${named.name}: ${error instanceof Error ? error.message : error}\n\n${text}`,
    );
    if (values.out !== undefined) writeFileSync(values.out, text);
    process.exit(1);
  }
  console.log(`seed ${seed}: ${files} files`);
}
