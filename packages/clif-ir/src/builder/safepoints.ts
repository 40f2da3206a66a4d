import { errorOf } from "@gantry/diag";
import { I32List, NONE } from "@gantry/entity";
import { ControlFlow } from "../analysis/control-flow.ts";
import type { Block, Inst, StackSlot, Value } from "../entities.ts";
import { EX_CONTEXT, type Function, SIDE_STACK_MAP, SL_ALIGN, SL_SIZE, SLOT_SHIFT } from "../function.ts";
import { OF_CALL, OF_RETURN, OPCODE_FLAGS } from "../generated/facts.ts";
import { MEM_TRUSTED } from "../mem-flags.ts";
import { insertLandingBlock, isTryCall } from "../passes/landing-blocks.ts";
import { I64, type Type, typeBytes, typeName } from "../types.ts";
import { functionName } from "../writer/function.ts";
import { FuncCursor } from "./cursor.ts";

/** In place of a slot: the value needs one. */
const SPILLED = -2;

/** Widest value that a stack map can name. */
const MAX_BYTES = 16;

/** Whether `i` is a call that comes back: a collector may run while it is active. */
function isSafepoint(f: Function, i: Inst): boolean {
  return (OPCODE_FLAGS[f.opcode(i)] & (OF_CALL | OF_RETURN)) === OF_CALL;
}

/** Checks that values of type `t` can be in a stack map. */
export function checkStackMapType(f: Function, t: Type): void {
  const bytes = typeBytes(t);
  if (bytes <= MAX_BYTES && (bytes & (bytes - 1)) === 0) return;
  throw errorOf(
    "CLIF0709",
    `a value of type ${typeName(t)} cannot be in a stack map: it has ${bytes} bytes`,
    {
      place: functionName(f),
      help: "stack maps name values of 1, 2, 4, 8 or 16 bytes",
    },
  );
}

/**
 * Puts the values that a garbage collector must see into stack slots while calls are active, and names the slots in the
 * calls' stack maps. A value that lives across a call is stored where it is defined; behind a call it is loaded before it
 * is used, once in each block. So the collector may move what it refers to.
 *
 * Slots are given out backwards, from last use to definition, over the blocks in postorder: a value's dominated blocks come
 * before it, so whatever lives at the same time has another slot.
 *
 * @param values What needs stack maps; aliases are looked through.
 */
export function spillAcrossSafepoints(f: Function, values: readonly Value[]): void {
  new Safepoints(f, values).run();
}

class Safepoints {
  readonly #f: Function;
  readonly #flow = new ControlFlow();
  /** The values, and the number of each among them, -1 for all others. */
  readonly #values: Value[] = [];
  readonly #number: Int32Array;
  /** Words of a bit set of the values. */
  readonly #words: number;
  /** What is live at the start of each block. */
  #liveIn = new Uint32Array(0);
  readonly #live: Uint32Array;
  /** Slot of each value that lives across a call, -1 for others, and which are in use, by the log2 of their size. */
  readonly #slot: Int32Array;
  readonly #held: Uint8Array;
  readonly #free: I32List[] = [];
  /** Whether what becomes live is to get its slot. */
  #naming = false;

