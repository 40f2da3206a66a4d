/** The rule host of x86-64: the externs that `rules/x64` declares, constants, and what the lowering driver asks for. */
import {
  F16,
  F32,
  F64,
  type FuncRef,
  type GlobalValue,
  GV_SYMBOL,
  I16,
  I32,
  I64,
  I128,
  type Inst,
  isFloat,
  isInt,
  isVector,
  laneBits,
  laneType,
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
import { I32List, NONE } from "@gantry/entity";
import { inVectorRegister } from "./abi.ts";
import { signedQuotient, signedRemainder, unsignedQuotient, unsignedRemainder } from "./divide.ts";
import { Feature } from "./features.ts";
import { X64Insts } from "./generated/insts.ts";
import { amode } from "./generated/selector.ts";
import { GENERAL, R15, RBP, RSP, VECTOR } from "./registers.ts";
import { Reloc } from "./relocs.ts";
import { interleaveOf, laneOrderOf, lanePairsOf, windowOf, wordOrderOf } from "./shuffles.ts";

/** Trap codes as CLIF numbers them. */
const INT_OVF = 252;
const INT_DIVZ = 254;
const BAD_TOINT = 255;

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

/** 1 for each opcode whose value is made anew wherever it is used. */
const constants = new Uint8Array(256);
for (const op of [Op.iconst, Op.f16const, Op.f32const, Op.f64const, Op.f128const, Op.vconst])
  constants[op] = 1;

/** x86 condition codes by CLIF's integer conditions. */
const intConditions = Uint8Array.of(4, 5, 12, 13, 15, 14, 2, 3, 7, 6);

/** CLIF's integer conditions with their operands exchanged. */
const swappedConditions = Uint8Array.of(0, 1, 4, 5, 2, 3, 8, 9, 6, 7);

/** Words of a row of {@link X64Operands.constants}: bytes, then the value, low word first. */
export const CONSTANT_WORDS = 5;

/** The externs of `rules/x64`; calls and the frame are in the derived class. */
export abstract class X64Operands extends X64Insts {
  /** Constants in memory that this function refers to. */
  readonly constants: I32List = new I32List();
  /** Bits of {@link Feature} that code may use. */
  features = 0;
  isPic = false;
  /** Which of the first 32 parameters of the function are to be extended with zeroes from 32 to 64 bits. */
  extendedParams = 0;

  // ---- what codegen-core asks for ----

  classOf(ty: Type): number {
    return inVectorRegister(ty) ? VECTOR : GENERAL;
  }
  registersOf(ty: Type): number {
    return ty === I128 ? 2 : 1;
  }
  constantReg(def: Inst): number {
    const { func } = this;
    const lo = func.immLo(def);
    switch (func.opcode(def)) {
      case Op.f32const:
        return lo === 0 ? this.#remat(this.xmm_zero()) : this.#remat(this.movss_rm(this.const_f32(lo)));
      case Op.f64const: {
        const hi = func.immHi(def);
        return (lo | hi) === 0
          ? this.#remat(this.xmm_zero())
          : this.#remat(this.movsd_rm(this.const_f64(lo, hi)));
      }
      case Op.vconst:
      case Op.f128const:
        return this.#vectorConstant(def);
      case Op.f16const:
        return this.movd_xr(this.gpr_const32(lo & 0xffff));
      default:
        return func.ctrlType(def) === I64 ? this.gpr_const64(lo, func.immHi(def)) : this.gpr_const32(lo);
    }
  }
  /** The record that was emitted last makes `r` and can do so anywhere: no flags, no inputs. */
  #remat(r: number): number {
    this.vregRemat[r] = this.lastEmitted();
    return r;
  }

  // ---- constants ----

  gpr_const32(x: number): number {
    return this.#remat(this.movl_ri(x));
  }
  gpr_const64(low: number, high: number): number {
    if (high === 0) return this.#remat(this.movl_ri(low));
    if (high === low >> 31) return this.#remat(this.movq_ri(low));
    return this.#remat(this.movabsq_ri(low, high));
  }
  const_f32(bits: number): number {
    return this.amode(Mem.constant, NONE, this.constant(4, bits, 0, 0, 0), 0, 0, 0);
  }
  const_f64(low: number, high: number): number {
    return this.amode(Mem.constant, NONE, this.constant(8, low, high, 0, 0), 0, 0, 0);
  }
  /** The number of a constant in the pool. Recent ones are shared; looking further back would not be linear. */
  constant(bytes: number, w0: number, w1: number, w2: number, w3: number): number {
    const c = this.constants;
    const limit = Math.max(0, c.length - 64 * CONSTANT_WORDS);
    for (let at = c.length - CONSTANT_WORDS; at >= limit; at -= CONSTANT_WORDS) {
      const d = c.data;
      if (d[at] === bytes && d[at + 1] === w0 && d[at + 2] === w1 && d[at + 3] === w2 && d[at + 4] === w3) {
        return (at / CONSTANT_WORDS) | 0;
      }
    }
    const at = c.extend(CONSTANT_WORDS);
    c.data[at] = bytes;
    c.data[at + 1] = w0;
    c.data[at + 2] = w1;
    c.data[at + 3] = w2;
    c.data[at + 4] = w3;
    return (at / CONSTANT_WORDS) | 0;
  }
  low_word_mask(v: Value): boolean {
    const def = this.iconstOf(v);
    return (
      def !== NONE &&
      this.func.ctrlType(def) === I64 &&
      this.func.immLo(def) === -1 &&
      this.func.immHi(def) === 0
    );
  }
  const_nonzero(v: Value): boolean {
    const def = this.iconstOf(v);
    return def !== NONE && (this.func.immLo(def) | this.func.immHi(def)) !== 0;
  }
  const_not_minus_one(v: Value): boolean {
    return this.iconstOf(v) !== NONE && !this.const_ones(v);
  }
  trap_int_ovf(): number {
    return INT_OVF;
  }
  trap_int_divz(): number {
    return INT_DIVZ;
  }
  trap_bad_toint(): number {
    return BAD_TOINT;
  }

  // ---- vectors ----

  override isConstant(def: Inst): boolean {
    return constants[this.func.opcode(def)] !== 0;
  }
  /** A constant of 16 bytes in memory. */
  #constant16(w0: number, w1: number, w2: number, w3: number): number {
    return this.amode(Mem.constant, NONE, this.constant(16, w0, w1, w2, w3), 0, 0, 0);
  }
  splat8(x: number): number {
    return this.splat32(Math.imul(x & 0xff, 0x01010101));
  }
  splat16(x: number): number {
    return this.splat32(Math.imul(x & 0xffff, 0x00010001));
  }
  splat32(x: number): number {
    return this.#constant16(x, x, x, x);
  }
  splat64(low: number, high: number): number {
    return this.#constant16(low, high, low, high);
  }
  /** Word `k` of the constant of a `vconst` or `f128const`, which is padded with zeroes to a whole register. */
  #constantWord(def: Inst, k: number): number {
    const { func } = this;
    const c = func.constant(def);
    const start = func.constantStart(c);
    const length = func.constantLength(c);
    let w = 0;
    for (let i = 3; i >= 0; i--) w = (w << 8) | (4 * k + i < length ? func.bytes[start + 4 * k + i] : 0);
    return w;
  }
  /** The constant as 16 aligned bytes in memory; -1 if an instruction without operands makes it. */
  #constantInMemory(def: Inst): number {
    const w0 = this.#constantWord(def, 0);
    const w1 = this.#constantWord(def, 1);
    const w2 = this.#constantWord(def, 2);
    const w3 = this.#constantWord(def, 3);
    return (w0 | w1 | w2 | w3) === 0 || (w0 & w1 & w2 & w3) === -1 ? NONE : this.#constant16(w0, w1, w2, w3);
  }
  #vectorConstant(def: Inst): number {
    const inMemory = this.#constantInMemory(def);
    if (inMemory !== NONE) return this.#remat(this.movups_rm(inMemory));
    return this.#remat(this.#constantWord(def, 0) === 0 ? this.xmm_zero() : this.xmm_ones());
  }
  lane_mask(v: Value): Value {
    const def = this.func.valueDef(v);
    if (def === NONE) return NONE as Value;
    const op = this.func.opcode(def);
    return op === Op.icmp || op === Op.fcmp ? v : (NONE as Value);
  }
  zero_vector(v: Value): boolean {
    const { func } = this;
    const def = func.valueDef(v);
    if (def === NONE || func.opcode(def) !== Op.vconst) return false;
    const c = func.constant(def);
    const start = func.constantStart(c);
    for (let k = func.constantLength(c) - 1; k >= 0; k--) if (func.bytes[start + k] !== 0) return false;
    return true;
  }
  ty_float_lanes(ty: Type): Type {
    const lane = laneType(ty);
    if (lane === ty) return isFloat(ty) ? ty : (NONE as Type);
    return isFloat(lane) && typeBits(ty) === 128 ? ty : (NONE as Type);
  }
  lanes_as_int(ty: Type): Type {
    const lane = laneType(ty);
    return isFloat(lane) ? ty - F16 + I16 : ty;
  }
  lane_width(ty: Type): number {
    return laneBits(ty);
  }
  lane_count_mask(ty: Type): number {
    return laneBits(ty) - 1;
  }
  lane_shift(ty: Type, c: number): number {
    return c & (laneBits(ty) - 1);
  }
  lane_rest(ty: Type, c: number): number {
    return laneBits(ty) - this.lane_shift(ty, c);
  }
  byte_shifted_left(c: number): number {
    return (0xff << c) & 0xff;
  }
  byte_shifted_right(c: number): number {
    return 0xff >> c;
  }
  byte_in_word(c: number): number {
    return c + 8;
  }
  insertps_lane(k: number): number {
    return k << 4;
  }
  half(k: number): number {
    return k >> 1;
  }
  twice(k: number, more: number): number {
    return 2 * k + more;
  }
  interleave(shuffle: Inst, swap: number): number {
    return interleaveOf(this.func, shuffle, swap);
  }
  lane_order(shuffle: Inst, swap: number): number {
    return laneOrderOf(this.func, shuffle, swap);
  }
  lane_pairs(shuffle: Inst, swap: number): number {
    return lanePairsOf(this.func, shuffle, swap);
  }
  word_order(shuffle: Inst, half: number, swap: number): number {
    return wordOrderOf(this.func, shuffle, half, swap);
  }
  bytes_after(k: number): number {
    return 16 - k;
  }
  window(shuffle: Inst, swap: number): number {
    return windowOf(this.func, shuffle, swap);
  }
  /** The `pshufb` mask for those lanes of a shuffle that come from bytes `from` to `from + 15`. */
  shuffle_mask(shuffle: Inst, from: number): number {
    const { func } = this;
    const start = func.constantStart(func.constant(shuffle));
    const word = (k: number): number => {
      let w = 0;
      for (let i = 3; i >= 0; i--) {
        const lane = func.bytes[start + 4 * k + i] - from;
        w = (w << 8) | (lane >= 0 && lane < 16 ? lane : 0x80);
      }
      return w;
    };
    return this.#constant16(word(0), word(1), word(2), word(3));
  }
  /** Byte `lane` (0 to 31) of two registers, in a general register with nothing above it. */
  #byteOf(a: number, b: number, lane: number): number {
    const word = this.pextrw_rri(lane < 16 ? a : b, (lane & 15) >> 1);
    return (lane & 1) !== 0 ? this.shrl_ri(word, 8) : this.movzbl_rm(word);
  }
  shuffle_words(shuffle: Inst, a: number, b: number): number {
    const { func } = this;
    const start = func.constantStart(func.constant(shuffle));
    let result = this.xmm_zero();
    for (let k = 0; k < 8; k++) {
      const low = func.bytes[start + 2 * k];
      const high = func.bytes[start + 2 * k + 1];
      let word: number;
      if ((low & 1) === 0 && high === low + 1) word = this.pextrw_rri(low < 16 ? a : b, (low & 15) >> 1);
      else word = this.orl_rm(this.shll_ri(this.#byteOf(a, b, high), 8), this.#byteOf(a, b, low));
      result = this.pinsrw_rmi(result, word, k);
    }
    return result;
  }
  select_bytes(x: number, index: number): number {
    const low = this.punpcklbw_rm(x, x);
    const high = this.punpckhbw_rm(x, x);
    const one = this.#constant16(0x01010101, 0x01010101, 0x01010101, 0x01010101);
    let left = index;
    let result = this.xmm_zero();
    for (let k = 0; k < 16; k++) {
      // Byte k in all places: it is word k & 7 of `low` or `high`, which has every byte twice.
      const half = k < 8 ? low : high;
      const w = k & 7;
      const words = w < 4 ? this.pshuflw_rmi(half, w * 0x55) : this.pshufhw_rmi(half, (w - 4) * 0x55);
      const byte = this.pshufd_rmi(words, w < 4 ? 0 : 0xaa);
      const here = this.pcmpeqb_rm(this.xmm_zero(), left);
      result = this.por_rm(this.pand_rm(here, byte), result);
      if (k < 15) left = this.psubb_rm(left, one);
    }
    return result;
  }

  // ---- division by constants ----

  /** The constant that defines `v`, unless it is -1, 0 or 1. */
  divisor(v: Value): Inst {
    const def = this.iconstOf(v);
    if (def === NONE || (this.simm32(v) && this.o0 >= -1 && this.o0 <= 1)) return NONE as Inst;
    return def;
  }
  #signedConstant(ty: Type, def: Inst): bigint {
    const { func } = this;
    return BigInt.asIntN(typeBits(ty), (BigInt(func.immHi(def)) << 32n) | BigInt(func.immLo(def) >>> 0));
  }
  #unsignedConstant(ty: Type, def: Inst): bigint {
    return BigInt.asUintN(typeBits(ty), this.#signedConstant(ty, def));
  }
  udiv_by(ty: Type, x: number, by: Inst): number {
    return unsignedQuotient(this, ty === I64, x, this.#unsignedConstant(ty, by));
  }
  urem_by(ty: Type, x: number, by: Inst): number {
    return unsignedRemainder(this, ty === I64, x, this.#unsignedConstant(ty, by));
  }
  sdiv_by(ty: Type, x: number, by: Inst): number {
    return signedQuotient(this, ty === I64, x, this.#signedConstant(ty, by));
  }
  srem_by(ty: Type, x: number, by: Inst): number {
    return signedRemainder(this, ty === I64, x, this.#signedConstant(ty, by));
  }

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
  has_fma(): boolean {
    return (this.features & Feature.fma) !== 0;
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
        const inMemory = this.#constantInMemory(def);
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
