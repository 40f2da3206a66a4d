export { ControlFlow } from "./analysis/control-flow.ts";
export { DominatorTree } from "./analysis/dominators.ts";
export { LoopAnalysis } from "./analysis/loops.ts";
export { accessKind, MemoryStates, UNKNOWN as UNKNOWN_VERSION } from "./analysis/memory-states.ts";
export { PostDominatorTree } from "./analysis/post-dominators.ts";
export { ATOMIC_RMW_OPS, AtomicRmwOp } from "./atomic-ops.ts";
export { FuncCursor, splitBlock } from "./builder/cursor.ts";
export { FunctionBuilder, type Variable } from "./builder/function-builder.ts";
export {
  type BlockArg,
  type BlockCall,
  type ExceptionItem,
  type ExceptionTable,
  exnArg,
  type JumpTable,
  retArg,
} from "./builder/inst-base.ts";
export { type Param, type Signature, setSignature } from "./builder/signature.ts";
export { Switch } from "./builder/switch.ts";
export { CALL_CONVS, CallConv, type CallConvRow } from "./call-conv.ts";
export {
  READER_CODES,
  type ReaderCode,
  SETTING_CODES,
  VERIFIER_CODES,
  type VerifierCode,
} from "./codes.table.ts";
export {
  FLOAT_CC_NAMES,
  FLOAT_CC_OUTCOMES,
  FloatCC,
  floatCCComplement,
  floatCCSwap,
  INT_CC_NAMES,
  IntCC,
  intCCComplement,
  intCCSwap,
} from "./condition-codes.ts";
export {
  type DataValue,
  dataResultsText,
  dataValueText,
  parseDataResults,
  parseDataValue,
  parseDataValues,
} from "./data-value.ts";
export type {
  Block,
  Constant,
  DynamicStackSlot,
  DynamicType,
  FuncRef,
  GlobalValue,
  Inst,
  NameRef,
  Region,
  SigRef,
  StackSlot,
  Value,
} from "./entities.ts";
export { float16Bits, float32Bits, float64Bits } from "./float-bits.ts";
export {
  type FloatFormat,
  floatText,
  IEEE16,
  IEEE32,
  IEEE64,
  IEEE128,
  parseFloatText,
} from "./float-text.ts";
export * from "./function.ts";
export { InstBuilder } from "./generated/builder.ts";
export * from "./generated/facts.ts";
export * as Op from "./generated/opcodes.ts";
export { fromImage, imageCode, toImage } from "./image.ts";
export {
  KNOWN_SYMBOLS,
  LIBCALL_BY_NAME,
  LIBCALL_BY_SYMBOL,
  LIBCALLS,
  type LibcallRow,
  POINTER,
} from "./libcalls.ts";
export * from "./mem-flags.ts";
export { nearest, nearestHelp } from "./nearest.ts";
export { AliasAnalysis } from "./passes/alias-analysis.ts";
export { canonicalizeNans } from "./passes/canonicalize-nans.ts";
export { removeConstantParams } from "./passes/constant-params.ts";
export { type InlineDecision, type InlineOptions, inlineCalls } from "./passes/inline.ts";
export { callWord, insertLandingBlocks, isTryCall } from "./passes/landing-blocks.ts";
export { removeUnreachableBlocks } from "./passes/unreachable.ts";
export {
  type ClifFile,
  type Comment,
  callConvByName,
  FunctionReader,
  type HeaderLine,
  type ReadOptions,
  readFile,
  readFunctions,
} from "./reader/file.ts";
export type { SourceBytes } from "./reader/scanner.ts";
export { RUNTIME_FUNCTIONS, type RuntimeFunctionRow } from "./runtime-functions.table.ts";
export { type PresetRow, type SettingRow, type SettingTable, SHARED_SETTINGS } from "./settings.table.ts";
export { Settings } from "./settings.ts";
export * from "./trap-codes.ts";
export { derivedType, inTypeSet } from "./type-constraints.ts";
export * from "./types.ts";
export { decodeUtf8, encodeUtf8 } from "./utf8.ts";
export { calleeSignature } from "./verifier/references.ts";
export { type ErrorEntity, type VerifierError, verifierErrorText } from "./verifier/report.ts";
export { sameSignature } from "./verifier/types.ts";
export { Verifier, type VerifierTarget, verify, verifyForTest } from "./verifier/verify.ts";
export {
  blockHeaderText,
  functionName,
  globalValueText,
  type LineListener,
  nameText,
  paramText,
  signatureText,
  writeFunction,
} from "./writer/function.ts";
export { instText, memFlagsText } from "./writer/operands.ts";
