/** Calls of x86-64 with an exception table, and the class of rule hosts. */
import {
  type Block,
  CallConv,
  callWord,
  EX_CONTEXT,
  type FuncRef,
  type GlobalValue,
  type Inst,
  KNOWN_SYMBOLS,
  LIBCALLS,
  type Value,
} from "@gantry/clif-ir";
import { Mem } from "@gantry/codegen-core";
import { NONE } from "@gantry/entity";
import { DEF, EARLY, FIXED, STACK as IN_MEMORY, LATE, operandInfo, USE } from "@gantry/regalloc";
import { calleePops, STACK } from "./abi.ts";
import { registerDef, registerUse } from "./abi-host.ts";
import { X64Calls } from "./calls.ts";
import { CLOBBER_ALL, CLOBBER_CALLER_SAVED, tryClobbersOf } from "./clobbers.ts";
import { GENERAL, RAX, RDI, RDX, RSI } from "./registers.ts";
import { Reloc } from "./relocs.ts";

/** Numbers in clif-ir's tables of runtime functions and of symbols that linkers define. */
const TLS_GET_ADDR = LIBCALLS.findIndex((l) => l.name === "ElfTlsGetAddr");
const TLS_INDEX = KNOWN_SYMBOLS.findIndex((k) => k.name === "CoffTlsIndex");

/** Where the payloads of an exception arrive. */
const PAYLOADS = Int32Array.of(RAX, RDX);

export class X64Host extends X64Calls {
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

  gen_sequence_point(i: Inst): number {
    if (this.func.hasSide(i)) {
      this.mark();
      this.markSite(i, 0);
    }
    return this.output_none();
  }

  // ---- thread-local symbols and other stacks: what behaves like a call ----

  gen_tls_value(gv: GlobalValue): number {
    const { func, symbols } = this;
    const symbol = symbols.global(gv);
    const lo = func.gvOffset(gv);
    let address: number;
    switch (this.settings.enum("tls_model")) {
      case "elf_gd":
        address = this.#foundByCall((list) =>
          this.tls_elf(
            symbol,
            Reloc.tlsGeneral,
            symbols.libcall(TLS_GET_ADDR),
            Reloc.plt4,
            CLOBBER_CALLER_SAVED,
            list,
          ),
        );
        break;
      case "macho":
        address = this.#foundByCall((list) =>
          this.tls_macho(symbol, Reloc.tlsDescriptor, CLOBBER_CALLER_SAVED, list),
        );
        break;
      default:
        address = this.tls_coff(symbol, Reloc.sectionOffset, symbols.known(TLS_INDEX), Reloc.pcRel4);
    }
    if (func.gvOffsetHi(gv) !== lo >> 31)
      return this.addq_rm(address, this.gpr_const64(lo, func.gvOffsetHi(gv)));
    return lo === 0 ? address : this.leaq_rm(this.amode_offset(address, lo));
  }

  /** The register in which a call without arguments of ours gives its result. */
  #foundByCall(emit: (list: number) => void): number {
    const result = this.newReg(GENERAL);
    this.frame.hasCalls = true;
    this.loses(CLOBBER_CALLER_SAVED);
    this.listOperand(result, registerDef(RAX));
    emit(this.takeList());
    return result;
  }

  gen_stack_switch(store: Value, load: Value, payload: Value): number {
    const result = this.newReg(GENERAL);
    this.frame.hasCalls = true;
    this.loses(CLOBBER_ALL);
    this.listOperand(this.putInReg(store), registerUse(RSI));
    this.listOperand(this.putInReg(load), registerUse(RDX));
    this.listOperand(this.putInReg(payload), registerUse(RDI));
    this.listOperand(result, registerDef(RDI));
    const tib = this.settings.enum("stack_switch_model") === "update_windows_tib" ? 1 : 0;
    // The frame pointer is saved in the context, whatever it holds.
    this.switch_stack(tib, CLOBBER_ALL, this.takeList());
    return result;
  }
}
