import { readdirSync, statSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import type { UnitResult } from "./outcome.ts";
import { runFiles } from "./pool.ts";

export { cfgText } from "./cfg-text.ts";
export { TestCode } from "./codes.ts";
export { Checker, type CheckFailure } from "./filecheck.ts";
export { shapeOf } from "./load.ts";
export { locate, locating } from "./locate.ts";
export { nativeExecutor, type Placed } from "./native.ts";
export { type Execute, type Order, obey, runCommandsOf } from "./obey.ts";
export type { Outcome, SkipKind, UnitResult } from "./outcome.ts";
export { commandText, judge, parseRunCommand, type RunCommand, type Shape } from "./run-command.ts";
export {
  architectureOf,
  hostArchitecture,
  hostModule,
  isIgnoredTarget,
  loadTarget,
  targets,
} from "./targets.ts";
export { annotation, parseTestFile, type TestFile } from "./test-file.ts";

export interface TestOptions {
  readonly targets?: readonly string[];
  readonly also?: readonly string[];
  readonly bless?: boolean;
  /** Settings for what runs natively, behind those of the file. */
  readonly set?: readonly string[];
  readonly strict?: boolean;
  readonly jobs?: number;
  result?(result: UnitResult): void;
  progress?(done: number, of: number): void;
}

export interface Totals {
  passed: number;
  failed: number;
  skipped: number;
  /** Run lines that are known to differ, by file. */
  readonly known: string[];
  /** Skips by reason. */
  readonly reasons: Map<string, number>;
}

/** Runs all filetests at `paths`, folders recursively, and counts (file, command, target line). */
export async function runTests(paths: readonly string[], options: TestOptions = {}): Promise<Totals> {
  const files = paths.flatMap(filesAt);
  const totals: Totals = { passed: 0, failed: 0, skipped: 0, known: [], reasons: new Map() };
  let done = 0;
  options.progress?.(0, files.length);
  await runFiles(files, {
    targets: options.targets ?? [],
    also: options.also ?? [],
    bless: options.bless ?? false,
    set: options.set ?? [],
    jobs: options.jobs ?? availableParallelism(),
    result(result) {
      const settled = options.strict === true ? strictly(result) : result;
      const { outcome } = settled;
      totals.known.push(...settled.known.map((line) => `${settled.file}: ${line}`));
      if (outcome.kind === "pass") totals.passed++;
      else if (outcome.kind === "fail") totals.failed++;
      else {
        totals.skipped++;
        totals.reasons.set(outcome.reason, (totals.reasons.get(outcome.reason) ?? 0) + 1);
      }
      options.result?.(settled);
    },
    fileDone() {
      options.progress?.(++done, files.length);
    },
  });
  return totals;
}

/** Under `--strict` a skip is a failure unless the machine is to blame. */
function strictly(result: UnitResult): UnitResult {
  const { outcome } = result;
  if (outcome.kind !== "skip" || outcome.why !== "unsupported") return result;
  return {
    ...result,
    outcome: { kind: "fail", report: `skipped, and --strict forbids it: ${outcome.reason}` },
  };
}

/** The filetests at a path. */
export function filesAt(path: string): string[] {
  if (!statSync(path).isDirectory()) return [path];
  const entries = readdirSync(path, { withFileTypes: true });
  const found = entries.flatMap((entry) => {
    const inside = join(path, entry.name);
    if (entry.isDirectory()) return filesAt(inside);
    return entry.name.endsWith(".clif") ? [inside] : [];
  });
  return found.sort();
}
