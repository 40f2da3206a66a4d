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
import { alignUp, Mem } from "@gantry/codegen-core";
import { I32List, NONE } from "@gantry/entity";
import { DEF, EARLY, FIXED, LATE, operandInfo, USE } from "@gantry/regalloc";
import {
  calleePops,
  homeOf,
  inVectorRegister,
  Passing,
  SHADOW_BYTES,
  SignaturePlaces,
  STACK,
} from "./abi.ts";
import { clobbersOf } from "./clobbers.ts";
import { Feature, featureBits } from "./features.ts";
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

/** Whether a value of type `ty` has its place in a register of the other class. */
function crosses(ty: Type, place: number): boolean {
  return place < STACK && inVectorRegister(ty) !== place >= XMM0;
}

function registerUse(place: number): number {
  return operandInfo(USE, EARLY, place >> 5, FIXED, place);
}
function registerDef(place: number): number {
  return operandInfo(DEF, LATE, place >> 5, FIXED, place);
}

/** The number of the convention that a setting names, or what it means by default. */
function conventionNamed(name: string, byDefault: number): number {
  return name === "isa_default" || name === "fast" ? byDefault : CallConv[name as keyof typeof CallConv];
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
  /** Packed `i128` results of the call that is being lowered: register by result, 0 for others. */
  readonly #packed = new I32List();
  /** What `fast` stands for, and the convention of runtime functions. */
  #fastConv: number = CallConv.system_v;
  #libcallConv: number = CallConv.system_v;
  /** Whether anything is called that may destroy all of System V's caller-saved registers. */
  callsSystemV = false;
  /** Register that holds the hidden pointer to the return area from entry on, 0 if there is none. */
  #returnArea = 0;

  beginFunction(): void {
    const { settings } = this;
    this.features = featureBits(settings);
    this.avx = (this.features & Feature.avx) !== 0;
    this.isPic = settings.bool("is_pic");
    this.constants.clear();
    this.callsSystemV = false;
    this.#functions = (this.#functions + 1) | 0;
    this.#fastConv = conventionNamed(settings.enum("default_call_conv"), CallConv.system_v);
    this.#libcallConv = conventionNamed(settings.enum("libcall_call_conv"), this.#fastConv);
    this.own.compute(this.func, OWN_SIGNATURE, this.#fastConv);
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
    // Where parameters arrive that are not in their own registers at once, by parameter.
    const arrivals = this.#packed;
    arrivals.clear();
    for (let k = 0; k < n; k++) {
      const v = func.blockParam(entry, k);
      let at = own.firstParam.at(k);
      const place = own.params.at(at);
      arrivals.push(0);
      if (place >= STACK || !this.isDemanded(v)) continue;
      if (own.passing.at(k) !== Passing.value || crosses(func.valueType(v), place)) {
        const r = this.newReg(GENERAL);
        arrivals.set(k, r);
        this.#pair(r, registerDef(place));
        continue;
      }
      const regs = this.valueRegs(v);
      for (let part = 0; at < own.firstParam.at(k + 1); at++, part++)
        this.#pair(this.part(regs, part), registerDef(own.params.at(at)));
    }
    this.args(this.#takeList());
    for (let k = 0; k < n; k++) {
      const v = func.blockParam(entry, k);
      if (this.isDemanded(v)) this.#loadParam(v, k, arrivals.at(k));
    }
  }

  /** Makes the value of parameter `k` from what is on the stack, or in `arrival` if that is not 0. */
  #loadParam(v: Value, k: number, arrival: number): void {
    const { func, own } = this;
    const place = own.params.at(own.firstParam.at(k));
    const inRegister = place < STACK;
    if (inRegister && arrival === 0) return;
    const ty = func.valueType(v);
    switch (own.passing.at(k)) {
      case Passing.struct:
        this.defineValue(v, this.leaq_rm(this.#incoming(place - STACK)));
        return;
      case Passing.word: {
        const home = this.#incoming(inRegister ? homeOf(place) : place - STACK);
        if (inRegister) this.movq_mr(home, arrival);
        this.defineValue(v, this.leaq_rm(home));
        return;
      }
      case Passing.reference: {
        const pointer = inRegister ? arrival : this.movq_rm(this.#incoming(place - STACK));
        const isStruct = func.sigParamPurpose(OWN_SIGNATURE, k) === PURPOSE_SARG;
        this.defineValue(v, isStruct ? pointer : this.#loadAll(ty, this.amode_offset(pointer, 0)));
        return;
      }
      default:
        // A small vector in a general register, or anything on the stack.
        this.defineValue(
          v,
          inRegister ? this.movq_xr(arrival) : this.#loadAll(ty, this.#incoming(place - STACK)),
        );
    }
  }

  #incoming(offset: number): number {
    return this.amode(Mem.incoming, NONE, NONE, 0, offset, 0);
  }

  /** Loads a value of any type: both halves of an `i128`. */
  #loadAll(ty: Type, address: number): number {
    if (ty !== I128) return this.#load(ty, address);
    return this.pair(this.movq_rm(address), this.movq_rm(this.amode_plus(address, 8)));
  }

  gen_return(ret: Inst): number {
    const { func, own } = this;
    const n = func.argCount(ret);
    for (let k = 0; k < n; k++) {
      const v = func.arg(ret, k);
      const ty = func.valueType(v);
      const regs = this.putInRegs(v);
      const first = own.firstResult.at(k);
      if (crosses(ty, own.results.at(first))) {
        this.#pair(this.#transfer(ty, regs), registerUse(own.results.at(first)));
        continue;
      }
      for (let at = first, part = 0; at < own.firstResult.at(k + 1); at++, part++) {
        const place = own.results.at(at);
        const r = this.#extend(this.part(regs, part), ty, func.sigReturnExtension(OWN_SIGNATURE, k));
        if (place < STACK) this.#pair(r, registerUse(place));
        else this.#store(ty, this.amode_offset(this.#returnArea, place - STACK), r);
      }
    }
    // A function that returns a struct through a pointer also returns the pointer.
    if (n === 0 && own.sret >= 0) {
      this.#pair(this.putInReg(func.blockParam(func.firstBlock(), own.sret)), registerUse(RAX));
    } else if (own.returnArea >= 0 && own.conv === CallConv.windows_fastcall && !own.returnsIn(RAX)) {
      this.#pair(this.#returnArea, registerUse(RAX));
    }
    this.rets(this.#takeList());
    return this.output_none();
  }

  // ---- calls ----

  /** A value in a register of the other class: a small vector in a general one, an `i128` in a vector register. */
  #transfer(ty: Type, regs: number): number {
    if (ty !== I128) return this.movq_rx(regs);
    return this.punpcklqdq_rm(this.movq_xr(this.part(regs, 0)), this.movq_xr(this.part(regs, 1)));
  }
  /** The converse of {@link #transfer}. */
  #transferBack(ty: Type, r: number): number {
    if (ty !== I128) return this.movq_xr(r);
    return this.pair(this.movq_rx(r), this.movq_rx(this.pshufd_rmi(r, 0xee)));
  }

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
      places.compute(this.func, sig, this.#fastConv);
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
        this.movq_mi(this.#outgoing(callee.params.at(at) - STACK), this.o0);
        continue;
      }
      const regs = this.putInRegs(v);
      if (crosses(ty, callee.params.at(at))) {
        this.#pair(this.#transfer(ty, regs), registerUse(callee.params.at(at)));
        continue;
      }
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
      this.#passWord(callee.returnArea, area);
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
      this.#passWord(place, this.#loadBytes(bytes, this.amode_offset(this.putInReg(v), 0)));
      return copyAt;
    }
    if (isStruct) this.#copyStruct(this.putInReg(v), copyAt, bytes);
    else {
      const regs = this.putInRegs(v);
      this.#store(ty, this.#outgoing(copyAt), this.part(regs, 0));
      if (ty === I128) this.#store(ty, this.#outgoing(copyAt + 8), this.part(regs, 1));
    }
    this.#passWord(place, this.leaq_rm(this.#outgoing(copyAt)));
    return copyAt + alignUp(bytes, 16);
  }

  /** Loads 1, 2, 4 or 8 bytes and no more. */
  #loadBytes(bytes: number, address: number): number {
    if (bytes === 8) return this.movq_rm(address);
    if (bytes === 4) return this.movl_rm(address);
    return bytes === 2 ? this.movzwl_rm(address) : this.movzbl_rm(address);
  }

  #passWord(place: number, r: number): void {
    if (place < STACK) this.#pair(r, registerUse(place));
    else this.movq_mr(this.#outgoing(place - STACK), r);
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
        this.#pair(r, registerDef(first));
        continue;
      }
      const regs = this.valueRegs(v);
      for (let part = 0; at < callee.firstResult.at(k + 1); at++, part++) {
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
        const place = callee.results.at(callee.firstResult.at(k));
        const ty = func.valueType(v);
        if (place >= STACK) regs = this.#loadAll(ty, this.#outgoing(callee.stackBytes + place - STACK));
        else if (this.#packed.at(k) !== 0) regs = this.#transferBack(ty, this.#packed.at(k));
        else regs = this.valueRegs(v);
      }
      this.words[output + 1 + k] = regs;
    }
    return output;
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
    const conv = this.#libcallConv;
    const clobbers = clobbersOf(conv);
    if (conv === CallConv.windows_fastcall && frame.outgoingBytes < SHADOW_BYTES)
      frame.outgoingBytes = SHADOW_BYTES;
    this.#callsOthers(conv);
    const symbol = this.symbols.libcall(libcall);
    const result = this.newReg(VECTOR);
    const list = (): number => {
      this.#pair(result, registerDef(XMM0));
      return this.#takeList();
    };
    if (this.settings.bool("use_colocated_libcalls")) {
      this.call_near(symbol, Reloc.plt4, 0, clobbers, list());
    } else if (this.isPic) {
      this.call_through(this.gotSlot(symbol), 0, clobbers, list());
    } else {
      this.call_through(this.mov_far(symbol, Reloc.abs8, 0), 0, clobbers, list());
    }
    return result;
  }
}
