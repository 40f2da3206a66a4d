import {
  type Diagnostic,
  diagnosticToJson,
  GantryError,
  InternalError,
  type Palette,
  plain,
  renderDiagnostic,
} from "@gantry/diag";
import colours from "picocolors";
import { CliCode } from "./codes.ts";
import { UsageError } from "./usage-error.ts";

const coloured: Palette = {
  error: (text) => colours.bold(colours.red(text)),
  warning: (text) => colours.bold(colours.yellow(text)),
  place: (text) => colours.bold(text),
  caret: (text) => colours.red(text),
};

/** Where diagnostics and progress go: standard error, for people or, with `--json`, for programs. */
export class Reporter {
  readonly #json: boolean;
  #progress = false;

  constructor(json: boolean) {
    this.#json = json;
  }

  /** Asked for when there is something to say: what never writes does not open standard error. */
  get #terminal(): boolean {
    return process.stderr.isTTY === true;
  }

  /** Whether `--json` was given. */
  get json(): boolean {
    return this.#json;
  }

  /** The colours of a terminal; undefined when standard error is none. */
  get palette(): Palette | undefined {
    if (!this.#terminal) return undefined;
    return colours.isColorSupported ? coloured : plain;
  }

  /** Prints one diagnostic. */
  diagnostic(d: Diagnostic): void {
    this.clearProgress();
    if (this.#json) {
      process.stderr.write(`${JSON.stringify(diagnosticToJson(d))}\n`);
      return;
    }
    const palette = this.palette ?? plain;
    const width = process.stderr.columns || 100;
    process.stderr.write(`${renderDiagnostic(d, { palette, frame: this.#terminal, width })}\n`);
  }

  /** Prints whatever ended a command and gives the exit status for it. */
  failure(error: unknown): number {
    if (error instanceof GantryError) {
      for (const d of error.diagnostics) this.diagnostic(d);
      return 1;
    }
    if (error instanceof UsageError) {
      this.diagnostic({ code: CliCode.usage, severity: "error", message: error.message });
      return 2;
    }
    const internal = error instanceof InternalError;
    const message = error instanceof Error ? error.message : String(error);
    const sentence = internal
      ? message
      : `internal error: ${message}. Please report this with the input that caused it.`;
    this.diagnostic({ code: "CLI9999", severity: "error", message: sentence });
    if (process.env.GANTRY_STACK !== undefined && error instanceof Error)
      process.stderr.write(`${error.stack}\n`);
    return 1;
  }

  /** Shows a line that the next one overwrites; nothing when standard error is not a terminal. */
  progress(line: string): void {
    if (!this.#terminal || this.#json) return;
    process.stderr.write(`\r\x1b[2K${line.slice(0, (process.stderr.columns || 80) - 1)}`);
    this.#progress = true;
  }

  /** Takes the progress line away. */
  clearProgress(): void {
    if (this.#progress) process.stderr.write("\r\x1b[2K");
    this.#progress = false;
  }
}
