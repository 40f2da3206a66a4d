import {
  type Function as ClifFunction,
  F32,
  F64,
  I128,
  type Inst,
  isInt,
  readFunctions,
  Settings,
  type Type,
  typeName,
  verify,
  writeFunction,
} from "@gantry/clif-ir";
import { GantryError, SourceFile } from "@gantry/diag";

// Shrinks CLIF text while a test keeps failing. Every step edits lines of what the writer prints, where an instruction is
// one line, and is kept if the result is valid and still fails.

/** Whether a text still shows the failure. */
export type Fails = (text: string) => boolean | Promise<boolean>;

/** Shrinks `text`; `step` is told the size after every step that was kept. */
export async function reduce(text: string, fails: Fails, step: (lines: number) => void): Promise<string> {
  const mustVerify = isValid(text);
  let best = text;
  const accept = async (candidate: string): Promise<boolean> => {
    if (candidate === best || !isReadable(candidate) || (mustVerify && !isValid(candidate))) return false;
    if (!(await fails(candidate))) return false;
    best = candidate;
    step(best.split("\n").length);
    return true;
  };
  // The writer's form is where all later steps begin; if the failure needs the original form, nothing can be done.
  await accept(print(parse(text)));
  for (let before = ""; before !== best; ) {
    before = best;
    await shrinkList(
      () => parse(best).map((func) => writeFunction(func)),
      (functions) => functions.length > 0 && accept(functions.join("\n")),
    );
    for (let k = 0; k < parse(best).length; k++) await reduceFunction(k, () => best, accept);
  }
  return best;
}

type Accept = (candidate: string) => Promise<boolean>;

async function reduceFunction(k: number, best: () => string, accept: Accept): Promise<void> {
  const withLines = (lines: readonly string[]) => {
    const functions = parse(best()).map((func) => writeFunction(func));
    functions[k] = lines.join("\n");
    return accept(functions.join("\n"));
  };
  const current = () => writeFunction(parse(best())[k]!).split("\n");
  // Branches first: each way out that goes makes blocks unreachable.
  for (let at = 0; at < current().length; at++) {
    for (const simpler of simplerBranches(current()[at]!)) {
      if (await withLines(current().with(at, simpler))) break;
    }
  }
  await withLines(withoutUnreachable(current()));
  // Then instructions, in large groups and small ones; a constant takes the place of what others use.
  for (let size = 64; size >= 1; size >>= 1) {
    for (let at = 0; at < current().length; at += size) {
      const plain = replaceable(parse(best())[k]!, current(), at, at + size);
      if (plain !== undefined) await withLines(plain);
    }
  }
  // Then what nothing uses any more: constants, declarations, whole lines.
  await shrinkList(current, (lines) => withLines(lines));
}

/** Removes parts of a list, large ones first, as long as `keep` accepts what is left. */
async function shrinkList(
  list: () => readonly string[],
  keep: (rest: readonly string[]) => Promise<boolean> | boolean,
): Promise<void> {
  for (let size = Math.max(1, list().length >> 1); ; size >>= 1) {
    for (let at = 0; at < list().length; ) {
      const rest = list().toSpliced(at, size);
      if (!(await keep(rest))) at += size;
    }
    if (size <= 1) return;
  }
}

const INSTRUCTION = /^(\s+(?:<[^>]*>\s*)?(?:@[0-9a-f]+\s+)?)(?:(v\d+(?:, v\d+)*) = )?([a-z]\w*)/;

function simplerBranches(line: string): string[] {
  const found = INSTRUCTION.exec(line);
  if (found === null) return [];
  const [, indent, , opcode] = found;
  if (opcode !== "brif" && opcode !== "br_table") return [];
  const calls = line.replace(/ {2};.*$/, "").match(/block\d+(\([^)]*\))?/g) ?? [];
  return [...new Set(calls)].map((call) => `${indent}jump ${call}`);
}

/** Drops blocks that no line mentions, over and over. */
function withoutUnreachable(lines: readonly string[]): string[] {
  let kept = [...lines];
  for (;;) {
    const headers = kept.map((line) => /^(block\d+)\b/.exec(line.trim())?.[1]);
    const first = headers.findIndex((name) => name !== undefined);
    const dead = headers.findIndex((name, at) => {
      if (name === undefined || at <= first) return false;
      const mention = new RegExp(`\\b${name}\\b`);
      return !kept.some((line, k) => k !== at && mention.test(line.replace(/;.*$/, "")));
    });
    if (dead < 0) return kept;
    let end = dead + 1;
    while (end < kept.length && headers[end] === undefined && kept[end] !== "}") end++;
    kept = kept.toSpliced(dead, end - dead);
  }
}

/** The lines with instructions from `from` to `to` replaced by constants; undefined if that changes nothing. */
function replaceable(
  func: ClifFunction,
  lines: readonly string[],
  from: number,
  to: number,
): string[] | undefined {
  let inst = -1;
  let changed = false;
  const out: string[] = [];
  let inBody = false;
  for (const [at, line] of lines.entries()) {
    const isHeader = /^\s*block\d+(\(.*\))?( cold)?:/.test(line);
    inBody ||= isHeader;
    const found = inBody && !isHeader ? INSTRUCTION.exec(line) : null;
    if (found === null || /^\s+v\d+ -> /.test(line)) {
      out.push(line);
      continue;
    }
    inst++;
    const constants =
      at >= from && at < to ? constantsFor(func, inst as Inst, found[1]!, found[3]!) : undefined;
    if (constants === undefined) out.push(line);
    else {
      out.push(...constants);
      changed = true;
    }
  }
  return changed ? out : undefined;
}

function constantsFor(func: ClifFunction, i: Inst, indent: string, opcode: string): string[] | undefined {
  if (
    /^(iconst|f32const|f64const)$/.test(opcode) ||
    func.isBranch(i) ||
    /^(return|trap$|unreachable)/.test(opcode)
  ) {
    return undefined;
  }
  const constants: string[] = [];
  for (let k = 0; k < func.resultCount(i); k++) {
    const v = func.result(i, k);
    const constant = constantOf(func.valueType(v));
    if (constant === undefined) return undefined;
    constants.push(`${indent}v${v} = ${constant}`);
  }
  return constants;
}

function constantOf(type: Type): string | undefined {
  if (isInt(type) && type !== I128) return `iconst.${typeName(type)} 0`;
  if (type === F32) return "f32const 0.0";
  if (type === F64) return "f64const 0.0";
  return undefined;
}

const parse = (text: string): ClifFunction[] => readFunctions(new SourceFile("reduced.clif", text));
const print = (functions: readonly ClifFunction[]): string =>
  functions.map((func) => writeFunction(func)).join("\n");

function isReadable(text: string): boolean {
  try {
    return parse(text).length > 0;
  } catch (error) {
    if (error instanceof GantryError) return false;
    throw error;
  }
}

function isValid(text: string): boolean {
  return isReadable(text) && parse(text).every((func) => verify(func, new Settings()).length === 0);
}
