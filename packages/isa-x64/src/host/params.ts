/** Parameters and results of a function of its own for the rule host: moved from and to where `abi.ts` places them. */
import {
  CallConv,
  EXT_NONE,
  EXT_S,
  I8,
  I16,
  I32,
  I64,
  I128,
  type Inst,
  isInt,
  OWN_SIGNATURE,
  PURPOSE_SARG,
  type Settings,
  type StackSlot,
  type Type,
  typeBytes,
  type Value,
} from "@gantry/clif-ir";
import { Mem } from "@gantry/codegen-core";
import { I32List, NONE } from "@gantry/entity";
import { DEF, EARLY, FIXED, LATE, operandInfo, USE } from "@gantry/regalloc";
import { calleePops, homeOf, inVectorRegister, Passing, SignaturePlaces, STACK } from "../abi.ts";
import { Feature, featureBits } from "../features.ts";
import { GENERAL, RAX, XMM0 } from "../registers.ts";
import { X64Operands } from "./operands.ts";

/** Whether a value of type `ty` has its place in a register of the other class. */
export function crosses(ty: Type, place: number): boolean {
  return place < STACK && inVectorRegister(ty) !== place >= XMM0;
}

/** The stack pointer is a multiple of 16 at calls. */
const STACK_ALIGN_LOG2 = 4;

export function registerUse(place: number): number {
  return operandInfo(USE, EARLY, place >> 5, FIXED, place);
}
export function registerDef(place: number): number {
  return operandInfo(DEF, LATE, place >> 5, FIXED, place);
}

/** The number of the convention that a setting names, or what it means by default. */
function conventionNamed(name: string, byDefault: number): number {
  return name === "isa_default" || name === "fast" ? byDefault : CallConv[name as keyof typeof CallConv];
}

/** Lists of registers that records end in, stores and loads of arguments, parameters and returns. */
export abstract class X64Params extends X64Operands {
  /** Places of the function's own signature. */
  readonly own: SignaturePlaces = new SignaturePlaces();
  /** Counts functions: what is remembered for one is not asked for in the next. */
  protected functions = 0;
  /** (register, operand info) pairs of the record that is being made. */
  protected readonly operandList = new I32List();
  /** Where parameters arrive that are not in their own registers at once, by parameter; 0 for others. */
  readonly #arrivals = new I32List();
  /** What `fast` stands for. */
  protected fastConv: number = CallConv.system_v;
  /** Whether the code is for Windows. */
  isWindows = false;
  /** Registers that some callee may destroy: a function may have to preserve more than those that it calls. */
  lostGeneral = 0;
  lostVector = 0;
  /** What the stack pointer of the body is a multiple of, if that is more than calls need, otherwise 0. */
  realignment = 0;
  /** Records of landing blocks: the frame's layout gives them the distance of the stack pointer. */
  readonly landings: I32List = new I32List();
  /** Register that holds the hidden pointer to the return area from entry on, 0 if there is none. */
  protected returnArea = 0;
  /** The settings that were read: they do not change while their context lives. */
  #read: Settings | undefined;
  #keepsFramePointer = false;

  beginFunction(): void {
    if (this.settings !== this.#read) this.#readSettings();
    this.constants.clear();
    this.extendedParams = 0;
    this.lostGeneral = 0;
    this.lostVector = 0;
    this.landings.clear();
    this.realignment = 0;
    for (let k = 0; k < this.func.numStackSlots; k++) {
      const log2 = this.func.slotAlignLog2(k as StackSlot);
      if (log2 > STACK_ALIGN_LOG2 && 2 ** log2 > this.realignment) this.realignment = 2 ** log2;
    }
    this.functions = (this.functions + 1) | 0;
    this.own.compute(this.func, OWN_SIGNATURE, this.fastConv);
    this.returnArea = this.own.returnArea >= 0 ? this.newReg(GENERAL) : 0;
    const { frame } = this;
    frame.incomingBytes = this.own.stackBytes;
    frame.popBytes = calleePops(this.own.conv) ? this.own.stackBytes : 0;
    frame.framePointer = this.#keepsFramePointer || this.realignment !== 0;
  }

  /** Reads what every function asks of the settings. */
  #readSettings(): void {
    const { settings } = this;
    this.#read = settings;
    this.features = featureBits(settings);
    this.avx = (this.features & Feature.avx) !== 0;
    this.isPic = settings.bool("is_pic");
    this.fastConv = conventionNamed(settings.enum("default_call_conv"), CallConv.system_v);
    this.isWindows = this.fastConv === CallConv.windows_fastcall;
    this.#keepsFramePointer = settings.bool("preserve_frame_pointers");
  }

  // ---- lists of registers ----

  protected listOperand(register: number, info: number): void {
    this.operandList.push(register);
    this.operandList.push(info);
  }
  /** Writes the collected pairs behind their count to the arena, and forgets them. */
  protected takeList(): number {
    const list = this.operandList;
    const at = this.arena(1 + list.length);
    this.words[at] = list.length >> 1;
    for (let k = 0; k < list.length; k++) this.words[at + 1 + k] = list.data[k];
    list.clear();
    return at;
  }

