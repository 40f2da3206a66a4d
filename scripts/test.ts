import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { installTools } from "./tools.ts";

/** Runs every test of the repository; the last line is 'N passed, N failed, N skipped'. */

interface Suite {
  readonly name: string;
  readonly seconds: number;
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

const root = fileURLToPath(new URL("../", import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), "gantry-test-"));

/** The part of vitest's JSON report that is read here. */
interface VitestReport {
  readonly numTotalTests: number;
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly startTime: number;
    readonly endTime: number;
    readonly assertionResults: readonly { readonly status: string }[];
  }[];
}

function runUnits(): Suite[] {
  const outputFile = join(scratch, "vitest.json");
  const vitest = join(root, "node_modules", "vitest", "vitest.mjs");
  const args = [vitest, "run", "--reporter=default", "--reporter=json", `--outputFile.json=${outputFile}`];
  const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: "inherit" });
  if (!existsSync(outputFile)) return [{ name: "vitest", seconds: 0, passed: 0, failed: 1, skipped: 0 }];
  const report = JSON.parse(readFileSync(outputFile, "utf8")) as VitestReport;
  const suites = new Map<string, Suite>();
  for (const file of report.testResults) {
    const parts = relative(root, file.name).split("/");
    const name = parts[0] === "packages" ? parts.slice(0, 2).join("/") : parts.join("/");
    const old = suites.get(name) ?? { name, seconds: 0, passed: 0, failed: 0, skipped: 0 };
    const count = (...states: string[]) =>
      file.assertionResults.filter((r) => states.includes(r.status)).length;
    // A file that fails before its first test has no results of its own.
    const broken = file.status === "failed" && count("failed") === 0 ? 1 : 0;
    suites.set(name, {
      name,
      seconds: old.seconds + (file.endTime - file.startTime) / 1000,
      passed: old.passed + count("passed"),
      failed: old.failed + count("failed") + broken,
      skipped: old.skipped + count("skipped", "pending", "todo", "disabled"),
    });
  }
  const all = [...suites.values()];
  const unexplained = status !== 0 && all.every((suite) => suite.failed === 0);
  return unexplained ? [...all, { name: "vitest", seconds: 0, passed: 0, failed: 1, skipped: 0 }] : all;
}

/** Runs filetests through the command that users have, so that its closing line is tested as well. */
function runFiletests(folder: string): Suite {
  const name = relative(root, folder);
  const start = Date.now();
  const gantry = join(root, "packages", "cli", "bin", "gantry.js");
  const args = [gantry, "test", folder];
  const run = spawnSync(process.execPath, args, {
    cwd: root,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
    maxBuffer: 1 << 28,
  });
  process.stdout.write(run.stdout);
  const seconds = (Date.now() - start) / 1000;
  const found = /(\d+) passed, (\d+) failed, (\d+) skipped\s*$/.exec(run.stdout);
  if (found === null) return { name, seconds, passed: 0, failed: 1, skipped: 0 };
  const [passed, failed, skipped] = found.slice(1).map(Number);
  const silent = run.status !== 0 && failed === 0 ? 1 : 0;
  return { name, seconds, passed: passed!, failed: failed! + silent, skipped: skipped! };
}

const missing = installTools((line) => console.log(line));
for (const tool of missing) console.log(`${tool} is missing: the tests that need it are skipped`);

if (!existsSync(join(root, "../shared"))) {
  console.log("../shared is not there: the tests on its corpus are skipped, its run tests are left out");
}

const suites = runUnits();
for (const folder of ["test/filetests", "../shared/clif-runtests"]) {
  const path = join(root, folder);
  if (existsSync(path)) suites.push(runFiletests(path));
}
rmSync(scratch, { recursive: true, force: true });

console.log(
  `\n${"suite".padEnd(44)}${"seconds".padStart(9)}${"passed".padStart(9)}${"failed".padStart(8)}${"skipped".padStart(9)}`,
);
for (const s of suites) {
  const counts = `${String(s.passed).padStart(9)}${String(s.failed).padStart(8)}${String(s.skipped).padStart(9)}`;
  console.log(`${s.name.padEnd(44)}${s.seconds.toFixed(1).padStart(9)}${counts}`);
}
const sum = (key: "passed" | "failed" | "skipped") => suites.reduce((n, suite) => n + suite[key], 0);
console.log(`\n${sum("passed")} passed, ${sum("failed")} failed, ${sum("skipped")} skipped`);
process.exitCode = sum("failed") === 0 ? 0 : 1;
