import { EmbeddedActionsParser, EOF, type IToken, isRecognitionException, type TokenType } from "chevrotain";
import type { Code } from "../codes.ts";
import type { Loc, Reports } from "../sources.ts";
import type * as Ast from "./ast.ts";
import { At, deepToken, Int, LParen, lex, maxDepth, RParen, tokenTypes, Word } from "./lexer.ts";
import { parseInteger } from "./numbers.ts";
import { checkVerification } from "./verification.ts";

/** Stops the form at hand; {@link IsleParser.program} goes on with the next one. */
class FormProblem extends Error {
  readonly code: Code;
  readonly loc: Loc;
  readonly help: string | undefined;

  constructor(code: Code, loc: Loc, message: string, help?: string) {
    super(message);
    this.code = code;
    this.loc = loc;
    this.help = help;
  }
}

const veriHeads = new Set(["attr", "spec", "model", "form", "instantiate", "state", "macro"]);
const formHeads = new Set(["pragma", "type", "decl", "rule", "extractor", "extern", "convert", ...veriHeads]);
const identStart = /^[\p{L}_$]/u;
const identRest = /^.[\p{L}\p{Nd}\p{Nl}\p{No}_.$]*$/u;
const nothing: Loc = { start: 0, end: 0 };

/**
 * The grammar. Which form a list is depends on the spelling of its first word, which is no token of its own, so the rules
 * branch on text; while Chevrotain records the grammar they walk through every branch instead.
 */
class IsleParser extends EmbeddedActionsParser {
  #reports: Reports | undefined;
  #base = 0;
  #length = 0;

  constructor() {
    super(tokenTypes, { recoveryEnabled: false, maxLookahead: 1, skipValidations: true });
    this.performSelfAnalysis();
  }

  parse(tokens: IToken[], base: number, length: number, reports: Reports): Ast.Def[] {
    this.input = tokens;
    this.#base = base;
    this.#length = length;
    this.#reports = reports;
    return this.program() ?? [];
  }

  readonly program = this.RULE("program", (): Ast.Def[] => {
    const defs: Ast.Def[] = [];
    while (this.RECORDING_PHASE || this.LA(1).tokenType !== EOF) {
      const from = this.#index();
      try {
        const def = this.SUBRULE(this.form);
        if (def !== undefined) defs.push(def);
      } catch (error) {
        if (error instanceof FormProblem) this.#report(error);
        else if (error instanceof Error && isRecognitionException(error)) this.#reportToken(error);
        else throw error;
        this.#skipToNextForm(from);
      }
      if (this.RECORDING_PHASE) break;
    }
    return defs;
  });

  readonly form = this.RULE("form", (): Ast.Def => {
    const open = this.CONSUME(LParen);
    const head = this.CONSUME(Word);
    const recording = this.RECORDING_PHASE;
    const name = head.image;
    let def: Ast.Def | undefined;
    if (recording || name === "type") def = this.SUBRULE(this.typeDef, { ARGS: [open] });
    if (recording || name === "decl") def = this.SUBRULE(this.decl, { ARGS: [open] });
    if (recording || name === "rule") def = this.SUBRULE(this.rule, { ARGS: [open] });
    if (recording || name === "extractor") def = this.SUBRULE(this.extractor, { ARGS: [open] });
    if (recording || name === "extern") def = this.SUBRULE(this.extern, { ARGS: [open] });
    if (recording || name === "convert") def = this.SUBRULE(this.convert, { ARGS: [open] });
    if (recording || veriHeads.has(name)) def = this.SUBRULE(this.verification, { ARGS: [open, name] });
    if (def === undefined) {
      if (name === "pragma") throw this.#problem("ISLE0008", head, "there are no pragmas: remove this form");
      throw this.#problem("ISLE0005", head, `'${name}' is no form${suggestion(name, formHeads)}`);
    }
    return def;
  });

