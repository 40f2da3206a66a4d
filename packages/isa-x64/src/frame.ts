/**
 * The frame of x86-64 functions: prologue, stack check, epilogue, and the moves of the allocator.
 *
 * From high to low: return address, saved frame pointer if the function has one, saved registers (pushed), then the
 * body of the frame down to the stack pointer, which is a multiple of 16 wherever a call may be.
 */
import {
  CallConv,
  type GlobalValue,
  GV_IADD_IMM,
  GV_LOAD,
  GV_VMCTX,
  OWN_SIGNATURE,
  PURPOSE_VMCTX,
} from "@gantry/clif-ir";
import {
  alignUp,
  type CodeBuffer,
  type Emitter,
  type LowerContext,
  Mem,
  UnwindOp,
} from "@gantry/codegen-core";
import { bug } from "@gantry/diag";
import { NONE } from "@gantry/entity";
import { STACK } from "./abi.ts";
import type { X64Host } from "./calls.ts";
import * as X from "./generated/opcodes.ts";
import { CONSTANT_WORDS } from "./host.ts";
import { MODE_VEX, put, putModImm, putModRm, putRegRm } from "./put.ts";
import {
  CALLEE_SAVED,
  FASTCALL_SAVED,
  FASTCALL_SAVED_VECTOR,
  R10,
  R11,
  RBP,
  RSP,
  XMM0,
} from "./registers.ts";

const STACK_OVERFLOW = 251;
/** Below this size the stack pointer minus the frame cannot wrap: the zero page and more lie there. */
const SMALL_FRAME = 32768;
const BELOW = 2;
const NOT_EQUAL = 5;
const UNROLLED_PROBES = 4;
const SPILL = 1 << 24;

export function layOutFrame(ctx: LowerContext): void {
  const { frame } = ctx;
  const host = ctx as X64Host;
  let saved = frame.used[0] & CALLEE_SAVED;
  frame.saved[1] = 0;
  if (host.own.conv === CallConv.windows_fastcall) {
    const lost = host.callsSystemV ? -1 : 0;
    saved |= (frame.used[0] | lost) & FASTCALL_SAVED;
    frame.saved[1] = (frame.used[1] | lost) & FASTCALL_SAVED_VECTOR;
  }
  if (frame.framePointer) saved &= ~(1 << RBP);
  frame.saved[0] = saved;
  const pushed = 8 + 8 * bitCount(saved) + (frame.framePointer ? 8 : 0);
  // Saved vector registers lie on top of the body.
  const vectors = 16 * bitCount(frame.saved[1]);
  const bytes = vectors === 0 ? frame.bodyBytes : alignUp(frame.bodyBytes, 16) + vectors;
  frame.adjustBytes = frame.hasCalls || bytes > 0 ? alignUp(pushed + bytes, 16) - pushed : 0;
  frame.incomingBase = pushed + frame.adjustBytes;
}

function bitCount(mask: number): number {
  let n = 0;
  for (let m = mask; m !== 0; m &= m - 1) n++;
  return n;
}

export function emitPrologue(e: Emitter): void {
  const { buf } = e;
  const host = e.ctx as X64Host;
  const { frame } = host;
  buf.reserve(400);
  if (host.avx) buf.mode = MODE_VEX;
  placeConstants(host, buf);
  checkStack(host, buf);
  const unwind = host.settings.bool("unwind_info");
  let cfa = 8;
  if (frame.framePointer) {
    put(buf, X.pushq_r, RBP);
    cfa += 8;
    if (unwind) {
      buf.unwindOp(UnwindOp.cfaFromSp, 0, cfa);
      buf.unwindOp(UnwindOp.save, RBP, -cfa);
    }
    put(buf, X.movq_rr, RBP, RSP);
    if (unwind) buf.unwindOp(UnwindOp.cfaFromRegister, RBP, cfa);
  }
  for (let m = frame.saved[0]; m !== 0; m &= m - 1) {
    const r = 31 - Math.clz32(m & -m);
    put(buf, X.pushq_r, r);
    cfa += 8;
    if (!unwind) continue;
    if (!frame.framePointer) buf.unwindOp(UnwindOp.cfaFromSp, 0, cfa);
    buf.unwindOp(UnwindOp.save, r, -cfa);
  }
  if (frame.adjustBytes === 0) return;
  if (host.settings.bool("enable_probestack"))
    probeStack(buf, frame.adjustBytes, host.settings.num("probestack_size_log2"));
  // A push makes room for eight bytes with one.
  if (frame.adjustBytes === 8) put(buf, X.pushq_r, 0);
  else putModImm(buf, X.subq_ri, RSP, frame.adjustBytes);
  if (unwind && !frame.framePointer) buf.unwindOp(UnwindOp.cfaFromSp, 0, cfa + frame.adjustBytes);
  let at = alignUp(frame.bodyBytes, 16);
  for (let m = frame.saved[1]; m !== 0; m &= m - 1, at += 16) {
    const r = XMM0 + 31 - Math.clz32(m & -m);
    put(buf, X.movups_mr, RSP, -1, at, Mem.plain, r);
    if (unwind) buf.unwindOp(UnwindOp.save, r, at - frame.incomingBase);
  }
}

