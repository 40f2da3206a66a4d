export { type Code, codes } from "./codes.ts";
export { isleBuild } from "./commands/build.ts";
export { isleCheck } from "./commands/check.ts";
export { isleCover } from "./commands/cover.ts";
export { isleExplain } from "./commands/explain.ts";
export { isleFmt } from "./commands/fmt.ts";
export type { CommandIo } from "./commands/io.ts";
export { type CompiledUnit, compileUnit, type UnitOptions } from "./compile.ts";
export { type Files, generateUnit, type UnitConfig } from "./config.ts";
export { sourceMap } from "./emit/source-map.ts";
export type { EmitMode, EmitOptions, Emitted } from "./emit/unit.ts";
export type { HostClass, HostMethod, HostType, Rep } from "./host/model.ts";
export { readHost } from "./host/read.ts";
export { formatIsle } from "./syntax/format.ts";
export {
  type Coverage,
  coverageOf,
  mergeCoverage,
  type TraceModule,
  TracePrinter,
  type TraceSink,
  type TraceTables,
} from "./trace.ts";
export { dumpTrees } from "./tree/dump.ts";
export { type UnitJson, unitJson } from "./tree/json.ts";
export { readUnitFile, type UnitFile } from "./unit-file.ts";