  constructor(f: Function, values: readonly Value[]) {
    this.#f = f;
    this.#number = new Int32Array(f.numValues).fill(NONE);
    for (const value of values) {
      const v = f.resolve(value);
      if (this.#number[v] !== NONE) continue;
      this.#number[v] = this.#values.length;
      this.#values.push(v);
    }
    this.#words = (this.#values.length + 31) >> 5;
    this.#live = new Uint32Array(this.#words);
    this.#slot = new Int32Array(this.#values.length).fill(NONE);
    this.#held = new Uint8Array(this.#values.length);
    for (let k = 0; 1 << k <= MAX_BYTES; k++) this.#free.push(new I32List(4));
  }

  run(): void {
    const f = this.#f;
    f.resolveAliases();
    this.#splitEdges();
    this.#flow.compute(f);
    this.#computeLiveness();
    if (!this.#findSpilled()) return;
    const n = this.#flow.reachableCount;
    for (let r = n - 1; r >= 0; r--) this.#nameSlots(this.#flow.rpoBlock(r));
    for (let r = 0; r < n; r++) this.#rewrite(this.#flow.rpoBlock(r));
  }

  /** Values that a try_call passes on are used behind the call, so on a block of the edge. */
  #splitEdges(): void {
    const f = this.#f;
    for (let b = f.firstBlock(); b !== NONE; b = f.nextBlock(b)) {
      const i = f.lastInst(b);
      if (!isTryCall(f, i)) continue;
      for (let k = 0, n = f.targetCount(i); k < n; k++) {
        let needs = false;
        for (let a = f.targetArgCount(i, k) - 1; a >= 0; a--) {
          const v = f.targetArg(i, k, a);
          if (v >= 0 && this.#number[v] !== NONE) needs = true;
        }
        if (needs) insertLandingBlock(f, b, i, k, k < n - 1);
      }
    }
  }

  // ---- liveness ----

  #use(v: Value): void {
    const n = v >= 0 && v < this.#number.length ? this.#number[v] : NONE;
    if (n < 0) return;
    this.#live[n >> 5] |= 1 << (n & 31);
    if (this.#naming) this.#hold(n);
  }

  /** The numbers of what is live, in ascending order. */
  #liveNumbers(): number[] {
    const numbers: number[] = [];
    for (let w = 0; w < this.#words; w++)
      for (let m = this.#live[w]; m !== 0; m &= m - 1) numbers.push(32 * w + 31 - Math.clz32(m & -m));
    return numbers;
  }

  #define(v: Value): void {
    const n = v < this.#number.length ? this.#number[v] : NONE;
    if (n >= 0) this.#live[n >> 5] &= ~(1 << (n & 31));
  }

  #useOperands(i: Inst): void {
    const f = this.#f;
    for (let k = f.argCount(i) - 1; k >= 0; k--) this.#use(f.arg(i, k));
    for (let t = f.targetCount(i) - 1; t >= 0; t--)
      for (let a = f.targetArgCount(i, t) - 1; a >= 0; a--) this.#use(f.targetArg(i, t, a));
    if (!isTryCall(f, i)) return;
    const pool = f.pool.data;
    const table = f.exceptionTable(i);
    for (let n = pool[table + 1], at = table + 2; n > 0; n--, at += 2)
      if (pool[at] === EX_CONTEXT) this.#use(pool[at + 1] as Value);
  }

  /** Makes `live` what is live at the end of `b`. */
  #liveOut(b: Block): void {
    const f = this.#f;
    this.#live.fill(0);
    const i = f.lastInst(b);
    for (let t = f.targetCount(i) - 1; t >= 0; t--) {
      const from = f.targetBlock(i, t) * this.#words;
      for (let w = 0; w < this.#words; w++) this.#live[w] |= this.#liveIn[from + w];
    }
  }

  /** Goes backwards through `b` from what is live at its end; `at` is called at each safepoint with what lives across. */
  #scan(b: Block, at?: (i: Inst) => void): void {
    const f = this.#f;
    this.#liveOut(b);
    for (let i = f.lastInst(b); i !== NONE; i = f.prevInst(i)) {
      for (let k = f.resultCount(i) - 1; k >= 0; k--) this.#define(f.result(i, k));
      if (at !== undefined && isSafepoint(f, i)) at(i);
      this.#useOperands(i);
    }
    for (let k = f.blockParamCount(b) - 1; k >= 0; k--) this.#define(f.blockParam(b, k));
  }

  #computeLiveness(): void {
    const f = this.#f;
    this.#liveIn = new Uint32Array(f.numBlocks * this.#words);
    for (let changed = true; changed; ) {
      changed = false;
      for (let r = this.#flow.reachableCount - 1; r >= 0; r--) {
        const b = this.#flow.rpoBlock(r);
        this.#scan(b);
        const to = b * this.#words;
        for (let w = 0; w < this.#words; w++) {
          if (this.#liveIn[to + w] === this.#live[w]) continue;
          this.#liveIn[to + w] = this.#live[w];
          changed = true;
        }
      }
    }
  }

