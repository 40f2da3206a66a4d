/** Calls, parameters and returns of x86-64, and the class of rule hosts. */
import {
  CallConv,
  EXT_NONE,
  EXT_S,
  F64,
  F64X2,
  type FuncRef,
  I8,
  I16,
  I32,
  I64,
  I128,
  type Inst,
  isInt,
  OF_RETURN,
  Op,
  OWN_SIGNATURE,
  PURPOSE_SARG,
  type SigRef,
  type Type,
  typeBytes,
  type Value,
} from "@gantry/clif-ir";
import { Mem } from "@gantry/codegen-core";
import { I32List, NONE } from "@gantry/entity";
import { DEF, EARLY, FIXED, LATE, operandInfo, USE } from "@gantry/regalloc";
import { calleePops, inVectorRegister, SignaturePlaces, STACK } from "./abi.ts";
import { CLOBBER_CALLER_SAVED, clobbersOf } from "./clobbers.ts";
import { X64Operands } from "./host.ts";
import { GENERAL, RAX, VECTOR, XMM0 } from "./registers.ts";
import { Reloc } from "./relocs.ts";

/** Runtime functions by the opcode they stand for: number for f32; f64 is the next one. */
const roundingCalls: Readonly<Record<number, number>> = {
  [Op.ceil]: 1,
  [Op.floor]: 3,
  [Op.trunc]: 5,
  [Op.nearest]: 7,
  [Op.fma]: 9,
};

function registerUse(place: number): number {
  return operandInfo(USE, EARLY, place >> 5, FIXED, place);
}
function registerDef(place: number): number {
  return operandInfo(DEF, LATE, place >> 5, FIXED, place);
}

export class X64Host extends X64Operands {
  /** Places of the function's own signature. */
  readonly own: SignaturePlaces = new SignaturePlaces();
  /** Places of the signatures that this function has called, by number, and for which function they were computed. */
  readonly #signatures: SignaturePlaces[] = [];
  readonly #computedFor: I32List = new I32List();
  #functions = 0;
  /** Places of the signature of the call that is being lowered. */
  #callee = new SignaturePlaces();
  /** (register, operand info) pairs of the record that is being made. */
  readonly #list = new I32List();
  /** Whether anything is called that may destroy all of System V's caller-saved registers. */
  callsSystemV = false;
  /** Register that holds the hidden pointer to the return area from entry on, 0 if there is none. */
  #returnArea = 0;

  beginFunction(): void {
    const { settings } = this;
    this.hasPopcnt = settings.bool("has_popcnt");
    this.hasLzcnt = settings.bool("has_lzcnt");
    this.hasBmi1 = settings.bool("has_bmi1");
    this.hasSse41 = settings.bool("has_sse41");
    this.hasSse42 = settings.bool("has_sse42");
    this.hasSsse3 = settings.bool("has_ssse3");
    this.hasFma = settings.bool("has_avx") && settings.bool("has_fma");
    this.isPic = settings.bool("is_pic");
    this.constants.clear();
    this.callsSystemV = false;
    this.#functions = (this.#functions + 1) | 0;
    this.own.compute(this.func, OWN_SIGNATURE);
    this.#returnArea = this.own.returnArea >= 0 ? this.newReg(GENERAL) : 0;
    const { frame } = this;
    frame.incomingBytes = this.own.stackBytes;
    frame.popBytes = calleePops(this.own.conv) ? this.own.stackBytes : 0;
    frame.framePointer = settings.bool("preserve_frame_pointers");
  }

  // ---- lists of registers ----

