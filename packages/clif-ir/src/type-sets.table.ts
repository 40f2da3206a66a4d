/** Sets of types that a controlling type or a free operand may be taken from. */
export interface TypeSetRow {
  /** Widths of integer lanes. */
  readonly ints: readonly number[];
  /** Widths of float lanes. */
  readonly floats: readonly number[];
  /** Lane counts of fixed types; 1 is a scalar. */
  readonly lanes: readonly number[];
  /** Lane counts of dynamic vectors at the smallest scale. */
  readonly dynamicLanes: readonly number[];
}

const ALL_INTS = [8, 16, 32, 64, 128];
const ALL_FLOATS = [16, 32, 64, 128];
const MANY = [2, 4, 8, 16, 32, 64, 128, 256];

const row = (ints: number[], floats: number[], lanes: number[], dynamicLanes: number[] = []): TypeSetRow => ({ ints, floats, lanes, dynamicLanes });

/** In the order of the numbers that generated columns use. */
export const TYPE_SETS = {
  Int:                row(ALL_INTS, [], [1]),
  Int32Or64:          row([32, 64], [], [1]),
  AnyVector:          row(ALL_INTS, ALL_FLOATS, MANY, MANY),
  IntOrFixedVector:   row(ALL_INTS, [], [1, ...MANY]),
  IntVector:          row(ALL_INTS, [], MANY),
  Any:                row(ALL_INTS, ALL_FLOATS, [1, ...MANY], MANY),
  Int16To64:          row([16, 32, 64], [], [1]),
  Int64:              row([64], [], [1]),
  Int8To64:           row([8, 16, 32, 64], [], [1]),
  FixedVector:        row(ALL_INTS, ALL_FLOATS, MANY),
  AnyFixed:           row(ALL_INTS, ALL_FLOATS, [1, ...MANY]),
  IntOrVector:        row(ALL_INTS, [], [1, ...MANY], MANY),
  MulVector:          row([16, 32], [], [4, 8]),
  Int16To128:         row([16, 32, 64, 128], [], [1]),
  FloatOrVector:      row([], ALL_FLOATS, [1, ...MANY], MANY),
  NarrowVector:       row([16, 32, 64], [], [2, 4, 8], [2, 4, 8]),
  WidenVector:        row([8, 16, 32], [], [2, 4, 8, 16], [2, 4, 8, 16]),
  Float:              row([], ALL_FLOATS, [1]),
  FloatOrFixedVector: row([], ALL_FLOATS, [1, ...MANY]),
  DynamicVector:      row(ALL_INTS, ALL_FLOATS, [1], MANY),
} as const satisfies Record<string, TypeSetRow>;

export type TypeSetName = keyof typeof TYPE_SETS;
