/** The tables as data, for generators, documentation and tests; nothing that compiles a function loads them. */
export { FORMATS, type FormatName, type FormatRow } from "./formats.table.ts";
export {
  OPCODE_FLAGS,
  OPCODES,
  OPERAND_KINDS,
  type OpcodeFlag,
  type OpcodeRow,
  type OperandKind,
} from "./opcodes.table.ts";
export { TYPE_SETS, type TypeSetName, type TypeSetRow } from "./type-sets.table.ts";
