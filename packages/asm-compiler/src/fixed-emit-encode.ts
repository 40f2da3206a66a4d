/**
 * Generates the encoder of a fixed-width machine: one function for each shape, which is the list of fields and where
 * their values stand in the record; rows of one shape differ in the given bits alone.
 */
import { featureSets, HEADER, int32Array } from "./emit-common.ts";
import type { FixedKind } from "./fixed.ts";
import {
  type Field,
  type FixedEncoding,
  type FixedResolvedRow,
  type FixedTarget,
  longOperand,
} from "./fixed-rows.ts";
import type { RowOperand } from "./row.ts";

/** Functions of `immediates.ts` that the rows need. */
export function namedLaws(rows: readonly FixedResolvedRow[]): string[] {
  const names = rows.flatMap((r) => r.encoding?.fields.map((f) => f.kind.immediate?.named ?? "") ?? []);
  return [...new Set(names.filter((n) => n !== ""))].sort();
}

export const functionName = (verb: string, kind: string): string =>
  `${verb}${kind[0]!.toUpperCase()}${kind.slice(1)}`;

/** Word of the record that holds the part of an operand, from the operand's offset. */
const PART_WORD = { "": 0, base: 0, index: 1, disp: 2, scale: 3 } as const;

/** The encoded value of a field's operand, an expression over the record at `at`. */
function fieldValue(f: Field, at: number): string {
  const word = `words[at + ${at + PART_WORD[f.part]}]`;
  if (f.part === "scale") return `((${word} & 0x30) === 0 ? 0 : 1)`;
  const law = f.kind.immediate;
  if (law === undefined) {
    if (f.operand.kind.form === "mem" && (f.operand.kind as FixedKind).memory!.zeroIsNone)
      return `orZero(${word})`;
    return word;
  }
  if (f.kind.form === "label" || f.kind.form === "symbol") return "0";
  if (law.named !== undefined) {
    const args = f.kind.form === "imm64" ? `${word}, words[at + ${at + 1}]` : word;
    return `${functionName("encode", law.named)}(${args})`;
  }
  return law.shift === 0 ? word : `(${word} >> ${law.shift})`;
}

/** `((value >>> from) & mask) << to`, without what does nothing. */
function slice(value: string, from: number, width: number, to: number): string {
  const shifted = from === 0 ? value : `(${value} >>> ${from})`;
  const masked = width >= 32 ? shifted : `(${shifted} & ${(1n << BigInt(width)) - 1n})`;
  return to === 0 ? masked : `${masked} << ${to}`;
}

/** The statements that put one instruction; equal text is an equal shape. */
function shapeBody(
  e: FixedEncoding,
  offset: (o: RowOperand) => number,
  endian: FixedTarget["endian"],
): string {
  const low: string[] = [];
  const high: string[] = [];
  const lines: string[] = [];
  const values = new Map<string, string>();
  for (const f of e.fields) {
    let value = fieldValue(f, offset(f.operand));
    if (value === "0") continue;
    if (value.includes("(") && e.fields.filter((g) => g.key === f.key && g.part === f.part).length > 1) {
      const name = `${f.key}${f.part}`;
      if (!values.has(value)) lines.push(`const ${name} = ${value};`);
      values.set(value, name);
      value = name;
    }
    if (f.to >= 32) high.push(slice(value, f.from, f.width, f.to - 32));
    else low.push(slice(value, f.from, f.width, f.to));
  }
  const { bytes } = e.diagram;
  const memory = e.fields.find((f) => f.operand.kind.form === "mem")?.operand;
  if (memory !== undefined) {
    const meta = `words[at + ${offset(memory) + 3}]`;
    lines.unshift(`memoryTrap(${meta}, buf);`);
  }
  const before: string[] = [];
  const between: string[] = [];
  for (const f of e.fields) {
    const at = offset(f.operand);
    const kind = f.kind;
    if (kind.form === "label" && before.length === 0)
      before.push(`buf.useLabel(words[at + ${at}], ${kind.fixup ?? 0}, 0);`);
    if (kind.form === "symbol" && before.length + between.length === 0) {
      const text = `buf.reloc(words[at + ${at + 1}], words[at + ${at}], ${kind.addend ?? 0});`;
      (kind.fieldAt === 2 ? between : before).push(text);
    }
  }
  const be = endian === "big" ? "be" : "";
  const word = (base: string, parts: readonly string[]): string => [base, ...parts].join(" | ");
  if (bytes === 6)
    lines.push(
      ...before,
      `buf.put2be(${word("BASE_HIGH[op]", high)});`,
      ...between,
      `buf.put4be(${word("BASE[op]", low)});`,
    );
  else lines.push(...before, ...between, `buf.put${bytes}${be}(${word("BASE[op]", low)});`);
  return lines.map((l) => `  ${l}`).join("\n");
}

