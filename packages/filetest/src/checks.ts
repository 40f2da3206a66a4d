import { TestCode } from "./codes.ts";
import { diffLines } from "./diff.ts";
import { Checker } from "./filecheck.ts";
import type { TestContext, TestFunction } from "./test-command.ts";
import type { TestFile } from "./test-file.ts";

/** Matches `actual` against the directives of the preamble and of the function. */
export function fileCheck(c: TestContext, f: TestFunction, actual: string): void {
  const checker = new Checker();
  for (const comment of [...c.file.clif.comments, ...f.comments]) checker.add(comment.text);
  if (checker.isEmpty) return;
  const failure = checker.check(actual);
  if (failure === undefined) return;
  const line = actual.slice(0, failure.from).split("\n").length;
  const lines = actual.trimEnd().split("\n");
  const shown = lines.map((text, k) => `${k + 1 === line ? ">" : " "} ${text}`);
  const message = `${failure.directive}: ${failure.reason}; searched from '>' on in this output:\n${shown.join("\n")}`;
  throw c.failure(f, TestCode.mismatch, message);
}

/** The expected output of a precise test: the function's own comments, as lines. */
function expectation(f: TestFunction): string[] {
  const lines = f.comments.filter((comment) => !comment.text.startsWith(";;"));
  return lines.map((comment) => comment.text.replace(/^; ?/, "").trimEnd());
}

/** New expectations, gathered function by function; the runner writes the file when the test is over. */
export class Blessing {
  readonly #file: TestFile;
  readonly #edits: { readonly start: number; readonly end: number; readonly text: string }[] = [];

  constructor(file: TestFile) {
    this.#file = file;
  }

  /** Replaces the old expectation of a function by `lines`. */
  add(f: TestFunction, lines: readonly string[]): void {
    const { text } = this.#file.source;
    const next = this.#file.clif.functionSpans[f.index + 1];
    const start = bodyEnd(text.slice(f.span.start, f.span.end)) + f.span.start;
    const end = next?.start ?? text.length;
    // What stands before the next function and is no old expectation stays: comments with two semicolons.
    const between = text.slice(start, end).split("\n");
    const kept = between.filter((line) => line.trim() !== "" && !/^\s*;(?!;)/.test(line));
    const expected = lines.map((line) => (line === "" ? ";" : `; ${line}`));
    const parts = [
      "",
      "",
      ...expected,
      ...(kept.length > 0 ? ["", ...kept] : []),
      next === undefined ? "" : "\n",
    ];
    this.#edits.push({ start, end, text: parts.join("\n") });
  }

  /** The file's new text. */
  apply(): string {
    let { text } = this.#file.source;
    const edits = this.#edits.toSorted((a, b) => b.start - a.start);
    for (const edit of edits) text = text.slice(0, edit.start) + edit.text + text.slice(edit.end);
    return text;
  }
}

/** Offset behind the brace that closes a function: the last one that is not in a comment. */
function bodyEnd(text: string): number {
  let end = text.length;
  for (const found of text.matchAll(/;[^\n]*|"[^"]*"|\}/g)) if (found[0] === "}") end = found.index + 1;
  return end;
}

/** Compares the output with the comments word for word, or takes it over. */
export function checkPrecisely(c: TestContext, f: TestFunction, actual: string): void {
  const lines = actual
    .replace(/\n$/, "")
    .split("\n")
    .map((line) => line.trimEnd());
  if (c.blessing !== undefined) {
    c.blessing.add(f, lines);
    return;
  }
  const expected = expectation(f);
  if (expected.length === lines.length && expected.every((line, k) => line === lines[k])) return;
  const hint = `'gantry test --bless ${c.file.source.name}' takes it over`;
  const message = `the output is not the expected one ('-' expected, '+' actual; ${hint}):`;
  throw c.failure(f, TestCode.differs, `${message}\n${diffLines(expected, lines)}`);
}
