/**
 * The meaning of CLIF's opcodes on bit patterns: for the interpreter, constant folding and tests of rules. Nothing that
 * compiles a function loads it.
 *
 * Control flow, calls, addresses and special registers have no entry; loads, stores and atomics are in `memory.ts`.
 */
import { OPCODE_NAMES } from "../generated/facts.ts";
import { DATA } from "./data.ts";
import { FLOAT } from "./float.ts";
import { INTEGER } from "./integer.ts";
import type { Meaning } from "./operation.ts";
import { VECTOR } from "./vector.ts";

export * from "./bits.ts";
export { compareFloats, fusedMultiplyAdd, roundFloat } from "./float.ts";
export type { RoundingMode } from "./float-exact.ts";
export { defaultNaN, type FloatLayout, floatLayout, isNan } from "./float-format.ts";
export { accessBytes, combineAtomically, loadedValue, memoryImage, storedImage } from "./memory.ts";
export type { Meaning, Operation, Outcome } from "./operation.ts";

const BY_NAME: Readonly<Record<string, Meaning>> = { ...INTEGER, ...FLOAT, ...VECTOR, ...DATA };

/** By opcode number; undefined where an opcode's effect is not a function of its operands alone. */
export const MEANINGS: readonly (Meaning | undefined)[] = OPCODE_NAMES.map((name) => BY_NAME[name]);
