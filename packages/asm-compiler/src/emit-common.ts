/**
 * What is generated from rows of any target: opcode constants, operand descriptors and facts, constructor methods,
 * ISLE declarations.
 */
import type { RegClassNames } from "./generate.ts";
import { isArgument, isResult, type Row, type RowOperand } from "./row.ts";

/** First line of every generated file. */
export const HEADER = "// Generated from the instruction tables by scripts/generate.ts. Do not edit.\n";

/** `opcodes.ts`: one constant for each row. */
export function emitOpcodes(rows: readonly Row<unknown>[]): string {
  return `${HEADER}${rows.map((r) => `export const ${r.name} = ${r.opcode};`).join("\n")}\n`;
}

/** Text of an `Int32Array` constant, a few lines rather than one number a line. */
export function int32Array(name: string, values: readonly number[], type = "Int32Array"): string {
  const lines: string[] = [];
  for (let i = 0; i < values.length; i += 24) lines.push(`  ${values.slice(i, i + 24).join(",")},`);
  return `export const ${name}: ${type} = new ${type}([\n${lines.join("\n")}\n]);\n`;
}

// Operand info word of the register allocator: kind, position, class, constraint, payload.
const DEF = 1;
const LATE = 2;
const CLASS_SHIFT = 2;
const CONSTRAINT_SHIFT = 4;
const PAYLOAD_SHIFT = 8;
const ANY = 0;
const REG = 1;
const FIXED = 3;
const REUSE = 4;
const OFFSET_SHIFT = 16;
const GROUP_SHIFT = 24;
const GROUP_RM = 1;
const GROUP_MEM = 2;

/** The allocator's view of a row: registers that are read, groups, registers that are written. */
export function descriptor(row: Row<unknown>): number[] {
  const plain: number[] = [];
  const groups: number[] = [];
  const defs: number[] = [];
  const constraint = (o: RowOperand): number =>
    o.fixedWord >= 0 ? (FIXED << CONSTRAINT_SHIFT) | (o.fixedWord << PAYLOAD_SHIFT) : REG << CONSTRAINT_SHIFT;
  for (const o of row.operands) {
    const cls = o.kind.regClass << CLASS_SHIFT;
    const at = o.at << OFFSET_SHIFT;
    const place = o.spillable ? ANY : REG;
    if (o.kind.form === "rm") groups.push(cls | (place << CONSTRAINT_SHIFT) | at | (GROUP_RM << GROUP_SHIFT));
    else if (o.kind.form === "mem") groups.push((REG << CONSTRAINT_SHIFT) | at | (GROUP_MEM << GROUP_SHIFT));
    else if (o.kind.form === "reg") {
      switch (o.role) {
        case "use":
          plain.push(cls | constraint(o) | at);
          break;
        case "lateUse":
          plain.push(LATE | cls | constraint(o) | at);
          break;
        case "def":
          defs.push(DEF | LATE | cls | constraint(o) | at);
          break;
        case "earlyDef":
        case "tmp":
          defs.push(DEF | cls | constraint(o) | at);
          break;
        case "mod": {
          const use = plain.length;
          plain.push(cls | constraint(o) | ((o.at + 1) << OFFSET_SHIFT));
          // A fixed register says all; otherwise the result takes the register of its input, whose index is known
          // because plain registers come before groups of variable size.
          const tie = o.fixedWord >= 0 ? constraint(o) : (REUSE << CONSTRAINT_SHIFT) | (use << PAYLOAD_SHIFT);
          defs.push(DEF | LATE | cls | tie | at);
          break;
        }
      }
    }
  }
  return [...plain, ...groups, ...defs];
}

const EFFECT_BITS = { "": 0, branch: 4, call: 16, return: 8, move: 128, commutes: 256 } as const;

/** The bits of `FACTS`. */
export function facts(row: Row<unknown>): number {
  return (
    (row.flags.includes("r") ? 1 : 0) |
    (row.flags.includes("w") ? 2 : 0) |
    EFFECT_BITS[row.effect] |
    (row.encoding === undefined ? 32 : 0) |
    (row.list ? 64 : 0)
  );
}

/** The distinct sets of CPU features that rows need; the first is empty. */
export function featureSets(rows: readonly Row<unknown>[]): string[] {
  return ["", ...new Set(rows.map((r) => r.needs).filter((s) => s !== ""))];
}

