/**
 * Checks x86-64 tables and resolves their rows: opcode column parsed, operands placed in the record and matched with
 * the parts of the encoding, short forms linked, overlaps found.
 */
import { Problems } from "./problems.ts";
import { type NamedTable, type Row, type RowForm, type RowOperand, resolveRows } from "./row.ts";
import type { PseudoRow, X86Row, X86Table } from "./x86.ts";
import { LOCK, type OpcodeColumn, P66, PF2, PF3, parseOpcodeColumn } from "./x86-code.ts";

/** What the encoder knows of a row: the opcode column and which operand goes where. */
export interface X86Encoding {
  readonly column: OpcodeColumn;
  /** Operand in ModRM.reg or in the opcode. */
  readonly reg: RowOperand | undefined;
  readonly rm: RowOperand | undefined;
  readonly vvvv: RowOperand | undefined;
  readonly imm: RowOperand | undefined;
  readonly is4: RowOperand | undefined;
  readonly cc: RowOperand | undefined;
  readonly target: RowOperand | undefined;
  readonly trap: RowOperand | undefined;
  /** Names of shorter rows. */
  readonly short: readonly string[];
  /** The row that the decoder finds instead, if this one has the same encoding on purpose. */
  readonly sameAs: string;
  /** log2 of the factor of EVEX's one-byte displacements. */
  readonly dispShift: number;
  /** Name of the VEX row of the same operation, or empty. */
  readonly vex: string;
}

export type X86ResolvedRow = Row<X86Encoding>;

const GPR_NAMES = "rax rcx rdx rbx rsp rbp rsi rdi r8 r9 r10 r11 r12 r13 r14 r15".split(" ");

/** The register word of a 64-bit general or an xmm register, or -1. */
export function x86RegisterWord(name: string): number {
  const gpr = GPR_NAMES.indexOf(name);
  if (gpr >= 0) return gpr;
  const xmm = /^xmm(\d+)$/.exec(name);
  return xmm !== null && Number(xmm[1]) < 32 ? 32 + Number(xmm[1]) : -1;
}

/** What the x86-64 form knows of its rows. */
const FORM: RowForm<X86Row | PseudoRow, X86Encoding> = {
  registerWord: x86RegisterWord,
  // SSE reads sixteen aligned bytes, and the spill slot of a scalar has eight; AVX reads them wherever they are.
  spillable: (spec, { kind }) => kind.bits <= 64 || (spec.row === "x86" && /^E?VEX/.test(spec.code)),
  encoding: (file, name, spec, operands, problems) =>
    spec.row === "x86" ? resolveEncoding(file, name, spec, operands, problems) : undefined,
  size: worstSize,
};

/** Resolves all rows of all tables; throws a `GantryError` that lists everything that is wrong. */
export function resolveX86(tables: readonly NamedTable<X86Table>[]): X86ResolvedRow[] {
  const problems = new Problems();
  const { rows, byName } = resolveRows(tables, FORM, problems);
  for (const row of rows) checkShortForms(row, byName, problems);
  for (const row of rows) checkVexForm(row, byName, problems);
  checkOverlaps(rows, byName, problems);
  problems.throwIfAny();
  return rows;
}

const ENCODED_KEYS = ["reg", "rm", "vvvv", "imm", "is4", "cc", "target"];

function resolveEncoding(
  file: string,
  name: string,
  spec: X86Row,
  operands: readonly RowOperand[],
  problems: Problems,
): X86Encoding | undefined {
  const column = parseOpcodeColumn(spec.code);
  if (typeof column === "string") {
    problems.add("ASM0002", file, name, `"${spec.code}": ${column}`);
    return undefined;
  }
  const find = (key: string): RowOperand | undefined => operands.find((o) => o.key === key);
  const wanted = new Set<string>();
  if (column.modrm === -1 || column.plusReg) wanted.add("reg");
  if (column.modrm !== undefined) wanted.add("rm");
  if (column.plusCond) wanted.add("cc");
  if (column.imm > 0) wanted.add("imm");
  if (column.is4) wanted.add("is4");
  if (column.rel > 0) wanted.add("target");
  for (const key of wanted)
    if (find(key) === undefined)
      problems.add("ASM0003", file, name, `"${spec.code}" needs an operand "${key}"`);
  let trap: RowOperand | undefined;
  for (const o of operands) {
    if (o.kind.only !== undefined) continue;
    if (wanted.has(o.key) || (o.key === "vvvv" && column.space !== "legacy")) {
      checkPlace(file, name, o, column, problems);
    } else if (ENCODED_KEYS.includes(o.key)) {
      problems.add("ASM0004", file, name, `"${spec.code}" has no place for "${o.key}"`);
    } else if (o.kind.form === "trap" && trap === undefined) trap = o;
    else if (o.fixedWord < 0) problems.add("ASM0004", file, name, `"${o.key}"`);
  }
  for (const key of namedOperands(spec.asm))
    if (find(key) === undefined) problems.add("ASM0009", file, name, `"${key}" in "${spec.asm}"`);
  if (trap !== undefined && (find("cc") !== undefined || find("vvvv") !== undefined))
    problems.add("ASM0011", file, name, "a trap code and a condition or VEX.vvvv");
  const { short } = spec;
  return {
    column,
    reg: wanted.has("reg") ? find("reg") : undefined,
    rm: find("rm"),
    vvvv: find("vvvv"),
    imm: find("imm"),
    is4: find("is4"),
    cc: find("cc"),
    target: find("target"),
    trap,
    short: short === undefined ? [] : typeof short === "string" ? [short] : short,
    sameAs: spec.sameAs ?? "",
    dispShift: spec.dispShift ?? 0,
    vex: spec.vex ?? "",
  };
}

