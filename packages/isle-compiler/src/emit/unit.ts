/*
 * From match trees to TypeScript.
 *
 * What the generated functions and their host agree on:
 * - Every function takes the context, one object of the host class, as its first parameter; externs are its methods.
 * - A type is a number, boolean, bigint or object as the host's methods have it; enums without fields are the number of
 *   the variant; enums with fields and structs that ISLE owns are the offset of a record in `ctx.words`: the variant's
 *   number (enums only), then the fields, 64-bit ones in two words. `ctx.arena(n)` reserves n words and may replace
 *   `ctx.words`.
 * - "Nothing" is -1 where values are never negative, undefined for bigints and objects. Booleans, numbers of full range
 *   (`RawInt32`, or i8, i16, i32, u32, isize) and void leave no value free: such a function returns whether there is a
 *   value and leaves it in `ctx.o0`.
 * - An extractor of several values returns whether it matched (nothing if infallible) and leaves them in `ctx.o0`,
 *   `ctx.o1`, ...; one of none returns whether it matched. Out-slots are read before the next call.
 * - A multi function of the host returns a cursor: `next()` says whether there is another value and leaves it in the
 *   out-slots. A multi term takes a list `out`, whose `push` says whether it is full, and returns whether it stopped for
 *   that; `ctx.results()` lends such a list, emptied. Cursors and lists are used in nested order: the first
 *   `ctx.level` of the context's are in use, and whoever took some sets the level back.
 * - An extern enum with fields is taken apart with methods `T_tag(value)` and `T_V_field(value)` and built with
 *   `T_V(fields...)`; values of other extern types are compared with `T_equals(a, b)` if the host has it, else with ===.
 */
import { bug } from "@gantry/diag";
import { isFallible, isRecord, isUnitEnum, needsOutSlot, outputsOf, type Reps } from "../host/check.ts";
import type { HostClass, HostType, Rep } from "../host/model.ts";
import type { Constant, Program, Term, TypeId } from "../sema/model.ts";
import type { Loc, Reports } from "../sources.ts";
import type { Constraint, RuleSet, SetRule, ValueId } from "../tree/rule-set.ts";
import type { Block } from "../tree/tree.ts";
import { FunctionEmitter } from "./function.ts";
import { Interface } from "./interface.ts";
import { helperText, Records } from "./records.ts";
import type { PartControl } from "./split.ts";
import { TraceTables } from "./trace.ts";
import { variableNames } from "./variables.ts";
import { Writer } from "./writer.ts";

/**
 * normal: fast. debug: one function a term, one name a value, the rule's text at its end. trace: like normal, but every
 * test and rule reports itself to a sink, and rules are counted.
 */
export type EmitMode = "normal" | "debug" | "trace";

export interface EmitOptions {
  readonly mode: EmitMode;
  /** First line of the output: where it comes from. */
  readonly banner: string;
  /** Import of the context's type: class name and module. Without a host the interface is part of the output. */
  readonly context: { readonly name: string; readonly from: string };
  /** Values of extern constants that become literals. */
  readonly constants: Readonly<Record<string, number | bigint | boolean>>;
}

const reserved = new Set(
  (
    "break case catch class const continue debugger default delete do else enum export extends false finally for " +
    "function if import in instanceof new null return super switch this throw true try typeof var void while with let " +
    "static yield await implements interface package private protected public arguments eval bug ctx out noRule " +
    "coverage tables setSink sink unitVariant"
  ).split(" "),
);

export interface Emitted {
  readonly text: string;
  /** By line of the text: the position in the unit that it comes from, or -1. */
  readonly positions: readonly number[];
}

export class UnitEmitter {
  readonly program: Program;
  readonly reps: Reps;
  readonly mode: EmitMode;
  readonly #host: HostClass | undefined;
  readonly #options: EmitOptions;
  readonly #reports: Reports;
  readonly #records: Records;
  readonly #helpers = new Set<string>();
  readonly #equalities = new Set<TypeId>();
  readonly #names = new Map<Term, string>();
  readonly #interface: Interface;
  readonly #trace: TraceTables;
  #mayFail = false;
  /** Methods that the host lacks and that were reported. */
  readonly #missing = new Set<string>();
  #variables: { readonly set: RuleSet; readonly names: ReadonlyMap<ValueId, string> } | undefined;