  /** Marks what lives across a safepoint anywhere by slot -2; says whether there is anything. */
  #findSpilled(): boolean {
    let any = false;
    for (let r = 0; r < this.#flow.reachableCount; r++)
      this.#scan(this.#flow.rpoBlock(r), () => {
        for (const n of this.#liveNumbers()) {
          this.#slot[n] = SPILLED;
          any = true;
        }
      });
    return any;
  }

  // ---- slots ----

  #log2(n: number): number {
    return 31 - Math.clz32(typeBytes(this.#f.valueType(this.#values[n]!)));
  }

  /** Gives value `n` a slot if it needs one and has none. */
  #hold(n: number): void {
    if (this.#slot[n] === NONE || this.#held[n] !== 0) return;
    const log2 = this.#log2(n);
    const free = this.#free[log2]!;
    this.#slot[n] = free.length > 0 ? free.pop() : this.#newSlot(log2);
    this.#held[n] = 1;
  }

  #newSlot(log2: number): StackSlot {
    const { slots } = this.#f;
    const at = slots.extend(1 << SLOT_SHIFT);
    slots.data.fill(0, at, at + (1 << SLOT_SHIFT));
    slots.data[at + SL_SIZE] = 1 << log2;
    slots.data[at + SL_ALIGN] = log2;
    return (at >> SLOT_SHIFT) as StackSlot;
  }

  #release(v: Value): void {
    const n = v < this.#number.length ? this.#number[v] : NONE;
    if (n < 0 || this.#held[n] === 0) return;
    this.#held[n] = 0;
    this.#free[this.#log2(n)]!.push(this.#slot[n]);
  }

  /** Goes backwards through `b`, gives out slots and writes the stack maps. */
  #nameSlots(b: Block): void {
    const f = this.#f;
    this.#liveOut(b);
    for (const n of this.#liveNumbers()) this.#hold(n);
    this.#naming = true;
    for (let i = f.lastInst(b); i !== NONE; i = f.prevInst(i)) {
      for (let k = f.resultCount(i) - 1; k >= 0; k--) {
        this.#define(f.result(i, k));
        this.#release(f.result(i, k));
      }
      if (isSafepoint(f, i)) this.#writeMap(i);
      this.#useOperands(i);
    }
    for (let k = f.blockParamCount(b) - 1; k >= 0; k--) {
      this.#define(f.blockParam(b, k));
      this.#release(f.blockParam(b, k));
    }
    this.#naming = false;
  }

  #writeMap(i: Inst): void {
    const f = this.#f;
    const across = this.#liveNumbers();
    if (across.length === 0) return;
    across.sort((a, b) => this.#slot[a] - this.#slot[b]);
    const start = f.pool.length;
    for (const n of across) {
      f.pool.push(f.valueType(this.#values[n]!));
      f.pool.push(this.#slot[n]);
      f.pool.push(0);
    }
    f.addSideEntry(i, SIDE_STACK_MAP, start, 3 * across.length);
  }

  // ---- stores and loads ----

  /** What each value is called in the block that is being rewritten, and the round in which that was written. */
  readonly #names = new Map<number, Value>();

  #rewrite(b: Block): void {
    const f = this.#f;
    const cursor = new FuncCursor(f);
    const names = this.#names;
    names.clear();
    const first = f.firstInst(b);
    for (let k = 0; k < f.blockParamCount(b); k++) {
      cursor.gotoInst(first);
      this.#storeNew(cursor, f.blockParam(b, k));
    }
    let next: Inst;
    for (let i = first; i !== NONE; i = next) {
      next = f.nextInst(i);
      cursor.gotoInst(i);
      this.#renameOperands(cursor, i);
      if (isSafepoint(f, i)) names.clear();
      if (next === NONE) break;
      cursor.gotoInst(next);
      cursor.location = f.sourceLocation(i);
      for (let k = 0; k < f.resultCount(i); k++) this.#storeNew(cursor, f.result(i, k));
    }
  }

  #slotOf(v: Value): number {
    const n = v >= 0 && v < this.#number.length ? this.#number[v] : NONE;
    return n < 0 ? NONE : this.#slot[n];
  }

  /** `v` is defined here. */
  #storeNew(cursor: FuncCursor, v: Value): void {
    const slot = this.#slotOf(v);
    if (slot < 0) return;
    const ins = cursor.ins();
    ins.store(MEM_TRUSTED, v, ins.stack_addr(I64, slot as StackSlot, 0), 0);
    this.#names.set(v, v);
  }

  #renameOperands(cursor: FuncCursor, i: Inst): void {
    const f = this.#f;
    for (let k = 0, n = f.argCount(i); k < n; k++) f.setArg(i, k, this.#current(cursor, f.arg(i, k)));
    for (let t = 0, n = f.targetCount(i); t < n; t++)
      for (let a = f.targetArgCount(i, t) - 1; a >= 0; a--)
        f.setTargetArg(i, t, a, this.#current(cursor, f.targetArg(i, t, a)));
    if (!isTryCall(f, i)) return;
    const table = f.exceptionTable(i);
    for (let n = f.pool.data[table + 1], at = table + 2; n > 0; n--, at += 2) {
      if (f.pool.data[at] !== EX_CONTEXT) continue;
      const v = this.#current(cursor, f.pool.data[at + 1] as Value);
      f.pool.data[at + 1] = v;
    }
  }

  /** The value that `v` has here: loaded from its slot if a collector may have run since it was known. */
  #current(cursor: FuncCursor, v: Value): Value {
    const slot = this.#slotOf(v);
    if (slot < 0) return v;
    let name = this.#names.get(v);
    if (name === undefined) {
      const ins = cursor.ins();
      name = ins.load(this.#f.valueType(v), MEM_TRUSTED, ins.stack_addr(I64, slot as StackSlot, 0), 0);
      this.#names.set(v, name);
    }
    return name;
  }
}
