/**
 * Where arguments and results of the calling conventions `system_v`, `fast`, `tail` and `windows_fastcall` are.
 *
 * Arguments go to rdi rsi rdx rcx r8 r9 and xmm0 to xmm7, the rest to the stack in words of 8 bytes (System V ABI,
 * 3.2.3). `system_v` and `fast` return in rax rdx and xmm0 xmm1, `tail` in eight registers of each kind. Results that do
 * not fit are stored to a return area: the caller passes its address as the first integer argument. A function of the
 * convention `tail` takes its stack arguments off the stack when it returns; then tail calls may change their size.
 *
 * `windows_fastcall` passes the first four arguments in rcx rdx r8 r9 or xmm0 to xmm3 by their position, leaves room for
 * them on the stack, and returns in rax or xmm0.
 */
import {
  CallConv,
  type Function,
  I128,
  isFloat,
  isVector,
  PURPOSE_SARG,
  PURPOSE_SRET,
  type SigRef,
  type Type,
  typeBytes,
} from "@gantry/clif-ir";
import { alignUp } from "@gantry/codegen-core";
import { I32List } from "@gantry/entity";
import { R8, R9, R10, RAX, RCX, RDI, RDX, RSI, XMM0 } from "./registers.ts";

/** A place on the stack is this plus its offset in the argument area or in the return area. */
export const STACK = 1 << 24;

const INT_ARGS = Int32Array.of(RDI, RSI, RDX, RCX, R8, R9);
const VECTOR_ARGS = 8;
const INT_RESULTS = Int32Array.of(RAX, RDX);
const VECTOR_RESULTS = 2;
const FASTCALL_INT_ARGS = Int32Array.of(RCX, RDX, R8, R9);
const FASTCALL_INT_RESULTS = Int32Array.of(RAX);
/** Room for the register arguments of `windows_fastcall`, below the others. */
const SHADOW_BYTES = 32;
const TAIL_INT_RESULTS = Int32Array.of(RAX, RCX, RDX, RSI, RDI, R8, R9, R10);
const TAIL_VECTOR_RESULTS = 8;

/** Whether values of type `ty` are in vector registers. */
export function inVectorRegister(ty: Type): boolean {
  return isFloat(ty) || isVector(ty);
}

/** Whether the callee takes its stack arguments off the stack. */
export function calleePops(conv: number): boolean {
  return conv === CallConv.tail;
}

/**
 * The places of one signature's values, in parts of one register: an `i128` has two. A place is a register word, or
 * {@link STACK} plus an offset.
 */
export class SignaturePlaces {
  /** First part of each parameter, then of each result, and the end. */
  readonly firstParam: I32List = new I32List();
  readonly params: I32List = new I32List();
  readonly firstResult: I32List = new I32List();
  readonly results: I32List = new I32List();
  /** Register word or stack place of the hidden pointer to the return area, -1 if there is none. */
  returnArea = -1;
  returnAreaBytes = 0;
  /** Bytes of stack arguments, a multiple of 16. */
  stackBytes = 0;
  /** The parameter that points to a struct to be returned, -1 if there is none. */
  sret = -1;
  conv = 0;

  #ints = 0;
  #vectors = 0;
  #stack = 0;

  /** Computes the places of signature `sig` of `func`. */
  compute(func: Function, sig: SigRef): void {
    this.conv = func.sigCallConv(sig);
    this.#placeResults(func, sig);
    this.#placeParams(func, sig);
  }

  #placeResults(func: Function, sig: SigRef): void {
    const tail = this.conv === CallConv.tail;
    const fastcall = this.conv === CallConv.windows_fastcall;
    const ints = tail ? TAIL_INT_RESULTS : fastcall ? FASTCALL_INT_RESULTS : INT_RESULTS;
    const vectorLimit = tail ? TAIL_VECTOR_RESULTS : fastcall ? 1 : VECTOR_RESULTS;
    const { results, firstResult } = this;
    results.clear();
    firstResult.clear();
    let i = 0;
    let v = 0;
    let area = 0;
    for (let k = 0, n = func.sigReturnCount(sig); k < n; k++) {
      firstResult.push(results.length);
      const ty = func.sigReturnType(sig, k);
      if (inVectorRegister(ty)) {
        if (v < vectorLimit) results.push(XMM0 + v++);
        else {
          const bytes = Math.max(8, typeBytes(ty));
          area = alignUp(area, bytes);
          results.push(STACK + area);
          area += bytes;
        }
        continue;
      }
      const parts = ty === I128 ? 2 : 1;
      const inRegisters = i + parts <= ints.length;
      for (let part = 0; part < parts; part++) {
        if (inRegisters) results.push(ints[i++]);
        else {
          results.push(STACK + area);
          area += 8;
        }
      }
    }
    firstResult.push(results.length);
    this.returnAreaBytes = alignUp(area, 16);
  }

  #placeParams(func: Function, sig: SigRef): void {
    const { params, firstParam } = this;
    params.clear();
    firstParam.clear();
    this.#ints = 0;
    this.#vectors = 0;
    this.#stack = this.conv === CallConv.windows_fastcall ? SHADOW_BYTES : 0;
    this.sret = -1;
    this.returnArea = this.returnAreaBytes > 0 ? this.#intPlace() : -1;
    for (let k = 0, n = func.sigParamCount(sig); k < n; k++) {
      firstParam.push(params.length);
      const ty = func.sigParamType(sig, k);
      const purpose = func.sigParamPurpose(sig, k);
      if (purpose === PURPOSE_SRET) this.sret = k;
      if (purpose === PURPOSE_SARG) {
        params.push(STACK + this.#stack);
        this.#stack += alignUp(func.sigParamBytes(sig, k), 8);
      } else if (inVectorRegister(ty)) params.push(this.#vectorPlace(typeBytes(ty)));
      else if (ty === I128) this.#placePair();
      else params.push(this.#intPlace());
    }
    firstParam.push(params.length);
    this.stackBytes = alignUp(this.#stack, 16);
  }

  #intPlace(): number {
    if (this.conv === CallConv.windows_fastcall) {
      if (this.#ints < FASTCALL_INT_ARGS.length) return FASTCALL_INT_ARGS[this.#ints++];
      return this.#word();
    }
    return this.#ints < INT_ARGS.length ? INT_ARGS[this.#ints++] : this.#word();
  }

  #word(): number {
    const at = this.#stack;
    this.#stack += 8;
    return STACK + at;
  }

  #vectorPlace(bytes: number): number {
    // There the position counts, of whatever kind the arguments are.
    if (this.conv === CallConv.windows_fastcall) {
      return this.#ints < FASTCALL_INT_ARGS.length ? XMM0 + this.#ints++ : this.#word();
    }
    if (this.#vectors < VECTOR_ARGS) return XMM0 + this.#vectors++;
    if (bytes > 8) this.#stack = alignUp(this.#stack, 16);
    const at = this.#stack;
    this.#stack += bytes > 8 ? 16 : 8;
    return STACK + at;
  }

  /** Both halves in registers or both on the stack, there aligned to 16 bytes. */
  #placePair(): void {
    if (this.#ints + 2 > INT_ARGS.length) {
      this.#stack = alignUp(this.#stack, 16);
      this.params.push(STACK + this.#stack);
      this.params.push(STACK + this.#stack + 8);
      this.#stack += 16;
      return;
    }
    this.params.push(INT_ARGS[this.#ints++]);
    this.params.push(INT_ARGS[this.#ints++]);
  }
}