  readonly typeDef = this.RULE("typeDef", (open: IToken): Ast.Def => {
    const name = this.#ident(this.CONSUME(Word));
    let isExtern = false;
    let isNodebug = false;
    this.MANY(() => {
      const flag = this.CONSUME1(Word);
      if (flag.image === "extern") isExtern = true;
      else if (flag.image === "nodebug") isNodebug = true;
      else if (!this.RECORDING_PHASE) {
        throw this.#problem(
          "ISLE0009",
          flag,
          `'${flag.image}' is no type modifier: there are 'extern' and 'nodebug'`,
        );
      }
    });
    const body = this.SUBRULE(this.typeBody);
    const close = this.CONSUME(RParen);
    return { form: "type", name, isExtern, isNodebug, body, ...this.#range(open, close) };
  });

  readonly typeBody = this.RULE("typeBody", (): Ast.TypeBody => {
    this.CONSUME(LParen);
    const kind = this.CONSUME(Word);
    const recording = this.RECORDING_PHASE;
    let body: Ast.TypeBody | undefined;
    if (recording || kind.image === "primitive")
      body = { kind: "primitive", host: this.#ident(this.CONSUME1(Word)) };
    if (recording || kind.image === "enum") {
      const variants: Ast.Variant[] = [];
      this.MANY(() => {
        variants.push(this.SUBRULE(this.variant));
      });
      body = { kind: "enum", variants };
    }
    if (recording || kind.image === "struct") body = { kind: "struct", fields: this.SUBRULE(this.fields) };
    if (body === undefined) {
      throw this.#problem(
        "ISLE0009",
        kind,
        `'${kind.image}' is no type body: there are primitive, enum and struct`,
      );
    }
    this.CONSUME(RParen);
    return body;
  });

