/** Accesses in the byte order that is not the target's, and casts that number lanes from the other end. */
import {
  AtomicRmwOp,
  asInt,
  type Block,
  I8,
  I8X16,
  I16,
  I16X8,
  I32,
  I32X4,
  I64,
  I64X2,
  I128,
  type Inst,
  IntCC,
  isVector,
  laneBits,
  Op,
  type Type,
  typeBits,
  type Value,
} from "@gantry/clif-ir";
import type { Rewriter } from "./rewriter.ts";

/** The integer as wide as all of `t`, at most 128 bits. */
function integerOf(t: Type): Type {
  switch (typeBits(t)) {
    case 8:
      return I8;
    case 16:
      return I16;
    case 32:
      return I32;
    case 64:
      return I64;
    default:
      return I128;
  }
}

/**
 * The bits of `x` with its parts of `unit` bits in reverse order in each group of `group` bits.
 *
 * @param x A scalar of any type, or a vector of at most 128 bits.
 */
function reversed(r: Rewriter, x: Value, group: number, unit: number): Value {
  if (group === unit) return x;
  const t = r.type(x);
  if (isVector(t) && typeBits(t) === 128) {
    const bytes = r.cast(I8X16, x);
    const mask = Uint8Array.from({ length: 16 }, (_, k) => reversedByte(k, group >> 3, unit >> 3));
    return r.cast(t, r.shuffle(bytes, bytes, mask));
  }
  const int = integerOf(t);
  let bits = r.cast(int, x);
  const width = typeBits(int);
  if (group === width && unit === 8) return r.cast(t, r.bswap(bits));
  // Halves change places, then the halves of halves, down to units.
  for (let half = group >> 1; half >= unit; half >>= 1) {
    if (2 * half === width) {
      bits = r.rotl(bits, r.iconst(I8, half));
      continue;
    }
    let low = 0n;
    for (let at = 0; at < width; at += 2 * half) low |= ((1n << BigInt(half)) - 1n) << BigInt(at);
    const mask = r.number(int, low, false);
    const amount = r.iconst(I8, half);
    bits = r.bor(r.ishl(r.band(bits, mask), amount), r.band(r.ushr(bits, amount), mask));
  }
  return r.cast(t, bits);
}

/** Where byte `k` of the result comes from. */
function reversedByte(k: number, group: number, unit: number): number {
  const inGroup = k % group;
  return k - inGroup + (group - unit - (inGroup - (inGroup % unit))) + (inGroup % unit);
}

/** Every lane of `x` with its bytes in the other order. */
const swapped = (r: Rewriter, x: Value): Value => reversed(r, x, laneBits(r.type(x)), 8);

/** The flags without the byte order. */
const flagsOf = (r: Rewriter, i: Inst): number => r.func.memFlags(i) & ~r.foreignOrder;

/** `load` and `atomic_load`. */
export function foreignLoad(r: Rewriter, i: Inst): void {
  const t = r.func.resultType(i);
  const int = isVector(t) ? t : asInt(t);
  const loaded = r.func.firstResult(r.again(i, int, [r.arg(i, 0)], flagsOf(r, i)));
  r.replace(i, r.cast(t, swapped(r, loaded)));
}

/** `store` and `atomic_store`. */
export function foreignStore(r: Rewriter, i: Inst): void {
  const x = r.arg(i, 0);
  const t = r.type(x);
  const bits = swapped(r, isVector(t) ? x : r.cast(asInt(t), x));
  r.again(i, r.type(bits), [bits, r.arg(i, 1)], flagsOf(r, i));
  r.replace(i);
}

/** The type in memory, and that of a register that is extended or reduced, of the narrow accesses. */
const IN_MEMORY: ReadonlyMap<number, Type> = new Map([
  [Op.uload8, I8],
  [Op.sload8, I8],
  [Op.istore8, I8],
  [Op.uload16, I16],
  [Op.sload16, I16],
  [Op.istore16, I16],
  [Op.uload32, I32],
  [Op.sload32, I32],
  [Op.istore32, I32],
]);

const SIGNED_LOADS: ReadonlySet<number> = new Set([
  Op.sload8,
  Op.sload16,
  Op.sload32,
  Op.sload8x8,
  Op.sload16x4,
  Op.sload32x2,
]);

/** `uload16` and others of scalars: loads, exchanges bytes, extends. */
export function foreignExtendingLoad(r: Rewriter, i: Inst): void {
  const t = r.func.resultType(i);
  const op = r.func.opcode(i);
  const loaded = r.load(IN_MEMORY.get(op)!, flagsOf(r, i), r.arg(i, 0), r.func.offset(i));
  const x = swapped(r, loaded);
  r.replace(i, SIGNED_LOADS.has(op) ? r.sextend(t, x) : r.uextend(t, x));
}

