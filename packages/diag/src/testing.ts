import { type Diagnostic, GantryError } from "./diagnostic.ts";

/** What tests ask of coded errors: the diagnostics that `run` ends in, none if it does not fail. Other errors pass. */
export function diagnosticsOf(run: () => unknown): readonly Diagnostic[] {
  try {
    run();
  } catch (error) {
    if (error instanceof GantryError) return error.diagnostics;
    throw error;
  }
  return [];
}

/** The code of the first of {@link diagnosticsOf}, or nothing. */
export const errorCode = (run: () => unknown): string => diagnosticsOf(run)[0]?.code ?? "";