  readonly variant = this.RULE(
    "variant",
    (): Ast.Variant =>
      this.OR([
        {
          ALT: (): Ast.Variant => {
            const word = this.CONSUME(Word);
            return { name: this.#ident(word), fields: { kind: "unit" }, ...this.#range(word, word) };
          },
        },
        {
          ALT: (): Ast.Variant => {
            const open = this.CONSUME(LParen);
            const name = this.#ident(this.CONSUME1(Word));
            const fields = this.SUBRULE(this.fields);
            return { name, fields, ...this.#range(open, this.CONSUME(RParen)) };
          },
        },
      ]),
  );

  readonly fields = this.RULE("fields", (): Ast.Fields => {
    const list: Ast.Field[] = [];
    let kind: "named" | "positional" | undefined;
    this.OPTION(() => {
      this.OR([
        {
          ALT: () => {
            kind = "named";
            this.AT_LEAST_ONE(() => {
              const open = this.CONSUME(LParen);
              const name = this.#ident(this.CONSUME(Word));
              const type = this.#ident(this.CONSUME1(Word));
              list.push({ name: name.name, type, ...this.#range(open, this.CONSUME(RParen)) });
            });
          },
        },
        {
          ALT: () => {
            kind = "positional";
            this.AT_LEAST_ONE1(() => {
              const type = this.#ident(this.CONSUME2(Word));
              list.push({ name: String(list.length), type, start: type.start, end: type.end });
            });
          },
        },
      ]);
    });
    return kind === undefined ? { kind: "unit" } : { kind, list };
  });

  readonly decl = this.RULE("decl", (open: IToken): Ast.Def => {
    const words: IToken[] = [];
    this.AT_LEAST_ONE(() => {
      words.push(this.CONSUME(Word));
    });
    const flags = { pure: false, multi: false, partial: false, rec: false };
    let next = 0;
    for (const flag of ["pure", "multi", "partial", "rec"] as const) {
      if (words[next]?.image !== flag) continue;
      flags[flag] = true;
      next++;
    }
    this.CONSUME(LParen);
    const args: Ast.Ident[] = [];
    this.MANY(() => {
      args.push(this.#ident(this.CONSUME1(Word)));
    });
    this.CONSUME(RParen);
    const ret = this.#ident(this.CONSUME2(Word));
    const close = this.CONSUME1(RParen);
    if (this.RECORDING_PHASE) next = 0;
    else if (next !== words.length - 1) {
      const word = words[Math.min(next, words.length - 1)]!;
      const help = "the flags pure, multi, partial and rec come in this order, before the name";
      throw this.#problem(
        "ISLE0004",
        word,
        next < words.length ? "a declaration has one name" : "a declaration needs a name",
        help,
      );
    }
    return {
      form: "decl",
      name: this.#ident(words[next]!),
      args,
      ret,
      ...flags,
      ...this.#range(open, close),
    };
  });

  readonly rule = this.RULE("rule", (open: IToken): Ast.Def => {
    let name: Ast.Ident | undefined;
    let priority: Ast.Rule["priority"];
    const at = this.RECORDING_PHASE ? 0 : this.#base + this.LA(1).startOffset;
    this.OPTION(() => {
      const word = this.CONSUME(Word);
      name = this.#ident(word, "ISLE0010", "rule's name");
    });
    this.OPTION1(() => {
      const token = this.CONSUME(Int);
      const value = this.#integer(token);
      if (BigInt.asIntN(64, value) !== value)
        throw this.#problem("ISLE0010", token, "a priority must fit 64 bits");
      priority = { value, loc: this.#loc(token) };
    });
    const pattern = this.SUBRULE(this.pattern);
    // Clauses and the result both begin with a parenthesis: the word after it decides.
    const clauses: Ast.Clause[] = [];
    this.MANY({
      GATE: () =>
        this.LA(1).tokenType === LParen && (this.LA(2).image === "if" || this.LA(2).image === "if-let"),
      DEF: () => {
        clauses.push(this.SUBRULE(this.clause));
      },
    });
    const expr = this.SUBRULE(this.expr);
    const close = this.CONSUME(RParen);
    return { form: "rule", name, priority, pattern, clauses, expr, at, ...this.#range(open, close) };
  });

  readonly clause = this.RULE("clause", (): Ast.Clause => {
    const open = this.CONSUME(LParen);
    const head = this.CONSUME(Word);
    let pattern: Ast.Pattern | undefined;
    if (this.RECORDING_PHASE || head.image === "if-let") pattern = this.SUBRULE(this.pattern);
    const expr = this.SUBRULE(this.expr);
    return { pattern, expr, ...this.#range(open, this.CONSUME(RParen)) };
  });

  readonly extractor = this.RULE("extractor", (open: IToken): Ast.Def => {
    this.CONSUME(LParen);
    const name = this.#ident(this.CONSUME(Word));
    const params: Ast.Ident[] = [];
    this.MANY(() => {
      params.push(this.#ident(this.CONSUME1(Word)));
    });
    this.CONSUME(RParen);
    const template = this.SUBRULE(this.pattern);
    return { form: "extractor", name, params, template, ...this.#range(open, this.CONSUME1(RParen)) };
  });

  readonly extern = this.RULE("extern", (open: IToken): Ast.Def => {
    const kind = this.CONSUME(Word);
    const words: IToken[] = [];
    if (!this.RECORDING_PHASE && !["constructor", "extractor", "const"].includes(kind.image)) {
      throw this.#problem(
        "ISLE0012",
        kind,
        `'extern' needs constructor, extractor or const, not '${kind.image}'`,
      );
    }
    words.push(this.CONSUME1(Word), this.CONSUME2(Word));
    let infallible = false;
    if (kind.image === "extractor" && words[0]!.image === "infallible") {
      infallible = true;
      words.shift();
    }
    if (this.RECORDING_PHASE || infallible) words.push(this.CONSUME3(Word));
    const range = this.#range(open, this.CONSUME(RParen));
    const [first, second] = words as [IToken, IToken];
    if (kind.image === "const") {
      if (!first.image.startsWith("$")) {
        throw this.#problem("ISLE0007", first, `a constant's name starts with '$': write '$${first.image}'`);
      }
      const name = this.#ident(first);
      return {
        form: "extern-const",
        name: { ...name, name: name.name.slice(1) },
        type: this.#ident(second),
        ...range,
      };
    }
    const term = this.#ident(first);
    const func = this.#ident(second);
    return kind.image === "extractor"
      ? { form: "extern-extractor", term, func, infallible, ...range }
      : { form: "extern-constructor", term, func, ...range };
  });

  readonly convert = this.RULE("convert", (open: IToken): Ast.Def => {
    const inner = this.#ident(this.CONSUME(Word));
    const outer = this.#ident(this.CONSUME1(Word));
    const term = this.#ident(this.CONSUME2(Word));
    return { form: "convert", inner, outer, term, ...this.#range(open, this.CONSUME(RParen)) };
  });

  readonly pattern = this.RULE(
    "pattern",
    (): Ast.Pattern =>
      this.OR([
        {
          ALT: (): Ast.Pattern => {
            const token = this.CONSUME(Int);
            return { kind: "int", value: this.#integer(token), ...this.#loc(token) };
          },
        },
        {
          ALT: (): Ast.Pattern => {
            const word = this.CONSUME(Word);
            let sub: Ast.Pattern | undefined;
            this.OPTION(() => {
              this.CONSUME(At);
              sub = this.SUBRULE(this.pattern);
            });
            return this.#wordPattern(word, sub);
          },
        },
        {
          ALT: (): Ast.Pattern => {
            const open = this.CONSUME(LParen);
            const head = this.CONSUME1(Word);
            const args: Ast.Pattern[] = [];
            this.MANY(() => {
              args.push(this.SUBRULE1(this.pattern));
            });
            const range = this.#range(open, this.CONSUME(RParen));
            if (head.image === "and") return { kind: "and", parts: args, ...range };
            return { kind: "term", name: this.#ident(head), args, ...range };
          },
        },
      ]),
  );

  readonly expr = this.RULE(
    "expr",
    (): Ast.Expr =>
      this.OR([
        {
          ALT: (): Ast.Expr => {
            const token = this.CONSUME(Int);
            return { kind: "int", value: this.#integer(token), ...this.#loc(token) };
          },
        },
        { ALT: (): Ast.Expr => this.#wordExpr(this.CONSUME(Word)) },
        {
          ALT: (): Ast.Expr => {
            const open = this.CONSUME(LParen);
            const head = this.CONSUME1(Word);
            if (this.RECORDING_PHASE || head.image === "let") {
              const bindings: Ast.LetBinding[] = [];
              this.CONSUME1(LParen);
              this.MANY(() => {
                bindings.push(this.SUBRULE(this.letBinding));
              });
              this.CONSUME(RParen);
              const body = this.SUBRULE(this.expr);
              const range = this.#range(open, this.CONSUME1(RParen));
              if (!this.RECORDING_PHASE) return { kind: "let", bindings, body, ...range };
            }
            const args: Ast.Expr[] = [];
            this.MANY1(() => {
              args.push(this.SUBRULE1(this.expr));
            });
            return {
              kind: "term",
              name: this.#ident(head),
              args,
              ...this.#range(open, this.CONSUME2(RParen)),
            };
          },
        },
      ]),
  );

  readonly letBinding = this.RULE("letBinding", (): Ast.LetBinding => {
    const open = this.CONSUME(LParen);
    const name = this.#ident(this.CONSUME(Word));
    const type = this.#ident(this.CONSUME1(Word));
    const value = this.SUBRULE(this.expr);
    return { name, type, value, ...this.#range(open, this.CONSUME(RParen)) };
  });

  readonly verification = this.RULE("verification", (open: IToken, head: string): Ast.Def => {
    const body: Ast.Sexp[] = [];
    this.MANY(() => {
      body.push(this.SUBRULE(this.sexp));
    });
    const def: Ast.Verification = { form: "veri", head, body, ...this.#range(open, this.CONSUME(RParen)) };
    if (!this.RECORDING_PHASE) checkVerification(def, this.#reports!);
    return def;
  });

  readonly sexp = this.RULE(
    "sexp",
    (): Ast.Sexp =>
      this.OR([
        { ALT: (): Ast.Sexp => this.#atom(this.CONSUME(Int)) },
        { ALT: (): Ast.Sexp => this.#atom(this.CONSUME(Word)) },
        {
          ALT: (): Ast.Sexp => {
            const open = this.CONSUME(LParen);
            const items: Ast.Sexp[] = [];
            this.MANY(() => {
              items.push(this.SUBRULE(this.sexp));
            });
            return { kind: "list", items, ...this.#range(open, this.CONSUME(RParen)) };
          },
        },
      ]),
  );

  #atom(token: IToken): Ast.Sexp {
    return { kind: "atom", text: token.image, ...this.#loc(token) };
  }

  #wordPattern(word: IToken, sub: Ast.Pattern | undefined): Ast.Pattern {
    const loc = this.#loc(word);
    const text = word.image;
    if (sub !== undefined) {
      const name = this.#ident(word);
      if (text.startsWith("$") || text === "_" || text === "true" || text === "false") {
        throw this.#problem(
          "ISLE0011",
          word,
          `'${text}' cannot be bound to a pattern: '@' needs a variable before it`,
        );
      }
      return { kind: "bind", name, sub, start: name.start, end: sub.end };
    }
    if (text === "_") return { kind: "wildcard", ...loc };
    if (text === "true" || text === "false") return { kind: "bool", value: text === "true", ...loc };
    const { name } = this.#ident(word);
    return text.startsWith("$")
      ? { kind: "const", name: name.slice(1), ...loc }
      : { kind: "var", name, ...loc };
  }

  #wordExpr(word: IToken): Ast.Expr {
    const loc = this.#loc(word);
    const text = word.image;
    if (text === "true" || text === "false") return { kind: "bool", value: text === "true", ...loc };
    const { name } = this.#ident(word);
    return text.startsWith("$")
      ? { kind: "const", name: name.slice(1), ...loc }
      : { kind: "var", name, ...loc };
  }

  #ident(word: IToken, code: Code = "ISLE0006", what = "name"): Ast.Ident {
    if (!this.RECORDING_PHASE && (!identStart.test(word.image) || !identRest.test(word.image))) {
      throw this.#problem(
        code,
        word,
        `'${word.image}' is no ${what}: it starts with a letter, '_' or '$' and goes on with letters, digits, '_', '.' and '$'`,
      );
    }
    return { name: word.image, ...this.#loc(word) };
  }

  #integer(token: IToken): bigint {
    if (this.RECORDING_PHASE) return 0n;
    const value = parseInteger(token.image);
    if (typeof value === "string") throw this.#problem("ISLE0003", token, value);
    return value;
  }

  #loc(token: IToken): Loc {
    const start = this.#base + token.startOffset;
    return { start, end: start + token.image.length };
  }

  #range(from: IToken, to: IToken): Loc {
    if (this.RECORDING_PHASE) return nothing;
    return { start: this.#base + from.startOffset, end: this.#base + to.startOffset + to.image.length };
  }

  #problem(code: Code, token: IToken, message: string, help?: string): FormProblem {
    return new FormProblem(code, this.#loc(token), message, help);
  }

  #report(problem: FormProblem): void {
    const more = problem.help === undefined ? {} : { help: problem.help };
    this.#reports!.report(problem.code, problem.loc, problem.message, more);
  }

  /** Says what a token that the grammar did not expect is, and what was expected. */
  #reportToken(error: Error): void {
    const { token, context } = error as Error & { token: IToken; context: { ruleStack: string[] } };
    const rule = context.ruleStack.at(-1);
    const ended = token.tokenType === EOF;
    const loc = ended
      ? { start: this.#base + this.#length, end: this.#base + this.#length }
      : this.#loc(token);
    const found = ended ? "the end of the file" : `'${token.image}'`;
    const place =
      rule === "pattern" || rule === "expr"
        ? rule === "pattern"
          ? "a pattern"
          : "an expression"
        : undefined;
    const wanted = /Expecting token of type --> (\w+) <--/.exec(error.message)?.[1];
    if (place !== undefined && error.name === "NoViableAltException" && !ended) {
      this.#reports!.report("ISLE0011", loc, `${found} begins no ${place.replace(/^an? /, "")}`);
      return;
    }
    const expected = wanted === undefined ? (place ?? "something else") : (tokenLabels.get(wanted) ?? wanted);
    const help = ended ? "a closing parenthesis is missing somewhere above" : undefined;
    this.#reports!.report(
      "ISLE0004",
      loc,
      `found ${found} where ${expected} is needed`,
      help === undefined ? {} : { help },
    );
  }

  #index(): number {
    return this.RECORDING_PHASE ? 0 : this.LA(1).startOffset;
  }

  /**
   * Goes on at the next list that looks like a form and begins a line of its own, or that follows the balanced end of
   * the list that began at `from`.
   */
  #skipToNextForm(from: number): void {
    const text = this.#reports!.sources.files[this.#reports!.sources.fileIndex(this.#base)]!.text;
    if (this.LA(1).startOffset === from) this.SKIP_TOKEN();
    while (this.LA(1).tokenType !== EOF) {
      const token = this.LA(1);
      const startsLine = token.startOffset === 0 || text.charCodeAt(token.startOffset - 1) === 10;
      if (token.tokenType === LParen && startsLine && this.LA(2).tokenType === Word) return;
      if (token.tokenType === LParen && formHeads.has(this.LA(2).image) && this.LA(0).tokenType === RParen)
        return;
      this.SKIP_TOKEN();
    }
  }
}

const tokenLabels = new Map<string, string>(
  ([LParen, RParen, At, Int, Word] as TokenType[]).map((t) => [t.name, t.LABEL ?? t.name]),
);

/** ", did you mean 'x'?" if one of `names` is spelt nearly like `name`. */
export function suggestion(name: string, names: Iterable<string>): string {
  let best: string | undefined;
  let bestDistance = Math.max(1, Math.floor(name.length / 4)) + 1;
  for (const candidate of names) {
    if (Math.abs(candidate.length - name.length) >= bestDistance) continue;
    const distance = editDistance(name, candidate, bestDistance);
    if (distance < bestDistance || (distance === bestDistance && best !== undefined && candidate < best)) {
      if (distance < bestDistance || best === undefined) best = candidate;
      bestDistance = Math.min(bestDistance, distance);
    }
  }
  return best === undefined ? "" : `; did you mean '${best}'?`;
}

/** Insertions, deletions, replacements and swaps that turn `a` into `b`, or `limit` if there are as many. */
function editDistance(a: string, b: string, limit: number): number {
  let before: number[] = [];
  let previous: number[] = Array.from({ length: b.length + 1 }, (_, k) => k);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    let least = i;
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let d = Math.min(previous[j]! + 1, row[j - 1]! + 1, previous[j - 1]! + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        d = Math.min(d, before[j - 2]! + 1);
      row.push(d);
      least = Math.min(least, d);
    }
    if (least >= limit) return limit;
    before = previous;
    previous = row;
  }
  return previous[b.length]!;
}

let parser: IsleParser | undefined;

/** A comment `isle-allow ISLE0501`: warnings of these codes are off in the form that holds it or follows it. */
export interface Allowance {
  readonly codes: ReadonlySet<string>;
  readonly at: number;
  /** `isle-allow-file`: for the whole file. */
  readonly isForFile: boolean;
}

/**
 * Parses every file of the unit. Forms with errors are reported and left out.
 * @param allowances Takes the comments that switch warnings off.
 */
export function parseUnit(reports: Reports, allowances: Allowance[] = []): Ast.Def[] {
  parser ??= new IsleParser();
  const defs: Ast.Def[] = [];
  for (const [index, file] of reports.sources.files.entries()) {
    const base = reports.sources.base(index);
    const { tokens, comments, problems } = lex(file.text);
    for (const comment of comments) {
      const found = /isle-allow(-file)?:?((?:\s+ISLE\d{4})+)/.exec(comment.image);
      if (found === null) continue;
      const codes = new Set(found[2]!.trim().split(/\s+/));
      allowances.push({ codes, at: base + comment.startOffset, isForFile: found[1] !== undefined });
    }
    for (const p of problems) reports.report(p.code, { start: base + p.start, end: base + p.end }, p.message);
    const tooDeep = deepToken(tokens);
    if (tooDeep !== undefined) {
      const start = base + tooDeep.startOffset;
      reports.report(
        "ISLE0004",
        { start, end: start + 1 },
        `lists are nested more than ${maxDepth} deep here`,
      );
      continue;
    }
    for (const def of parser.parse(tokens, base, file.text.length, reports)) defs.push(def);
  }
  return defs;
}
