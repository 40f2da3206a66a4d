import type { Constant, Expr, Pattern, Program, Rule, Term, TypeId } from "../sema/model.ts";
import type { Reports } from "../sources.ts";

/** Number of a value in its rule set. A value's inputs have smaller numbers. */
export type ValueId = number;

/**
 * A value that matching or building may compute. Equal values are one value for all rules of the term:
 * that is all the sharing there is.
 */
export type Value =
  | { readonly kind: "const-bool"; readonly value: boolean; readonly type: TypeId }
  | { readonly kind: "const-int"; readonly value: bigint; readonly type: TypeId }
  | { readonly kind: "const-prim"; readonly constant: Constant }
  | { readonly kind: "argument"; readonly index: number }
  | { readonly kind: "extractor"; readonly term: Term; readonly input: ValueId }
  | {
      readonly kind: "constructor";
      readonly term: Term;
      readonly inputs: readonly ValueId[];
      readonly instance: number;
    }
  | { readonly kind: "iterator"; readonly source: ValueId }
  | {
      readonly kind: "make-variant";
      readonly type: TypeId;
      readonly variant: number;
      readonly inputs: readonly ValueId[];
    }
  | { readonly kind: "make-struct"; readonly type: TypeId; readonly inputs: readonly ValueId[] }
  | {
      readonly kind: "match-variant";
      readonly source: ValueId;
      readonly variant: number;
      readonly field: number;
    }
  | { readonly kind: "extract-struct"; readonly source: ValueId; readonly field: number }
  | { readonly kind: "make-some"; readonly inner: ValueId }
  | { readonly kind: "match-some"; readonly source: ValueId }
  | { readonly kind: "match-tuple"; readonly source: ValueId; readonly field: number };

/** What a rule demands of one value. */
export type Constraint =
  | { readonly kind: "variant"; readonly type: TypeId; readonly variant: number; readonly arity: number }
  | { readonly kind: "struct"; readonly type: TypeId; readonly arity: number }
  | { readonly kind: "bool"; readonly value: boolean; readonly type: TypeId }
  | { readonly kind: "int"; readonly value: bigint; readonly type: TypeId }
  | { readonly kind: "prim"; readonly constant: Constant }
  | { readonly kind: "some" };

/** A rule of a rule set: a conjunction of tests, and what to do when they hold. */
export interface SetRule {
  readonly rule: Rule;
  readonly constraints: Map<ValueId, Constraint>;
  /** Disjoint classes of at least two values each, ascending. */
  equalities: ValueId[][];
  readonly iterators: Set<ValueId>;
  readonly impure: ValueId[];
  result: ValueId;
  /** The value of each of the rule's variables. */
  readonly variables: readonly ValueId[];
}

/** All rules of one term over their shared values. */
export interface RuleSet {
  readonly term: Term;
  readonly values: Value[];
  readonly rules: SetRule[];
}

/** Most values of one term, and most fields of one thing, that the numbering has room for. */
const maxValues = 65535;

/** Most tests of one rule: they become blocks inside one another. Cranelift's rules have up to 60. */
const maxTests = 500;

export function inputsOf(value: Value): readonly ValueId[] {
  switch (value.kind) {
    case "extractor":
      return [value.input];
    case "constructor":
    case "make-variant":
    case "make-struct":
      return value.inputs;
    case "iterator":
    case "match-variant":
    case "extract-struct":
    case "match-some":
    case "match-tuple":
      return [value.source];
    case "make-some":
      return [value.inner];
    default:
      return [];
  }
}

export function sameConstraint(a: Constraint, b: Constraint): boolean {
  switch (a.kind) {
    case "variant":
      return b.kind === "variant" && a.type === b.type && a.variant === b.variant;
    case "struct":
      return b.kind === "struct" && a.type === b.type;
    case "bool":
      return b.kind === "bool" && a.value === b.value;
    case "int":
      return b.kind === "int" && a.value === b.value && a.type === b.type;
    case "prim":
      return b.kind === "prim" && a.constant === b.constant;
    case "some":
      return b.kind === "some";
  }
}

/** Makes the rule set of every term that has rules, in the order of the terms' numbers. Impossible rules are reported. */
export function buildRuleSets(program: Program, reports: Reports): RuleSet[] {
  const builders = new Map<Term, RuleSetBuilder>();
  for (const rule of program.rules) {
    let builder = builders.get(rule.root);
    if (builder === undefined) builders.set(rule.root, (builder = new RuleSetBuilder(rule.root, reports)));
    builder.add(rule);
  }
  const sets: RuleSet[] = [];
  for (const term of program.terms) {
    const builder = builders.get(term);
    if (builder === undefined) continue;
    if (builder.set.values.length > maxValues) {
      reports.report(
        "ISLE0305",
        term.loc,
        `the rules of '${term.name}' need ${builder.set.values.length} values, at most ${maxValues} are possible`,
      );
    }
    sets.push(builder.set);
  }
  return sets;
}

