/**
 * The symbolic checker: abstract interpretation of an allocator's output, which knows nothing of how it came about.
 *
 * The state maps every location to the set of vregs whose value it holds. At a join a location holds what it holds on
 * every edge; an edge with arguments makes each location that holds an argument hold the parameter too. Instructions and
 * edits transfer as follows:
 * - a move makes `to` hold what `from` holds; an exchange swaps; a rematerialisation of v makes `to` hold {v};
 * - an instruction needs in every use's location the vreg that the use names, in a location that its constraint allows
 *   and that no other operand disturbs; then its clobbers hold nothing, and a definition of v makes its location hold {v}
 *   and no other location v.
 * The fixpoint is reached from above, block by block; one more pass over it reports.
 *
 * It also tracks which instruction last wrote the condition codes, once with edits and once without: an instruction that
 * reads them must see the same one both times.
 */
import type { Environment } from "./environment.ts";
import {
  ANY,
  CLASSES,
  FIRST_FIXED_SLOT,
  FIRST_VREG,
  FIXED,
  LIMIT,
  READS_FLAGS,
  REG,
  REUSE,
  SLOT_BASE,
  STACK,
  WRITES_FLAGS,
} from "./operand.ts";
import { EDIT_WORDS, EXCHANGE, MOVE, type Output, REMATERIALISE } from "./output.ts";
import type { Problem } from "./problem.ts";
import { editText, instructionText, locationName, operandText } from "./text.ts";

/** What the checker asks of the client. */
export interface CheckOptions {
  /** Whether what the client expands an edit to writes the condition codes; by default none does. */
  editWritesFlags?(kind: number, from: number, to: number): boolean;
}

/** Reported errors beyond this many are left out. */
const MAX_ERRORS = 20;

/** Writers of the condition codes that are not an instruction: nobody yet, several, an edit. */
const NO_WRITER = -1;
const SEVERAL_WRITERS = -2;
const EDIT_WRITER = -3;

/**
 * What locations hold, kept both ways so that a definition finds the locations that hold an older value of
 * its vreg.
 */
export class Contents {
  readonly held = new Map<number, number[]>();
  readonly holders = new Map<number, number[]>();
  flags = NO_WRITER;
  inputFlags = NO_WRITER;

  clone(): Contents {
    const c = new Contents();
    for (const [at, vregs] of this.held) c.set(at, vregs);
    c.flags = this.flags;
    c.inputFlags = this.inputFlags;
    return c;
  }

  holds(at: number, v: number): boolean {
    return this.held.get(at)?.includes(v) ?? false;
  }

  clear(at: number): void {
    const vregs = this.held.get(at);
    if (vregs === undefined) return;
    this.held.delete(at);
    for (const v of vregs) this.#unhold(v, at);
  }

  set(at: number, vregs: readonly number[]): void {
    this.clear(at);
    if (vregs.length === 0) return;
    this.held.set(at, vregs.slice());
    for (const v of vregs) this.#hold(v, at);
  }

  add(at: number, v: number): void {
    const vregs = this.held.get(at);
    if (vregs === undefined) this.held.set(at, [v]);
    else vregs.push(v);
    this.#hold(v, at);
  }

  forget(v: number): void {
    const places = this.holders.get(v);
    if (places === undefined) return;
    this.holders.delete(v);
    for (const at of places) {
      const rest = this.held.get(at)!.filter((w) => w !== v);
      if (rest.length === 0) this.held.delete(at);
      else this.held.set(at, rest);
    }
  }

  /** Keeps what `other` holds too; says whether anything was lost. */
  meet(other: Contents): boolean {
    let changed = false;
    for (const [at, vregs] of [...this.held]) {
      const rest = vregs.filter((v) => other.holds(at, v));
      if (rest.length === vregs.length) continue;
      this.set(at, rest);
      changed = true;
    }
    if (this.flags !== other.flags && this.flags !== SEVERAL_WRITERS) {
      this.flags = SEVERAL_WRITERS;
      changed = true;
    }
    if (this.inputFlags !== other.inputFlags && this.inputFlags !== SEVERAL_WRITERS) {
      this.inputFlags = SEVERAL_WRITERS;
      changed = true;
    }
    return changed;
  }

