import { type Diagnostic, GantryError } from "@gantry/diag";

/** What can be wrong with a table. Codes are never reused; the text after the code is the sentence for people. */
export const PROBLEMS = {
  ASM0001: "the same row name occurs twice",
  ASM0002: "the opcode column cannot be read",
  ASM0003: "an operand that the encoding asks for is missing",
  ASM0004: "an operand is neither encoded nor a fixed register",
  ASM0005: "an operand has a kind that its place in the encoding cannot hold",
  ASM0006: "the role of an operand does not fit its kind",
  ASM0007: "a register name is unknown",
  ASM0008: "two rows have the same encoding",
  ASM0009: "the text to print names an operand that the row does not have",
  ASM0010: "the named short form does not exist or has other operands",
  ASM0011: "the row is too long or has too many operands for its descriptor",
  ASM0012: "the bit diagram cannot be read",
  ASM0013: "the bit diagram does not have a legal width",
  ASM0014: "an operand's bits are not covered exactly by the fields of the diagram",
  ASM0015: "a name cannot be used in generated code",
  ASM0016: "a pseudo row has an illegal size or expander",
  ASM0017: "the row that this row is said to be the same as has another encoding",
  ASM0018: "the VEX row does not exist, is another operation, or has another record",
} as const;
export type ProblemCode = keyof typeof PROBLEMS;

/** Collects what is wrong with tables, so that one run reports everything. */
export class Problems {
  readonly list: Diagnostic[] = [];

  /** Notes that row `row` of table file `file` has problem `code`; `detail` says which part. */
  add(code: ProblemCode, file: string, row: string, detail: string): void {
    this.list.push({
      code,
      severity: "error",
      place: `${file}: row ${row}`,
      message: `${PROBLEMS[code]}: ${detail}`,
    });
  }

  /** Throws a {@link GantryError} with everything that was noted. */
  throwIfAny(): void {
    if (this.list.length > 0) throw new GantryError(this.list);
  }
}
