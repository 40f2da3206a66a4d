import type { CompiledUnit } from "../compile.ts";
import type { Program } from "../sema/model.ts";
import type { Sources } from "../sources.ts";
import type { Constraint, RuleSet, Value } from "./rule-set.ts";
import type { Block } from "./tree.ts";

/*
 * Rule sets and trees as plain data, for tools. Values and rules are named by their numbers in the rule set; the first
 * element of a value says its kind.
 */

export interface UnitJson {
  readonly version: 1;
  readonly files: readonly string[];
  readonly terms: readonly TermJson[];
}

export interface TermJson {
  readonly name: string;
  readonly values: readonly (readonly (string | number | boolean)[])[];
  readonly rules: readonly RuleJson[];
  readonly tree: BlockJson;
}

export interface RuleJson {
  readonly name?: string;
  readonly file: number;
  readonly line: number;
  readonly priority: string;
  readonly constraints: readonly { readonly value: number; readonly is: string }[];
  readonly equal: readonly (readonly number[])[];
  readonly iterators: readonly number[];
  readonly impure: readonly number[];
  readonly result: number;
}

export type BlockJson = readonly StepJson[];

export interface StepJson {
  readonly bind: readonly number[];
  readonly match?: number;
  readonly arms?: readonly {
    readonly is: string;
    readonly fields: readonly number[];
    readonly body: BlockJson;
  }[];
  readonly equal?: readonly [number, number];
  readonly loop?: number;
  readonly body?: BlockJson;
  /** Number of the rule that ends here. */
  readonly rule?: number;
}

export function unitJson(unit: CompiledUnit): UnitJson {
  const { program, sources } = unit;
  return {
    version: 1,
    files: sources.files.map((f) => f.name),
    terms:
      program === undefined ? [] : unit.trees.map(({ set, tree }) => termJson(program, sources, set, tree)),
  };
}

function termJson(program: Program, sources: Sources, set: RuleSet, tree: Block): TermJson {
  const rules = set.rules.map(({ rule, constraints, equalities, iterators, impure, result }): RuleJson => {
    const span = sources.span(rule.loc);
    return {
      ...(rule.name === undefined ? {} : { name: rule.name }),
      file: sources.fileIndex(rule.loc.start),
      line: span.file.lineColumn(span.start).line,
      priority: String(rule.priority),
      constraints: [...constraints]
        .sort((a, b) => a[0] - b[0])
        .map(([value, constraint]) => ({ value, is: constraintText(program, constraint) })),
      equal: equalities,
      iterators: [...iterators],
      impure,
      result,
    };
  });
  const block = (b: Block): BlockJson =>
    b.steps.map(({ bind, control }): StepJson => {
      switch (control.kind) {
        case "match": {
          const arms = control.arms.map((arm) => ({
            is: constraintText(program, arm.constraint),
            fields: arm.fields,
            body: block(arm.body),
          }));
          return { bind, match: control.value, arms };
        }
        case "equal":
          return { bind, equal: [control.a, control.b], body: block(control.body) };
        case "loop":
          return { bind, loop: control.iterator, body: block(control.body) };
        case "return":
          return { bind, rule: set.rules.indexOf(control.rule) };
      }
    });
  return {
    name: set.term.name,
    values: set.values.map((v) => valueJson(program, v)),
    rules,
    tree: block(tree),
  };
}

function valueJson(program: Program, value: Value): (string | number | boolean)[] {
  switch (value.kind) {
    case "const-bool":
      return ["bool", value.value];
    case "const-int":
      return ["int", String(value.value), program.types[value.type]!.name];
    case "const-prim":
      return ["const", value.constant.name];
    case "argument":
      return ["argument", value.index];
    case "extractor":
      return ["extractor", value.term.name, value.input];
    case "constructor":
      return ["constructor", value.term.name, value.instance, ...value.inputs];
    case "iterator":
    case "match-some":
      return [value.kind, value.source];
    case "make-variant":
    case "make-struct":
      return [
        value.kind,
        typeText(program, value.type, value.kind === "make-variant" ? value.variant : -1),
        ...value.inputs,
      ];
    case "match-variant":
      return ["match-variant", value.source, value.variant, value.field];
    case "extract-struct":
    case "match-tuple":
      return [value.kind, value.source, value.field];
    case "make-some":
      return ["make-some", value.inner];
  }
}

function typeText(program: Program, type: number, variant: number): string {
  const t = program.types[type]!;
  return t.kind === "enum" && variant >= 0 ? `${t.name}.${t.variants[variant]!.name}` : t.name;
}

/** `Opcode.Iadd`, `$I32`, `5`, `true`, `a value`. */
export function constraintText(program: Program, constraint: Constraint): string {
  switch (constraint.kind) {
    case "variant":
      return typeText(program, constraint.type, constraint.variant);
    case "struct":
      return typeText(program, constraint.type, -1);
    case "bool":
    case "int":
      return String(constraint.value);
    case "prim":
      return `$${constraint.constant.name}`;
    case "some":
      return "a value";
  }
}

/** The value as an expression over the arguments: `inst_op(argument 1)`. */
export function valueText(program: Program, set: RuleSet, id: number): string {
  const value = set.values[id]!;
  const inner = (v: number): string => valueText(program, set, v);
  switch (value.kind) {
    case "const-bool":
    case "const-int":
      return String(value.value);
    case "const-prim":
      return `$${value.constant.name}`;
    case "argument":
      return `argument ${value.index + 1}`;
    case "extractor":
      return `${value.term.name}(${inner(value.input)})`;
    case "constructor":
      return `${value.term.name}(${value.inputs.map(inner).join(", ")})`;
    case "iterator":
    case "match-some":
      return inner(value.source);
    case "match-tuple":
    case "extract-struct":
      return `${inner(value.source)}.${value.field}`;
    case "match-variant":
      return `${inner(value.source)}.${value.field}`;
    case "make-variant":
      return `${typeText(program, value.type, value.variant)}(${value.inputs.map(inner).join(", ")})`;
    case "make-struct":
      return `${typeText(program, value.type, -1)}(${value.inputs.map(inner).join(", ")})`;
    case "make-some":
      return inner(value.inner);
  }
}
