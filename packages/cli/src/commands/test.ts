import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { errorOf } from "@gantry/diag";
import { runTests, type UnitResult } from "@gantry/filetest";
import { COVERAGE_FOLDER } from "@gantry/filetest/targets";
import { CliCode } from "../codes.ts";
import { flagOption, type Invocation, listOption, textOption } from "../command.ts";
import { writeOutput } from "../files.ts";
import { UsageError } from "../usage-error.ts";

/** `gantry test`: runs filetests; the last line is 'N passed, N failed, N skipped'. */
export async function run(invocation: Invocation): Promise<number> {
  const { args, report } = invocation;
  for (const path of args) {
    if (!existsSync(path))
      throw errorOf(CliCode.cannotRead, `cannot read ${path}: there is no such file or folder`);
  }
  const jobs = textOption(invocation, "jobs");
  if (jobs !== undefined && !/^[1-9]\d*$/.test(jobs))
    throw new UsageError(`--jobs takes a number, not '${jobs}'`);
  const verbose = flagOption(invocation, "verbose");
  const print = (text: string) => {
    report.clearProgress();
    process.stdout.write(`${text}\n`);
  };
  const coverage = textOption(invocation, "coverage");
  if (coverage !== undefined) await collectCoverage(coverage);
  const totals = await runTests(args, {
    targets: listOption(invocation, "target"),
    also: listOption(invocation, "also"),
    set: listOption(invocation, "set"),
    bless: flagOption(invocation, "bless"),
    strict: flagOption(invocation, "strict"),
    ...(jobs === undefined ? {} : { jobs: Number(jobs) }),
    result: (result) => printResult(result, verbose, print),
    progress: (done, of) => report.progress(`${done} of ${of} files`),
  });
  report.clearProgress();
  const reasons = [...totals.reasons].sort((a, b) => b[1] - a[1]);
  if (reasons.length > 0) print("\nskipped:");
  for (const [reason, count] of verbose ? reasons : reasons.slice(0, 20))
    print(`${String(count).padStart(6)}  ${reason}`);
  if (!verbose && reasons.length > 20)
    print(`   ...  ${reasons.length - 20} more reasons (--verbose lists them)`);
  if (totals.known.length > 0) {
    print(`\n${totals.known.length} run lines of these files are known to differ and were left out:`);
    for (const line of totals.known) print(`  ${line}`);
  }
  print(`\n${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped`);
  return totals.failed === 0 ? 0 : 1;
}

/** Has every process that runs tests count its rules, and adds the counts up when all have ended. */
async function collectCoverage(path: string): Promise<void> {
  const { mergeCoverage } = await import("@gantry/isle-compiler");
  const folder = mkdtempSync(join(tmpdir(), "gantry-coverage-"));
  process.env[COVERAGE_FOLDER] = folder;
  process.once("exit", () => {
    const runs = readdirSync(folder).map((name) => JSON.parse(readFileSync(join(folder, name), "utf8")));
    writeOutput(path, `${JSON.stringify(mergeCoverage(runs))}\n`);
    rmSync(folder, { recursive: true });
  });
}

function printResult(result: UnitResult, verbose: boolean, print: (text: string) => void): void {
  const { file, unit, outcome, output } = result;
  if (output !== "") print(output);
  if (outcome.kind === "fail") print(`\nFAIL ${file}: ${unit}\n${outcome.report}`);
  else if (verbose)
    print(`${outcome.kind} ${file}: ${unit}${outcome.kind === "skip" ? ` (${outcome.reason})` : ""}`);
}
