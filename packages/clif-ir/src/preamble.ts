import type { FuncRef, GlobalValue, NameRef, SigRef, StackSlot } from "./entities.ts";
import {
  F_BITS,
  F_NAME,
  F_SIG,
  FUNC_SHIFT,
  G_BASE,
  G_BITS,
  G_FLAGS,
  G_IMM,
  G_IMM2,
  G_TYPE,
  GV_SHIFT,
  S_CONV,
  S_PARAMC,
  S_RETURNC,
  S_START,
  SIG_SHIFT,
  SL_ALIGN,
  SL_SIZE,
  SLOT_SHIFT,
} from "./records.ts";
import { Sections } from "./sections.ts";
import type { Type } from "./types.ts";

/** What a function declares in front of its blocks. */
export class Preamble extends Sections {
  /** Number of signatures apart from the function's own. */
  get numSignatures(): number {
    return (this.sigs.length >> SIG_SHIFT) - 1;
  }

  sigParamCount(s: SigRef): number {
    return this.sigs.data[((s + 1) << SIG_SHIFT) + S_PARAMC];
  }

  sigReturnCount(s: SigRef): number {
    return this.sigs.data[((s + 1) << SIG_SHIFT) + S_RETURNC];
  }

  sigCallConv(s: SigRef): number {
    return this.sigs.data[((s + 1) << SIG_SHIFT) + S_CONV];
  }

  setSigCallConv(s: SigRef, conv: number): void {
    this.sigs.data[((s + 1) << SIG_SHIFT) + S_CONV] = conv;
  }

  /** First word of parameter `k`; returns follow the parameters. */
  sigWord(s: SigRef, k: number): number {
    return this.pool.data[this.sigs.data[((s + 1) << SIG_SHIFT) + S_START] + 2 * k];
  }

  sigParamType(s: SigRef, k: number): Type {
    return this.sigWord(s, k) & 0xffff;
  }

  sigParamExtension(s: SigRef, k: number): number {
    return (this.sigWord(s, k) >> 16) & 15;
  }

  sigParamPurpose(s: SigRef, k: number): number {
    return this.sigWord(s, k) >> 20;
  }

  /** Bytes of a struct argument. */
  sigParamBytes(s: SigRef, k: number): number {
    return this.pool.data[this.sigs.data[((s + 1) << SIG_SHIFT) + S_START] + 2 * k + 1];
  }

  sigReturnType(s: SigRef, k: number): Type {
    return this.sigWord(s, this.sigParamCount(s) + k) & 0xffff;
  }

  sigReturnExtension(s: SigRef, k: number): number {
    return (this.sigWord(s, this.sigParamCount(s) + k) >> 16) & 15;
  }

  sigReturnPurpose(s: SigRef, k: number): number {
    return this.sigWord(s, this.sigParamCount(s) + k) >> 20;
  }

  get numFuncs(): number {
    return this.funcs.length >> FUNC_SHIFT;
  }

  funcName(f: FuncRef): NameRef {
    return this.funcs.data[(f << FUNC_SHIFT) + F_NAME] as NameRef;
  }

  /** The signature of a function reference; -2 for a placeholder that was never declared. */
  funcSignature(f: FuncRef): SigRef {
    return this.funcs.data[(f << FUNC_SHIFT) + F_SIG] as SigRef;
  }

  isColocated(f: FuncRef): boolean {
    return (this.funcs.data[(f << FUNC_SHIFT) + F_BITS] & 1) !== 0;
  }

  isPatchable(f: FuncRef): boolean {
    return (this.funcs.data[(f << FUNC_SHIFT) + F_BITS] & 2) !== 0;
  }

  get numStackSlots(): number {
    return this.slots.length >> SLOT_SHIFT;
  }

  /** Size in bytes, unsigned. */
  slotBytes(s: StackSlot): number {
    return this.slots.data[(s << SLOT_SHIFT) + SL_SIZE] >>> 0;
  }

  /** Log2 of the alignment. */
  slotAlignLog2(s: StackSlot): number {
    return this.slots.data[(s << SLOT_SHIFT) + SL_ALIGN];
  }

  get numGlobalValues(): number {
    return this.globals.length >> GV_SHIFT;
  }

  gvKind(g: GlobalValue): number {
    return this.globals.data[g << GV_SHIFT];
  }

  /** Declared type; INVALID where it is the target's pointer type. */
  gvType(g: GlobalValue): Type {
    return this.globals.data[(g << GV_SHIFT) + G_TYPE];
  }

  /** The global value that a load or an iadd_imm starts from. */
  gvBase(g: GlobalValue): GlobalValue {
    return this.globals.data[(g << GV_SHIFT) + G_BASE] as GlobalValue;
  }

  /** The name of a symbol. */
  gvName(g: GlobalValue): NameRef {
    return this.globals.data[(g << GV_SHIFT) + G_BASE] as NameRef;
  }

  /** Low word of the offset or immediate. */
  gvOffset(g: GlobalValue): number {
    return this.globals.data[(g << GV_SHIFT) + G_IMM];
  }

  gvOffsetHi(g: GlobalValue): number {
    return this.globals.data[(g << GV_SHIFT) + G_IMM2];
  }

  gvMemFlags(g: GlobalValue): number {
    return this.globals.data[(g << GV_SHIFT) + G_FLAGS];
  }

  gvIsColocated(g: GlobalValue): boolean {
    return (this.globals.data[(g << GV_SHIFT) + G_BITS] & 1) !== 0;
  }

  gvIsThreadLocal(g: GlobalValue): boolean {
    return (this.globals.data[(g << GV_SHIFT) + G_BITS] & 2) !== 0;
  }
}
