import {
  type Function,
  type Inst,
  OF_CALL,
  Op,
  SIDE_STACK_MAP,
  SIDE_TAGS,
  SL_HAS_KEY,
  SL_KEY,
  SL_KEY2,
  SLOT_SHIFT,
  type StackSlot,
} from "@gantry/clif-ir";
import { bug } from "@gantry/diag";
import { type I32List, IntMap, NONE } from "@gantry/entity";
import { EDIT_WORDS, EXCHANGE, MOVE, type Output, REMATERIALISE, SLOT_BASE as SLOT } from "@gantry/regalloc";
import { CodeBuffer } from "./code-buffer.ts";
import { CALL_SITE_WORDS, type CompiledCode, HandlerKind } from "./compiled-code.ts";
import { EmissionOrder } from "./emission-order.ts";
import type { LowerContext } from "./lower-context.ts";
import { Fact, type TargetIsa } from "./target.ts";

/** Words of a row of the machine code's sites. */
const SITE_WORDS = 3;

/** Records that are looked at for one that writes flags. */
const FLAG_DISTANCE = 64;

/**
 * Writes the machine code of a function: one forward pass over the allocated records.
 *
 * Blocks that hold nothing but a jump, split edges without moves above all, are threaded: a branch to them goes to
 * where they jump to, and they are not emitted. Branches are written against the block that comes next, so nothing is
 * inverted or removed afterwards.
 */
export class Emitter {
  readonly buf: CodeBuffer = new CodeBuffer();
  isa!: TargetIsa;
  ctx!: LowerContext;
  output!: Output;
  readonly #order = new EmissionOrder();
  /** Row of `ctx.sites` by record. */
  readonly #siteOf = new IntMap();
  #hasSites = false;

  /** Emits the whole function into `code`. */
  run(isa: TargetIsa, ctx: LowerContext, output: Output, blockStart: I32List, code: CompiledCode): void {
    this.isa = isa;
    this.ctx = ctx;
    this.output = output;
    const blocks = ctx.blocks.count;
    this.buf.reset(isa.fixups, code, blocks);
    this.#threadJumps(blockStart);
    this.#order.compute(ctx.func, ctx.blocks, this.buf.thread.data);
    code.alignment = isa.functionAlignment;
    this.#hasSites = ctx.sites.length > 0;
    if (this.#hasSites) this.#findSites();
    const { sequence } = this.#order;
    for (let k = 0; k < sequence.length; k++) {
      this.buf.next = k + 1 < sequence.length ? sequence.data[k + 1] : NONE;
      this.#block(sequence.data[k], blockStart);
    }
    this.buf.finish();
    code.frameBytes = ctx.frame.bodyBytes;
    code.framePointerAt = ctx.frame.framePointerAt;
    this.#frameSlots(ctx.func, code);
  }

  get words(): Int32Array {
    return this.ctx.words;
  }

  #threadJumps(blockStart: I32List): void {
    const { ctx, isa, output } = this;
    const blocks = ctx.blocks.count;
    const thread = this.buf.thread;
    const edits = output.edits.data;
    const editWords = output.edits.length;
    thread.fill(blocks, 0);
    let e = 0;
    for (let lb = 0; lb < blocks; lb++) {
      const from = blockStart.data[lb];
      const to = blockStart.data[lb + 1];
      while (e < editWords && edits[e] < from) e += EDIT_WORDS;
      const bare = to === from + 1 && (e >= editWords || edits[e] >= to);
      const at = ctx.order.data[from];
      const jumps = bare && lb !== 0 && (ctx.words[at] & 0xffff) === isa.jumpOpcode;
      thread.data[lb] = jumps ? ctx.words[at + 1] : lb;
    }
    for (let lb = 0; lb < blocks; lb++) thread.data[lb] = this.#follow(lb, blocks);
  }