/** `istore16` and others. */
export function foreignNarrowStore(r: Rewriter, i: Inst): void {
  const narrow = r.ireduce(IN_MEMORY.get(r.func.opcode(i))!, r.arg(i, 0));
  r.store(flagsOf(r, i), swapped(r, narrow), r.arg(i, 1), r.func.offset(i));
  r.replace(i);
}

/** The vector whose low half a load of eight bytes fills, by the type that its lanes are extended to. */
const HALF_FILLED: ReadonlyMap<Type, Type> = new Map([
  [I16X8, I8X16],
  [I32X4, I16X8],
  [I64X2, I32X4],
]);

/** `uload8x8` and others: eight bytes as the low half of a vector, which is widened. */
export function foreignVectorLoad(r: Rewriter, i: Inst): void {
  const narrow = HALF_FILLED.get(r.func.resultType(i))!;
  const word = r.load(I64, flagsOf(r, i), r.arg(i, 0), r.func.offset(i));
  const vector = r.cast(narrow, r.scalar_to_vector(I64X2, reversed(r, word, laneBits(narrow), 8)));
  r.replace(i, SIGNED_LOADS.has(r.func.opcode(i)) ? r.swiden_low(vector) : r.uwiden_low(vector));
}

/** `atomic_cas`: both values in memory's order. */
export function foreignCompareAndSwap(r: Rewriter, i: Inst): void {
  const [p, e, x] = [0, 1, 2].map((k) => r.arg(i, k));
  const old = r.atomic_cas(flagsOf(r, i), p, swapped(r, e), swapped(r, x));
  r.replace(i, swapped(r, old));
}

/** Operations that do not care which byte is which. */
const BYTEWISE: ReadonlySet<number> = new Set([
  AtomicRmwOp.and,
  AtomicRmwOp.nand,
  AtomicRmwOp.or,
  AtomicRmwOp.xor,
  AtomicRmwOp.xchg,
]);

/** `atomic_rmw`: bytewise operations at once, arithmetic in a loop round a compare-and-swap. */
export function foreignReadModifyWrite(r: Rewriter, i: Inst): void {
  const f = r.func;
  const t = f.resultType(i);
  const flags = flagsOf(r, i);
  const p = r.arg(i, 0);
  const x = r.arg(i, 1);
  const rmw = f.rmwOp(i);
  if (BYTEWISE.has(rmw) || t === I8) {
    const old = f.firstResult(r.again(i, t, [p, swapped(r, x)], flags));
    r.replace(i, swapped(r, old));
    return;
  }
  const loop = f.addBlock();
  const seen = f.appendBlockParam(loop, t);
  const done = f.addBlock();
  const isCold = f.isCold(f.instBlock(i)) && f.instBlock(i) !== f.firstBlock();
  r.jump(loop, [r.atomic_load(t, flags, p)]);
  enter(r, loop, isCold);
  const old = swapped(r, seen);
  const found = r.atomic_cas(flags, p, seen, swapped(r, combined(r, rmw, old, x)));
  r.brif(r.icmp(IntCC.eq, found, seen), done, [], loop, [found]);
  enter(r, done, isCold);
  r.replace(i, old);
}

/** Ends the block at the rewriter's place, and goes on in `b`, to which the rest of the instructions moves. */
function enter(r: Rewriter, b: Block, isCold: boolean): void {
  r.cursor.insertBlock(b);
  r.func.setCold(b, isCold);
}

function combined(r: Rewriter, rmw: number, old: Value, x: Value): Value {
  switch (rmw) {
    case AtomicRmwOp.add:
      return r.iadd(old, x);
    case AtomicRmwOp.sub:
      return r.isub(old, x);
    case AtomicRmwOp.umin:
      return r.umin(old, x);
    case AtomicRmwOp.umax:
      return r.umax(old, x);
    case AtomicRmwOp.smin:
      return r.smin(old, x);
    default:
      return r.smax(old, x);
  }
}

/**
 * `bitcast` with the other numbering of lanes: the narrower lanes in each of the wider ones change their order. Between
 * types of the same lanes the numbering does not matter.
 */
export function foreignBitcast(r: Rewriter, i: Inst): void {
  const to = r.func.resultType(i);
  const x = r.arg(i, 0);
  const a = laneBits(r.type(x));
  const b = laneBits(to);
  r.replace(i, r.cast(to, reversed(r, x, Math.max(a, b), Math.min(a, b))));
}
