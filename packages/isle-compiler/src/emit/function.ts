import { isRecord, isUnitEnum, needsOutSlot } from "../host/check.ts";
import type { Rep } from "../host/model.ts";
import type { TypeId } from "../sema/model.ts";
import { type Constraint, inputsOf, type RuleSet, type ValueId } from "../tree/rule-set.ts";
import type { Block } from "../tree/tree.ts";
import { Places } from "./places.ts";
import { freeValues, type Part, type PartControl, type PartStep, splitTree } from "./split.ts";
import type { UnitEmitter } from "./unit.ts";
import { Writer } from "./writer.ts";

const slotPrefix: Record<Rep, string> = {
  int: "n",
  raw: "n",
  bool: "t",
  bigint: "w",
  object: "x",
  unit: "u",
};
const slotStart: Record<string, string> = {
  n: "n%: number = 0",
  t: "t%: boolean = false",
  w: "w%: bigint = 0n",
  x: "x%: any",
};

/** Emits one term: its function and the parts that were cut from it. */
export class FunctionEmitter {
  readonly #unit: UnitEmitter;
  readonly #set: RuleSet;
  readonly #places: Places;
  readonly #name: string;
  readonly #parts: { readonly name: string; readonly part: Part }[] = [];
  /** What stands for each place in the function being written. */
  #text = new Map<ValueId, string>();
  #body = new Writer();
  #used: Record<string, number> = {};
  #most: Record<string, number> = {};
  #needsResult = false;
  #isPart = false;

  constructor(unit: UnitEmitter, set: RuleSet, name: string) {
    this.#unit = unit;
    this.#set = set;
    this.#places = new Places(set, unit.program, unit.reps);
    this.#name = name;
  }

  emit(tree: Block, out: Writer): void {
    const { term } = this.#set;
    const part = splitTree(this.#set, tree);
    this.#free(part);
    const params = term.args.map((type, k) => `a${k}: ${this.#unit.paramType(type)}`);
    this.#begin(false);
    for (const [id, value] of this.#set.values.entries())
      if (value.kind === "argument") this.#text.set(id, `a${value.index}`);
    if (!this.#block(part, false)) this.#body.line(this.#fallOff());
    this.#finish(
      out,
      `export function ${this.#name}(${["ctx: Context", ...params].join(", ")}): ${this.#resultType()} {`,
    );
    for (let k = 0; k < this.#parts.length; k++) this.#emitPart(this.#parts[k]!, out);
  }

  #emitPart({ name, part }: { name: string; part: Part }, out: Writer): void {
    this.#begin(true);
    const params = this.#free(part).map((id, k) => {
      this.#text.set(id, `p${k}`);
      return `p${k}: ${this.#unit.repType(this.#places.rep(id))}`;
    });
    if (!this.#block(part, true)) this.#body.line(`return ${this.#fell()};`);
    this.#finish(out, `function ${name}(${["ctx: Context", ...params].join(", ")}): ${this.#partType()} {`);
  }

  #begin(isPart: boolean): void {
    this.#text = new Map();
    this.#body = new Writer();
    this.#used = { n: 0, t: 0, w: 0, x: 0 };
    this.#most = { n: 0, t: 0, w: 0, x: 0 };
    this.#needsResult = false;
    this.#isPart = isPart;
  }

