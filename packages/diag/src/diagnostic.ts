import type { Span } from "./source.ts";

export type Severity = "error" | "warning";

/** A further place that a diagnostic points to. */
export interface Label {
  readonly span: Span;
  readonly message: string;
}

/** One thing to tell the user. */
export interface Diagnostic {
  /** Stable, letters and digits, never reused: `CLIF0031`. */
  readonly code: string;
  readonly severity: Severity;
  /** A sentence that says what is wrong and, where that is known, what to do. */
  readonly message: string;
  /** Where in a source text. */
  readonly span?: Span;
  /** Where in a function that has no source text: `%f inst7`. */
  readonly place?: string;
  readonly labels?: readonly Label[];
  /** Advice that does not fit the sentence. */
  readonly help?: string;
}

/** What everything that a user can get wrong ends as. */
export class GantryError extends Error {
  readonly diagnostics: readonly Diagnostic[];

  constructor(diagnostics: readonly Diagnostic[]) {
    super(diagnostics.map((d) => `${d.code}: ${d.message}`).join("\n"));
    this.name = "GantryError";
    this.diagnostics = diagnostics;
  }
}

/** A {@link GantryError} of one diagnostic without a source place. */
export function errorOf(code: string, message: string, more: Partial<Diagnostic> = {}): GantryError {
  return new GantryError([{ code, severity: "error", message, ...more }]);
}

/** An error in Gantry itself: a broken invariant, not something that a user did. */
export class InternalError extends Error {
  constructor(pass: string, message: string) {
    super(`internal error in ${pass}: ${message}. Please report this with the input that caused it.`);
    this.name = "InternalError";
  }
}

/** Stops with an {@link InternalError}. */
export function bug(pass: string, message: string): never {
  throw new InternalError(pass, message);
}
