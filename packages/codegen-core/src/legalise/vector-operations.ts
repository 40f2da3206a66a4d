/** What each operation on vectors that are not as wide as a register becomes, part by part. */
import {
  type Function,
  I8,
  I128,
  type Inst,
  IntCC,
  isVector,
  laneBits,
  laneCount,
  laneType,
  Op,
  typeBits,
  typeBytes,
  type Value,
} from "@gantry/clif-ir";
import { isNarrow, PART_BYTES, type Shape, shapeOf, type VectorParts } from "./vector-parts.ts";

/** Builds the parts of the result; of a result that is not held in parts, that value alone; nothing for a store. */
type Operation = (p: VectorParts, i: Inst) => readonly Value[];

const resultShape = (p: VectorParts, i: Inst): Shape => shapeOf(p.r.func.resultType(i))!;

const times = <T>(n: number, make: (k: number) => T): T[] => Array.from({ length: n }, (_, k) => make(k));

/** The same operation on part after part; operands that have none are those of each. */
function laneWise(p: VectorParts, i: Inst): Value[] {
  const { r } = p;
  const f = r.func;
  const { part, count } = shapeOf(f.ctrlType(i))!;
  const args = times(f.argCount(i), (k) => r.arg(i, k));
  return times(count, (k) => r.redo(i, part, ...args.map((a) => p.part(a, k))));
}

/** Lanes of all ones or zeroes; of scalar parts, truth becomes such a lane. */
function comparison(p: VectorParts, i: Inst): Value[] {
  const truths = laneWise(p, i);
  return isVector(resultShape(p, i).part) ? truths : truths.map((b) => p.r.bmask(I128, b));
}

/** Operations that CLIF has on vectors alone: `scalar` builds them where a part is a scalar. */
const orOfScalars =
  (scalar: (p: VectorParts, x: Value, y: Value) => Value): Operation =>
  (p, i) => {
    const { part, count } = resultShape(p, i);
    if (isVector(part)) return laneWise(p, i);
    return times(count, (k) => scalar(p, p.part(p.r.arg(i, 0), k), p.part(p.r.arg(i, 1), k)));
  };

const LEAST = 1n << 127n;

const saturatedAdd = orOfScalars(({ r }, x, y) => {
  const [sum, over] = r.uadd_overflow(x, y);
  return r.select(over, r.number(I128, -1n), sum);
});
const saturatedSub = orOfScalars(({ r }, x, y) => {
  const [rest, under] = r.usub_overflow(x, y);
  return r.select(under, r.number(I128, 0n), rest);
});
/** The bound on the other side of zero than a result that went over. */
const bound = ({ r }: VectorParts, x: Value): Value =>
  r.bxor(r.sshr(x, r.iconst(I8, 127)), r.number(I128, LEAST, false));
const saturatedSignedAdd = orOfScalars((p, x, y) => {
  const [sum, over] = p.r.sadd_overflow(x, y);
  return p.r.select(over, bound(p, sum), sum);
});
const saturatedSignedSub = orOfScalars((p, x, y) => {
  const [rest, over] = p.r.ssub_overflow(x, y);
  return p.r.select(over, bound(p, rest), rest);
});
/** (x | y) - ((x ^ y) >> 1) */
const average = orOfScalars(({ r }, x, y) => r.isub(r.bor(x, y), r.ushr(r.bxor(x, y), r.iconst(I8, 1))));

function splat(p: VectorParts, i: Inst): Value[] {
  const { part, count } = resultShape(p, i);
  const x = p.r.arg(i, 0);
  return new Array<Value>(count).fill(isVector(part) ? p.r.splat(part, x) : x);
}

function scalarToVector(p: VectorParts, i: Inst): Value[] {
  const { part, count } = resultShape(p, i);
  const x = p.r.arg(i, 0);
  const first = isVector(part) ? p.r.scalar_to_vector(part, x) : x;
  return [first, ...times(count - 1, () => p.r.constant(part, 0n))];
}

function insertLane(p: VectorParts, i: Inst): Value[] {
  const { part, lanes } = resultShape(p, i);
  const lane = p.r.func.uimm8(i);
  const parts = [...p.of(p.r.arg(i, 0))];
  const at = Math.floor(lane / lanes);
  const x = p.r.arg(i, 1);
  parts[at] = isVector(part) ? p.r.insertlane(parts[at], x, lane % lanes) : x;
  return parts;
}

const extractLane: Operation = (p, i) => [p.lane(p.r.arg(i, 0), p.r.func.uimm8(i))];

function constant(p: VectorParts, i: Inst): Value[] {
  const f = p.r.func;
  const { part, count } = resultShape(p, i);
  const c = f.constant(i);
  const start = f.constantStart(c);
  const bytes = f.bytes.slice(start, start + f.constantLength(c));
  return times(count, (k) => p.constant(part, bytes.subarray(PART_BYTES * k, PART_BYTES * (k + 1))));
}

