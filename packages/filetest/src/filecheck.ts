import { errorOf } from "@gantry/diag";
import { TestCode } from "./codes.ts";

// A checker is a list of directives that are matched against a text in order. Two offsets are its whole state: where
// the last ordered match ended, and the furthest point that any match has reached.

type Kind = "check" | "sameln" | "nextln" | "unordered" | "not" | "regex";

const DIRECTIVE = /\b(check|sameln|nextln|unordered|not|regex):\s+(.*)/;

/** A piece of a pattern. */
type Part =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "regex"; readonly source: string }
  | { readonly kind: "use"; readonly name: string }
  | { readonly kind: "define"; readonly name: string; readonly source: string }
  | { readonly kind: "defineAs"; readonly name: string; readonly variable: string };

interface Directive {
  readonly kind: Kind;
  readonly text: string;
  readonly parts: readonly Part[];
  /** Of `regex:`. */
  readonly name: string;
  readonly source: string;
}

interface Variable {
  /** The regular expression that a use of the variable stands for. */
  readonly source: string;
  /** A use may match from here on; 0 for a `regex:` variable. */
  readonly from: number;
}

interface Pending {
  readonly directive: Directive;
  readonly regex: RegExp;
  readonly from: number;
}

/** Why a text does not pass. */
export interface CheckFailure {
  readonly directive: string;
  readonly reason: string;
  /** Where in the text the search began. */
  readonly from: number;
}

/** The filecheck directives of a test, ready to be matched against any number of texts. */
export class Checker {
  readonly #directives: Directive[] = [];

  /** Takes the directive out of a comment, if there is one. */
  add(comment: string): void {
    const found = DIRECTIVE.exec(comment);
    if (found === null) return;
    this.#directives.push(parseDirective(found[1] as Kind, found[2]!));
    this.#checkVariables();
  }

  get isEmpty(): boolean {
    return this.#directives.length === 0;
  }

  #checkVariables(): void {
    const defined = new Set<string>();
    for (const d of this.#directives) {
      const here: string[] = d.kind === "regex" ? [d.name] : [];
      for (const part of d.parts) {
        if (part.kind === "use" || part.kind === "defineAs") {
          const name = part.kind === "use" ? part.name : part.variable;
          if (here.includes(name)) throw bad(d, `variable ${name} is used in the pattern that defines it`);
          if (!defined.has(name)) throw bad(d, `variable ${name} is not defined`);
        }
        if (part.kind === "define" || part.kind === "defineAs") here.push(part.name);
      }
      for (const name of here) {
        if (defined.has(name)) throw bad(d, `variable ${name} is defined twice`);
        defined.add(name);
      }
    }
  }

  /** Matches the directives against `text`; undefined when it passes. */
  check(text: string): CheckFailure | undefined {
    return new Matching(text).run(this.#directives);
  }
}

function bad(d: { readonly kind: Kind; readonly text: string }, message: string): Error {
  return errorOf(TestCode.directive, `${d.kind}: ${d.text}: ${message}`);
}

class Matching {
  readonly #text: string;
  readonly #variables = new Map<string, Variable>();
  #lastOrdered = 0;
  #maxMatch = 0;
  #pending: Pending[] = [];

  constructor(text: string) {
    this.#text = text;
  }

  run(directives: readonly Directive[]): CheckFailure | undefined {
    for (const d of directives) {
      const failure = this.#step(d);
      if (failure !== undefined) return failure;
    }
    return this.#settle(this.#text.length);
  }

  #step(d: Directive): CheckFailure | undefined {
    if (d.kind === "regex") {
      this.#variables.set(d.name, { source: d.source, from: 0 });
      return undefined;
    }
    const regex = this.#compile(d);
    if (d.kind === "not") {
      this.#pending.push({ directive: d, regex, from: this.#looseStart(d) });
      return undefined;
    }
    const [from, to] = this.#range(d);
    const found = from <= to ? search(regex, this.#text, from, to) : undefined;
    if (found === undefined) return { directive: show(d), reason: "found no match", from };
    const end = found.index + found[0].length;
    for (const part of d.parts) {
      if (part.kind !== "define" && part.kind !== "defineAs") continue;
      const value = found.groups?.[part.name] ?? "";
      this.#variables.set(part.name, { source: escapeRegExp(value), from: end });
    }
    if (d.kind === "unordered") {
      this.#maxMatch = Math.max(this.#maxMatch, end);
      return undefined;
    }
    this.#lastOrdered = end;
    this.#maxMatch = Math.max(this.#maxMatch, end);
    return this.#settle(found.index);
  }

