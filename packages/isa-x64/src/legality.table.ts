/**
 * What x86-64 can do: natively, by the rules; by an expansion of codegen-core; by a runtime function; not at all. What no
 * row fits is refused before anything is compiled.
 */
import { allTypes, isVector, Op, typeBytes, typeByName } from "@gantry/clif-ir";
import {
  ANY,
  expanded,
  inParts,
  type LegalityRow,
  library,
  MAX_VECTOR_BITS,
  native,
  refused,
  SAME_LANES,
  type TypeSet,
  typeSet,
} from "@gantry/codegen-core";

/** The set of one type. */
const type = (name: string): TypeSet => typeSet(typeByName(name));

const I8 = type("i8");
const I16 = type("i16");
const I32 = type("i32");
const I64 = type("i64");
const I128 = type("i128");
const F16 = type("f16");
const F32 = type("f32");
const F64 = type("f64");
const F128 = type("f128");
const I8X16 = type("i8x16");
const I16X8 = type("i16x8");
const I32X4 = type("i32x4");
const I64X2 = type("i64x2");
const F32X4 = type("f32x4");
const F64X2 = type("f64x2");
const F16X8 = type("f16x8");

const NARROW = I8 | I16;
const UP_TO_32 = NARROW | I32;
const INT = UP_TO_32 | I64;
const WIDE = INT | I128;
const FLOAT = F32 | F64;
const VECTOR = I8X16 | I16X8 | I32X4 | I64X2 | F16X8 | F32X4 | F64X2;
const SCALAR = INT | FLOAT;
/** Vectors of 2, 4 and 8 bytes: they can be moved; what computes with them takes whole registers. */
const SMALL = typeSet(...allTypes().filter((t) => isVector(t) && typeBytes(t) <= 8));
/** Vectors of 256 and 512 bits, which are held in two and four registers. */
export const WIDE_VECTOR: TypeSet = typeSet(
  ...allTypes().filter((t) => isVector(t) && typeBytes(t) > 16 && 8 * typeBytes(t) <= MAX_VECTOR_BITS),
);
/** Every type that is not too wide. */
const SIZED = typeSet(...allTypes());
/** Vectors that are not as wide as a register. */
const PARTED = SMALL | WIDE_VECTOR;
/** What registers hold, memory moves and signatures pass. */
export const MEMORY: TypeSet = SCALAR | I128 | F16 | F128 | VECTOR | SMALL;
const INT_VECTOR = I8X16 | I16X8 | I32X4 | I64X2;
const FLOAT_VECTOR = F32X4 | F64X2;

