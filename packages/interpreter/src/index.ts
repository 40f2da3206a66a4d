export { type HostFunction, RUNTIME } from "./host-functions.ts";
export { Interpreter, type InterpreterOptions } from "./interpreter.ts";
export { KNOWN_DIFFERENCES } from "./known-differences.table.ts";
export { UNINTERPRETED } from "./machine.ts";
export { Memory } from "./memory.ts";
export type { CallResult, Exception, HostOutcome, StopReason, Trap } from "./result.ts";