  /** The part of the text in which a directive is searched. */
  #range(d: Directive): [number, number] {
    const text = this.#text;
    const lineEnd = (at: number) => {
      const newline = text.indexOf("\n", at);
      return newline < 0 ? text.length : newline + 1;
    };
    if (d.kind === "unordered") return [this.#looseStart(d), text.length];
    if (d.kind === "check") return [this.#maxMatch, text.length];
    if (d.kind === "sameln") return [this.#maxMatch, lineEnd(this.#maxMatch)];
    const next = lineEnd(this.#maxMatch);
    return [next, lineEnd(next)];
  }

  #looseStart(d: Directive): number {
    let from = this.#lastOrdered;
    for (const part of d.parts) {
      const name = part.kind === "use" ? part.name : part.kind === "defineAs" ? part.variable : undefined;
      if (name !== undefined) from = Math.max(from, this.#variables.get(name)?.from ?? 0);
    }
    return from;
  }

  #compile(d: Directive): RegExp {
    let source = "";
    for (const [k, part] of d.parts.entries()) {
      if (part.kind === "text") {
        if (k === 0 && /^[\p{L}\p{N}]/u.test(part.text)) source += "\\b";
        source += escapeRegExp(part.text);
        if (k === d.parts.length - 1 && /[\p{L}\p{N}]$/u.test(part.text)) source += "\\b";
      } else if (part.kind === "regex") source += `(?:${part.source})`;
      else if (part.kind === "use") source += `(?:${this.#variables.get(part.name)?.source ?? ""})`;
      else if (part.kind === "define") source += `(?<${part.name}>${part.source})`;
      else source += `(?<${part.name}>${this.#variables.get(part.variable)?.source ?? ""})`;
    }
    try {
      return new RegExp(source, "gm");
    } catch (error) {
      throw bad(d, (error as Error).message);
    }
  }

  /** An ordered match (or the end of the text) closes the range of the `not:`s before it. */
  #settle(to: number): CheckFailure | undefined {
    for (const { directive, regex, from } of this.#pending) {
      const found = from <= to ? search(regex, this.#text, from, to) : undefined;
      if (found !== undefined) {
        return { directive: show(directive), reason: `unexpected match '${found[0]}'`, from: found.index };
      }
    }
    this.#pending = [];
    return undefined;
  }
}

const show = (d: Directive): string => `${d.kind}: ${d.text}`;

function search(regex: RegExp, text: string, from: number, to: number): RegExpExecArray | undefined {
  regex.lastIndex = from;
  // The slice keeps what is behind `to` out of the match; `from` stays an offset so that \b and ^ see what is before.
  return regex.exec(text.slice(0, to)) ?? undefined;
}

function escapeRegExp(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, (c) => (c === "-" ? "\\x2d" : `\\${c}`));
}

function parseDirective(kind: Kind, raw: string): Directive {
  const text = raw.trim();
  const head = { kind, text };
  if (kind !== "regex") return { ...head, parts: parsePattern(head), name: "", source: "" };
  const found = /^([\p{L}_]\w*)=(.*)$/u.exec(raw.trimEnd());
  if (found === null) throw bad(head, "a variable is defined as NAME=REGEX");
  return { ...head, parts: [], name: found[1]!, source: found[2]! };
}

function parsePattern(d: { readonly kind: Kind; readonly text: string }): Part[] {
  const { text } = d;
  const parts: Part[] = [];
  const literal = (piece: string) => {
    const last = parts.at(-1);
    if (last?.kind === "text" && last.text !== "")
      parts[parts.length - 1] = { kind: "text", text: last.text + piece };
    else parts.push({ kind: "text", text: piece });
  };
  for (let at = 0; at < text.length; ) {
    const dollar = text.indexOf("$", at);
    if (dollar !== at) {
      const end = dollar < 0 ? text.length : dollar;
      literal(text.slice(at, end));
      at = end;
      continue;
    }
    const rest = text.slice(at + 1);
    const name = /^[\p{L}_]\w*/u.exec(rest)?.[0];
    if (rest.startsWith("$")) {
      literal("$");
      at += 2;
    } else if (name !== undefined) {
      parts.push({ kind: "use", name });
      at += 1 + name.length;
    } else if (rest.startsWith("(")) {
      const end = closing(rest);
      if (end < 0) throw bad(d, "the parenthesis after '$' is not closed");
      parts.push(parseReference(d, rest.slice(1, end)));
      at += end + 2;
    } else throw bad(d, "'$' must be followed by '$', a name, or a parenthesis");
  }
  if (parts.length === 0) throw bad(d, "the pattern is empty");
  return parts;
}

function parseReference(d: { readonly kind: Kind; readonly text: string }, inside: string): Part {
  if (inside === "") return { kind: "text", text: "" };
  if (inside.startsWith("=")) return { kind: "regex", source: inside.slice(1) };
  const found = /^([\p{L}_]\w*)(?:=(.*))?$/u.exec(inside);
  if (found === null) throw bad(d, `'$(${inside})' is not understood`);
  const [, name, source] = found;
  if (source === undefined) return { kind: "use", name: name! };
  const variable = /^\$([\p{L}_]\w*)$/u.exec(source);
  if (variable !== null) return { kind: "defineAs", name: name!, variable: variable[1]! };
  return { kind: "define", name: name!, source };
}

/** Index of the parenthesis that closes the one at 0; parentheses in classes and escapes do not count. */
function closing(text: string): number {
  let depth = 0;
  let inClass = false;
  for (let at = 0; at < text.length; at++) {
    const c = text[at];
    if (c === "\\") at++;
    else if (inClass) inClass = c !== "]";
    else if (c === "[") {
      inClass = true;
      // A bracket that comes first belongs to the class.
      if (text[at + 1] === "^") at++;
      if (text[at + 1] === "]") at++;
    } else if (c === "(") depth++;
    else if (c === ")" && --depth === 0) return at;
  }
  return -1;
}