// ---- memory ----

/** The address and offset of part `k` of an access whose address is operand `at`. */
function placeOf(p: VectorParts, i: Inst, at: number, k: number): readonly [address: Value, offset: number] {
  const { r } = p;
  const address = r.arg(i, at);
  const first = r.func.offset(i);
  const offset = first + PART_BYTES * k;
  if (offset === (offset | 0)) return [address, offset];
  return [r.iadd(address, r.number(r.type(address), PART_BYTES * k)), first];
}

/** Whether the access has the byte order that is not the target's: then lanes must keep their width. */
const isForeign = (p: VectorParts, i: Inst): boolean => (p.r.func.memFlags(i) & p.r.foreignOrder) !== 0;

function load(p: VectorParts, i: Inst): Value[] {
  const { r } = p;
  const f = r.func;
  const t = f.resultType(i);
  const { part, count } = shapeOf(t)!;
  const flags = f.memFlags(i);
  if (isNarrow(t)) {
    const address = r.arg(i, 0);
    const offset = f.offset(i);
    return [
      isForeign(p, i) ? p.widened(r.load(t, flags, address, offset), t) : p.loaded(t, flags, address, offset),
    ];
  }
  return times(count, (k) => r.load(part, flags, ...placeOf(p, i, 0, k)));
}

function store(p: VectorParts, i: Inst): Value[] {
  const { r } = p;
  const f = r.func;
  const x = r.arg(i, 0);
  const t = r.type(x);
  const flags = f.memFlags(i);
  if (isNarrow(t)) {
    const bits = isForeign(p, i) ? p.narrowed(p.of(x)[0], t) : p.lowBits(p.of(x)[0], t);
    r.store(flags, bits, r.arg(i, 1), f.offset(i));
  } else
    p.of(x).forEach((part, k) => {
      r.store(flags, part, ...placeOf(p, i, 1, k));
    });
  return [];
}

/** Casts of one width: part by part, between narrow vectors as parts, and between those and scalars by their low bits. */
function bitcast(p: VectorParts, i: Inst): Value[] {
  const { r } = p;
  const f = r.func;
  const flags = f.memFlags(i);
  const x = r.arg(i, 0);
  const from = r.type(x);
  const to = f.resultType(i);
  const shape = shapeOf(to);
  if (isNarrow(from) || isNarrow(to)) {
    if (isForeign(p, i)) {
      const bits = r.bitcast(to, flags, isNarrow(from) ? p.narrowed(p.of(x)[0], from) : x);
      return [isNarrow(to) ? p.widened(bits, to) : bits];
    }
    if (isNarrow(from) && isNarrow(to)) return [r.cast(shape!.part, p.of(x)[0])];
    return [isNarrow(to) ? p.widened(x, to) : r.cast(to, p.lowBits(p.of(x)[0], from))];
  }
  return p.of(x).map((part) => (r.type(part) === shape!.part ? part : r.bitcast(shape!.part, flags, part)));
}

// ---- truth ----

/** Whether a scalar part is not zero. */
const isSet = ({ r }: VectorParts, x: Value): Value => r.icmp(IntCC.ne, r.cast(I128, x), r.number(I128, 0n));

function anyTrue(p: VectorParts, i: Inst): Value[] {
  const { r } = p;
  const x = r.arg(i, 0);
  const t = r.type(x);
  const all = p.of(x).reduce((a, b) => r.bor(a, b));
  if (!isVector(r.type(all))) return [isSet(p, all)];
  return [r.vany_true(isNarrow(t) ? r.band(all, p.ownBytes(t)) : all)];
}

function allTrue(p: VectorParts, i: Inst): Value[] {
  const { r } = p;
  const x = r.arg(i, 0);
  const t = r.type(x);
  if (isNarrow(t)) return [r.vall_true(r.bor(p.of(x)[0], r.bnot(p.ownBytes(t))))];
  const truths = p.of(x).map((part) => (isVector(r.type(part)) ? r.vall_true(part) : isSet(p, part)));
  return [truths.reduce((a, b) => r.band(a, b))];
}

function highBits(p: VectorParts, i: Inst): Value[] {
  const { r } = p;
  const to = r.func.resultType(i);
  const x = r.arg(i, 0);
  const { lanes } = shapeOf(r.type(x))!;
  const masks = p.of(x).map((part, k) => {
    const at = k * lanes;
    if (at >= typeBits(to)) return undefined;
    const bits = isVector(r.type(part))
      ? r.redo(i, to, part)
      : r.ireduce(to, r.ushr(r.cast(I128, part), r.iconst(I8, 127)));
    return at === 0 ? bits : r.ishl(bits, r.iconst(I8, at));
  });
  const all = masks.filter((m) => m !== undefined).reduce((a, b) => r.bor(a, b));
  const isWhole = !isNarrow(r.type(x)) || lanes >= typeBits(to);
  return [isWhole ? all : r.band(all, r.number(to, (1n << BigInt(lanes)) - 1n, false))];
}

