import { SourceFile } from "@gantry/diag";
import { expect, test } from "vitest";
import { annotation, parseTestFile } from "./test-file.ts";

const parse = (text: string) => parseTestFile(new SourceFile("t.clif", text));

const body = "function %f() {\nblock0:\n    return\n}\n";

test("target lines take the settings above them", () => {
  const file = parse(
    `; head\ntest run\nset opt_level=speed\ntarget x86_64 has_avx\nset is_pic\ntarget s390x\n\n${body}`,
  );
  expect(file.commands.map((c) => c.name)).toEqual(["run"]);
  expect(file.targets).toMatchObject([
    { triple: "x86_64", words: ["has_avx"], settings: ["opt_level=speed"] },
    { triple: "s390x", words: [], settings: ["opt_level=speed", "is_pic"] },
  ]);
});

test("a set behind the last target, no commands, no functions: all refused", () => {
  expect(() => parse(`test run\ntarget x86_64\nset is_pic\n${body}`)).toThrow("dangling");
  expect(() => parse(body)).toThrow("no test commands");
  expect(() => parse("test cat\n")).toThrow("no functions");
});

test("annotations stand at the head of a comment", () => {
  const at = (text: string) => annotation({ text, start: 0, end: 0, entity: "inst", number: 0 }, "error:");
  expect(at(";;; error: x ")).toBe("x");
  expect(at("; not error: x")).toBeUndefined();
});
