/** The table of legality as people read it. */
import {
  INVALID,
  inTypeSet,
  MEM_BIG,
  OPCODE_LIMIT,
  OPCODE_NAMES,
  OPCODE_TYPE_SET,
  RESULT_CONSTRAINT,
  TC_TRUTHY,
  type Type,
  typeName,
} from "@gantry/clif-ir";
import { EXPANSIONS } from "./expansions.table.ts";
import type { Legality } from "./legality.ts";
import { operandTypes, resultTypes } from "./possible-types.ts";
import type { LegalityRow } from "./rows.ts";
import { ANY, INDEXED_TYPES, inSet } from "./type-sets.ts";

const PARTS_TEXT = "vectors of 128 bits: several for wider ones, one with unused lanes for narrower ones";

/** What becomes of an opcode with some types. */
export interface LegalityEntry {
  readonly opcode: string;
  readonly how: "native" | "expanded" | "library" | "not possible";
  /** The types: those of the result, or of the operand where there is none; "R of O" where the operand's matters too. */
  readonly types: string;
  /** Name of the expansion or of the function, or the reason; empty if there is nothing to say. */
  readonly by: string;
  /** What it takes: a setting, a byte order, a condition; empty if nothing. */
  readonly where: string;
}

/** Every opcode with every type that CLIF allows, up to the widest vectors, and what the target does with it. */
export function legalityReport(legality: Legality): LegalityEntry[] {
  const out: LegalityEntry[] = [];
  for (let op = 1; op < OPCODE_LIMIT; op++) {
    const rows = legality.rowsOf(op);
    const all = combinations(op);
    // What no row has decided yet, in either byte order.
    let left = all;
    let leftForeign = all;
    for (const row of rows) {
      const foreign = row.foreignOrder === true;
      const fits = (foreign ? leftForeign : left).filter(([r, o]) => fitsRow(row, r, o));
      if (fits.length === 0) continue;
      out.push(entry(legality, op, row, fits));
      if (row.needs !== undefined || row.when !== undefined) continue;
      const rest = (foreign ? leftForeign : left).filter((pair) => !fits.includes(pair));
      if (foreign) leftForeign = rest;
      else left = rest;
    }
    const never = left.filter((pair) => !rows.some((row) => fitsRow(row, ...pair)));
    if (never.length > 0)
      out.push({
        opcode: OPCODE_NAMES[op],
        how: "not possible",
        types: typesText(op, never),
        by: "",
        where: "",
      });
  }
  return out;
}

const fitsRow = (row: LegalityRow, result: Type, operand: Type): boolean =>
  (row.result === ANY || inSet(result, row.result)) && (row.operand === ANY || inSet(operand, row.operand));

function entry(
  legality: Legality,
  op: number,
  row: LegalityRow,
  fits: readonly (readonly [Type, Type])[],
): LegalityEntry {
  const { action } = row;
  const where = [
    row.needs === undefined ? "" : `with ${row.needs}`,
    row.foreignOrder === true ? (legality.foreignOrder === MEM_BIG ? "big-endian" : "little-endian") : "",
    row.when?.says ?? "",
  ];
  const by =
    action.kind === "expanded"
      ? `${action.by}: ${EXPANSIONS[action.by].does}`
      : action.kind === "parts"
        ? PARTS_TEXT
        : action.kind === "library"
          ? action.symbol
          : action.kind === "refused"
            ? action.reason
            : "";
  return {
    opcode: OPCODE_NAMES[op],
    how: action.kind === "refused" ? "not possible" : action.kind === "parts" ? "expanded" : action.kind,
    types: typesText(op, fits),
    by,
    where: where.filter(Boolean).join(", "),
  };
}

const NO_TYPE: readonly Type[] = [INVALID];

/** The pairs of result and operand types that CLIF allows; INVALID where there is none or where it does not matter. */
function combinations(op: number): (readonly [Type, Type])[] {
  const set = OPCODE_TYPE_SET[op];
  const controls = set < 0 ? [INVALID] : INDEXED_TYPES.filter((t) => t !== INVALID && inTypeSet(t, set));
  const pairs = new Map<string, readonly [Type, Type]>();
  for (const t of controls) {
    const [result] = resultTypes(op, t) ?? NO_TYPE;
    for (const operand of operandTypes(op, t) ?? NO_TYPE)
      pairs.set(`${result} ${operand}`, [result, operand]);
  }
  return [...pairs.values()];
}

/** The types in words; operands are named only where not all of them are meant. */
function typesText(op: number, pairs: readonly (readonly [Type, Type])[]): string {
  if (OPCODE_TYPE_SET[op] < 0) return "";
  // Comparisons are told apart by what they compare.
  const isComparison = RESULT_CONSTRAINT[2 * op] === TC_TRUTHY;
  if (isComparison || pairs.every(([result]) => result === INVALID))
    return names(pairs.map(([, operand]) => operand));
  const all = combinations(op);
  const groups = new Map<string, Type[]>();
  for (const result of new Set(pairs.map(([r]) => r))) {
    const mine = pairs.filter(([r]) => r === result).map(([, o]) => o);
    const possible = all.filter(([r]) => r === result).length;
    const isWhole = mine.length === possible && possible > 1;
    const isPlain = mine.length === 1 && (mine[0] === result || mine[0] === INVALID);
    const key = isWhole || isPlain ? "" : ` of ${names(mine)}`;
    groups.set(key, [...(groups.get(key) ?? []), result]);
  }
  return [...groups].map(([operands, results]) => `${names(results)}${operands}`).join("; ");
}

const names = (list: readonly Type[]): string =>
  [...new Set(list)]
    .sort((a, b) => (a & 15) - (b & 15) || a - b)
    .map(typeName)
    .join(" ");
