/**
 * Vectors that are not as wide as a register. A wider one is so many vectors of the register's width, its parts; a
 * narrower one is a vector of the register's width whose upper lanes hold anything.
 */
import {
  F16,
  F32,
  F64,
  I8X16,
  I16,
  isVector,
  laneBits,
  laneCount,
  laneType,
  type Type,
  typeBits,
  typeBy,
  typeBytes,
  type Value,
} from "@gantry/clif-ir";
import { bug } from "@gantry/diag";
import type { Rewriter } from "./rewriter.ts";

/** Width of vectors that targets compute with. */
export const PART_BITS = 128;
export const PART_BYTES: number = PART_BITS / 8;

/** How a vector is held. */
export interface Shape {
  /** The type of each part: a vector of {@link PART_BITS} bits, or a scalar as wide. */
  readonly part: Type;
  /** Number of parts; 1 for a vector that is narrower than a part. */
  readonly count: number;
  /** Lanes in each part that belong to the vector. */
  readonly lanes: number;
}

const shapes = new Map<Type, Shape>();

/** How values of type `t` are held; undefined for what is as wide as a register, and for scalars. */
export function shapeOf(t: Type): Shape | undefined {
  if (!isVector(t) || typeBits(t) === PART_BITS) return undefined;
  let shape = shapes.get(t);
  if (shape === undefined) {
    const room = PART_BITS / laneBits(t);
    shape = {
      part: typeBy(laneType(t), room),
      count: Math.max(1, typeBits(t) / PART_BITS),
      lanes: Math.min(laneCount(t), room),
    };
    shapes.set(t, shape);
  }
  return shape;
}

/** Whether `t` is a vector that is narrower than a part. */
export const isNarrow = (t: Type): boolean => isVector(t) && typeBits(t) < PART_BITS;

/** The scalar float as wide as a vector that is narrower than a part: it is held in the same registers. */
export function floatOf(t: Type): Type {
  const bytes = typeBytes(t);
  return bytes === 2 ? F16 : bytes === 4 ? F32 : F64;
}

/** The parts of the vectors of one function, and what is built of them. */
export class VectorParts {
  readonly r: Rewriter;
  readonly #parts = new Map<Value, readonly Value[]>();

  constructor(r: Rewriter) {
    this.r = r;
  }

  /** The parts of `v`; itself if it is not held in parts. */
  of(v: Value): readonly Value[] {
    if (shapeOf(this.r.type(v)) === undefined) return [v];
    return this.#parts.get(v) ?? bug("legalise", `v${v} has no parts yet`);
  }

  /** Part `k`; of what is not held in parts, the value itself. */
  part(v: Value, k: number): Value {
    return shapeOf(this.r.type(v)) === undefined ? v : this.of(v)[k];
  }

  set(v: Value, parts: readonly Value[]): void {
    this.#parts.set(v, parts);
  }

  /** The part that holds a vector of the narrow type `t`, of its bits as a value of any type. */
  widened(v: Value, t: Type): Value {
    const { r } = this;
    const float = floatOf(t);
    const vector = typeBy(float, PART_BITS / typeBits(t));
    const bits = r.cast(float, v);
    // Upper lanes may be anything; what is filled with zeroes by the move of a double takes a broadcast of a single.
    return r.cast(shapeOf(t)!.part, float === F64 ? r.scalar_to_vector(vector, bits) : r.splat(vector, bits));
  }

  /** The same of the bits in memory, loaded with these flags. */
  loaded(t: Type, flags: number, p: Value, offset: number): Value {
    const { r } = this;
    const scalar = typeBytes(t) === 2 ? I16 : floatOf(t);
    const bits = r.load(scalar, flags, p, offset);
    return r.cast(shapeOf(t)!.part, r.scalar_to_vector(typeBy(scalar, PART_BITS / typeBits(t)), bits));
  }

  /** The scalar float with the low bits of a part that holds a vector of the narrow type `t`. */
  lowBits(part: Value, t: Type): Value {
    const { r } = this;
    return r.extractlane(r.cast(typeBy(floatOf(t), PART_BITS / typeBits(t)), part), 0);
  }

  /** The vector of the narrow type `t` that a part holds. */
  narrowed(part: Value, t: Type): Value {
    return this.r.cast(t, this.lowBits(part, t));
  }

  /** Lane `k` of a vector of any width. */
  lane(v: Value, k: number): Value {
    const shape = shapeOf(this.r.type(v));
    if (shape === undefined) return this.r.extractlane(v, k);
    const part = this.of(v)[Math.floor(k / shape.lanes)];
    return isVector(shape.part) ? this.r.extractlane(part, k % shape.lanes) : part;
  }

  /** The parts of a vector of type `t` with these lanes. */
  fromLanes(t: Type, lanes: readonly Value[]): Value[] {
    const { r } = this;
    const { part, count, lanes: each } = shapeOf(t) ?? { part: t, count: 1, lanes: laneCount(t) };
    return Array.from({ length: count }, (_, n) => {
      const first = lanes[n * each];
      if (!isVector(part)) return first;
      let v = r.scalar_to_vector(part, first);
      for (let k = 1; k < each; k++) v = r.insertlane(v, lanes[n * each + k], k);
      return v;
    });
  }

  /** A constant part: up to sixteen bytes, zeroes behind them. */
  constant(part: Type, bytes: Uint8Array): Value {
    const { r } = this;
    if (isVector(part)) {
      const all = new Uint8Array(PART_BYTES);
      all.set(bytes);
      return r.vconst(part, r.pool(all));
    }
    let bits = 0n;
    bytes.forEach((b, k) => {
      bits |= BigInt(b) << BigInt(8 * k);
    });
    return r.constant(part, bits);
  }

  /** Ones in the bytes that belong to a vector of the narrow type `t`, zeroes above. */
  ownBytes(t: Type): Value {
    return this.constant(shapeOf(t)!.part, new Uint8Array(typeBytes(t)).fill(0xff));
  }

  /** The first `bytes` bytes of `x` and then those of `y`; anything above them. */
  joined(x: Value, y: Value, bytes: number): Value {
    // An interleaving of lanes of so many bytes, which machines have an instruction for.
    const mask = Uint8Array.from({ length: PART_BYTES }, (_, k) => {
      const pair = Math.floor(k / (2 * bytes));
      return pair * bytes + (k % bytes) + PART_BYTES * (Math.floor(k / bytes) & 1);
    });
    return this.#shuffled(x, y, mask);
  }

  /** The bytes of `x` from `from` on at the bottom, as many as lie below them; anything above. */
  movedDown(x: Value, from: number): Value {
    const mask = Uint8Array.from({ length: PART_BYTES }, (_, k) => (k < from ? k + from : k));
    return this.#shuffled(x, x, mask);
  }

  #shuffled(x: Value, y: Value, mask: Uint8Array): Value {
    const { r } = this;
    const t = r.type(x);
    return r.cast(t, r.shuffle(r.cast(I8X16, x), r.cast(I8X16, y), mask));
  }
}
