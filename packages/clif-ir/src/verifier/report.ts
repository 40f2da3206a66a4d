import type { Diagnostic } from "@gantry/diag";
import { VERIFIER_CODES, type VerifierCode } from "../codes.table.ts";
import type { Inst } from "../entities.ts";
import type { Function } from "../function.ts";
import { functionName } from "../writer/function.ts";
import { instText } from "../writer/operands.ts";

/** What an error of the verifier is about, named as in comments of test files. */
export type ErrorEntity = "function" | "block" | "inst" | "gv" | "region" | "fn" | "sig";

export interface VerifierError {
  readonly code: string;
  readonly entity: ErrorEntity;
  /** Number of the entity; 0 for the function. */
  readonly number: number;
  /** The instruction as text, where that helps. */
  readonly context?: string;
  readonly message: string;
}

/** `inst7 (v1 = iadd.i32 v0, v0): message`. */
export function verifierErrorText(e: VerifierError): string {
  const place = e.entity === "function" ? "function" : `${e.entity}${e.number}`;
  return e.context === undefined ? `${place}: ${e.message}` : `${place} (${e.context}): ${e.message}`;
}

/** Collects errors of one function. */
export class Report {
  readonly errors: VerifierError[] = [];

  add(code: VerifierCode, entity: ErrorEntity, number: number, message: string): void {
    this.errors.push({ code: VERIFIER_CODES[code][0], entity, number, message });
  }

  /** An error at an instruction, which is shown. */
  inst(f: Function, code: VerifierCode, i: Inst, message: string): void {
    this.errors.push({
      code: VERIFIER_CODES[code][0],
      entity: "inst",
      number: i,
      context: instText(f, i),
      message,
    });
  }
}

/** The errors as diagnostics that name the function and the entity. */
export function toDiagnostics(f: Function, errors: readonly VerifierError[]): Diagnostic[] {
  const name = functionName(f);
  return errors.map((e) => ({
    code: e.code,
    severity: "error" as const,
    message: e.message,
    place: e.entity === "function" ? name : `${name} ${e.entity}${e.number}`,
    ...(e.context === undefined ? {} : { help: `in ${e.context}` }),
  }));
}
