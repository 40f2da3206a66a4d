/** Checks tables of fixed-width machines and resolves their rows. */
import type { FixedKind, FixedRow, FixedTable } from "./fixed.ts";
import { coverage, type Diagram, parseDiagram, type Slice } from "./fixed-bits.ts";
import { Problems } from "./problems.ts";
import { type NamedTable, type Row, type RowForm, type RowOperand, resolveRows } from "./row.ts";
import type { PseudoRow } from "./x86.ts";

/** Part of a field: which operand, which bits of its encoded value, where in the instruction. */
export interface Field extends Slice {
  readonly operand: RowOperand;
  /** The kind that encodes the value: the operand's, or that of the part of a memory operand. */
  readonly kind: FixedKind;
}

/** A row that encodes the same in fewer bytes, and when. */
export interface ShortForm {
  readonly name: string;
  /** Pairs of operands that must be the same register. */
  readonly ties: readonly (readonly [string, string])[];
  /** Operands that must have a value or be a register, and the word of either. */
  readonly constants: readonly (readonly [string, number])[];
  /** Operands of the short row by another name in this row. */
  readonly renamed: ReadonlyMap<string, string>;
}

/** The operand of `row` that operand `key` of its short form reads. */
export function longOperand(row: FixedResolvedRow, form: ShortForm, key: string): RowOperand | undefined {
  const name = form.renamed.get(key) ?? key;
  return row.operands.find((o) => o.key === name);
}

/** What the encoder knows of a row. */
export interface FixedEncoding {
  readonly diagram: Diagram;
  readonly fields: readonly Field[];
  readonly short: readonly ShortForm[];
  readonly sameAs: string;
}

export type FixedResolvedRow = Row<FixedEncoding>;

/** Byte order and registers of a target. */
export interface FixedTarget {
  readonly endian: "little" | "big";
  /** Register word of a register's name, or -1. */
  registerWord(name: string): number;
}

/** Resolves all rows of all tables; throws a `GantryError` that lists everything that is wrong. */
export function resolveFixed(
  tables: readonly NamedTable<FixedTable>[],
  target: FixedTarget,
): FixedResolvedRow[] {
  const problems = new Problems();
  const form: RowForm<FixedRow | PseudoRow, FixedEncoding> = {
    registerWord: target.registerWord,
    spillable: () => false,
    encoding: (file, name, spec, operands) =>
      spec.row === "fixed"
        ? resolveEncoding(file, name, spec, operands, target.registerWord, problems)
        : undefined,
    size: (encoding) => encoding.diagram.bytes,
  };
  const { rows, byName } = resolveRows(tables, form, problems);
  for (const row of rows) checkShortForms(row, byName, problems);
  checkLabelKinds(rows, problems);
  checkOverlaps(rows, byName, target, problems);
  problems.throwIfAny();
  return rows;
}

function resolveEncoding(
  file: string,
  name: string,
  spec: FixedRow,
  operands: readonly RowOperand[],
  registerWord: FixedTarget["registerWord"],
  problems: Problems,
): FixedEncoding | undefined {
  const diagram = parseDiagram(spec.bits);
  if (typeof diagram === "string") {
    const code = diagram.startsWith("the diagram has") ? "ASM0013" : "ASM0012";
    problems.add(code, file, name, `"${spec.bits}": ${diagram}`);
    return undefined;
  }
  const fields: Field[] = [];
  for (const slice of diagram.slices) {
    const operand = operands.find((o) => o.key === slice.key);
    if (operand === undefined) {
      problems.add("ASM0003", file, name, `the diagram needs an operand "${slice.key}"`);
      continue;
    }
    const kind = fieldKind(operand.kind, slice.part);
    if (kind === undefined || operand.fixedWord >= 0) {
      const part = slice.part === "" ? "the diagram" : `part "${slice.part}" of the diagram`;
      problems.add("ASM0005", file, name, `"${slice.key}" of kind ${operand.kind.name} in ${part}`);
      continue;
    }
    // Diagrams that name bits of the value count the low ones that are not encoded.
    const from = slice.from - (slice.ofValue ? (kind.immediate?.shift ?? 0) : 0);
    fields.push({ ...slice, from, operand, kind });
  }
  checkCoverage(file, name, fields, problems);
  checkParts(file, name, operands, fields, problems);
  for (const o of operands) {
    const inDiagram = diagram.slices.some((s) => s.key === o.key);
    if (!inDiagram && o.fixedWord < 0 && o.kind.form !== "trap" && o.role !== "tmp")
      problems.add("ASM0004", file, name, `"${o.key}"`);
    if (inDiagram && !new RegExp(`\\b${o.key}\\b`).test(spec.asm))
      problems.add("ASM0009", file, name, `"${o.key}" does not occur in "${spec.asm}"`);
  }
  const { short = [] } = spec;
  return {
    diagram,
    fields,
    short: (typeof short === "string" ? [short] : short).map((text) => parseShort(text, registerWord)),
    sameAs: spec.sameAs ?? "",
  };
}

