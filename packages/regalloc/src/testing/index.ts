export { findPlaces, fits } from "./exhaustive.ts";
export { type FuzzFailure, type FuzzResult, fuzzAllocators, shrink } from "./fuzz.ts";
export { Choices, type GenerateOptions, generateProblem, TEST_ENVIRONMENT } from "./generate.ts";
export { PROBLEM_MAKERS, type ProblemMaker, X64_ENVIRONMENT } from "./makers.ts";
export { RandomBytes } from "./random.ts";
export { simulate } from "./simulate.ts";