/** `operands.ts`: descriptors, facts, names, sizes, features, clobber sets. */
export function emitOperands(rows: readonly Row<unknown>[]): string {
  const start: number[] = [0];
  const all: number[] = [];
  for (const row of rows) {
    all.push(...descriptor(row));
    start.push(all.length);
  }
  const needs = featureSets(rows);
  const clobbers = ["", ...new Set(rows.map((r) => r.clobbers).filter((s) => s !== ""))];
  return [
    HEADER,
    "/** First descriptor of each opcode in {@link OPERANDS}; one more entry than opcodes. */",
    int32Array("OPERAND_START", start),
    "/** Operand info word, offset in the record << 16, group << 24 (0 register, 1 register or memory, 2 memory). */",
    int32Array("OPERANDS", all),
    "/** Bits: 0 reads flags, 1 writes flags, 2 branch, 3 return, 4 call, 5 pseudo, 6 counted list, 7 move, 8 commutes. */",
    int32Array("FACTS", rows.map(facts)),
    "/** Words of each record without its counted list. */",
    int32Array(
      "RECORD_LENGTH",
      rows.map((r) => r.length),
    ),
    "/** Bytes of code at most. */",
    int32Array(
      "WORST_SIZE",
      rows.map((r) => r.size),
    ),
    "/** Index into {@link FEATURE_SETS} of the CPU features that each opcode needs. */",
    int32Array(
      "NEEDS",
      rows.map((r) => needs.indexOf(r.needs)),
    ),
    `export const FEATURE_SETS: readonly string[] = ${JSON.stringify(needs)};\n`,
    "/** Index into {@link CLOBBER_SETS} of the registers that each opcode destroys. */",
    int32Array(
      "CLOBBERS",
      rows.map((r) => clobbers.indexOf(r.clobbers)),
    ),
    `export const CLOBBER_SETS: readonly string[] = ${JSON.stringify(clobbers)};\n`,
    `export const NAMES: readonly string[] = ${JSON.stringify(rows.map((r) => r.name)).replaceAll(/(.{80,104}?,)/g, "$1\n  ")};\n`,
  ].join("\n");
}

/** Parameters of a row's constructor, one or two for each argument. */
function parameters(row: Row<unknown>): string[] {
  const out: string[] = [];
  for (const o of row.operands) {
    if (!isArgument(o)) continue;
    if (o.kind.form === "imm64") out.push(`${o.key}Low`, `${o.key}High`);
    else if (o.kind.form === "symbol") out.push(o.key, `${o.key}Reloc`);
    else out.push(o.key);
  }
  if (row.list) out.push("list");
  return out;
}

/** Names of an operand's parameters in the shared functions: by position, so that rows of one layout are equal. */
function positional(row: Row<unknown>): Map<RowOperand, string[]> {
  const out = new Map<RowOperand, string[]>();
  let k = 0;
  for (const o of row.operands) {
    if (!isArgument(o)) continue;
    const two = o.kind.form === "imm64" || o.kind.form === "symbol";
    out.set(o, two ? [`p${k++}`, `p${k++}`] : [`p${k++}`]);
  }
  return out;
}

/** The body of a constructor, in which `head` is the record's first word. Rows of equal bodies share one function. */
function constructorBody(row: Row<unknown>): string {
  const body: string[] = [];
  const groups: string[] = [];
  const names = positional(row);
  const classes: number[] = [];
  for (const o of row.operands) {
    const at = `at + ${o.at}`;
    const [name, second] = names.get(o) ?? [];
    switch (o.kind.form) {
      case "reg":
        if (isResult(o)) {
          body.push(`w[${at}] = d${classes.length};`);
          classes.push(o.kind.regClass);
          if (o.role === "mod") body.push(`w[at + ${o.at + 1}] = ${name};`);
        } else if (o.role === "tmp") body.push(`w[${at}] = m.newReg(${o.kind.regClass});`);
        else body.push(`w[${at}] = ${name};`);
        break;
      case "rm":
      case "mem":
        groups.push(`m.putRegMem(${at}, ${name});`);
        break;
      case "imm64":
      case "symbol":
        body.push(`w[${at}] = ${name};`, `w[at + ${o.at + 1}] = ${second};`);
        break;
      default:
        body.push(`w[${at}] = ${name};`);
    }
  }
  const results = ["0", "d0", "m.pair(d0, d1)"];
  return [
    ...(row.list ? ["const n = 1 + 2 * m.words[list];"] : []),
    `const at = m.arena(${row.length}${row.list ? " + n" : ""});`,
    "const w = m.words;",
    ...classes.map((c, k) => `const d${k} = m.newReg(${c});`),
    "w[at] = head;",
    ...body,
    ...groups,
    ...(row.list ? [`w.copyWithin(at + ${row.length}, list, list + n);`] : []),
    "m.emit(at);",
    `return ${results[classes.length] ?? "at"};`,
  ]
    .map((line) => `  ${line}`)
    .join("\n");
}

/**
 * `insts.ts`: a class with one method for each row, which appends a record and returns its result.
 *
 * @param vex For each opcode the one that its method makes where AVX is on; left out if no row has two encodings.
 */
