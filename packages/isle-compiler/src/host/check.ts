import type { Constant, Expr, Pattern, Program, Term, Type, TypeId } from "../sema/model.ts";
import type { Loc, Reports } from "../sources.ts";
import { suggestion } from "../syntax/parser.ts";
import type { RuleSet } from "../tree/rule-set.ts";
import type { HostClass, HostMethod, HostType, Rep } from "./model.ts";

/** Is every variant without fields? Then a value is the variant's number. */
export function isUnitEnum(type: Type): boolean {
  return type.kind === "enum" && type.variants.every((v) => v.fields.length === 0);
}

/** Does ISLE own the type and keep its values as records in the arena? */
export function isRecord(type: Type): boolean {
  return (
    (type.kind === "enum" && !type.isExtern && !isUnitEnum(type)) ||
    (type.kind === "struct" && !type.isExtern)
  );
}

/** The representation that a type has if no host says otherwise. */
export function defaultRep(type: Type): Rep {
  if (type.kind !== "builtin") return "int";
  if (type.name === "bool") return "bool";
  if (type.name === "usize") return "int";
  if (type.name === "isize") return "raw";
  if (type.bits >= 64) return "bigint";
  return type.signed || type.bits === 32 ? "raw" : "int";
}

/** What every type is in TypeScript. */
export type Reps = readonly Rep[];

/** Where a term touches the host. */
export interface HostUse {
  readonly term: Term;
  readonly side: "constructor" | "extractor";
  readonly func: string;
  readonly loc: Loc;
}

/** Every extern of the unit, in order of terms, extractor first. */
export function hostUses(program: Program): HostUse[] {
  const uses: HostUse[] = [];
  for (const term of program.terms) {
    const { extractorOf, constructorOf } = term;
    if (extractorOf?.kind === "extern")
      uses.push({ term, side: "extractor", func: extractorOf.func, loc: extractorOf.loc });
    if (constructorOf?.kind === "extern")
      uses.push({ term, side: "constructor", func: constructorOf.func, loc: constructorOf.loc });
  }
  return uses;
}

/**
 * Compares the externs with the methods of the host class and derives each type's representation from them.
 * A type that no extern touches has its default.
 */
export function checkHost(program: Program, host: HostClass, reports: Reports): Reps {
  return new HostChecker(program, host, reports).check();
}

/** Every constant that rules use needs a value: one of `values`, or a property of the host. */
export function checkConstants(
  sets: readonly RuleSet[],
  host: HostClass,
  values: Readonly<Record<string, unknown>>,
  reports: Reports,
): void {
  const used = new Set<Constant>();
  for (const set of sets) {
    for (const value of set.values) if (value.kind === "const-prim") used.add(value.constant);
    for (const { constraints } of set.rules) {
      for (const constraint of constraints.values())
        if (constraint.kind === "prim") used.add(constraint.constant);
    }
  }
  for (const { name, loc } of used) {
    if (name in values || host.literals.has(name) || host.properties.has(name)) continue;
    reports.report(
      "ISLE0406",
      loc,
      `constant '$${name}' has no value: class '${host.name}' has no property '${name}'`,
      {
        places: [{ span: host.place, message: "the host class" }],
      },
    );
  }
}

/** Reports literals that are not what a JavaScript number holds exactly. */
export function checkLiterals(program: Program, reps: Reps, reports: Reports): void {
  for (const rule of program.rules) {
    const check = (type: TypeId, value: bigint): void => {
      if (!isNumber(reps[type]!) || BigInt.asIntN(54, value) === value) return;
      const message = `${value} is not held exactly: values of '${program.types[type]!.name}' are numbers, which end at 2^53`;
      reports.report("ISLE0225", rule.loc, message);
    };
    const pattern = (p: Pattern): void => {
      if (p.kind === "int") check(p.type, p.value);
      else if (p.kind === "bind") pattern(p.sub);
      else if (p.kind === "and") for (const part of p.parts) pattern(part);
      else if (p.kind === "term") for (const arg of p.args) pattern(arg);
    };
    const expr = (e: Expr): void => {
      if (e.kind === "int") check(e.type, e.value);
      else if (e.kind === "term") for (const arg of e.args) expr(arg);
      else if (e.kind === "let") {
        for (const { value } of e.bindings) expr(value);
        expr(e.body);
      }
    };
    for (const arg of rule.args) pattern(arg);
    for (const clause of rule.clauses) {
      pattern(clause.pattern);
      expr(clause.expr);
    }
    expr(rule.result);
  }
}

