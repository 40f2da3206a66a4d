export { Choices, type GenerateOptions, generateProblem, TEST_ENVIRONMENT } from "./generate.ts";
export { RandomBytes } from "./random.ts";
export { simulate } from "./simulate.ts";
