import type { Function, Inst } from "@gantry/clif-ir";
import type { ExpansionName } from "./expansions.table.ts";
import { ANY, type TypeSet } from "./type-sets.ts";

/** How a target gets an operation done. */
export type Action =
  /** Its rules lower it. */
  | { readonly kind: "native" }
  /** CLIF that it does otherwise takes its place. */
  | { readonly kind: "expanded"; readonly by: ExpansionName }
  /** The function is rewritten so that its vectors are as wide as registers: in parts, or with lanes that are not used. */
  | { readonly kind: "parts" }
  /** A runtime function with the operands as arguments and the results as results takes its place. */
  | { readonly kind: "library"; readonly symbol: string }
  /** Not at all, for that reason. */
  | { readonly kind: "refused"; readonly reason: string };

/** A row of a target's table of legality. The first row that fits an instruction decides. */
export interface LegalityRow {
  readonly op: number;
  /** Types that the first result may have. */
  readonly result: TypeSet;
  /** Types that the first value operand may have. */
  readonly operand: TypeSet;
  readonly action: Action;
  /**
   * The row holds only where this bool setting is on, or implied by others that are, or where this enumeration has this
   * value: `tls_model=elf_gd`.
   */
  readonly needs?: string;
  /** The row is for accesses, and casts of lanes, in the byte order that is not the target's; others are for the rest. */
  readonly foreignOrder?: true;
  /** The row holds only for such instructions: what the types do not tell. */
  readonly when?: { readonly says: string; readonly holds: (func: Function, i: Inst) => boolean };
}

/** What narrows a row further. */
export type RowLimits = Pick<LegalityRow, "needs" | "foreignOrder" | "when">;

const NATIVE: Action = { kind: "native" };

const PARTS: Action = { kind: "parts" };

/** `op` with these types takes vectors as wide as registers. */
export const inParts = (
  op: number,
  result: TypeSet = ANY,
  operand: TypeSet = ANY,
  limits: RowLimits = {},
): LegalityRow => ({ op, result, operand, action: PARTS, ...limits });

/** The rules lower `op` with these types. */
export const native = (
  op: number,
  result: TypeSet = ANY,
  operand: TypeSet = ANY,
  limits: RowLimits = {},
): LegalityRow => ({ op, result, operand, action: NATIVE, ...limits });

/** The expansion called `by` rewrites `op` with these types. */
export const expanded = (
  by: ExpansionName,
  op: number,
  result: TypeSet = ANY,
  operand: TypeSet = ANY,
  limits: RowLimits = {},
): LegalityRow => ({ op, result, operand, action: { kind: "expanded", by }, ...limits });

/** `op` with these types is a call of the runtime function `symbol`. */
export const library = (
  symbol: string,
  op: number,
  result: TypeSet = ANY,
  operand: TypeSet = ANY,
  limits: RowLimits = {},
): LegalityRow => ({ op, result, operand, action: { kind: "library", symbol }, ...limits });

/** `op` with these types cannot be done, for a reason that completes "... is not supported: ". */
export const refused = (
  reason: string,
  op: number,
  result: TypeSet = ANY,
  operand: TypeSet = ANY,
  limits: RowLimits = {},
): LegalityRow => ({ op, result, operand, action: { kind: "refused", reason }, ...limits });
