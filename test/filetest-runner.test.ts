import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { gantry, scratchFolder } from "./gantry.ts";

// The runner fails where it should: a test that cannot fail is a defect.

const scratch = scratchFolder();
const head = "test interpret\ntest run\ntarget x86_64\n\n";
const double = `function %f(i32) -> i32 system_v {
block0(v0: i32):
    v1 = iadd v0, v0
    return v1
}
`;

let count = 0;
function run(text: string, ...args: string[]) {
  const path = join(scratch, `t${count++}.clif`);
  writeFileSync(path, text);
  const result = gantry(["test", path, ...args]);
  return { ...result, path, last: result.stdout.trimEnd().split("\n").at(-1) };
}

const totals = (passed: number, failed: number, skipped: number) =>
  `${passed} passed, ${failed} failed, ${skipped} skipped`;

describe("counts (file, command, target line)", () => {
  test("a passing file", () => {
    expect(run(`${head}${double}; run: %f(2) == 4\n`)).toMatchObject({ status: 0, last: totals(2, 0, 0) });
  });

  test("several target lines, one of a machine that is not built", () => {
    const text = `test run\ntarget x86_64\ntarget x86_64 has_avx\ntarget s390x\ntarget pulley64\n\n${double}; run: %f(2) == 4\n`;
    const { status, last, stdout } = run(text);
    expect(status).toBe(0);
    expect(last).toMatch(/^[12] passed, 0 failed, [12] skipped$/);
    expect(stdout).toMatch(/s390x/);
  });

  test("--target keeps lines, --also adds one, --strict forbids skips", () => {
    const text = `test run\ntarget s390x\n\n${double}; run: %f(2) == 4\n`;
    expect(run(text, "--target", "x86_64").last).toBe(totals(0, 0, 0));
    expect(run(text, "--also", "x86_64", "--target", "x86_64").last).toBe(totals(1, 0, 0));
    const notBuilt = `test compile\ntarget s390x\n\n${double}`;
    expect(run(notBuilt)).toMatchObject({ status: 0, last: totals(0, 0, 1) });
    expect(run(notBuilt, "--strict")).toMatchObject({ status: 1, last: totals(0, 1, 0) });
  });
});

describe("fails", () => {
  test.each([
    ["a wrong result", `${head}${double}; run: %f(2) == 5\n`, "Failed test: run: %f(2) == 5, actual: 4", 2],
    ["a run command that is none", `${head}${double}; run: %f(2 == 4\n`, "TEST0005", 2],
    ["a trap", `${head}${double.replace("return v1", "trap user3")}; run: %f(2) == 4\n`, "user3", 2],
    ["an invalid function", `${head}${double.replace("iadd v0, v0", "iadd.i64 v0, v0")}`, "CLIF0128", 2],
    ["text that is no CLIF", `${head}${double.replace("iadd", "iad")}`, "CLIF0012", 1],
    ["an unknown command", `test everything\n\n${double}`, "unknown test command 'everything'", 1],
    ["an unknown option", `test cat now\n\n${double}`, "No options allowed", 1],
    ["an unknown setting", `test run\nset no_such_thing\ntarget x86_64\n\n${double}`, "no_such_thing", 1],
    ["a missing target line", `test run\n\n${double}`, "requires an ISA", 1],
    ["no function", "test cat\n", "no functions found", 1],
    ["a directive that does not match", `test cat\n\n${double}; check: isub\n`, "check: isub", 1],
    ["a match that is forbidden", `test cat\n\n${double}; not: iadd\n`, "unexpected match 'iadd'", 1],
    [
      "an error that is not found",
      `test verifier\n\n${double.replace("return v1", "return v1 ; error: no")}`,
      "no",
      1,
    ],
    [
      "an error that nobody expects",
      `test verifier\n\n${double.replace("iadd v0", "iadd.i64 v0")}`,
      "CLIF0128",
      1,
    ],
    [
      "a missing annotation",
      `test domtree\n\n${double.replace("return v1", "jump block1\nblock1:\n    return v1")}`,
      "block1",
      1,
    ],
    ["code that compiles", `test compile expect-fail\ntarget x86_64\n\n${double}`, "TEST0009", 1],
    [
      "another listing",
      `test compile precise-output\ntarget x86_64\n\n${double}\n; nothing\n`,
      "- nothing",
      1,
    ],
  ])("%s", (_what, text, message, failed) => {
    const result = run(text);
    expect(result.stdout).toContain(message);
    expect(result).toMatchObject({ status: 1, last: totals(0, failed, 0) });
  });
});

test("print commands print", () => {
  const result = run(`test run\ntarget x86_64\n\n${double}; print: %f(21)\n`);
  expect(result.stdout).toContain("%f(21) -> 42\n");
});

test("--bless writes what precise-output then finds", () => {
  const text = `test compile precise-output\ntarget x86_64\n\n${double}\n; old\n\n${double.replace("%f", "%g")}\n;; kept\n`;
  const blessed = run(text, "--bless");
  expect(blessed.status).toBe(0);
  const written = readFileSync(blessed.path, "utf8");
  expect(written).toContain("; VCode:\n");
  expect(written).not.toContain("; old");
  expect(written).toContain(";; kept");
  expect(gantry(["test", blessed.path]).status).toBe(0);
  expect(gantry(["test", blessed.path, "--bless"]).status).toBe(0);
  expect(readFileSync(blessed.path, "utf8")).toBe(written);
});