export function emitInsts(rows: readonly Row<unknown>[], className: string, vex?: readonly number[]): string {
  const forms = new Map<string, string>();
  const methods = rows.map((row) => {
    const count = [...positional(row).values()].flat().length;
    const list = row.list ? ["list"] : [];
    const formal = [...Array.from({ length: count }, (_, k) => `p${k}`), ...list]
      .map((p) => `, ${p}: number`)
      .join("");
    const body = `(m: LowerContext, head: number${formal}): number {\n${constructorBody(row)}\n}`;
    const form = forms.get(body) ?? `form${forms.size}`;
    forms.set(body, form);
    const names = parameters(row);
    const headOf = (opcode: number): string => `0x${(opcode | (row.length << 16)).toString(16)}`;
    const other = vex?.[row.opcode] ?? row.opcode;
    const head = other === row.opcode ? headOf(other) : `this.avx ? ${headOf(other)} : ${headOf(row.opcode)}`;
    return `  ${row.name}(${names.map((p) => `${p}: number`).join(", ")}): number {
    return ${form}(${["this", head, ...names].join(", ")});
  }`;
  });
  return [
    HEADER,
    'import { LowerContext } from "@gantry/codegen-core";\n',
    "/**",
    " * Constructors of machine instructions: arguments are the row's operands in order without results, and the value is",
    " * the result register, a pair of two, the record's offset where there are more, or 0.",
    " */",
    `export abstract class ${className} extends LowerContext {`,
    vex === undefined ? "" : "  /** Whether methods of SSE rows make their VEX rows. */\n  avx = false;",
    methods.join("\n"),
    "}\n",
    "// One function for each layout of operands. The head is the opcode and the length in words.",
    [...forms].map(([body, form]) => `function ${form}${body}`).join("\n"),
    "",
  ].join("\n");
}

/** `insts.isle`: a declaration for each row. */
export function emitIsle(rows: readonly Row<unknown>[], names: RegClassNames): string {
  const lines = rows.map((row) => {
    const params: string[] = [];
    for (const o of row.operands) {
      if (!isArgument(o)) continue;
      params.push(o.kind.isle);
      if (o.kind.form === "imm64" || o.kind.form === "symbol") params.push("i32");
    }
    if (row.list) params.push("OperandList");
    const results = row.operands.filter(isResult);
    const result =
      results.length === 0
        ? "Unit"
        : results.length === 1
          ? names[results[0]!.kind.regClass]!
          : results.length === 2
            ? "ValueRegs"
            : "Record";
    return `(decl ${row.name} (${params.join(" ")}) ${result})\n(extern constructor ${row.name} ${row.name})`;
  });
  return `;; Generated from the instruction tables by scripts/generate.ts. Do not edit.\n;; Not every instruction is for rules: isle-allow-file ISLE0503\n${lines.join("\n")}\n`;
}

/** What every generated printer calls labels, constants, symbols and slots. */
export const PLACE_NAME = `/** Text of something outside the instruction. */
export type PlaceName = (kind: "label" | "constant" | "symbol" | "slot" | "spill" | "incoming" | "outgoing", n: number) => string;

/** \`.L3\`, \`.Lconst3\`, \`sym3\`, \`ss3\`. */
export const placeName: PlaceName = (kind, n) => {
  switch (kind) {
    case "label":
      return ".L" + n;
    case "constant":
      return ".Lconst" + n;
    case "symbol":
      return "sym" + n;
    case "slot":
      return "ss" + n;
    case "spill":
      return "spill" + n;
    default:
      return kind;
  }
};`;

/**
 * The printer of a record, over `TEMPLATES` and a function `operand`.
 * @param general How general registers are read, as `RegisterName` wants it.
 */
export const printFunction = (
  general: string,
): string => `/** The assembly text of the record at \`at\`, before or after allocation. */
export function print(words: Int32Array, at: number, regName: RegisterName = registerName, place: PlaceName = placeName): string {
  const op = words[at] & 0xffff;
  const text = TEMPLATES[op].replace(/\\{(\\d+)\\}/g, (_, n) => operand(words, at, LAYOUT_START[op] + Number(n), regName, place));
  if ((FACTS[op] & 64) === 0) return text;
  const list: string[] = [];
  const first = at + RECORD_LENGTH[op];
  for (let k = 0; k < words[first]; k++) {
    const info = words[first + 2 + 2 * k];
    const fixed = ((info >> 4) & 7) === 3 ? "=" + regName((info >> 8) & 255, ${general}) : "";
    list.push(((info & 1) === 0 ? "use " : "def ") + regName(words[first + 1 + 2 * k], ${general}) + fixed);
  }
  return list.length === 0 ? text : text + " # " + list.join(", ");
}`;

/** What memory operands are that have no address before the frame is laid out, by the kind of their last word. */
export const FRAME_PLACES = `    case 2:
      return place("slot", index) + offset;
    case 3:
      return place("spill", index) + offset;
    case 4:
      return place("incoming", 0) + offset;
    case 5:
      return place("outgoing", 0) + offset;`;
