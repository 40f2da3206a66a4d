export { BlockOrder } from "./block-order.ts";
export { CodeBuffer, type FixupKind, type FixupTarget } from "./code-buffer.ts";
export { codeFromImage, codeToImage } from "./code-image.ts";
export {
  CALL_SITE_WORDS,
  CompiledCode,
  DATA_WORDS,
  DataKind,
  FRAME_SLOT_WORDS,
  HANDLER_WORDS,
  HandlerKind,
  RELOCATION_WORDS,
  SOURCE_WORDS,
  TAG_WORDS,
  TRAP_WORDS,
  UNWIND_WORDS,
  UnwindOp,
} from "./compiled-code.ts";
export { CompileContext, type PassObserver } from "./context.ts";
export { Emitter } from "./emitter.ts";
export { alignUp, Frame } from "./frame.ts";
export { EXPANSIONS, type Expansion, type ExpansionName } from "./legalise/expansions.table.ts";
export { legalise, unsupported } from "./legalise/legalise.ts";
export { Findings, Legality } from "./legalise/legality.ts";
export { type LegalityEntry, legalityReport } from "./legalise/report.ts";
export { Rewriter } from "./legalise/rewriter.ts";
export {
  type Action,
  expanded,
  inParts,
  type LegalityRow,
  library,
  native,
  type RowLimits,
  refused,
} from "./legalise/rows.ts";
export {
  ANY,
  INDEXED_TYPES,
  inSet,
  MAX_VECTOR_BITS,
  membersOf,
  type TypeSet,
  typeSet,
} from "./legalise/type-sets.ts";
export { SAME_LANES } from "./legalise/vector-operations.ts";
export { disassemble, listMachineCode } from "./listing.ts";
export { isPair, LowerContext } from "./lower-context.ts";
export {
  FIRST_VREG,
  GROUP,
  MachineCode,
  MEM_GOT,
  MEM_KIND_MASK,
  MEM_SCALE_SHIFT,
  MEM_TRAP_MASK,
  MEM_TRAP_SHIFT,
  Mem,
} from "./machine-code.ts";
export {
  type JitSupport,
  NO_ELF,
  type ObjectTarget,
  type RelocationField,
  type RelocationKind,
} from "./object-target.ts";
export { type Pass, passes } from "./passes.ts";
export { SymbolKind, Symbols, symbolOf } from "./symbols.ts";
export { Fact, type InstTables, type TargetIsa } from "./target.ts";
export { hasEffect, mustLower, UseAnalysis, Uses } from "./use-analysis.ts";