/** Loads the vector registers that the prologue saved. */
function restoreVectors(e: Emitter): void {
  const { buf } = e;
  const { frame } = e.ctx;
  let at = alignUp(frame.bodyBytes, 16);
  for (let m = frame.saved[1]; m !== 0; m &= m - 1, at += 16) {
    put(buf, X.movups_rm, XMM0 + 31 - Math.clz32(m & -m), RSP, -1, at, Mem.plain);
  }
}

/** Undoes the prologue and returns, or leaves for another function, as the record at `at` says. */
export function emitReturn(e: Emitter, at: number): void {
  const { buf, words } = e;
  const { frame } = e.ctx;
  switch (words[at] & 0xffff) {
    case X.tail_near:
      leave(e, words[at + 3]);
      put(buf, X.jmp_sym, words[at + 1], words[at + 2]);
      return;
    case X.tail_through:
      leave(e, words[at + 2]);
      put(buf, X.jmpq_m, words[at + 1], -1, 0, Mem.register);
      return;
    default:
      undoPrologue(e);
      if (frame.popBytes > 0) put(buf, X.retq_i, frame.popBytes);
      else put(buf, X.retq);
      endEpilogue(e);
  }
}

/** Whether the unwinder must be told of an epilogue. */
function tellsUnwinder(e: Emitter): boolean {
  return e.ctx.settings.bool("unwind_info") && e.ctx.frame.incomingBase > 8;
}

function endEpilogue(e: Emitter): void {
  if (tellsUnwinder(e) && e.buf.next !== NONE) e.buf.unwindOp(UnwindOp.restoreState, 0, 0);
}

/**
 * Gives the frame up for a tail call with `bytes` of stack arguments in the outgoing area. They end where our own end, so
 * the return address moves if there are more or fewer of them. Saved registers are loaded first, because the arguments
 * may cover where they are, and the return address moves before they can cover it; the copy runs downwards, because it
 * moves up.
 */
function leave(e: Emitter, bytes: number): void {
  const { buf } = e;
  const { frame } = e.ctx;
  if (bytes === 0 && frame.incomingBytes === 0) {
    undoPrologue(e);
    endEpilogue(e);
    return;
  }
  buf.reserve(128 + 2 * bytes);
  const unwind = e.ctx.settings.bool("unwind_info");
  const goesOn = unwind && buf.next !== NONE;
  if (goesOn) buf.unwindOp(UnwindOp.rememberState, 0, 0);
  // The frame pointer is the caller's before the frame is gone.
  if (unwind && frame.framePointer) buf.unwindOp(UnwindOp.cfaFromSp, 0, frame.incomingBase);
  const returnAt = frame.incomingBase - 8;
  const newReturnAt = returnAt + frame.incomingBytes - bytes;
  let saved = returnAt;
  const restore = (r: number): void => {
    saved -= 8;
    put(buf, X.movq_rm, r, RSP, -1, saved, Mem.plain);
    if (unwind) buf.unwindOp(UnwindOp.restore, r, 0);
  };
  if (frame.framePointer) restore(RBP);
  for (let m = frame.saved[0]; m !== 0; m &= m - 1) restore(31 - Math.clz32(m & -m));
  if (newReturnAt !== returnAt) {
    // Lowering made the outgoing area large enough that this covers no argument.
    put(buf, X.movq_rm, R11, RSP, -1, returnAt, Mem.plain);
    put(buf, X.movq_mr, RSP, -1, newReturnAt, Mem.plain, R11);
    if (unwind) buf.unwindOp(UnwindOp.cfaFromSp, 0, newReturnAt + 8);
  }
  for (let k = bytes - 8; k >= 0; k -= 8) {
    put(buf, X.movq_rm, R10, RSP, -1, k, Mem.plain);
    put(buf, X.movq_mr, RSP, -1, newReturnAt + 8 + k, Mem.plain, R10);
  }
  put(buf, X.leaq_rm, RSP, RSP, -1, newReturnAt, Mem.plain);
  if (unwind) buf.unwindOp(UnwindOp.cfaFromSp, 0, 8);
  if (goesOn) buf.unwindOp(UnwindOp.restoreState, 0, 0);
}

