/**
 * What the rules can lower, as a table: an opcode with the types of its first result (or, without one, nothing) and of
 * its first operand. Asked before anything is compiled, so that an unsupported operation is refused with its name.
 */
import {
  allTypes,
  CALL_CONVS,
  CallConv,
  type Function,
  I_IMM2,
  INST_SHIFT,
  type Inst,
  isVector,
  MEM_BIG,
  OPCODE_NAMES,
  Op,
  OWN_SIGNATURE,
  PURPOSE_SARG,
  PURPOSE_SRET,
  type Settings,
  type SigRef,
  type StackSlot,
  type Type,
  typeBytes,
  typeName,
} from "@gantry/clif-ir";
import type { Diagnostic } from "@gantry/diag";
import { NONE } from "@gantry/entity";

// One bit a type; types of no bit are never supported.
const I8 = 1;
const I16 = 2;
const I32 = 4;
const I64 = 8;
const I128 = 16;
const F16 = 32;
const F32 = 64;
const F64 = 128;
const F128 = 256;
const I8X16 = 512;
const I16X8 = 1024;
const I32X4 = 2048;
const I64X2 = 4096;
const F32X4 = 8192;
const F64X2 = 16384;
/** Vectors of 2, 4 and 8 bytes: they can be moved, not computed with. */
const SMALL2 = 1 << 15;
const SMALL4 = 1 << 16;
const SMALL8 = 1 << 17;

const NARROW = I8 | I16;
const UP_TO_32 = NARROW | I32;
const INT = UP_TO_32 | I64;
const WIDE = INT | I128;
const FLOAT = F32 | F64;
const VECTOR = I8X16 | I16X8 | I32X4 | I64X2 | F32X4 | F64X2;
const SCALAR = INT | FLOAT;
const SMALL = SMALL2 | SMALL4 | SMALL8;
const MEMORY = SCALAR | I128 | F16 | F128 | VECTOR | SMALL;
const INT_VECTOR = I8X16 | I16X8 | I32X4 | I64X2;
const FLOAT_VECTOR = F32X4 | F64X2;
const ANY = -1;

/** Bit of each type code. */
const typeBit = new Int32Array(1 << 14);
for (const [code, bit] of [
  [116, I8],
  [117, I16],
  [118, I32],
  [119, I64],
  [120, I128],
  [121, F16],
  [122, F32],
  [123, F64],
  [124, F128],
  [180, I8X16],
  [165, I16X8],
  [150, I32X4],
  [135, I64X2],
  [154, F32X4],
  [139, F64X2],
]) {
  typeBit[code] = bit;
}
for (const ty of allTypes()) {
  if (isVector(ty) && typeBytes(ty) <= 8)
    typeBit[ty] = typeBytes(ty) === 2 ? SMALL2 : typeBytes(ty) === 4 ? SMALL4 : SMALL8;
}