/** The kind of what stands in a field: the operand itself, or a part of a memory operand. */
function fieldKind(kind: FixedKind, part: Slice["part"]): FixedKind | undefined {
  const { memory } = kind;
  switch (part) {
    case "":
      return memory === undefined ? kind : undefined;
    case "base":
      return memory?.base;
    case "index":
      return memory?.index;
    case "disp":
      return memory?.disp;
    case "scale":
      return memory === undefined ? undefined : SCALE_BIT;
  }
}

/** Whether the index of a memory operand is scaled. */
const SCALE_BIT: FixedKind = {
  name: "scale",
  form: "imm",
  regClass: 0,
  bits: 1,
  isle: "i32",
  immediate: { bits: 1, signed: false, shift: 0, nonZero: false },
};

function checkCoverage(file: string, name: string, fields: readonly Field[], problems: Problems): void {
  const covered = coverage(fields);
  if (typeof covered === "string") {
    problems.add("ASM0014", file, name, `a bit of "${covered}" occurs twice`);
    return;
  }
  for (const [field, mask] of covered) {
    const { kind } = fields.find((f) => field === (f.part === "" ? f.key : `${f.key}.${f.part}`))!;
    const width = kind.immediate?.bits ?? registerBits(kind);
    const whole = (1n << BigInt(width)) - 1n;
    // A register field may be wider than the registers need.
    const extra = kind.register !== undefined && mask > whole && (mask & (mask + 1n)) === 0n;
    if (mask !== whole && !extra)
      problems.add(
        "ASM0014",
        file,
        name,
        `"${field}" of kind ${kind.name} has ${width} bits, the fields cover 0x${mask.toString(16)}`,
      );
  }
}

/** Every part that a memory operand can have must be in the diagram, but for a base that can only be one register. */
function checkParts(
  file: string,
  name: string,
  operands: readonly RowOperand[],
  fields: readonly Field[],
  problems: Problems,
): void {
  for (const o of operands) {
    const { memory } = o.kind as FixedKind;
    if (memory === undefined) continue;
    const wanted: Slice["part"][] = [];
    const { allowed } = memory.base.register!;
    if ((allowed & (allowed - 1)) !== 0) wanted.push("base");
    if (memory.index !== undefined) wanted.push("index");
    if (memory.disp !== undefined) wanted.push("disp");
    for (const part of wanted)
      if (!fields.some((f) => f.key === o.key && f.part === part))
        problems.add("ASM0014", file, name, `"${o.key}.${part}" is not in the diagram`);
  }
}

/** Bits that the field values of a register kind need. */
function registerBits(kind: FixedKind): number {
  const { allowed = 0, first = 0 } = kind.register ?? {};
  return 32 - Math.clz32(31 - Math.clz32(allowed) - first);
}

/** `"c_mv rs1=x0 imm=0 rs1<-rs2"`. */
function parseShort(text: string, registerWord: FixedTarget["registerWord"]): ShortForm {
  const [name = "", ...conditions] = text.trim().split(/\s+/);
  const ties: [string, string][] = [];
  const constants: [string, number][] = [];
  const renamed = new Map<string, string>();
  for (const condition of conditions) {
    const [left = "", right = ""] = condition.split(/=|<-/);
    if (condition.includes("<-")) renamed.set(left, right);
    else if (/^-?\d+$/.test(right)) constants.push([left, Number(right)]);
    else if (registerWord(right) >= 0) constants.push([left, registerWord(right)]);
    else ties.push([left, right]);
  }
  return { name, ties, constants, renamed };
}

