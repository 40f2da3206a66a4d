/** Calls of x86-64 for the rule host: arguments and results are moved to and from where `abi.ts` places them. */
import {
  CallConv,
  F64,
  type FuncRef,
  I128,
  type Inst,
  isInt,
  isTryCall,
  NAME_LIBCALL,
  OF_RETURN,
  Op,
  PURPOSE_SARG,
  type SigRef,
  typeBytes,
  type Value,
} from "@gantry/clif-ir";
import { alignUp, Mem } from "@gantry/codegen-core";
import { I32List, NONE } from "@gantry/entity";
import { calleePops, Passing, positionRegister, SignaturePlaces, STACK } from "../abi.ts";
import { clobberSets, clobbersOf } from "../clobbers.ts";
import { RAX } from "../registers.ts";
import { Reloc } from "../relocs.ts";
import { crosses, registerDef, registerUse, X64Params } from "./params.ts";

/** Makes calls. */
export abstract class X64Calls extends X64Params {
  /** Places of the signatures that this function has called, by number, and for which function they were computed. */
  readonly #signatures: SignaturePlaces[] = [];
  readonly #computedFor: I32List = new I32List();
  /** Places of the signature of the call that is being lowered. */
  protected callee = new SignaturePlaces();
  /** Packed `i128` results of the call that is being lowered: register by result, 0 for others. */
  readonly #packed = new I32List();

  /** Emits a call with an exception table; its arguments are listed. */
  protected abstract emitTryCall(call: Inst, symbol: number, target: number): void;

  /** Makes the places of signature `sig` those of the call that is being lowered. */
  protected placesOf(sig: SigRef): SignaturePlaces {
    const computed = this.#computedFor;
    while (computed.length <= sig) {
      computed.push(0);
      this.#signatures.push(new SignaturePlaces());
    }
    const places = this.#signatures[sig];
    if (computed.at(sig) !== this.functions) {
      computed.set(sig, this.functions);
      places.compute(this.func, sig, this.fastConv);
    }
    this.callee = places;
    return places;
  }

  gen_call(call: Inst, fn: FuncRef): number {
    this.callDirect(call, fn);
    return this.#finishCall(call);
  }

  gen_call_indirect(call: Inst, sig: SigRef, address: Value): number {
    this.callIndirect(call, sig, address);
    return this.#finishCall(call);
  }

  protected callDirect(call: Inst, fn: FuncRef): void {
    const { func } = this;
    const sig = func.funcSignature(fn);
    const near = func.isColocated(fn);
    this.placesOf(sig);
    this.#passArguments(call, sig, 0, this.#mayBeVariadic(fn));
    const symbol = this.symbols.func(fn);
    if (near) this.#emitCall(call, symbol, NONE);
    else this.#emitCall(call, NONE, this.isPic ? this.gotSlot(symbol) : this.mov_far(symbol, Reloc.abs8, 0));
  }

