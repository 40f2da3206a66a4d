/*
 * Two slow evaluators of rules, as oracles: one walks the match trees, the other tries the rules one by one as they are
 * written. Generated code must agree with both.
 */
import { bug } from "@gantry/diag";
import type { Constant, Expr, Pattern, Program, Rule, Term, TypeId } from "../sema/model.ts";
import { type Constraint, inputsOf, type RuleSet, type ValueId } from "./rule-set.ts";
import type { Block } from "./tree.ts";

/** A value of an enum or struct. */
export interface Data {
  readonly type: TypeId;
  readonly variant: number;
  readonly fields: readonly Datum[];
}

export type Datum = number | bigint | boolean | string | Data;

/** The host: every function gives all results that it has, none for "nothing". */
export interface Externs {
  construct(term: Term, args: readonly Datum[]): readonly Datum[];
  extract(term: Term, input: Datum): readonly (readonly Datum[])[];
  constant(constant: Constant): Datum;
  /** Takes an extern value of an enum or struct apart. */
  open?(value: Datum, type: TypeId): Data;
}

/** No rule of a term that is not partial matched. */
export class NoRule extends Error {
  readonly term: Term;

  constructor(term: Term) {
    super(`no rule of '${term.name}' matched`);
    this.term = term;
  }
}

export function sameDatum(a: Datum, b: Datum): boolean {
  if (typeof a !== "object" || typeof b !== "object") return a === b;
  return a.type === b.type && a.variant === b.variant && a.fields.every((f, k) => sameDatum(f, b.fields[k]!));
}

/** An integer literal as a value of its type. */
export function integerDatum(program: Program, value: bigint, type: TypeId): Datum {
  const t = program.types[type]!;
  if (t.kind === "builtin" && t.bits >= 64 && t.name !== "usize" && t.name !== "isize") {
    return t.signed ? value : BigInt.asUintN(t.bits, value);
  }
  return Number(value);
}

abstract class Evaluator {
  protected readonly program: Program;
  protected readonly externs: Externs;

  constructor(program: Program, externs: Externs) {
    this.program = program;
    this.externs = externs;
  }

  /** All results of a term with rules. */
  abstract call(term: Term, args: readonly Datum[]): Datum[];

  protected construct(term: Term, args: readonly Datum[]): readonly Datum[] {
    if (term.kind !== "decl") return [{ type: term.ret, variant: term.variant, fields: args }];
    return term.constructorOf?.kind === "rules" ? this.call(term, args) : this.externs.construct(term, args);
  }

  protected open(value: Datum, type: TypeId): Data {
    if (typeof value === "object") return value;
    return this.externs.open?.(value, type) ?? bug("isle evaluator", "a value of an enum is not data");
  }
}

/** Walks match trees. */
export class TreeEvaluator extends Evaluator {
  readonly #trees = new Map<Term, { set: RuleSet; tree: Block }>();

  constructor(
    program: Program,
    trees: readonly { readonly set: RuleSet; readonly tree: Block }[],
    externs: Externs,
  ) {
    super(program, externs);
    for (const { set, tree } of trees) this.#trees.set(set.term, { set, tree });
  }

  call(term: Term, args: readonly Datum[]): Datum[] {
    const { set, tree } = this.#trees.get(term)!;
    const results: Datum[] = [];
    const values: (Datum | readonly Datum[] | undefined)[] = [];
    const done = this.#block(tree, set, args, values, results);
    if (!term.multi && !term.partial && !done) throw new NoRule(term);
    return results;
  }

