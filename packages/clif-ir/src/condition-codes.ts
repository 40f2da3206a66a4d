/** Integer condition codes; the position is the number. */
export const INT_CC_NAMES = ["eq", "ne", "slt", "sge", "sgt", "sle", "ult", "uge", "ugt", "ule"] as const;

/** Numbers of the integer condition codes. */
export const IntCC = {
  eq: 0,
  ne: 1,
  slt: 2,
  sge: 3,
  sgt: 4,
  sle: 5,
  ult: 6,
  uge: 7,
  ugt: 8,
  ule: 9,
} as const;

const INT_COMPLEMENT = Int32Array.of(1, 0, 3, 2, 5, 4, 7, 6, 9, 8);
const INT_SWAP = Int32Array.of(0, 1, 4, 5, 2, 3, 8, 9, 6, 7);

/** The condition that holds exactly where `cc` does not. */
export const intCCComplement = (cc: number): number => INT_COMPLEMENT[cc];

/** The condition that says of (y, x) what `cc` says of (x, y). */
export const intCCSwap = (cc: number): number => INT_SWAP[cc];

/** Float condition codes; the position is the number. */
export const FLOAT_CC_NAMES = [
  "ord",
  "uno",
  "eq",
  "ne",
  "one",
  "ueq",
  "lt",
  "le",
  "gt",
  "ge",
  "ult",
  "ule",
  "ugt",
  "uge",
] as const;

/** Numbers of the float condition codes. */
export const FloatCC = {
  ord: 0,
  uno: 1,
  eq: 2,
  ne: 3,
  one: 4,
  ueq: 5,
  lt: 6,
  le: 7,
  gt: 8,
  ge: 9,
  ult: 10,
  ule: 11,
  ugt: 12,
  uge: 13,
} as const;

const FLOAT_COMPLEMENT = Int32Array.of(1, 0, 3, 2, 5, 4, 13, 12, 11, 10, 9, 8, 7, 6);
const FLOAT_SWAP = Int32Array.of(0, 1, 2, 3, 4, 5, 8, 9, 6, 7, 12, 13, 10, 11);

/** The condition that holds exactly where `cc` does not. */
export const floatCCComplement = (cc: number): number => FLOAT_COMPLEMENT[cc];

/** The condition that says of (y, x) what `cc` says of (x, y). */
export const floatCCSwap = (cc: number): number => FLOAT_SWAP[cc];

/** The outcomes of a comparison for which a float condition holds: 1 unordered, 2 equal, 4 less, 8 greater. */
export const FLOAT_CC_OUTCOMES = Int32Array.of(14, 1, 2, 13, 12, 3, 4, 6, 8, 10, 5, 7, 9, 11);
