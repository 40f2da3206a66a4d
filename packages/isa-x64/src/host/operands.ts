/** Operands of x86-64 for the rule host: values in registers or memory, addresses, conditions, and what features allow. */
import {
  F32,
  F64,
  type FuncRef,
  type GlobalValue,
  GV_SYMBOL,
  I32,
  I64,
  I128,
  type Inst,
  isInt,
  isVector,
  MEM_ALIGNED,
  MEM_TRUSTED,
  memTrapCode,
  Op,
  type StackSlot,
  type Type,
  typeBits,
  typeBytes,
  type Value,
} from "@gantry/clif-ir";
import { GROUP, MEM_GOT, Mem } from "@gantry/codegen-core";
import { NONE } from "@gantry/entity";
import { inVectorRegister } from "../abi.ts";
import { Feature } from "../features.ts";
import { amode } from "../generated/selector.ts";
import { R15, RBP, RSP } from "../registers.ts";
import { Reloc } from "../relocs.ts";
import { X64Constants } from "./constants.ts";

/** Opcodes whose code for a result of 32 bits ends in the write of a 32-bit register, which clears the upper half. */
const writes32 = new Uint8Array(256);
for (const op of [
  Op.iadd,
  Op.isub,
  Op.ineg,
  Op.iabs,
  Op.imul,
  Op.umulhi,
  Op.smulhi,
  Op.udiv,
  Op.sdiv,
  Op.urem,
  Op.smin,
  Op.smax,
  Op.umin,
  Op.umax,
  Op.band,
  Op.bor,
  Op.bxor,
  Op.bnot,
  Op.bitselect,
  Op.ishl,
  Op.ushr,
  Op.sshr,
  Op.rotl,
  Op.rotr,
  Op.clz,
  Op.cls,
  Op.ctz,
  Op.popcnt,
  Op.bswap,
  Op.bitrev,
  Op.load,
  Op.uload8,
  Op.sload8,
  Op.uload16,
  Op.sload16,
  Op.atomic_load,
  Op.select,
  Op.select_spectre_guard,
  Op.iconst,
]) {
  writes32[op] = 1;
}

/** x86 condition codes by CLIF's integer conditions. */
const intConditions = Uint8Array.of(4, 5, 12, 13, 15, 14, 2, 3, 7, 6);

/** CLIF's integer conditions with their operands exchanged. */
const swappedConditions = Uint8Array.of(0, 1, 4, 5, 2, 3, 8, 9, 6, 7);

/** Makes operands of values. */
export abstract class X64Operands extends X64Constants {
  /** Bits of {@link Feature} that code may use. */
  features = 0;
  isPic = false;
  /** Which of the first 32 parameters of the function are to be extended with zeroes from 32 to 64 bits. */
  extendedParams = 0;

  // ---- features ----

  has_avx512f(): boolean {
    return (this.features & Feature.avx512f) !== 0;
  }
  has_avx512vl(): boolean {
    return (this.features & Feature.avx512vl) !== 0;
  }
  has_avx512vl_dq(): boolean {
    return this.has_avx512vl() && (this.features & Feature.avx512dq) !== 0;
  }
  has_avx512vl_bitalg(): boolean {
    return this.has_avx512vl() && (this.features & Feature.avx512bitalg) !== 0;
  }
  has_avx512vl_vpopcntdq(): boolean {
    return this.has_avx512vl() && (this.features & Feature.avx512vpopcntdq) !== 0;
  }
  has_sse3(): boolean {
    return (this.features & Feature.sse3) !== 0;
  }
  has_popcnt(): boolean {
    return (this.features & Feature.popcnt) !== 0;
  }
  has_lzcnt(): boolean {
    return (this.features & Feature.lzcnt) !== 0;
  }
  has_bmi1(): boolean {
    return (this.features & Feature.bmi1) !== 0;
  }
  has_bmi2(): boolean {
    return (this.features & Feature.bmi2) !== 0;
  }
  has_movbe(): boolean {
    return (this.features & Feature.movbe) !== 0;
  }
  has_ssse3(): boolean {
    return (this.features & Feature.ssse3) !== 0;
  }
  has_sse41(): boolean {
    return (this.features & Feature.sse41) !== 0;
  }
  has_sse42(): boolean {
    return (this.features & Feature.sse42) !== 0;
  }
  has_avx2(): boolean {
    return (this.features & Feature.avx2) !== 0;
  }

