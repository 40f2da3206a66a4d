import { stripTypeScriptTypes } from "node:module";
import type { CompiledUnit } from "../compile.ts";
import { defaultRep, isRecord, isUnitEnum, needsOutSlot } from "../host/check.ts";
import type { Constant, Program, Term, TypeId } from "../sema/model.ts";
import {
  type Data,
  type Datum,
  type Externs,
  NoRule,
  RuleEvaluator,
  TreeEvaluator,
} from "../tree/evaluate.ts";

/** Too many calls: rules called each other without end. */
class OutOfFuel extends Error {}

/** A number from a text (FNV-1a, then mixed). */
export function hash(text: string): number {
  let h = 0x811c9dc5;
  for (let k = 0; k < text.length; k++) h = Math.imul(h ^ text.charCodeAt(k), 0x01000193);
  h = Math.imul(h ^ (h >>> 15), 0x2c1b3c6d);
  h = Math.imul(h ^ (h >>> 12), 0x297a2d39);
  return (h ^ (h >>> 15)) >>> 0;
}

/** A value as text. Names, not numbers, stand for types: another order of files changes the numbers. */
function keyOf(program: Program, value: Datum): string {
  if (typeof value !== "object") return String(value);
  const fields = value.fields.map((field) => keyOf(program, field));
  return `${program.types[value.type]!.name}.${value.variant}(${fields.join()})`;
}

/** A host whose answers are a function of what is asked and of a seed; it notes the calls that are not pure. */
export class RandomHost implements Externs {
  readonly log: string[] = [];
  readonly #program: Program;
  readonly #seed: number;
  /** By type, in order of names. */
  readonly #constants: Constant[][];
  readonly #values = new Map<Constant, number>();
  #fuel = 0;

  constructor(program: Program, seed: number) {
    this.#program = program;
    this.#seed = seed;
    this.#constants = program.types.map(() => []);
    const byName = [...program.constants.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
    for (const [k, constant] of byName.entries()) {
      this.#constants[constant.type]!.push(constant);
      this.#values.set(constant, 1000 + k);
    }
  }

  reset(): void {
    this.log.length = 0;
    this.#fuel = 5000;
  }

  construct(term: Term, args: readonly Datum[]): readonly Datum[] {
    const key = `${term.name}(${args.map((a) => keyOf(this.#program, a)).join()})`;
    if (!term.pure) this.log.push(key);
    const h = this.#draw(key);
    const count = term.multi ? h % 3 : term.partial && h % 4 === 0 ? 0 : 1;
    return Array.from({ length: count }, (_, k) => this.value(term.ret, `${key}#${k}`, 0));
  }

  extract(term: Term, input: Datum): readonly (readonly Datum[])[] {
    const key = `${term.name}/${keyOf(this.#program, input)}`;
    const h = this.#draw(key);
    const fallible = term.extractorOf?.kind === "extern" && !term.extractorOf.infallible;
    const count = term.multi ? h % 3 : fallible && h % 3 === 0 ? 0 : 1;
    return Array.from({ length: count }, (_, k) =>
      term.args.map((type, i) => this.value(type, `${key}#${k}.${i}`, 0)),
    );
  }

  /** Rules take constants of different names for different values, and for none that a literal names. */
  constant(constant: Constant): Datum {
    const value = this.#values.get(constant)!;
    return defaultRep(this.#program.types[constant.type]!) === "bigint" ? BigInt(value) : value;
  }

  #draw(key: string): number {
    if (--this.#fuel < 0) throw new OutOfFuel();
    return hash(`${this.#seed}:${key}`);
  }

  /** A value of `type`: few different ones, so that equalities hold often. */
  value(type: TypeId, key: string, depth: number): Datum {
    const t = this.#program.types[type]!;
    const h = hash(`${this.#seed}=${key}`);
    if (t.kind === "enum" && t.variants.length > 0) {
      const least = Math.min(...t.variants.map((v) => v.fields.length));
      const possible = t.variants
        .map((_, k) => k)
        .filter((k) => depth < 3 || t.variants[k]!.fields.length === least);
      const variant = possible[h % possible.length]!;
      return this.#data(type, variant, t.variants[variant]!.fields, key, depth);
    }
    if (t.kind === "struct") return this.#data(type, 0, t.fields, key, depth);
    const constants = this.#constants[type]!;
    if (h % (constants.length + 3) < constants.length)
      return this.constant(constants[h % (constants.length + 3)]!);
    switch (defaultRep(t)) {
      case "bool":
        return h % 2 === 0;
      case "bigint":
        return BigInt(h % 3);
      default:
        return h % 4;
    }
  }

  #data(
    type: TypeId,
    variant: number,
    fields: readonly { type: TypeId }[],
    key: string,
    depth: number,
  ): Data {
    if (depth > 8) throw new OutOfFuel();
    return { type, variant, fields: fields.map((f, k) => this.value(f.type, `${key}.${k}`, depth + 1)) };
  }
}

/** What came of a call: results in order, and the impure calls. */
export interface Outcome {
  readonly results: readonly string[] | "no rule";
  readonly log: readonly string[];
}

function outcome(program: Program, host: RandomHost, run: () => readonly Datum[]): Outcome | undefined {
  host.reset();
  try {
    return { results: run().map((value) => keyOf(program, value)), log: [...host.log] };
  } catch (error) {
    if (error instanceof OutOfFuel || error instanceof RangeError) return undefined;
    if (error instanceof NoRule || (error instanceof Error && /no rule matched/.test(error.message))) {
      return { results: "no rule", log: [...host.log] };
    }
    throw error;
  }
}

/** A unit and the three ways to run it. */
export class Replay {
  readonly #program: Program;
  readonly #host: RandomHost;
  readonly #trees: TreeEvaluator;
  readonly #rules: RuleEvaluator;
  readonly #generated: GeneratedUnit | undefined;

