import type { SourceFile, Span } from "@gantry/diag";
import { CALL_CONVS, CallConv } from "../call-conv.ts";
import { Function, OWN_SIGNATURE } from "../function.ts";
import { decodeUtf8 } from "../utf8.ts";
import { BodyReader } from "./body.ts";
import { COMMENT_ENTITIES, ON_FUNCTION, type Scanner, type SourceBytes } from "./scanner.ts";
import { CLASS, LETTER } from "./words.ts";

export interface ReadOptions {
  /** Convention of signatures that name none; `fast` unless said otherwise. */
  readonly defaultCallConv?: number;
  /** Keep comments with the entity that each belongs to. */
  readonly comments?: boolean;
}

/**
 * Reads the functions of a text one after another, into a function that the caller may reuse:
 *
 *     const reader = new FunctionReader(source);
 *     while (reader.next(func)) compile(func);
 */
export class FunctionReader extends BodyReader {
  #done = false;

  constructor(source: SourceFile | SourceBytes, options: ReadOptions = {}) {
    super(source, options.comments === true);
    this.defaultCallConv = options.defaultCallConv ?? CallConv.fast;
  }

  /** Reads the next function into `into`; false at the end of the text. */
  next(into: Function): boolean {
    this.func = into;
    if (this.#done) return false;
    this.ws();
    if (this.pos >= this.end) {
      this.#done = true;
      this.release();
      return false;
    }
    into.reset();
    this.clearDeclared();
    if (!this.acceptWord("function")) this.expected("expectedFunction", "expected 'function'");
    this.functionName();
    this.signature(OWN_SIGNATURE);
    this.expect(123, "expectedBody", "expected '{' before function body");
    this.ws();
    this.claim(ON_FUNCTION, 0);
    this.preamble();
    this.body();
    if (this.keepComments) {
      this.ws();
      this.claim(ON_FUNCTION, 0);
    }
    return true;
  }

  /** Skips the lines that a test file starts with, giving each to `line`. */
  header(line: (command: string, rest: string, start: number, restStart: number, end: number) => void): void {
    for (;;) {
      this.ws();
      if ((CLASS[this.buf[this.pos]] & LETTER) === 0) return;
      const command = this.wordText();
      if (command !== "test" && command !== "set" && command !== "target" && command !== "feature") return;
      const start = this.pos;
      let p = this.wordEnd;
      while (this.buf[p] !== 10 && p < this.end) p++;
      // A comment may stand behind the words, except in a quoted string, which no header line needs.
      let stop = this.wordEnd;
      while (stop < p && this.buf[stop] !== 59) stop++;
      this.pos = stop;
      line(command, decodeUtf8(this.buf, this.wordEnd, stop), start, this.wordEnd, stop);
    }
  }
}

/** A comment with the entity that it belongs to. */
export interface Comment {
  readonly entity: (typeof COMMENT_ENTITIES)[number];
  /** Number of the entity; 0 for the function. */
  readonly number: number;
  /** Including the leading semicolons. */
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

/** A line in front of the functions. */
export interface HeaderLine {
  /** The words behind the command. */
  readonly words: readonly string[];
  readonly span: Span;
}

/** A whole test file. */
export interface ClifFile {
  readonly source: SourceFile;
  /** `test` lines: command, then options. */
  readonly commands: readonly HeaderLine[];
  /** `set` and `target` lines in order: a set line holds for the targets behind it. */
  readonly settings: readonly (HeaderLine & { readonly kind: "set" | "target" })[];
  /** `feature` lines; a leading `!` stays with the name. */
  readonly features: readonly HeaderLine[];
  /** Comments in front of the first function. */
  readonly comments: readonly Comment[];
  readonly functions: readonly Function[];
  /** Comments of each function. */
  readonly functionComments: readonly (readonly Comment[])[];
  /** Where each function stands in the text. */
  readonly functionSpans: readonly Span[];
}

/**
 * Reads a whole file with its header lines and comments.
 *
 * @param hostCallConv Convention of signatures that name none in a file with a `test run` line.
 */
export function readFile(
  source: SourceFile | SourceBytes,
  hostCallConv: number = CallConv.system_v,
): ClifFile {
  const reader = new FunctionReader(source, { comments: true });
  const commands: HeaderLine[] = [];
  const settings: (HeaderLine & { kind: "set" | "target" })[] = [];
  const features: HeaderLine[] = [];
  reader.header((command, rest, start, restStart, end) => {
    const words = rest.split(/\s+/).filter((w) => w !== "");
    if (words.length === 0 && command !== "set")
      reader.fail("badHeader", `expected something behind '${command}'`, restStart);
    const span = { file: reader.file, start: reader.textOffset(start), end: reader.textOffset(end) };
    if (command === "test") {
      if (settings.length > 0)
        reader.fail("badHeader", "test commands must come before set and target lines", start);
      commands.push({ words, span });
    } else if (command === "feature") features.push({ words: words.map((w) => w.replaceAll('"', "")), span });
    else settings.push({ words, span, kind: command as "set" | "target" });
  });
  if (commands.some((c) => c.words[0] === "run")) reader.defaultCallConv = hostCallConv;
  const comments = takeComments(reader);
  const functions: Function[] = [];
  const functionComments: Comment[][] = [];
  const functionSpans: Span[] = [];
  for (;;) {
    reader.ws();
    const start = reader.pos;
    const func = new Function();
    if (!reader.next(func)) break;
    functions.push(func);
    functionComments.push(takeComments(reader));
    functionSpans.push({
      file: reader.file,
      start: reader.textOffset(start),
      end: reader.textOffset(reader.pos),
    });
  }
  return {
    source: reader.file,
    commands,
    settings,
    features,
    comments,
    functions,
    functionComments,
    functionSpans,
  };
}

function takeComments(reader: Scanner): Comment[] {
  const out: Comment[] = [];
  const list = reader.comments;
  for (let at = 0; at < list.length; at += 4) {
    const from = list.at(at + 2);
    const to = list.at(at + 3);
    out.push({
      entity: COMMENT_ENTITIES[list.at(at)],
      number: Math.max(0, list.at(at + 1)),
      text: decodeUtf8(reader.buf, from, to),
      start: reader.textOffset(from),
      end: reader.textOffset(to),
    });
  }
  list.length = 0;
  reader.claimed = 0;
  return out;
}

/**
 * Reads all functions of a text; header lines are skipped.
 *
 * @param into Functions to reuse; it becomes exactly the functions of the text.
 */
export function readFunctions(
  source: SourceFile | SourceBytes,
  into: Function[] = [],
  options: ReadOptions = {},
): Function[] {
  const reader = new FunctionReader(source, options);
  reader.header(() => {});
  let n = 0;
  for (;;) {
    if (n === into.length) into.push(new Function());
    if (!reader.next(into[n])) break;
    n++;
  }
  into.length = n;
  return into;
}

/** The number of the calling convention called `name`, or -1. */
export const callConvByName = (name: string): number => CALL_CONVS.findIndex((c) => c.name === name);
