export { type Code, codes } from "./codes.ts";
export { type CompiledUnit, compileUnit, type UnitOptions } from "./compile.ts";
export { type Files, generateUnit, type UnitConfig } from "./config.ts";
export type { EmitOptions } from "./emit/unit.ts";
export type { HostClass, HostMethod, HostType, Rep } from "./host/model.ts";
export { readHost } from "./host/read.ts";
