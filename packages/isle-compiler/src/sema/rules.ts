import type { Code } from "../codes.ts";
import type { Loc, Reports } from "../sources.ts";
import type * as Ast from "../syntax/ast.ts";
import { suggestion } from "../syntax/parser.ts";
import { BOOL, type Expr, type Pattern, type Rule, type Term, type Type, type TypeId } from "./model.ts";
import type { TermTable } from "./terms.ts";
import type { TypeTable } from "./types.ts";

/** What a place in a rule allows. */
interface Effects {
  readonly pure: boolean;
  readonly partial: boolean;
}

/** Stands where something was reported, so that nothing follows from the report. */
const badPattern: Pattern = { kind: "wildcard" };
/** The type of a variable whose type could not be told. */
const unknownType: TypeId = -1;
const badExpr: Expr = { kind: "bool", value: false };

/** Checks and types the rules; those with errors are left out. */
export function checkRules(
  defs: readonly Ast.Def[],
  types: TypeTable,
  terms: TermTable,
  reports: Reports,
): Rule[] {
  const checker = new RuleChecker(types, terms, reports);
  const rules: Rule[] = [];
  for (const def of defs) {
    if (def.form !== "rule") continue;
    const before = reports.errorCount;
    const rule = checker.check(def, rules.length);
    if (rule !== undefined && reports.errorCount === before) rules.push(rule);
  }
  checkNames(defs, reports);
  for (const term of terms.terms) {
    if (term.kind === "decl" && term.constructorOf === undefined && term.extractorOf === undefined) {
      reports.report(
        "ISLE0222",
        term.loc,
        `'${term.name}' is declared but has neither rules, extractor nor external function`,
      );
    }
  }
  return rules;
}

/** A rule that is alone for its term and unnamed takes the term's name before names are compared. */
function checkNames(defs: readonly Ast.Def[], reports: Reports): void {
  const count = new Map<string, number>();
  const rules = defs.filter((d) => d.form === "rule");
  for (const rule of rules) {
    if (rule.pattern.kind === "term")
      count.set(rule.pattern.name.name, (count.get(rule.pattern.name.name) ?? 0) + 1);
  }
  const seen = new Map<string, Loc>();
  for (const rule of rules) {
    if (rule.name !== undefined || rule.pattern.kind !== "term") continue;
    if (count.get(rule.pattern.name.name) === 1) seen.set(rule.pattern.name.name, rule.pattern.name);
  }
  for (const rule of rules) {
    if (rule.name === undefined) continue;
    const earlier = seen.get(rule.name.name);
    if (earlier !== undefined) {
      reports.report("ISLE0221", rule.name, `two rules are called '${rule.name.name}'`, {
        labels: [{ loc: earlier, message: "the other is here" }],
        help: "a rule that is alone for its term and has no name is called like the term",
      });
    } else seen.set(rule.name.name, rule.name);
  }
}

class RuleChecker {
  readonly #types: TypeTable;
  readonly #terms: TermTable;
  readonly #reports: Reports;
  #root!: Term;
  #variables: { name: string; type: TypeId; loc: Loc; uses: number }[] = [];
  #scope = new Map<string, number>();
  /** Conversions that are being checked: one is never needed inside itself. */
  readonly #converting = new Set<string>();

  constructor(types: TypeTable, terms: TermTable, reports: Reports) {
    this.#types = types;
    this.#terms = terms;
    this.#reports = reports;
  }

