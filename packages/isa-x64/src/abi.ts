/**
 * Where arguments and results of the calling conventions are.
 *
 * Arguments go to rdi rsi rdx rcx r8 r9 and xmm0 to xmm7, the rest to the stack in words of 8 bytes (System V ABI,
 * 3.2.3). `system_v` and `fast` return in rax rdx and xmm0 xmm1, `tail` in eight registers of each kind. Results that do
 * not fit are stored to a return area: the caller passes its address as the first integer argument. A function of the
 * convention `tail` takes its stack arguments off the stack when it returns; then tail calls may change their size.
 *
 * `winch` and `preserve_all` pass arguments as `system_v` does; `winch` returns the last result in rax or xmm0 and the
 * others in the return area, `preserve_all` returns nothing.
 *
 * `windows_fastcall` (Microsoft, "x64 calling convention") passes the first four arguments in rcx rdx r8 r9 or xmm0 to
 * xmm3 by their position and leaves room for them on the stack. What has not 1, 2, 4 or 8 bytes is passed by reference to
 * a copy of the caller's. Results are in rax, or in xmm0 if they are floats or have 16 bytes. The documentation has no
 * more: second integers are returned in rdx; `__int128` is passed by reference and returned in xmm0, as Clang and GCC
 * do; `f128` is passed by reference and returned through a hidden pointer, as GCC and Clang since version 22 do.
 */