/** Opcode, types of the first result, types of the first value operand. */
const rows: readonly (readonly [op: number, result: number, operand?: number])[] = [
  [Op.jump, ANY],
  [Op.brif, ANY, WIDE],
  [Op.br_table, ANY],
  [Op.trap, ANY],
  [Op.trapz, ANY, WIDE],
  [Op.trapnz, ANY, WIDE],
  [Op.debugtrap, ANY],
  [Op.return, ANY],
  [Op.call, ANY],
  [Op.call_indirect, ANY],
  [Op.return_call, ANY],
  [Op.return_call_indirect, ANY],
  [Op.nop, ANY],
  [Op.sequence_point, ANY],
  [Op.fence, ANY],
  [Op.func_addr, I64],
  [Op.symbol_value, I64],
  [Op.stack_addr, I64],
  [Op.get_stack_pointer, I64],
  [Op.get_frame_pointer, I64],
  [Op.get_return_address, I64],
  [Op.get_pinned_reg, I64],
  [Op.set_pinned_reg, ANY, I64],
  [Op.iconst, INT],
  [Op.f16const, F16],
  [Op.f32const, F32],
  [Op.f64const, F64],
  [Op.f128const, F128],
  [Op.vconst, VECTOR],
  [Op.load, MEMORY],
  [Op.store, ANY, MEMORY],
  [Op.uload8, INT],
  [Op.sload8, INT],
  [Op.uload16, INT],
  [Op.sload16, INT],
  [Op.uload32, I64],
  [Op.sload32, I64],
  [Op.istore8, ANY, INT],
  [Op.istore16, ANY, INT],
  [Op.istore32, ANY, INT],
  [Op.atomic_load, WIDE],
  [Op.atomic_store, ANY, WIDE],
  [Op.atomic_rmw, WIDE],
  [Op.atomic_cas, WIDE],
  [Op.iadd, WIDE | INT_VECTOR],
  [Op.isub, WIDE | INT_VECTOR],
  [Op.ineg, WIDE | INT_VECTOR],
  [Op.iabs, WIDE | INT_VECTOR],
  [Op.imul, WIDE | INT_VECTOR],
  [Op.umulhi, INT | I16X8],
  [Op.smulhi, INT | I16X8],
  [Op.udiv, INT],
  [Op.sdiv, INT],
  [Op.urem, INT],
  [Op.srem, INT],
  [Op.smin, WIDE | INT_VECTOR],
  [Op.smax, WIDE | INT_VECTOR],
  [Op.umin, WIDE | INT_VECTOR],
  [Op.umax, WIDE | INT_VECTOR],
  [Op.uadd_overflow, WIDE],
  [Op.sadd_overflow, WIDE],
  [Op.usub_overflow, WIDE],
  [Op.ssub_overflow, WIDE],
  [Op.umul_overflow, INT],
  [Op.smul_overflow, INT],
  [Op.uadd_overflow_trap, I32 | I64],
  [Op.uadd_overflow_cin, INT],
  [Op.sadd_overflow_cin, INT],
  [Op.usub_overflow_bin, INT],
  [Op.ssub_overflow_bin, INT],
  [Op.band, SCALAR | I128 | F16 | F128 | VECTOR],
  [Op.bor, SCALAR | I128 | F16 | F128 | VECTOR],
  [Op.bxor, SCALAR | I128 | F16 | F128 | VECTOR],
  [Op.bnot, SCALAR | I128 | F16 | F128 | VECTOR],
  [Op.bitselect, WIDE | FLOAT | VECTOR],
  [Op.ishl, WIDE | INT_VECTOR],
  [Op.ushr, WIDE | INT_VECTOR],
  [Op.sshr, WIDE | INT_VECTOR],
  [Op.rotl, WIDE],
  [Op.rotr, WIDE],
  [Op.clz, WIDE],
  [Op.cls, INT],
  [Op.ctz, WIDE],
  [Op.popcnt, WIDE | I8X16],
  [Op.bswap, WIDE & ~I8],
  [Op.bitrev, WIDE],
  [Op.bmask, WIDE, WIDE],
  [Op.icmp, I8 | INT_VECTOR, WIDE | INT_VECTOR],
  [Op.fcmp, I8 | I32X4 | I64X2, FLOAT | FLOAT_VECTOR],
  [Op.select, MEMORY, WIDE],
  [Op.select_spectre_guard, WIDE | FLOAT, WIDE],
  [Op.uextend, WIDE, INT],
  [Op.sextend, WIDE, INT],
  [Op.ireduce, INT, WIDE],
  [Op.iconcat, WIDE, INT],
  [Op.isplit, INT, WIDE],
  [Op.fadd, FLOAT | FLOAT_VECTOR],
  [Op.fsub, FLOAT | FLOAT_VECTOR],
  [Op.fmul, FLOAT | FLOAT_VECTOR],
  [Op.fdiv, FLOAT | FLOAT_VECTOR],
  [Op.sqrt, FLOAT | FLOAT_VECTOR],
  [Op.fma, FLOAT | FLOAT_VECTOR],
  [Op.fneg, FLOAT | FLOAT_VECTOR],
  [Op.fabs, FLOAT | FLOAT_VECTOR],
  [Op.fcopysign, FLOAT | FLOAT_VECTOR],
  [Op.fmin, FLOAT | FLOAT_VECTOR],
  [Op.fmax, FLOAT | FLOAT_VECTOR],
  [Op.ceil, FLOAT | FLOAT_VECTOR],
  [Op.floor, FLOAT | FLOAT_VECTOR],
  [Op.trunc, FLOAT | FLOAT_VECTOR],
  [Op.nearest, FLOAT | FLOAT_VECTOR],
  [Op.fpromote, F64, F32],
  [Op.fdemote, F32, F64],
  [Op.fcvt_from_sint, FLOAT | FLOAT_VECTOR, INT | I32X4 | I64X2],
  [Op.fcvt_from_uint, FLOAT | FLOAT_VECTOR, INT | I32X4 | I64X2],
  [Op.fcvt_to_sint, INT, FLOAT],
  [Op.fcvt_to_uint, INT, FLOAT],
  [Op.fcvt_to_sint_sat, INT | I32X4, FLOAT | F32X4],
  [Op.fcvt_to_uint_sat, INT | I32X4, FLOAT | F32X4],
  [Op.uadd_sat, I8X16 | I16X8],
  [Op.sadd_sat, I8X16 | I16X8],
  [Op.usub_sat, I8X16 | I16X8],
  [Op.ssub_sat, I8X16 | I16X8],
  [Op.avg_round, INT_VECTOR],
  [Op.sqmul_round_sat, I16X8],
  [Op.x86_pmulhrsw, I16X8],
  [Op.x86_pmaddubsw, I16X8],
  [Op.iadd_pairwise, I16X8 | I32X4],
  [Op.blendv, VECTOR],
  [Op.splat, VECTOR],
  [Op.scalar_to_vector, VECTOR],
  [Op.insertlane, VECTOR],
  [Op.extractlane, SCALAR, VECTOR],
  [Op.shuffle, I8X16],
  [Op.swizzle, I8X16],
  [Op.x86_pshufb, I8X16],
  [Op.snarrow, I8X16 | I16X8],
  [Op.unarrow, I8X16 | I16X8],
  [Op.uunarrow, I8X16 | I16X8],
  [Op.swiden_low, INT_VECTOR],
  [Op.swiden_high, INT_VECTOR],
  [Op.uwiden_low, INT_VECTOR],
  [Op.uwiden_high, INT_VECTOR],
  [Op.uload8x8, I16X8],
  [Op.uload16x4, I32X4],
  [Op.uload32x2, I64X2],
  [Op.sload8x8, I16X8],
  [Op.sload16x4, I32X4],
  [Op.sload32x2, I64X2],
  [Op.vany_true, I8, VECTOR],
  [Op.vall_true, I8, VECTOR],
  [Op.vhigh_bits, INT, VECTOR],
  [Op.x86_cvtt2dq, I32X4, F32X4],
  [Op.fvdemote, F32X4, F64X2],
  [Op.fvpromote_low, F64X2, F32X4],
  [Op.bitcast, MEMORY, MEMORY],
];

