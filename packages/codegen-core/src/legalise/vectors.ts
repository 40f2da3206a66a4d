/**
 * The step that leaves no vectors but those as wide as a register: each value becomes its parts (`vector-parts.ts`), in
 * signatures and block parameters as well. Narrow vectors stay what they are where they enter and leave a function.
 */
import {
  type Block,
  ControlFlow,
  type Function,
  type Inst,
  OF_CALL,
  OF_RETURN,
  OWN_SIGNATURE,
  removeUnreachableBlocks,
  retArg,
  S_PARAMC,
  S_RETURNC,
  S_START,
  SIG_SHIFT,
  type SigRef,
  type Type,
  type Value,
} from "@gantry/clif-ir";
import { bug } from "@gantry/diag";
import { NONE } from "@gantry/entity";
import type { Rewriter } from "./rewriter.ts";
import { inParts } from "./vector-operations.ts";
import { isNarrow, shapeOf, VectorParts } from "./vector-parts.ts";

/** Rewrites the function of `r`, which is legal but for vectors of other widths. */
export function splitVectors(r: Rewriter): void {
  new VectorStep(r).run();
}

class VectorStep {
  readonly #r: Rewriter;
  readonly #f: Function;
  readonly #parts: VectorParts;
  /** What the functions of each signature returned before it was rewritten, by the signature's number plus one. */
  readonly #returns: Type[][] = [];

  constructor(r: Rewriter) {
    this.#r = r;
    this.#f = r.func;
    this.#parts = new VectorParts(r);
  }

  run(): void {
    const f = this.#f;
    const flow = new ControlFlow();
    flow.compute(f);
    removeUnreachableBlocks(f, flow);
    f.resolveAliases();
    for (let s = OWN_SIGNATURE as number; s < f.numSignatures; s++) this.#signature(s as SigRef);
    // Those behind are ours.
    const limit = f.numInsts;
    for (let b = f.firstBlock(); b !== NONE; b = f.nextBlock(b)) this.#blockParams(b);
    // What defines a value comes before what uses it in this order.
    for (let k = 0; k < flow.reachableCount; k++) {
      let next: Inst;
      for (let i = f.firstInst(flow.rpoBlock(k)); i !== NONE; i = next) {
        next = f.nextInst(i);
        if (i < limit) this.#inst(i);
      }
    }
  }

