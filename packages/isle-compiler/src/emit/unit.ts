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
 * - An extern enum with fields is taken apart with methods `T_tag(value)` and `T_V_field(value)` and built with
 *   `T_V(fields...)`; values of other extern types are compared with `T_equals(a, b)` if the host has it, else with ===.
 */
import { bug } from "@gantry/diag";
import { isRecord, isUnitEnum, type Reps } from "../host/check.ts";
import type { HostClass, HostType, Rep } from "../host/model.ts";
import type { Constant, Program, Term, TypeId } from "../sema/model.ts";
import type { Loc, Reports } from "../sources.ts";
import type { Constraint, RuleSet } from "../tree/rule-set.ts";
import type { Block } from "../tree/tree.ts";
import { FunctionEmitter } from "./function.ts";
import { helperText, Records } from "./records.ts";
import { Writer } from "./writer.ts";

export interface EmitOptions {
  /** First line of the output: where it comes from. */
  readonly banner: string;
  /** Import of the context's type: class name and module. */
  readonly context: { readonly name: string; readonly from: string };
  /** Values of extern constants that become literals. */
  readonly constants: Readonly<Record<string, number | bigint | boolean>>;
}

const reserved = new Set(
  "break case catch class const continue debugger default delete do else enum export extends false finally for function if import in instanceof new null return super switch this throw true try typeof var void while with let static yield await implements interface package private protected public arguments eval bug noRule unitVariant".split(
    " ",
  ),
);

export class UnitEmitter {
  readonly program: Program;
  readonly reps: Reps;
  readonly #host: HostClass | undefined;
  readonly #options: EmitOptions;
  readonly #reports: Reports;
  readonly #records: Records;
  readonly #helpers = new Set<string>();
  readonly #equalities = new Set<TypeId>();
  readonly #names = new Map<Term, string>();

  constructor(
    program: Program,
    reps: Reps,
    host: HostClass | undefined,
    options: EmitOptions,
    reports: Reports,
  ) {
    this.program = program;
    this.reps = reps;
    this.#host = host;
    this.#options = options;
    this.#reports = reports;
    this.#records = new Records(program, reps);
    const taken = new Set<string>();
    for (const term of program.terms) {
      if (term.constructorOf?.kind !== "rules") continue;
      let name = term.name.replace(/[^A-Za-z0-9_$]/gu, "_");
      if (reserved.has(name) || /^(ctx|[anptwxr]\d*)$/.test(name)) name += "_";
      while (taken.has(name)) name += "_";
      taken.add(name);
      this.#names.set(term, name);
    }
  }

