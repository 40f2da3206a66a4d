import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const gantry = fileURLToPath(new URL("../bin/gantry.js", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "gantry-rules-"));
const clif = `function %f(i64, i64) -> i64 system_v {
block0(v0: i64, v1: i64):
    v2 = iadd v0, v1
    return v2
}
`;

const run = (...args: string[]) => runOn(clif, ...args);

function runOn(input: string, ...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [gantry, ...args], {
    input,
    encoding: "utf8",
  });
  return { status, stdout, stderr };
}

test("compile tells which rules fire, and why others do not", () => {
  const code = run("compile", "-", "--target", "x86_64", "-o", "-", "--emit", "asm");
  const traced = run("compile", "-", "--target", "x86_64", "-o", "-", "--emit", "asm", "--trace-isle");
  expect(traced.stdout).toBe(code.stdout);
  expect(traced.stderr).toMatch(/^v2 = iadd.*\n {2}lower rules\/x64\/arith\.isle:\d+\n/m);
  expect(traced.stderr).not.toContain("not rules");
  const why = run("compile", "-", "--target", "x86_64", "-o", "-", "--emit", "asm", "--trace-isle=why");
  expect(why.stderr).toMatch(/^lower\?\n {2}not rules\/x64\/arith\.isle:\d+.*: \w+ has no value$/m);
});

test("compile counts rules", () => {
  const path = join(folder, "coverage.json");
  expect(
    run("compile", "-", "--target", "x86_64", "-o", "-", "--emit", "asm", "--coverage", path).status,
  ).toBe(0);
  const { rules } = JSON.parse(readFileSync(path, "utf8")) as { rules: { file: string; hits: number }[] };
  expect(rules.filter((r) => r.hits > 0 && r.file === "rules/x64/arith.isle").length).toBe(1);
  expect(run("isle", "cover", path).stdout).toMatch(/ rules fired \(\d+\.\d %\)\n$/);
});

test("rules that the host asks for are counted", () => {
  const path = join(folder, "address.json");
  const text = `function %f(i64, i64) -> i64 system_v {
block0(v0: i64, v1: i64):
    v2 = load.i64 v1+8
    v3 = isub v0, v2
    return v3
}
`;
  expect(
    runOn(text, "compile", "-", "--target", "x86_64", "-o", "-", "--emit", "asm", "--coverage", path).stdout,
  ).toMatch(/subq\s+8\(%rsi\), %r/);
  const { rules } = JSON.parse(readFileSync(path, "utf8")) as { rules: { term: string; hits: number }[] };
  expect(rules.filter((r) => r.hits > 0).map((r) => r.term)).toContain("amode");
});

test("run counts rules too", () => {
  const path = join(folder, "run.json");
  const { status, stderr } = run("run", "-", "%f", "1", "2", "--coverage", path);
  if (/no target|not built/.test(stderr)) return;
  expect(status).toBe(0);
  expect(run("isle", "cover", path).stdout).toMatch(/ rules fired/);
});
