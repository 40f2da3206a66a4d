import { existsSync, readdirSync } from "node:fs";
import { basename, join } from "node:path";
import { describe, expect, test } from "vitest";
import { gantry, hasTool, root, runTool, scratchFolder } from "./gantry.ts";

// Every example: its object links with the C program beside it by the system's compiler, without a warning, and prints
// what it should.

const folder = join(root, "examples");
const scratch = scratchFolder();

const printed: Readonly<Record<string, RegExp>> = {
  fib: /^fib\(20\) = 6765\nfib\(90\) = 2880067194370816120\n$/,
  hello: /^Hello, world 64\n$/,
  mandelbrot: /^( *\n)( .*\n){9} *\n52572 steps\n$/,
  sieve: /^1229 primes below 10000\n$/,
};

const names = readdirSync(folder)
  .filter((name) => name.endsWith(".clif"))
  .map((name) => basename(name, ".clif"));

test("every example is listed here and has a C program", () => {
  expect(names.toSorted()).toEqual(Object.keys(printed));
  for (const name of names) expect(existsSync(join(folder, `${name}.c`))).toBe(true);
});

describe.skipIf(!hasTool("cc"))("linked by cc", () => {
  test.each(names)("%s", (name) => {
    const object = join(scratch, `${name}.o`);
    const program = join(scratch, name);
    const compiled = gantry(["compile", join(folder, `${name}.clif`), "-o", object]);
    expect([compiled.status, compiled.stdout, compiled.stderr]).toEqual([0, "", ""]);
    const linked = runTool("cc", ["-Wall", "-Wextra", "-o", program, join(folder, `${name}.c`), object]);
    expect([linked.status, linked.stderr]).toEqual([0, ""]);
    const run = runTool(program, []);
    expect(run.stdout).toMatch(printed[name]!);
    expect(run.status).toBe(0);
  });
});

test("run without a function obeys the run lines; with one it prints the result", () => {
  const all = gantry(["run", join(folder, "fib.clif")]);
  expect([all.status, all.stdout.trimEnd().split("\n").at(-1)]).toEqual([0, "7 passed, 0 failed, 0 skipped"]);
  const one = gantry(["run", join(folder, "fib.clif"), "fib", "30"]);
  expect([one.status, one.stdout]).toEqual([0, "832040\n"]);
  const sieve = gantry(["run", join(folder, "sieve.clif"), "%count_primes", "16384"]);
  expect([sieve.status, sieve.stdout]).toEqual([0, "1900\n"]);
});

test("a trap is an error with its code, not the end of the process", () => {
  const run = gantry(["run", join(folder, "sieve.clif"), "count_primes", "16385"]);
  expect([run.status, run.stdout]).toEqual([1, ""]);
  expect(run.stderr).toMatch(/error\[CLI0010\]: .*user1/);
});