  /** Neither what is here nor a runtime function is. */
  #mayBeVariadic(fn: FuncRef): boolean {
    const { func } = this;
    return !func.isColocated(fn) && func.nameKind(func.funcName(fn)) !== NAME_LIBCALL;
  }

  protected callIndirect(call: Inst, sig: SigRef, address: Value): void {
    this.placesOf(sig);
    const target = this.putInReg(address);
    this.#passArguments(call, sig, 1, true);
    this.#emitCall(call, NONE, target);
  }

  /** The call itself: to `symbol`, or where that is -1 through `target`, a register or memory. */
  #emitCall(call: Inst, symbol: number, target: number): void {
    const { func } = this;
    const { conv } = this.callee;
    if (isTryCall(func, call)) {
      this.emitTryCall(call, symbol, target);
      return;
    }
    this.#receiveResults(call);
    this.callRecord(symbol, target, clobbersOf(conv));
    const isPatchable = func.opcode(call) === Op.call && func.isPatchable(func.funcRef(call));
    if (isPatchable || func.hasSide(call)) this.markSite(call, 0);
  }

  protected callRecord(symbol: number, target: number, clobbers: number): void {
    const list = this.takeList();
    if (target === NONE) this.call_near(symbol, Reloc.plt4, this.popped(), clobbers, list);
    else this.call_through(target, this.popped(), clobbers, list);
  }

  gen_return_call(call: Inst, fn: FuncRef): number {
    const { func } = this;
    const callee = this.placesOf(func.funcSignature(fn));
    this.#passArguments(call, func.funcSignature(fn), 0, false);
    const symbol = this.symbols.func(fn);
    if (func.isColocated(fn)) this.tail_near(symbol, Reloc.plt4, callee.stackBytes, this.takeList());
    else {
      const list = this.takeList();
      const address = this.isPic ? this.movq_rm(this.gotSlot(symbol)) : this.mov_far(symbol, Reloc.abs8, 0);
      this.tail_through(address, callee.stackBytes, list);
    }
    return this.output_none();
  }

  gen_return_call_indirect(call: Inst, sig: SigRef, address: Value): number {
    const callee = this.placesOf(sig);
    const target = this.putInReg(address);
    this.#passArguments(call, sig, 1, false);
    this.tail_through(target, callee.stackBytes, this.takeList());
    return this.output_none();
  }

  /**
   * Stores stack arguments, and lists register arguments as uses. `skip` operands of the call are not arguments. A
   * function that `mayBeVariadic` is told in al how many vector registers have arguments (System V ABI, 3.5.7); without
   * any it only tests for more, so that al may hold anything.
   */
  #passArguments(call: Inst, sig: SigRef, skip: number, mayBeVariadic: boolean): void {
    const { func, frame } = this;
    const callee = this.callee;
    const isTail = (func.opcodeFlags(call) & OF_RETURN) !== 0;
    frame.hasCalls ||= !isTail;
    this.loses(clobbersOf(callee.conv));
    // What is popped depends on whom the callee calls in its place, so unwinders cannot go by the stack pointer.
    if (!isTail && calleePops(callee.conv)) frame.framePointer = true;
    // A tail call with more stack arguments than ours moves the return address down, but not onto them.
    const outgoing = isTail
      ? Math.max(callee.stackBytes, 2 * callee.stackBytes - this.own.stackBytes)
      : callee.stackBytes + callee.returnAreaBytes + callee.copyBytes;
    if (outgoing > frame.outgoingBytes) frame.outgoingBytes = outgoing;
    let copyAt = callee.stackBytes + callee.returnAreaBytes;
    for (let k = 0, n = func.sigParamCount(sig); k < n; k++) {
      const v = func.arg(call, skip + k);
      let at = callee.firstParam.at(k);
      if (callee.passing.at(k) !== Passing.value) {
        copyAt = this.#passIndirectly(v, callee.passing.at(k), callee.params.at(at), sig, k, copyAt);
        continue;
      }
      const ty = func.valueType(v);
      const end = callee.firstParam.at(k + 1);
      if (end === at + 1 && callee.params.at(at) >= STACK && isInt(ty) && this.simm32(v)) {
        this.movq_mi(this.outgoingArea(callee.params.at(at) - STACK), this.o0);
        continue;
      }
      const regs = this.putInRegs(v);
      if (crosses(ty, callee.params.at(at))) {
        this.listOperand(this.transfer(ty, regs), registerUse(callee.params.at(at)));
        continue;
      }
      for (let part = 0; at < end; at++, part++) {
        const place = callee.params.at(at);
        const r = this.extendPart(this.part(regs, part), ty, func.sigParamExtension(sig, k));
        if (place >= STACK) {
          this.storePart(ty, this.outgoingArea(place - STACK), r, false);
          continue;
        }
        this.listOperand(r, registerUse(place));
        // Behind the named ones, Windows looks for floats in general registers.
        if (mayBeVariadic && ty === F64 && callee.conv === CallConv.windows_fastcall)
          this.listOperand(this.movq_rx(r), registerUse(positionRegister(place)));
      }
    }
    if (mayBeVariadic && callee.conv === CallConv.system_v && callee.vectorArgs > 0)
      this.listOperand(this.gpr_const32(callee.vectorArgs), registerUse(RAX));
    if (callee.returnArea >= 0) {
      // The results of a tail call go where ours would.
      const area = isTail ? this.returnArea : this.leaq_rm(this.outgoingArea(callee.stackBytes));
      this.passWord(callee.returnArea, area);
    }
  }

  /**
   * Passes argument `k` of signature `sig` in another way than as its own value.
   *
   * @param place Where the argument, or the pointer to it, goes.
   * @param copyAt Where in the outgoing area copies can be made.
   * @returns Where the next copy can be made.
   */
  #passIndirectly(v: Value, passing: number, place: number, sig: SigRef, k: number, copyAt: number): number {
    const { func } = this;
    const isStruct = func.sigParamPurpose(sig, k) === PURPOSE_SARG;
    const ty = func.valueType(v);
    const bytes = isStruct ? func.sigParamBytes(sig, k) : typeBytes(ty);
    if (passing === Passing.struct) {
      this.#copyStruct(this.putInReg(v), place - STACK, bytes);
      return copyAt;
    }
    if (passing === Passing.word) {
      this.passWord(place, this.#loadBytes(bytes, this.amode_offset(this.putInReg(v), 0)));
      return copyAt;
    }
    if (isStruct) this.#copyStruct(this.putInReg(v), copyAt, bytes);
    else {
      const regs = this.putInRegs(v);
      this.storePart(ty, this.outgoingArea(copyAt), this.part(regs, 0), false);
      if (ty === I128) this.storePart(ty, this.outgoingArea(copyAt + 8), this.part(regs, 1), false);
    }
    this.passWord(place, this.leaq_rm(this.outgoingArea(copyAt)));
    return copyAt + alignUp(bytes, 16);
  }

  /** Loads 1, 2, 4 or 8 bytes and no more. */
  #loadBytes(bytes: number, address: number): number {
    if (bytes === 8) return this.movq_rm(address);
    if (bytes === 4) return this.movl_rm(address);
    return bytes === 2 ? this.movzwl_rm(address) : this.movzbl_rm(address);
  }

  protected passWord(place: number, r: number): void {
    if (place < STACK) this.listOperand(r, registerUse(place));
    else this.movq_mr(this.outgoingArea(place - STACK), r);
  }

  protected outgoingArea(offset: number): number {
    return this.amode(Mem.outgoing, NONE, NONE, 0, offset, 0);
  }

  /** Something is called that may destroy the registers of clobber set `set`, whether we use them or not. */
  protected loses(set: number): void {
    this.lostGeneral |= clobberSets[3 * set];
    this.lostVector |= clobberSets[3 * set + 1];
  }

  /** Copies a struct argument to the outgoing area by words. */
  #copyStruct(from: number, to: number, bytes: number): void {
    for (let k = 0; k + 8 <= bytes; k += 8) {
      this.movq_mr(this.outgoingArea(to + k), this.movq_rm(this.amode_offset(from, k)));
    }
    for (let k = bytes & ~7; k < bytes; k++) {
      this.movb_mr(this.outgoingArea(to + k), this.movzbl_rm(this.amode_offset(from, k)));
    }
  }

  /** Lists the results that come in registers as definitions, and makes the call's output. */
  #receiveResults(call: Inst): void {
    const { func } = this;
    const callee = this.callee;
    this.#packed.clear();
    for (let k = 0, n = func.resultCount(call); k < n; k++) {
      const v = func.result(call, k);
      this.#packed.push(0);
      if (!this.isDemanded(v)) continue;
      let at = callee.firstResult.at(k);
      const first = callee.results.at(at);
      if (crosses(func.valueType(v), first)) {
        const r = this.newReg(first >> 5);
        this.#packed.set(k, r);
        this.listOperand(r, registerDef(first));
        continue;
      }
      const regs = this.valueRegs(v);
      for (let part = 0; at < callee.firstResult.at(k + 1); at++, part++) {
        const place = callee.results.at(at);
        if (place < STACK) this.listOperand(this.part(regs, part), registerDef(place));
      }
    }
  }

  /** Bytes that the callee takes off the stack. */
  protected popped(): number {
    return calleePops(this.callee.conv) ? this.callee.stackBytes : 0;
  }

  /** What follows the call instruction: results from the return area. */
  #finishCall(call: Inst): number {
    const { func } = this;
    const callee = this.callee;
    const n = func.resultCount(call);
    const output = this.arena(1 + n);
    this.words[output] = n;
    for (let k = 0; k < n; k++) {
      const v = func.result(call, k);
      let regs = 0;
      if (this.isDemanded(v)) {
        const place = callee.results.at(callee.firstResult.at(k));
        const ty = func.valueType(v);
        if (place >= STACK) regs = this.loadResult(v, place);
        else if (this.#packed.at(k) !== 0) regs = this.transferBack(ty, this.#packed.at(k));
        else regs = this.valueRegs(v);
      }
      this.words[output + 1 + k] = regs;
    }
    return output;
  }

  /** Loads result `v` of the call from its place in the return area. */
  protected loadResult(v: Value, place: number): number {
    const { packsResults, stackBytes } = this.callee;
    return this.loadAll(this.func.valueType(v), this.outgoingArea(stackBytes + place - STACK), packsResults);
  }
}
