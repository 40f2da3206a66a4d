export { type GeneratedFile, generate } from "./generate.ts";
export { interestingValue } from "./interesting.ts";
export { applyEdits, type Edit, edits } from "./mutate.ts";
export {
  type BlockPlan,
  DEFAULT_SIZE,
  type EndPlan,
  type FilePlan,
  type FunctionPlan,
  filePlan,
  type InstPlan,
  LARGE,
  type PlanSize,
} from "./plan.ts";
export {
  ALL,
  INTEGER,
  PROFILES,
  type Profile,
  profileByName,
  SCALAR,
  SIMD,
  X64,
  X64_THIN,
  X64_VECTORS,
} from "./profile.ts";
export { type Shape, shapesOf } from "./shapes.ts";
export type { Signature } from "./statements.ts";