  #hold(v: number, at: number): void {
    const places = this.holders.get(v);
    if (places === undefined) this.holders.set(v, [at]);
    else places.push(at);
  }

  #unhold(v: number, at: number): void {
    const places = this.holders.get(v)!;
    places[places.indexOf(at)] = places[places.length - 1]!;
    places.pop();
    if (places.length === 0) this.holders.delete(v);
  }
}

/**
 * Checks an allocation and returns what is wrong with it, an empty list if nothing is.
 *
 * @param options What the checker cannot know of the client.
 */
export function checkAllocation(
  p: Problem,
  env: Environment,
  out: Output,
  options: CheckOptions = {},
): string[] {
  return new Checker(p, env, out, options).run();
}

/**
 * Calls `visit` with every reachable instruction, in order, and what locations hold right before it, between the edits
 * before it and itself.
 */
export function replayAllocation(
  p: Problem,
  env: Environment,
  out: Output,
  visit: (inst: number, contents: Contents) => void,
): void {
  new Checker(p, env, out, {}).replay(visit);
}

class Checker {
  readonly #p: Problem;
  readonly #env: Environment;
  readonly #out: Output;
  readonly #options: CheckOptions;
  readonly #errors: string[] = [];
  /** Per instruction, its first edit; edits of i are those before the first of i + 1. */
  readonly #firstEdit: Int32Array;
  /** Bytes from each slot's offset to the next. */
  readonly #slotRoom: number[] = [];
  #reporting = false;
  #visit: ((inst: number, contents: Contents) => void) | undefined;

  constructor(p: Problem, env: Environment, out: Output, options: CheckOptions) {
    this.#p = p;
    this.#env = env;
    this.#out = out;
    this.#options = options;
    this.#firstEdit = new Int32Array(p.numInsts() + 1);
  }

  run(): string[] {
    const p = this.#p;
    this.#checkShape();
    if (this.#errors.length > 0) return this.#errors;
    const entry = this.#fixpoint();
    this.#reporting = true;
    for (let b = 0; b < p.numBlocks() && this.#errors.length < MAX_ERRORS; b++) {
      const state = entry[b];
      if (state !== undefined) this.#block(b, state);
    }
    return this.#errors;
  }

  replay(visit: (inst: number, contents: Contents) => void): void {
    this.#checkShape();
    const entry = this.#fixpoint();
    this.#visit = visit;
    for (const [b, state] of entry.entries()) if (state !== undefined) this.#block(b, state);
  }

  /** What locations hold at the start of every block that can be reached. */
  #fixpoint(): (Contents | undefined)[] {
    const p = this.#p;
    const entry: (Contents | undefined)[] = new Array(p.numBlocks());
    entry[0] = new Contents();
    const queued = new Uint8Array(p.numBlocks());
    queued[0] = 1;
    let low = 0;
    while (low < p.numBlocks()) {
      const b = low++;
      if (queued[b] === 0) continue;
      queued[b] = 0;
      const state = entry[b]!.clone();
      this.#block(b, state);
      for (let e = p.blockSuccStart.at(b); e < p.blockSuccStart.at(b + 1); e++) {
        const t = p.succs.at(e);
        const arriving = this.#edge(e, t, state);
        const known = entry[t];
        let changed = true;
        if (known === undefined) entry[t] = arriving;
        else changed = known.meet(arriving);
        if (changed && queued[t] === 0) {
          queued[t] = 1;
          low = Math.min(low, t);
        }
      }
    }
    return entry;
  }

