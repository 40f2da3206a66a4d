/** Calls of x86-64 with an exception table for the rule host. */
import {
  type Block,
  CallConv,
  callWord,
  EX_CONTEXT,
  type FuncRef,
  type Inst,
  type Value,
} from "@gantry/clif-ir";
import { Mem } from "@gantry/codegen-core";
import { NONE } from "@gantry/entity";
import { DEF, EARLY, FIXED, STACK as IN_MEMORY, LATE, operandInfo, USE } from "@gantry/regalloc";
import { calleePops, STACK } from "../abi.ts";
import { tryClobbersOf } from "../clobbers.ts";
import { GENERAL, RAX, RDX } from "../registers.ts";
import { Reloc } from "../relocs.ts";
import { X64Calls } from "./calls.ts";
import { registerDef } from "./params.ts";

/** Where the payloads of an exception arrive. */
const PAYLOADS = Int32Array.of(RAX, RDX);

/** Makes calls with handlers, and the blocks where those begin. */
export abstract class X64TryCalls extends X64Calls {
  gen_try_call(call: Inst, fn: FuncRef): number {
    this.callDirect(call, fn);
    return this.output_none();
  }

  gen_try_call_indirect(call: Inst, address: Value): number {
    this.callIndirect(call, this.func.sigRef(call), address);
    return this.output_none();
  }

  protected override emitTryCall(call: Inst, symbol: number, target: number): void {
    const { func, frame } = this;
    const { conv } = this.callee;
    const last = func.targetCount(call) - 1;
    const clobbers = tryClobbersOf(conv);
    this.loses(clobbers);
    // Unwinders of the other conventions find the stack pointer from it.
    if (conv !== CallConv.system_v) frame.framePointer = true;
    const handlers = this.#listHandlers(call);
    this.#receiveEdge(call, last);
    const normal = this.targetLabel(last);
    if (last === 0) {
      // Without handlers it is a call and a jump.
      this.callRecord(symbol, target, clobbers);
      this.#finishHandlers(call, handlers);
      this.jmp(normal);
      return;
    }
    const list = this.takeList();
    if (target === NONE) this.try_near(symbol, Reloc.plt4, this.popped(), normal, clobbers, list);
    else this.try_through(target, this.popped(), normal, clobbers, list);
    this.#finishHandlers(call, handlers);
  }

  /**
   * The handlers of a try_call as a counted list of (kind, value, lowered block) in the arena. A context is kept in memory
   * while the call is active; its value is its number in the record's list for now.
   */
  #listHandlers(call: Inst): number {
    const { func } = this;
    const table = func.exceptionTable(call);
    const n = func.pool.data[table + 1];
    const at = this.arena(1 + 3 * n);
    this.words[at] = n;
    for (let k = 0, edge = 0; k < n; k++) {
      const kind = func.pool.data[table + 2 + 2 * k];
      let value = func.pool.data[table + 3 + 2 * k];
      if (kind === EX_CONTEXT) {
        const cls = this.classOf(func.valueType(value as Value));
        const r = this.putInReg(value as Value);
        value = this.operandList.length;
        this.listOperand(r, operandInfo(USE, LATE, cls, IN_MEMORY));
      }
      const row = at + 1 + 3 * k;
      this.words[row] = kind;
      this.words[row + 1] = value;
      this.words[row + 2] = kind === EX_CONTEXT ? NONE : this.targetLabel(edge++);
    }
    return at;
  }

  /** The call's record is there: contexts are found by their words in it. */
  #finishHandlers(call: Inst, handlers: number): void {
    const { words } = this;
    const record = this.lastEmitted();
    const list = record + (words[record] >> 16);
    for (let n = words[handlers], row = handlers + 1; n > 0; n--, row += 3)
      if (words[row] === EX_CONTEXT) words[row + 1] += list + 1;
    this.markSite(call, handlers);
  }

  /** Lists those results of a try_call that come in registers: they are parameters of the block behind edge `k`. */
  #receiveEdge(call: Inst, k: number): void {
    const { func } = this;
    const callee = this.callee;
    const to = func.targetBlock(call, k);
    for (let p = 0, n = func.targetArgCount(call, k); p < n; p++) {
      const result = callWord(func, call, k, p);
      const v = func.blockParam(to, p);
      if (result === NONE || !this.isDemanded(v)) continue;
      const regs = this.valueRegs(v);
      let at = callee.firstResult.at(result);
      for (let part = 0; at < callee.firstResult.at(result + 1); at++, part++) {
        const place = callee.results.at(at);
        if (place < STACK) this.listOperand(this.part(regs, part), registerDef(place));
      }
    }
  }

  /** What comes first behind edge `k` of a try_call, in its landing block `b`. */
  lowerLanding(call: Inst, k: number, b: Block): void {
    const { func } = this;
    const callee = this.placesOf(func.sigRef(call));
    const n = func.blockParamCount(b);
    if (k === func.targetCount(call) - 1) {
      for (let p = 0; p < n; p++) {
        const v = func.blockParam(b, p);
        if (!this.isDemanded(v)) continue;
        const place = callee.results.at(callee.firstResult.at(callWord(func, call, k, p)));
        if (place >= STACK) this.defineValue(v, this.loadResult(v, place));
      }
      return;
    }
    for (let p = 0; p < n; p++) {
      const v = func.blockParam(b, p);
      const payload = PAYLOADS[callWord(func, call, k, p)];
      // Early, so that nothing else can be in the register when control arrives.
      if (this.isDemanded(v))
        this.listOperand(this.valueRegs(v), operandInfo(DEF, EARLY, GENERAL, FIXED, payload));
    }
    this.landing(calleePops(callee.conv) ? 1 : 0, 0, this.takeList());
    this.landings.push(this.lastEmitted());
  }

  handler_address(b: Block, i: Inst): number {
    const lb = this.blocks.lowered.data[b];
    // Of a call that is never reached no handler is ever asked for.
    if (lb === NONE) return this.gpr_const32(0);
    return this.leaq_rm(this.amode(Mem.label, NONE, this.blocks.target(lb, this.func.immLo(i)), 0, 0, 0));
  }
}
