import { I32List, NONE } from "@gantry/entity";
import type { Block, Inst } from "../entities.ts";
import type { Function } from "../function.ts";
import {
  FMT_AtomicCas,
  FMT_AtomicRmw,
  FMT_Load,
  FMT_LoadNoOffset,
  FMT_Store,
  FMT_StoreNoOffset,
  OF_CALL,
  OF_CAN_LOAD,
  OF_CAN_STORE,
  OF_CAN_TRAP,
  OF_RETURN,
} from "../generated/facts.ts";
import * as Op from "../generated/opcodes.ts";
import { memRegion, memTrapCode } from "../mem-flags.ts";
import type { ControlFlow } from "./control-flow.ts";

/** What an instruction does to memory. */
export const NO_ACCESS = 0;
export const LOAD = 1;
export const STORE = 2;
/** Everything may change: calls, atomics, fences, barriers. */
export const FENCE = 3;
/** Traps or leaves the function, so that everything stored so far can be seen. */
export const EXIT = 4;

/** What `i` does to memory. */
export function accessKind(f: Function, i: Inst): number {
  const flags = f.opcodeFlags(i);
  const format = f.format(i);
  if (format === FMT_Load) return LOAD;
  if (format === FMT_Store) return STORE;
  if ((flags & OF_RETURN) !== 0) return EXIT;
  if ((flags & OF_CALL) !== 0) return FENCE;
  switch (f.opcode(i)) {
    case Op.fence:
    case Op.debugtrap:
    case Op.sequence_point:
      return FENCE;
  }
  const atomic =
    format === FMT_AtomicRmw ||
    format === FMT_AtomicCas ||
    format === FMT_StoreNoOffset ||
    (format === FMT_LoadNoOffset && (flags & OF_CAN_LOAD) !== 0);
  if (atomic || (flags & (OF_CAN_LOAD | OF_CAN_STORE)) !== 0) return FENCE;
  return (flags & OF_CAN_TRAP) !== 0 ? EXIT : NO_ACCESS;
}

/** The version of an access without region where regions were written since the last fence. */
export const UNKNOWN = -3;

/** An input slot that no edge has reached. */
const UNREACHED = -2;
/** Observed by more than one instruction. */
const MANY = -2;

/**
 * For every memory access, the last instruction that may have written what it reads: its *version* of memory. Accesses
 * of the same version, address, offset and type see the same bytes.
 *
 * The state at a point has one slot for each alias region, and one (slot 0) for the last fence, which stands for all
 * regions that have had no store since. A slot holds an instruction, -1 for memory as it was on entry, or
 * `numInsts + block` where paths with different states meet.
 */
export class MemoryStates {
  /** Version of each access. */
  readonly #version = new I32List(256);
  /** Who sees the effect of each store: NONE, one instruction, or MANY. */
  readonly #observer = new I32List(256);
  readonly #input = new I32List(256);
  readonly #state = new I32List(16);
  readonly #work = new I32List(64);
  readonly #queued = new I32List(64);
  #slots = 1;
  #observing = false;

  /** Computes versions and observers of everything that `flow` reaches. */
  compute(f: Function, flow: ControlFlow): void {
    const slots = f.numRegions + 1;
    this.#slots = slots;
    this.#state.fill(slots, NONE);
    this.#input.fill(f.numBlocks * slots, UNREACHED);
    this.#version.fill(f.numInsts, NONE);
    this.#observer.fill(f.numInsts, NONE);
    this.#queued.fill(f.numBlocks, 0);
    this.#observing = false;
    if (flow.reachableCount === 0) return;
    const work = this.#work;
    work.length = 0;
    const entry = flow.rpoBlock(0);
    for (let s = 0; s < slots; s++) this.#input.data[entry * slots + s] = NONE;
    // A slot changes at most twice: from unreached to one state, from there to the meeting of several.
    work.push(entry);
    for (let at = 0; at < work.length; at++) {
      const b = work.data[at] as Block;
      this.#queued.data[b] = 0;
      this.#load(b);
      for (let i = f.firstInst(b); i !== NONE; i = f.nextInst(i)) this.#step(f, i);
      for (let k = 0, n = flow.succCount(b); k < n; k++) this.#merge(f, flow.succ(b, k));
      if (at > 4096) {
        work.data.copyWithin(0, at + 1, work.length);
        work.length -= at + 1;
        at = -1;
      }
    }
    this.#observing = true;
    for (let r = 0; r < flow.reachableCount; r++) {
      const b = flow.rpoBlock(r);
      this.#load(b);
      for (let i = f.firstInst(b); i !== NONE; i = f.nextInst(i)) this.#step(f, i);
      this.#seenAtJoins(f, flow, b);
    }
  }

