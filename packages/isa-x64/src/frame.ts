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
  MEM_GOT,
  Mem,
  UnwindOp,
} from "@gantry/codegen-core";
import { bug } from "@gantry/diag";
import { NONE } from "@gantry/entity";
import { STACK } from "./abi.ts";
import { preservedGeneral, preservedVector } from "./clobbers.ts";
import * as X from "./generated/opcodes.ts";
import { CONSTANT_WORDS } from "./host/constants.ts";
import type { X64Host } from "./host.ts";
import { MODE_VEX, put, putModImm, putModRm, putRegRm } from "./put.ts";
import { R10, R11, RAX, RBP, RSP, XMM0 } from "./registers.ts";
import { Reloc } from "./relocs.ts";

const STACK_OVERFLOW = 251;
/** Below this size the stack pointer minus the frame cannot wrap: the zero page and more lie there. */
const SMALL_FRAME = 32768;
const BELOW = 2;
const NOT_BELOW = 3;
const NOT_EQUAL = 5;
const REX_W = 0x48;
const UNROLLED_PROBES = 4;
const SPILL = 1 << 24;
/** Number of the runtime function that probes the stack. */
const PROBESTACK = 0;
/** What the prologue of a function that preserves everything takes for itself. */
const PROLOGUE_TEMPS = (1 << RAX) | (1 << R10) | (1 << R11);

export function layOutFrame(ctx: LowerContext): void {
  const { frame } = ctx;
  const host = ctx as X64Host;
  const { conv } = host.own;
  const pinned = host.settings.bool("enable_pinned_reg");
  let saved = (frame.used[0] | host.lostGeneral) & preservedGeneral(conv, pinned);
  frame.saved[1] = (frame.used[1] | host.lostVector) & preservedVector(conv);
  if (frame.framePointer) saved &= ~(1 << RBP);
  // What writes registers before they are saved, or outside the allocator's sight.
  if (conv === CallConv.preserve_all) saved |= PROLOGUE_TEMPS;
  frame.saved[0] = saved;
  const pushed = 8 + 8 * bitCount(saved) + (frame.framePointer ? 8 : 0);
  // Saved vector registers lie on top of the body, at a multiple of 16 from the canonical frame address.
  const vectors = 16 * bitCount(frame.saved[1]);
  const bytes = vectors === 0 ? frame.bodyBytes : alignUp(frame.bodyBytes, 16) + vectors;
  frame.adjustBytes = frame.hasCalls || bytes > 0 ? alignUp(pushed + bytes, 16) - pushed : 0;
  frame.frameBytes = pushed + frame.adjustBytes - 8;
  frame.incomingBase = pushed + frame.adjustBytes;
  if (frame.framePointer) frame.framePointerAt = frame.incomingBase - 16;
  const below = frame.framePointerAt;
  if (host.realignment !== 0) {
    // The stack pointer is rounded down, so only the frame pointer is at a known distance from what the caller put.
    frame.frameBytes += host.realignment - 16;
    frame.incomingRegister = RBP;
    frame.incomingBase = 16;
    frame.framePointerAt = NONE;
  }
  for (let k = 0; k < host.landings.length; k++) {
    const at = host.landings.at(k);
    if (host.words[at + 1] === 0) continue;
    host.words[at + 1] = below;
    host.words[at + 2] = host.realignment;
  }
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
  const { conv } = host.own;
  // With this convention it takes registers that have to be saved first.
  const checkLate = conv === CallConv.preserve_all;
  if (!checkLate) checkStack(host, buf, 0);
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
  const spMoves = frame.framePointer ? UnwindOp.stackPointerAt : UnwindOp.cfaFromSp;
  for (let m = frame.saved[0]; m !== 0; m &= m - 1) {
    const r = 31 - Math.clz32(m & -m);
    put(buf, X.pushq_r, r);
    cfa += 8;
    if (!unwind) continue;
    buf.unwindOp(spMoves, 0, cfa);
    buf.unwindOp(UnwindOp.save, r, -cfa);
  }
  if (checkLate) checkStack(host, buf, cfa - 8);
  if (frame.adjustBytes === 0) return;
  const cfaAt = unwind ? cfa : NONE;
  const probes = host.settings.bool("enable_probestack");
  const left = probes ? probeStack(host, buf, cfaAt, spMoves) : frame.adjustBytes;
  // A push makes room for eight bytes with one.
  if (left === 8) put(buf, X.pushq_r, RAX);
  else if (left > 0) putModImm(buf, X.subq_ri, RSP, left);
  if (unwind) buf.unwindOp(spMoves, 0, cfa + frame.adjustBytes);
  if (host.realignment !== 0) {
    putModImm(buf, X.andq_ri, RSP, -host.realignment);
    if (unwind) buf.unwindOp(UnwindOp.stackPointerAt, 0, 0);
  }
  let at = vectorsAt(host);
  for (let m = frame.saved[1]; m !== 0; m &= m - 1, at += 16) {
    const r = XMM0 + 31 - Math.clz32(m & -m);
    put(buf, X.movups_mr, vectorsBase(host), -1, at, Mem.plain, r);
    if (unwind) buf.unwindOp(UnwindOp.save, r, at - frame.incomingBase);
  }
}

