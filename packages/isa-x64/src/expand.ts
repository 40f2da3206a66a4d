/** What pseudo rows become after allocation. */
import { type CodeBuffer, Mem } from "@gantry/codegen-core";
import { encode } from "./generated/encode.ts";
import * as X from "./generated/opcodes.ts";
import { put, putModImm, putModRm, putRegRm, scratch } from "./put.ts";
import { R8, R9, R10, R11, RAX, RBP, RBX, RCX, RDI, RDX, RSI, RSP } from "./registers.ts";

// Condition codes as opcodes have them, and the two that take two flags.
const NE = 5;
const S = 8;
const P = 10;
const NP = 11;
const AND_Z = 16;
const OR_NZ = 17;

/** A jump over a few bytes, bound by {@link CodeBuffer.bind}. */
function jumpIf(buf: CodeBuffer, cc: number, label: number): void {
  put(buf, X.jcc, cc, label);
}

/** Jumps to `label` under `cc`, which may be one of the double conditions. */
function jumpIfAny(buf: CodeBuffer, cc: number, label: number): void {
  if (cc === OR_NZ) {
    jumpIf(buf, NE, label);
    jumpIf(buf, P, label);
  } else if (cc === AND_Z) {
    const over = buf.newLabel();
    jumpIf(buf, NE, over);
    jumpIf(buf, NP, label);
    buf.bind(over);
  } else jumpIf(buf, cc, label);
}

function jmpCond(words: Int32Array, at: number, buf: CodeBuffer): void {
  const cc = words[at + 1];
  const taken = buf.target(words[at + 2]);
  const other = buf.target(words[at + 3]);
  if (taken === other) {
    if (taken !== buf.next) put(buf, X.jmp, taken);
  } else if (taken === buf.next) jumpIfAny(buf, cc ^ 1, other);
  else {
    jumpIfAny(buf, cc, taken);
    if (other !== buf.next) put(buf, X.jmp, other);
  }
}

/** The address of the table, plus the entry, which is relative to it. `labels` is a counted list in the arena. */
function jumpTable(words: Int32Array, at: number, buf: CodeBuffer): void {
  const index = words[at + 1];
  const table = words[at + 2];
  const target = words[at + 3];
  const labels = words[at + 4];
  const n = words[labels];
  const label = buf.jumpTable(n);
  for (let k = 1; k <= n; k++) buf.jumpTableEntry(buf.target(words[labels + k]));
  put(buf, X.leaq_rm, table, -1, label, 0, Mem.label);
  put(buf, X.movslq_rm, target, table, index, 0, Mem.plain | (2 << 4));
  putModRm(buf, X.addq_rm, target, table);
  put(buf, X.jmpq_m, target, -1, 0, Mem.register);
}

function trapIf(words: Int32Array, at: number, buf: CodeBuffer): void {
  jumpIfAny(buf, words[at + 1], buf.trapStub(words[at + 2]));
}

function xmmCmov(words: Int32Array, at: number, buf: CodeBuffer): void {
  const done = buf.newLabel();
  jumpIfAny(buf, words[at + 1] ^ 1, done);
  put(buf, X.movaps_rr, words[at + 2], words[at + 4]);
  buf.bind(done);
}

function callDirect(words: Int32Array, at: number, buf: CodeBuffer): void {
  put(buf, X.call_sym, words[at + 1], words[at + 2]);
  buf.callSite();
  putBack(words[at + 3], buf);
}

function callIndirect(words: Int32Array, at: number, buf: CodeBuffer): void {
  put(buf, X.callq_m, words[at + 1], words[at + 2], words[at + 3], words[at + 4]);
  buf.callSite();
  putBack(words[at + 5], buf);
}

function tryDirect(words: Int32Array, at: number, buf: CodeBuffer): void {
  callDirect(words, at, buf);
  continueAt(words[at + 4], buf);
}

function tryIndirect(words: Int32Array, at: number, buf: CodeBuffer): void {
  callIndirect(words, at, buf);
  continueAt(words[at + 6], buf);
}

function continueAt(block: number, buf: CodeBuffer): void {
  const target = buf.target(block);
  if (target !== buf.next) put(buf, X.jmp, target);
}

