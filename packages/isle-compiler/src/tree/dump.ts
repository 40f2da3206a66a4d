import type { Program, TypeId } from "../sema/model.ts";
import type { Sources } from "../sources.ts";
import type { Constraint, RuleSet, Value } from "./rule-set.ts";
import type { Block } from "./tree.ts";

/** Rule sets and trees as text, one line a fact: the form in which they are compared with other implementations. */
export function dumpTrees(
  program: Program,
  sources: Sources,
  trees: readonly { readonly set: RuleSet; readonly tree: Block }[],
): string {
  const out: string[] = [];
  for (const { set, tree } of trees) new Dump(program, sources, set, out).term(tree);
  return `${out.join("\n")}\n`;
}

/** The signed or unsigned number that 128 bits stand for at a type. */
function held(program: Program, value: bigint, type: TypeId): bigint {
  const t = program.types[type]!;
  return t.kind === "builtin" && !t.signed ? BigInt.asUintN(t.bits, value) : value;
}

class Dump {
  readonly #program: Program;
  readonly #sources: Sources;
  readonly #set: RuleSet;
  readonly #out: string[];

  constructor(program: Program, sources: Sources, set: RuleSet, out: string[]) {
    this.#program = program;
    this.#sources = sources;
    this.#set = set;
    this.#out = out;
  }

  term(tree: Block): void {
    const { term, values, rules } = this.#set;
    this.#line(0, `term ${term.name} ${values.length} ${rules.length}`);
    for (const [id, value] of values.entries()) this.#line(1, `v${id} ${this.#value(value)}`);
    for (const { rule, constraints, equalities, iterators, impure, result } of rules) {
      let text = `rule ${this.#place(rule.at)} priority ${rule.priority} result v${result}`;
      for (const [id, constraint] of [...constraints].sort((a, b) => a[0] - b[0]))
        text += `; v${id} ${this.#constraint(constraint)}`;
      for (const members of equalities) text += `; equal${list(members)}`;
      if (iterators.size > 0) text += `; iterators${list([...iterators].sort((a, b) => a - b))}`;
      if (impure.length > 0) text += `; impure${list(impure)}`;
      this.#line(1, text);
    }
    this.#block(tree, 1);
  }

  #line(depth: number, text: string): void {
    this.#out.push(" ".repeat(depth) + text);
  }

  #place(position: number): string {
    const file = this.#sources.fileIndex(position);
    return `${file}:${position - this.#sources.base(file)}`;
  }

  #type(type: TypeId): string {
    const t = this.#program.types[type]!;
    return t.kind === "primitive" ? t.host : t.name;
  }

  #value(value: Value): string {
    switch (value.kind) {
      case "const-bool":
        return `bool ${value.value}`;
      case "const-int":
        return `int ${held(this.#program, value.value, value.type)} ${this.#type(value.type)}`;
      case "const-prim":
        return `const ${value.constant.name}`;
      case "argument":
        return `argument ${value.index}`;
      case "extractor":
        return `extractor ${value.term.name} v${value.input}`;
      case "constructor":
        return `constructor ${value.term.name} #${value.instance}${list(value.inputs)}`;
      case "iterator":
      case "match-some":
        return `${value.kind} v${value.source}`;
      case "make-variant":
        return `make-variant ${this.#type(value.type)} ${value.variant}${list(value.inputs)}`;
      case "make-struct":
        return `make-struct ${this.#type(value.type)}${list(value.inputs)}`;
      case "match-variant":
        return `match-variant v${value.source} ${value.variant} ${value.field}`;
      case "extract-struct":
      case "match-tuple":
        return `${value.kind} v${value.source} ${value.field}`;
      case "make-some":
        return `make-some v${value.inner}`;
    }
  }

  #constraint(constraint: Constraint): string {
    switch (constraint.kind) {
      case "variant":
        return `variant ${this.#type(constraint.type)} ${constraint.variant}`;
      case "struct":
        return `struct ${this.#type(constraint.type)}`;
      case "bool":
        return `bool ${constraint.value}`;
      case "int":
        return `int ${held(this.#program, constraint.value, constraint.type)} ${this.#type(constraint.type)}`;
      case "prim":
        return `const ${constraint.constant.name}`;
      case "some":
        return "some";
    }
  }

  #block(block: Block, depth: number): void {
    for (const { bind, control } of block.steps) {
      if (bind.length > 0) this.#line(depth, `bind${list(bind)}`);
      switch (control.kind) {
        case "match":
          this.#line(depth, `match v${control.value}`);
          for (const arm of control.arms) {
            const fields = arm.fields.map((f) => (f < 0 ? " _" : ` v${f}`)).join("");
            this.#line(depth + 1, `arm ${this.#constraint(arm.constraint)}:${fields}`);
            this.#block(arm.body, depth + 2);
          }
          break;
        case "equal":
          this.#line(depth, `equal v${control.a} v${control.b}`);
          this.#block(control.body, depth + 1);
          break;
        case "loop":
          this.#line(depth, `loop v${control.iterator}`);
          this.#block(control.body, depth + 1);
          break;
        case "return":
          this.#line(depth, `return v${control.result} ${this.#place(control.rule.rule.at)}`);
      }
    }
  }
}

function list(ids: readonly number[]): string {
  return ids.map((id) => ` v${id}`).join("");
}
