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
  I8X16,
  INST_SHIFT,
  type Inst,
  inTypeSet,
  isVector,
  MEM_BIG,
  OPCODE_NAMES,
  OPCODE_TYPE_SET,
  Op,
  OWN_SIGNATURE,
  PURPOSE_SARG,
  PURPOSE_SRET,
  type Settings,
  type SigRef,
  type StackSlot,
  type Type,
  typeBits,
  typeBytes,
  typeName,
} from "@gantry/clif-ir";
import type { Diagnostic } from "@gantry/diag";
import { NONE } from "@gantry/entity";
import { ANY, I128, legalTypes, MEMORY, typeBit } from "./legality.table.ts";

const resultTypes = new Int32Array(256);
const operandTypes = new Int32Array(256);
for (const [op, result, operand] of legalTypes) {
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
for (const [op, result, operand] of legalTypes) {
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

/** Types that the list of missing operations speaks of: scalars and vectors of 128 bits. */
const listed = allTypes().filter((t) => (isVector(t) ? typeBits(t) === 128 : t < I8X16));

/** The type set of opcodes that make addresses, which have 64 bits here. */
const POINTERS = OPCODE_TYPE_SET[Op.func_addr];

/** What no rule covers, as `gantry targets` lists it: opcodes, or opcodes with those types that CLIF allows. */
export function missingOperations(): string[] {
  const out: string[] = [];
  for (let op = 1; op < OPCODE_NAMES.length; op++) {
    const name = OPCODE_NAMES[op];
    const both = operandTypes[op] === ANY ? resultTypes[op] : resultTypes[op] | operandTypes[op];
    const legal = controlTypes[op] !== 0 ? controlTypes[op] : both;
    if (resultTypes[op] === 0) out.push(name);
    else if (OPCODE_TYPE_SET[op] >= 0 && OPCODE_TYPE_SET[op] !== POINTERS && op !== Op.symbol_value) {
      for (const ty of listed) {
        if (inTypeSet(ty, OPCODE_TYPE_SET[op]) && (typeBit[ty] & legal) === 0)
          out.push(`${name}.${typeName(ty)}`);
      }
    }
  }
  return out;
}
