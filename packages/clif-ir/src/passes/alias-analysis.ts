import { I32List, IntMap, NONE } from "@gantry/entity";
import type { ControlFlow } from "../analysis/control-flow.ts";
import type { DominatorTree } from "../analysis/dominators.ts";
import { accessKind, LOAD, MemoryStates, STORE, UNKNOWN } from "../analysis/memory-states.ts";
import type { PostDominatorTree } from "../analysis/post-dominators.ts";
import type { Block, Inst, Value } from "../entities.ts";
import type { Function } from "../function.ts";
import { load, store } from "../generated/opcodes.ts";
import { MEM_BIG, MEM_LITTLE, memRegion, memTrapCode } from "../mem-flags.ts";
import type { Type } from "../types.ts";

/** Words of a table entry: version, address, offset, type, opcode and byte order; then the value and who defined it. */
const ENTRY = 8;
const KEY = 5;

/**
 * Redundant loads, stores of what is there already and stores that nobody sees.
 *
 * A load that finds a known value for its version of memory, address, offset, type and byte order is removed, and its
 * result becomes an alias of the value. A store of that known value is removed. A store that only a later store to the
 * same place sees, which is on every way from it, is removed.
 */
export class AliasAnalysis {
  readonly #states = new MemoryStates();
  readonly #entries = new I32List(64);
  readonly #index = new IntMap(64);
  readonly #order = new I32List(256);
  readonly #key = new Int32Array(KEY);

  /** @returns Number of instructions removed. */
  run(f: Function, flow: ControlFlow, dom: DominatorTree, post: PostDominatorTree): number {
    if (!hasAccesses(f, flow)) return 0;
    const known = this.#reuse(f, flow, dom);
    return known + this.#deadStores(f, flow, post);
  }

  // Known values.

