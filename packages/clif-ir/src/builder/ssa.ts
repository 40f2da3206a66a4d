import { I32List, NONE } from "@gantry/entity";
import type { Block, Inst, Value } from "../entities.ts";
import type { Function } from "../function.ts";
import type { Type } from "../types.ts";

const PARTIAL = 1;
const FILLED = 2;
const SEALED = 4;

/**
 * SSA construction on the fly (Braun et al., "Simple and efficient construction of static single assignment form",
 * CC 2013), without recursion.
 *
 * Per block: its predecessors as they become known, whether they all are (sealed), and where a sealed block has one
 * predecessor, that. Per variable: what it is at the end of each block.
 */
export class SsaBuilder {
  readonly func: Function;
  /** Makes a zero of the type at the start of the block, for variables that no path defines. */
  readonly #zero: (b: Block, t: Type) => Value;
  readonly #types: Type[] = [];
  /** Variables whose values need stack maps, and those values. */
  readonly #mapped = new Set<number>();
  readonly mappedValues: Value[] = [];
  /** For each variable, the value at the end of each block. */
  readonly #defs: I32List[] = [];
  readonly #state = new I32List(16);
  readonly #single = new I32List(16);
  readonly #preds: I32List[] = [];
  /** Parameters that wait for a block to be sealed: variable, parameter. */
  readonly #pending: I32List[] = [];
  /** Pending work: a block to look a variable up in, or the complement of a block to finish, and its parameter. */
  readonly #work = new I32List(32);
  readonly #values = new I32List(32);

  constructor(func: Function, zero: (b: Block, t: Type) => Value) {
    this.func = func;
    this.#zero = zero;
  }

  /** Tells of a block; its number is the next one. */
  addBlock(): void {
    this.#state.push(0);
    this.#single.push(NONE);
    this.#preds.push(new I32List(2));
    this.#pending.push(new I32List(2));
  }

  addVariable(t: Type): number {
    this.#types.push(t);
    this.#defs.push(new I32List(4));
    return this.#types.length - 1;
  }

  get variableCount(): number {
    return this.#types.length;
  }

  variableType(v: number): Type {
    return this.#types[v];
  }

