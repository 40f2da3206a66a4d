import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { SourceFile } from "@gantry/diag";
import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import { type CompiledUnit, compileUnit } from "./compile.ts";
import { Replay } from "./testing/replay.ts";
import { constraintText, valueText } from "./tree/json.ts";
import { readUnitFile } from "./unit-file.ts";

// The order of a unit's files gives numbers to types, terms and rules. With them may change the order of functions in the
// output and which of two equally good tests a tree asks first; nothing else.

const { files: paths } = readUnitFile(
  fileURLToPath(new URL("../../../rules/x64/unit.json", import.meta.url)),
);
const file = (path: string): SourceFile => new SourceFile(path, readFileSync(path, "utf8"));
const compile = (order: readonly string[]): CompiledUnit =>
  compileUnit({ files: order.map(file), lints: true, output: {} });

let unit: CompiledUnit;
const others: CompiledUnit[] = [];
beforeAll(() => {
  unit = compile(paths);
  const orders = fc.sample(fc.shuffledSubarray([...paths], { minLength: paths.length }), {
    seed: 9,
    numRuns: 4,
  });
  for (const order of [...orders, paths.toReversed()]) others.push(compile(order));
}, 60_000);

test("the same is wrong, or nothing", () => {
  const found = (u: CompiledUnit): string[] =>
    u.diagnostics
      .map(({ code, span, message }) => `${span!.file.name}:${span!.start} ${code} ${message}`)
      .sort();
  expect(unit.hasErrors).toBe(false);
  for (const other of others) expect(found(other)).toEqual(found(unit));
});

test("every rule asks the same", () => {
  const asked = (u: CompiledUnit): Map<string, string[]> =>
    new Map(
      u.trees.flatMap(({ set }) =>
        set.rules.map((rule) => [
          `${set.term.name} ${u.sources.line(rule.rule.loc)} ${rule.rule.priority}`,
          [...rule.constraints]
            .map(([v, c]) => `${valueText(u.program!, set, v)}: ${constraintText(u.program!, c)}`)
            .sort(),
        ]),
      ),
    );
  const wanted = asked(unit);
  expect(wanted.size).toBeGreaterThan(300);
  for (const other of others) expect(asked(other)).toEqual(wanted);
});

test("what rules of one file become is the same text", () => {
  const functions = (u: CompiledUnit): Map<string, string> => {
    const text = u.text!.slice(0, u.text!.indexOf("\nfunction noRule("));
    return new Map(
      text
        .split(/^(?=\/\*\* [\w$.]+: \d+ rules?, )/m)
        .slice(1)
        .map((part) => [/^\/\*\* ([\w$.]+):/.exec(part)![1]!, part.trimEnd()]),
    );
  };
  const scattered = new Set(
    unit.trees
      .filter(({ set }) => new Set(set.rules.map((r) => unit.sources.fileIndex(r.rule.loc.start))).size > 1)
      .map(({ set }) => set.term.name),
  );
  const wanted = functions(unit);
  expect(wanted.size).toBe(unit.trees.length);
  expect(scattered.size).toBeLessThan(wanted.size / 4);
  for (const other of others) {
    const found = functions(other);
    for (const [name, text] of wanted) if (!scattered.has(name)) expect(found.get(name)).toBe(text);
  }
});

test("every call comes to the same", () => {
  const replay = new Replay(unit, 3);
  const replays = others.map((other) => [other, new Replay(other, 3)] as const);
  let compared = 0;
  for (const { set } of unit.trees) {
    for (let k = 0; k < (set.rules.length > 20 ? 40 : 2); k++) {
      const wanted = replay.run(set.term, `${k}`)?.trees;
      if (wanted === undefined) continue;
      compared++;
      for (const [other, run] of replays) {
        const term = other.trees.find((t) => t.set.term.name === set.term.name)!.set.term;
        expect(run.run(term, `${k}`)?.trees, `${set.term.name} ${k}`).toEqual(wanted);
      }
    }
  }
  expect(compared).toBeGreaterThan(300);
});