  #reuse(f: Function, flow: ControlFlow, dom: DominatorTree): number {
    this.#states.compute(f, flow);
    this.#entries.length = 0;
    this.#index.clear();
    let removed = 0;
    let next: Inst;
    for (let r = 0; r < flow.reachableCount; r++) {
      const b = flow.rpoBlock(r);
      for (let i = f.firstInst(b); i !== NONE; i = next) {
        next = f.nextInst(i);
        const kind = accessKind(f, i);
        if (kind === LOAD && this.#reuseLoad(f, dom, b, i)) removed++;
        else if (kind === STORE && this.#reuseStore(f, dom, b, i)) removed++;
      }
    }
    return removed;
  }

  #reuseLoad(f: Function, dom: DominatorTree, b: Block, i: Inst): boolean {
    const version = this.#states.version(i);
    if (version === UNKNOWN) return false;
    const result = f.firstResult(i);
    this.#makeKey(f, i, version, f.arg(i, 0), f.valueType(result));
    const entry = this.#find();
    if (entry === NONE) {
      this.#add(result, b);
      return false;
    }
    // Reverse postorder: within one block, what the table knows was found further up.
    const from = this.#entries.at(entry + 6) as Block;
    if (from !== b && !dom.dominates(from, b)) {
      this.#entries.set(entry + 5, result);
      this.#entries.set(entry + 6, b);
      return false;
    }
    f.removeInst(i);
    f.detachResults(i);
    f.changeToAlias(result, this.#entries.at(entry + 5) as Value);
    return true;
  }

  #reuseStore(f: Function, dom: DominatorTree, b: Block, i: Inst): boolean {
    const data = f.resolve(f.arg(i, 0));
    const type = f.valueType(data);
    const version = this.#states.version(i);
    const known = version !== UNKNOWN && this.#isThere(f, dom, b, i, version, type, data);
    this.#makeKey(f, i, i, f.arg(i, 1), type);
    if (this.#find() === NONE) this.#add(data, b);
    if (known) f.removeInst(i);
    return known;
  }

  /** Whether memory in front of store `i` is known to hold what it stores. */
  #isThere(
    f: Function,
    dom: DominatorTree,
    b: Block,
    i: Inst,
    version: number,
    type: Type,
    data: Value,
  ): boolean {
    this.#makeKey(f, i, version, f.arg(i, 1), type);
    const entry = this.#find();
    if (entry === NONE || f.resolve(this.#entries.at(entry + 5) as Value) !== data) return false;
    const from = this.#entries.at(entry + 6) as Block;
    return from === b || dom.dominates(from, b);
  }

  #makeKey(f: Function, i: Inst, version: number, address: Value, type: Type): void {
    const op = f.opcode(i);
    const key = this.#key;
    key[0] = version;
    key[1] = f.resolve(address);
    key[2] = f.offset(i);
    key[3] = type;
    key[4] = (op === load || op === store ? 0 : op) | ((f.memFlags(i) & (MEM_LITTLE | MEM_BIG)) << 16);
  }

  #hash(): number {
    let h = 0;
    for (let k = 0; k < KEY; k++) h = (Math.imul(h, 0x85ebca6b) + this.#key[k]) | 0;
    return h;
  }

  #find(): number {
    for (let h = this.#hash(); ; h = (h + 1) | 0) {
      const entry = this.#index.get(h, NONE);
      if (entry === NONE || this.#matches(entry)) return entry;
    }
  }

  #matches(entry: number): boolean {
    for (let k = 0; k < KEY; k++) if (this.#entries.at(entry + k) !== this.#key[k]) return false;
    return true;
  }

  #add(v: Value, b: Block): void {
    let h = this.#hash();
    while (this.#index.has(h)) h = (h + 1) | 0;
    const entry = this.#entries.extend(ENTRY);
    for (let k = 0; k < KEY; k++) this.#entries.set(entry + k, this.#key[k]);
    this.#entries.set(entry + 5, v);
    this.#entries.set(entry + 6, b);
    this.#index.set(h, entry);
  }

  // Dead stores.

  #deadStores(f: Function, flow: ControlFlow, post: PostDominatorTree): number {
    this.#states.compute(f, flow);
    this.#number(f);
    let removed = 0;
    for (let r = 0; r < flow.reachableCount; r++) {
      const b = flow.rpoBlock(r);
      for (let i = f.firstInst(b); i !== NONE; i = f.nextInst(i)) {
        if (accessKind(f, i) !== STORE) continue;
        let last = this.#states.version(i);
        let seer: Inst = i;
        // What the dead store would have overwritten may be dead too.
        while (last >= 0 && last < f.numInsts && this.#isDead(f, last as Inst, i, seer, post)) {
          f.removeInst(last as Inst);
          removed++;
          seer = last as Inst;
          last = this.#states.version(seer);
        }
      }
    }
    return removed;
  }

  #number(f: Function): void {
    this.#order.fill(f.numInsts, NONE);
    let n = 0;
    for (let b = f.firstBlock(); b !== NONE; b = f.nextBlock(b))
      for (let i = f.firstInst(b); i !== NONE; i = f.nextInst(i)) this.#order.set(i, n++);
  }

  #isDead(f: Function, old: Inst, i: Inst, seer: Inst, post: PostDominatorTree): boolean {
    if (old === i || accessKind(f, old) !== STORE || !this.#states.isOnlySeenBy(old, seer)) return false;
    const b = f.instBlock(old);
    if (b === NONE || f.opcode(old) !== f.opcode(i)) return false;
    const flags = f.memFlags(i);
    const oldFlags = f.memFlags(old);
    if (memRegion(flags) !== memRegion(oldFlags) || memTrapCode(flags) !== memTrapCode(oldFlags))
      return false;
    if (f.resolve(f.arg(old, 1)) !== f.resolve(f.arg(i, 1)) || f.offset(old) !== f.offset(i)) return false;
    if (f.valueType(f.arg(old, 0)) !== f.valueType(f.arg(i, 0))) return false;
    const to = f.instBlock(i);
    return b === to ? this.#order.at(old) < this.#order.at(i) : post.postDominates(to, b);
  }
}

function hasAccesses(f: Function, flow: ControlFlow): boolean {
  for (let r = 0; r < flow.reachableCount; r++)
    for (let i = f.firstInst(flow.rpoBlock(r)); i !== NONE; i = f.nextInst(i)) {
      const kind = accessKind(f, i);
      if (kind === LOAD || kind === STORE) return true;
    }
  return false;
}
