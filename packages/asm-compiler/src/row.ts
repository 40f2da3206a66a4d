/**
 * What every table becomes before anything is generated: rows with numbers, operands with places in the record.
 * The generators of constants, descriptors, constructor methods and ISLE declarations read only this.
 */
import type { Operand } from "./operand.ts";
import type { Problems } from "./problems.ts";

/** An operand with its place in the record. */
export interface RowOperand extends Operand {
  readonly key: string;
  /** Offset of its first word from the start of the record. */
  readonly at: number;
  readonly words: number;
  /** Register word of a fixed register, otherwise -1. */
  readonly fixedWord: number;
  /** A register-or-memory operand that the allocator may leave in its spill slot. */
  readonly spillable: boolean;
}

/** A row of any target. `E` is what the target's encoder needs to know. */
export interface Row<E> {
  readonly name: string;
  readonly file: string;
  readonly opcode: number;
  readonly operands: readonly RowOperand[];
  /** Words of the record without the counted list. */
  readonly length: number;
  readonly asm: string;
  readonly flags: "" | "r" | "w" | "rw";
  readonly effect: "" | "branch" | "call" | "return" | "move" | "commutes";
  readonly needs: string;
  readonly list: boolean;
  readonly clobbers: string;
  /** Name of the expander of a pseudo row, otherwise empty. */
  readonly expand: string;
  /** Bytes of code at most. */
  readonly size: number;
  /** Undefined in pseudo rows. */
  readonly encoding: E | undefined;
}

/** The row of an instruction and what its encoder knows. */
export type EncodedRow<E> = Row<E> & { readonly encoding: E };

/** True for rows that are instructions. */
export const isEncoded = <E>(row: Row<E>): row is EncodedRow<E> => row.encoding !== undefined;

/** A table and where it came from. */
export interface NamedTable<T> {
  /** The file's name, for diagnostics. */
  readonly file: string;
  readonly table: T;
}

/** Words that an operand takes in a record. */
function wordsOf(operand: Operand): number {
  switch (operand.kind.form) {
    case "reg":
      return operand.role === "mod" ? 2 : 1;
    case "rm":
    case "mem":
      return 4;
    case "imm64":
    case "symbol":
      return 2;
    default:
      return 1;
  }
}

/** Operand names are parameters of constructors: not the list that some end in, nor a word that TypeScript keeps. */
const RESERVED = /^(list|in|do|if|for|new|let|var|case|this|with|void|enum|else|true|null|const)$/;

/** What the two forms of tables have in common in a row. */
interface AnySpec {
  readonly row: string;
  readonly ops: { readonly [key: string]: Operand };
  readonly asm?: string;
  readonly flags?: Row<unknown>["flags"];
  readonly effect?: Row<unknown>["effect"];
  readonly needs?: string;
  readonly list?: true;
  readonly clobbers?: string;
  readonly expand?: string;
  readonly size?: number;
}

/** What a form of tables knows of its rows. */
export interface RowForm<S extends AnySpec, E> {
  registerWord(name: string): number;
  /** Whether a register-or-memory operand may be left in its spill slot. */
  spillable(spec: S, operand: Operand): boolean;
  /** The encoding of a row, or undefined if it is wrong, which is then noted. */
  encoding(
    file: string,
    name: string,
    spec: S,
    operands: readonly RowOperand[],
    problems: Problems,
  ): E | undefined;
  /** Bytes at most. */
  size(encoding: E): number;
}

/** Rows in the order of the tables, and by name. */
export interface ResolvedRows<E> {
  readonly rows: Row<E>[];
  readonly byName: ReadonlyMap<string, Row<E>>;
}