class HostChecker {
  readonly #program: Program;
  readonly #host: HostClass;
  readonly #reports: Reports;
  readonly #reps: (Rep | undefined)[];
  /** Which method decided a type's representation. */
  readonly #because: (HostMethod | undefined)[];

  constructor(program: Program, host: HostClass, reports: Reports) {
    this.#program = program;
    this.#host = host;
    this.#reports = reports;
    this.#reps = program.types.map((type) =>
      type.kind === "builtin" ||
      isRecord(type) ||
      (isUnitEnum(type) && !(type.kind === "enum" && type.variants.length === 0))
        ? defaultRep(type)
        : undefined,
    );
    this.#because = program.types.map(() => undefined);
  }

  check(): Reps {
    const found: { use: HostUse; method: HostMethod }[] = [];
    for (const use of hostUses(this.#program)) {
      const method = this.#host.methods.get(use.func);
      if (method === undefined) this.#missing(use);
      else found.push({ use, method });
    }
    const arity = found.filter(({ use, method }) => this.#arityFits(use, method));
    // Parameters and total results say what a type is; only then can results that may be nothing be judged.
    for (const { use, method } of arity)
      for (const [k, type] of inputsOf(use).entries())
        this.#derive(type, method.params[k]!, use, method, `parameter ${k + 1}`);
    for (const { use, method } of arity) this.#deriveFromResult(use, method);
    for (const { use, method } of arity) this.#checkResult(use, method);
    this.#checkFields();
    return this.#reps.map((rep, k) => rep ?? defaultRep(this.#program.types[k]!));
  }

  /** Records are made of words, so their fields cannot be objects. */
  #checkFields(): void {
    for (const type of this.#program.types) {
      if (!isRecord(type)) continue;
      const parts =
        type.kind === "enum"
          ? type.variants
          : type.kind === "struct"
            ? [{ name: "", fields: type.fields }]
            : [];
      for (const { name, fields } of parts) {
        for (const field of fields) {
          if (this.#reps[field.type] !== "object") continue;
          const owner = name === "" ? type.name : `${type.name}.${name}`;
          const message = `field '${field.name}' of '${owner}' is a '${this.#name(field.type)}', which the host has as an object: fields are numbers, booleans or bigints`;
          this.#reports.report("ISLE0407", type.loc!, message);
        }
      }
    }
  }

  #missing(use: HostUse): void {
    const hint = suggestion(use.func, this.#host.methods.keys());
    this.#reports.report(
      "ISLE0402",
      use.loc,
      `class '${this.#host.name}' has no method '${use.func}'${hint}`,
      {
        places: [{ span: this.#host.place, message: "the host class" }],
        help: `it needs ${use.func}(${inputsOf(use)
          .map((t) => this.#name(t))
          .join(", ")})`,
      },
    );
  }

  #arityFits(use: HostUse, method: HostMethod): boolean {
    const wanted = inputsOf(use).length;
    if (wanted >= method.required && wanted <= method.params.length) return true;
    const message = `'${use.func}' takes ${method.required} parameters in '${this.#host.name}', here ${wanted} are passed`;
    this.#report("ISLE0403", use, method, message);
    return false;
  }

  #report(
    code: "ISLE0403" | "ISLE0404" | "ISLE0405" | "ISLE0408",
    use: HostUse,
    method: HostMethod,
    message: string,
  ): void {
    const places =
      method.place === undefined ? [] : [{ span: method.place, message: `'${method.name}' is here` }];
    this.#reports.report(code, use.loc, message, { places });
  }

  #name(type: TypeId): string {
    return this.#program.types[type]!.name;
  }

  #derive(type: TypeId, host: HostType, use: HostUse, method: HostMethod, where: string): void {
    if (host.text === "any") return;
    const rep = this.#reps[type];
    if (rep === undefined) {
      this.#reps[type] = host.rep;
      this.#because[type] = method;
      return;
    }
    if (rep === host.rep || (isNumber(rep) && isNumber(host.rep))) {
      if (host.rep === "raw" && this.#program.types[type]!.kind === "primitive") this.#reps[type] = "raw";
      return;
    }
    const other = this.#because[type];
    const why = other === undefined ? "" : ` as '${other.name}' has it`;
    const message = `${where} of '${method.name}' is '${host.text}', but '${this.#name(type)}' is ${describe(rep)}${why}`;
    this.#report(
      other === undefined ? (where === "the result" ? "ISLE0405" : "ISLE0404") : "ISLE0408",
      use,
      method,
      message,
    );
  }

  #deriveFromResult(use: HostUse, method: HostMethod): void {
    const outputs = outputsOf(use);
    if (outputs.length !== 1 || use.term.multi) return;
    const type = outputs[0]!;
    if (!isFallible(use)) this.#derive(type, method.result, use, method, "the result");
    else if (method.result.rep !== "bool" && this.#reps[type] === undefined)
      this.#derive(type, method.result, use, method, "the result");
  }

  #checkResult(use: HostUse, method: HostMethod): void {
    if (use.term.multi) return;
    const outputs = outputsOf(use);
    const { result } = method;
    if (result.text === "any") return;
    const fallible = isFallible(use);
    if (outputs.length !== 1) {
      const wanted = fallible ? "bool" : "unit";
      if (result.rep === wanted || (wanted === "unit" && use.side === "extractor")) return;
      this.#report(
        "ISLE0405",
        use,
        method,
        `'${method.name}' must return ${describe(wanted)}, it returns '${result.text}'`,
      );
      return;
    }
    if (!fallible) return;
    const type = outputs[0]!;
    const rep = this.#reps[type] ?? "int";
    const wanted = needsOutSlot(rep) ? "bool" : rep;
    if (result.rep !== wanted && !(isNumber(result.rep) && isNumber(wanted))) {
      const how =
        wanted === "bool"
          ? "a boolean that says whether there is a value, which is left in 'o0'"
          : `${describe(wanted)}, with ${nothingName(rep)} for nothing`;
      this.#report(
        "ISLE0405",
        use,
        method,
        `'${method.name}' must return ${how}; it returns '${result.text}'`,
      );
    }
  }
}