/** Whoever unwinds to here knows the frame pointer; what a callee has taken off the stack only the callee knows. */
function landing(words: Int32Array, at: number, buf: CodeBuffer): void {
  if (words[at + 1] === 0) return;
  put(buf, X.leaq_rm, RSP, RBP, -1, -words[at + 1], Mem.plain);
  if (words[at + 2] > 0) putModImm(buf, X.andq_ri, RSP, -words[at + 2]);
}

/** Takes the bytes back that a callee has popped. */
function putBack(bytes: number, buf: CodeBuffer): void {
  if (bytes !== 0) put(buf, X.leaq_rm, RSP, RSP, -1, -bytes, Mem.plain);
}

/** The divisor -1 is kept from `idiv`: its remainder is 0. */
function remainder(words: Int32Array, at: number, buf: CodeBuffer, wide: boolean): void {
  const divisor = words[at + 4];
  const trap = words[at + 5];
  const divide = buf.newLabel();
  const done = buf.newLabel();
  put(buf, wide ? X.cmpq_mi : X.cmpl_mi, divisor, -1, 0, Mem.register, -1);
  jumpIf(buf, NE, divide);
  put(buf, X.movl_ri, RDX, 0);
  put(buf, X.jmp, done);
  buf.bind(divide);
  put(buf, wide ? X.cqto : X.cltd, RDX, RAX);
  putDivide(buf, wide ? X.idivq_m : X.idivl_m, divisor, trap);
  buf.bind(done);
}

/** Record of a division: lo and hi (two words each), the group, the trap code. */
function putDivide(buf: CodeBuffer, op: number, divisor: number, trap: number): void {
  scratch[0] = op;
  scratch[1] = RAX;
  scratch[2] = RAX;
  scratch[3] = RDX;
  scratch[4] = RDX;
  scratch[5] = divisor;
  scratch[6] = -1;
  scratch[7] = 0;
  scratch[8] = Mem.register;
  scratch[9] = trap;
  encode(scratch, 0, buf);
}

/**
 * `min` and `max` of the machine give the second operand for NaN and for equal zeroes. Equal operands differ at most in
 * the sign of zero, which an `or` or `and` decides; with NaN the sum is a quiet NaN.
 */
function fminmax(words: Int32Array, at: number, buf: CodeBuffer, rows: MinMaxRows): void {
  const dst = words[at + 1];
  const src = words[at + 3];
  const max = words[at + 4] !== 0;
  const differ = buf.newLabel();
  const nan = buf.newLabel();
  const done = buf.newLabel();
  putRegRm(buf, rows.ucomis, dst, src);
  jumpIf(buf, NE, differ);
  jumpIf(buf, P, nan);
  putModRm(buf, max ? X.andps_rm : X.orps_rm, dst, src);
  put(buf, X.jmp, done);
  buf.bind(nan);
  putModRm(buf, rows.add, dst, src);
  put(buf, X.jmp, done);
  buf.bind(differ);
  putModRm(buf, max ? rows.max : rows.min, dst, src);
  buf.bind(done);
}

interface MinMaxRows {
  readonly ucomis: number;
  readonly add: number;
  readonly min: number;
  readonly max: number;
}
const minMaxF32: MinMaxRows = { ucomis: X.ucomiss_rm, add: X.addss_rm, min: X.minss_rm, max: X.maxss_rm };
const minMaxF64: MinMaxRows = { ucomis: X.ucomisd_rm, add: X.addsd_rm, min: X.minsd_rm, max: X.maxsd_rm };

/** Numbers with the sign bit set are halved; the bit that falls out is or-ed in again, so that rounding is right. */
function fromUnsigned(words: Int32Array, at: number, buf: CodeBuffer, convert: number, add: number): void {
  const dst = words[at + 1];
  const src = words[at + 2];
  const half = words[at + 3];
  const bit = words[at + 4];
  const big = buf.newLabel();
  const done = buf.newLabel();
  putModRm(buf, X.xorps_rm, dst, dst);
  put(buf, X.testq_mr, src, -1, 0, Mem.register, src);
  jumpIf(buf, S, big);
  putModRm(buf, convert, dst, src);
  put(buf, X.jmp, done);
  buf.bind(big);
  put(buf, X.movq_rr, half, src);
  putModImm(buf, X.shrq_ri, half, 1);
  put(buf, X.movl_rr, bit, src);
  putModImm(buf, X.andl_ri, bit, 1);
  putModRm(buf, X.orq_rm, half, bit);
  putModRm(buf, convert, dst, half);
  putModRm(buf, add, dst, dst);
  buf.bind(done);
}