// ---- widths ----

/** All parts of both operands in order, where a part of the result takes two of them; narrow operands as one part. */
function pairs(p: VectorParts, i: Inst): readonly (readonly [Value, Value])[] {
  const { r } = p;
  const x = r.arg(i, 0);
  const y = r.arg(i, 1);
  const t = r.type(x);
  if (isNarrow(t)) {
    const both = p.joined(p.of(x)[0], p.of(y)[0], typeBytes(t));
    return [[both, both]];
  }
  const all = [...p.of(x), ...p.of(y)];
  return times(all.length / 2, (k) => [all[2 * k], all[2 * k + 1]]);
}

const pairWise: Operation = (p, i) => {
  const { part } = shapeOf(p.r.type(p.r.arg(i, 0)))!;
  return pairs(p, i).map(([a, b]) => p.r.redo(i, part, a, b));
};

/** Half of the lanes at double width. */
const widening =
  (isSigned: boolean, fromHigh: boolean): Operation =>
  (p, i) => {
    const { r } = p;
    const x = r.arg(i, 0);
    const t = r.type(x);
    const to = r.func.resultType(i);
    if (!isVector(to)) {
      const lane = p.lane(x, fromHigh ? 1 : 0);
      return [isSigned ? r.sextend(to, lane) : r.uextend(to, lane)];
    }
    const lowHalf = (v: Value): Value => (isSigned ? r.swiden_low(v) : r.uwiden_low(v));
    const highHalf = (v: Value): Value => (isSigned ? r.swiden_high(v) : r.uwiden_high(v));
    const parts = p.of(x);
    if (isNarrow(t)) return [lowHalf(fromHigh ? p.movedDown(parts[0], typeBytes(t) / 2) : parts[0])];
    const half = parts.length / 2;
    const chosen = fromHigh ? parts.slice(half) : parts.slice(0, half);
    return chosen.flatMap((v) => [lowHalf(v), highHalf(v)]);
  };

/** Between lanes of one width part by part, otherwise lane by lane. */
function conversion(p: VectorParts, i: Inst): Value[] {
  const to = p.r.func.resultType(i);
  if (laneBits(to) === laneBits(p.r.type(p.r.arg(i, 0)))) return laneWise(p, i);
  return lanesConverted(p, i);
}

/** The conversion of each lane by itself. */
export function lanesConverted(p: VectorParts, i: Inst): Value[] {
  const { r } = p;
  const to = r.func.resultType(i);
  const x = r.arg(i, 0);
  return p.fromLanes(
    to,
    times(laneCount(to), (k) => r.redo(i, laneType(to), p.lane(x, k))),
  );
}

/** Whether a conversion has as many lanes in its result as in its operand: others mean nothing. */
export const SAME_LANES = {
  says: "as many lanes in the result as in the operand",
  holds: (f: Function, i: Inst): boolean =>
    laneCount(f.resultType(i)) === laneCount(f.valueType(f.arg(i, 0))),
};

const OPERATIONS: ReadonlyMap<number, Operation> = new Map<number, Operation>([
  [Op.icmp, comparison],
  [Op.fcmp, comparison],
  [Op.uadd_sat, saturatedAdd],
  [Op.usub_sat, saturatedSub],
  [Op.sadd_sat, saturatedSignedAdd],
  [Op.ssub_sat, saturatedSignedSub],
  [Op.avg_round, average],
  [Op.splat, splat],
  [Op.scalar_to_vector, scalarToVector],
  [Op.insertlane, insertLane],
  [Op.extractlane, extractLane],
  [Op.vconst, constant],
  [Op.load, load],
  [Op.store, store],
  [Op.bitcast, bitcast],
  [Op.vany_true, anyTrue],
  [Op.vall_true, allTrue],
  [Op.vhigh_bits, highBits],
  [Op.snarrow, pairWise],
  [Op.unarrow, pairWise],
  [Op.uunarrow, pairWise],
  [Op.iadd_pairwise, pairWise],
  [Op.swiden_low, widening(true, false)],
  [Op.swiden_high, widening(true, true)],
  [Op.uwiden_low, widening(false, false)],
  [Op.uwiden_high, widening(false, true)],
  [Op.fcvt_to_uint_sat, conversion],
  [Op.fcvt_to_sint_sat, conversion],
  [Op.x86_cvtt2dq, conversion],
  [Op.fcvt_from_uint, conversion],
  [Op.fcvt_from_sint, conversion],
]);

/** Builds in front of instruction `i`, which is neither call nor branch, what it does to parts. */
export function inParts(p: VectorParts, i: Inst): readonly Value[] {
  return (OPERATIONS.get(p.r.func.opcode(i)) ?? laneWise)(p, i);
}