  check(def: Ast.Rule, id: number): Rule | undefined {
    if (def.pattern.kind !== "term") return undefined;
    const root = this.#terms.find(def.pattern.name.name);
    if (root === undefined) return undefined;
    this.#root = root;
    this.#variables = [];
    this.#scope = new Map();
    if (root.multi && def.priority !== undefined) {
      this.#reports.report(
        "ISLE0220",
        def.priority.loc,
        `rules of the multi term '${root.name}' have no priority: all that match are used`,
      );
    }
    const args = this.#patterns(root, def.pattern);
    const clauses = def.clauses.map((clause) => {
      const { expr, type } = this.#expr(clause.expr, undefined, { pure: true, partial: true });
      const pattern: Pattern =
        clause.pattern === undefined ? { kind: "wildcard" } : this.#pattern(clause.pattern, type);
      return { pattern, expr };
    });
    const result = this.#expr(def.expr, root.ret, { pure: root.pure, partial: root.partial }).expr;
    return {
      id,
      name: def.name?.name,
      root,
      priority: def.priority?.value ?? 0n,
      args,
      clauses,
      result,
      variables: this.#variables,
      loc: def,
      at: def.at,
    };
  }

  #typeName(type: TypeId): string {
    return this.#types.types[type]!.name;
  }

  #error(code: Code, loc: Loc, message: string, more: Parameters<Reports["report"]>[3] = {}): void {
    this.#reports.report(code, loc, message, more);
  }

  #arity(term: Term, loc: Loc, found: number): void {
    if (found === term.args.length) return;
    const message = `'${term.name}' takes ${count(term.args.length, "argument")}, not ${found}`;
    this.#error("ISLE0201", loc, message, { labels: [{ loc: term.loc, message: "declared here" }] });
  }

  #patterns(term: Term, pattern: Ast.Pattern & { kind: "term" }): Pattern[] {
    this.#arity(term, pattern.name, pattern.args.length);
    const n = Math.min(term.args.length, pattern.args.length);
    return pattern.args.slice(0, n).map((p, k) => this.#pattern(p, term.args[k]!));
  }

  #bind(name: string, type: TypeId, loc: Loc): number {
    const variable = this.#variables.length;
    this.#variables.push({ name, type, loc, uses: 0 });
    this.#scope.set(name, variable);
    return variable;
  }

  /** Checks `pattern` against a value of `type`; a `type` of undefined follows an error and fits everything. */
  #pattern(pattern: Ast.Pattern, type: TypeId | undefined): Pattern {
    switch (pattern.kind) {
      case "wildcard":
        return { kind: "wildcard" };
      case "int": {
        if (type === undefined) return badPattern;
        if (!this.#takesIntegers(type)) {
          this.#error("ISLE0202", pattern, `an integer cannot be a value of type '${this.#typeName(type)}'`);
          return badPattern;
        }
        return { kind: "int", type, value: this.#canonical(pattern.value, type, pattern) };
      }
      case "bool":
        if (type !== undefined && type !== BOOL) {
          this.#error(
            "ISLE0203",
            pattern,
            `'${pattern.value}' is a bool, here is a value of type '${this.#typeName(type)}'`,
          );
          return badPattern;
        }
        return { kind: "bool", value: pattern.value };
      case "const": {
        const constant = this.#types.constants.get(pattern.name);
        if (constant === undefined) return this.#unknownConstant(pattern, badPattern);
        if (type !== undefined && constant.type !== type)
          this.#constantMismatch(pattern, constant.type, type);
        return { kind: "const", type: constant.type, constant };
      }
      case "var": {
        const variable = this.#scope.get(pattern.name);
        if (variable === undefined) {
          return {
            kind: "bind",
            variable: this.#bind(pattern.name, type ?? unknownType, pattern),
            sub: { kind: "wildcard" },
          };
        }
        const bound = this.#variables[variable]!;
        bound.uses++;
        if (type !== undefined && bound.type !== unknownType && bound.type !== type) {
          const message = `'${pattern.name}' is of type '${this.#typeName(bound.type)}', here is a value of type '${this.#typeName(type)}'`;
          this.#error("ISLE0207", pattern, message, { labels: [{ loc: bound.loc, message: "bound here" }] });
        }
        return { kind: "same", variable };
      }
      case "bind": {
        const sub = this.#pattern(pattern.sub, type);
        const earlier = this.#scope.get(pattern.name.name);
        if (earlier !== undefined) {
          const labels = [{ loc: this.#variables[earlier]!.loc, message: "first bound here" }];
          this.#error("ISLE0206", pattern.name, `'${pattern.name.name}' is bound twice`, { labels });
          return sub;
        }
        return {
          kind: "bind",
          variable: this.#bind(pattern.name.name, type ?? unknownType, pattern.name),
          sub,
        };
      }
      case "and":
        return { kind: "and", parts: pattern.parts.map((p) => this.#pattern(p, type)) };
      case "term":
        return this.#termPattern(pattern, type);
      case "hole":
        return badPattern;
    }
  }

  #termPattern(pattern: Ast.Pattern & { kind: "term" }, type: TypeId | undefined): Pattern {
    const term = this.#terms.find(pattern.name.name);
    if (term === undefined) {
      this.#error(
        "ISLE0208",
        pattern.name,
        `unknown term '${pattern.name.name}'${this.#terms.suggest(pattern.name.name)}`,
      );
      for (const arg of pattern.args) this.#pattern(arg, undefined);
      return badPattern;
    }
    if (type !== undefined && term.ret !== type) {
      const converter = this.#terms.converters.get(`${term.ret},${type}`);
      const key = `${term.ret},${type},${pattern.start},${pattern.end}`;
      if (converter?.extractorOf !== undefined && !this.#converting.has(key)) {
        this.#converting.add(key);
        const name = { name: converter.name, start: pattern.name.start, end: pattern.name.end };
        const wrapped = {
          kind: "term",
          name,
          args: [pattern],
          start: pattern.start,
          end: pattern.end,
        } as const;
        const result = this.#pattern(wrapped, type);
        this.#converting.delete(key);
        return result;
      }
      const message = `'${term.name}' matches values of type '${this.#typeName(term.ret)}', here is one of type '${this.#typeName(type)}'`;
      this.#error("ISLE0209", pattern.name, message, {
        labels: [{ loc: term.loc, message: "declared here" }],
        ...(converter === undefined || converter.extractorOf !== undefined
          ? {}
          : { help: `the converter '${converter.name}' has no extractor` }),
      });
    }
    const extractor = term.extractorOf;
    if (term.kind === "decl" && extractor === undefined) {
      this.#error("ISLE0210", pattern.name, `'${term.name}' has no extractor, so it cannot be matched`, {
        labels: [{ loc: term.loc, message: "declared here" }],
      });
      this.#patterns(term, pattern);
      return badPattern;
    }
    if (extractor?.kind === "macro") {
      this.#arity(term, pattern.name, pattern.args.length);
      return this.#pattern(fillHoles(extractor.template, pattern.args), term.ret);
    }
    if (term.multi && !this.#root.multi) {
      this.#error(
        "ISLE0224",
        pattern.name,
        `'${term.name}' is multi, but the rule's term '${this.#root.name}' is not`,
      );
    }
    return { kind: "term", type: term.ret, term, args: this.#patterns(term, pattern) };
  }

  #unknownConstant<T>(at: Loc & { name: string }, bad: T): T {
    const hint = suggestion(
      `$${at.name}`,
      [...this.#types.constants.keys()].map((c) => `$${c}`),
    );
    this.#error("ISLE0204", at, `unknown constant '$${at.name}'${hint}`);
    return bad;
  }

  #constantMismatch(at: Loc & { name: string }, found: TypeId, wanted: TypeId): void {
    const message = `'$${at.name}' is of type '${this.#typeName(found)}', here a '${this.#typeName(wanted)}' is needed`;
    this.#error("ISLE0205", at, message);
  }

  #takesIntegers(type: TypeId): boolean {
    const { kind } = this.#types.types[type]!;
    return (kind === "builtin" && type !== BOOL) || kind === "primitive";
  }

  /** The value as its type holds it: 255 and -1 are one u8. */
  #canonical(value: bigint, type: TypeId, loc: Loc): bigint {
    const t: Type = this.#types.types[type]!;
    if (t.kind !== "builtin") return value;
    const held = t.signed ? BigInt.asIntN(t.bits, value) : BigInt.asUintN(t.bits, value);
    const written = t.bits === 128 && !t.signed ? BigInt.asUintN(128, value) : value;
    if (held !== written)
      this.#error("ISLE0505", loc, `${written} is out of the range of '${t.name}': it is taken as ${held}`);
    return held;
  }

  /** Checks an expression; without `type` it has the type that it has. */
  #expr(
    expr: Ast.Expr,
    type: TypeId | undefined,
    effects: Effects,
  ): { expr: Expr; type: TypeId | undefined } {
    switch (expr.kind) {
      case "int":
        if (type === undefined) {
          this.#error(
            "ISLE0218",
            expr,
            "nothing says which type this integer has: use it as an argument or bind it with let",
          );
          return { expr: badExpr, type: undefined };
        }
        if (!this.#takesIntegers(type)) {
          this.#error("ISLE0202", expr, `an integer cannot be a value of type '${this.#typeName(type)}'`);
          return { expr: badExpr, type };
        }
        return { expr: { kind: "int", type, value: this.#canonical(expr.value, type, expr) }, type };
      case "bool":
        if (type !== undefined && type !== BOOL) {
          this.#error(
            "ISLE0203",
            expr,
            `'${expr.value}' is a bool, here a '${this.#typeName(type)}' is needed`,
          );
        }
        return { expr: { kind: "bool", value: expr.value }, type: type ?? BOOL };
      case "const": {
        const constant = this.#types.constants.get(expr.name);
        if (constant === undefined) return { expr: this.#unknownConstant(expr, badExpr), type };
        if (type !== undefined && constant.type !== type) this.#constantMismatch(expr, constant.type, type);
        return { expr: { kind: "const", type: constant.type, constant }, type: constant.type };
      }
      case "var":
        return this.#variable(expr, type, effects);
      case "let":
        return this.#let(expr, type, effects);
      case "term":
        return this.#termExpr(expr, type, effects);
    }
  }

  #variable(
    expr: Ast.Expr & { kind: "var" },
    type: TypeId | undefined,
    effects: Effects,
  ): { expr: Expr; type: TypeId | undefined } {
    const variable = this.#scope.get(expr.name);
    if (variable === undefined) {
      const isTerm = this.#terms.find(expr.name) !== undefined;
      const hint = isTerm
        ? `; '${expr.name}' is a term: write '(${expr.name})'`
        : suggestion(expr.name, this.#scope.keys());
      this.#error("ISLE0216", expr, `unknown variable '${expr.name}'${hint}`);
      return { expr: badExpr, type };
    }
    const bound = this.#variables[variable]!;
    bound.uses++;
    if (type !== undefined && bound.type !== unknownType && bound.type !== type) {
      const converter = this.#terms.converters.get(`${bound.type},${type}`);
      const converted = this.#converted(expr, bound.type, converter, type, effects);
      if (converted !== undefined) return converted;
      const message = `'${expr.name}' is of type '${this.#typeName(bound.type)}', here a '${this.#typeName(type)}' is needed`;
      this.#error("ISLE0217", expr, message, {
        labels: [{ loc: bound.loc, message: "bound here" }],
        ...(converter === undefined || converter.constructorOf !== undefined
          ? {}
          : { help: `the converter '${converter.name}' has no constructor` }),
      });
    }
    return { expr: { kind: "var", variable }, type: bound.type === unknownType ? undefined : bound.type };
  }

  #converted(
    expr: Ast.Expr,
    from: TypeId,
    converter: Term | undefined,
    type: TypeId,
    effects: Effects,
  ): { expr: Expr; type: TypeId | undefined } | undefined {
    const key = `${from},${type},${expr.start},${expr.end}`;
    if (converter?.constructorOf === undefined || this.#converting.has(key)) return undefined;
    this.#converting.add(key);
    const name = { name: converter.name, start: expr.start, end: expr.end };
    const wrapped = { kind: "term", name, args: [expr], start: expr.start, end: expr.end } as const;
    const result = this.#expr(wrapped, type, effects);
    this.#converting.delete(key);
    return result;
  }

  #let(
    expr: Ast.Expr & { kind: "let" },
    type: TypeId | undefined,
    effects: Effects,
  ): { expr: Expr; type: TypeId | undefined } {
    const outer = new Map(this.#scope);
    const bindings: { variable: number; value: Expr }[] = [];
    for (const binding of expr.bindings) {
      const wanted = this.#types.expect(binding.type, "ISLE0219");
      const value = this.#expr(binding.value, wanted, effects).expr;
      bindings.push({ variable: this.#bind(binding.name.name, wanted ?? unknownType, binding.name), value });
    }
    const body = this.#expr(expr.body, type, effects);
    this.#scope = outer;
    return { expr: { kind: "let", bindings, body: body.expr }, type: body.type };
  }

  #termExpr(
    expr: Ast.Expr & { kind: "term" },
    type: TypeId | undefined,
    effects: Effects,
  ): { expr: Expr; type: TypeId | undefined } {
    const { name } = expr.name;
    const term = this.#terms.find(name);
    if (term === undefined) {
      const isVariable = this.#scope.has(name) && expr.args.length === 0;
      const hint = isVariable ? "" : this.#terms.suggest(name);
      const help = isVariable ? { help: `'${name}' is a variable: write it without the parentheses` } : {};
      this.#error("ISLE0211", expr.name, `unknown term '${name}'${hint}`, help);
      return { expr: badExpr, type };
    }
    if (type !== undefined && term.ret !== type) {
      const converter = this.#terms.converters.get(`${term.ret},${type}`);
      const converted = this.#converted(expr, term.ret, converter, type, effects);
      if (converted !== undefined) return converted;
      const message = `'${name}' makes a '${this.#typeName(term.ret)}', here a '${this.#typeName(type)}' is needed`;
      this.#error("ISLE0212", expr.name, message, {
        labels: [{ loc: term.loc, message: "declared here" }],
        ...(converter === undefined || converter.constructorOf !== undefined
          ? {}
          : { help: `the converter '${converter.name}' has no constructor` }),
      });
    }
    if (term.kind === "decl") this.#checkEffects(term, expr.name, effects);
    this.#arity(term, expr.name, expr.args.length);
    const n = Math.min(term.args.length, expr.args.length);
    const args = expr.args.slice(0, n).map((arg, k) => this.#expr(arg, term.args[k]!, effects).expr);
    return { expr: { kind: "term", term, args }, type: term.ret };
  }

  #checkEffects(term: Term, loc: Loc, effects: Effects): void {
    const declared = { labels: [{ loc: term.loc, message: "declared here" }] };
    if (term.constructorOf === undefined) {
      this.#error(
        "ISLE0223",
        loc,
        `'${term.name}' has no constructor, so it cannot be used in an expression`,
        declared,
      );
      return;
    }
    if (effects.pure && !term.pure) {
      const place = this.#root.pure ? `a rule of the pure term '${this.#root.name}'` : "an if or if-let";
      this.#error("ISLE0213", loc, `'${term.name}' is not pure, so it cannot be used in ${place}`, declared);
    }
    if (term.multi && !this.#root.multi) {
      this.#error(
        "ISLE0214",
        loc,
        `'${term.name}' is multi, but the rule's term '${this.#root.name}' is not`,
        declared,
      );
    }
    if (term.partial && !effects.partial) {
      const help = this.#root.multi
        ? "a multi term cannot be partial: move the call into an if-let"
        : `declare '${this.#root.name}' partial or move the call into an if-let`;
      this.#error("ISLE0215", loc, `'${term.name}' is partial, but '${this.#root.name}' is not`, {
        ...declared,
        help,
      });
    }
  }
}

function count(n: number, what: string): string {
  return `${n} ${what}${n === 1 ? "" : "s"}`;
}

/** The template of an extractor with the caller's patterns in its holes. */
function fillHoles(pattern: Ast.Pattern, args: readonly Ast.Pattern[]): Ast.Pattern {
  switch (pattern.kind) {
    case "hole":
      return args[pattern.index] ?? { kind: "wildcard", start: pattern.start, end: pattern.end };
    case "bind":
      return { ...pattern, sub: fillHoles(pattern.sub, args) };
    case "and":
      return { ...pattern, parts: pattern.parts.map((p) => fillHoles(p, args)) };
    case "term":
      return { ...pattern, args: pattern.args.map((p) => fillHoles(p, args)) };
    default:
      return pattern;
  }
}