function movFar(words: Int32Array, at: number, buf: CodeBuffer): void {
  const r = words[at + 1];
  buf.put1(0x48 | (r >> 3));
  buf.put1(0xb8 | (r & 7));
  buf.reloc(words[at + 3], words[at + 2], words[at + 4]);
  buf.put4(0);
  buf.put4(0);
}

/** A field of four bytes that the relocation of the symbol in the two words at `at` fills. */
function putSymbol(words: Int32Array, at: number, buf: CodeBuffer, addend: number): void {
  buf.reloc(words[at + 1], words[at], addend);
  buf.put4(0);
}

/**
 * General dynamic model: exactly these bytes, so that linkers can replace them where they know more (Drepper, "ELF
 * handling for thread-local storage", 4.1.6; System V ABI, 3.5): `data16 leaq sym@tlsgd(%rip), %rdi`,
 * `data16 data16 rex64 callq __tls_get_addr@plt`.
 */
function tlsElf(words: Int32Array, at: number, buf: CodeBuffer): void {
  buf.put4(0x3d8d4866);
  putSymbol(words, at + 1, buf, -4);
  buf.put4(0xe8486666 | 0);
  putSymbol(words, at + 3, buf, -4);
  buf.callSite();
}

/** `movq sym@TLVP(%rip), %rdi`, `callq *(%rdi)`: the descriptor begins with the function that finds the address. */
function tlsMacho(words: Int32Array, at: number, buf: CodeBuffer): void {
  buf.put2(0x8b48);
  buf.put1(0x3d);
  putSymbol(words, at + 1, buf, -4);
  put(buf, X.callq_m, RDI, -1, 0, Mem.plain);
  buf.callSite();
}

/** Offset of `ThreadLocalStoragePointer` in the thread environment block of Windows. */
const TEB_THREAD_LOCAL = 0x58;

/**
 * The block of this thread's variables of this image is number `_tls_index` of the array that the thread environment
 * block points to; a symbol is at its section offset in it (Microsoft, "PE format", the .tls section).
 */
function tlsCoff(words: Int32Array, at: number, buf: CodeBuffer): void {
  buf.put2(0x058b); // movl _tls_index(%rip), %eax
  putSymbol(words, at + 5, buf, -4);
  buf.put4(0x0c8b4865); // movq %gs:0x58, %rcx
  buf.put1(0x25);
  buf.put4(TEB_THREAD_LOCAL);
  put(buf, X.movq_rm, RAX, RCX, RAX, 0, Mem.plain | (3 << 4));
  buf.put2(0x8d48); // leaq sym@secrel32(%rax), %rax
  buf.put1(0x80);
  putSymbol(words, at + 3, buf, 0);
}

/** Fields of the thread environment block that say where the stack is: base, limit, what to free. */
const TIB_STACK = [0x08, 0x10, 0x1478];

/**
 * Exchanges stacks. A context is stack pointer, frame pointer, address to continue at, and with `tib` the three fields of
 * {@link TIB_STACK}. The context to store to is in rsi, the one to load from in rdx, which may be the same; rdi holds the
 * payload for whoever continues there, and afterwards the payload for us. Everything else is lost.
 */
function switchStack(words: Int32Array, at: number, buf: CodeBuffer): void {
  const resume = buf.newLabel();
  put(buf, X.movq_rm, RAX, RDX, -1, 0, Mem.plain);
  put(buf, X.movq_rm, RCX, RDX, -1, 8, Mem.plain);
  put(buf, X.movq_rm, R8, RDX, -1, 16, Mem.plain);
  put(buf, X.leaq_rm, R9, -1, resume, 0, Mem.label);
  put(buf, X.movq_mr, RSI, -1, 0, Mem.plain, RSP);
  put(buf, X.movq_mr, RSI, -1, 8, Mem.plain, RBP);
  put(buf, X.movq_mr, RSI, -1, 16, Mem.plain, R9);
  if (words[at + 1] !== 0) {
    for (let k = 0; k < TIB_STACK.length; k++) {
      put(buf, X.movq_rm, R10, RDX, -1, 24 + 8 * k, Mem.plain);
      putTib(buf, 0x8b, R11, TIB_STACK[k]);
      put(buf, X.movq_mr, RSI, -1, 24 + 8 * k, Mem.plain, R11);
      putTib(buf, 0x89, R10, TIB_STACK[k]);
    }
  }
  put(buf, X.movq_rr, RBP, RCX);
  put(buf, X.movq_rr, RSP, RAX);
  put(buf, X.jmpq_m, R8, -1, 0, Mem.register);
  buf.bind(resume);
  buf.callSite();
}