import {
  CallConv,
  F128,
  type Function,
  I128,
  isFloat,
  isInt,
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

/** How a parameter is passed. */
export const Passing = {
  /** In its places. */
  value: 0,
  /** A struct in the argument area, to which the callee makes a pointer. */
  struct: 1,
  /** As a pointer in its place to a copy in the caller's frame. */
  reference: 2,
  /** A struct of 1, 2, 4 or 8 bytes as an integer of that size; the callee stores it and makes a pointer to it. */
  word: 3,
} as const;

const INT_ARGS = Int32Array.of(RDI, RSI, RDX, RCX, R8, R9);
const VECTOR_ARGS = 8;
const INT_RESULTS = Int32Array.of(RAX, RDX);
const VECTOR_RESULTS = 2;
const FASTCALL_INT_ARGS = Int32Array.of(RCX, RDX, R8, R9);
/** Room for the register arguments of `windows_fastcall`, below the others. */
export const SHADOW_BYTES = 32;
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
  /** How each parameter is passed: see {@link Passing}. */
  readonly passing: I32List = new I32List();
  readonly firstResult: I32List = new I32List();
  readonly results: I32List = new I32List();
  /** Register word or stack place of the hidden pointer to the return area, -1 if there is none. */
  returnArea = -1;
  returnAreaBytes = 0;
  /** Bytes of stack arguments, a multiple of 16. */
  stackBytes = 0;
  /** The parameter that points to a struct to be returned, -1 if there is none. */
  sret = -1;
  /** The convention, with `fast` replaced by what it stands for. */
  conv = 0;
  /** Bytes of the copies that the caller makes of arguments passed by reference, a multiple of 16. */
  copyBytes = 0;
  /** Vector registers that hold arguments. */
  vectorArgs = 0;

  #ints = 0;
  #vectors = 0;
  #stack = 0;

  /** Whether results in memory have the room of their type, not of whole words. */
  get packsResults(): boolean {
    return this.conv === CallConv.winch;
  }

  /**
   * Computes the places of signature `sig` of `func`.
   *
   * @param fast The convention that `fast` stands for.
   */
  compute(func: Function, sig: SigRef, fast: number): void {
    const conv = func.sigCallConv(sig);
    this.conv = conv === CallConv.fast ? fast : conv;
    this.params.clear();
    this.firstParam.clear();
    this.passing.clear();
    this.results.clear();
    this.firstResult.clear();
    this.#ints = 0;
    this.#vectors = 0;
    this.#stack = 0;
    this.sret = -1;
    this.copyBytes = 0;
    if (this.conv === CallConv.windows_fastcall) {
      this.#placeFastcallResults(func, sig);
      this.#placeFastcallParams(func, sig);
    } else {
      this.#placeResults(func, sig);
      this.#placeParams(func, sig);
    }
    this.firstResult.push(this.results.length);
    this.firstParam.push(this.params.length);
    this.stackBytes = alignUp(this.#stack, 16);
    this.vectorArgs = this.#vectors;
  }

  /** Whether a result is returned in register `r`. */
  returnsIn(r: number): boolean {
    for (let at = 0; at < this.results.length; at++) if (this.results.at(at) === r) return true;
    return false;
  }

  #placeResults(func: Function, sig: SigRef): void {
    if (this.packsResults) {
      this.#packResults(func, sig);
      return;
    }
    const tail = this.conv === CallConv.tail;
    const ints = tail ? TAIL_INT_RESULTS : INT_RESULTS;
    const vectorLimit = tail ? TAIL_VECTOR_RESULTS : VECTOR_RESULTS;
    const { results, firstResult } = this;
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
    this.returnAreaBytes = alignUp(area, 16);
  }

  /**
   * Results of `winch`: the last in rax or xmm0, the others in the return area without padding, the first of them at the
   * highest address.
   */
  #packResults(func: Function, sig: SigRef): void {
    const { results, firstResult } = this;
    const n = func.sigReturnCount(sig);
    let area = 0;
    for (let k = 0; k < n; k++)
      if (k < n - 1 || func.sigReturnType(sig, k) === I128) area += typeBytes(func.sigReturnType(sig, k));
    this.returnAreaBytes = alignUp(area, 16);
    for (let k = 0; k < n; k++) {
      firstResult.push(results.length);
      const ty = func.sigReturnType(sig, k);
      if (k === n - 1 && ty !== I128) {
        results.push(inVectorRegister(ty) ? XMM0 : RAX);
        continue;
      }
      area -= typeBytes(ty);
      results.push(STACK + area);
      if (ty === I128) results.push(STACK + area + 8);
    }
  }

  #placeParams(func: Function, sig: SigRef): void {
    const { params, firstParam } = this;
    this.returnArea = this.returnAreaBytes > 0 ? this.#intPlace() : -1;
    for (let k = 0, n = func.sigParamCount(sig); k < n; k++) {
      firstParam.push(params.length);
      const ty = func.sigParamType(sig, k);
      const purpose = func.sigParamPurpose(sig, k);
      this.passing.push(purpose === PURPOSE_SARG ? Passing.struct : Passing.value);
      if (purpose === PURPOSE_SRET) this.sret = k;
      if (purpose === PURPOSE_SARG) {
        params.push(STACK + this.#stack);
        this.#stack += alignUp(func.sigParamBytes(sig, k), 8);
      } else if (inVectorRegister(ty)) params.push(this.#vectorPlace(typeBytes(ty)));
      else if (ty === I128) this.#placePair();
      else params.push(this.#intPlace());
    }
  }

  #intPlace(): number {
    return this.#ints < INT_ARGS.length ? INT_ARGS[this.#ints++] : this.#word();
  }

  #word(): number {
    const at = this.#stack;
    this.#stack += 8;
    return STACK + at;
  }

  #vectorPlace(bytes: number): number {
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

  // ---- windows_fastcall ----

  /** An `i128` in xmm0 is one part; in the return area it is two. */
  #placeFastcallResults(func: Function, sig: SigRef): void {
    const { results, firstResult } = this;
    let ints = 0;
    let vectors = 0;
    let area = 0;
    for (let k = 0, n = func.sigReturnCount(sig); k < n; k++) {
      firstResult.push(results.length);
      const ty = func.sigReturnType(sig, k);
      const bytes = typeBytes(ty);
      if (bytes <= 8 && (isInt(ty) || isVector(ty)) && ints < INT_RESULTS.length) {
        results.push(INT_RESULTS[ints++]);
      } else if ((bytes === 16 || isFloat(ty)) && ty !== F128 && vectors === 0) {
        results.push(XMM0);
        vectors = 1;
      } else {
        const room = Math.max(8, bytes);
        area = alignUp(area, room);
        results.push(STACK + area);
        if (ty === I128) results.push(STACK + area + 8);
        area += room;
      }
    }
    this.returnAreaBytes = alignUp(area, 16);
  }

  #placeFastcallParams(func: Function, sig: SigRef): void {
    const { params, firstParam, passing } = this;
    this.#stack = SHADOW_BYTES;
    this.returnArea = this.returnAreaBytes > 0 ? this.#fastcallPlace(false) : -1;
    for (let k = 0, n = func.sigParamCount(sig); k < n; k++) {
      firstParam.push(params.length);
      const ty = func.sigParamType(sig, k);
      const purpose = func.sigParamPurpose(sig, k);
      if (purpose === PURPOSE_SRET) this.sret = k;
      const isStruct = purpose === PURPOSE_SARG;
      const bytes = isStruct ? func.sigParamBytes(sig, k) : typeBytes(ty);
      const fits = bytes <= 8 && (bytes & (bytes - 1)) === 0 && bytes !== 0;
      passing.push(!fits ? Passing.reference : isStruct ? Passing.word : Passing.value);
      params.push(this.#fastcallPlace(fits && !isStruct && isFloat(ty)));
      if (!fits) this.copyBytes += alignUp(bytes, 16);
    }
  }

  /** The place of the next argument; its position counts, of whatever kind those before it are. */
  #fastcallPlace(isFloat: boolean): number {
    if (this.#ints === FASTCALL_INT_ARGS.length) return this.#word();
    const position = this.#ints++;
    return isFloat ? XMM0 + position : FASTCALL_INT_ARGS[position];
  }
}

/** The general register of the position that `windows_fastcall` gives vector register `place`. */
export function positionRegister(place: number): number {
  return FASTCALL_INT_ARGS[place - XMM0];
}

/** Where the room for a register argument of `windows_fastcall` is in the argument area. */
export function homeOf(place: number): number {
  return 8 * FASTCALL_INT_ARGS.indexOf(place);
}