/** Parameters of a shape's function; what it does not read has a name that says so. */
function shapeParameters(body: string): string {
  const name = (text: string): string => (new RegExp(`\\b${text}\\b`).test(body) ? text : `_${text}`);
  return `${name("words")}: Int32Array, ${name("at")}: number, ${name("op")}: number, buf: CodeBuffer`;
}

/** Conditions that the record of `row` suits its short form. */
function shortConditions(row: FixedResolvedRow, short: FixedResolvedRow, k: number): string[] {
  const form = row.encoding!.short[k]!;
  const find = (key: string): RowOperand => row.operands.find((o) => o.key === key)!;
  const out: string[] = [];
  for (const [a, b] of form.ties) out.push(`words[at + ${find(a).at}] === words[at + ${find(b).at}]`);
  for (const [key, value] of form.constants) out.push(`words[at + ${find(key).at}] === ${value}`);
  for (const o of short.operands) {
    const long = longOperand(row, form, o.key)!;
    out.push(...kindConditions(long, o.kind as FixedKind, long.at, o.fixedWord));
  }
  return [...new Set(out)];
}

/** Conditions that the operand at `at` of the long record suits `kind`. */
function kindConditions(long: RowOperand, kind: FixedKind, at: number, fixedWord: number): string[] {
  const word = `words[at + ${at}]`;
  if (fixedWord >= 0) return [`${word} === ${fixedWord}`];
  if (kind.register !== undefined) return registerConditions(word, long.kind as FixedKind, kind);
  if (kind.memory !== undefined) {
    const { base, index, disp } = kind.memory;
    const law = (long.kind as FixedKind).memory!;
    const out = registerConditions(word, law.base, base);
    if (index === undefined && law.index !== undefined) out.push(`words[at + ${at + 1}] < 0`);
    if (disp !== undefined && disp.name !== law.disp?.name)
      out.push(...immediateFits(`words[at + ${at + 2}]`, disp));
    return out;
  }
  if (kind.immediate !== undefined && kind.name !== long.kind.name && kind.form === "imm")
    return immediateFits(word, kind);
  return [];
}

function registerConditions(word: string, long: FixedKind, short: FixedKind): string[] {
  const { allowed } = short.register!;
  return allowed === long.register!.allowed ? [] : [`((${allowed} >>> (${word} & 31)) & 1) !== 0`];
}

/** Conditions that the value of an expression can be encoded by an immediate kind. */
export function immediateFits(value: string, kind: FixedKind): string[] {
  const { bits, shift, signed, nonZero, named } = kind.immediate!;
  if (named !== undefined) return [`${functionName("encode", named)}(${value}) >= 0`];
  const out: string[] = [];
  const width = bits + shift;
  if (width < 32)
    out.push(
      signed ? `${value} << ${32 - width} >> ${32 - width} === ${value}` : `${value} >>> ${width} === 0`,
    );
  if (shift > 0) out.push(`(${value} & ${(1 << shift) - 1}) === 0`);
  if (nonZero) out.push(`${value} !== 0`);
  return out;
}