const resultTypes = new Int32Array(256);
const operandTypes = new Int32Array(256);
for (const [op, result, operand] of rows) {
  resultTypes[op] = result;
  operandTypes[op] = operand ?? ANY;
}

/**
 * The controlling types with which an opcode is legal without another look: where they are those of its result, or of
 * its operand. Opcodes with one type only have none, which is the bit {@link NO_TYPE}.
 */
const controlTypes = new Int32Array(256);
const NO_TYPE = 1 << 30;
typeBit[0] = NO_TYPE;
for (const [op, result, operand] of rows) {
  if (operand === undefined) controlTypes[op] = result | NO_TYPE;
  else if (result === ANY || op === Op.icmp || op === Op.fcmp) controlTypes[op] = operand | NO_TYPE;
}

/** 1 for each opcode that has memory flags of an access. */
const accesses = new Uint8Array(256);
for (const op of [
  Op.load,
  Op.store,
  Op.uload8,
  Op.sload8,
  Op.uload16,
  Op.sload16,
  Op.uload32,
  Op.sload32,
  Op.uload8x8,
  Op.sload8x8,
  Op.uload16x4,
  Op.sload16x4,
  Op.uload32x2,
  Op.sload32x2,
  Op.istore8,
  Op.istore16,
  Op.istore32,
  Op.atomic_load,
  Op.atomic_store,
  Op.atomic_rmw,
  Op.atomic_cas,
]) {
  accesses[op] = 1;
}

/** 1 for each atomic opcode that has a type; 16 bytes need a feature. */
const atomics = new Uint8Array(256);
for (const op of [Op.atomic_load, Op.atomic_store, Op.atomic_rmw, Op.atomic_cas]) {
  atomics[op] = 1;
  controlTypes[op] &= ~I128;
}
// These need a setting.
controlTypes[Op.get_pinned_reg] = 0;
controlTypes[Op.set_pinned_reg] = 0;

/** The stack pointer is a multiple of 16. */
const STACK_ALIGN_LOG2 = 4;

/** Types in registers that a signature may have. */
const PASSED = MEMORY;
const CONVENTIONS =
  (1 << CallConv.fast) | (1 << CallConv.tail) | (1 << CallConv.system_v) | (1 << CallConv.windows_fastcall);