/** What the rules lower: opcode, types of the first result, types of the first value operand; absent: not looked at. */
const NATIVE: readonly (readonly [op: number, result: TypeSet, operand?: TypeSet])[] = [
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
  [Op.try_call, ANY],
  [Op.try_call_indirect, ANY],
  [Op.get_exception_handler_address, I64],
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
  [Op.atomic_load, INT],
  [Op.atomic_store, ANY, INT],
  [Op.atomic_rmw, INT],
  [Op.atomic_cas, INT],
  [Op.iadd, WIDE | INT_VECTOR],
  [Op.isub, WIDE | INT_VECTOR],
  [Op.ineg, WIDE | INT_VECTOR],
  [Op.iabs, WIDE | INT_VECTOR],
  [Op.imul, WIDE | INT_VECTOR],
  [Op.umulhi, INT | INT_VECTOR],
  [Op.smulhi, INT | INT_VECTOR],
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
  [Op.uadd_overflow_cin, WIDE],
  [Op.sadd_overflow_cin, WIDE],
  [Op.usub_overflow_bin, WIDE],
  [Op.ssub_overflow_bin, WIDE],
  [Op.band, SCALAR | I128 | F16 | F128 | VECTOR],
  [Op.bor, SCALAR | I128 | F16 | F128 | VECTOR],
  [Op.bxor, SCALAR | I128 | F16 | F128 | VECTOR],
  [Op.bnot, SCALAR | I128 | F16 | F128 | VECTOR],
  [Op.bitselect, WIDE | FLOAT | F16 | F128 | VECTOR],
  [Op.ishl, WIDE | INT_VECTOR],
  [Op.ushr, WIDE | INT_VECTOR],
  [Op.sshr, WIDE | INT_VECTOR],
  [Op.rotl, WIDE | INT_VECTOR],
  [Op.rotr, WIDE | INT_VECTOR],
  [Op.clz, WIDE],
  [Op.cls, WIDE],
  [Op.ctz, WIDE],
  [Op.popcnt, WIDE | INT_VECTOR],
  [Op.bswap, WIDE & ~I8],
  [Op.bitrev, WIDE],
  [Op.bmask, WIDE, WIDE],
  [Op.icmp, I8 | INT_VECTOR, WIDE | INT_VECTOR],
  [Op.fcmp, I8 | I32X4 | I64X2, FLOAT | FLOAT_VECTOR],
  [Op.select, MEMORY, WIDE],
  [Op.select_spectre_guard, MEMORY, WIDE],
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
  [Op.fneg, FLOAT | F16 | F128 | FLOAT_VECTOR | F16X8],
  [Op.fabs, FLOAT | F16 | F128 | FLOAT_VECTOR | F16X8],
  [Op.fcopysign, FLOAT | F16 | F128 | FLOAT_VECTOR | F16X8],
  [Op.fmin, FLOAT | FLOAT_VECTOR],
  [Op.fmax, FLOAT | FLOAT_VECTOR],
  [Op.fpromote, F64, F32],
  [Op.fdemote, F32, F64],
  [Op.fcvt_from_sint, FLOAT, INT],
  [Op.fcvt_from_sint, F32X4, I32X4],
  [Op.fcvt_from_sint, F64X2, I64X2],
  [Op.fcvt_from_uint, FLOAT, INT],
  [Op.fcvt_from_uint, F32X4, I32X4],
  [Op.fcvt_from_uint, F64X2, I64X2],
  [Op.fcvt_to_sint, INT, FLOAT],
  [Op.fcvt_to_uint, INT, FLOAT],
  [Op.fcvt_to_sint_sat, INT, FLOAT],
  [Op.fcvt_to_sint_sat, I32X4, F32X4],
  [Op.fcvt_to_sint_sat, I64X2, F64X2],
  [Op.fcvt_to_uint_sat, INT, FLOAT],
  [Op.fcvt_to_uint_sat, I32X4, F32X4],
  [Op.fcvt_to_uint_sat, I64X2, F64X2],
  [Op.uadd_sat, INT_VECTOR],
  [Op.sadd_sat, INT_VECTOR],
  [Op.usub_sat, INT_VECTOR],
  [Op.ssub_sat, INT_VECTOR],
  [Op.avg_round, INT_VECTOR],
  [Op.sqmul_round_sat, I16X8 | I32X4],
  [Op.x86_pmulhrsw, I16X8 | I32X4],
  [Op.x86_pmaddubsw, I16X8],
  [Op.iadd_pairwise, I8X16 | I16X8 | I32X4],
  [Op.blendv, VECTOR],
  [Op.splat, VECTOR],
  [Op.scalar_to_vector, VECTOR],
  [Op.insertlane, VECTOR],
  [Op.extractlane, SCALAR | F16, VECTOR],
  [Op.shuffle, I8X16],
  [Op.swizzle, I8X16],
  [Op.x86_pshufb, I8X16],
  [Op.snarrow, I8X16 | I16X8 | I32X4],
  [Op.unarrow, I8X16 | I16X8 | I32X4],
  [Op.uunarrow, I8X16 | I16X8 | I32X4],
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

/** What works on parts of vectors: opcode, types of the first result, types of the first value operand. */
const IN_PARTS: readonly (readonly [op: number, result: TypeSet, operand?: TypeSet])[] = [
  ...[
    ...[Op.splat, Op.scalar_to_vector, Op.insertlane, Op.vconst],
    ...[Op.iadd, Op.isub, Op.ineg, Op.iabs, Op.imul, Op.umulhi, Op.smulhi],
    ...[Op.smin, Op.smax, Op.umin, Op.umax, Op.avg_round],
    ...[Op.uadd_sat, Op.sadd_sat, Op.usub_sat, Op.ssub_sat, Op.sqmul_round_sat, Op.x86_pmulhrsw],
    ...[Op.band, Op.bor, Op.bxor, Op.bnot, Op.bitselect, Op.blendv],
    ...[Op.ishl, Op.ushr, Op.sshr, Op.rotl, Op.rotr, Op.popcnt],
    ...[Op.icmp, Op.fcmp, Op.fadd, Op.fsub, Op.fmul, Op.fdiv, Op.sqrt, Op.fma, Op.fneg, Op.fabs, Op.fcopysign],
    ...[Op.fmin, Op.fmax, Op.ceil, Op.floor, Op.trunc, Op.nearest],
    ...[Op.snarrow, Op.unarrow, Op.uunarrow, Op.iadd_pairwise],
  ].map((op) => [op, PARTED] as const),
  ...[Op.swiden_low, Op.swiden_high, Op.uwiden_low, Op.uwiden_high].map((op) => [op, PARTED | INT, PARTED] as const),
  [Op.extractlane, ANY, PARTED],
  [Op.vany_true, I8, PARTED],
  [Op.vall_true, I8, PARTED],
  [Op.vhigh_bits, INT, PARTED],
  [Op.load, WIDE_VECTOR],
  [Op.store, ANY, WIDE_VECTOR],
  [Op.select, WIDE_VECTOR, WIDE],
  [Op.select_spectre_guard, WIDE_VECTOR, WIDE],
  [Op.bitcast, WIDE_VECTOR, WIDE_VECTOR],
];

const CMPXCHG16B = { needs: "has_cmpxchg16b" };
const BIG = { foreignOrder: true } as const;
const BIG_CMPXCHG16B = { ...CMPXCHG16B, ...BIG };
const PINNED = { needs: "enable_pinned_reg" };

const NARROW_ADDRESS = "addresses have 64 bits";
const noNarrowAddress = (op: number): LegalityRow => refused(NARROW_ADDRESS, op, ~I64);

/** The table; the first row that fits decides. */
export const legalityRows: readonly LegalityRow[] = [
  ...NATIVE.map(([op, result, operand]) => native(op, result, operand)),

  ...IN_PARTS.map(([op, result, operand]) => inParts(op, result, operand)),
  inParts(Op.load, WIDE_VECTOR, ANY, BIG),
  inParts(Op.store, ANY, WIDE_VECTOR, BIG),
  inParts(Op.bitcast, WIDE_VECTOR, WIDE_VECTOR, BIG),
  ...[Op.fcvt_to_uint_sat, Op.fcvt_to_sint_sat, Op.x86_cvtt2dq, Op.fcvt_from_uint, Op.fcvt_from_sint].flatMap((op) => [
    inParts(op, PARTED, VECTOR | PARTED, { when: SAME_LANES }),
    inParts(op, VECTOR, PARTED, { when: SAME_LANES }),
  ]),

  // Vectors of f16, and conversions without instructions.
  ...[Op.fadd, Op.fsub, Op.fmul, Op.fdiv, Op.sqrt, Op.fmin, Op.fmax, Op.ceil, Op.floor, Op.trunc, Op.nearest].map(
    (op) => expanded("halves_through_singles", op, F16X8),
  ),
  expanded("halves_compare", Op.fcmp, I16X8, F16X8),
  expanded("floats_by_lanes", Op.fma, F16X8),
  expanded("integers_to_halves", Op.fcvt_from_sint, F16X8, I16X8),
  expanded("integers_to_halves", Op.fcvt_from_uint, F16X8, I16X8),
  expanded("halves_to_integers", Op.fcvt_to_sint_sat, I16X8, F16X8),
  expanded("halves_to_integers", Op.fcvt_to_uint_sat, I16X8, F16X8),
  expanded("conversion_by_lanes", Op.x86_cvtt2dq, I16X8, F16X8),
  expanded("conversion_by_lanes", Op.x86_cvtt2dq, I64X2, F64X2),

  // What takes a setting. Without CMPXCHG16B there is no atomic access of 16 bytes; a lock would not do, since other code
  // that was compiled for newer machines would not take it.
  native(Op.atomic_load, I128, ANY, CMPXCHG16B),
  native(Op.atomic_store, ANY, I128, CMPXCHG16B),
  native(Op.atomic_rmw, I128, ANY, CMPXCHG16B),
  native(Op.atomic_cas, I128, ANY, CMPXCHG16B),
  native(Op.get_pinned_reg, I64, ANY, PINNED),
  native(Op.set_pinned_reg, ANY, I64, PINNED),
  native(Op.tls_value, I64, ANY, { needs: "tls_model=elf_gd" }),
  native(Op.tls_value, I64, ANY, { needs: "tls_model=macho" }),
  native(Op.tls_value, I64, ANY, { needs: "tls_model=coff" }),
  native(Op.stack_switch, I64, ANY, { needs: "stack_switch_model=basic" }),
  native(Op.stack_switch, I64, ANY, { needs: "stack_switch_model=update_windows_tib" }),

  ...[Op.func_addr, Op.stack_addr, Op.dynamic_stack_addr, Op.symbol_value, Op.tls_value].map(noNarrowAddress),
  ...[Op.get_frame_pointer, Op.get_stack_pointer, Op.get_return_address, Op.get_pinned_reg].map(noNarrowAddress),
  ...[Op.get_exception_handler_address, Op.stack_switch].map(noNarrowAddress),
  refused(NARROW_ADDRESS, Op.set_pinned_reg, ANY, I32),

  // Integers of 128 bits.
  expanded("unsigned_high_product", Op.umulhi, I128),
  expanded("signed_high_product", Op.smulhi, I128),
  expanded("wide_division", Op.udiv, I128),
  expanded("wide_division", Op.sdiv, I128),
  expanded("wide_division", Op.urem, I128),
  expanded("wide_division", Op.srem, I128),

  // Rounding and fused products: the C library's functions where there is no instruction.
  native(Op.fma, FLOAT | FLOAT_VECTOR, ANY, { needs: "has_fma" }),
  library("fmaf", Op.fma, F32),
  library("fma", Op.fma, F64),
  ...[Op.ceil, Op.floor, Op.trunc, Op.nearest].map((op) =>
    native(op, FLOAT | FLOAT_VECTOR, ANY, { needs: "has_sse41" }),
  ),
  library("ceilf", Op.ceil, F32),
  library("ceil", Op.ceil, F64),
  library("floorf", Op.floor, F32),
  library("floor", Op.floor, F64),
  library("truncf", Op.trunc, F32),
  library("trunc", Op.trunc, F64),
  library("nearbyintf", Op.nearest, F32),
  library("nearbyint", Op.nearest, F64),
  ...[Op.fma, Op.ceil, Op.floor, Op.trunc, Op.nearest].map((op) =>
    expanded("floats_by_lanes", op, FLOAT_VECTOR),
  ),

  // f16: by way of wider floats.
  ...[Op.fadd, Op.fsub, Op.fmul, Op.fdiv, Op.sqrt, Op.fmin, Op.fmax, Op.ceil, Op.floor, Op.trunc, Op.nearest].map(
    (op) => expanded("half_through_single", op, F16),
  ),
  expanded("half_fma", Op.fma, F16),
  expanded("half_compare", Op.fcmp, I8, F16),
  native(Op.fpromote, F32, F16, { needs: "has_f16c" }),
  native(Op.fdemote, F16, F32, { needs: "has_f16c" }),
  expanded("half_to_single", Op.fpromote, F32, F16),
  expanded("half_to_wider", Op.fpromote, F64 | F128, F16),
  expanded("single_to_half", Op.fdemote, F16, F32),
  expanded("double_to_half", Op.fdemote, F16, F64),
  expanded("quad_to_half", Op.fdemote, F16, F128),
  expanded("integer_to_half", Op.fcvt_from_sint, F16, WIDE),
  expanded("integer_to_half", Op.fcvt_from_uint, F16, WIDE),
  ...[Op.fcvt_to_sint, Op.fcvt_to_uint, Op.fcvt_to_sint_sat, Op.fcvt_to_uint_sat].map((op) =>
    expanded("half_to_integer", op, WIDE, F16),
  ),

  // f128: functions of the compiler's runtime library and of the C library.
  library("__addtf3", Op.fadd, F128),
  library("__subtf3", Op.fsub, F128),
  library("__multf3", Op.fmul, F128),
  library("__divtf3", Op.fdiv, F128),
  library("sqrtf128", Op.sqrt, F128),
  library("fmaf128", Op.fma, F128),
  library("ceilf128", Op.ceil, F128),
  library("floorf128", Op.floor, F128),
  library("truncf128", Op.trunc, F128),
  library("nearbyintf128", Op.nearest, F128),
  library("__extendsftf2", Op.fpromote, F128, F32),
  library("__extenddftf2", Op.fpromote, F128, F64),
  library("__trunctfsf2", Op.fdemote, F32, F128),
  library("__trunctfdf2", Op.fdemote, F64, F128),
  expanded("quad_compare", Op.fcmp, I8, F128),
  expanded("quad_min_max", Op.fmin, F128),
  expanded("quad_min_max", Op.fmax, F128),
  expanded("integer_to_quad", Op.fcvt_from_sint, F128, WIDE),
  expanded("integer_to_quad", Op.fcvt_from_uint, F128, WIDE),

  // Integers of 128 bits and floats.
  library("__floattisf", Op.fcvt_from_sint, F32, I128),
  library("__floattidf", Op.fcvt_from_sint, F64, I128),
  library("__floatuntisf", Op.fcvt_from_uint, F32, I128),
  library("__floatuntidf", Op.fcvt_from_uint, F64, I128),
  ...[Op.fcvt_to_sint, Op.fcvt_to_uint].flatMap((op) => [
    expanded("trapping_truncation", op, I128, FLOAT),
    expanded("trapping_truncation", op, WIDE, F128),
  ]),
  ...[Op.fcvt_to_sint_sat, Op.fcvt_to_uint_sat].flatMap((op) => [
    expanded("saturating_truncation", op, I128, FLOAT),
    expanded("saturating_truncation", op, WIDE, F128),
  ]),
  expanded("indefinite_truncation", Op.x86_cvtt2dq, WIDE, F16 | FLOAT | F128),

  expanded("scalar_blend", Op.blendv, WIDE | F16 | FLOAT | F128),

  // Big-endian memory, and casts that number lanes from the most significant end.
  expanded("foreign_load", Op.load, MEMORY, ANY, BIG),
  expanded("foreign_store", Op.store, ANY, MEMORY, BIG),
  ...[Op.uload8, Op.sload8, Op.uload16, Op.sload16, Op.uload32, Op.sload32].map((op) =>
    expanded("foreign_extending_load", op, INT, ANY, BIG),
  ),
  ...[Op.istore8, Op.istore16, Op.istore32].map((op) => expanded("foreign_narrow_store", op, ANY, INT, BIG)),
  ...[Op.uload8x8, Op.sload8x8, Op.uload16x4, Op.sload16x4, Op.uload32x2, Op.sload32x2].map((op) =>
    expanded("foreign_vector_load", op, INT_VECTOR, ANY, BIG),
  ),
  expanded("foreign_load", Op.atomic_load, INT, ANY, BIG),
  expanded("foreign_store", Op.atomic_store, ANY, INT, BIG),
  expanded("foreign_cas", Op.atomic_cas, INT, ANY, BIG),
  expanded("foreign_rmw", Op.atomic_rmw, INT, ANY, BIG),
  expanded("foreign_load", Op.atomic_load, I128, ANY, BIG_CMPXCHG16B),
  expanded("foreign_store", Op.atomic_store, ANY, I128, BIG_CMPXCHG16B),
  expanded("foreign_cas", Op.atomic_cas, I128, ANY, BIG_CMPXCHG16B),
  expanded("foreign_rmw", Op.atomic_rmw, I128, ANY, BIG_CMPXCHG16B),
  expanded("foreign_bitcast", Op.bitcast, MEMORY, MEMORY, BIG),

  // What has no meaning.
  ...[Op.fcvt_to_uint_sat, Op.fcvt_to_sint_sat, Op.x86_cvtt2dq, Op.fcvt_from_uint, Op.fcvt_from_sint].map((op) =>
    refused("the operand has another number of lanes than the result", op, SIZED, SIZED),
  ),
  ...[Op.extract_vector, Op.dynamic_stack_addr].map((op) =>
    refused("a dynamic vector has no size that is known here", op),
  ),
];