  #load(b: Block): void {
    const from = b * this.#slots;
    for (let s = 0; s < this.#slots; s++) this.#state.data[s] = this.#input.data[from + s];
  }

  #merge(f: Function, to: Block): void {
    const at = to * this.#slots;
    const input = this.#input.data;
    const state = this.#state.data;
    const join = f.numInsts + to;
    let changed = false;
    for (let s = 0; s < this.#slots; s++) {
      const old = input[at + s];
      if (old === state[s] || old === join) continue;
      input[at + s] = old === UNREACHED ? state[s] : join;
      changed = true;
    }
    if (!changed || this.#queued.data[to] !== 0) return;
    this.#queued.data[to] = 1;
    this.#work.push(to);
  }

  /** What meets something else in a successor cannot be told apart afterwards: it counts as seen. */
  #seenAtJoins(f: Function, flow: ControlFlow, b: Block): void {
    for (let k = 0, n = flow.succCount(b); k < n; k++) {
      const to = flow.succ(b, k);
      const at = to * this.#slots;
      for (let s = 0; s < this.#slots; s++)
        if (this.#input.data[at + s] === f.numInsts + to) this.#observe(f, this.#state.data[s], MANY);
    }
  }

  #observe(f: Function, store: number, by: number): void {
    if (!this.#observing || store < 0 || store >= f.numInsts) return;
    const old = this.#observer.data[store];
    if (old !== by) this.#observer.data[store] = old === NONE ? by : MANY;
  }

  #observeAll(f: Function, by: number): void {
    for (let s = 0; s < this.#slots; s++) this.#observe(f, this.#state.data[s], by);
  }

  #step(f: Function, i: Inst): void {
    switch (accessKind(f, i)) {
      case NO_ACCESS:
        return;
      case LOAD:
        this.#loadStep(f, i);
        return;
      case STORE:
        this.#storeStep(f, i);
        return;
      case FENCE:
        this.#observeAll(f, i);
        this.#version.data[i] = this.#state.data[0];
        this.#state.data.fill(i, 0, this.#slots);
        return;
      default:
        this.#observeAll(f, i);
    }
  }

  #loadStep(f: Function, i: Inst): void {
    const flags = f.memFlags(i);
    const region = memRegion(flags);
    this.#version.data[i] = this.#read(region);
    if (!this.#observing) return;
    // A load that may trap ends everything that follows; one without region may read what any store wrote.
    if (memTrapCode(flags) !== 0 || !this.#known(region)) this.#observeAll(f, i);
    else {
      this.#observe(f, this.#state.data[region + 1], i);
      this.#observe(f, this.#state.data[0], i);
    }
  }

  #storeStep(f: Function, i: Inst): void {
    const flags = f.memFlags(i);
    const region = memRegion(flags);
    const state = this.#state.data;
    this.#version.data[i] = this.#read(region);
    if (this.#observing) {
      // If this store happens, an earlier one that may trap has not trapped; if this one traps, all earlier ones show.
      const traps = memTrapCode(flags) !== 0;
      for (let s = 0; s < this.#slots; s++) {
        const store = state[s];
        if (traps || s === region + 1 || (store >= 0 && store < f.numInsts && mayTrap(f, store as Inst)))
          this.#observe(f, store, i);
      }
    }
    if (this.#known(region)) state[region + 1] = i;
    else state.fill(i, 0, this.#slots);
  }

  #known(region: number): boolean {
    return region >= 0 && region + 1 < this.#slots;
  }

  /** The version of an access to a region, or of one that may touch all of them. */
  #read(region: number): number {
    const state = this.#state.data;
    if (this.#known(region)) return state[region + 1];
    for (let s = 1; s < this.#slots; s++) if (state[s] !== state[0]) return UNKNOWN;
    return state[0];
  }

  /** The version that an access finds; {@link UNKNOWN} if it is none that another access could find too. */
  version(i: Inst): number {
    return this.#version.data[i];
  }

  /** Whether nothing but (at most) `by` can tell whether store `i` took place. */
  isOnlySeenBy(i: Inst, by: Inst): boolean {
    const o = this.#observer.data[i];
    return o === NONE || o === by;
  }
}

const mayTrap = (f: Function, store: Inst): boolean =>
  accessKind(f, store) === STORE && memTrapCode(f.memFlags(store)) !== 0;
