/** Instruction formats: which operands an instruction has and how it is written. */
export interface FormatRow {
  /** Number of value operands in the fixed part. */
  readonly values: number;
  /** Whether a list of further values follows. */
  readonly list?: true;
  /** Index of the value operand that controls the type where one does. */
  readonly typevar?: number;
  /** Shape of the operands in text, for documentation. */
  readonly syntax: string;
}

/** In the order of the numbers that generated columns use. */
export const FORMATS = {
  AtomicCas:               { values: 3, typevar: 2, syntax: "{memflag} v(addr) , v(expected) , v(new)" },
  AtomicRmw:               { values: 2, typevar: 0, syntax: "{memflag} rmwop v(addr) , v(operand)" },
  Binary:                  { values: 2, typevar: 0, syntax: "v , v" },
  BinaryImm8:              { values: 1, typevar: 0, syntax: "v , uimm8" },
  BranchTable:             { values: 1, typevar: 0, syntax: "v , block_call(default) , [ block_call {, block_call} ] (list may be empty)" },
  Brif:                    { values: 1, typevar: 0, syntax: "v , block_call , block_call" },
  Call:                    { values: 0, list: true, syntax: "fnN ( [v {, v}] ) [, stack_map]" },
  CallIndirect:            { values: 1, list: true, typevar: 0, syntax: "sigN , v(callee) ( [v {, v}] ) [, stack_map]" },
  CondTrap:                { values: 1, typevar: 0, syntax: "v , trapcode" },
  DynamicStackAddr:        { values: 0, syntax: "dssN" },
  ExceptionHandlerAddress: { values: 0, syntax: "blockN , int" },
  FloatCompare:            { values: 2, typevar: 0, syntax: "floatcc v , v" },
  FuncAddr:                { values: 0, syntax: "fnN" },
  IntAddTrap:              { values: 2, typevar: 0, syntax: "v , v , trapcode" },
  IntCompare:              { values: 2, typevar: 0, syntax: "intcc v , v" },
  Jump:                    { values: 0, syntax: "block_call" },
  Load:                    { values: 1, typevar: 0, syntax: "{memflag} v(addr) [offset32]" },
  LoadNoOffset:            { values: 1, typevar: 0, syntax: "{memflag} v" },
  MultiAry:                { values: 0, list: true, syntax: "[v {, v}]" },
  NullAry:                 { values: 0, syntax: "(nothing)" },
  Shuffle:                 { values: 2, typevar: 0, syntax: "v , v , uimm128" },
  StackAddr:               { values: 0, syntax: "ssN [offset32]" },
  Store:                   { values: 2, typevar: 0, syntax: "{memflag} v(data) , v(addr) [offset32]" },
  StoreNoOffset:           { values: 2, typevar: 0, syntax: "{memflag} v(data) , v(addr)" },
  Ternary:                 { values: 3, typevar: 1, syntax: "v , v , v" },
  TernaryImm8:             { values: 2, typevar: 0, syntax: "v , v , uimm8" },
  Trap:                    { values: 0, syntax: "trapcode" },
  TryCall:                 { values: 0, list: true, syntax: "fnN ( [v {, v}] ) , exception_table [, stack_map]" },
  TryCallIndirect:         { values: 1, list: true, typevar: 0, syntax: "v(callee) ( [v {, v}] ) , exception_table [, stack_map]" },
  Unary:                   { values: 1, typevar: 0, syntax: "v" },
  UnaryConst:              { values: 0, syntax: "constN | float128 (f128const only) | vector-literal or hex (needs type suffix)" },
  UnaryGlobalValue:        { values: 0, syntax: "gvN" },
  UnaryIeee16:             { values: 0, syntax: "float16" },
  UnaryIeee32:             { values: 0, syntax: "float32" },
  UnaryIeee64:             { values: 0, syntax: "float64" },
  UnaryImm:                { values: 0, syntax: "int (range by ctrl type suffix, which is mandatory)" },
} as const satisfies Record<string, FormatRow>;

export type FormatName = keyof typeof FORMATS;