/** `movq` between a register from r8 on and a field of the thread environment block, which gs points to. */
function putTib(buf: CodeBuffer, opcode: number, reg: number, field: number): void {
  buf.put2(0x4c65);
  buf.put1(opcode);
  buf.put2(0x2504 | ((reg & 7) << 3));
  buf.put4(field);
}

/** CLIF's numbers of the operations that need a loop. */
const ADD = 0;
const SUB = 1;
const AND = 2;
const NAND = 3;
const OR = 4;
const XOR = 5;
const XCHG = 6;
const UMIN = 7;
const UMAX = 8;
const SMAX = 10;
/** Conditions under which the old value stays: umin, umax, smin, smax. */
const KEEP = Uint8Array.of(6, 3, 14, 13);

/** `old = [mem]; do next = old op x while cmpxchg [mem], next fails`, which leaves the contents in rax. */
function atomicLoop(words: Int32Array, at: number, buf: CodeBuffer): void {
  const mem = at + 2;
  const x = words[at + 6];
  const next = words[at + 7];
  const bits = words[at + 8];
  const op = words[at + 9];
  const size = bits === 64 ? 3 : bits === 32 ? 2 : bits === 16 ? 1 : 0;
  const again = buf.newLabel();
  putMem(buf, [X.movzbl_rm, X.movzwl_rm, X.movl_rm, X.movq_rm][size], words, mem, RAX);
  buf.bind(again);
  put(buf, X.movq_rr, next, RAX);
  switch (op) {
    case AND:
      putModRm(buf, X.andq_rm, next, x);
      break;
    case NAND:
      putModRm(buf, X.andq_rm, next, x);
      put(buf, X.notq_r, next, next);
      break;
    case OR:
      putModRm(buf, X.orq_rm, next, x);
      break;
    case XOR:
      putModRm(buf, X.xorq_rm, next, x);
      break;
    default:
      putRegRm(buf, [X.cmpb_rm, X.cmpw_rm, X.cmpl_rm, X.cmpq_rm][size], RAX, x);
      put(buf, X.cmovq_rm, KEEP[op - 7] ^ 1, next, next, x, -1, 0);
  }
  const exchange = [X.lock_cmpxchgb_mr, X.lock_cmpxchgw_mr, X.lock_cmpxchgl_mr, X.lock_cmpxchgq_mr][size];
  scratch[0] = exchange;
  scratch[1] = RAX;
  scratch[2] = RAX;
  for (let k = 0; k < 4; k++) scratch[3 + k] = words[mem + k];
  scratch[7] = next;
  encode(scratch, 0, buf);
  jumpIf(buf, NE, again);
}

