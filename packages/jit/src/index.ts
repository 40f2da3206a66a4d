export {
  type CallOutcome,
  ChildExecutor,
  type ChildOptions,
  type ChildTarget,
  type RunCall,
  type RunRequest,
} from "./child.ts";
export { applySetting, missingFeature, nativeFeatures } from "./host.ts";
export { Jit, type JitFunction, type JitOptions } from "./jit.ts";
export { type ImageLoader, type LoadedFile, nodeLoader } from "./loader.ts";
export { serveCalls } from "./serve-calls.ts";
export { type Signature, signatureOf } from "./signature.ts";
export { Trap, type TrapFacts } from "./trap.ts";
export type { JitValue } from "./values.ts";