  // ---- stack arguments and return areas ----

  /** Stores a part of an argument or result of type `ty`; `packed` ones have the room of their type. */
  protected storePart(ty: Type, address: number, r: number, packed: boolean): void {
    if (!inVectorRegister(ty)) this.#storeInt(packed ? typeBytes(ty) : 8, address, r);
    else if (typeBytes(ty) === 16) this.movups_mr(address, r);
    else if (typeBytes(ty) === 8) this.movsd_mr(address, r);
    else this.movss_mr(address, r);
  }
  #storeInt(bytes: number, address: number, r: number): void {
    if (bytes === 1) this.movb_mr(address, r);
    else if (bytes === 2) this.movw_mr(address, r);
    else if (bytes === 4) this.movl_mr(address, r);
    else this.movq_mr(address, r);
  }
  protected loadPart(ty: Type, address: number, packed: boolean): number {
    if (packed && ty === I8) return this.movzbl_rm(address);
    if (packed && ty === I16) return this.movzwl_rm(address);
    if (inVectorRegister(ty)) {
      if (typeBytes(ty) === 16) return this.movups_rm(address);
      return typeBytes(ty) === 8 ? this.movsd_rm(address) : this.movss_rm(address);
    }
    // Above a narrow integer the word on the stack may hold anything, as in a register.
    return ty === I64 || ty === I128 ? this.movq_rm(address) : this.movl_rm(address);
  }
  /** `r` extended to a whole register, as the signature wants. */
  protected extendPart(r: number, ty: Type, extension: number): number {
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
      this.listOperand(this.returnArea, registerDef(own.returnArea));
    const n = func.blockParamCount(entry);
    const arrivals = this.#arrivals;
    arrivals.clear();
    for (let k = 0; k < n; k++) {
      const v = func.blockParam(entry, k);
      let at = own.firstParam.at(k);
      const place = own.params.at(at);
      arrivals.push(0);
      if (place >= STACK || !this.isDemanded(v)) continue;
      const moves = crosses(func.valueType(v), place) || this.#isExtended(k);
      if (own.passing.at(k) !== Passing.value || moves) {
        const r = this.newReg(GENERAL);
        arrivals.set(k, r);
        this.listOperand(r, registerDef(place));
        continue;
      }
      const regs = this.valueRegs(v);
      for (let part = 0; at < own.firstParam.at(k + 1); at++, part++)
        this.listOperand(this.part(regs, part), registerDef(own.params.at(at)));
    }
    this.args(this.takeList());
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
        this.defineValue(v, isStruct ? pointer : this.loadAll(ty, this.amode_offset(pointer, 0), false));
        return;
      }
      default:
        // Anything on the stack, a small vector in a general register, or what is extended: loads extend as well.
        if (!inRegister) this.defineValue(v, this.loadAll(ty, this.#incoming(place - STACK), false));
        else this.defineValue(v, this.#isExtended(k) ? this.movl_rr(arrival) : this.movq_xr(arrival));
    }
  }

  /** Whether parameter `k` has an upper half of zeroes wherever it is used. */
  #isExtended(k: number): boolean {
    return k < 32 && ((this.extendedParams >> k) & 1) !== 0;
  }

  #incoming(offset: number): number {
    return this.amode(Mem.incoming, NONE, NONE, 0, offset, 0);
  }

  /** Loads a value of any type: both halves of an `i128`. */
  protected loadAll(ty: Type, address: number, packed: boolean): number {
    if (ty !== I128) return this.loadPart(ty, address, packed);
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
        this.listOperand(this.transfer(ty, regs), registerUse(own.results.at(first)));
        continue;
      }
      for (let at = first, part = 0; at < own.firstResult.at(k + 1); at++, part++) {
        const place = own.results.at(at);
        const r = this.extendPart(this.part(regs, part), ty, func.sigReturnExtension(OWN_SIGNATURE, k));
        if (place < STACK) this.listOperand(r, registerUse(place));
        else this.storePart(ty, this.amode_offset(this.returnArea, place - STACK), r, own.packsResults);
      }
    }
    // A function that returns a struct through a pointer also returns the pointer.
    if (n === 0 && own.sret >= 0) {
      this.listOperand(this.putInReg(func.blockParam(func.firstBlock(), own.sret)), registerUse(RAX));
    } else if (own.returnArea >= 0 && own.conv === CallConv.windows_fastcall && !own.returnsIn(RAX)) {
      this.listOperand(this.returnArea, registerUse(RAX));
    }
    this.rets(this.takeList());
    return this.output_none();
  }

  /** A value in a register of the other class: a small vector in a general one, an `i128` in a vector register. */
  protected transfer(ty: Type, regs: number): number {
    if (ty !== I128) return this.movq_rx(regs);
    return this.punpcklqdq_rm(this.movq_xr(this.part(regs, 0)), this.movq_xr(this.part(regs, 1)));
  }
  /** The converse of {@link #transfer}. */
  protected transferBack(ty: Type, r: number): number {
    if (ty !== I128) return this.movq_xr(r);
    return this.pair(this.movq_rx(r), this.movq_rx(this.pshufd_rmi(r, 0xee)));
  }
}
