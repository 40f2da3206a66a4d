import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import {
  allTypes,
  type ClifFile,
  type Function as ClifFunction,
  FLOAT_CC_NAMES,
  INT_CC_NAMES,
  OPCODE_NAMES,
  Op,
  OWN_SIGNATURE,
  readFile,
  Settings,
  typeName,
  VERIFIER_CODES,
  verifyForTest,
} from "@gantry/clif-ir";
import { SourceFile } from "@gantry/diag";
import { expect, test } from "vitest";
import { root } from "./gantry.ts";

// The filetests as a whole, held against the tables: what the reader makes of each file counts, not the words in it. The
// codes of the reader are in reader-errors.test.ts.

/** Damage that the reader lets no text do; verifier.test.ts makes it by hand. */
const NOT_IN_TEXT = [
  "blockIntegrity",
  "instIntegrity",
  "valueReference",
  "attached",
  "ctrlType",
  "resultType",
  "resultCount",
  "constantRange",
];

/** Opcodes that neither the interpreter nor the x86-64 target executes; `test cat` and `test verifier` have them. */
const NOT_EXECUTED = [
  "stack_switch",
  "dynamic_stack_addr",
  "tls_value",
  "get_exception_handler_address",
  "extract_vector",
];

const folder = join(root, "test", "filetests");
const names = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((n) => n.endsWith(".clif"));
const files = names.map((n) => readFile(new SourceFile(n, readFileSync(join(folder, n), "utf8"))));
const functions = files.flatMap((file) => file.functions);
const executed = files.filter(has("run", "interpret")).flatMap((file) => file.functions);

function has(...commands: string[]) {
  return (file: ClifFile) => file.commands.some((c) => commands.includes(c.words[0]));
}

function* instructions(f: ClifFunction) {
  for (let b = f.firstBlock(); b >= 0; b = f.nextBlock(b))
    for (let i = f.firstInst(b); i >= 0; i = f.nextInst(i)) yield i;
}

const opcodesOf = (list: readonly ClifFunction[]) =>
  new Set(list.flatMap((f) => [...instructions(f)].map((i) => OPCODE_NAMES[f.opcode(i)])));

function typesOf(f: ClifFunction): number[] {
  const types: number[] = [];
  for (let v = 0; v < f.numValues; v++) types.push(f.valueType(v as never));
  for (let k = 0; k < f.sigParamCount(OWN_SIGNATURE); k++) types.push(f.sigParamType(OWN_SIGNATURE, k));
  for (let k = 0; k < f.sigReturnCount(OWN_SIGNATURE); k++) types.push(f.sigReturnType(OWN_SIGNATURE, k));
  return types;
}

test("there are at least 400 files, each with a comment that says what it is about", () => {
  expect(names.length).toBeGreaterThanOrEqual(400);
  const silent = names.filter((_, k) => files[k].comments.length === 0);
  expect(silent).toEqual([]);
});

test("every opcode is in a filetest", () => {
  const seen = opcodesOf(functions);
  expect(OPCODE_NAMES.slice(1).filter((name) => !seen.has(name))).toEqual([]);
});

test("every opcode that something can execute is executed", () => {
  const seen = opcodesOf(executed);
  expect(OPCODE_NAMES.slice(1).filter((name) => !seen.has(name))).toEqual(NOT_EXECUTED);
});

test("every condition is compared with", () => {
  const seen = (compare: number): Set<number> =>
    new Set(
      executed.flatMap((f) =>
        [...instructions(f)].filter((i) => f.opcode(i) === compare).map((i) => f.cond(i) as number),
      ),
    );
  const [ints, floats] = [seen(Op.icmp), seen(Op.fcmp)];
  expect(INT_CC_NAMES.filter((_, cc) => !ints.has(cc))).toEqual([]);
  expect(FLOAT_CC_NAMES.filter((_, cc) => !floats.has(cc))).toEqual([]);
});

test("every type that has a name is computed with", () => {
  const seen = new Set(executed.flatMap(typesOf));
  expect(
    allTypes()
      .filter((t) => !seen.has(t))
      .map(typeName),
  ).toEqual([]);
});

test("every code of the verifier is in a filetest", () => {
  const seen = new Set<string>();
  for (const file of files.filter(has("verifier"))) {
    const target = file.settings.some((line) => line.kind === "target") ? { pointerBytes: 8 } : undefined;
    for (const f of file.functions)
      for (const { code } of verifyForTest(f, new Settings(), target)) seen.add(code);
  }
  const missing = Object.entries(VERIFIER_CODES).filter(([, [code]]) => !seen.has(code));
  expect(missing.map(([name]) => name)).toEqual(NOT_IN_TEXT);
});