/** Pops what the prologue pushed. */
function undoPrologue(e: Emitter): void {
  const { buf } = e;
  const { frame } = e.ctx;
  buf.reserve(320);
  const unwind = tellsUnwinder(e);
  if (unwind && buf.next !== NONE) buf.unwindOp(UnwindOp.rememberState, 0, 0);
  const tracksSp = unwind && !frame.framePointer;
  let cfa = frame.incomingBase;
  if (frame.saved[1] !== 0) restoreVectors(e);
  if (frame.adjustBytes !== 0) {
    if (frame.adjustBytes === 8) put(buf, X.popq_r, R11);
    else putModImm(buf, X.addq_ri, RSP, frame.adjustBytes);
    cfa -= frame.adjustBytes;
    if (tracksSp) buf.unwindOp(UnwindOp.cfaFromSp, 0, cfa);
  }
  for (let m = frame.saved[0]; m !== 0; ) {
    const r = 31 - Math.clz32(m);
    m &= ~(1 << r);
    put(buf, X.popq_r, r);
    cfa -= 8;
    if (tracksSp) buf.unwindOp(UnwindOp.cfaFromSp, 0, cfa);
    if (unwind) buf.unwindOp(UnwindOp.restore, r, 0);
  }
  if (frame.framePointer) {
    put(buf, X.popq_r, RBP);
    if (unwind) {
      buf.unwindOp(UnwindOp.cfaFromSp, 0, 8);
      buf.unwindOp(UnwindOp.restore, RBP, 0);
    }
  }
}

/** Hands the constants that lowering collected to the buffer, which numbers them in the same order. */
function placeConstants(host: X64Host, buf: CodeBuffer): void {
  const c = host.constants;
  const bytes = new Uint8Array(16);
  for (let at = 0, k = 0; at < c.length; at += CONSTANT_WORDS, k++) {
    const length = c.at(at);
    for (let i = 0; i < length; i++) bytes[i] = c.at(at + 1 + (i >> 2)) >> (8 * (i & 3));
    if (buf.constant(bytes, length) !== k) bug("emit", "the code buffer numbers constants in another order");
  }
}

/**
 * Touches each page of a large frame from the top, so that the guard page is not jumped over. A few pages are touched
 * one by one, more in a loop with r11.
 */
function probeStack(buf: CodeBuffer, bytes: number, pageLog2: number): void {
  const page = 2 ** pageLog2;
  const pages = Math.floor(bytes / page);
  if (pages <= UNROLLED_PROBES) {
    for (let k = 1; k <= pages; k++) put(buf, X.movl_mi, RSP, -1, -k * page, Mem.plain, 0);
    return;
  }
  const again = buf.newLabel();
  put(buf, X.leaq_rm, R11, RSP, -1, -pages * page, Mem.plain);
  buf.bind(again);
  putModImm(buf, X.subq_ri, RSP, page);
  put(buf, X.movl_mi, RSP, -1, 0, Mem.plain, 0);
  putRegRm(buf, X.cmpq_rm, RSP, R11);
  put(buf, X.jcc, NOT_EQUAL, again);
  put(buf, X.leaq_rm, RSP, RSP, -1, pages * page, Mem.plain);
}

