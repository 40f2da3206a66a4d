import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { gantry, root, scratchFolder } from "./gantry.ts";

// Whatever a user can get wrong ends as a coded error with line and column, status 1, in under a second, and leaves no
// output file.

const folder = scratchFolder();

const fib = readFileSync(join(root, "examples", "fib.clif"), "utf8").replace(/^(test|target) .*$/gm, "");
const body = (...lines: string[]) =>
  `function %f(i64) -> i64 system_v {\nblock0(v0: i64):\n${lines.map((line) => `    ${line}\n`).join("")}}\n`;

const everyByte = new Uint8Array(4096).map((_, k) => (k * 167 + 13) & 255);
const longLine = `    v1 = iadd v0, v0 ${"+".repeat(10 << 20)}`;
const longName = `    v1 = ${"x".repeat(10 << 20)} v0`;

const inputs: readonly [what: string, contents: string | Uint8Array, place: RegExp][] = [
  ["a truncated file", fib.slice(0, fib.indexOf("brif") + 12), /:\d+:\d+: /],
  ["a file cut inside the first line", "function %f(i64", /:1:\d+: /],
  ["an empty file", "", /:1:1: /],
  ["a binary file", everyByte, /:1:\d+: /],
  ["an object file", new Uint8Array([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0, 0, 0]), /:1:1: /],
  ["an unknown opcode", body("v1 = iad v0, v0", "return v1"), /:3:10: /],
  ["a type error", body("v1 = iconst.i32 1", "v2 = iadd v0, v1", "return v2"), /:4:\d+: /],
  ["a wrong return type", body("v1 = iconst.i32 1", "return v1"), /:4:\d+: /],
  ["an undefined value", body("v1 = iadd v0, v7", "return v1"), /:3:\d+: /],
  ["a value defined twice", body("v0 = iconst.i64 1", "return v0"), /:3:\d+: /],
  ["an undefined block", body("jump block7"), /:3:\d+: /],
  ["a missing terminator", body("v1 = iadd v0, v0"), /:\d+:\d+: /],
  ["an integer out of range", body("v1 = iconst.i8 999", "return v0"), /:3:\d+: /],
  ["a line of 10 MB", body(longLine.trim(), "return v1"), /:3:\d+: /],
  ["a word of 10 MB", body(longName.trim(), "return v1"), /:3:\d+: /],
  ["invalid UTF-8 in a name", new Uint8Array([...Buffer.from("function %f"), 0xff, 0xfe, 10]), /:1:\d+: /],
];

test.each(inputs)("%s", (what, contents, place) => {
  const input = join(folder, `${what.replaceAll(" ", "-")}.clif`);
  const output = `${input}.o`;
  writeFileSync(input, contents);
  const run = gantry(["compile", input, "-o", output]);
  const first = run.stderr.split("\n")[0]!;
  expect(run.status).toBe(1);
  expect(first.startsWith(input), first.slice(0, 300)).toBe(true);
  expect(first.slice(input.length)).toMatch(new RegExp(`^${place.source}error\\[CLIF?\\d{4}\\]: \\S`));
  expect(run.stderr).not.toMatch(/^ +at /m);
  expect(run.stderr.length).toBeLessThan(4000);
  expect(existsSync(output)).toBe(false);
  // On a busy machine one run may be unlucky.
  const times = [run.milliseconds];
  while (times.at(-1)! >= 1000 && times.length < 5)
    times.push(gantry(["compile", input, "-o", output]).milliseconds);
  expect(Math.min(...times)).toBeLessThan(1000);
});

test("a file that is not there, a folder, and an output that cannot be written", () => {
  const missing = gantry(["compile", join(folder, "none.clif"), "-o", join(folder, "none.o")]);
  expect([missing.status, missing.stderr]).toEqual([
    1,
    expect.stringMatching(/^error\[CLI0002\]: cannot read/),
  ]);
  expect(gantry(["compile", folder, "-o", join(folder, "none.o")]).status).toBe(1);
  const good = join(folder, "good.clif");
  writeFileSync(good, fib);
  const unwritable = gantry(["compile", good, "-o", join(folder, "no", "such", "folder.o")]);
  expect([unwritable.status, unwritable.stderr]).toEqual([1, expect.stringMatching(/^error\[CLI0003\]/)]);
  expect(readdirSync(folder).filter((name) => name.endsWith(".tmp"))).toEqual([]);
});

test("an old output file survives a failed compilation", () => {
  const input = join(folder, "bad.clif");
  const output = join(folder, "old.o");
  writeFileSync(input, body("v1 = iad v0, v0"));
  writeFileSync(output, "old");
  expect(gantry(["compile", input, "-o", output]).status).toBe(1);
  expect(readFileSync(output, "utf8")).toBe("old");
});

test("--json gives the same as data", () => {
  const input = join(folder, "json.clif");
  writeFileSync(input, body("v1 = iadd v0, v7", "return v1"));
  const run = gantry(["compile", "--json", input, "-o", "-"]);
  expect(run.status).toBe(1);
  const [first] = run.stderr
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(first).toMatchObject({ severity: "error", span: { file: input, line: 3 } });
  expect(first.code).toMatch(/^CLIF\d{4}$/);
});