/** Everything in `func` that has no rule; empty if the function can be compiled. */
export function unsupported(func: Function, settings: Settings): Diagnostic[] {
  const found: Diagnostic[] = [];
  checkSignature(func, OWN_SIGNATURE, found);
  for (let s = 0; s < func.numSignatures; s++) checkSignature(func, s as SigRef, found);
  for (let s = 0; s < func.numStackSlots; s++) {
    if (func.slotAlignLog2(s as StackSlot) > STACK_ALIGN_LOG2) {
      found.push(refusal(`alignment ${2 ** func.slotAlignLog2(s as StackSlot)} of a stack slot`, `ss${s}`));
    }
  }
  // In the order of their records, which is that of memory: this is the first pass over them.
  const insts = func.insts.data;
  for (let i = 0, n = func.numInsts; i < n; i++) {
    const word = insts[i << INST_SHIFT];
    const op = word & 0xffff;
    const legal = (typeBit[(word >> 16) & 0x3fff] & controlTypes[op]) !== 0;
    if (legal && (accesses[op] === 0 || (insts[(i << INST_SHIFT) + I_IMM2] & MEM_BIG) === 0)) continue;
    if (func.instBlock(i as Inst) === NONE) continue;
    const problem = instProblem(func, i as Inst, settings);
    if (problem !== undefined) found.push(refusal(problem, `inst${i}`));
  }
  return found;
}

function refusal(what: string, place: string): Diagnostic {
  return {
    code: "CODE0001",
    severity: "error",
    place,
    message: `x86-64: ${what} not supported yet`,
    help: "`gantry targets x86_64` lists what the target lacks",
  };
}

function instProblem(func: Function, i: Inst, settings: Settings): string | undefined {
  const op = func.opcode(i);
  const results = resultTypes[op];
  if (results === 0) return named(op, func.ctrlType(i));
  const operands = operandTypes[op];
  if (results !== ANY && (typeBit[func.resultType(i)] & results) === 0) return named(op, func.resultType(i));
  if (operands !== ANY && (typeBit[func.valueType(func.arg(i, 0))] & operands) === 0) {
    return named(op, func.valueType(func.arg(i, 0)));
  }
  if ((op === Op.get_pinned_reg || op === Op.set_pinned_reg) && !settings.bool("enable_pinned_reg")) {
    return `${OPCODE_NAMES[op]} without enable_pinned_reg`;
  }
  if (atomics[op] !== 0 && !settings.bool("has_cmpxchg16b") && isWideAtomic(func, i))
    return `${OPCODE_NAMES[op]}.i128 without has_cmpxchg16b`;
  if (op === Op.bitcast && (func.memFlags(i) & MEM_BIG) !== 0) return "bitcast with big-endian lanes";
  if (accesses[op] !== 0 && (func.memFlags(i) & MEM_BIG) !== 0)
    return `${OPCODE_NAMES[op]} with big-endian memory`;
  return undefined;
}

function isWideAtomic(func: Function, i: Inst): boolean {
  const ty = func.opcode(i) === Op.atomic_store ? func.valueType(func.arg(i, 0)) : func.resultType(i);
  return typeBit[ty] === I128;
}

function named(op: number, ty: Type): string {
  return ty === 0 ? OPCODE_NAMES[op] : `${OPCODE_NAMES[op]}.${typeName(ty)}`;
}

/** What `windows_fastcall` passes by value. */
function isWord(ty: Type, purpose: number): boolean {
  return typeBytes(ty) <= 8 && !isVector(ty) && purpose !== PURPOSE_SARG;
}

function checkSignature(func: Function, sig: SigRef, found: Diagnostic[]): void {
  const conv = func.sigCallConv(sig);
  const place = sig === OWN_SIGNATURE ? "signature" : `sig${sig}`;
  if (((CONVENTIONS >> conv) & 1) === 0) {
    found.push(refusal(`calling convention ${CALL_CONVS[conv].name}`, place));
    return;
  }
  for (let k = 0, n = func.sigParamCount(sig); k < n; k++) {
    const ty = func.sigParamType(sig, k);
    if ((typeBit[ty] & PASSED) === 0) found.push(refusal(`parameter of type ${typeName(ty)}`, place));
    if (conv === CallConv.windows_fastcall && !isWord(ty, func.sigParamPurpose(sig, k))) {
      found.push(refusal(`windows_fastcall with a parameter of type ${typeName(ty)} or a struct`, place));
    }
    if (conv === CallConv.tail && func.sigParamPurpose(sig, k) === PURPOSE_SRET) {
      found.push(refusal("sret in calling convention tail", place));
    }
  }
  for (let k = 0, n = func.sigReturnCount(sig); k < n; k++) {
    const ty = func.sigReturnType(sig, k);
    if ((typeBit[ty] & PASSED) === 0) found.push(refusal(`result of type ${typeName(ty)}`, place));
  }
}

/** The operations that no rule covers, as `gantry targets` lists them: opcode and the types that are missing. */
export function missingOperations(): string[] {
  const out: string[] = [];
  for (let op = 1; op < OPCODE_NAMES.length; op++) {
    if (resultTypes[op] === 0) out.push(OPCODE_NAMES[op]);
  }
  return out;
}