/** Resolves the rows of all tables one by one; what concerns several rows is checked by the form. */
export function resolveRows<S extends AnySpec, E>(
  tables: readonly NamedTable<{ readonly [name: string]: S }>[],
  form: RowForm<S, E>,
  problems: Problems,
): ResolvedRows<E> {
  const rows: Row<E>[] = [];
  const byName = new Map<string, Row<E>>();
  for (const { file, table } of tables) {
    for (const [name, spec] of Object.entries(table)) {
      if (!/^[a-z][a-zA-Z0-9_]*$/.test(name)) problems.add("ASM0015", file, name, `"${name}"`);
      const before = byName.get(name);
      if (before !== undefined) {
        problems.add("ASM0001", file, name, `also in ${before.file}`);
        continue;
      }
      const { operands, length } = layOut(file, name, spec, form, problems);
      const isPseudo = spec.row === "pseudo";
      const encoding = isPseudo ? undefined : form.encoding(file, name, spec, operands, problems);
      if (isPseudo) checkPseudo(file, name, spec, problems);
      else if (encoding === undefined) continue;
      if (length > 127) problems.add("ASM0011", file, name, `${length} words`);
      const row: Row<E> = {
        name,
        file,
        opcode: rows.length,
        operands,
        length,
        asm: spec.asm ?? name,
        flags: spec.flags ?? "",
        effect: spec.effect ?? "",
        needs: spec.needs ?? "",
        list: spec.list ?? false,
        clobbers: spec.clobbers ?? "",
        expand: spec.expand ?? "",
        size: encoding === undefined ? (spec.size ?? 0) : form.size(encoding),
        encoding,
      };
      rows.push(row);
      byName.set(name, row);
    }
  }
  return { rows, byName };
}

function checkPseudo(file: string, name: string, spec: AnySpec, problems: Problems): void {
  const { size = -1, expand = "" } = spec;
  if (!(size >= 0 && size < 1 << 16)) problems.add("ASM0016", file, name, `size ${size}`);
  if (!/^[a-z]\w*$/i.test(expand)) problems.add("ASM0016", file, name, `expander "${expand}"`);
}

/** Gives each operand of `ops` its place in the record, and checks roles. */
function layOut<S extends AnySpec, E>(
  file: string,
  name: string,
  spec: S,
  form: RowForm<S, E>,
  problems: Problems,
): { operands: RowOperand[]; length: number } {
  const operands: RowOperand[] = [];
  let at = 1;
  for (const [key, operand] of Object.entries(spec.ops)) {
    if (!/^[a-z][A-Za-z0-9]*$/.test(key) || RESERVED.test(key))
      problems.add("ASM0015", file, name, `operand "${key}"`);
    const words = wordsOf(operand);
    let fixedWord = -1;
    if (operand.fixed !== undefined) {
      fixedWord = form.registerWord(operand.fixed);
      if (fixedWord < 0) problems.add("ASM0007", file, name, `${key} is fixed to ${operand.fixed}`);
      else if (fixedWord >> 5 !== operand.kind.regClass || operand.kind.form !== "reg")
        problems.add(
          "ASM0006",
          file,
          name,
          `${key} of kind ${operand.kind.name} cannot be fixed to ${operand.fixed}`,
        );
    }
    const shape = operand.kind.form;
    const readOnly = shape !== "reg" && shape !== "mem";
    if (readOnly && operand.role !== "use")
      problems.add(
        "ASM0006",
        file,
        name,
        `${key} of kind ${operand.kind.name} can only be used; write a register row and a memory row`,
      );
    if (shape === "mem" && operand.role !== "use" && operand.role !== "def" && operand.role !== "mod")
      problems.add("ASM0006", file, name, `${key} is memory and can only be use, def or mod`);
    operands.push({ ...operand, key, at, words, fixedWord, spillable: form.spillable(spec, operand) });
    at += words;
  }
  return { operands, length: at };
}

/** True if the operand is a register that the instruction writes and its constructor returns. */
export const isResult = (operand: Operand): boolean =>
  operand.kind.form === "reg" &&
  (operand.role === "def" || operand.role === "earlyDef" || operand.role === "mod");

/** True if the constructor takes the operand as an argument. */
export const isArgument = (operand: Operand): boolean =>
  operand.role === "use" ||
  operand.role === "lateUse" ||
  operand.role === "mod" ||
  operand.kind.form === "mem";