/** Types of what is passed to the host. */
export function inputsOf(use: {
  readonly term: Term;
  readonly side: "constructor" | "extractor";
}): readonly TypeId[] {
  return use.side === "constructor" ? use.term.args : [use.term.ret];
}

/** Types of what the host gives back. */
export function outputsOf(use: {
  readonly term: Term;
  readonly side: "constructor" | "extractor";
}): readonly TypeId[] {
  return use.side === "constructor" ? [use.term.ret] : use.term.args;
}

export function isFallible(use: {
  readonly term: Term;
  readonly side: "constructor" | "extractor";
}): boolean {
  if (use.side === "constructor") return use.term.partial;
  return use.term.extractorOf?.kind === "extern" && !use.term.extractorOf.infallible;
}

/** Has the representation no value left that could say "nothing"? */
export function needsOutSlot(rep: Rep): boolean {
  return rep === "raw" || rep === "bool" || rep === "unit";
}

function isNumber(rep: Rep): boolean {
  return rep === "int" || rep === "raw";
}

function nothingName(rep: Rep): string {
  return rep === "int" ? "-1" : "undefined";
}

function describe(rep: Rep): string {
  switch (rep) {
    case "int":
    case "raw":
      return "a number";
    case "bool":
      return "a boolean";
    case "bigint":
      return "a bigint";
    case "object":
      return "an object";
    case "unit":
      return "nothing";
  }
}