function checkPlace(
  file: string,
  name: string,
  o: RowOperand,
  column: OpcodeColumn,
  problems: Problems,
): void {
  const { form, bits } = o.kind;
  const wrong = (place: string): void =>
    problems.add("ASM0005", file, name, `"${o.key}" of kind ${o.kind.name} in ${place}`);
  if (o.fixedWord >= 0) wrong("an encoded place cannot be fixed");
  switch (o.key) {
    case "reg":
    case "vvvv":
    case "is4":
      if (form !== "reg") wrong("a register field");
      break;
    case "rm":
      if (form !== "reg" && form !== "rm" && form !== "mem") wrong("ModRM.rm");
      break;
    case "imm":
      if ((form !== "imm" && form !== "imm64") || bits !== column.imm * 8)
        wrong(`an immediate of ${column.imm} bytes`);
      break;
    case "cc":
      if (form !== "cc") wrong("the condition");
      break;
    case "target":
      if ((form !== "label" && form !== "symbol") || bits !== column.rel * 8)
        wrong(`a target of ${column.rel} bytes`);
      break;
  }
}

/** Splits an `asm` text into the mnemonic, with its `lock`, and the list of what to print, if there is one. */
export function splitAsm(asm: string): { mnemonic: string; listed: string[] | undefined } {
  const match = /^((?:lock )?\S+)(?: (.*))?$/.exec(asm);
  const listed = match?.[2]?.split(",").map((s) => s.trim());
  return { mnemonic: match?.[1] ?? asm, listed: listed?.filter((s) => s !== "") };
}

/** The operand keys that an `asm` text names. */
function namedOperands(asm: string): string[] {
  const { listed = [] } = splitAsm(asm);
  return listed.map((s) => s.replace(/^\*/, "")).filter((s) => !s.startsWith("%") && !s.startsWith("$"));
}

function worstSize(e: X86Encoding): number {
  const { column, rm, reg } = e;
  const anyReg = reg !== undefined || (rm !== undefined && rm.kind.form !== "reg");
  let size = column.imm + column.rel + (column.is4 ? 1 : 0) + 1 + (column.tail >= 0 ? 1 : 0);
  if (column.space === "vex") size += 3;
  else if (column.space === "evex") size += 4;
  else {
    for (const bit of [P66, PF3, PF2, LOCK]) if ((column.prefixes & bit) !== 0) size++;
    size += column.map === 0 ? 0 : column.map === 1 ? 1 : 2;
    if (column.w === true || anyReg || rm !== undefined) size++;
  }
  if (column.modrm !== undefined) size += rm?.kind.form === "reg" ? 1 : 6;
  return size;
}

/** The words of a record: what is in each. The word that ties an input is as good as one of its own. */
function wordKinds(row: X86ResolvedRow): string {
  return row.operands
    .map(({ kind, role, words }) => {
      const what = kind.form.startsWith("imm") ? kind.name : `${kind.form}${kind.regClass}`;
      if (kind.form !== "reg") return `${what} ${words}`;
      return role === "mod" ? `def ${what}, use ${what}` : `${role} ${what}`;
    })
    .join(", ");
}