/** The same for 16 bytes: old in rdx:rax, next in rcx:rbx. */
function atomicLoop16(words: Int32Array, at: number, buf: CodeBuffer): void {
  const mem = at + 3;
  const x = words[at + 7];
  const xHigh = words[at + 8];
  const op = words[at + 11];
  const again = buf.newLabel();
  putMem(buf, X.movq_rm, words, mem, RAX);
  put(buf, X.movq_rm, RDX, words[mem], words[mem + 1], words[mem + 2] + 8, words[mem + 3]);
  buf.bind(again);
  put(buf, X.movq_rr, RBX, RAX);
  put(buf, X.movq_rr, RCX, RDX);
  switch (op) {
    case ADD:
      putModRm(buf, X.addq_rm, RBX, x);
      putModRm(buf, X.adcq_rm, RCX, xHigh);
      break;
    case SUB:
      putModRm(buf, X.subq_rm, RBX, x);
      putModRm(buf, X.sbbq_rm, RCX, xHigh);
      break;
    case AND:
    case NAND:
      putModRm(buf, X.andq_rm, RBX, x);
      putModRm(buf, X.andq_rm, RCX, xHigh);
      if (op === AND) break;
      put(buf, X.notq_r, RBX, RBX);
      put(buf, X.notq_r, RCX, RCX);
      break;
    case OR:
      putModRm(buf, X.orq_rm, RBX, x);
      putModRm(buf, X.orq_rm, RCX, xHigh);
      break;
    case XOR:
      putModRm(buf, X.xorq_rm, RBX, x);
      putModRm(buf, X.xorq_rm, RCX, xHigh);
      break;
    case XCHG:
      put(buf, X.movq_rr, RBX, x);
      put(buf, X.movq_rr, RCX, xHigh);
      break;
    default: {
      // `old < x` by the whole subtraction, then x where old is not the one to keep.
      const greater = op === UMAX || op === SMAX;
      putRegRm(buf, X.cmpq_rm, RBX, x);
      putModRm(buf, X.sbbq_rm, RCX, xHigh);
      put(buf, X.movq_rr, RCX, RDX);
      const less = op === UMIN || op === UMAX ? 2 : 12;
      const take = greater ? less : less ^ 1;
      put(buf, X.cmovq_rm, take, RBX, RBX, x, -1, 0);
      put(buf, X.cmovq_rm, take, RCX, RCX, xHigh, -1, 0);
    }
  }
  scratch[0] = X.lock_cmpxchg16b_m;
  scratch[1] = RAX;
  scratch[2] = RAX;
  scratch[3] = RDX;
  scratch[4] = RDX;
  scratch[5] = RBX;
  scratch[6] = RCX;
  for (let k = 0; k < 4; k++) scratch[7 + k] = words[mem + k];
  encode(scratch, 0, buf);
  jumpIf(buf, NE, again);
}

/** A row with one register and the memory operand at `mem`. */
function putMem(buf: CodeBuffer, op: number, words: Int32Array, mem: number, reg: number): void {
  put(buf, op, reg, words[mem], words[mem + 1], words[mem + 2], words[mem + 3]);
}

/** Emits what the record at `at`, which is one of a pseudo row, stands for. */
export function expand(words: Int32Array, at: number, buf: CodeBuffer): void {
  buf.reserve(160);
  switch (words[at] & 0xffff) {
    case X.args:
    case X.rets:
      break;
    case X.call_near:
      callDirect(words, at, buf);
      break;
    case X.call_through:
      callIndirect(words, at, buf);
      break;
    case X.try_near:
      tryDirect(words, at, buf);
      break;
    case X.try_through:
      tryIndirect(words, at, buf);
      break;
    case X.landing:
      landing(words, at, buf);
      break;
    case X.mark:
      break;
    case X.jmp_cond:
      jmpCond(words, at, buf);
      break;
    case X.jump_table:
      jumpTable(words, at, buf);
      break;
    case X.trap_if:
      trapIf(words, at, buf);
      break;
    case X.xmm_cmov:
      xmmCmov(words, at, buf);
      break;
    case X.sreml:
      remainder(words, at, buf, false);
      break;
    case X.sremq:
      remainder(words, at, buf, true);
      break;
    case X.fminmax_ss:
      fminmax(words, at, buf, minMaxF32);
      break;
    case X.fminmax_sd:
      fminmax(words, at, buf, minMaxF64);
      break;
    case X.xmm_zero:
      putModRm(buf, X.xorps_rm, words[at + 1], words[at + 1]);
      break;
    case X.xmm_ones:
      putModRm(buf, X.pcmpeqd_rm, words[at + 1], words[at + 1]);
      break;
    case X.cvtui2ssq:
      fromUnsigned(words, at, buf, X.cvtsi2ssq_rm, X.addss_rm);
      break;
    case X.cvtui2sdq:
      fromUnsigned(words, at, buf, X.cvtsi2sdq_rm, X.addsd_rm);
      break;
    case X.mov_far:
      movFar(words, at, buf);
      break;
    case X.tls_elf:
      tlsElf(words, at, buf);
      break;
    case X.tls_macho:
      tlsMacho(words, at, buf);
      break;
    case X.tls_coff:
      tlsCoff(words, at, buf);
      break;
    case X.switch_stack:
      switchStack(words, at, buf);
      break;
    case X.atomic_rmw_loop:
      atomicLoop(words, at, buf);
      break;
    case X.atomic_rmw_loop16:
      atomicLoop16(words, at, buf);
      break;
  }
}
