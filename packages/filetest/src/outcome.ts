/** Why a test did not run. Under `--strict` only `host` and `tool` are accepted. */
export type SkipKind = "host" | "tool" | "unsupported";

/** How one (file, command, target line) ended. */
export type Outcome =
  | { readonly kind: "pass" }
  | { readonly kind: "fail"; readonly report: string }
  | { readonly kind: "skip"; readonly why: SkipKind; readonly reason: string };

export const pass: Outcome = { kind: "pass" };

/** An outcome with what it is the outcome of. */
export interface UnitResult {
  readonly file: string;
  /** `run x86_64 has_avx`: the command and, where it needs one, the target line. */
  readonly unit: string;
  readonly outcome: Outcome;
  readonly milliseconds: number;
  /** What `print:` commands have printed. */
  readonly output: string;
  /** Run lines that differ and are known to, with the reason. */
  readonly known: readonly string[];
}

/** Thrown by a command when the test cannot be run here. */
export class Skip extends Error {
  readonly why: SkipKind;

  constructor(why: SkipKind, reason: string) {
    super(reason);
    this.name = "Skip";
    this.why = why;
  }
}