  /** Order and place of edits, and room in the spill area: what needs no state. */
  #checkShape(): void {
    const out = this.#out;
    const w = out.edits.data;
    const n = this.#p.numInsts();
    let point = -1;
    let at = 0;
    for (let i = 0; i <= n; i++) {
      this.#firstEdit[i] = at;
      while (at < out.edits.length && w[at] === i) {
        const here = 2 * i + w[at + 1]!;
        if (here < point) this.#errors.push(`edits of instruction ${i} are out of order`);
        point = here;
        if (w[at + 1] === 1 && this.#endsBlock(i))
          this.#errors.push(`an edit stands after ${i}, which ends its block`);
        at += EDIT_WORDS;
      }
    }
    if (at !== out.edits.length) this.#errors.push("edits are not sorted by instruction");
    const slots = out.spillOffset.toArray();
    if (slots.length !== out.slotCount)
      this.#errors.push(`${out.slotCount} slots have ${slots.length} offsets`);
    if (out.slotBytes.length !== out.slotCount)
      this.#errors.push(`${out.slotCount} slots have ${out.slotBytes.length} widths`);
    const sorted = slots.map((_, k) => k).sort((a, b) => slots[a]! - slots[b]!);
    for (let k = 0; k < sorted.length; k++) {
      const next = k + 1 < sorted.length ? slots[sorted[k + 1]!]! : out.spillBytes;
      this.#slotRoom[sorted[k]!] = next - slots[sorted[k]!]!;
    }
  }