  constructor(unit: CompiledUnit, seed: number, module?: Record<string, unknown>) {
    this.#program = unit.program!;
    this.#host = new RandomHost(this.#program, seed);
    this.#trees = new TreeEvaluator(this.#program, unit.trees, this.#host);
    this.#rules = new RuleEvaluator(this.#program, this.#host);
    if (module !== undefined) this.#generated = new GeneratedUnit(this.#program, this.#host, module);
  }

  /**
   * Runs `term` on arguments drawn from `key` each way. Undefined if there was no end. Of multi terms the order of results
   * and of impure calls is their own business.
   */
  run(
    term: Term,
    key: string,
  ): { trees: Outcome; rules: Outcome; generated: Outcome | undefined } | undefined {
    const args = term.args.map((type, k) => this.#host.value(type, `${key}.${k}`, 0));
    const rules = outcome(this.#program, this.#host, () => this.#rules.call(term, args));
    const trees = outcome(this.#program, this.#host, () => this.#trees.call(term, args));
    const generated = this.#generated;
    const third =
      generated === undefined
        ? undefined
        : outcome(this.#program, this.#host, () => generated.call(term, args));
    if (rules === undefined || trees === undefined || (generated !== undefined && third === undefined))
      return undefined;
    if (!term.multi) return { trees, rules, generated: third };
    const sorted = (o: Outcome): Outcome => ({
      results: o.results === "no rule" ? o.results : [...o.results].sort(),
      log: [],
    });
    return {
      trees: sorted(trees),
      rules: sorted(rules),
      generated: third === undefined ? undefined : sorted(third),
    };
  }
}

/** Loads generated TypeScript. */
export async function loadGenerated(text: string): Promise<Record<string, unknown>> {
  const js = stripTypeScriptTypes(text);
  return (await import(`data:text/javascript;base64,${Buffer.from(js).toString("base64")}`)) as Record<
    string,
    unknown
  >;
}

class ResultList {
  length = 0;
  readonly items: unknown[] = [];
  push(value: unknown): boolean {
    this.items[this.length++] = value;
    return false;
  }
}

/** Generated code with a context that passes everything on to a {@link RandomHost}. */
class GeneratedUnit {
  readonly #program: Program;
  readonly #module: Record<string, unknown>;
  readonly #context: Record<string, unknown> & { words: Int32Array; level: number };
  readonly #extern: Data[] = [];
  readonly #names = new Map<string, string>();
  #top = 0;

  constructor(program: Program, host: RandomHost, module: Record<string, unknown>) {
    this.#program = program;
    this.#module = module;
    const lists: ResultList[] = [];
    const context: Record<string, unknown> & { words: Int32Array; level: number } = {
      words: new Int32Array(1 << 16),
      level: 0,
      arena: (n: number): number => (this.#top += n) - n,
      results: (): ResultList => {
        const list = (lists[context.level++] ??= new ResultList());
        list.length = 0;
        return list;
      },
    };
    this.#context = context;
    for (const constant of program.constants.values()) {
      context[constant.name] = this.#encode(host.constant(constant), constant.type);
    }
    for (const term of program.terms) this.#externs(term, host);
    for (const type of program.types) this.#accessors(type.id);
    for (const name of Object.keys(module)) this.#names.set(name, name);
  }

  #externs(term: Term, host: RandomHost): void {
    const { constructorOf, extractorOf } = term;
    if (constructorOf?.kind === "extern") {
      this.#context[constructorOf.func] = (...args: unknown[]) => {
        const values = args.map((a, k) => this.#decode(a, term.args[k]!));
        return this.#answer(
          host.construct(term, values).map((v) => [v]),
          [term.ret],
          term.partial,
          term.multi,
        );
      };
    }
    if (extractorOf?.kind === "extern") {
      this.#context[extractorOf.func] = (input: unknown) =>
        this.#answer(
          host.extract(term, this.#decode(input, term.ret)),
          term.args,
          !extractorOf.infallible,
          term.multi,
        );
    }
  }

  #accessors(type: TypeId): void {
    const t = this.#program.types[type]!;
    if ((t.kind !== "enum" && t.kind !== "struct") || isRecord(t) || isUnitEnum(t)) return;
    const parts = t.kind === "enum" ? t.variants : [{ name: "", fields: t.fields }];
    this.#context[`${t.name}_tag`] = (at: number) => this.#extern[at]!.variant;
    for (const [variant, { name, fields }] of parts.entries()) {
      const owner = t.kind === "enum" ? `${t.name}_${name}` : t.name;
      this.#context[owner] = (...args: unknown[]) =>
        this.#encode({ type, variant, fields: args.map((a, k) => this.#decode(a, fields[k]!.type)) }, type);
      for (const [k, field] of fields.entries()) {
        this.#context[`${owner}_${field.name}`] = (at: number) =>
          this.#encode(this.#extern[at]!.fields[k]!, field.type);
      }
    }
  }

  /** Gives answers back as the conventions of generated code say. */
  #answer(
    results: readonly (readonly Datum[])[],
    types: readonly TypeId[],
    fallible: boolean,
    multi: boolean,
  ): unknown {
    const leave = (values: readonly Datum[]): void => {
      for (const [k, type] of types.entries()) {
        const value = this.#encode(values[k]!, type);
        this.#context[`o${k}`] = typeof value === "boolean" ? Number(value) : value;
      }
    };
    if (multi) {
      this.#context.level++;
      let next = 0;
      return {
        next(): boolean {
          if (next >= results.length) return false;
          leave(results[next++]!);
          return true;
        },
      };
    }
    const first = results[0];
    if (types.length !== 1) {
      if (first !== undefined) leave(first);
      return first !== undefined;
    }
    const rep = defaultRep(this.#program.types[types[0]!]!);
    if (fallible && needsOutSlot(rep)) {
      if (first !== undefined) leave(first);
      return first !== undefined;
    }
    return first === undefined ? (rep === "int" ? -1 : undefined) : this.#encode(first[0]!, types[0]!);
  }

  #encode(value: Datum, type: TypeId): unknown {
    const t = this.#program.types[type]!;
    if (typeof value !== "object") return value;
    if (isUnitEnum(t)) return value.variant;
    if (!isRecord(t)) {
      const key = keyOf(this.#program, value);
      let at = this.#extern.findIndex((d) => keyOf(this.#program, d) === key);
      if (at < 0) at = this.#extern.push(value) - 1;
      return at;
    }
    const fields =
      t.kind === "enum" ? t.variants[value.variant]!.fields : t.kind === "struct" ? t.fields : [];
    const words: number[] = t.kind === "enum" ? [value.variant] : [];
    for (const [k, field] of fields.entries()) {
      const encoded = this.#encode(value.fields[k]!, field.type);
      if (typeof encoded === "bigint") {
        const bits = (this.#program.types[field.type] as { bits: number }).bits;
        for (let shift = 0; shift < bits; shift += 32)
          words.push(Number(BigInt.asIntN(32, encoded >> BigInt(shift))));
      } else words.push(Number(encoded));
    }
    const at = this.#top;
    this.#top += words.length;
    this.#context.words.set(words, at);
    return at;
  }

  #decode(value: unknown, type: TypeId): Datum {
    const t = this.#program.types[type]!;
    if (t.kind !== "enum" && t.kind !== "struct") {
      return defaultRep(t) === "bool" ? Boolean(value) : (value as Datum);
    }
    if (t.kind === "enum" && t.variants.length === 0) return value as Datum;
    if (isUnitEnum(t)) return { type, variant: value as number, fields: [] };
    if (!isRecord(t)) return this.#extern[value as number]!;
    let at = value as number;
    const words = this.#context.words;
    const variant = t.kind === "enum" ? words[at++]! : 0;
    const fields = t.kind === "enum" ? t.variants[variant]!.fields : t.fields;
    return {
      type,
      variant,
      fields: fields.map((f) => {
        const rep = defaultRep(this.#program.types[f.type]!);
        if (rep !== "bigint") return this.#decode(rep === "bool" ? words[at++] !== 0 : words[at++]!, f.type);
        const field = this.#program.types[f.type] as { bits: number; signed: boolean };
        let big = 0n;
        for (let shift = 0; shift < field.bits; shift += 32)
          big |= BigInt(words[at++]! >>> 0) << BigInt(shift);
        return field.signed ? BigInt.asIntN(field.bits, big) : big;
      }),
    };
  }

  call(term: Term, args: readonly Datum[]): readonly Datum[] {
    this.#top = 0;
    this.#context.level = 0;
    const encoded = args.map((a, k) => this.#encode(a, term.args[k]!));
    const name = term.name.replace(/[^A-Za-z0-9_$]/gu, "_");
    const func = (this.#module[name] ?? this.#module[`${name}_`]) as (...args: unknown[]) => unknown;
    if (term.multi) {
      const list = new ResultList();
      func(this.#context, ...encoded, list);
      return list.items.slice(0, list.length).map((item) => this.#decode(item, term.ret));
    }
    const result = func(this.#context, ...encoded);
    const rep = defaultRep(this.#program.types[term.ret]!);
    if (!term.partial) return [this.#decode(result, term.ret)];
    if (needsOutSlot(rep)) return result === true ? [this.#decode(this.#context.o0, term.ret)] : [];
    return result === (rep === "int" ? -1 : undefined) ? [] : [this.#decode(result, term.ret)];
  }
}
