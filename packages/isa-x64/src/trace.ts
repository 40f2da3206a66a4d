/** The target with selectors that report every test and rule: loaded for `--trace-isle` and `--coverage` only. */
import type { TargetIsa } from "@gantry/codegen-core";
import { lower, lower_branch } from "./generated/selector-trace.ts";
import { x64 } from "./index.ts";
import type { X64Host } from "./try-calls.ts";

export { coverage, setSink, tables } from "./generated/selector-trace.ts";

export const isa: TargetIsa = {
  ...x64,
  lower: (ctx, i) => lower(ctx as X64Host, i),
  lowerBranch: (ctx, i) => lower_branch(ctx as X64Host, i),
};
