/** Constants of x86-64 for the rule host, in registers and in memory; what rules ask of lanes; division by constants. */
import {
  F16,
  I16,
  I64,
  I128,
  type Inst,
  isFloat,
  laneBits,
  laneType,
  Op,
  type Type,
  typeBits,
  type Value,
} from "@gantry/clif-ir";
import { Mem } from "@gantry/codegen-core";
import { I32List, NONE } from "@gantry/entity";
import { inVectorRegister } from "../abi.ts";
import { signedQuotient, signedRemainder, unsignedQuotient, unsignedRemainder } from "../divide.ts";
import { X64Insts } from "../generated/insts.ts";
import { GENERAL, VECTOR } from "../registers.ts";
import { interleaveOf, laneOrderOf, lanePairsOf, windowOf, wordOrderOf } from "../shuffles.ts";

/** Trap codes as CLIF numbers them. */
const INT_OVF = 252;
const INT_DIVZ = 254;
const BAD_TOINT = 255;

/** 1 for each opcode whose value is made anew wherever it is used. */
const constants = new Uint8Array(256);
for (const op of [Op.iconst, Op.f16const, Op.f32const, Op.f64const, Op.f128const, Op.vconst])
  constants[op] = 1;

/** Words of a row of {@link X64Constants.constants}: bytes, then the value, low word first. */
export const CONSTANT_WORDS = 5;

/** Makes constants, and what needs them. */
export abstract class X64Constants extends X64Insts {
  /** Constants in memory that this function refers to. */
  readonly constants: I32List = new I32List();

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
  protected constantInMemory(def: Inst): number {
    const w0 = this.#constantWord(def, 0);
    const w1 = this.#constantWord(def, 1);
    const w2 = this.#constantWord(def, 2);
    const w3 = this.#constantWord(def, 3);
    return (w0 | w1 | w2 | w3) === 0 || (w0 & w1 & w2 & w3) === -1 ? NONE : this.#constant16(w0, w1, w2, w3);
  }
  #vectorConstant(def: Inst): number {
    const inMemory = this.constantInMemory(def);
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
}
