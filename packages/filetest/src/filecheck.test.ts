import { describe, expect, test } from "vitest";
import { Checker } from "./filecheck.ts";

/** The failure of `directives` on `text`, as one line; undefined when they pass. */
function failure(directives: readonly string[], text: string): string | undefined {
  const checker = new Checker();
  for (const directive of directives) checker.add(`; ${directive}`);
  const found = checker.check(text);
  return found === undefined ? undefined : `${found.directive}: ${found.reason}`;
}

const passes = (directives: readonly string[], text: string) =>
  expect(failure(directives, text)).toBeUndefined();
const fails = (directives: readonly string[], text: string) =>
  expect(failure(directives, text)).toBeDefined();

describe("filecheck", () => {
  test("passes without directives", () => passes([], "anything"));

  test("check searches forward from the last match", () => {
    passes(["check: one", "check: two"], "one\ntwo\n");
    fails(["check: two", "check: one"], "one\ntwo\n");
  });

  test("sameln stays on the line, nextln takes the next one", () => {
    passes(["check: a", "sameln: b", "nextln: c"], "a b\nc\n");
    fails(["check: a", "sameln: c"], "a b\nc\n");
    fails(["check: a", "nextln: d"], "a\nc\nd\n");
  });

  test("nextln without a match before it takes the second line", () => {
    passes(["nextln: b"], "a\nb\n");
    fails(["nextln: a"], "a\nb\n");
  });

  test("unordered matches in any order and bounds the next ordered match", () => {
    passes(["unordered: two", "unordered: one", "check: three"], "one\ntwo\nthree\n");
    fails(["unordered: three", "check: two"], "one\ntwo\nthree\n");
  });

  test("not forbids a match up to the next ordered match", () => {
    passes(["check: a", "not: x", "check: b"], "a\nb\nx\n");
    fails(["check: a", "not: x", "check: b"], "a\nx\nb\n");
    fails(["check: a", "not: x"], "a\nb\nx\n");
  });

  test("regex defines a variable for any number of uses", () => {
    passes(["regex: V=v\\d+", "check: $V = iadd $V", "check: $V"], "v3 = iadd v1\nv2\n");
    fails(["regex: V=v\\d+", "check: $V = iadd $V"], "x = iadd y\n");
  });

  test("a text variable keeps what it has matched", () => {
    passes(["regex: V=v\\d+", "check: $(a=$V) = x", "check: use $a"], "v7 = x\nuse v7\n");
    fails(["regex: V=v\\d+", "check: $(a=$V) = x", "check: use $a"], "v7 = x\nuse v8\n");
    passes(["check: $(b=\\w+) = (.)", "nextln: $b"], "x9 = (.)\nx9\n");
  });

  test("a variable is usable from the end of its match", () => {
    fails(["check: def $(v=\\w+)", "unordered: $v,"], "abc, def abc\n");
    passes(["check: def $(v=\\w+)", "unordered: $v,"], "def abc\nabc,\n");
  });

  test("anonymous regex, dollar and empty", () => {
    passes(["check: a$(=[0-9]+)b"], "a123b");
    passes(["check: cost $$5"], "cost $5");
    passes(["check: $()art$()"], "party");
    fails(["check: art"], "party");
    fails(["check: par"], "party");
  });

  test("parentheses inside a regex are balanced, classes and escapes respected", () => {
    passes(["check: $(=(ab)+[)]\\)) end"], "abab)) end");
  });

  test.each([
    ["check: $undefined", "not defined"],
    ["regex: A=x", undefined],
    ["check: $(", "not closed"],
    ["check: $(1=x)", "not understood"],
    ["check: a $ b", "must be followed"],
    ["regex: nothing", "NAME=REGEX"],
    ["check: $(a=x)$a", "in the pattern that defines it"],
  ])("%s", (directive, message) => {
    const add = () => new Checker().add(`; ${directive}`);
    if (message === undefined) expect(add).not.toThrow();
    else expect(add).toThrow(message);
  });

  test("a variable is defined once", () => {
    const checker = new Checker();
    checker.add("; regex: A=x");
    expect(() => checker.add("; check: $(A=y)")).toThrow("defined twice");
  });

  test("a directive may stand anywhere in a comment", () => {
    const checker = new Checker();
    checker.add("; this is why check: one");
    expect(checker.isEmpty).toBe(false);
    expect(checker.check("two")).toBeDefined();
  });
});
