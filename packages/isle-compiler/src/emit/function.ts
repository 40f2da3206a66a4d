import { isRecord, isUnitEnum, needsOutSlot } from "../host/check.ts";
import type { Rep } from "../host/model.ts";
import type { TypeId } from "../sema/model.ts";
import { type Constraint, inputsOf, type RuleSet, type SetRule, type ValueId } from "../tree/rule-set.ts";
import type { Block } from "../tree/tree.ts";
import { Places } from "./places.ts";
import {
  freeValues,
  type LiveStep,
  type Part,
  type PartControl,
  type PartStep,
  splitTree,
  wholeTree,
} from "./split.ts";
import type { UnitEmitter } from "./unit.ts";
import { Writer } from "./writer.ts";

type Match = PartControl & { kind: "match" };

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
  w: "w%: any = 0n",
  x: "x%: any",
};

/**
 * Emits one term: its function and the parts that were cut from it. In debug mode nothing is cut, and every value has a
 * name of its own, that of the rules' variable where there is one. In trace mode every decision reports itself.
 */
export class FunctionEmitter {
  readonly #unit: UnitEmitter;
  readonly #set: RuleSet;
  readonly #places: Places;
  readonly #name: string;
  readonly #isMulti: boolean;
  readonly #isDebug: boolean;
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
    this.#isMulti = set.term.multi;
    this.#isDebug = unit.mode === "debug";
  }

  emit(tree: Block, out: Writer): void {
    const { term } = this.#set;
    const part = this.#isDebug ? wholeTree(tree) : splitTree(this.#set, tree);
    this.#free(part);
    const params = ["ctx: Context", ...term.args.map((type, k) => `a${k}: ${this.#unit.paramType(type)}`)];
    if (this.#isMulti) params.push("out: Results");
    this.#begin(false);
    for (const [id, value] of this.#set.values.entries()) {
      if (value.kind === "argument") this.#text.set(id, `a${value.index}`);
    }
    if (!this.#block(part, false)) this.#body.line(this.#fallOff());
    let name = this.#name;
    if (this.#unit.mode === "trace") {
      name = `${this.#name}$0`;
      this.#unit.emitTraced(out, this.#set, this.#name, params, this.#resultType());
    }
    const exported = name === this.#name ? "export " : "";
    this.#finish(out, `${exported}function ${name}`, params, this.#resultType());
    for (let k = 0; k < this.#parts.length; k++) this.#emitPart(this.#parts[k]!, out);
  }

  #emitPart({ name, part }: { name: string; part: Part }, out: Writer): void {
    this.#begin(true);
    const params = this.#free(part).map((id, k) => {
      this.#text.set(id, `p${k}`);
      return `p${k}: ${this.#unit.repType(this.#places.rep(id))}`;
    });
    if (this.#isMulti) params.push("out: Results");
    if (!this.#block(part, true)) this.#body.line(`return ${this.#fell()};`);
    this.#finish(out, `function ${name}`, ["ctx: Context", ...params], this.#partType());
  }

  #begin(isPart: boolean): void {
    this.#text = new Map();
    this.#body = new Writer();
    this.#body.position = this.#set.term.loc.start;
    this.#used = { n: 0, t: 0, w: 0, x: 0 };
    this.#most = { n: 0, t: 0, w: 0, x: 0 };
    this.#needsResult = false;
    this.#isPart = isPart;
  }

  /** Writes the function. Parameters that its body does not mention get a name that says so. */
  #finish(out: Writer, prefix: string, params: readonly string[], result: string): void {
    const list = params.map((p) => (this.#body.mentions(p.slice(0, p.indexOf(":"))) ? p : `_${p}`));
    const head = `${prefix}(${list.join(", ")}): ${result} {`;
    out.position = this.#set.term.loc.start;
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
    return freeValues(part, this.#places);
  }

  // What functions return.

  get #rep(): Rep {
    return this.#unit.reps[this.#set.term.ret]!;
  }

  #resultType(): string {
    const { partial } = this.#set.term;
    if (this.#isMulti) return "boolean";
    if (partial && needsOutSlot(this.#rep)) return "boolean";
    if (this.#rep === "unit") return "void";
    const type = this.#unit.repType(this.#rep);
    return partial && this.#rep !== "int" && this.#rep !== "object" ? `${type} | undefined` : type;
  }

  /**
   * What a part returns when none of its rules matched, different from every result: -2 or null. Parts of multi terms
   * return whether the list of results is full.
   */
  #fell(): string {
    if (this.#isMulti) return "false";
    return this.#rep === "int" ? "-2" : "null";
  }

  #partType(): string {
    if (this.#isMulti) return "boolean";
    if (this.#rep === "int") return "number";
    return this.#resultType() === "void" ? "true | null" : `${this.#resultType()} | null`;
  }

  #nothing(): string {
    if (needsOutSlot(this.#rep)) return "return false;";
    return this.#rep === "int" ? "return -1;" : "return undefined;";
  }

  #fallOff(): string {
    const { term } = this.#set;
    if (this.#isMulti) return "return false;";
    if (term.partial) return this.#nothing();
    return `return ${this.#unit.noRule(term)};`;
  }

  // Blocks. Each returns whether control never comes out at its end.

  #block(part: Part, isTail: boolean): boolean {
    const saved = { ...this.#used };
    const position = this.#body.position;
    let ends = false;
    for (const [k, step] of part.steps.entries()) {
      const last = k === part.steps.length - 1 && part.tail === undefined;
      // Lines that serve one rule come from that rule, others from the declaration.
      const only = onlyRule(step);
      this.#body.position = only === undefined ? this.#set.term.loc.start : only.rule.loc.start;
      ends = this.#step(step, part.live[k]!, last && isTail);
    }
    this.#body.position = position;
    if (part.tail !== undefined) ends = this.#sub(part.tail, isTail);
    this.#release(saved);
    return ends;
  }

  /** A block inside another: in place, or as a call if it became a function of its own. */
  #sub(part: Part, isTail: boolean): boolean {
    if (!part.own) return this.#block(part, isTail);
    const name = `${this.#name}$${this.#parts.length + 1}`;
    const args = ["ctx", ...this.#free(part).map((id) => this.#text.get(id)!)];
    if (this.#isMulti) args.push("out");
    this.#parts.push({ name, part });
    const call = `${name}(${args.join(", ")})`;
    if (isTail && this.#isPart) {
      this.#body.line(`return ${call};`);
      return true;
    }
    if (this.#isMulti) {
      this.#body.line(`if (${call}) return true;`);
      return false;
    }
    this.#needsResult = true;
    const result = this.#resultType() === "void" && !this.#isPart ? "return" : "return r";
    this.#body.line(`if ((r = ${call}) !== ${this.#fell()}) ${result};`);
    return false;
  }

  #step(step: PartStep, live: LiveStep, isTail: boolean): boolean {
    const { control } = step;
    const { needed } = live;
    if (control.kind === "return") {
      this.#unit.traceFired(this.#body, control.rule);
      if (this.#isDebug) for (const line of this.#unit.ruleText(control.rule)) this.#body.line(`// ${line}`);
      this.#return(step, control, needed);
      return !this.#isMulti;
    }
    const last = step.bind.at(-1);
    // A call that is tested at once, and nowhere later, needs no place for its success.
    const fuse =
      !this.#isDebug &&
      control.kind === "match" &&
      last === control.value &&
      control.arms[0]!.constraint.kind === "some" &&
      !live.isTestedLater;
    for (const id of fuse ? step.bind.slice(0, -1) : step.bind) this.#bind(id, needed);
    switch (control.kind) {
      case "match":
        this.#match(control, fuse, needed, isTail);
        break;
      case "equal": {
        const test = this.#unit.traceTest(control, this.#describe(control.a), this.#describe(control.b));
        this.#body.open(`if (${this.#equal(control.a, control.b)}) {`);
        this.#unit.traceArm(this.#body, test, 0);
        this.#sub(control.body, isTail);
        this.#unit.traceElse(this.#body, test);
        this.#body.close();
        break;
      }
      case "loop":
        this.#loop(control);
    }
    return false;
  }

  /** Draws the values of a multi call one by one. Cursors and result lists are the context's, in use up to `level`. */
  #loop(control: PartControl & { kind: "loop" }): void {
    const saved = { ...this.#used };
    const inside = new Set(this.#free(control.body));
    const call = this.#places.callOf(control.call);
    const declare = this.#isDebug ? "const " : "";
    const level = this.#temporary("n");
    const list = this.#temporary("x");
    const args = inputsOf(call).map((v) => this.#use(v));
    this.#body.line(`${declare}${level} = ctx.level;`);
    if (this.#unit.isInternal(call.term) && call.kind === "constructor") {
      const index = this.#temporary("n");
      this.#body.line(`${declare}${list} = ctx.results();`);
      this.#body.line(`${this.#unit.call(call.term, call.kind, [...args, list])};`);
      const start = `${this.#isDebug ? "let " : ""}${index} = 0`;
      this.#body.open(`for (${start}; ${index} < ${list}.length; ${index}++) {`);
      if (inside.has(control.iterator)) {
        this.#body.line(`${this.#slot(control.iterator)} = ${list}.items[${index}];`);
      }
    } else {
      this.#body.line(`${declare}${list} = ${this.#unit.call(call.term, call.kind, args)};`);
      this.#body.open(`while (${list}.next()) {`);
      for (const id of [control.iterator, ...this.#places.tuples(control.iterator)]) {
        if (inside.has(id) && this.#places.leaf(id) === id) this.#readSlot(id);
      }
    }
    this.#sub(control.body, false);
    this.#body.close();
    this.#body.line(`ctx.level = ${level};`);
    this.#release(saved);
  }

  #return(step: PartStep, control: PartControl & { kind: "return" }, needed: ReadonlySet<ValueId>): void {
    const { term } = this.#set;
    const values = this.#set.values;
    const bind = step.bind.filter((id) => values[id]!.kind !== "make-some");
    let result = control.result;
    const outer = values[result]!;
    if (outer.kind === "make-some") result = outer.inner;
    if (this.#returnsCall(bind, result)) {
      const call = values[result]!.kind === "match-some" ? bind.at(-2)! : result;
      for (const id of bind.slice(0, bind.indexOf(call))) this.#bind(id, needed);
      this.#body.line(`return ${this.#call(call)};`);
      return;
    }
    for (const id of bind) this.#bind(id, needed);
    if (this.#isMulti) this.#body.line(`if (out.push(${this.#use(result)})) return true;`);
    else if (this.#rep === "unit") {
      this.#body.line(term.partial || this.#isPart ? "return true;" : "return;");
    } else if (term.partial && needsOutSlot(this.#rep)) {
      const text = this.#use(result);
      this.#body.line(`ctx.o0 = ${this.#rep === "bool" ? `${text} ? 1 : 0` : text};`);
      this.#body.line("return true;");
    } else this.#body.line(`return ${this.#use(result)};`);
  }

  /** Is the outcome of the last call, bound here, also the outcome of the term? */
  #returnsCall(bind: readonly ValueId[], result: ValueId): boolean {
    const value = this.#set.values[result]!;
    const call = value.kind === "match-some" ? value.source : result;
    if (this.#isMulti || this.#set.values[call]!.kind !== "constructor" || this.#places.rep(call) === "unit")
      return false;
    if (value.kind === "match-some") return bind.at(-1) === result && bind.at(-2) === call;
    return bind.at(-1) === call && !(this.#set.term.partial && needsOutSlot(this.#rep));
  }

  // Values.

  /** Gives slots back to the blocks that follow. Names of debug mode stay taken: they are declared once. */
  #release(to: Record<string, number>): void {
    if (!this.#isDebug) this.#used = to;
  }

  #temporary(prefix: string): string {
    const number = this.#used[prefix]!++;
    if (!this.#isDebug) this.#most[prefix] = Math.max(this.#most[prefix]!, number + 1);
    return `${prefix}${number}`;
  }

  /** The target of the assignment that fills the place of `id`. */
  #slot(id: ValueId): string {
    const text = this.#isDebug
      ? `v${id}${this.#unit.variableName(this.#set, id)}`
      : this.#temporary(slotPrefix[this.#places.rep(id)]);
    this.#text.set(id, text);
    return this.#isDebug ? `const ${text}` : text;
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
        // Multi calls are made by their loops.
        if (this.#places.shape(id).multi) return;
        const call = this.#call(id);
        const own = this.#places.leaf(id) === id && needed.has(id);
        this.#body.line(own ? `${this.#slot(id)} = ${call};` : `${call};`);
        this.#readSlots(id, needed);
        return;
      }
      case "make-variant":
      case "make-struct": {
        const variant = value.kind === "make-variant" ? value.variant : 0;
        const inputs = value.inputs.map((v) => this.#use(v));
        const target = this.#slot(id);
        this.#unit.construct(this.#body, value.type, variant, inputs, target, this.#text.get(id)!);
        return;
      }
      case "match-some": {
        const { source } = value;
        this.#body.line(`if (${this.#isNothing(source, this.#text.get(source)!)}) ${this.#nothing()}`);
        return;
      }
      default:
    }
  }

  #isNothing(call: ValueId, text: string): string {
    if (!this.#places.shape(call).sentinel) return `!${text}`;
    return `${text} === ${this.#places.rep(call) === "int" ? "-1" : "undefined"}`;
  }

  #isSomething(call: ValueId, text: string): string {
    if (!this.#places.shape(call).sentinel) return text;
    return `${text} !== ${this.#places.rep(call) === "int" ? "-1" : "undefined"}`;
  }

  /** Out-slots are read before any other call can overwrite them. */
  #readSlots(call: ValueId, needed: ReadonlySet<ValueId>): void {
    for (const id of this.#places.slots(call)) {
      if (needed.has(id) && this.#places.rep(id) !== "unit") this.#readSlot(id);
    }
  }

  #readSlot(id: ValueId): void {
    const source = `ctx.o${this.#places.slotIndex(id)}`;
    const rep = this.#places.rep(id);
    const text =
      rep === "bool" ? `!!${source}` : rep === "bigint" ? `${source} as unknown as bigint` : source;
    this.#body.line(`${this.#slot(id)} = ${text};`);
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

  /** What a trace calls the value. */
  #describe(id: ValueId): string {
    const value = this.#set.values[id]!;
    switch (value.kind) {
      case "argument":
        return `argument ${value.index + 1}`;
      case "extractor":
      case "constructor":
        return value.term.name;
      case "iterator":
      case "match-some":
      case "match-tuple":
      case "match-variant":
      case "extract-struct":
        return this.#describe(value.source);
      default:
        return value.kind;
    }
  }

  // Matches.

  #match(control: Match, fuse: boolean, needed: ReadonlySet<ValueId>, isTail: boolean): void {
    const { value, arms } = control;
    const test = this.#unit.traceTest(control, this.#describe(value), "");
    switch (arms[0]!.constraint.kind) {
      case "some":
        this.#openSome(value, arms[0]!.body, fuse, needed);
        this.#unit.traceArm(this.#body, test, 0);
        this.#sub(arms[0]!.body, isTail);
        this.#unit.traceElse(this.#body, test);
        this.#body.close();
        return;
      case "struct":
        // Names of debug mode need a scope, as the same fields may be read again further down.
        if (this.#isDebug) this.#body.open("{");
        this.#arm(value, arms[0]!, isTail);
        if (this.#isDebug) this.#body.close();
        return;
      case "bool":
        for (const [k, arm] of arms.entries()) {
          const isTrue = (arm.constraint as Constraint & { kind: "bool" }).value;
          const condition = isTrue ? this.#use(value) : `!${this.#use(value)}`;
          if (k === 0) this.#body.open(`if (${condition}) {`);
          else this.#body.close("} else {");
          this.#unit.traceArm(this.#body, test, k);
          this.#arm(value, arm, isTail);
        }
        if (arms.length === 1) this.#unit.traceElse(this.#body, test);
        this.#body.close();
        return;
      default:
        this.#matchValues(value, arms, test, isTail);
    }
  }

  #openSome(call: ValueId, body: Part, fuse: boolean, needed: ReadonlySet<ValueId>): void {
    if (!fuse) {
      this.#body.open(`if (${this.#isSomething(call, this.#text.get(call)!)}) {`);
      return;
    }
    const text = this.#call(call);
    const isKept = this.#places.shape(call).sentinel && this.#free(body).includes(call);
    const tested = isKept ? `(${this.#slot(call)} = ${text})` : text;
    this.#body.open(`if (${this.#isSomething(call, tested)}) {`);
    this.#readSlots(call, needed);
  }

  /** Arms by variant, integer or constant: a switch where every label is a literal, else a chain of tests. */
  #matchValues(value: ValueId, arms: Match["arms"], test: number, isTail: boolean): void {
    const type = this.#places.type(value);
    const labels = arms.map((arm) => this.#unit.label(arm.constraint, type));
    const subject = this.#subject(arms[0]!.constraint, type, value);
    if (arms.length > 1 && labels.every((l) => l.isSmallInteger)) {
      this.#body.open(`switch (${subject}) {`);
      for (const [k, arm] of arms.entries()) {
        const { text, comment } = labels[k]!;
        // In debug mode names are declared where they are bound, so every case is a scope.
        this.#body.open(`case ${text}:${this.#isDebug ? " {" : ""}${comment === "" ? "" : ` // ${comment}`}`);
        this.#unit.traceArm(this.#body, test, k);
        if (!this.#arm(value, arm, isTail)) this.#body.line("break;");
        if (this.#isDebug) this.#body.close();
        else this.#body.dedent();
      }
      this.#unit.traceDefault(this.#body, test);
      this.#body.close();
      return;
    }
    for (const [k, arm] of arms.entries()) {
      const { text, comment } = labels[k]!;
      const condition = `if (${subject} === ${text}${comment === "" ? "" : ` /* ${comment} */`}) {`;
      if (k === 0) this.#body.open(condition);
      else this.#body.close(`} else ${condition}`);
      this.#unit.traceArm(this.#body, test, k);
      this.#arm(value, arm, isTail);
    }
    this.#unit.traceElse(this.#body, test);
    this.#body.close();
  }

  #subject(constraint: Constraint, type: TypeId, value: ValueId): string {
    const text = this.#use(value);
    if (constraint.kind !== "variant") return text;
    const t = this.#unit.program.types[type]!;
    if (isUnitEnum(t)) return text;
    return isRecord(t)
      ? `ctx.words[${text}]`
      : this.#unit.hostCall(`${t.name}_tag`, type, [type], "int", [text]);
  }

  #arm(value: ValueId, arm: Match["arms"][number], isTail: boolean): boolean {
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
    this.#release(saved);
    return ends;
  }
}

/** The one rule that a step can lead to, if it is one. */
function onlyRule(step: PartStep): SetRule | undefined {
  const { control } = step;
  if (control.kind === "return") return control.rule;
  const bodies = control.kind === "match" ? control.arms.map((a) => a.body) : [control.body];
  if (bodies.length !== 1 || bodies[0]!.tail !== undefined || bodies[0]!.steps.length !== 1) return undefined;
  return onlyRule(bodies[0]!.steps[0]!);
}