/** `encode.ts`. */
export function emitFixedEncode(rows: readonly FixedResolvedRow[], target: FixedTarget): string {
  const base: number[] = [];
  const high: number[] = [];
  const shape: number[] = [];
  const shapes = new Map<string, { index: number; names: string[] }>();
  const add = (row: FixedResolvedRow, offset: (o: RowOperand) => number): number => {
    const index = base.length;
    const e = row.encoding;
    if (e === undefined) {
      base.push(0);
      high.push(0);
      shape.push(255);
      return index;
    }
    base.push(Number(BigInt.asIntN(32, e.diagram.match)));
    high.push(Number(e.diagram.match >> 32n));
    const body = shapeBody(e, offset, target.endian);
    const known = shapes.get(body) ?? { index: shapes.size, names: [] };
    shapes.set(body, known);
    known.names.push(row.name);
    shape.push(known.index);
    return index;
  };
  for (const row of rows) add(row, (o) => o.at);
  const byName = new Map(rows.map((r) => [r.name, r]));
  const sets = featureSets(rows);
  let usesFeatures = false;
  const cases: string[] = [];
  for (const row of rows) {
    const forms = row.encoding?.short ?? [];
    if (forms.length === 0) continue;
    const lines = [`    case ${row.opcode}: // ${row.name}`];
    forms.forEach((form, k) => {
      const short = byName.get(form.name)!;
      const variant = add(short, (o) => longOperand(row, form, o.key)!.at);
      const conditions = shortConditions(row, short, k);
      if (short.needs !== "" && short.needs !== row.needs) {
        usesFeatures = true;
        conditions.unshift(`(features & ${1 << sets.indexOf(short.needs)}) !== 0`);
      }
      lines.push(`      if (${conditions.join(" && ") || "true"}) return ${variant}; // ${form.name}`);
    });
    lines.push(`      return ${row.opcode};`);
    cases.push(lines.join("\n"));
  }
  const laws = namedLaws(rows);
  const wide = rows.some((r) => r.encoding?.diagram.bytes === 6);
  const bodies = [...shapes].map(
    ([body, { index, names }]) =>
      `/** ${names.slice(0, 6).join(", ")}${names.length > 6 ? ", ..." : ""} */\nfunction shape${index}(${shapeParameters(body)}): void {\n${body}\n}`,
  );
  const all = bodies.join("\n");
  return [
    HEADER,
    'import { bug } from "@gantry/diag";',
    'import type { CodeBuffer } from "@gantry/codegen-core";',
    laws.length > 0
      ? `import { ${laws.map((n) => functionName("encode", n)).join(", ")} } from "../immediates.ts";\n`
      : "",
    "/** The given bits of each opcode, then of each short form that reads a longer row's record. */",
    int32Array("BASE", base),
    wide ? `/** Bits 32 to 47. */\n${int32Array("BASE_HIGH", high)}` : "",
    int32Array("SHAPE", shape, "Uint8Array"),
    `/**
 * Appends the machine instruction of the record at \`at\`, after allocation, to \`buf\`.${usesFeatures ? "\n * A short form that needs CPU features is taken only if the bit of its index in `FEATURE_SETS` is set in `features`." : ""}
 */
export function encode(words: Int32Array, at: number, buf: CodeBuffer${usesFeatures ? ", features = 0" : ""}): void {
  const op = ${cases.length > 0 ? `shorten(words[at] & 0xffff, words, at${usesFeatures ? ", features" : ""})` : "words[at] & 0xffff"};
  buf.reserve(8);
  buf.startInst();
  switch (SHAPE[op]) {
${[...shapes.values()].map(({ index }) => `    case ${index}:\n      return shape${index}(words, at, op, buf);`).join("\n")}
    default:
      bug("emit", \`opcode \${op} has no encoding\`);
  }
}
`,
    cases.length > 0
      ? `/** The first short form that the operands suit, or the opcode itself. */
function shorten(op: number, words: Int32Array, at: number${usesFeatures ? ", features: number" : ""}): number {
  switch (op) {
${cases.join("\n")}
    default:
      return op;
  }
}
`
      : "",
    all,
    all.includes("memoryTrap(") ? MEMORY_TRAP : "",
    all.includes("orZero(")
      ? "\nfunction orZero(register: number): number {\n  return register < 0 ? 0 : register;\n}"
      : "",
    emitInserts(rows),
    "",
  ].join("\n");
}

const MEMORY_TRAP = `
/** Other kinds of memory operand have become plain ones, or other instructions, before they come here. */
function memoryTrap(meta: number, buf: CodeBuffer): void {
  if ((meta & 15) !== 1) bug("emit", \`memory operand of kind \${meta & 15} was not resolved before encoding\`);
  const code = (meta >> 6) & 255;
  if (code !== 0) buf.trap(code);
}`;

/** Functions that write the distance to a label into an instruction: one for each label kind. */
function emitInserts(rows: readonly FixedResolvedRow[]): string {
  const byKind = new Map<string, { kind: FixedKind; fields: Field[]; bytes: number }>();
  for (const row of rows)
    for (const f of row.encoding?.fields ?? []) {
      if (f.kind.form !== "label") continue;
      const { bytes } = row.encoding!.diagram;
      const fields = row.encoding!.fields.filter((g) => g.kind === f.kind);
      if (!byKind.has(f.kind.name)) byKind.set(f.kind.name, { kind: f.kind, fields, bytes });
    }
  return [...byKind.values()]
    .map(({ kind, fields, bytes }) => {
      const { shift } = kind.immediate!;
      const parts = fields.map((f) =>
        slice(shift === 0 ? "distance" : `(distance >> ${shift})`, f.from, f.width, f.to),
      );
      return `
/** The bits that a distance in bytes from the start of the instruction sets in its ${bytes === 6 ? "last four" : bytes} bytes. */
export function ${functionName("insert", kind.name)}(distance: number): number {
  return ${parts.join(" | ")};
}`;
    })
    .join("\n");
}
