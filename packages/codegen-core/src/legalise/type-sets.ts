import { allTypes, INVALID, TYPE_LIMIT, type Type, typeBits } from "@gantry/clif-ir";

/** A set of types as the bits of a bigint, bit k for the type with {@link TYPE_INDEX} k. */
export type TypeSet = bigint;

/** Widest vectors that any target computes with, also in parts. */
export const MAX_VECTOR_BITS = 512;

/** Numbers of types that tables of legality tell apart. */
export const TYPE_INDEX_SHIFT = 6;
/** The number of every type that no target knows: vectors above {@link MAX_VECTOR_BITS} and dynamic ones. */
export const UNKNOWN_TYPE: number = (1 << TYPE_INDEX_SHIFT) - 1;

/** The types with a number of their own, by number; the first is INVALID, which stands for "no type". */
export const INDEXED_TYPES: readonly Type[] = [
  INVALID,
  ...allTypes().filter((t) => typeBits(t) <= MAX_VECTOR_BITS),
];

/** A small number for each type code. */
export const TYPE_INDEX: Uint8Array = new Uint8Array(TYPE_LIMIT).fill(UNKNOWN_TYPE);
for (let k = 0; k < INDEXED_TYPES.length; k++) TYPE_INDEX[INDEXED_TYPES[k]] = k;

/** Every type, and none: what is not looked at. */
export const ANY: TypeSet = -1n;

/** The set of these types; those without a number are left out. */
export function typeSet(...types: readonly Type[]): TypeSet {
  let set = 0n;
  for (const t of types) if (TYPE_INDEX[t] !== UNKNOWN_TYPE) set |= 1n << BigInt(TYPE_INDEX[t]);
  return set;
}

export const inSet = (t: Type, set: TypeSet): boolean => ((set >> BigInt(TYPE_INDEX[t])) & 1n) !== 0n;

/** The members of a set, scalars first. */
export const membersOf = (set: TypeSet): Type[] =>
  INDEXED_TYPES.filter((t) => t !== INVALID && inSet(t, set));
