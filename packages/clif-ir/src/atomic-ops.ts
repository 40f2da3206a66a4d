/** Operations of `atomic_rmw`; the position is the number. */
export const ATOMIC_RMW_OPS = [
  "add",
  "sub",
  "and",
  "nand",
  "or",
  "xor",
  "xchg",
  "umin",
  "umax",
  "smin",
  "smax",
] as const;

/** Numbers of the operations of `atomic_rmw`. */
export const AtomicRmwOp = {
  add: 0,
  sub: 1,
  and: 2,
  nand: 3,
  or: 4,
  xor: 5,
  xchg: 6,
  umin: 7,
  umax: 8,
  smin: 9,
  smax: 10,
} as const;