  /** Parameters and results by their parts; narrow vectors stay. */
  #signature(s: SigRef): void {
    const f = this.#f;
    const counts = [f.sigParamCount(s), f.sigReturnCount(s)];
    this.#returns.push(Array.from({ length: counts[1] }, (_, k) => f.sigReturnType(s, k)));
    const at = (s + 1) << SIG_SHIFT;
    const from = f.sigs.data[at + S_START];
    const total = counts[0] + counts[1];
    let isWide = false;
    for (let k = 0; k < total; k++) if (passedIn(f.sigWord(s, k) & 0xffff).length > 1) isWide = true;
    if (!isWide) return;
    const start = f.pool.length;
    const news = [0, 0];
    for (let k = 0; k < total; k++) {
      const word = f.pool.data[from + 2 * k];
      for (const t of passedIn(word & 0xffff)) {
        f.pool.push((word & ~0xffff) | t);
        f.pool.push(f.pool.data[from + 2 * k + 1]);
        news[k < counts[0] ? 0 : 1]++;
      }
    }
    f.sigs.data[at + S_START] = start;
    f.sigs.data[at + S_PARAMC] = news[0];
    f.sigs.data[at + S_RETURNC] = news[1];
  }

  #blockParams(b: Block): void {
    const f = this.#f;
    const r = this.#r;
    const params = Array.from({ length: f.blockParamCount(b) }, (_, k) => f.blockParam(b, k));
    if (params.every((v) => shapeOf(f.valueType(v)) === undefined)) return;
    for (let k = params.length; k > 0; k--) f.removeBlockParam(b, k - 1);
    r.goto(f.firstInst(b));
    const isEntry = b === f.firstBlock();
    for (const v of params) {
      const t = f.valueType(v);
      const shape = shapeOf(t);
      if (shape === undefined) f.attachBlockParam(b, v, t);
      else if (isEntry && isNarrow(t)) this.#parts.set(v, [this.#parts.widened(f.appendBlockParam(b, t), t)]);
      else
        this.#parts.set(
          v,
          Array.from({ length: shape.count }, () => f.appendBlockParam(b, shape.part)),
        );
    }
  }

  #inst(i: Inst): void {
    const f = this.#f;
    this.#r.goto(i);
    if (f.targetCount(i) > 0) this.#targets(i);
    const flags = f.opcodeFlags(i);
    if ((flags & (OF_CALL | OF_RETURN)) !== 0) this.#passed(i);
    else if (this.#usesParts(i)) this.#operation(i);
  }

  /** Whether a result or an operand is held in parts. */
  #usesParts(i: Inst): boolean {
    const f = this.#f;
    if (shapeOf(f.resultType(i)) !== undefined) return true;
    for (let k = f.argCount(i) - 1; k >= 0; k--)
      if (shapeOf(f.valueType(this.#r.arg(i, k))) !== undefined) return true;
    return false;
  }

  #operation(i: Inst): void {
    const f = this.#f;
    const values = inParts(this.#parts, i);
    if (f.resultCount(i) === 0) this.#r.replace(i);
    else if (shapeOf(f.resultType(i)) === undefined) this.#r.replace(i, values[0]);
    else {
      this.#parts.set(f.firstResult(i), values);
      f.detachResults(i);
      f.removeInst(i);
    }
  }

  // ---- calls and returns ----

  /** What stands for `v` between functions. */
  #passedParts(v: Value): readonly Value[] {
    const t = this.#f.valueType(v);
    return isNarrow(t) ? [this.#parts.narrowed(this.#parts.of(v)[0], t)] : this.#parts.of(v);
  }

  #passed(i: Inst): void {
    const f = this.#f;
    if (this.#usesParts(i)) {
      const args: Value[] = [];
      for (let k = 0, n = f.argCount(i); k < n; k++) args.push(...this.#passedParts(this.#r.arg(i, k)));
      const start = f.pool.length;
      for (const v of args) f.pool.push(v);
      f.setArgs(i, start, args.length);
    }
    for (let k = 0, n = f.resultCount(i); k < n; k++)
      if (shapeOf(f.valueType(f.result(i, k))) !== undefined) {
        this.#results(i);
        break;
      }
  }

  #results(i: Inst): void {
    const f = this.#f;
    const results = f.detachResults(i);
    this.#r.goto(f.nextInst(i));
    const raw = results.map((v) => {
      const t = f.valueType(v);
      const values = shapeOf(t) === undefined ? [v] : passedIn(t).map(() => f.addValue());
      values.forEach((part, k) => {
        f.attachResult(i, part, passedIn(t)[k]);
      });
      return values;
    });
    // Results are attached one behind the other; only now may other instructions follow.
    results.forEach((v, k) => {
      const t = f.valueType(v);
      if (shapeOf(t) === undefined) return;
      this.#parts.set(v, isNarrow(t) ? [this.#parts.widened(raw[k][0], t)] : raw[k]);
    });
  }

  // ---- branches ----

  #targets(i: Inst): void {
    const f = this.#f;
    const starts: number[] = [];
    for (let k = 0, n = f.targetCount(i); k < n; k++) {
      const to = f.targetBlock(i, k);
      const words = Array.from({ length: f.targetArgCount(i, k) }, (_, a) => f.targetArg(i, k, a) as number);
      starts.push(this.#call(i, to, words));
    }
    f.setTargets(i, starts);
  }

  /** A block call with the arguments by their parts: where it starts in the pool. */
  #call(i: Inst, to: Block, words: readonly number[]): number {
    const f = this.#f;
    const isTry = (f.opcodeFlags(i) & OF_CALL) !== 0;
    const returns = isTry ? this.#returns[f.sigRef(i) + 1] : [];
    const narrow = (w: number): boolean => isReturned(w) && isNarrow(returns[numberOf(w)]);
    if (words.some(narrow)) return this.#callThrough(i, to, words, returns);
    const args = words.flatMap((w) =>
      isReturned(w) ? returnedParts(returns, numberOf(w)) : this.#blockArg(w, to),
    );
    return this.#pushCall(to, args);
  }

  #blockArg(word: number, to: Block): readonly number[] {
    if (word < 0) return [word];
    const v = this.#f.resolve(word as Value);
    return to === this.#f.firstBlock() ? this.#passedParts(v) : this.#parts.of(v);
  }

  #pushCall(to: Block, args: readonly number[]): number {
    const { pool } = this.#f;
    const start = pool.push(to);
    pool.push(args.length);
    for (const w of args) pool.push(w);
    return start;
  }

  /** By way of a new block that makes parts of what a try_call returns. */
  #callThrough(i: Inst, to: Block, words: readonly number[], returns: readonly Type[]): number {
    const f = this.#f;
    const r = this.#r;
    const between = f.addBlock();
    f.insertBlockBefore(between, to);
    const raw: number[] = [];
    const values = words.map((w): readonly Value[] => {
      if (w >= 0) return [w as Value];
      if (!isReturned(w)) bug("legalise", `inst${i} passes an exception's payload with its results`);
      const t = returns[numberOf(w)];
      raw.push(...returnedParts(returns, numberOf(w)));
      return passedIn(t).map((part) => f.appendBlockParam(between, part));
    });
    const start = this.#pushCall(between, raw);
    r.cursor.gotoBottom(between);
    const args = words.flatMap((w, k): readonly Value[] => {
      if (w >= 0) return this.#parts.of(f.resolve(w as Value));
      const t = returns[numberOf(w)];
      return isNarrow(t) ? [this.#parts.widened(values[k][0], t)] : values[k];
    });
    r.jump(to, args);
    r.goto(i);
    return start;
  }
}

/** The types of the values that stand for one of type `t` between functions. */
function passedIn(t: Type): readonly Type[] {
  const shape = shapeOf(t);
  return shape === undefined || isNarrow(t) ? [t] : new Array<Type>(shape.count).fill(shape.part);
}

/** Whether the word of a block call is `retN`, a result of its try_call. */
const isReturned = (word: number): boolean => word < 0 && (word & 1) !== 0;
const numberOf = (word: number): number => (-1 - word) >> 1;

/** The results that stand for result `n` of a function that returned these types. */
function returnedParts(returns: readonly Type[], n: number): number[] {
  let first = 0;
  for (let k = 0; k < n; k++) first += passedIn(returns[k]).length;
  return passedIn(returns[n]).map((_, k) => retArg(first + k));
}
