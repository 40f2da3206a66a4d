import { FORMATS, type FormatName } from "../src/formats.table.ts";
import { OPCODE_FLAGS, OPCODES, OPERAND_KINDS, type OpcodeRow } from "../src/opcodes.table.ts";
import { TYPE_SETS } from "../src/type-sets.table.ts";
import { typeByName } from "../src/types.ts";

export const SET_NAMES = Object.keys(TYPE_SETS);
export const FORMAT_NAMES = Object.keys(FORMATS) as FormatName[];

/** Codes of type constraints in generated columns; the reader and the verifier switch on them. */
export const CONSTRAINTS = [
  "none",
  "same",
  "concrete",
  "lane",
  "truthy",
  "half",
  "double",
  "split",
  "merge",
  "fixed",
  "narrower",
  "wider",
  "set",
];

/** One operand of a row, taken apart. */
export interface Operand {
  readonly name: string;
  /** `value` or an operand kind. */
  readonly kind: string;
  /** Index in {@link CONSTRAINTS} of a value's constraint. */
  readonly constraint: number;
  /** Type code or number of the type set, where the constraint has one. */
  readonly detail: number;
}

function operand(row: OpcodeRow, text: string): Operand {
  const colon = text.indexOf(": ");
  const name = text.slice(0, colon);
  const kind = text.slice(colon + 2);
  if ((OPERAND_KINDS as readonly string[]).includes(kind)) return { name, kind, constraint: 0, detail: 0 };
  const value = (constraint: string, detail = 0): Operand => ({
    name,
    kind: "value",
    constraint: CONSTRAINTS.indexOf(constraint),
    detail,
  });
  if (kind === "T") return value("same");
  if (typeByName(kind) !== 0) return value("concrete", typeByName(kind));
  if (SET_NAMES.includes(kind)) return value("set", SET_NAMES.indexOf(kind));
  const derived = /^(\w+)\(T\)$/.exec(kind)?.[1];
  if (derived === undefined || !CONSTRAINTS.includes(derived))
    throw new Error(`opcodes.table.ts: ${row.name}: unknown kind '${kind}' of operand '${name}'`);
  return value(derived);
}

/** A row with its operands and flags taken apart. */
export interface Opcode {
  readonly row: OpcodeRow;
  readonly ins: readonly Operand[];
  readonly outs: readonly Operand[];
  readonly values: readonly Operand[];
  readonly variableResults: boolean;
  /** Index among the value operands of the one that the controlling type is taken from, or -1. */
  readonly infer: number;
  /** Whether the controlling type can only be read off an operand. */
  readonly controlledByOperand: boolean;
  readonly flagBits: number;
}

/** All rows, checked. */
export const opcodes: Opcode[] = OPCODES.map((row, k) => {
  if (row.code !== k + 1) throw new Error(`opcodes.table.ts: ${row.name}: code ${row.code} is out of order`);
  const list = (text: string | undefined) =>
    text === undefined ? [] : text.split(", ").map((o) => operand(row, o));
  const ins = list(row.in);
  const outs = list(row.out);
  const values = ins.filter((o) => o.kind === "value");
  if (values.length !== FORMATS[row.format].values)
    throw new Error(`opcodes.table.ts: ${row.name}: format ${row.format} has another number of values`);
  let flagBits = 0;
  for (const flag of row.flags === undefined ? [] : row.flags.split(" ")) {
    const bit = (OPCODE_FLAGS as readonly string[]).indexOf(flag);
    if (bit < 0) throw new Error(`opcodes.table.ts: ${row.name}: unknown flag '${flag}'`);
    flagBits |= 1 << bit;
  }
  const infer = row.infer === undefined ? -1 : values.findIndex((o) => o.name === row.infer);
  if (row.infer !== undefined && infer < 0)
    throw new Error(`opcodes.table.ts: ${row.name}: no operand '${row.infer}'`);
  return {
    row,
    ins,
    outs,
    values,
    variableResults: outs.some((o) => o.kind === "values"),
    infer,
    controlledByOperand: row.T !== undefined && outs[0]?.constraint !== CONSTRAINTS.indexOf("same"),
    flagBits,
  };
});
