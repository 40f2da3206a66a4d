import { type Comment, F32, I8, I8X4, I32, type Type } from "@gantry/clif-ir";
import { SourceFile } from "@gantry/diag";
import { expect, test } from "vitest";
import { commandText, judge, parseRunCommand } from "./run-command.ts";

const file = new SourceFile("t.clif", "");

function parse(text: string, params: Type[], returns: Type[]) {
  const comment: Comment = { text, start: 0, end: text.length, entity: "function", number: 0 };
  return parseRunCommand(comment, { params, returns }, file);
}

test("reads arguments and results by the signature", () => {
  const command = parse(
    "; run: %f(-1, 0x1.8p0, [1 2 3 0xff]) == [-2, NaN:0x1] and more",
    [I8, F32, I8X4],
    [I32, F32],
  );
  expect(command).toMatchObject({
    kind: "run",
    name: "f",
    comparison: "==",
    args: [{ bits: 0xffn }, { bits: 0x3fc00000n }, { bits: 0xff030201n }],
    expected: [{ bits: 0xfffffffen }, { bits: 0x7fc00001n }],
  });
  expect(commandText(command!)).toBe("run: %f(-1, 0x1.800000p0, [1 2 3 -1]) == [-2, +NaN:0x1]");
});

test("reads print, bare run, and functions without results", () => {
  expect(parse(";print: %f(1)", [I8], [I8])).toMatchObject({ kind: "print", comparison: undefined });
  expect(parse("; run", [], [I8])).toMatchObject({ comparison: "!=", name: undefined });
  expect(parse("; run: %f(1) == []", [I8], [])).toMatchObject({ expected: [] });
  expect(parse("; running late", [], [])).toBeUndefined();
  expect(parse("; a run: %f()", [], [])).toBeUndefined();
});

test.each([
  ["; run", [I8], [I8], "without parameters"],
  ["; run: f(1)", [I8], [I8], "%name"],
  ["; run: %f(1, 2) == 3", [I8], [I8], "')' is expected"],
  ["; run: %f() == 3", [I8], [I8], "a value is expected"],
  ["; run: %f(1)", [I8], [I8], "'==' or '!='"],
  ["; run: %f(300) == 1", [I8], [I8], "300"],
  ["; run: %f(1) == 1", [I8], [I8, I8], "'[' is expected"],
] as const)("%s is refused", (text, params, returns, message) => {
  expect(() => parse(text, [...params], [...returns])).toThrow(message);
});

test("compares bits and types", () => {
  const command = parse("; run: %f() == -0.0", [], [F32])!;
  expect(judge(command, [{ type: F32, bits: 0x80000000n }])).toBeUndefined();
  expect(judge(command, [{ type: F32, bits: 0n }])).toBe("Failed test: run: %f() == -0.0, actual: 0.0");
  const bare = parse("; run", [], [I8])!;
  expect(judge(bare, [{ type: I8, bits: 0n }])).toContain("Failed test");
  expect(judge(bare, [{ type: I32, bits: 0n }])).toBeUndefined();
});