  emit(units: readonly { readonly set: RuleSet; readonly tree: Block }[]): string {
    const functions = new Writer();
    for (const { set, tree } of units) {
      functions.line("");
      functions.line(
        `/** ${set.term.name}: ${set.rules.length} ${set.rules.length === 1 ? "rule" : "rules"}, ${this.place(set.term.loc)} */`,
      );
      new FunctionEmitter(this, set, this.#names.get(set.term)!).emit(tree, functions);
    }
    const out = new Writer();
    out.line(`// ${this.#options.banner}`);
    out.line(`import { bug } from "@gantry/diag";`);
    out.line(
      `import type { ${this.#options.context.name} as Context } from "${this.#options.context.from}";`,
    );
    out.append(functions);
    this.#emitEqualities(out);
    for (const helper of [...this.#helpers].sort()) {
      out.line("");
      for (const line of helperText[helper]!) out.line(line);
    }
    out.line("");
    out.open("function noRule(term: string, place: string): never {");
    out.line("return bug(`rule $" + "{term}`, `no rule matched; the term is declared at $" + "{place}`);");
    out.close();
    return out.toString();
  }

  place(loc: Loc): string {
    return this.#reports.sources.line(loc);
  }

  unsupported(term: Term): never {
    return bug("isle-compiler", `multi term '${term.name}' reached the emitter`);
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
    if (value === undefined) return `ctx.${constant.name}`;
    return typeof value === "bigint" ? `${value}n` : `${value} /* ${constant.name} */`;
  }

  unitVariant(type: TypeId, variant: number): string {
    const t = this.program.types[type]!;
    const name = t.kind === "enum" ? `${t.name}.${t.variants[variant]!.name}` : "";
    if (isUnitEnum(t)) return `${variant} /* ${name} */`;
    if (!isRecord(t)) return `ctx.${name.replace(".", "_")}()`;
    this.#helpers.add("unitVariant");
    return `unitVariant(ctx, ${variant} /* ${name} */)`;
  }

  emptyStruct(type: TypeId): string {
    const t = this.program.types[type]!;
    return isRecord(t) ? "0" : `ctx.${t.name}()`;
  }

  /** Statements that build a record, or the call that builds a value of an extern type. */
  construct(out: Writer, type: TypeId, variant: number, values: readonly string[], slot: () => string): void {
    const t = this.program.types[type]!;
    const at = slot();
    if (!isRecord(t)) {
      const name = t.kind === "enum" ? `${t.name}_${t.variants[variant]!.name}` : t.name;
      out.line(`${at} = ctx.${name}(${values.join(", ")});`);
      return;
    }
    out.line(`${at} = ctx.arena(${this.#records.offset(type, variant, values.length)});`);
    if (t.kind === "enum")
      out.line(`ctx.words[${at}] = ${variant}; // ${t.name}.${t.variants[variant]!.name}`);
    for (const [k, value] of values.entries())
      out.line(this.#records.write(type, variant, k, at, value, this.#helpers));
  }

  field(type: TypeId, variant: number, index: number, value: string): string {
    const t = this.program.types[type]!;
    if (isRecord(t)) return this.#records.read(type, variant, index, value, this.#helpers);
    const name = this.#records.fields(type, variant)[index]!.name;
    return t.kind === "enum"
      ? `ctx.${t.name}_${t.variants[variant]!.name}_${name}(${value})`
      : `ctx.${t.name}_${name}(${value})`;
  }

  call(term: Term, side: "constructor" | "extractor", args: readonly string[]): string {
    const name = this.#names.get(term);
    if (side === "constructor" && name !== undefined) return `${name}(${["ctx", ...args].join(", ")})`;
    const extern = side === "constructor" ? term.constructorOf : term.extractorOf;
    const func = extern?.kind === "extern" ? extern.func : "";
    const params: readonly HostType[] = this.#host?.methods.get(func)?.params ?? [];
    const types = side === "constructor" ? term.args : [term.ret];
    const passed = args.map((arg, k) => {
      // A branded number has the same representation: the host check has compared them.
      const plain = params[k] === undefined || params[k].plain || this.reps[types[k]!] === "object";
      return plain ? arg : `${arg} as never`;
    });
    return `ctx.${func}(${passed.join(", ")})`;
  }

  equal(type: TypeId, a: string, b: string): string {
    const t = this.program.types[type]!;
    if (isRecord(t)) {
      this.#equalities.add(type);
      return `equal_${t.name}(ctx, ${a}, ${b})`;
    }
    return this.#host?.methods.has(`${t.name}_equals`) === true
      ? `ctx.${t.name}_equals(${a}, ${b})`
      : `${a} === ${b}`;
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
      if (value === undefined) return { text: `ctx.${name}`, comment: "", isSmallInteger: false };
      return {
        text: typeof value === "bigint" ? `${value}n` : String(value),
        comment: name,
        isSmallInteger: typeof value === "number",
      };
    }
    if (constraint.kind === "int") {
      return {
        text: this.integer(constraint.value, type),
        comment: "",
        isSmallInteger: this.reps[type] !== "bigint",
      };
    }
    return bug("isle-compiler", `a ${constraint.kind} constraint has no label`);
  }

  /** Records are equal if their variants and fields are. */
  #emitEqualities(out: Writer): void {
    for (const type of this.#equalities) {
      // Comparing fields may ask for further functions, which a set's iteration also reaches.
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