  #endsBlock(i: number): boolean {
    const starts = this.#p.blockInstStart;
    let low = 0;
    let high = this.#p.numBlocks();
    while (low < high) {
      const middle = (low + high) >> 1;
      if (starts.at(middle) <= i) low = middle + 1;
      else high = middle;
    }
    return starts.at(low) === i + 1;
  }

  #edge(e: number, t: number, state: Contents): Contents {
    const p = this.#p;
    const next = state.clone();
    const first = p.blockParamStart.at(t);
    const args = p.edgeArgStart.at(e);
    for (let k = first; k < p.blockParamStart.at(t + 1); k++) next.forget(p.params.at(k));
    for (let k = first; k < p.blockParamStart.at(t + 1); k++)
      for (const at of state.holders.get(p.edgeArgs.at(args + k - first)) ?? []) next.add(at, p.params.at(k));
    return next;
  }

  #block(b: number, state: Contents): void {
    const p = this.#p;
    for (let i = p.blockInstStart.at(b); i < p.blockInstStart.at(b + 1); i++) {
      this.#edits(i, 0, state);
      this.#visit?.(i, state);
      this.#instruction(i, state);
      this.#edits(i, 1, state);
    }
  }

  #edits(i: number, after: number, state: Contents): void {
    const w = this.#out.edits.data;
    for (let at = this.#firstEdit[i]!; at < this.#firstEdit[i + 1]!; at += EDIT_WORDS) {
      if (w[at + 1] !== after) continue;
      const kind = w[at + 2]!;
      const from = w[at + 3]!;
      const to = w[at + 4]!;
      if (this.#options.editWritesFlags?.(kind, from, to)) state.flags = EDIT_WRITER;
      if (kind === MOVE) {
        const vregs = state.held.get(from) ?? [];
        state.set(to, vregs);
        if (this.#reporting) this.#checkMove(i, from, to, vregs);
      } else if (kind === REMATERIALISE) {
        state.set(to, [from]);
        if (this.#reporting) this.#checkRematerialise(i, from, to);
      } else {
        const a = state.held.get(from) ?? [];
        const b = state.held.get(to) ?? [];
        state.set(from, b);
        state.set(to, a);
        if (this.#reporting) this.#checkExchange(i, from, to);
      }
    }
  }

  #checkMove(i: number, from: number, to: number, vregs: readonly number[]): void {
    const text = `edit ${editText(MOVE, from, to)} at instruction ${i}`;
    if (from >= FIRST_FIXED_SLOT && to >= FIRST_FIXED_SLOT) this.#error(`${text} moves memory to memory`);
    if (from < FIRST_FIXED_SLOT && to < FIRST_FIXED_SLOT && from >> 5 !== to >> 5)
      this.#error(`${text} moves between register classes`);
    this.#checkWritten(text, to);
    for (const at of [from, to])
      if (at >= SLOT_BASE)
        for (const v of vregs) {
          const slot = at - SLOT_BASE;
          const bytes = this.#p.vregSlotBytes.at(v);
          if (slot >= this.#out.slotCount) this.#error(`${text} names a slot that does not exist`);
          else if (
            this.#slotRoom[slot]! < bytes ||
            this.#out.slotBytes.at(slot) < bytes ||
            this.#out.spillOffset.at(slot) % bytes !== 0
          )
            this.#error(`${text}: the slot has no room for the ${bytes} bytes of ${locationName(v)}`);
        }
  }

  #checkRematerialise(i: number, v: number, to: number): void {
    const text = `edit ${editText(REMATERIALISE, v, to)} at instruction ${i}`;
    if (v < FIRST_VREG || v >= this.#p.numVRegs || this.#p.vregRemat.at(v) === 0)
      this.#error(`${text}: the vreg cannot be recomputed`);
    else if (to >= FIRST_FIXED_SLOT || to >> 5 !== this.#p.vregClass.at(v))
      this.#error(`${text} does not go to a register of the vreg's class`);
    this.#checkWritten(text, to);
  }

  #checkExchange(i: number, from: number, to: number): void {
    const text = `edit ${editText(EXCHANGE, from, to)} at instruction ${i}`;
    if (from >= FIRST_FIXED_SLOT || to >= FIRST_FIXED_SLOT || from >> 5 !== to >> 5)
      this.#error(`${text} is not between two registers of a class`);
    this.#checkWritten(text, from);
    this.#checkWritten(text, to);
  }

  #checkWritten(text: string, to: number): void {
    if (to >= 0 && to < FIRST_FIXED_SLOT && ((this.#out.usedRegs[to >> 5]! >>> (to & 31)) & 1) === 0)
      this.#error(`${text} writes a register that is not among the used ones`);
  }

  #instruction(i: number, state: Contents): void {
    const p = this.#p;
    const first = p.instOperandStart.at(i);
    const end = p.instOperandStart.at(i + 1);
    if (this.#reporting) {
      for (let k = first; k < end; k++) this.#checkOperand(i, k, first, state);
      this.#checkSharing(i, first, end);
    }
    const flags = p.instFlags.at(i);
    if (this.#reporting && (flags & READS_FLAGS) !== 0) this.#checkFlags(i, state);
    if ((flags & WRITES_FLAGS) !== 0) {
      state.flags = i;
      state.inputFlags = i;
    }
    const set = p.instClobber.at(i);
    if (set !== 0)
      for (let c = 0; c < CLASSES; c++)
        for (let q = p.clobberSets.at(3 * set + c); q !== 0; q &= q - 1)
          state.clear((c << 5) | (31 - Math.clz32(q & -q)));
    for (let k = first; k < end; k++) {
      if ((p.operandInfo.at(k) & 1) === 0 || p.operandVReg.at(k) < FIRST_VREG) continue;
      state.forget(p.operandVReg.at(k));
      state.set(this.#out.allocs.at(k), [p.operandVReg.at(k)]);
    }
  }

  #checkFlags(i: number, state: Contents): void {
    const name = (writer: number): string =>
      writer >= 0
        ? `instruction ${writer}`
        : writer === NO_WRITER
          ? "nobody"
          : writer === EDIT_WRITER
            ? "an edit"
            : "several instructions";
    if (state.flags < 0 || state.flags !== state.inputFlags)
      this.#error(
        `${this.#at(i)}: reads condition codes of ${name(state.inputFlags)}, but sees those of ${name(state.flags)}`,
      );
  }

  #checkOperand(i: number, k: number, first: number, state: Contents): void {
    const p = this.#p;
    const v = p.operandVReg.at(k);
    const info = p.operandInfo.at(k);
    const at = this.#out.allocs.at(k);
    if (v < FIRST_VREG) {
      if (at !== v)
        this.#error(`${this.#operand(i, k)} must be ${locationName(v)} itself, not ${locationName(at)}`);
      return;
    }
    const trouble = this.#constraintTrouble(first, info, at);
    if (trouble !== "") this.#error(`${this.#operand(i, k)} ${trouble}, but is in ${locationName(at)}`);
    if ((info & 1) !== 0) {
      this.#checkWritten(this.#operand(i, k), at);
      if (at >= SLOT_BASE) this.#checkMove(i, 0, at, [v]);
      return;
    }
    if (state.holds(at, v)) return;
    const held = state.held.get(at)?.map(locationName).join(", ") ?? "nothing known";
    const places = state.holders.get(v)?.map(locationName).join(", ") ?? "nowhere";
    this.#error(
      `${this.#operand(i, k)}: ${locationName(at)} should hold ${locationName(v)}, but holds ${held}; ` +
        `${locationName(v)} is ${places === "nowhere" ? places : `in ${places}`}`,
    );
  }

  #constraintTrouble(first: number, info: number, at: number): string {
    const c = (info >> 2) & 3;
    const payload = info >> 8;
    const isSlot = at >= SLOT_BASE && at - SLOT_BASE < this.#out.slotCount;
    const isReg =
      at >= 0 &&
      at < FIRST_FIXED_SLOT &&
      at >> 5 === c &&
      (((this.#env.preferred[c]! | this.#env.other[c]!) >>> (at & 31)) & 1) !== 0;
    switch ((info >> 4) & 7) {
      case ANY:
        return isReg || isSlot ? "" : "must be in an allocatable register of its class or in a slot";
      case REG:
        return isReg ? "" : "must be in an allocatable register of its class";
      case STACK:
        return isSlot ? "" : "must be in a slot";
      case FIXED:
        return at === payload ? "" : `must be in ${locationName(payload)}`;
      case LIMIT:
        return isReg && (at & 31) < 1 << payload ? "" : `must be in a register below ${1 << payload}`;
      case REUSE:
        return at === this.#out.allocs.at(first + payload) ? "" : `must be where operand ${payload} is`;
      default:
        return "has an unknown constraint";
    }
  }

  /** Which operands may be in one place. */
  #checkSharing(i: number, first: number, end: number): void {
    const p = this.#p;
    const out = this.#out;
    const set = p.instClobber.at(i);
    for (let k = first; k < end; k++) {
      const info = p.operandInfo.at(k);
      const at = out.allocs.at(k);
      if (p.operandVReg.at(k) < FIRST_VREG) continue;
      const isDef = (info & 1) !== 0;
      const isLate = (info & 2) !== 0;
      const occupiesBoth = isDef !== isLate;
      if (occupiesBoth && set !== 0 && at < FIRST_FIXED_SLOT)
        if (((p.clobberSets.at(3 * set + (at >> 5)) >>> (at & 31)) & 1) !== 0)
          this.#error(`${this.#operand(i, k)} is in ${locationName(at)}, which the instruction clobbers`);
      if (!isDef) continue;
      const isReuse = ((info >> 4) & 7) === REUSE;
      const input = isReuse ? first + (info >> 8) : -1;
      for (let j = first; j < end; j++) {
        if (j === k || out.allocs.at(j) !== at || p.operandVReg.at(j) < FIRST_VREG) continue;
        const other = p.operandInfo.at(j);
        const otherIsDef = (other & 1) !== 0;
        const otherIsLate = (other & 2) !== 0;
        if (j === input && !otherIsLate) continue;
        const sameInput = isReuse && p.operandVReg.at(j) === p.operandVReg.at(input) && !otherIsLate;
        if (otherIsDef || otherIsLate || !isLate || (isReuse && !sameInput))
          this.#error(`${this.#operand(i, k)} and operand ${j - first} are both in ${locationName(at)}`);
      }
    }
  }

  #at(i: number): string {
    return `instruction ${i} (${instructionText(this.#p, i)})`;
  }

  #operand(i: number, k: number): string {
    const p = this.#p;
    const text = operandText(p.operandVReg.at(k), p.operandInfo.at(k));
    return `${this.#at(i)}: operand ${k - p.instOperandStart.at(i)} ${text}`;
  }

  #error(message: string): void {
    if (this.#errors.length < MAX_ERRORS) this.#errors.push(message);
  }
}
