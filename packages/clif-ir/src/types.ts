/** The 16-bit type codes of CLIF: a scalar is 112 + lane ordinal, a vector adds 16 * log2(lanes), a dynamic one 128 more. */
export type Type = number;

export const INVALID: Type = 0;
export const I8: Type = 116;
export const I16: Type = 117;
export const I32: Type = 118;
export const I64: Type = 119;
export const I128: Type = 120;
export const F16: Type = 121;
export const F32: Type = 122;
export const F64: Type = 123;
export const F128: Type = 124;
export const I8X2: Type = 132;
export const I8X4: Type = 148;
export const I8X8: Type = 164;
export const I8X16: Type = 180;
export const I8X32: Type = 196;
export const I8X64: Type = 212;
export const I16X2: Type = 133;
export const I16X4: Type = 149;
export const I16X8: Type = 165;
export const I16X16: Type = 181;
export const I16X32: Type = 197;
export const I32X2: Type = 134;
export const I32X4: Type = 150;
export const I32X8: Type = 166;
export const I32X16: Type = 182;
export const I64X2: Type = 135;
export const I64X4: Type = 151;
export const I64X8: Type = 167;
export const I128X2: Type = 136;
export const I128X4: Type = 152;
export const F16X2: Type = 137;
export const F16X4: Type = 153;
export const F16X8: Type = 169;
export const F16X16: Type = 185;
export const F16X32: Type = 201;
export const F32X2: Type = 138;
export const F32X4: Type = 154;
export const F32X8: Type = 170;
export const F32X16: Type = 186;
export const F64X2: Type = 139;
export const F64X4: Type = 155;
export const F64X8: Type = 171;
export const F128X2: Type = 140;
export const F128X4: Type = 156;

/** One more than the greatest type code. */
export const TYPE_LIMIT = 384;
const DYNAMIC_BASE = 256;
const LANE_NAMES = ["i8", "i16", "i32", "i64", "i128", "f16", "f32", "f64", "f128"];
const LANE_WIDTHS = [8, 16, 32, 64, 128, 16, 32, 64, 128];

const NAMES: string[] = new Array(TYPE_LIMIT).fill("INVALID");
const LANE_BITS = new Int32Array(TYPE_LIMIT);
const BITS = new Int32Array(TYPE_LIMIT);
const LANES = new Int32Array(TYPE_LIMIT);
const BY_NAME = new Map<string, Type>();
for (let k = 0; k < LANE_NAMES.length; k++)
  for (let log = 0; log <= 8; log++) {
    const t = I8 + k + 16 * log;
    if (t >= DYNAMIC_BASE) continue;
    const width = LANE_WIDTHS[k];
    NAMES[t] = log === 0 ? LANE_NAMES[k] : `${LANE_NAMES[k]}x${1 << log}`;
    BY_NAME.set(NAMES[t], t);
    if (log === 0) BY_NAME.set(`${LANE_NAMES[k]}x1`, t);
    LANE_BITS[t] = width;
    LANES[t] = 1 << log;
    BITS[t] = width << log;
    if (log > 0) {
      LANE_BITS[t + 128] = width;
      NAMES[t + 128] = `types::${LANE_NAMES[k].toUpperCase()}x${1 << log}xN`;
    }
  }

/** The type called `name`, or {@link INVALID}. Dynamic types have no name that can be read. */
export const typeByName = (name: string): Type => BY_NAME.get(name) ?? INVALID;

/** The name as the writer prints it. */
export const typeName = (t: Type): string => NAMES[t] ?? "INVALID";

/** Whether `t` is the code of a type. */
export const isType = (t: Type): boolean => t > 0 && t < TYPE_LIMIT && LANE_BITS[t] !== 0;

/** Total width in bits; 0 for a dynamic vector. */
export const typeBits = (t: Type): number => BITS[t];

/** Total size in bytes; 0 for a dynamic vector. */
export const typeBytes = (t: Type): number => (BITS[t] + 7) >> 3;

/** The type of one lane; a scalar's is itself. */
export const laneType = (t: Type): Type => (t < 128 ? t : 112 + (t & 15));

/** Width of one lane in bits. */
export const laneBits = (t: Type): number => LANE_BITS[t];

/** Number of lanes: 1 for a scalar, 0 for a dynamic vector. */
export const laneCount = (t: Type): number => LANES[t];

/** Number of lanes of a dynamic vector at scale 1; that of other types. */
export const minLaneCount = (t: Type): number => LANES[t >= DYNAMIC_BASE ? t - 128 : t];

/** Whether `t` is a scalar integer. */
export const isInt = (t: Type): boolean => t >= I8 && t <= I128;

/** Whether `t` is a scalar float. */
export const isFloat = (t: Type): boolean => t >= F16 && t <= F128;

/** Whether `t` is a fixed vector of two or more lanes. */
export const isVector = (t: Type): boolean => t >= 128 && t < DYNAMIC_BASE;

export const isDynamicVector = (t: Type): boolean => t >= DYNAMIC_BASE;

/** Whether the lanes of `t` are integers. */
export const hasIntLanes = (t: Type): boolean => (t & 15) >= 4 && (t & 15) <= 8;

/** Whether the lanes of `t` are floats. */
export const hasFloatLanes = (t: Type): boolean => (t & 15) >= 9;

/** `t` with `n` times as many lanes; INVALID if there is no such type or `n` is no power of two. */
export function typeBy(t: Type, n: number): Type {
  if (n <= 0 || (n & (n - 1)) !== 0) return INVALID;
  const code = t + 16 * (31 - Math.clz32(n));
  return t !== INVALID && t < DYNAMIC_BASE && code < DYNAMIC_BASE ? code : INVALID;
}

/** The same lanes at half the width, or INVALID. */
export const halfWidth = (t: Type): Type => {
  const k = t & 15;
  return k === 4 || k === 9 || t === INVALID ? INVALID : t - 1;
};

/** The same lanes at double the width, or INVALID. */
export const doubleWidth = (t: Type): Type => {
  const k = t & 15;
  return k === 8 || k === 12 || t === INVALID ? INVALID : t + 1;
};

/** Half the width and twice the lanes, or INVALID. */
export function splitLanes(t: Type): Type {
  if (t >= DYNAMIC_BASE) return vectorToDynamic(splitLanes(t - 128));
  const h = halfWidth(t);
  return h === INVALID ? INVALID : typeBy(h, 2);
}

/** Double the width and half the lanes, or INVALID. */
export function mergeLanes(t: Type): Type {
  if (t >= DYNAMIC_BASE) return vectorToDynamic(mergeLanes(t - 128));
  const d = doubleWidth(t);
  return d === INVALID || t < 128 ? INVALID : d - 16;
}

/** The integer type of the same shape. */
export const asInt = (t: Type): Type => (hasFloatLanes(t) ? t - 4 : t);

/** What a comparison of values of type `t` yields. */
export const asTruthy = (t: Type): Type => (isVector(t) ? asInt(t) : I8);

/** The dynamic twin of a fixed vector of at most 256 bits, or INVALID. */
export const vectorToDynamic = (t: Type): Type => (isVector(t) && BITS[t] <= 256 ? t + 128 : INVALID);

/** The fixed twin of a dynamic vector, or INVALID. */
export const dynamicToVector = (t: Type): Type => (t >= DYNAMIC_BASE ? t - 128 : INVALID);

/** All types that have a name, scalars first. */
export const allTypes = (): Type[] => [...new Set(BY_NAME.values())].sort((a, b) => a - b);