  #finish(out: Writer, head: string): void {
    out.open(head);
    const slots: string[] = [];
    for (const [prefix, most] of Object.entries(this.#most)) {
      for (let k = 0; k < most; k++) slots.push(slotStart[prefix]!.replace("%", String(k)));
    }
    if (this.#needsResult) slots.push(`r: ${this.#partType()}`);
    if (slots.length > 0) out.line(`let ${slots.join(", ")};`);
    out.append(this.#body);
    out.close();
  }

  #free(part: Part): readonly ValueId[] {
    const leaves = (id: ValueId): readonly ValueId[] => {
      const leaf = this.#places.leaf(id);
      return leaf < 0 ? [] : [leaf];
    };
    return freeValues(
      part,
      leaves,
      (id) => this.#places.defines(id),
      (id) => inputsOf(this.#set.values[id]!),
    );
  }

  // What functions return.

  get #rep(): Rep {
    return this.#unit.reps[this.#set.term.ret]!;
  }

  #resultType(): string {
    const { partial } = this.#set.term;
    if (partial && needsOutSlot(this.#rep)) return "boolean";
    if (this.#rep === "unit") return "void";
    const type = this.#unit.repType(this.#rep);
    return partial && this.#rep !== "int" && this.#rep !== "object" ? `${type} | undefined` : type;
  }

  /** -2 or null is what a part returns when none of its rules matched. */
  #partType(): string {
    if (this.#rep === "int") return "number";
    return this.#resultType() === "void" ? "true | null" : `${this.#resultType()} | null`;
  }

  #fell(): string {
    return this.#rep === "int" ? "-2" : "null";
  }

  #nothing(): string {
    return needsOutSlot(this.#rep)
      ? "return false;"
      : this.#rep === "int"
        ? "return -1;"
        : "return undefined;";
  }

  #fallOff(): string {
    const { term } = this.#set;
    if (term.partial) return this.#nothing();
    return `return noRule(${JSON.stringify(term.name)}, ${JSON.stringify(this.#unit.place(term.loc))});`;
  }

  // Blocks. Each returns whether control never comes out at its end.

  #block(part: Part, isTail: boolean): boolean {
    const saved = { ...this.#used };
    let ends = false;
    for (const [k, step] of part.steps.entries()) {
      const last = k === part.steps.length - 1 && part.tail === undefined;
      ends = this.#step(step, part.live[k]!, last && isTail);
    }
    if (part.tail !== undefined) ends = this.#sub(part.tail, isTail);
    this.#used = saved;
    return ends;
  }

  /** A block inside another: in place, or as a call if it became a function of its own. */
  #sub(part: Part, isTail: boolean): boolean {
    if (!part.own) return this.#block(part, isTail);
    const name = `${this.#name}$${this.#parts.length + 1}`;
    const args = this.#free(part).map((id) => this.#text.get(id)!);
    this.#parts.push({ name, part });
    const call = `${name}(${["ctx", ...args].join(", ")})`;
    if (isTail && this.#isPart) {
      this.#body.line(`return ${call};`);
      return true;
    }
    this.#needsResult = true;
    this.#body.line(
      `if ((r = ${call}) !== ${this.#fell()}) return${this.#resultType() === "void" && !this.#isPart ? "" : " r"};`,
    );
    return false;
  }

  #step(step: PartStep, live: Part["live"][number], isTail: boolean): boolean {
    const { control } = step;
    const needed = new Set(live.control);
    for (const id of step.bind)
      for (const input of inputsOf(this.#set.values[id]!)) needed.add(this.#places.leaf(input));
    if (control.kind === "return") {
      this.#return(step, control, needed);
      return true;
    }
    const last = step.bind.at(-1);
    // A call that is tested at once, and nowhere later, needs no place for its success.
    const fuse =
      control.kind === "match" &&
      last === control.value &&
      control.arms[0]!.constraint.kind === "some" &&
      !live.after.has(last);
    for (const id of fuse ? step.bind.slice(0, -1) : step.bind) this.#bind(id, needed);
    switch (control.kind) {
      case "match":
        this.#match(control, fuse, needed, isTail);
        return false;
      case "equal": {
        this.#body.open(`if (${this.#equal(control.a, control.b)}) {`);
        this.#sub(control.body, isTail);
        this.#body.close();
        return false;
      }
      case "loop":
        this.#unit.unsupported(this.#set.term);
        return false;
    }
  }

  #return(step: PartStep, control: PartControl & { kind: "return" }, needed: ReadonlySet<ValueId>): void {
    const { term } = this.#set;
    const values = this.#set.values;
    const bind = step.bind.filter((id) => values[id]!.kind !== "make-some");
    let result = control.result;
    const outer = values[result]!;
    if (outer.kind === "make-some") result = outer.inner;
    const value = values[result]!;
    // A call whose outcome is the term's own outcome is returned as it is.
    const call = value.kind === "match-some" ? value.source : result;
    const isCall = values[call]!.kind === "constructor" && this.#places.rep(call) !== "unit";
    const tail = value.kind === "match-some" ? [call, result] : [call];
    if (
      isCall &&
      tail.every((id, k) => bind[bind.length - tail.length + k] === id) &&
      (value.kind === "match-some" || !term.partial || !needsOutSlot(this.#rep))
    ) {
      for (const id of bind.slice(0, -tail.length)) this.#bind(id, needed);
      this.#body.line(`return ${this.#call(call)};`);
      return;
    }
    for (const id of bind) this.#bind(id, needed);
    if (this.#rep === "unit") this.#body.line(term.partial || this.#isPart ? "return true;" : "return;");
    else if (term.partial && needsOutSlot(this.#rep)) {
      const text = this.#use(result);
      this.#body.line(`ctx.o0 = ${this.#rep === "bool" ? `${text} ? 1 : 0` : text};`);
      this.#body.line("return true;");
    } else this.#body.line(`return ${this.#use(result)};`);
  }

  // Values.

  #slot(id: ValueId): string {
    const prefix = slotPrefix[this.#places.rep(id)];
    const number = this.#used[prefix]!++;
    this.#most[prefix] = Math.max(this.#most[prefix]!, number + 1);
    const text = `${prefix}${number}`;
    this.#text.set(id, text);
    return text;
  }

  /** The expression for a value that is bound. */
  #use(id: ValueId): string {
    const value = this.#set.values[id]!;
    switch (value.kind) {
      case "const-bool":
        return String(value.value);
      case "const-int":
        return this.#unit.integer(value.value, value.type);
      case "const-prim":
        return this.#unit.constant(value.constant);
      case "make-variant":
        if (value.inputs.length === 0) return this.#unit.unitVariant(value.type, value.variant);
        break;
      case "make-struct":
        if (value.inputs.length === 0) return this.#unit.emptyStruct(value.type);
        break;
      case "make-some":
        return this.#use(value.inner);
      default:
    }
    const leaf = this.#places.leaf(id);
    return leaf < 0 ? "0" : this.#text.get(leaf)!;
  }

  #bind(id: ValueId, needed: ReadonlySet<ValueId>): void {
    const value = this.#set.values[id]!;
    switch (value.kind) {
      case "extractor":
      case "constructor": {
        const call = this.#call(id);
        const own = this.#places.leaf(id) === id && needed.has(id);
        this.#body.line(own ? `${this.#slot(id)} = ${call};` : `${call};`);
        this.#readSlots(id, needed);
        return;
      }
      case "make-variant":
      case "make-struct":
        this.#unit.construct(
          this.#body,
          value.type,
          value.kind === "make-variant" ? value.variant : 0,
          value.inputs.map((v) => this.#use(v)),
          () => this.#slot(id),
        );
        return;
      case "match-some": {
        const { source } = value;
        this.#body.line(`if (${this.#isNothing(source, this.#text.get(source)!)}) ${this.#nothing()}`);
        return;
      }
      default:
    }
  }

  #isNothing(call: ValueId, text: string): string {
    const shape = this.#places.shape(call);
    if (!shape.sentinel) return `!${text}`;
    return `${text} === ${this.#places.rep(call) === "int" ? "-1" : "undefined"}`;
  }

  #isSomething(call: ValueId, text: string): string {
    const shape = this.#places.shape(call);
    if (!shape.sentinel) return text;
    return `${text} !== ${this.#places.rep(call) === "int" ? "-1" : "undefined"}`;
  }

  /** Out-slots are read before any other call can overwrite them. */
  #readSlots(call: ValueId, needed: ReadonlySet<ValueId>): void {
    for (const id of this.#places.slots(call)) {
      if (!needed.has(id) || this.#places.rep(id) === "unit") continue;
      const source = `ctx.o${this.#places.slotIndex(id)}`;
      const rep = this.#places.rep(id);
      const text =
        rep === "bool" ? `!!${source}` : rep === "bigint" ? `${source} as unknown as bigint` : source;
      this.#body.line(`${this.#slot(id)} = ${text};`);
    }
  }

  #call(id: ValueId): string {
    const value = this.#places.callOf(id);
    const inputs = inputsOf(value);
    return this.#unit.call(
      value.term,
      value.kind,
      inputs.map((v) => this.#use(v)),
    );
  }

  #equal(a: ValueId, b: ValueId): string {
    return this.#unit.equal(this.#places.type(a), this.#use(a), this.#use(b));
  }

  // Matches.

  #match(
    control: PartControl & { kind: "match" },
    fuse: boolean,
    needed: ReadonlySet<ValueId>,
    isTail: boolean,
  ): void {
    const { value, arms } = control;
    const first = arms[0]!;
    switch (first.constraint.kind) {
      case "some":
        this.#matchSome(value, fuse, needed, first.body, isTail);
        return;
      case "struct":
        this.#arm(value, first, isTail);
        return;
      case "bool":
        for (const [k, arm] of arms.entries()) {
          const test = (arm.constraint as Constraint & { kind: "bool" }).value
            ? this.#use(value)
            : `!${this.#use(value)}`;
          if (k === 0) this.#body.open(`if (${test}) {`);
          else this.#body.close("} else {");
          this.#arm(value, arm, isTail);
        }
        this.#body.close();
        return;
      default:
        this.#matchValues(value, arms, isTail);
    }
  }

  #matchSome(call: ValueId, fuse: boolean, needed: ReadonlySet<ValueId>, body: Part, isTail: boolean): void {
    if (fuse) {
      const shape = this.#places.shape(call);
      const text = this.#call(call);
      this.#body.open(
        `if (${this.#isSomething(call, shape.sentinel ? `(${this.#slot(call)} = ${text})` : text)}) {`,
      );
      this.#readSlots(call, needed);
    } else this.#body.open(`if (${this.#isSomething(call, this.#text.get(call)!)}) {`);
    this.#sub(body, isTail);
    this.#body.close();
  }

  /** Arms by variant, integer or constant: a switch where every label is a literal, else a chain of tests. */
  #matchValues(value: ValueId, arms: (PartControl & { kind: "match" })["arms"], isTail: boolean): void {
    const type = this.#places.type(value);
    const labels = arms.map((arm) => this.#unit.label(arm.constraint, type));
    const subject = this.#subject(arms[0]!.constraint, type, value);
    if (arms.length > 1 && labels.every((l) => l.isSmallInteger)) {
      this.#body.open(`switch (${subject}) {`);
      for (const [k, arm] of arms.entries()) {
        const { text, comment } = labels[k]!;
        this.#body.open(`case ${text}:${comment === "" ? "" : ` // ${comment}`}`);
        if (!this.#arm(value, arm, isTail)) this.#body.line("break;");
        this.#body.dedent();
      }
      this.#body.close();
      return;
    }
    for (const [k, arm] of arms.entries()) {
      const { text, comment } = labels[k]!;
      const test = `if (${subject} === ${text}${comment === "" ? "" : ` /* ${comment} */`}) {`;
      if (k === 0) this.#body.open(test);
      else this.#body.close(`} else ${test}`);
      this.#arm(value, arm, isTail);
    }
    this.#body.close();
  }

  #subject(constraint: Constraint, type: TypeId, value: ValueId): string {
    const text = this.#use(value);
    if (constraint.kind !== "variant") return text;
    const t = this.#unit.program.types[type]!;
    if (isUnitEnum(t)) return text;
    return isRecord(t) ? `ctx.words[${text}]` : `ctx.${t.name}_tag(${text})`;
  }

  #arm(value: ValueId, arm: (PartControl & { kind: "match" })["arms"][number], isTail: boolean): boolean {
    const saved = { ...this.#used };
    const needed = new Set(this.#free(arm.body));
    const { constraint } = arm;
    if (constraint.kind === "variant" || constraint.kind === "struct") {
      const variant = constraint.kind === "variant" ? constraint.variant : 0;
      for (const [k, field] of arm.fields.entries()) {
        if (field < 0 || !needed.has(field)) continue;
        const text = this.#unit.field(constraint.type, variant, k, this.#use(value));
        this.#body.line(`${this.#slot(field)} = ${text};`);
      }
    }
    const ends = this.#sub(arm.body, isTail);
    this.#used = saved;
    return ends;
  }
}