/**
 * Traps if the stack pointer minus the frame would fall below the function's limit. It runs first, when r10 and r11 are
 * free and the parameters are where the convention put them.
 */
function checkStack(host: X64Host, buf: CodeBuffer): void {
  const { func, frame } = host;
  const limit = func.stackLimit;
  const bytes = frame.incomingBase - 8;
  if (limit === NONE || (bytes === 0 && !frame.hasCalls)) return;
  if (func.gvKind(limit) === GV_LOAD && bytes < SMALL_FRAME) {
    const base = limitValue(host, buf, func.gvBase(limit));
    const low = bytes === 0 ? RSP : R11;
    if (bytes !== 0) put(buf, X.leaq_rm, R11, RSP, -1, -bytes, Mem.plain);
    put(buf, X.cmpq_rm, low, base, -1, func.gvOffset(limit), Mem.plain);
  } else {
    const value = limitValue(host, buf, limit);
    if (bytes >= SMALL_FRAME) {
      putRegRm(buf, X.cmpq_rm, RSP, value);
      put(buf, X.jcc, BELOW, buf.trapStub(STACK_OVERFLOW));
    }
    put(buf, X.leaq_rm, R11, RSP, -1, -bytes, Mem.plain);
    putRegRm(buf, X.cmpq_rm, R11, value);
  }
  put(buf, X.jcc, BELOW, buf.trapStub(STACK_OVERFLOW));
}

/** Emits what computes global value `gv` and returns the register that holds it: r10, or that of a parameter. */
function limitValue(host: X64Host, buf: CodeBuffer, gv: GlobalValue): number {
  const { func, own } = host;
  switch (func.gvKind(gv)) {
    case GV_VMCTX:
      for (let k = 0, n = func.sigParamCount(OWN_SIGNATURE); k < n; k++) {
        if (func.sigParamPurpose(OWN_SIGNATURE, k) !== PURPOSE_VMCTX) continue;
        const place = own.params.at(own.firstParam.at(k));
        if (place < STACK) return place;
        // Above the return address.
        put(buf, X.movq_rm, R10, RSP, -1, 8 + place - STACK, Mem.plain);
        return R10;
      }
      break;
    case GV_LOAD: {
      const base = limitValue(host, buf, func.gvBase(gv));
      put(buf, X.movq_rm, R10, base, -1, func.gvOffset(gv), Mem.plain);
      return R10;
    }
    case GV_IADD_IMM: {
      const base = limitValue(host, buf, func.gvBase(gv));
      put(buf, X.leaq_rm, R10, base, -1, func.gvOffset(gv), Mem.plain);
      return R10;
    }
  }
  return bug("emit", `global value gv${gv} cannot limit the stack`);
}

/** Moves a value between registers, or between a register and a spill slot. */
export function emitMove(e: Emitter, cls: number, bytes: number, from: number, to: number): void {
  const { buf } = e;
  if (cls === 0) {
    if (from >= SPILL) put(buf, X.movq_rm, to, RSP, -1, e.spillOffset(from), Mem.plain);
    else if (to >= SPILL) put(buf, X.movq_mr, RSP, -1, e.spillOffset(to), Mem.plain, from);
    else put(buf, X.movq_rr, to, from);
    return;
  }
  if (from >= SPILL) {
    put(buf, bytes > 8 ? X.movups_rm : X.movsd_rm, to, RSP, -1, e.spillOffset(from), Mem.plain);
  } else if (to >= SPILL) {
    put(buf, bytes > 8 ? X.movups_mr : X.movsd_mr, RSP, -1, e.spillOffset(to), Mem.plain, from);
  } else put(buf, X.movaps_rr, to, from);
}

/** Exchanges two registers without touching flags. */
export function emitExchange(e: Emitter, cls: number, a: number, b: number): void {
  const { buf } = e;
  if (cls === 0) {
    put(buf, X.xchgq_rr, a, a, b, b);
    return;
  }
  putModRm(buf, X.xorps_rm, a, b);
  putModRm(buf, X.xorps_rm, b, a);
  putModRm(buf, X.xorps_rm, a, b);
}
