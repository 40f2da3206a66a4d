export type { FixedEncoding, FixedResolvedRow, FixedTarget } from "./fixed-rows.ts";
export { resolveFixed } from "./fixed-rows.ts";
export {
  type FixedConfig,
  type GeneratedFiles,
  generateFixed,
  generateX86,
  type X86Config,
} from "./generate.ts";
export { PROBLEMS, type ProblemCode } from "./problems.ts";
export type { EncodedRow, NamedTable, Row, RowOperand } from "./row.ts";
export type { X86Numbers } from "./x86-emit-encode.ts";
export { resolveX86, type X86Encoding, type X86ResolvedRow } from "./x86-rows.ts";