  constructor(
    program: Program,
    reps: Reps,
    host: HostClass | undefined,
    options: EmitOptions,
    reports: Reports,
  ) {
    this.program = program;
    this.reps = reps;
    this.mode = options.mode;
    this.#host = host;
    this.#options = options;
    this.#reports = reports;
    this.#records = new Records(program, reps);
    this.#interface = new Interface(program);
    this.#trace = new TraceTables(program, reports.sources);
    const taken = new Set<string>();
    for (const term of program.terms) {
      if (term.constructorOf?.kind !== "rules") continue;
      let name = term.name.replace(/[^A-Za-z0-9_$]/gu, "_");
      if (reserved.has(name) || /^([anptwxrv]\d.*|r)$/.test(name)) name += "_";
      while (taken.has(name)) name += "_";
      taken.add(name);
      this.#names.set(term, name);
    }
  }

  emit(units: readonly { readonly set: RuleSet; readonly tree: Block }[]): Emitted {
    const functions = new Writer();
    for (const { set, tree } of units) {
      functions.position = set.term.loc.start;
      functions.line("");
      const rules = `${set.rules.length} ${set.rules.length === 1 ? "rule" : "rules"}`;
      functions.line(`/** ${set.term.name}: ${rules}, ${this.place(set.term.loc)} */`);
      new FunctionEmitter(this, set, this.#names.get(set.term)!).emit(tree, functions);
    }
    const out = new Writer();
    this.#emitHead(out);
    out.append(functions);
    this.#emitEqualities(out);
    for (const helper of [...this.#helpers].sort()) {
      out.line("");
      for (const line of helperText[helper]!) out.line(line);
    }
    if (this.#mayFail) this.#emitNoRule(out);
    if (this.mode === "trace") this.#trace.emit(out);
    if (this.#host === undefined) this.#interface.emit(out);
    return { text: out.toString(), positions: out.positions };
  }

  /** The call that ends a term without a rule for its arguments. */
  noRule(term: Term): string {
    this.#mayFail = true;
    return `noRule(${JSON.stringify(term.name)}, ${JSON.stringify(this.place(term.loc))})`;
  }

  #emitNoRule(out: Writer): void {
    out.line("");
    out.open("function noRule(term: string, place: string): never {");
    const message = '"no rule matched; it is declared at " + place';
    if (this.#host !== undefined) out.line(`return bug("rules of " + term, ${message});`);
    else out.line(`throw new Error(term + ": " + ${message});`);
    out.close();
  }

  #emitHead(out: Writer): void {
    out.line(`// ${this.#options.banner}`);
    if (this.#host !== undefined) {
      const { name, from } = this.#options.context;
      if (this.#mayFail) out.line('import { bug } from "@gantry/diag";');
      out.line(`import type { ${name} as Context } from "${from}";`);
    }
    if (this.program.terms.some((t) => t.multi && this.isInternal(t))) {
      out.line("");
      out.line("/** Takes the values of a multi term. */");
      out.open("export interface Results {");
      out.line("readonly length: number;");
      out.line("readonly items: readonly any[];");
      out.line("/** Returns whether the list is full. */");
      out.line("push(value: any): boolean;");
      out.close();
    }
  }

  place(loc: Loc): string {
    return this.#reports.sources.line(loc);
  }

  isInternal(term: Term): boolean {
    return this.#names.has(term);
  }

  repType(rep: Rep): string {
    switch (rep) {
      case "int":
      case "raw":
        return "number";
      case "bool":
        return "boolean";
      case "bigint":
        return "bigint";
      case "object":
        return "any";
      case "unit":
        return "void";
    }
  }

  paramType(type: TypeId): string {
    const rep = this.reps[type]!;
    return rep === "unit" ? "unknown" : this.repType(rep);
  }

  // Debug and trace.

  /** The source of a rule, line by line. */
  ruleText(rule: SetRule): readonly string[] {
    const { rule: source } = rule;
    return [this.place(source.loc), ...this.#reports.sources.text(source.loc).split(/\r?\n/)];
  }

  /** `_x` if a rule of the set calls the value x. */
  variableName(set: RuleSet, id: ValueId): string {
    if (this.#variables?.set !== set) this.#variables = { set, names: variableNames(set) };
    const name = this.#variables.names.get(id);
    return name === undefined ? "" : `_${name.replace(/[^A-Za-z0-9_]/g, "_")}`;
  }

  traceFired(out: Writer, rule: SetRule): void {
    if (this.mode === "trace") out.line(`fired(${this.#trace.rule(rule)});`);
  }

  /** Number of a test, or -1 if nobody traces. */
  traceTest(control: PartControl, subject: string, other: string): number {
    return this.mode === "trace" ? this.#trace.test(control, subject, other) : -1;
  }

  traceArm(out: Writer, test: number, arm: number): void {
    if (test >= 0) out.line(`tested(${test}, ${arm});`);
  }

  traceElse(out: Writer, test: number): void {
    if (test < 0) return;
    out.close("} else {");
    out.line(`tested(${test}, -1);`);
  }

  traceDefault(out: Writer, test: number): void {
    if (test >= 0) out.line(`default: tested(${test}, -1);`);
  }

  /** The exported function of a term in trace mode: reports coming and going around the real one. */
  emitTraced(out: Writer, set: RuleSet, name: string, params: readonly string[], result: string): void {
    const { term } = set;
    const args = params.map((p) => p.slice(0, p.indexOf(":")));
    const number = this.#trace.term(term);
    out.open(`export function ${name}(${params.join(", ")}): ${result} {`);
    out.line(`enter(${number});`);
    if (result === "void") {
      out.line(`${name}$0(${args.join(", ")});`);
      out.line(`leave(${number}, true);`);
    } else {
      out.line(`const result = ${name}$0(${args.join(", ")});`);
      const rep = this.reps[term.ret]!;
      const nothing = term.multi
        ? ""
        : needsOutSlot(rep)
          ? "result"
          : rep === "int"
            ? "result !== -1"
            : "result !== undefined";
      out.line(`leave(${number}, ${term.partial ? nothing : "true"});`);
      out.line("return result;");
    }
    out.close();
  }

  // Values.

  /** An integer literal of `type`. */
  integer(value: bigint, type: TypeId): string {
    if (this.reps[type] === "bigint") {
      const t = this.program.types[type]!;
      return `${t.kind === "builtin" && !t.signed ? BigInt.asUintN(t.bits, value) : value}n`;
    }
    return String(value);
  }

  /** The value of a constant as far as it is known now. */
  #literal(constant: Constant): number | bigint | boolean | undefined {
    return this.#options.constants[constant.name] ?? this.#host?.literals.get(constant.name);
  }

  constant(constant: Constant): string {
    const value = this.#literal(constant);
    if (value === undefined) {
      this.#interface.property(constant.name, this.repType(this.reps[constant.type]!));
      return `ctx.${constant.name}`;
    }
    return typeof value === "bigint" ? `${value}n` : `${value} /* ${constant.name} */`;
  }

  unitVariant(type: TypeId, variant: number): string {
    const t = this.program.types[type]!;
    const name = t.kind === "enum" ? `${t.name}.${t.variants[variant]!.name}` : "";
    if (isUnitEnum(t)) return `${variant} /* ${name} */`;
    if (!isRecord(t)) return this.hostCall(name.replace(".", "_"), type, [], this.reps[type]!, []);
    this.#helpers.add("unitVariant");
    return `unitVariant(ctx, ${variant} /* ${name} */)`;
  }

  emptyStruct(type: TypeId): string {
    const t = this.program.types[type]!;
    return isRecord(t) ? "0" : this.hostCall(t.name, type, [], this.reps[type]!, []);
  }

  /**
   * Statements that build a record, or the call that builds a value of an extern type.
   * @param target What to assign to: `at`, with a declaration if it needs one.
   */
  construct(
    out: Writer,
    type: TypeId,
    variant: number,
    values: readonly string[],
    target: string,
    at: string,
  ): void {
    const t = this.program.types[type]!;
    if (!isRecord(t)) {
      const name = t.kind === "enum" ? `${t.name}_${t.variants[variant]!.name}` : t.name;
      const types = this.#records.fields(type, variant).map((f) => f.type);
      out.line(`${target} = ${this.hostCall(name, type, types, this.reps[type]!, values)};`);
      return;
    }
    out.line(`${target} = ctx.arena(${this.#records.offset(type, variant, values.length)});`);
    if (t.kind === "enum") {
      out.line(`ctx.words[${at}] = ${variant}; // ${t.name}.${t.variants[variant]!.name}`);
    }
    for (const [k, value] of values.entries()) {
      out.line(this.#records.write(type, variant, k, at, value, this.#helpers));
    }
  }

  field(type: TypeId, variant: number, index: number, value: string): string {
    const t = this.program.types[type]!;
    if (isRecord(t)) return this.#records.read(type, variant, index, value, this.#helpers);
    const field = this.#records.fields(type, variant)[index]!;
    const owner = t.kind === "enum" ? `${t.name}_${t.variants[variant]!.name}` : t.name;
    return this.hostCall(`${owner}_${field.name}`, type, [type], this.reps[field.type]!, [value]);
  }

  /** A call of a host method that no extern declares. */
  hostCall(
    name: string,
    type: TypeId,
    types: readonly TypeId[],
    result: Rep,
    args: readonly string[],
  ): string {
    if (this.#host !== undefined && !this.#host.methods.has(name) && !this.#missing.has(name)) {
      this.#missing.add(name);
      const { name: typeName, loc } = this.program.types[type]!;
      const message = `class '${this.#host.name}' has no method '${name}', which rules on values of '${typeName}' need`;
      this.#reports.report("ISLE0402", loc!, message, {
        places: [{ span: this.#host.place, message: "the host class" }],
      });
    }
    const params = types.map((t) => this.paramType(t));
    this.#interface.method(name, params, types, this.repType(result));
    return `ctx.${name}(${args.join(", ")})`;
  }

  call(term: Term, side: "constructor" | "extractor", args: readonly string[]): string {
    const name = this.#names.get(term);
    if (side === "constructor" && name !== undefined) return `${name}(${["ctx", ...args].join(", ")})`;
    const extern = side === "constructor" ? term.constructorOf : term.extractorOf;
    const func = extern?.kind === "extern" ? extern.func : "";
    const types = side === "constructor" ? term.args : [term.ret];
    if (!this.#interface.has(func)) {
      const params = types.map((t) => this.paramType(t));
      this.#interface.method(func, params, types, this.#externResult(term, side));
    }
    const params: readonly HostType[] = this.#host?.methods.get(func)?.params ?? [];
    const passed = args.map((arg, k) => {
      // A branded number has the same representation: the host check has compared them.
      const plain = params[k] === undefined || params[k].plain || this.reps[types[k]!] === "object";
      return plain ? arg : `${arg} as never`;
    });
    return `ctx.${func}(${passed.join(", ")})`;
  }

  #externResult(term: Term, side: "constructor" | "extractor"): string {
    const outputs = outputsOf({ term, side });
    const fallible = isFallible({ term, side });
    this.#interface.slots(outputs.length);
    if (term.multi) return "Cursor";
    if (outputs.length !== 1) return fallible ? "boolean" : "void";
    const rep = this.reps[outputs[0]!]!;
    if (!fallible) return this.repType(rep);
    if (needsOutSlot(rep)) return "boolean";
    return rep === "int" ? "number" : `${this.repType(rep)} | undefined`;
  }

  equal(type: TypeId, a: string, b: string): string {
    const t = this.program.types[type]!;
    if (isRecord(t)) {
      this.#equalities.add(type);
      return `equal_${t.name}(ctx, ${a}, ${b})`;
    }
    const name = `${t.name}_equals`;
    return this.#host?.methods.has(name) === true ? `ctx.${name}(${a}, ${b})` : `${a} === ${b}`;
  }

  /** The literal that an arm's constraint compares with. */
  label(constraint: Constraint, type: TypeId): { text: string; comment: string; isSmallInteger: boolean } {
    if (constraint.kind === "variant") {
      const t = this.program.types[constraint.type]!;
      const name = t.kind === "enum" ? `${t.name}.${t.variants[constraint.variant]!.name}` : "";
      return { text: String(constraint.variant), comment: name, isSmallInteger: true };
    }
    if (constraint.kind === "prim") {
      const value = this.#literal(constraint.constant);
      const { name } = constraint.constant;
      if (value === undefined)
        return { text: this.constant(constraint.constant), comment: "", isSmallInteger: false };
      const text = typeof value === "bigint" ? `${value}n` : String(value);
      return { text, comment: name, isSmallInteger: typeof value === "number" };
    }
    if (constraint.kind === "int") {
      const text = this.integer(constraint.value, type);
      return { text, comment: "", isSmallInteger: this.reps[type] !== "bigint" };
    }
    return bug("isle-compiler", `a ${constraint.kind} constraint has no label`);
  }

  /** Records are equal if their variants and fields are. */
  #emitEqualities(out: Writer): void {
    // Comparing fields may ask for further functions, which the iteration of a set also reaches.
    for (const type of this.#equalities) {
      const t = this.program.types[type]!;
      out.line("");
      out.open(`function equal_${t.name}(ctx: Context, a: number, b: number): boolean {`);
      out.line("if (a === b) return true;");
      const fields = (variant: number): string =>
        this.#records
          .fields(type, variant)
          .map((f, k) => {
            const left = this.#records.read(type, variant, k, "a", this.#helpers);
            const right = this.#records.read(type, variant, k, "b", this.#helpers);
            return this.equal(f.type, `(${left})`, `(${right})`);
          })
          .join(" && ") || "true";
      if (t.kind === "enum") {
        out.line("if (ctx.words[a] !== ctx.words[b]) return false;");
        out.open("switch (ctx.words[a]) {");
        for (const [k, variant] of t.variants.entries())
          out.line(`case ${k}: return ${fields(k)}; // ${variant.name}`);
        out.line("default: return false;");
        out.close();
      } else out.line(`return ${fields(0)};`);
      out.close();
    }
  }
}