/** Where the saved vector registers are: in a frame of any alignment they are found from the frame pointer. */
function vectorsBase(host: X64Host): number {
  return host.realignment !== 0 ? RBP : RSP;
}
function vectorsAt({ realignment, frame }: X64Host): number {
  if (realignment === 0) return alignUp(frame.bodyBytes, 16);
  return -alignUp(8 * bitCount(frame.saved[0]), 16) - 16 * bitCount(frame.saved[1]);
}

/** Loads the vector registers that the prologue saved. */
function restoreVectors(e: Emitter): void {
  const { buf } = e;
  const host = e.ctx as X64Host;
  let at = vectorsAt(host);
  for (let m = host.frame.saved[1]; m !== 0; m &= m - 1, at += 16) {
    put(buf, X.movups_rm, XMM0 + 31 - Math.clz32(m & -m), vectorsBase(host), -1, at, Mem.plain);
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
      // Unwinders of Windows take an indirect jump for the end of an epilogue only with this prefix.
      if ((e.ctx as X64Host).isWindows) buf.put1(REX_W);
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
  // The frame pointer is the caller's before the frame is gone; more arguments cover what the frame holds.
  if (unwind && (frame.framePointer || bytes > frame.incomingBytes)) buf.unwindOp(UnwindOp.rearrange, 0, 0);
  const base = (e.ctx as X64Host).realignment !== 0 ? R11 : RSP;
  if (base === R11) put(buf, X.movq_rr, R11, RBP);
  const cfaIs = (offset: number): void => {
    if (!unwind) return;
    if (base === RSP) buf.unwindOp(UnwindOp.cfaFromSp, 0, offset);
    else buf.unwindOp(UnwindOp.cfaFromRegister, R11, offset);
  };
  if (frame.framePointer) cfaIs(frame.incomingBase);
  const returnAt = frame.incomingBase - 8;
  const newReturnAt = returnAt + frame.incomingBytes - bytes;
  const restored: number[] = [];
  if (frame.framePointer) restored.push(RBP);
  for (let m = frame.saved[0]; m !== 0; m &= m - 1) restored.push(31 - Math.clz32(m & -m));
  for (const [k, r] of restored.entries()) put(buf, X.movq_rm, r, base, -1, returnAt - 8 - 8 * k, Mem.plain);
  // What was saved is still where it was up to here.
  if (unwind) for (const r of restored) buf.unwindOp(UnwindOp.restore, r, 0);
  if (newReturnAt !== returnAt) {
    // Lowering made the outgoing area large enough that this covers no argument.
    put(buf, X.movq_rm, R10, base, -1, returnAt, Mem.plain);
    put(buf, X.movq_mr, base, -1, newReturnAt, Mem.plain, R10);
    cfaIs(newReturnAt + 8);
  }
  for (let k = bytes - 8; k >= 0; k -= 8) {
    put(buf, X.movq_rm, R10, RSP, -1, k, Mem.plain);
    put(buf, X.movq_mr, base, -1, newReturnAt + 8 + k, Mem.plain, R10);
  }
  put(buf, X.leaq_rm, RSP, base, -1, newReturnAt, Mem.plain);
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
  const host = e.ctx as X64Host;
  if (frame.adjustBytes !== 0 || host.realignment !== 0) {
    const pops = frame.adjustBytes === 8 && host.realignment === 0 && host.own.conv !== CallConv.preserve_all;
    if (pops) put(buf, X.popq_r, R11);
    else if (frame.framePointer) put(buf, X.leaq_rm, RSP, RBP, -1, -8 * bitCount(frame.saved[0]), Mem.plain);
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
 * Touches each page of a large frame from the top, so that the guard page is not jumped over: in a runtime function, or
 * here, a few pages one by one and more in a loop with r11. The stack pointer moves with the pages, because systems and
 * tools take accesses far below it for mistakes.
 *
 * @param cfa Canonical frame address minus stack pointer, for the unwinder; -1 if it need not be told.
 * @param spMoves How it is told that the stack pointer moves.
 * @returns The bytes that are still to be taken off the stack pointer.
 */
function probeStack(host: X64Host, buf: CodeBuffer, cfa: number, spMoves: number): number {
  const bytes = host.frame.adjustBytes;
  const page = 2 ** host.settings.num("probestack_size_log2");
  const pages = Math.floor(bytes / page);
  if (pages === 0) return bytes;
  if (host.settings.enum("probestack_strategy") === "outline") {
    callProbe(host, buf, bytes);
    return bytes;
  }
  const rest = bytes - pages * page;
  if (pages <= UNROLLED_PROBES) {
    for (let k = 1; k <= pages; k++) {
      putModImm(buf, X.subq_ri, RSP, page);
      if (cfa !== NONE) buf.unwindOp(spMoves, 0, cfa + k * page);
      put(buf, X.movl_mi, RSP, -1, 0, Mem.plain, 0);
    }
    return rest;
  }
  const again = buf.newLabel();
  if (host.isWindows) {
    // Its unwind codes have no words for a loop, and its own probes do not move the stack pointer either.
    put(buf, X.movq_ri, R11, -page);
    buf.bind(again);
    put(buf, X.movl_mi, RSP, R11, 0, Mem.plain, 0);
    putModImm(buf, X.subq_ri, R11, page);
    put(buf, X.cmpq_mi, R11, -1, 0, Mem.register, -pages * page);
    put(buf, X.jcc, NOT_BELOW, again);
    return bytes;
  }
  put(buf, X.leaq_rm, R11, RSP, -1, -pages * page, Mem.plain);
  // While the stack pointer moves, r11 stands still.
  if (cfa !== NONE && spMoves === UnwindOp.cfaFromSp)
    buf.unwindOp(UnwindOp.cfaFromRegister, R11, cfa + pages * page);
  buf.bind(again);
  putModImm(buf, X.subq_ri, RSP, page);
  put(buf, X.movl_mi, RSP, -1, 0, Mem.plain, 0);
  putRegRm(buf, X.cmpq_rm, RSP, R11);
  put(buf, X.jcc, NOT_EQUAL, again);
  return rest;
}

/** Calls the runtime function that probes as many bytes below the stack pointer as eax says, and preserves all registers. */
function callProbe(host: X64Host, buf: CodeBuffer, bytes: number): void {
  const symbol = host.symbols.libcall(PROBESTACK);
  put(buf, X.movl_ri, RAX, bytes);
  if (host.settings.bool("use_colocated_libcalls")) put(buf, X.call_sym, symbol, Reloc.plt4);
  else if (host.isPic) put(buf, X.callq_m, -1, symbol, 0, Mem.symbol | MEM_GOT);
  else {
    buf.put2(0xbb49);
    buf.reloc(Reloc.abs8, symbol, 0);
    buf.put4(0);
    buf.put4(0);
    put(buf, X.callq_m, R11, -1, 0, Mem.register);
  }
}

/**
 * Traps if the stack pointer minus the frame would fall below the function's limit. It takes r10 and r11, and runs when
 * `pushed` bytes of the frame are on the stack and the parameters are where the convention put them.
 */
function checkStack(host: X64Host, buf: CodeBuffer, pushed: number): void {
  const { func, frame } = host;
  const limit = func.stackLimit;
  const bytes = frame.frameBytes - pushed;
  if (limit === NONE || (bytes === 0 && !frame.hasCalls)) return;
  if (func.gvKind(limit) === GV_LOAD && bytes < SMALL_FRAME) {
    const base = limitValue(host, buf, func.gvBase(limit), pushed);
    const low = bytes === 0 ? RSP : R11;
    if (bytes !== 0) put(buf, X.leaq_rm, R11, RSP, -1, -bytes, Mem.plain);
    put(buf, X.cmpq_rm, low, base, -1, func.gvOffset(limit), Mem.plain);
  } else {
    const value = limitValue(host, buf, limit, pushed);
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
function limitValue(host: X64Host, buf: CodeBuffer, gv: GlobalValue, pushed: number): number {
  const { func, own } = host;
  switch (func.gvKind(gv)) {
    case GV_VMCTX:
      for (let k = 0, n = func.sigParamCount(OWN_SIGNATURE); k < n; k++) {
        if (func.sigParamPurpose(OWN_SIGNATURE, k) !== PURPOSE_VMCTX) continue;
        const place = own.params.at(own.firstParam.at(k));
        if (place < STACK) return place;
        // Above the return address.
        put(buf, X.movq_rm, R10, RSP, -1, 8 + pushed + place - STACK, Mem.plain);
        return R10;
      }
      break;
    case GV_LOAD: {
      const base = limitValue(host, buf, func.gvBase(gv), pushed);
      put(buf, X.movq_rm, R10, base, -1, func.gvOffset(gv), Mem.plain);
      return R10;
    }
    case GV_IADD_IMM: {
      const base = limitValue(host, buf, func.gvBase(gv), pushed);
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