class RuleSetBuilder {
  readonly set: RuleSet;
  readonly #reports: Reports;
  readonly #numbers = new Map<string, ValueId>();
  #rule!: SetRule;
  #classes = new Map<ValueId, ValueId[]>();
  #variables: ValueId[] = [];
  #impureCount = 0;
  #conflict = false;

  constructor(term: Term, reports: Reports) {
    this.set = { term, values: [], rules: [] };
    this.#reports = reports;
  }

  add(rule: Rule): void {
    this.#variables = [];
    this.#rule = {
      rule,
      constraints: new Map(),
      equalities: [],
      iterators: new Set(),
      impure: [],
      result: -1,
      variables: this.#variables,
    };
    this.#classes = new Map();
    this.#impureCount = 0;
    this.#conflict = false;
    for (const [index, pattern] of rule.args.entries()) this.#walk(pattern, this.#argument(index));
    for (const clause of rule.clauses) {
      const value = this.#build(clause.expr);
      this.#demandResults(value);
      this.#walk(clause.pattern, value);
    }
    const result = this.#build(rule.result);
    this.#rule.result = rule.root.partial
      ? this.#intern(`s${result}`, { kind: "make-some", inner: result })
      : result;
    this.#normalise();
    if (this.#conflict) {
      this.#reports.report(
        "ISLE0301",
        rule.loc,
        `this rule of '${rule.root.name}' can never match: it asks two different things of one value`,
      );
      return;
    }
    const tests = this.#rule.constraints.size + this.#classes.size + this.#rule.iterators.size;
    if (tests > maxTests) {
      const message = `this rule of '${rule.root.name}' asks ${tests} questions, at most ${maxTests} are possible`;
      this.#reports.report("ISLE0305", rule.loc, message);
      return;
    }
    const seen = new Set<ValueId[]>(this.#classes.values());
    this.#rule.equalities = [...seen].map((c) => c.toSorted((a, b) => a - b)).sort((a, b) => a[0]! - b[0]!);
    this.set.rules.push(this.#rule);
  }

  #intern(key: string, value: Value): ValueId {
    let id = this.#numbers.get(key);
    if (id === undefined) {
      id = this.set.values.length;
      this.set.values.push(value);
      this.#numbers.set(key, id);
    }
    return id;
  }

  #argument(index: number): ValueId {
    return this.#intern(`a${index}`, { kind: "argument", index });
  }

  #matchSome(source: ValueId): ValueId {
    return this.#intern(`?${source}`, { kind: "match-some", source });
  }

  #iterator(source: ValueId): ValueId {
    this.#rule.iterators.add(source);
    return this.#intern(`i${source}`, { kind: "iterator", source });
  }

  #walk(pattern: Pattern, value: ValueId): void {
    switch (pattern.kind) {
      case "wildcard":
        return;
      case "bind":
        this.#variables[pattern.variable] = value;
        this.#walk(pattern.sub, value);
        return;
      case "same":
        this.#equate(this.#variables[pattern.variable]!, value);
        return;
      case "bool":
        this.#constrain(value, { kind: "bool", value: pattern.value, type: 0 });
        return;
      case "int":
        this.#constrain(value, { kind: "int", value: pattern.value, type: pattern.type });
        return;
      case "const":
        this.#constrain(value, { kind: "prim", constant: pattern.constant });
        return;
      case "and":
        for (const part of pattern.parts) this.#walk(part, value);
        return;
      case "term":
        this.#walkTerm(pattern, value);
    }
  }

  #walkTerm(pattern: Pattern & { kind: "term" }, value: ValueId): void {
    const { term, args } = pattern;
    if (term.kind !== "decl") {
      const arity = term.args.length;
      const fields = this.#constrain(
        value,
        term.kind === "variant"
          ? { kind: "variant", type: term.ret, variant: term.variant, arity }
          : { kind: "struct", type: term.ret, arity },
      );
      for (const [k, arg] of args.entries()) this.#walk(arg, fields[k]!);
      return;
    }
    const extractor = term.extractorOf;
    const call = this.#intern(`e${term.id}:${value}`, { kind: "extractor", term, input: value });
    let output = call;
    if (term.multi) output = this.#iterator(call);
    else if (extractor?.kind === "extern" && !extractor.infallible)
      output = this.#constrain(call, { kind: "some" })[0]!;
    if (args.length === 1) this.#walk(args[0]!, output);
    else if (args.length > 1) {
      // All components exist before any sub-pattern is looked at: the numbering depends on it.
      const parts = args.map((_, field) =>
        this.#intern(`t${output}.${field}`, { kind: "match-tuple", source: output, field }),
      );
      for (const [k, arg] of args.entries()) this.#walk(arg, parts[k]!);
    }
  }

  /** Values of the things that `constraint` says `value` contains. */
  #fieldsOf(value: ValueId, constraint: Constraint): ValueId[] {
    const fields: ValueId[] = [];
    if (constraint.kind === "some") fields.push(this.#matchSome(value));
    else if (constraint.kind === "variant") {
      const { variant } = constraint;
      for (let field = 0; field < constraint.arity; field++) {
        fields.push(
          this.#intern(`v${value}.${variant}.${field}`, {
            kind: "match-variant",
            source: value,
            variant,
            field,
          }),
        );
      }
    } else if (constraint.kind === "struct") {
      for (let field = 0; field < constraint.arity; field++) {
        fields.push(this.#intern(`f${value}.${field}`, { kind: "extract-struct", source: value, field }));
      }
    }
    return fields;
  }

  #constrain(value: ValueId, constraint: Constraint): ValueId[] {
    const fields = this.#fieldsOf(value, constraint);
    const earlier = this.#rule.constraints.get(value);
    if (earlier === undefined) this.#rule.constraints.set(value, constraint);
    else if (!sameConstraint(earlier, constraint)) this.#conflict = true;
    return fields;
  }

  #equate(a: ValueId, b: ValueId): void {
    if (a === b) return;
    const ofA = this.#classes.get(a) ?? [a];
    const ofB = this.#classes.get(b) ?? [b];
    if (ofA === ofB) return;
    const merged = [...ofA, ...ofB];
    for (const value of merged) this.#classes.set(value, merged);
  }

  /** A partial call in a clause makes its success part of the match. */
  #demandResults(value: ValueId): void {
    const visited = new Set<ValueId>();
    const visit = (id: ValueId): void => {
      if (visited.has(id)) return;
      visited.add(id);
      const v = this.set.values[id]!;
      if (v.kind === "match-some") this.#constrain(v.source, { kind: "some" });
      for (const input of inputsOf(v)) visit(input);
    };
    visit(value);
  }

  #build(expr: Expr): ValueId {
    switch (expr.kind) {
      case "var":
        return this.#variables[expr.variable]!;
      case "bool":
        return this.#intern(`b${expr.value}`, { kind: "const-bool", value: expr.value, type: 0 });
      case "int":
        return this.#intern(`n${expr.type}:${expr.value}`, {
          kind: "const-int",
          value: expr.value,
          type: expr.type,
        });
      case "const":
        return this.#intern(`p${expr.constant.symbol}`, { kind: "const-prim", constant: expr.constant });
      case "let":
        for (const binding of expr.bindings) this.#variables[binding.variable] = this.#build(binding.value);
        return this.#build(expr.body);
      case "term":
        return this.#buildTerm(
          expr.term,
          expr.args.map((arg) => this.#build(arg)),
        );
    }
  }

  #buildTerm(term: Term, inputs: ValueId[]): ValueId {
    if (term.kind === "variant") {
      const { ret: type, variant } = term;
      return this.#intern(`V${type}.${variant}:${inputs.join()}`, {
        kind: "make-variant",
        type,
        variant,
        inputs,
      });
    }
    if (term.kind === "struct") {
      return this.#intern(`S${term.ret}:${inputs.join()}`, { kind: "make-struct", type: term.ret, inputs });
    }
    const instance = term.pure ? 0 : ++this.#impureCount;
    const call = this.#intern(`c${term.id}#${instance}:${inputs.join()}`, {
      kind: "constructor",
      term,
      inputs,
      instance,
    });
    const value = term.multi ? this.#iterator(call) : term.partial ? this.#matchSome(call) : call;
    if (!term.pure) this.#rule.impure.push(value);
    return value;
  }

  /**
   * A value with a constraint leaves its equality class: the constraint goes to every member, and fields of the members
   * become equal instead. Goes by increasing number, so the numbering of new fields is a function of the rule.
   */
  #normalise(): void {
    const pending = [...this.#rule.constraints.keys()].sort((a, b) => a - b);
    while (pending.length > 0) {
      const value = pending.shift()!;
      const members = this.#classes.get(value);
      if (members === undefined) continue;
      const constraint = this.#rule.constraints.get(value)!;
      for (const member of members) this.#classes.delete(member);
      const ordered = members.toSorted((a, b) => a - b);
      const first = this.#constrain(ordered[0]!, constraint);
      for (const member of ordered.slice(1)) {
        const fields = this.#constrain(member, constraint);
        for (const [k, field] of fields.entries()) this.#equate(first[k]!, field);
      }
      const affected = new Set<ValueId>();
      for (const field of first)
        for (const m of this.#classes.get(field) ?? []) if (this.#rule.constraints.has(m)) affected.add(m);
      for (const m of affected) if (!pending.includes(m)) pending.push(m);
      pending.sort((a, b) => a - b);
    }
  }
}
