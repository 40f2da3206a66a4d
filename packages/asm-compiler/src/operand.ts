/**
 * Operands of table rows: what an instruction does with an operand (its role) and what the operand can be (its kind).
 * Shared by the tables of all targets; the kinds themselves come from `x86.ts` and `fixed.ts`.
 */

/**
 * - `use`: read at the start of the instruction.
 * - `lateUse`: read until its end, so no result may share the register (pseudo rows that write results early).
 * - `def`: written at the end.
 * - `earlyDef`: written while inputs are still read.
 * - `mod`: read and written in one register; an argument of the constructor and its result.
 * - `tmp`: a register that only the expansion of the row knows.
 */
export type Role = "use" | "lateUse" | "def" | "earlyDef" | "mod" | "tmp";

/**
 * What a kind of operand occupies in the record of a machine instruction:
 * `reg` one word (two for `mod`), `rm` and `mem` four words, `imm` one word, `imm64` two (low first), `cc`, `label` and
 * `trap` one, `symbol` two (symbol number, relocation kind).
 */
export type OperandForm = "reg" | "rm" | "mem" | "imm" | "imm64" | "cc" | "label" | "symbol" | "trap";

/** A kind of operand. Kinds are named constants; a row never makes its own. */
export interface OperandKind {
  readonly name: string;
  readonly form: OperandForm;
  /** Register class of `reg` and `rm`: 0 general, 1 float and vector. */
  readonly regClass: 0 | 1;
  /** Width of the register or immediate; for `rm` and `mem` the width in memory, 0 where the manual names none. */
  readonly bits: number;
  /** Immediates: how the encoded field extends to the operation's width. */
  readonly extend?: "sign" | "zero";
  /** An immediate that is not encoded because it can only be this. */
  readonly only?: number;
  /** Type of the operand in ISLE declarations. */
  readonly isle: string;
}

/** An operand of a row. */
export interface Operand {
  readonly role: Role;
  readonly kind: OperandKind;
  /** The register that the instruction insists on, by its 64-bit name: `rcx`, `xmm0`. */
  readonly fixed?: string;
}

const operand = (role: Role, kind: OperandKind, fixed: string | undefined): Operand =>
  fixed === undefined ? { role, kind } : { role, kind, fixed };

/** An operand that the instruction reads. */
export const use = (kind: OperandKind, fixed?: string): Operand => operand("use", kind, fixed);
/** An operand that must keep its register until the instruction has written its results. */
export const lateUse = (kind: OperandKind, fixed?: string): Operand => operand("lateUse", kind, fixed);
/** An operand that the instruction writes. */
export const def = (kind: OperandKind, fixed?: string): Operand => operand("def", kind, fixed);
/** An operand that is written before all inputs have been read. */
export const earlyDef = (kind: OperandKind, fixed?: string): Operand => operand("earlyDef", kind, fixed);
/** An operand that the instruction reads and overwrites. */
export const mod = (kind: OperandKind, fixed?: string): Operand => operand("mod", kind, fixed);
/** A register that the instruction needs for itself. */
export const tmp = (kind: OperandKind, fixed?: string): Operand => operand("tmp", kind, fixed);