  /** The end of the chain of bare jumps that starts at `lb`; a cycle of them stays where it is entered. */
  #follow(lb: number, limit: number): number {
    const thread = this.buf.thread.data;
    let to = lb;
    for (let k = 0; thread[to] !== to; k++) {
      to = thread[to];
      if (k > limit) {
        thread[lb] = lb;
        return lb;
      }
    }
    // Compress the path, so that all chains together are linear.
    for (let at = lb; thread[at] !== to && at !== to; ) {
      const after = thread[at];
      thread[at] = to;
      at = after;
    }
    return to;
  }

  #block(lb: number, blockStart: I32List): void {
    const { ctx, isa, buf, output } = this;
    const edits = output.edits.data;
    const editWords = output.edits.length;
    const from = blockStart.data[lb];
    const to = blockStart.data[lb + 1];
    buf.bind(lb);
    if (ctx.settings.bool("machine_code_cfg_info")) buf.code.blockOffsets.push(buf.length);
    if (lb === 0) isa.emitPrologue(this);
    let e = this.#firstEdit(from);
    const facts = isa.insts.facts;
    const worst = isa.insts.worstSize;
    const zeroing = isa.zeroing?.opcode ?? -1;
    for (let p = from; p < to; p++) {
      buf.source(ctx.orderSource.data[p]);
      const at = ctx.order.data[p];
      const op = ctx.words[at] & 0xffff;
      // Spill slots can be addressed only when the stack pointer is right again.
      const lands = this.#hasSites && op === isa.landingOpcode;
      if (lands) isa.encode(ctx.words, at, buf);
      while (e < editWords && edits[e] === p && edits[e + 1] === 0) {
        this.#edit(e, p, to);
        e += EDIT_WORDS;
      }
      buf.reserve(worst[op]);
      buf.startInst();
      if ((facts[op] & Fact.return) !== 0) isa.emitReturn(this, at);
      else if (op === zeroing) this.#constant(at, p + 1, to);
      else if (this.#hasSites) {
        if (!lands) this.#encodeWithSite(at);
      } else isa.encode(ctx.words, at, buf);
      while (e < editWords && edits[e] === p) {
        this.#edit(e, p + 1, to);
        e += EDIT_WORDS;
      }
    }
  }

  #findSites(): void {
    const { sites } = this.ctx;
    this.#siteOf.clear();
    for (let k = 0; k < sites.length; k += SITE_WORDS) this.#siteOf.set(sites.data[k], k);
  }

  /** Encodes the record at `at` and writes down what its instruction has to tell. */
  #encodeWithSite(at: number): void {
    const { buf, ctx, isa } = this;
    const start = buf.length;
    isa.encode(ctx.words, at, buf);
    const site = this.#siteOf.get(at, NONE);
    if (site === NONE) return;
    const { func } = ctx;
    const i = ctx.sites.data[site + 1] as Inst;
    const { callSites, debugTags, patchable } = buf.code;
    let offset = buf.length;
    if ((func.opcodeFlags(i) & OF_CALL) !== 0) {
      const row = callSites.length - CALL_SITE_WORDS;
      offset = callSites.data[row];
      callSites.data[row + 1] = this.#stackMap(i);
      this.#handlers(ctx.sites.data[site + 2]);
      if (func.opcode(i) === Op.call && func.isPatchable(func.funcRef(i))) {
        patchable.push(offset);
        patchable.push(offset - start);
      }
    }
    const tags = func.sideEntry(i, SIDE_TAGS);
    if (tags === NONE) return;
    const first = func.side.data[tags + 2];
    for (let k = 0; k < func.side.data[tags + 3]; k += 2) {
      debugTags.push(offset);
      debugTags.push(func.pool.data[first + k]);
      debugTags.push(func.pool.data[first + k + 1]);
    }
  }

  /** The stack map of call `i`: its place in the column, -1 if it has none. */
  #stackMap(i: Inst): number {
    const { func, frame } = this.ctx;
    const entry = func.sideEntry(i, SIDE_STACK_MAP);
    if (entry === NONE) return NONE;
    const { stackMaps } = this.buf.code;
    const at = stackMaps.length;
    const first = func.side.data[entry + 2];
    const words = func.side.data[entry + 3];
    stackMaps.push(frame.incomingRegister >= 0 ? NONE : frame.incomingBase);
    stackMaps.push(words / 3);
    for (let k = first; k < first + words; k += 3) {
      stackMaps.push(func.pool.data[k]);
      stackMaps.push(frame.slotOffset(func.pool.data[k + 1] as StackSlot) + func.pool.data[k + 2]);
    }
    return at;
  }

  /** The handlers of the last call site: see `sites` of the machine code. */
  #handlers(list: number): void {
    if (list === 0) return;
    const { words } = this;
    for (let n = words[list], at = list + 1; n > 0; n--, at += 3) {
      const isContext = words[at] === HandlerKind.context;
      const value = isContext ? this.spillOffset(words[words[at + 1]]) : words[at + 1];
      this.buf.handler(words[at], value, isContext ? NONE : words[at + 2]);
    }
  }

  /** Index of the first edit at or behind position `p`: edits are sorted. */
  #firstEdit(p: number): number {
    const edits = this.output.edits.data;
    let low = 0;
    let high = this.output.edits.length / EDIT_WORDS;
    while (low < high) {
      const mid = (low + high) >> 1;
      if (edits[mid * EDIT_WORDS] < p) low = mid + 1;
      else high = mid;
    }
    return low * EDIT_WORDS;
  }

  /** Encodes a constant in front of record `p`; zero as the target does it best where nothing reads the flags. */
  #constant(at: number, p: number, end: number): void {
    const { words, buf, isa } = this;
    const zeroing = isa.zeroing!;
    if (words[at + zeroing.word] === 0 && this.#flagsAreDead(p, end)) zeroing.encode(words, at, buf);
    else isa.encode(words, at, buf);
  }

  /**
   * Whether none of the records from `p` to the end of the block reads flags before they are written. Flags do not live
   * across blocks. What is further away than a few records is not looked for.
   */
  #flagsAreDead(p: number, end: number): boolean {
    const { ctx, isa } = this;
    const order = ctx.order.data;
    const facts = isa.insts.facts;
    const limit = Math.min(end, p + FLAG_DISTANCE);
    for (; p < limit; p++) {
      const fact = facts[ctx.words[order[p]] & 0xffff];
      if ((fact & Fact.readsFlags) !== 0) return false;
      if ((fact & Fact.writesFlags) !== 0) return true;
    }
    return p === end;
  }

  /** Emits an edit in front of record `p`. */
  #edit(e: number, p: number, end: number): void {
    const { isa, ctx, output, buf } = this;
    const edits = output.edits.data;
    const from = edits[e + 3];
    const to = edits[e + 4];
    buf.reserve(32);
    switch (edits[e + 2]) {
      case MOVE: {
        const register = from >= SLOT ? to : from;
        const slot = from >= SLOT ? from : to;
        const bytes = slot >= SLOT ? output.slotBytes.data[slot - SLOT] : 16;
        isa.emitMove(this, register >> 5, bytes, from, to);
        return;
      }
      case REMATERIALISE: {
        const at = ctx.vregRemat[from];
        // Uses and groups stand in front of the only result.
        const last = isa.insts.operandStart[(ctx.words[at] & 0xffff) + 1] - 1;
        const word = at + ((isa.insts.operands[last] >>> 16) & 0xff);
        const before = ctx.words[word];
        ctx.words[word] = to;
        buf.startInst();
        if ((ctx.words[at] & 0xffff) === isa.zeroing?.opcode) this.#constant(at, p, end);
        else isa.encode(ctx.words, at, buf);
        ctx.words[word] = before;
        return;
      }
      case EXCHANGE:
        isa.emitExchange(this, from >> 5, from, to);
        return;
      default:
        bug("emit", `unknown edit kind ${edits[e + 2]}`);
    }
  }

  /** Distance from the stack pointer of spill slot allocation `alloc`. */
  spillOffset(alloc: number): number {
    return this.ctx.frame.spillBase + this.output.spillOffset.data[alloc - SLOT];
  }

  #frameSlots(func: Function, code: CompiledCode): void {
    const rows = code.frameSlots;
    for (let s = 0, n = func.numStackSlots; s < n; s++) {
      rows.push(s);
      rows.push(this.ctx.frame.slotOffset(s));
      const at = s << SLOT_SHIFT;
      const hasKey = func.slots.data[at + SL_HAS_KEY] !== 0;
      rows.push(hasKey ? func.slots.data[at + SL_KEY] : 0);
      rows.push(hasKey ? func.slots.data[at + SL_KEY2] : 0);
    }
  }
}