  isPristine(b: Block): boolean {
    return (this.#state.at(b) & (PARTIAL | FILLED)) === 0;
  }

  isFilled(b: Block): boolean {
    return (this.#state.at(b) & FILLED) !== 0;
  }

  isSealed(b: Block): boolean {
    return (this.#state.at(b) & SEALED) !== 0;
  }

  hasPredecessors(b: Block): boolean {
    return this.#preds[b].length > 0;
  }

  markUsed(b: Block): void {
    this.#state.data[b] |= PARTIAL;
  }

  markFilled(b: Block): void {
    this.#state.data[b] |= PARTIAL | FILLED;
  }

  /** Declares the branch `i` a predecessor of `b`, once. */
  addPredecessor(b: Block, i: Inst): void {
    const list = this.#preds[b];
    for (let k = 0; k < list.length; k++) if (list.at(k) === i) return;
    list.push(i);
  }

  removePredecessor(b: Block, i: Inst): void {
    const list = this.#preds[b];
    let kept = 0;
    for (let k = 0; k < list.length; k++) if (list.at(k) !== i) list.set(kept++, list.at(k));
    list.length = kept;
  }

  /** Every value that the variable will have needs stack maps. */
  needsStackMap(variable: number): void {
    this.#mapped.add(variable);
  }

  /** Whether the variable has been assigned anywhere. */
  isAssigned(variable: number): boolean {
    return this.#defs[variable].length > 0;
  }

  define(variable: number, b: Block, v: Value): void {
    if (this.#mapped.size > 0 && this.#mapped.has(variable)) this.mappedValues.push(v);
    const list = this.#defs[variable];
    while (list.length <= b) list.push(NONE);
    list.set(b, v);
  }

  #definition(variable: number, b: Block): number {
    const list = this.#defs[variable];
    return b < list.length ? list.at(b) : NONE;
  }

  /** All predecessors of `b` are known now. */
  seal(b: Block): void {
    const preds = this.#preds[b];
    this.#state.data[b] |= SEALED;
    if (preds.length === 1) this.#single.set(b, this.func.instBlock(preds.at(0) as Inst));
    const pending = this.#pending[b];
    for (let k = 0; k < pending.length; k += 2) {
      const work = this.#work;
      work.length = 0;
      this.#values.length = 0;
      this.#openPredecessors(b, pending.at(k + 1));
      this.#run(pending.at(k));
    }
    pending.length = 0;
  }

  /** The value of the variable at the current end of `b`. */
  use(variable: number, b: Block): Value {
    const known = this.#definition(variable, b);
    if (known !== NONE) return this.func.resolve(known as Value);
    this.#work.length = 0;
    this.#values.length = 0;
    this.#lookUp(variable, b);
    this.#run(variable);
    return this.func.resolve(this.#values.at(0) as Value);
  }

  #run(variable: number): void {
    const work = this.#work;
    while (work.length > 0) {
      const word = work.pop();
      if (word >= 0) {
        const known = this.#definition(variable, word as Block);
        if (known !== NONE) this.#values.push(known);
        else this.#lookUp(variable, word as Block);
      } else this.#close(variable, ~word as Block, work.pop() as Value);
    }
  }

  /** Finds or makes a value for a block without a definition; pushes it, or work that will. */
  #lookUp(variable: number, start: Block): void {
    // Up a chain of single predecessors there is no need for parameters. A cycle of them is unreachable code.
    let b = start;
    let steps = this.#state.length;
    while (this.#definition(variable, b) === NONE && this.#single.at(b) !== NONE && steps-- > 0)
      b = this.#single.at(b) as Block;
    let v = this.#definition(variable, b);
    const found = v !== NONE;
    if (!found) {
      v = this.func.appendBlockParam(b, this.#types[variable]);
      this.define(variable, b, v as Value);
    }
    for (let at = start; at !== b; at = this.#single.at(at) as Block) this.define(variable, at, v as Value);
    if (found) this.#values.push(v);
    else if (this.isSealed(b)) this.#openPredecessors(b, v);
    else {
      this.#pending[b].push(variable);
      this.#pending[b].push(v);
      this.#values.push(v);
    }
  }

  #openPredecessors(b: Block, param: number): void {
    const work = this.#work;
    work.push(param);
    work.push(~b);
    const preds = this.#preds[b];
    for (let k = preds.length - 1; k >= 0; k--) work.push(this.func.instBlock(preds.at(k) as Inst));
  }

  /** The values of all predecessors of `b` are known: keeps the parameter with them as arguments, or replaces it. */
  #close(variable: number, b: Block, param: Value): void {
    const f = this.func;
    const preds = this.#preds[b];
    const from = this.#values.length - preds.length;
    let only = NONE as number;
    let many = false;
    for (let k = 0; k < preds.length; k++) {
      const v = f.resolve(this.#values.at(from + k) as Value);
      if (v === param || v === only) continue;
      if (only !== NONE) many = true;
      only = v;
    }
    if (many) {
      for (let k = 0; k < preds.length; k++) {
        const i = preds.at(k) as Inst;
        const v = f.resolve(this.#values.at(from + k) as Value);
        for (let t = 0, n = f.targetCount(i); t < n; t++)
          if (f.targetBlock(i, t) === b) f.appendTargetArg(i, t, v);
      }
      this.#values.length = from;
      this.#values.push(param);
      return;
    }
    f.removeBlockParam(b, f.valueIndex(param));
    const v = only === NONE ? this.#zero(b, this.#types[variable]) : (only as Value);
    f.changeToAlias(param, v);
    this.#values.length = from;
    this.#values.push(v);
  }
}
