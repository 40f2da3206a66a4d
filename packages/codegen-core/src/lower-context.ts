import {
  type Constant,
  F32,
  F64,
  type FuncRef,
  type GlobalValue,
  I32,
  I64,
  type Inst,
  isFloat,
  isInt,
  isVector,
  laneType,
  Op,
  type SigRef,
  type StackSlot,
  type Type,
  typeBits,
  type Value,
} from "@gantry/clif-ir";
import { type Entity, NONE } from "@gantry/entity";
import { LowerState } from "./lower-state.ts";
import { GROUP } from "./machine-code.ts";

/** The variable operands of an instruction, and the targets of a branch: both are named by the instruction. */
export type ValueSlice = Entity<"value slice">;
export type BranchTargets = Entity<"branch targets">;

/**
 * The externs that the rules of every target share, under the names that `rules/prelude.isle`,
 * `rules/prelude-lower.isle` and the generated CLIF declarations give them. A target derives its rule host from this
 * class and adds its own.
 *
 * Conventions of generated selectors: -1 is "nothing"; where -1 may be a value, a function returns its success and puts
 * the value in `o0`.
 */
export abstract class LowerContext extends LowerState {
  // ---- fields of CLIF instructions ----

  inst_op(i: Inst): number {
    return this.func.opcode(i);
  }
  /** The type of the first result, 0 if there is none. */
  inst_type(i: Inst): Type {
    const v = this.func.firstResult(i);
    return v === NONE ? (0 as Type) : this.func.valueType(v);
  }
  inst_arg0(i: Inst): Value {
    return this.func.arg(i, 0);
  }
  inst_arg1(i: Inst): Value {
    return this.func.arg(i, 1);
  }
  inst_arg2(i: Inst): Value {
    return this.func.arg(i, 2);
  }
  inst_args(i: Inst): ValueSlice {
    return i as number as ValueSlice;
  }
  inst_targets(i: Inst): BranchTargets {
    return i as number as BranchTargets;
  }
  inst_block(i: Inst): number {
    return this.func.blockOperand(i);
  }
  inst_trap_code(i: Inst): number {
    return this.func.trapCode(i);
  }
  inst_memflags(i: Inst): number {
    return this.func.memFlags(i);
  }
  inst_offset(i: Inst): number {
    return this.func.offset(i);
  }
  /** Large immediates stay in the instruction: the handle of one is its instruction. */
  inst_imm64(i: Inst): Inst {
    return i;
  }
  inst_uimm8(i: Inst): number {
    return this.func.immLo(i) & 0xff;
  }
  inst_constant(i: Inst): Constant {
    return this.func.constant(i);
  }
  inst_intcc(i: Inst): number {
    return this.func.cond(i);
  }
  inst_floatcc(i: Inst): number {
    return this.func.cond(i);
  }
  inst_rmw_op(i: Inst): number {
    return this.func.rmwOp(i);
  }
  inst_stack_slot(i: Inst): StackSlot {
    return this.func.stackSlot(i);
  }
  inst_dynamic_stack_slot(i: Inst): number {
    return this.func.dynamicStackSlot(i);
  }
  inst_global_value(i: Inst): GlobalValue {
    return this.func.globalValue(i);
  }
  inst_func_ref(i: Inst): FuncRef {
    return this.func.funcRef(i);
  }
  inst_sig_ref(i: Inst): SigRef {
    return this.func.sigRef(i);
  }

  // ---- types ----

  ty_bits(ty: Type): number {
    return typeBits(ty);
  }
  fits_in_64(ty: Type): Type {
    return isInt(ty) && typeBits(ty) <= 64 ? ty : (NONE as Type);
  }
  fits_in_32(ty: Type): Type {
    return isInt(ty) && typeBits(ty) <= 32 ? ty : (NONE as Type);
  }
  fits_in_16(ty: Type): Type {
    return isInt(ty) && typeBits(ty) <= 16 ? ty : (NONE as Type);
  }
  ty_32_or_64(ty: Type): Type {
    return ty === I32 || ty === I64 ? ty : (NONE as Type);
  }
  ty_float_32_or_64(ty: Type): Type {
    return ty === F32 || ty === F64 ? ty : (NONE as Type);
  }
  ty_float(ty: Type): Type {
    return isFloat(ty) ? ty : (NONE as Type);
  }
  ty_vec128(ty: Type): Type {
    return isVector(ty) && typeBits(ty) === 128 ? ty : (NONE as Type);
  }
  ty_int_vec128(ty: Type): Type {
    return isVector(ty) && typeBits(ty) === 128 && isInt(laneType(ty)) ? ty : (NONE as Type);
  }
  ty_in_vector_reg(ty: Type): Type {
    return isFloat(ty) || isVector(ty) ? ty : (NONE as Type);
  }

  // ---- arithmetic on 32-bit constants ----