  #pair(register: number, info: number): void {
    this.#list.push(register);
    this.#list.push(info);
  }
  /** Writes the collected pairs behind their count to the arena, and forgets them. */
  #takeList(): number {
    const list = this.#list;
    const at = this.arena(1 + list.length);
    this.words[at] = list.length >> 1;
    for (let k = 0; k < list.length; k++) this.words[at + 1 + k] = list.data[k];
    list.clear();
    return at;
  }

  // ---- stack arguments and return areas ----

  #store(ty: Type, address: number, r: number): void {
    if (!inVectorRegister(ty)) this.movq_mr(address, r);
    else if (typeBytes(ty) === 16) this.movups_mr(address, r);
    else if (typeBytes(ty) === 8) this.movsd_mr(address, r);
    else this.movss_mr(address, r);
  }
  #load(ty: Type, address: number): number {
    if (inVectorRegister(ty)) {
      if (typeBytes(ty) === 16) return this.movups_rm(address);
      return typeBytes(ty) === 8 ? this.movsd_rm(address) : this.movss_rm(address);
    }
    // Above a narrow integer the word on the stack may hold anything, as in a register.
    return ty === I64 || ty === I128 ? this.movq_rm(address) : this.movl_rm(address);
  }
  /** `r` extended to a whole register, as the signature wants. */
  #extend(r: number, ty: Type, extension: number): number {
    if (extension === EXT_NONE || !isInt(ty)) return r;
    const signed = extension === EXT_S;
    switch (ty) {
      case I8:
        return signed ? this.movsbq_rm(r) : this.movzbl_rm(r);
      case I16:
        return signed ? this.movswq_rm(r) : this.movzwl_rm(r);
      case I32:
        return signed ? this.movslq_rm(r) : this.movl_rr(r);
      default:
        return r;
    }
  }

  // ---- the function's own parameters and results ----

  lowerParams(): void {
    const { func, own } = this;
    const entry = func.firstBlock();
    if (own.returnArea >= 0 && own.returnArea < STACK)
      this.#pair(this.#returnArea, registerDef(own.returnArea));
    const n = func.blockParamCount(entry);
    for (let k = 0; k < n; k++) {
      const v = func.blockParam(entry, k);
      if (!this.isDemanded(v) || func.sigParamPurpose(OWN_SIGNATURE, k) === PURPOSE_SARG) continue;
      const regs = this.valueRegs(v);
      for (let at = own.firstParam.at(k), part = 0; at < own.firstParam.at(k + 1); at++, part++) {
        const place = own.params.at(at);
        if (place < STACK) this.#pair(this.part(regs, part), registerDef(place));
      }
    }
    this.args(this.#takeList());
    for (let k = 0; k < n; k++) {
      const v = func.blockParam(entry, k);
      if (this.isDemanded(v)) this.#loadParam(v, k);
    }
  }

  #loadParam(v: Value, k: number): void {
    const { func, own } = this;
    const first = own.firstParam.at(k);
    const place = own.params.at(first);
    if (place < STACK) return;
    const ty = func.valueType(v);
    const address = this.amode(Mem.incoming, NONE, NONE, 0, place - STACK, 0);
    if (func.sigParamPurpose(OWN_SIGNATURE, k) === PURPOSE_SARG) this.defineValue(v, this.leaq_rm(address));
    else if (ty === I128) {
      const high = this.amode(Mem.incoming, NONE, NONE, 0, place - STACK + 8, 0);
      this.defineValue(v, this.pair(this.movq_rm(address), this.movq_rm(high)));
    } else this.defineValue(v, this.#load(ty, address));
  }

  gen_return(ret: Inst): number {
    const { func, own } = this;
    const n = func.argCount(ret);
    for (let k = 0; k < n; k++) {
      const v = func.arg(ret, k);
      const ty = func.valueType(v);
      const regs = this.putInRegs(v);
      for (let at = own.firstResult.at(k), part = 0; at < own.firstResult.at(k + 1); at++, part++) {
        const place = own.results.at(at);
        const r = this.#extend(this.part(regs, part), ty, func.sigReturnExtension(OWN_SIGNATURE, k));
        if (place < STACK) this.#pair(r, registerUse(place));
        else this.#store(ty, this.amode_offset(this.#returnArea, place - STACK), r);
      }
    }
    // System V: a function that returns a struct through a pointer also returns the pointer.
    if (own.sret >= 0 && n === 0) {
      this.#pair(this.putInReg(func.blockParam(func.firstBlock(), own.sret)), registerUse(RAX));
    }
    this.rets(this.#takeList());
    return this.output_none();
  }

  // ---- calls ----

  /** Makes the places of signature `sig` those of the call that is being lowered. */
  #placesOf(sig: SigRef): SignaturePlaces {
    const computed = this.#computedFor;
    while (computed.length <= sig) {
      computed.push(0);
      this.#signatures.push(new SignaturePlaces());
    }
    const places = this.#signatures[sig];
    if (computed.at(sig) !== this.#functions) {
      computed.set(sig, this.#functions);
      places.compute(this.func, sig);
    }
    this.#callee = places;
    return places;
  }

  gen_call(call: Inst, fn: FuncRef): number {
    const { func } = this;
    const callee = this.#placesOf(func.funcSignature(fn));
    this.#passArguments(call, func.funcSignature(fn), 0);
    const symbol = this.symbols.func(fn);
    const clobbers = clobbersOf(callee.conv);
    if (func.isColocated(fn)) {
      this.#receiveResults(call);
      this.call_near(symbol, Reloc.plt4, this.#popped(), clobbers, this.#takeList());
    } else if (this.isPic) {
      const slot = this.gotSlot(symbol);
      this.#receiveResults(call);
      this.call_through(slot, this.#popped(), clobbers, this.#takeList());
    } else {
      const address = this.mov_far(symbol, Reloc.abs8, 0);
      this.#receiveResults(call);
      this.call_through(address, this.#popped(), clobbers, this.#takeList());
    }
    return this.#finishCall(call);
  }

  gen_call_indirect(call: Inst, sig: SigRef, address: Value): number {
    const callee = this.#placesOf(sig);
    const target = this.putInReg(address);
    this.#passArguments(call, sig, 1);
    this.#receiveResults(call);
    this.call_through(target, this.#popped(), clobbersOf(callee.conv), this.#takeList());
    return this.#finishCall(call);
  }

  gen_return_call(call: Inst, fn: FuncRef): number {
    const { func } = this;
    const callee = this.#placesOf(func.funcSignature(fn));
    this.#passArguments(call, func.funcSignature(fn), 0);
    const symbol = this.symbols.func(fn);
    if (func.isColocated(fn)) this.tail_near(symbol, Reloc.plt4, callee.stackBytes, this.#takeList());
    else {
      const list = this.#takeList();
      const address = this.isPic ? this.movq_rm(this.gotSlot(symbol)) : this.mov_far(symbol, Reloc.abs8, 0);
      this.tail_through(address, callee.stackBytes, list);
    }
    return this.output_none();
  }

  gen_return_call_indirect(call: Inst, sig: SigRef, address: Value): number {
    const callee = this.#placesOf(sig);
    const target = this.putInReg(address);
    this.#passArguments(call, sig, 1);
    this.tail_through(target, callee.stackBytes, this.#takeList());
    return this.output_none();
  }

  /** Stores stack arguments, and lists register arguments as uses. `skip` operands of the call are not arguments. */
  #passArguments(call: Inst, sig: SigRef, skip: number): void {
    const { func, frame } = this;
    const callee = this.#callee;
    const isTail = (func.opcodeFlags(call) & OF_RETURN) !== 0;
    frame.hasCalls ||= !isTail;
    this.#callsOthers(callee.conv);
    // What is popped depends on whom the callee calls in its place, so unwinders cannot go by the stack pointer.
    if (!isTail && calleePops(callee.conv)) frame.framePointer = true;
    // A tail call with more stack arguments than ours moves the return address down, but not onto them.
    const outgoing = isTail
      ? Math.max(callee.stackBytes, 2 * callee.stackBytes - this.own.stackBytes)
      : callee.stackBytes + callee.returnAreaBytes;
    if (outgoing > frame.outgoingBytes) frame.outgoingBytes = outgoing;
    for (let k = 0, n = func.sigParamCount(sig); k < n; k++) {
      const v = func.arg(call, skip + k);
      if (func.sigParamPurpose(sig, k) === PURPOSE_SARG) {
        this.#copyStruct(
          this.putInReg(v),
          callee.params.at(callee.firstParam.at(k)) - STACK,
          func.sigParamBytes(sig, k),
        );
        continue;
      }
      const ty = func.valueType(v);
      let at = callee.firstParam.at(k);
      const end = callee.firstParam.at(k + 1);
      if (end === at + 1 && callee.params.at(at) >= STACK && isInt(ty) && this.simm32(v)) {
        this.movq_mi(this.#outgoing(callee.params.at(at) - STACK), this.o0);
        continue;
      }
      const regs = this.putInRegs(v);
      for (let part = 0; at < end; at++, part++) {
        const place = callee.params.at(at);
        const r = this.#extend(this.part(regs, part), ty, func.sigParamExtension(sig, k));
        if (place < STACK) this.#pair(r, registerUse(place));
        else this.#store(ty, this.#outgoing(place - STACK), r);
      }
    }
    if (callee.returnArea >= 0) {
      // The results of a tail call go where ours would.
      const area = isTail ? this.#returnArea : this.leaq_rm(this.#outgoing(callee.stackBytes));
      if (callee.returnArea < STACK) this.#pair(area, registerUse(callee.returnArea));
      else this.movq_mr(this.#outgoing(callee.returnArea - STACK), area);
    }
  }

  #outgoing(offset: number): number {
    return this.amode(Mem.outgoing, NONE, NONE, 0, offset, 0);
  }

  /** A function of `windows_fastcall` preserves more than the System V functions that it calls. */
  #callsOthers(conv: number): void {
    if (conv !== CallConv.windows_fastcall) this.callsSystemV = true;
  }

  /** Copies a struct argument to the outgoing area by words. */
  #copyStruct(from: number, to: number, bytes: number): void {
    for (let k = 0; k + 8 <= bytes; k += 8) {
      this.movq_mr(this.#outgoing(to + k), this.movq_rm(this.amode_offset(from, k)));
    }
    for (let k = bytes & ~7; k < bytes; k++) {
      this.movb_mr(this.#outgoing(to + k), this.movzbl_rm(this.amode_offset(from, k)));
    }
  }

  /** Lists the results that come in registers as definitions, and makes the call's output. */
  #receiveResults(call: Inst): void {
    const { func } = this;
    const callee = this.#callee;
    for (let k = 0, n = func.resultCount(call); k < n; k++) {
      const v = func.result(call, k);
      if (!this.isDemanded(v)) continue;
      const regs = this.valueRegs(v);
      for (let at = callee.firstResult.at(k), part = 0; at < callee.firstResult.at(k + 1); at++, part++) {
        const place = callee.results.at(at);
        if (place < STACK) this.#pair(this.part(regs, part), registerDef(place));
      }
    }
  }

  /** Bytes that the callee takes off the stack. */
  #popped(): number {
    return calleePops(this.#callee.conv) ? this.#callee.stackBytes : 0;
  }

  /** What follows the call instruction: results from the return area. */
  #finishCall(call: Inst): number {
    const { func } = this;
    const callee = this.#callee;
    const n = func.resultCount(call);
    const output = this.arena(1 + n);
    this.words[output] = n;
    for (let k = 0; k < n; k++) {
      const v = func.result(call, k);
      let regs = 0;
      if (this.isDemanded(v)) {
        regs = this.valueRegs(v);
        const at = callee.firstResult.at(k);
        if (callee.results.at(at) >= STACK)
          regs = this.#loadResult(v, callee.stackBytes + callee.results.at(at) - STACK);
      }
      this.words[output + 1 + k] = regs;
    }
    return output;
  }

  #loadResult(v: Value, offset: number): number {
    const ty = this.func.valueType(v);
    const low = this.#outgoing(offset);
    if (ty !== I128) return this.#load(ty, low);
    return this.pair(this.movq_rm(low), this.movq_rm(this.#outgoing(offset + 8)));
  }

  gen_libcall(i: Inst): number {
    const { func } = this;
    const libcall = roundingCalls[func.opcode(i)] + (func.valueType(func.arg(i, 0)) === F64 ? 1 : 0);
    for (let k = 0; k < func.argCount(i); k++)
      this.#pair(this.putInReg(func.arg(i, k)), registerUse(XMM0 + k));
    return this.output_reg(this.#callLibrary(libcall));
  }

  gen_lane_libcalls(i: Inst): number {
    const { func } = this;
    const wide = func.resultType(i) === F64X2;
    const libcall = roundingCalls[func.opcode(i)] + (wide ? 1 : 0);
    const n = func.argCount(i);
    const args: number[] = [];
    for (let k = 0; k < n; k++) args.push(this.putInReg(func.arg(i, k)));
    const lanes: number[] = [];
    for (let lane = 0; lane < (wide ? 2 : 4); lane++) {
      for (let k = 0; k < n; k++) {
        const part = lane === 0 ? args[k] : this.pshufd_rmi(args[k], wide ? 0xee : lane);
        this.#pair(part, registerUse(XMM0 + k));
      }
      lanes.push(this.#callLibrary(libcall));
    }
    if (wide) return this.output_reg(this.unpcklpd_rm(lanes[0], lanes[1]));
    return this.output_reg(
      this.movlhps_rr(this.unpcklps_rm(lanes[0], lanes[1]), this.unpcklps_rm(lanes[2], lanes[3])),
    );
  }

  /** Calls a runtime function of floats with the arguments that are listed, and returns its result. */
  #callLibrary(libcall: number): number {
    const { frame } = this;
    frame.hasCalls = true;
    this.#callsOthers(CallConv.system_v);
    const symbol = this.symbols.libcall(libcall);
    const result = this.newReg(VECTOR);
    const list = (): number => {
      this.#pair(result, registerDef(XMM0));
      return this.#takeList();
    };
    if (this.settings.bool("use_colocated_libcalls")) {
      this.call_near(symbol, Reloc.plt4, 0, CLOBBER_CALLER_SAVED, list());
    } else if (this.isPic) {
      this.call_through(this.gotSlot(symbol), 0, CLOBBER_CALLER_SAVED, list());
    } else {
      this.call_through(this.mov_far(symbol, Reloc.abs8, 0), 0, CLOBBER_CALLER_SAVED, list());
    }
    return result;
  }
}
