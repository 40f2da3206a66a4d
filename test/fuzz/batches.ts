/** Many generated files at once: one module and one request for all of them. */
import {
  DEFAULT_SIZE,
  filePlan,
  type GeneratedFile,
  generate,
  type PlanSize,
  type Profile,
  X64,
  X64_VECTORS,
} from "@gantry/clif-gen";
import { Settings } from "@gantry/clif-ir";
import { x64 } from "@gantry/isa-x64";
import { ChildExecutor, missingFeature } from "@gantry/jit";
import fc from "fast-check";
import { compareAllWithNative, compareWithNative, type Difference, reproduction } from "./differential.ts";
import { supportedBy } from "./supported.ts";

/** What random functions are compiled with. */
export interface Campaign {
  readonly profile: Profile;
  /** Settings as `name` or `name=value`, presets of features among them. */
  readonly settings: readonly string[];
}

/** Every allocator with and without what newer machines have, and both kinds of profile. */
const ALL: readonly Campaign[] = [
  { profile: X64, settings: [] },
  { profile: X64, settings: ["haswell"] },
  { profile: X64, settings: ["regalloc_algorithm=backtracking"] },
  { profile: X64, settings: ["regalloc_algorithm=backtracking", "skylake-avx512", "opt_level=speed"] },
  { profile: X64, settings: ["regalloc_algorithm=single_pass", "nehalem"] },
  { profile: X64_VECTORS, settings: ["opt_level=speed"] },
  { profile: X64_VECTORS, settings: ["haswell"] },
  { profile: X64_VECTORS, settings: ["regalloc_algorithm=backtracking", "skylake-avx512"] },
];

/** Those whose code this machine can run. */
export const CAMPAIGNS: readonly Campaign[] = ALL.filter(({ settings }) => {
  const all = new Settings(x64.settings);
  for (const word of settings) all.set(word);
  return missingFeature(x64, all) === undefined;
});

export const campaignName = ({ profile, settings }: Campaign): string =>
  [profile.name, ...settings].join(" ");

/** Files that are compiled and called together. */
const BATCH = 32;
/** Processes that run code, so that the one that makes it need not wait. */
const LANES = 2;

/** How far a campaign came. */
export interface Progress {
  /** Functions that some call reaches. */
  readonly functions: number;
  readonly calls: number;
}

/** A difference, and the smallest file that shows one. */
export interface Finding {
  readonly seed: number;
  readonly text: string;
  readonly differences: readonly Difference[];
}

/**
 * Compares native code and interpreter until enough functions were compared or one differs.
 *
 * @param firstSeed Batches have seeds of their own, from this one on.
 * @param enough Told of the progress after each batch; true ends the campaign.
 */
export async function runCampaign(
  { profile: from, settings }: Campaign,
  firstSeed: number,
  enough: (progress: Progress) => boolean,
  size: PlanSize = DEFAULT_SIZE,
): Promise<Progress & { readonly finding: Finding | undefined }> {
  const target = { module: import.meta.resolve("@gantry/isa-x64"), exportName: "x64" };
  const profile = supportedBy(x64, from, settings);
  let seed = firstSeed;
  let functions = 0;
  let calls = 0;
  let finding: Finding | undefined;
  let done = false;
  const lane = async (): Promise<void> => {
    const executor = new ChildExecutor(target, { timeoutMs: 10_000 });
    while (!done) {
      const own = seed++;
      const files = fc
        .sample(filePlan(size), { seed: own, numRuns: BATCH })
        .map((plan) => generate(plan, profile));
      const comparisons = await compareAllWithNative(files, executor, settings);
      const wrong = comparisons.some((c) => c.differences.length > 0 || c.refused !== undefined);
      if (wrong) {
        done = true;
        finding ??= await shrink(profile, settings, own, executor, size);
        continue;
      }
      for (const [k, file] of files.entries()) {
        functions += reached(file);
        calls += comparisons[k]!.compared;
      }
      done ||= enough({ functions, calls });
    }
    executor.close();
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  return { functions, calls, finding };
}

/** Finds the file of a batch that differs by itself, and makes it small. */
async function shrink(
  profile: Profile,
  settings: readonly string[],
  seed: number,
  executor: ChildExecutor,
  size: PlanSize,
): Promise<Finding> {
  let last: { file: GeneratedFile; differences: readonly Difference[] } | undefined;
  const outcome = await fc.check(
    fc.asyncProperty(filePlan(size), async (plan) => {
      const file = generate(plan, profile);
      const { differences, refused } = await compareWithNative(file, executor, settings);
      const found =
        refused === undefined ? differences : [{ call: "compile", expected: "code", found: refused }];
      if (found.length === 0) return;
      last = { file, differences: found };
      throw new Error("native code and interpreter differ");
    }),
    { seed, numRuns: BATCH },
  );
  if (!outcome.failed || last === undefined) {
    const found = "nothing when each file is run by itself";
    return { seed, text: "", differences: [{ call: "batch", expected: "a difference", found }] };
  }
  return { seed, text: reproduction(last.file, last.differences, settings), differences: last.differences };
}

/** How many functions of a file the calls of its entry may reach. */
function reached(file: GeneratedFile): number {
  const bodies = file.text.split(/^(?=function )/m);
  const called = bodies.map((body) => {
    const used = new Set([...body.matchAll(/(?:call|func_addr\.i64) (fn\d+)/g)].map(([, fn]) => fn));
    return [...body.matchAll(/^ *(fn\d+) = .*%f(\d+)/gm)]
      .filter(([, fn]) => used.has(fn))
      .map(([, , k]) => Number(k));
  });
  const seen = new Set<number>();
  const visit = (k: number): void => {
    if (seen.has(k)) return;
    seen.add(k);
    called[k]!.forEach(visit);
  };
  visit(bodies.length - 1);
  return seen.size;
}