/** An SSE row and its VEX row are one opcode in two encodings, and their records can stand for each other. */
function checkVexForm(
  row: X86ResolvedRow,
  byName: ReadonlyMap<string, X86ResolvedRow>,
  problems: Problems,
): void {
  const name = row.encoding?.vex ?? "";
  if (name === "") return;
  const vex = byName.get(name);
  const wrong = (detail: string): void => problems.add("ASM0018", row.file, row.name, `${name}: ${detail}`);
  if (vex?.encoding?.column.space !== "vex" || row.encoding?.column.space !== "legacy") {
    wrong("no such row");
    return;
  }
  const a = row.encoding.column;
  const b = vex.encoding.column;
  // Variable blends have another opcode, because their mask is not in xmm0.
  const sameOpcode = a.opcode === b.opcode && a.map === b.map && a.prefixes === b.prefixes;
  if (!sameOpcode && !b.is4) wrong("another opcode");
  if (a.modrm !== b.modrm && a.modrm !== undefined) wrong("another opcode extension");
  if (a.w === true && b.w !== true) wrong("another operand width");
  if (vex.length !== row.length || wordKinds(vex) !== wordKinds(row))
    wrong(`${wordKinds(vex)} instead of ${wordKinds(row)}`);
}

/** The opcode of the VEX row of the same operation for each row, itself where there is none. */
export function vexForms(rows: readonly X86ResolvedRow[]): number[] {
  const byName = new Map(rows.map((r) => [r.name, r.opcode]));
  return rows.map((r) => byName.get(r.encoding?.vex ?? "") ?? r.opcode);
}

function checkShortForms(
  row: X86ResolvedRow,
  byName: ReadonlyMap<string, X86ResolvedRow>,
  problems: Problems,
): void {
  for (const name of row.encoding?.short ?? []) {
    const short = byName.get(name);
    const wrong = (detail: string): void => problems.add("ASM0010", row.file, row.name, `${name}: ${detail}`);
    if (short?.encoding === undefined) {
      wrong("no such row");
      continue;
    }
    if (short.operands.length !== row.operands.length) {
      wrong("another number of operands");
      continue;
    }
    row.operands.forEach((long, i) => {
      const o = short.operands[i]!;
      const immediates = long.kind.form.startsWith("imm") && o.kind.form.startsWith("imm");
      const registers = (long.kind.form === "reg" || long.kind.form === "rm") && o.kind.form === "reg";
      const memory = long.kind.form === "rm" && o.kind.form === "mem";
      if (!immediates && !registers && !memory && long.kind.form !== o.kind.form)
        wrong(`operand "${o.key}" of kind ${o.kind.name} cannot stand for ${long.kind.name}`);
      if (long.role !== o.role) wrong(`operand "${o.key}" has another role`);
    });
  }
}

/** Every opcode byte that the row occupies. */
function opcodeBytes(column: OpcodeColumn): number[] {
  const n = column.plusReg ? 8 : column.plusCond ? 16 : 1;
  return Array.from({ length: n }, (_, k) => column.opcode + k);
}

/** What distinguishes encodings besides the opcode byte; a row occupies several if it leaves something open. */
function occupied(e: X86Encoding): string[] {
  const { column, rm } = e;
  const out: string[] = [];
  const ws = column.w === undefined ? [0, 1] : [column.w ? 1 : 0];
  const digits =
    column.modrm === undefined ? [-1] : column.modrm === -1 ? [0, 1, 2, 3, 4, 5, 6, 7] : [column.modrm];
  const mods =
    rm === undefined
      ? [-1]
      : rm.kind.form === "reg"
        ? ["reg"]
        : rm.kind.form === "mem"
          ? ["mem"]
          : ["reg", "mem"];
  for (const byte of opcodeBytes(column))
    for (const w of ws)
      for (const digit of digits)
        for (const mod of mods)
          out.push(
            [
              column.space,
              column.prefixes,
              column.map,
              byte,
              column.tail,
              w,
              column.vectorLength,
              digit,
              mod,
            ].join(" "),
          );
  return out;
}

function checkOverlaps(
  rows: readonly X86ResolvedRow[],
  byName: ReadonlyMap<string, X86ResolvedRow>,
  problems: Problems,
): void {
  const owner = new Map<string, X86ResolvedRow>();
  for (const row of rows) {
    if (row.encoding === undefined || row.encoding.sameAs !== "") continue;
    const clash = new Set<string>();
    for (const key of occupied(row.encoding)) {
      const before = owner.get(key);
      if (before === undefined) owner.set(key, row);
      else if (!clash.has(before.name)) {
        clash.add(before.name);
        problems.add(
          "ASM0008",
          row.file,
          row.name,
          `${before.name} of ${before.file}; say sameAs where that is meant`,
        );
      }
    }
  }
  for (const row of rows) {
    const same = row.encoding?.sameAs ?? "";
    if (same === "") continue;
    const keys = occupied(row.encoding!);
    if (byName.get(same) === undefined || keys.some((key) => owner.get(key)?.name !== same))
      problems.add("ASM0017", row.file, row.name, same);
  }
}
