import { needsOutSlot, type Reps } from "../host/check.ts";
import type { Rep } from "../host/model.ts";
import type { Program, Term, TypeId } from "../sema/model.ts";
import type { RuleSet, Value, ValueId } from "../tree/rule-set.ts";

/** How a call hands over what it computes. */
export interface CallShape {
  readonly fallible: boolean;
  readonly outputs: readonly TypeId[];
  /** A single result in which one value means nothing. */
  readonly sentinel: boolean;
  readonly multi: boolean;
}

export function shapeOf(term: Term, side: "constructor" | "extractor", reps: Reps): CallShape {
  const outputs = side === "constructor" ? [term.ret] : term.args;
  const fallible =
    side === "constructor"
      ? term.partial
      : term.extractorOf?.kind === "extern" && !term.extractorOf.infallible;
  const sentinel = fallible && outputs.length === 1 && !needsOutSlot(reps[outputs[0]!]!);
  return { fallible: fallible && !term.multi, outputs, sentinel: sentinel && !term.multi, multi: term.multi };
}

/**
 * For the values of one rule set: their types, and which of them have a place of their own. The content of a result that
 * may be nothing shares the result's place when a sentinel says so, otherwise it is read out of the slots at the call.
 */
export class Places {
  readonly values: readonly Value[];
  readonly #reps: Reps;
  readonly #types: (TypeId | undefined)[] = [];
  readonly #someOf = new Map<ValueId, ValueId>();
  readonly #tuplesOf = new Map<ValueId, ValueId[]>();

  constructor(set: RuleSet, program: Program, reps: Reps) {
    this.values = set.values;
    this.#reps = reps;
    for (const [id, value] of set.values.entries()) {
      this.#types.push(this.#typeOf(value, set.term, program));
      if (value.kind === "match-some") this.#someOf.set(value.source, id);
      else if (value.kind === "match-tuple") {
        const list = this.#tuplesOf.get(value.source);
        if (list === undefined) this.#tuplesOf.set(value.source, [id]);
        else list.push(id);
      }
    }
  }

  #typeOf(value: Value, root: Term, program: Program): TypeId | undefined {
    switch (value.kind) {
      case "const-bool":
      case "const-int":
      case "make-variant":
      case "make-struct":
        return value.type;
      case "const-prim":
        return value.constant.type;
      case "argument":
        return root.args[value.index];
      case "extractor":
        return value.term.args.length === 1 ? value.term.args[0] : undefined;
      case "constructor":
        return value.term.ret;
      case "iterator":
      case "match-some":
        return this.#types[value.source];
      case "make-some":
        return this.#types[value.inner];
      case "match-variant": {
        const type = program.types[this.#types[value.source]!]!;
        return type.kind === "enum" ? type.variants[value.variant]!.fields[value.field]!.type : undefined;
      }
      case "extract-struct": {
        const type = program.types[this.#types[value.source]!]!;
        return type.kind === "struct" ? type.fields[value.field]!.type : undefined;
      }
      case "match-tuple": {
        const call = this.callOf(value.source);
        return call.kind === "extractor" ? call.term.args[value.field] : undefined;
      }
    }
  }

  type(id: ValueId): TypeId {
    return this.#types[id]!;
  }

  /** Representation of the place of `id`: for a call with out-slots, whether it succeeded. */
  rep(id: ValueId): Rep {
    const value = this.values[id]!;
    if (value.kind === "extractor" || value.kind === "constructor") {
      const shape = this.shape(id);
      if (shape.fallible && !shape.sentinel) return "bool";
    }
    return this.#reps[this.type(id)]!;
  }

  callOf(id: ValueId): Value & { kind: "extractor" | "constructor" } {
    const value = this.values[id]!;
    if (value.kind === "match-some" || value.kind === "iterator") return this.callOf(value.source);
    return value as Value & { kind: "extractor" | "constructor" };
  }

  shape(id: ValueId): CallShape {
    const call = this.callOf(id);
    return shapeOf(call.term, call.kind, this.#reps);
  }

  /** The value whose place holds `id`; -1 if nothing needs one. */
  leaf(id: ValueId): ValueId {
    const value = this.values[id]!;
    switch (value.kind) {
      case "const-bool":
      case "const-int":
      case "const-prim":
        return -1;
      case "make-variant":
      case "make-struct":
        return value.inputs.length === 0 ? -1 : id;
      case "make-some":
        return this.leaf(value.inner);
      case "match-some": {
        const shape = this.shape(id);
        if (shape.outputs.length !== 1) return -1;
        return shape.sentinel ? value.source : this.#isUnit(id) ? -1 : id;
      }
      case "extractor":
      case "constructor": {
        const shape = this.shape(id);
        if (shape.multi) return -1;
        if (shape.fallible) return id;
        return shape.outputs.length === 1 && !this.#isUnit(id) ? id : -1;
      }
      case "iterator":
        return this.shape(id).outputs.length === 1 ? id : -1;
      default:
        return id;
    }
  }

  #isUnit(id: ValueId): boolean {
    return this.#reps[this.type(id)] === "unit";
  }

  /** The places that computing `id` fills: its own, and those of what it leaves in out-slots. */
  defines(id: ValueId): readonly ValueId[] {
    const value = this.values[id]!;
    if (value.kind === "make-variant" || value.kind === "make-struct")
      return value.inputs.length > 0 ? [id] : [];
    if (value.kind === "iterator")
      return [...(this.leaf(id) === id ? [id] : []), ...(this.#tuplesOf.get(id) ?? [])];
    if (value.kind !== "extractor" && value.kind !== "constructor") return [];
    return [...(this.leaf(id) === id ? [id] : []), ...this.slots(id)];
  }

  /** Values that the call `id` leaves in out-slots. */
  slots(id: ValueId): readonly ValueId[] {
    const shape = this.shape(id);
    if (shape.multi || shape.sentinel) return [];
    const some = this.#someOf.get(id);
    if (shape.outputs.length === 1)
      return shape.fallible && some !== undefined && this.leaf(some) === some ? [some] : [];
    return this.#tuplesOf.get(shape.fallible ? (some ?? -1) : id) ?? [];
  }

  /** Index of the out-slot that holds `id`. */
  slotIndex(id: ValueId): number {
    const value = this.values[id]!;
    return value.kind === "match-tuple" ? value.field : 0;
  }

  tuples(iterator: ValueId): readonly ValueId[] {
    return this.#tuplesOf.get(iterator) ?? [];
  }
}