  i32_checked_add(a: number, b: number): boolean {
    const sum = a + b;
    this.o0 = sum | 0;
    return sum === (sum | 0);
  }
  i32_sub(a: number, b: number): number {
    return (a - b) | 0;
  }
  i32_and(a: number, b: number): number {
    return a & b;
  }
  i32_eq(a: number, b: number): boolean {
    return a === b;
  }
  i32_lt(a: number, b: number): boolean {
    return a < b;
  }

  // ---- definitions ----

  def_inst(v: Value): Inst {
    return this.defInst(v);
  }
  used_once(v: Value): Value {
    return this.usedOnce(v) ? v : (NONE as Value);
  }
  value_type(v: Value): Type {
    return this.func.valueType(v);
  }
  type_of(v: Value): Type {
    return this.func.valueType(v);
  }
  result_unused(i: Inst, k: number): boolean {
    const v = this.func.result(i, k);
    return this.isUnused(v) || !this.isDemanded(v);
  }
  sinkable_load(v: Value): Inst {
    return this.sinkable(v);
  }
  sink_load(i: Inst): number {
    this.sink(i);
    return 0;
  }

  // ---- constants ----

  /** The `iconst` that defines `v`, or -1. */
  iconstOf(v: Value): Inst {
    const def = this.func.valueDef(v);
    return def !== NONE && this.func.opcode(def) === Op.iconst ? def : (NONE as Inst);
  }
  /** Low word of constant `def`, sign-extended from the constant's type. */
  #low(def: Inst): number {
    const bits = typeBits(this.func.ctrlType(def));
    const lo = this.func.immLo(def);
    return bits >= 32 ? lo : (lo << (32 - bits)) >> (32 - bits);
  }
  simm32(v: Value): boolean {
    const def = this.iconstOf(v);
    if (def === NONE) return false;
    const lo = this.#low(def);
    if (this.func.ctrlType(def) === I64 && this.func.immHi(def) !== lo >> 31) return false;
    this.o0 = lo;
    return true;
  }
  uimm8(v: Value): boolean {
    return this.simm32(v) && this.o0 >= 0 && this.o0 <= 255;
  }
  uimm31(v: Value): boolean {
    return this.simm32(v) && this.o0 >= 0;
  }
  power_of_two(v: Value): number {
    const def = this.iconstOf(v);
    if (def === NONE) return NONE;
    const bits = typeBits(this.func.ctrlType(def));
    const lo = bits >= 32 ? this.func.immLo(def) : this.func.immLo(def) & ((1 << bits) - 1);
    const hi = bits === 64 ? this.func.immHi(def) : 0;
    if (hi === 0 && lo !== 0 && (lo & (lo - 1)) === 0) return 31 - Math.clz32(lo);
    if (lo === 0 && hi !== 0 && (hi & (hi - 1)) === 0) return 63 - Math.clz32(hi);
    return NONE;
  }
  const_low_bits(v: Value): boolean {
    const def = this.iconstOf(v);
    if (def === NONE) return false;
    this.o0 = this.#low(def);
    return true;
  }
  const_zero(v: Value): boolean {
    return this.simm32(v) && this.o0 === 0;
  }
  const_ones(v: Value): boolean {
    return this.simm32(v) && this.o0 === -1;
  }

  // ---- registers ----

  put_in_reg(v: Value): number {
    return this.putInReg(v);
  }
  put_in_regs(v: Value): number {
    return this.putInRegs(v);
  }
  regs_low(regs: number): number {
    return this.part(regs, 0);
  }
  regs_high(regs: number): number {
    return this.part(regs, 1);
  }
  value_regs(low: number, high: number): number {
    return this.pair(low, high);
  }

  // ---- results: the arena offset of a count and that many host values ----

  output_none(): number {
    const at = this.arena(1);
    this.words[at] = 0;
    return at;
  }
  output_reg(r: number): number {
    const at = this.arena(2);
    this.words[at] = 1;
    this.words[at + 1] = r;
    return at;
  }
  output_regs(regs: number): number {
    return this.output_reg(regs);
  }
  output_two(a: number, b: number): number {
    const at = this.arena(3);
    this.words[at] = 2;
    this.words[at + 1] = a;
    this.words[at + 2] = b;
    return at;
  }
  output_two_regs(a: number, b: number): number {
    return this.output_two(a, b);
  }
  side_effect(_done: number): number {
    return this.output_none();
  }
  side_effects(_first: number, _second: number): number {
    return this.output_none();
  }
  output_value(v: Value): number {
    return this.output_reg(this.putInRegs(v));
  }

  // ---- memory and branches ----

  memflags_aligned(flags: number): boolean {
    return (flags & 1) !== 0;
  }
  target_label(k: number): number {
    return this.targetLabel(k);
  }
}

/** Whether a host value is a pair of registers. */
export function isPair(regs: number): boolean {
  return (regs & GROUP) !== 0;
}