function checkShortForms(
  row: FixedResolvedRow,
  byName: ReadonlyMap<string, FixedResolvedRow>,
  problems: Problems,
): void {
  for (const entry of row.encoding?.short ?? []) {
    const { name, ties, constants } = entry;
    const short = byName.get(name);
    const wrong = (detail: string): void => problems.add("ASM0010", row.file, row.name, `${name}: ${detail}`);
    if (short?.encoding === undefined) {
      wrong("no such row");
      continue;
    }
    const form = (key: string): string | undefined => row.operands.find((o) => o.key === key)?.kind.form;
    for (const o of short.operands) {
      const long = longOperand(row, entry, o.key)?.kind.form;
      const same = long === o.kind.form || (long === "imm64" && o.kind.form === "imm");
      if (!same) wrong(`the row has no operand "${o.key}" of kind ${o.kind.name}`);
    }
    for (const [a, b] of ties)
      if (form(a) !== "reg" || form(b) !== "reg") wrong(`"${a}=${b}" does not name two registers`);
    for (const [key] of constants)
      if (form(key) !== "imm" && form(key) !== "reg")
        wrong(`"${key}" is neither a register nor an immediate`);
  }
}

/** A label kind stands at the same bits in every row: its fix-up knows no row. */
function checkLabelKinds(rows: readonly FixedResolvedRow[], problems: Problems): void {
  const places = new Map<string, { text: string; row: string }>();
  for (const row of rows) {
    const fields = row.encoding?.fields.filter((f) => f.kind.form === "label") ?? [];
    if (fields.length === 0) continue;
    const { name } = fields[0]!.kind;
    const text = fields.map((f) => `${f.from}:${f.width}@${f.to}`).join(" ");
    const before = places.get(name);
    if (before === undefined) places.set(name, { text, row: row.name });
    else if (before.text !== text)
      problems.add(
        "ASM0014",
        row.file,
        row.name,
        `label kind ${name} stands at other bits than in ${before.row}`,
      );
  }
}

/** Whether the field's kind rules out the bits that another row has there. */
function excludes(row: FixedResolvedRow, other: Diagram): boolean {
  const values = new Map<string, { value: bigint; known: boolean; kind: FixedKind }>();
  for (const f of row.encoding!.fields) {
    const id = `${f.key}.${f.part}`;
    const bits = (1n << BigInt(f.width)) - 1n;
    const entry = values.get(id) ?? { value: 0n, known: true, kind: f.kind };
    const known = ((other.mask >> BigInt(f.to)) & bits) === bits;
    const value = entry.value | (((other.match >> BigInt(f.to)) & bits) << BigInt(f.from));
    values.set(id, { value, known: entry.known && known, kind: f.kind });
  }
  for (const { value, known, kind } of values.values()) {
    if (!known) continue;
    if (
      kind.register !== undefined &&
      ((kind.register.allowed >>> (Number(value) + kind.register.first)) & 1) === 0
    )
      return true;
    if (kind.immediate?.nonZero === true && value === 0n) return true;
  }
  return false;
}

/** The diagram's first `bytes` bytes in memory, as a number. */
function firstBytes(d: Diagram, bytes: number, endian: "little" | "big"): { match: bigint; mask: bigint } {
  const down = endian === "big" ? BigInt((d.bytes - bytes) * 8) : 0n;
  const all = (1n << BigInt(bytes * 8)) - 1n;
  return { match: (d.match >> down) & all, mask: (d.mask >> down) & all };
}

function checkOverlaps(
  rows: readonly FixedResolvedRow[],
  byName: ReadonlyMap<string, FixedResolvedRow>,
  target: FixedTarget,
  problems: Problems,
): void {
  const encoded = rows.filter((r) => r.encoding !== undefined);
  const clash = (a: FixedResolvedRow, b: FixedResolvedRow): boolean => {
    const x = a.encoding!.diagram;
    const y = b.encoding!.diagram;
    const bytes = Math.min(x.bytes, y.bytes);
    const p = firstBytes(x, bytes, target.endian);
    const q = firstBytes(y, bytes, target.endian);
    if (((p.match ^ q.match) & p.mask & q.mask) !== 0n) return false;
    return x.bytes !== y.bytes || (!excludes(a, y) && !excludes(b, x));
  };
  encoded.forEach((row, i) => {
    const { sameAs, diagram } = row.encoding!;
    if (sameAs !== "") {
      const same = byName.get(sameAs)?.encoding?.diagram;
      if (
        same === undefined ||
        (same.mask & ~diagram.mask) !== 0n ||
        ((same.match ^ diagram.match) & same.mask) !== 0n
      )
        problems.add("ASM0017", row.file, row.name, sameAs);
      return;
    }
    for (const before of encoded.slice(0, i))
      if (before.encoding!.sameAs === "" && clash(before, row))
        problems.add(
          "ASM0008",
          row.file,
          row.name,
          `${before.name} of ${before.file}; say sameAs where that is meant`,
        );
  });
}
