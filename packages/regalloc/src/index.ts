export { type Algorithm, allocate } from "./allocate.ts";
export { AllocationError } from "./allocation-error.ts";
export { type CheckOptions, checkAllocation } from "./check.ts";
export { type Environment, makeEnvironment } from "./environment.ts";
export * from "./operand.ts";
export { EDIT_WORDS, EXCHANGE, MOVE, Output, REMATERIALISE } from "./output.ts";
export { Problem } from "./problem.ts";
export { outputToText, ProblemReader, problemFromText, problemToText } from "./text.ts";
export { validateProblem } from "./validate.ts";