  /** Returns whether the term has returned. A call's value is its list of results, or its tuple. */
  #block(
    block: Block,
    set: RuleSet,
    args: readonly Datum[],
    values: (Datum | readonly Datum[] | undefined)[],
    results: Datum[],
  ): boolean {
    const inner = (body: Block): boolean => this.#block(body, set, args, values, results);
    for (const { bind, control } of block.steps) {
      for (const id of bind) if (!this.#bind(id, set, args, values)) return true;
      switch (control.kind) {
        case "return": {
          const result = set.values[control.result]!;
          results.push(
            this.#value(result.kind === "make-some" ? result.inner : control.result, set, args, values),
          );
          if (!set.term.multi) return true;
          break;
        }
        case "equal":
          if (
            sameDatum(this.#value(control.a, set, args, values), this.#value(control.b, set, args, values)) &&
            inner(control.body)
          ) {
            return true;
          }
          break;
        case "loop":
          for (const item of values[control.call] as readonly (Datum | readonly Datum[])[]) {
            values[control.iterator] = item as Datum;
            if (inner(control.body)) return true;
          }
          break;
        case "match":
          for (const arm of control.arms) {
            if (!this.#enter(control.value, arm.constraint, arm.fields, set, args, values)) continue;
            if (inner(arm.body)) return true;
            break;
          }
      }
    }
    return false;
  }

  #enter(
    id: ValueId,
    constraint: Constraint,
    fields: readonly ValueId[],
    set: RuleSet,
    args: readonly Datum[],
    values: (Datum | readonly Datum[] | undefined)[],
  ): boolean {
    if (constraint.kind === "some") {
      const results = values[id] as readonly Datum[];
      if (results.length === 0) return false;
      if (fields[0]! >= 0) values[fields[0]!] = results[0]!;
      return true;
    }
    const value = this.#value(id, set, args, values);
    switch (constraint.kind) {
      case "bool":
        return value === constraint.value;
      case "int":
        return value === integerDatum(this.program, constraint.value, constraint.type);
      case "prim":
        return sameDatum(value, this.externs.constant(constraint.constant));
      default: {
        const data = this.open(value, constraint.type);
        if (constraint.kind === "variant" && data.variant !== constraint.variant) return false;
        for (const [k, field] of fields.entries()) if (field >= 0) values[field] = data.fields[k]!;
        return true;
      }
    }
  }

  /** Computes a value that is to be bound; false if a result has turned out to be nothing. */
  #bind(
    id: ValueId,
    set: RuleSet,
    args: readonly Datum[],
    values: (Datum | readonly Datum[] | undefined)[],
  ): boolean {
    const value = set.values[id]!;
    if (value.kind === "match-some") {
      const results = values[value.source] as readonly Datum[];
      if (results.length === 0) return false;
      values[id] = results[0]!;
    } else if (value.kind === "constructor") {
      const inputs = inputsOf(value).map((input) => this.#value(input, set, args, values));
      const results = this.construct(value.term, inputs);
      values[id] = value.term.multi || value.term.partial ? results : results[0]!;
    } else if (value.kind === "extractor") {
      const results = this.externs.extract(value.term, this.#value(value.input, set, args, values));
      const single = value.term.args.length === 1;
      const items = results.map((r) => (single ? r[0]! : r)) as Datum[];
      const infallible = value.term.extractorOf?.kind === "extern" && value.term.extractorOf.infallible;
      values[id] = value.term.multi || !infallible ? items : items[0]!;
    }
    return true;
  }

  #value(
    id: ValueId,
    set: RuleSet,
    args: readonly Datum[],
    values: (Datum | readonly Datum[] | undefined)[],
  ): Datum {
    const value = set.values[id]!;
    switch (value.kind) {
      case "const-bool":
        return value.value;
      case "const-int":
        return integerDatum(this.program, value.value, value.type);
      case "const-prim":
        return this.externs.constant(value.constant);
      case "argument":
        return args[value.index]!;
      case "make-variant":
      case "make-struct": {
        const fields = value.inputs.map((input) => this.#value(input, set, args, values));
        return { type: value.type, variant: value.kind === "make-variant" ? value.variant : 0, fields };
      }
      case "match-tuple":
        return (values[value.source] as readonly Datum[])[value.field]!;
      case "make-some":
        return this.#value(value.inner, set, args, values);
      default:
        return values[id] as Datum;
    }
  }
}

/** What a variable stands for: a value, or one that is computed when first needed. Undefined says that it has none. */
type Lazy = () => Datum | undefined;

/** Tries the rules as they are written, those of higher priority first. */
export class RuleEvaluator extends Evaluator {
  readonly #rules = new Map<Term, Rule[]>();

  constructor(program: Program, externs: Externs) {
    super(program, externs);
    for (const rule of program.rules) {
      const list = this.#rules.get(rule.root);
      if (list === undefined) this.#rules.set(rule.root, [rule]);
      else list.push(rule);
    }
    for (const list of this.#rules.values()) {
      list.sort((a, b) => (a.priority === b.priority ? a.id - b.id : a.priority > b.priority ? -1 : 1));
    }
  }

  call(term: Term, args: readonly Datum[]): Datum[] {
    const results: Datum[] = [];
    for (const rule of this.#rules.get(term) ?? []) {
      let matched = false;
      this.#matchAll(rule.args, args, 0, new Map(), (variables) =>
        this.#clauses(rule, 0, variables, (bound) => {
          matched = true;
          for (const result of this.#results(rule, bound)) results.push(result);
          return !term.multi;
        }),
      );
      if (matched && !term.multi) return results;
    }
    if (!term.multi && !term.partial) throw new NoRule(term);
    return results;
  }

  #clauses(
    rule: Rule,
    index: number,
    variables: Map<number, Datum>,
    found: (variables: Map<number, Datum>) => boolean,
  ): boolean {
    const clause = rule.clauses[index];
    if (clause === undefined) return found(variables);
    for (const value of this.#all(clause.expr, variables)) {
      if (this.#match(clause.pattern, value, variables, (v) => this.#clauses(rule, index + 1, v, found)))
        return true;
    }
    return false;
  }

  /** Every value of a pure expression. */
  #all(expr: Expr, variables: Map<number, Datum>): readonly Datum[] {
    switch (expr.kind) {
      case "var":
        return [variables.get(expr.variable)!];
      case "bool":
        return [expr.value];
      case "int":
        return [integerDatum(this.program, expr.value, expr.type)];
      case "const":
        return [this.externs.constant(expr.constant)];
      case "let": {
        let scopes = [variables];
        for (const [k, binding] of expr.bindings.entries()) {
          // What nothing needs is not computed, so its failure is lost; but a multi call is drawn from all the same.
          const rest = [...expr.bindings.slice(k + 1).map((b) => b.value), expr.body];
          if (!isMulti(binding.value) && !rest.some((e) => mentions(e, binding.variable))) continue;
          scopes = scopes.flatMap((s) =>
            this.#all(binding.value, s).map((v) => new Map(s).set(binding.variable, v)),
          );
        }
        return scopes.flatMap((s) => this.#all(expr.body, s));
      }
      case "term": {
        let tuples: Datum[][] = [[]];
        for (const arg of expr.args) {
          const values = this.#all(arg, variables);
          tuples = tuples.flatMap((t) => values.map((v) => [...t, v]));
        }
        return tuples.flatMap((t) => this.construct(expr.term, t));
      }
    }
  }

  #results(rule: Rule, variables: Map<number, Datum>): readonly Datum[] {
    if (rule.root.multi) return this.#all(rule.result, variables);
    // Impure calls happen in the order of the text; pure ones when something needs them, so maybe never.
    const scope = new Map<number, Lazy>();
    for (const [variable, value] of variables) scope.set(variable, () => value);
    const failed = { yes: false };
    const value = this.#lazy(rule.result, scope, failed);
    const result = failed.yes ? undefined : value();
    return result === undefined ? [] : [result];
  }

  #lazy(expr: Expr, scope: Map<number, Lazy>, failed: { yes: boolean }): Lazy {
    switch (expr.kind) {
      case "var":
        return scope.get(expr.variable)!;
      case "let":
        for (const binding of expr.bindings)
          scope.set(binding.variable, this.#lazy(binding.value, scope, failed));
        return this.#lazy(expr.body, scope, failed);
      case "term": {
        const args = expr.args.map((arg) => this.#lazy(arg, scope, failed));
        const run = (): Datum | undefined => {
          const values: Datum[] = [];
          for (const arg of args) {
            const value = arg();
            if (value === undefined) return undefined;
            values.push(value);
          }
          return this.construct(expr.term, values)[0];
        };
        if (expr.term.pure) return once(run);
        const result = failed.yes ? undefined : run();
        if (result === undefined) failed.yes = true;
        return () => result;
      }
      default: {
        const value = this.#all(expr, new Map())[0];
        return () => value;
      }
    }
  }

  #matchAll(
    patterns: readonly Pattern[],
    values: readonly Datum[],
    index: number,
    variables: Map<number, Datum>,
    found: (variables: Map<number, Datum>) => boolean,
  ): boolean {
    if (index === patterns.length) return found(variables);
    return this.#match(patterns[index]!, values[index]!, variables, (v) =>
      this.#matchAll(patterns, values, index + 1, v, found),
    );
  }

  /** Calls `found` for each way to match until it returns true; returns whether it did. */
  #match(
    pattern: Pattern,
    value: Datum,
    variables: Map<number, Datum>,
    found: (variables: Map<number, Datum>) => boolean,
  ): boolean {
    switch (pattern.kind) {
      case "wildcard":
        return found(variables);
      case "bind":
        return this.#match(pattern.sub, value, new Map(variables).set(pattern.variable, value), found);
      case "same":
        return sameDatum(variables.get(pattern.variable)!, value) && found(variables);
      case "bool":
        return value === pattern.value && found(variables);
      case "int":
        return value === integerDatum(this.program, pattern.value, pattern.type) && found(variables);
      case "const":
        return sameDatum(value, this.externs.constant(pattern.constant)) && found(variables);
      case "and": {
        const all = pattern.parts.map(() => value);
        return this.#matchAll(pattern.parts, all, 0, variables, found);
      }
      case "term": {
        const { term, args } = pattern;
        if (term.kind !== "decl") {
          const data = this.open(value, term.ret);
          return data.variant === term.variant && this.#matchAll(args, data.fields, 0, variables, found);
        }
        for (const outputs of this.externs.extract(term, value)) {
          if (this.#matchAll(args, outputs, 0, variables, found)) return true;
        }
        return false;
      }
    }
  }
}

function mentions(expr: Expr, variable: number): boolean {
  switch (expr.kind) {
    case "var":
      return expr.variable === variable;
    case "let":
      return mentions(expr.body, variable) || expr.bindings.some((b) => mentions(b.value, variable));
    case "term":
      return expr.args.some((arg) => mentions(arg, variable));
    default:
      return false;
  }
}

function isMulti(expr: Expr): boolean {
  if (expr.kind === "let") return isMulti(expr.body) || expr.bindings.some((b) => isMulti(b.value));
  return expr.kind === "term" && (expr.term.multi || expr.args.some(isMulti));
}

function once(run: Lazy): Lazy {
  let done = false;
  let value: Datum | undefined;
  return () => {
    if (!done) value = run();
    done = true;
    return value;
  };
}
