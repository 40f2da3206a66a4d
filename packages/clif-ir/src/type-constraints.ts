import {
  TC_CONCRETE,
  TC_DOUBLE,
  TC_FIXED,
  TC_HALF,
  TC_LANE,
  TC_MERGE,
  TC_SAME,
  TC_SPLIT,
  TC_TRUTHY,
  TYPE_SET_BITS,
} from "./generated/facts.ts";
import {
  asTruthy,
  doubleWidth,
  dynamicToVector,
  F32,
  F32X4,
  halfWidth,
  I16X8,
  I32,
  I32X4,
  I64,
  INVALID,
  laneType,
  mergeLanes,
  splitLanes,
  TYPE_LIMIT,
  type Type,
} from "./types.ts";

const WORDS_PER_SET = TYPE_LIMIT / 32;

/** Whether `t` is a member of type set number `set`; `t` must be below TYPE_LIMIT. */
export const inTypeSet = (t: Type, set: number): boolean =>
  ((TYPE_SET_BITS[set * WORDS_PER_SET + (t >> 5)] >>> (t & 31)) & 1) !== 0;

/** The one type that constraint `rule` allows under controlling type `ctrl`; INVALID if there is none. */
export function derivedType(rule: number, detail: number, ctrl: Type): Type {
  switch (rule) {
    case TC_SAME:
      return ctrl;
    case TC_CONCRETE:
      return detail;
    case TC_LANE:
      return laneType(ctrl);
    case TC_TRUTHY:
      return asTruthy(ctrl);
    case TC_HALF:
      return halfWidth(ctrl);
    case TC_DOUBLE:
      return doubleWidth(ctrl);
    case TC_SPLIT:
      return splitLanes(ctrl);
    case TC_MERGE:
      return mergeLanes(ctrl);
    case TC_FIXED:
      return dynamicToVector(ctrl);
    default:
      return INVALID;
  }
}

/** A member of type set number `set` to show in a message: 32 bits wide where there is such a type. */
export function exampleType(set: number): Type {
  for (const t of [I32, F32, I64, I32X4, F32X4, I16X8]) if (inTypeSet(t, set)) return t;
  for (let t = 0; t < TYPE_LIMIT; t++) if (inTypeSet(t, set)) return t;
  return INVALID;
}