  // ---- operands ----

  /** A value under another type of the rule language. */
  same(x: number): number {
    return x;
  }
  /** The halves of a constant of 128 bits, if each is its own 32-bit sign extension. */
  const_halves(v: Value): boolean {
    const { func } = this;
    const def = func.valueDef(v);
    if (def === NONE || func.valueType(v) !== I128) return false;
    const op = func.opcode(def);
    if (op === Op.iconcat) {
      if (!this.simm32(func.arg(def, 0))) return false;
      const low = this.o0;
      if (!this.simm32(func.arg(def, 1))) return false;
      this.o1 = this.o0;
      this.o0 = low;
      return true;
    }
    if (op !== Op.uextend && op !== Op.sextend) return false;
    const from = func.arg(def, 0);
    if (!this.simm32(from)) return false;
    if (op === Op.uextend && this.o0 < 0 && func.valueType(from) !== I64) return false;
    this.o1 = op === Op.uextend ? 0 : this.o0 >> 31;
    return true;
  }
  /** The load that defines `v`, if it can move here and loads an integer of at least `leastBits`; otherwise -1. */
  #intLoad(v: Value, leastBits: number): Inst {
    const load = this.sinkable(v);
    if (load === NONE || this.func.opcode(load) !== Op.load) return NONE as Inst;
    const ty = this.func.valueType(v);
    const bits = typeBits(ty);
    return isInt(ty) && bits >= leastBits && bits <= 64 ? load : (NONE as Inst);
  }
  #loadOrReg(v: Value, load: Inst): number {
    if (load === NONE) return this.putInReg(v);
    this.sink(load);
    const { func } = this;
    return this.address(func.memFlags(load), func.arg(load, 0), func.offset(load));
  }
  /** The address that the rules find; where rules are traced, those that are. */
  protected address(flags: number, base: Value, offset: number): number {
    return amode(this as never, flags, base, offset);
  }
  put_in_gpr_mem(v: Value): number {
    return this.#loadOrReg(v, this.#intLoad(v, 32));
  }
  put_in_gpr_mem_narrow(v: Value): number {
    return this.#loadOrReg(v, this.#intLoad(v, 8));
  }
  put_in_xmm_mem(v: Value): number {
    const { func } = this;
    const def = func.valueDef(v);
    if (def === NONE) return this.putInReg(v);
    switch (func.opcode(def)) {
      case Op.f32const:
        return func.immLo(def) === 0 ? this.putInReg(v) : this.const_f32(func.immLo(def));
      case Op.f64const: {
        const lo = func.immLo(def);
        const hi = func.immHi(def);
        return (lo | hi) === 0 ? this.putInReg(v) : this.const_f64(lo, hi);
      }
      case Op.vconst: {
        if (typeBits(func.valueType(v)) !== 128) return this.putInReg(v);
        const inMemory = this.constantInMemory(def);
        return inMemory === NONE ? this.putInReg(v) : inMemory;
      }
      case Op.load: {
        const ty = func.valueType(v);
        // Instructions of legacy SSE demand that 16 bytes in memory are aligned.
        const anywhere = this.avx || (func.memFlags(def) & MEM_ALIGNED) !== 0;
        const fits = ty === F32 || ty === F64 || (isVector(ty) && typeBits(ty) === 128 && anywhere);
        return this.#loadOrReg(v, fits ? this.sinkable(v) : (NONE as Inst));
      }
      default:
        return this.putInReg(v);
    }
  }
  single_load(v: Value): Value {
    const load = this.func.valueType(v) === F32 ? this.sinkable(v) : NONE;
    return load !== NONE && this.func.opcode(load as Inst) === Op.load ? v : (NONE as Value);
  }
  wide_load(v: Value): Value {
    return this.#intLoad(v, 32) === NONE ? (NONE as Value) : v;
  }
  wide_load_inst(v: Value): Inst {
    return this.#intLoad(v, 32);
  }
  any_load(v: Value): Value {
    return this.#intLoad(v, 8) === NONE ? (NONE as Value) : v;
  }
  zeroes_upper(v: Value): Value {
    const { func } = this;
    if (func.valueType(v) !== I32) return NONE as Value;
    const def = func.valueDef(v);
    if (def === NONE) return this.#extendParam(v) ? v : (NONE as Value);
    if (func.resultCount(def) !== 1) return NONE as Value;
    const op = func.opcode(def);
    const extends32 = op === Op.uextend || op === Op.sextend;
    return writes32[op] !== 0 || extends32 ? v : (NONE as Value);
  }
  /** Whether `v` is a parameter of the function, which is then extended once, where it arrives, for all who want it so. */
  #extendParam(v: Value): boolean {
    const { func } = this;
    const k = func.valueIndex(v);
    if (k > 31 || func.valueBlock(v) !== func.firstBlock()) return false;
    this.extendedParams |= 1 << k;
    return true;
  }
  x64_movl(x: number): number {
    return (x & GROUP) !== 0 ? this.movl_rm(x) : this.movl_rr(x);
  }
  low_reg(v: Value): number {
    return this.part(this.putInRegs(v), 0);
  }

  // ---- memory ----

  amode_index(base: number, index: number, scale: number, disp: number): number {
    return this.amode(Mem.plain, base, index, scale, disp, 0);
  }
  amode_offset(base: number, disp: number): number {
    return this.amode(Mem.plain, base, NONE, 0, disp, 0);
  }
  amode_base(flags: number, base: number, disp: number): number {
    return this.amode(Mem.plain, base, NONE, 0, disp, memTrapCode(flags));
  }
  amode_scaled(flags: number, base: number, index: number, scale: number, disp: number): number {
    return this.amode(Mem.plain, base, index, scale, disp, memTrapCode(flags));
  }
  amode_slot(flags: number, slot: StackSlot, at: number, disp: number): number {
    return this.amode(Mem.stackSlot, NONE, slot, 0, (at + disp) | 0, memTrapCode(flags));
  }
  amode_symbol(flags: number, gv: GlobalValue, disp: number): number {
    const offset = (this.func.gvOffset(gv) + disp) | 0;
    return this.amode(Mem.symbol, NONE, this.symbols.global(gv), 0, offset, memTrapCode(flags));
  }
  amode_func(fn: FuncRef): number {
    return this.amode(Mem.symbol, NONE, this.symbols.func(fn), 0, 0, 0);
  }
  trusted(): number {
    return MEM_TRUSTED;
  }
  near_symbol(gv: GlobalValue): boolean {
    const { func } = this;
    if (func.gvKind(gv) !== GV_SYMBOL || !func.gvIsColocated(gv) || func.gvIsThreadLocal(gv)) return false;
    const lo = func.gvOffset(gv);
    // Half of the range is left to the symbol itself and to what is added to its address.
    return func.gvOffsetHi(gv) === lo >> 31 && lo < 1 << 30 && lo >= -(1 << 30);
  }
  near_func(fn: FuncRef): boolean {
    return this.func.isColocated(fn);
  }
  far_symbol(gv: GlobalValue): number {
    const { func } = this;
    const symbol = this.symbols.global(gv);
    const lo = func.gvOffset(gv);
    if (!this.isPic) return this.mov_far(symbol, Reloc.abs8, lo);
    const address = this.movq_rm(this.gotSlot(symbol));
    return lo === 0 ? address : this.leaq_rm(this.amode_offset(address, lo));
  }
  far_func(fn: FuncRef): number {
    const symbol = this.symbols.func(fn);
    return this.isPic ? this.movq_rm(this.gotSlot(symbol)) : this.mov_far(symbol, Reloc.abs8, 0);
  }
  /** The slot of the global offset table that holds the address of `symbol`. */
  gotSlot(symbol: number): number {
    const slot = this.amode(Mem.symbol, NONE, symbol, 0, 0, 0);
    this.words[(slot & ~GROUP) + 3] |= MEM_GOT;
    return slot;
  }
  /** A constant shift by 1 to 3: out-slots `o0` the shifted value, `o1` the amount. */
  #shift(v: Value): boolean {
    const { func } = this;
    const def = this.defInst(v);
    if (def === NONE || func.opcode(def) !== Op.ishl || !this.const_low_bits(func.arg(def, 1))) return false;
    const amount = this.o0 & (typeBits(func.valueType(v)) - 1);
    if (amount < 1 || amount > 3) return false;
    this.o0 = func.arg(def, 0);
    this.o1 = amount;
    return true;
  }
  scaled(v: Value): boolean {
    return this.usedOnce(v) && this.#shift(v);
  }
  address_scaled(v: Value): boolean {
    return this.func.valueType(v) === I64 && this.#shift(v);
  }
  atomic_loop(mem: number, x: number, bits: number, op: number): number {
    return this.atomic_rmw_loop(mem, x, bits, op);
  }

  atomic_loop16(mem: number, x: number, op: number): number {
    return this.atomic_rmw_loop16(mem, this.part(x, 0), this.part(x, 1), op);
  }
  amode_plus(from: number, bytes: number): number {
    const at = this.arena(4);
    const w = this.words;
    w.copyWithin(at, from & ~GROUP, (from & ~GROUP) + 4);
    w[at + 2] = (w[at + 2] + bytes) | 0;
    return at | GROUP;
  }

  xmm_bytes(ty: Type): boolean {
    this.o0 = typeBytes(ty);
    return inVectorRegister(ty);
  }
  ty_16_bytes(ty: Type): Type {
    return inVectorRegister(ty) && typeBits(ty) === 128 ? ty : (NONE as Type);
  }

  // ---- shifts and counts ----

  masked_count(ty: Type, c: number): number {
    return c & (typeBits(ty) - 1);
  }
  count_mask(ty: Type): number {
    return typeBits(ty) - 1;
  }
  cls_top(ty: Type): number {
    return typeBits(ty) - 2;
  }

  // ---- conditions ----

  intcc_swap(cc: number): number {
    return swappedConditions[cc];
  }
  offset32_to_i32(offset: number): number {
    return offset;
  }
  truth(v: Value): boolean {
    const { func } = this;
    let def = this.defInst(v);
    if (def !== NONE && func.opcode(def) === Op.uextend) def = this.defInst(func.arg(def, 0));
    if (def === NONE) return false;
    const ty = func.valueType(func.argCount(def) > 0 ? func.arg(def, 0) : v);
    if (func.opcode(def) === Op.icmp) return isInt(ty) && typeBits(ty) <= 64;
    return func.opcode(def) === Op.fcmp && (ty === F32 || ty === F64);
  }
  high_bit(v: Value): number {
    const k = this.power_of_two(v);
    return k > 30 ? k : NONE;
  }
  cc_of_int(cc: number): number {
    return intConditions[cc];
  }
  /** Opposites differ in the lowest bit, `AndZ` (16) and `OrNZ` (17) included. */
  cc_invert(cc: number): number {
    return cc ^ 1;
  }
  table_length(br: Inst): number {
    return this.func.targetCount(br) - 1;
  }
  /** The labels of a jump table as a counted list in the arena: the entries, then the default. */
  table_labels(br: Inst): number {
    const n = this.func.targetCount(br);
    const at = this.arena(n + 1);
    this.words[at] = n;
    for (let k = 1; k < n; k++) this.words[at + k] = this.targetLabel(k);
    this.words[at + n] = this.targetLabel(0);
    return at;
  }
  stack_pointer(): number {
    return RSP;
  }
  pinned_register(): number {
    return R15;
  }
  set_pinned(x: number): number {
    this.movq_rr(x);
    this.words[this.lastEmitted() + 1] = R15;
    return 0;
  }
  /** Whoever asks for it makes the function have one. */
  frame_pointer(): number {
    this.frame.framePointer = true;
    return RBP;
  }
}
