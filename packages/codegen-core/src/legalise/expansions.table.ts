/** The expansions by name: what tables of legality refer to, and what `gantry targets` says of them. */
import type { Inst } from "@gantry/clif-ir";
import * as order from "./byte-order.ts";
import { scalarBlend } from "./choice.ts";
import * as half from "./half.ts";
import * as halves from "./half-vectors.ts";
import * as quad from "./quad.ts";
import type { Rewriter } from "./rewriter.ts";
import * as truncation from "./truncation.ts";
import * as wide from "./wide-integers.ts";

export interface Expansion {
  /** What it does, for reports. */
  readonly does: string;
  /** Puts CLIF in the place of the instruction; the rewriter inserts in front of it. */
  readonly rewrite: (r: Rewriter, i: Inst) => void;
}

const row = (does: string, rewrite: Expansion["rewrite"]): Expansion => ({ does, rewrite });

export const EXPANSIONS = {
  // Integers of 128 bits.
  unsigned_high_product: row("products of halves", wide.unsignedHighProduct),
  signed_high_product: row("the unsigned product put right", wide.signedHighProduct),
  wide_division: row("traps, then the runtime library divides", wide.wideDivision),

  // f16.
  half_through_single: row("as f32, rounded", half.halfByWayOfSingle),
  half_compare: row("as f32", half.halfComparison),
  half_fma: row("as f64, rounded", half.halfFusedMultiplyAdd),
  half_to_single: row("by the bits", half.halfToSingle),
  half_to_wider: row("by way of f32", half.halfToWider),
  single_to_half: row("by the bits", half.singleToHalf),
  double_to_half: row("by way of f32, rounded to odd", half.doubleToHalf),
  quad_to_half: row("by way of f64, rounded to odd", half.quadToHalf),
  integer_to_half: row("clamped, by way of f32", half.integerToHalf),
  half_to_integer: row("by way of f32", half.halfToInteger),

  // Vectors of f16, and conversions that vectors have no instructions for.
  halves_through_singles: row("as vectors of f32, rounded", halves.halvesByWayOfSingles),
  halves_compare: row("as vectors of f32", halves.halfLaneComparison),
  integers_to_halves: row("by way of f32", halves.integersToHalves),
  halves_to_integers: row("by way of f32 and 32 bits", halves.halvesToIntegers),
  floats_by_lanes: row("lane by lane", halves.floatsLaneByLane),
  conversion_by_lanes: row("lane by lane", halves.conversionLaneByLane),

  // f128.
  quad_compare: row("the runtime library's __eqtf2 and others", quad.quadComparison),
  quad_min_max: row("by the bits", quad.quadMinMax),
  integer_to_quad: row("the runtime library's __floatsitf and others", quad.integerToQuad),

  // Floats to integers.
  trapping_truncation: row("range by the bits, then the runtime library's __fixtfdi and others", truncation.trappingTruncation),
  saturating_truncation: row("range by the bits, and the runtime library's __fixtfdi and others", truncation.saturatingTruncation),
  indefinite_truncation: row("range by the bits, and a saturating one", truncation.indefiniteTruncation),

  // Byte orders.
  foreign_load: row("bytes are exchanged behind the load", order.foreignLoad),
  foreign_store: row("bytes are exchanged before the store", order.foreignStore),
  foreign_extending_load: row("bytes are exchanged behind the load, then extended", order.foreignExtendingLoad),
  foreign_narrow_store: row("reduced, bytes are exchanged before the store", order.foreignNarrowStore),
  foreign_vector_load: row("bytes are exchanged behind the load, then widened", order.foreignVectorLoad),
  foreign_cas: row("bytes of all values are exchanged", order.foreignCompareAndSwap),
  foreign_rmw: row("bytes are exchanged; arithmetic loops round a compare-and-swap", order.foreignReadModifyWrite),
  foreign_bitcast: row("narrow lanes change places in wide ones", order.foreignBitcast),

  // The rest.
  scalar_blend: row("a choice by the sign", scalarBlend),
} as const satisfies Record<string, Expansion>;

export type ExpansionName = keyof typeof EXPANSIONS;
