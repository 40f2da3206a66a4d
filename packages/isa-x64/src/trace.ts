/** The target with selectors that report every test and rule: loaded for `--trace-isle` and `--coverage` only. */
import type { Value } from "@gantry/clif-ir";
import type { TargetIsa } from "@gantry/codegen-core";
import { amode, lower, lower_branch } from "./generated/selector-trace.ts";
import { X64Host } from "./host.ts";
import { x64 } from "./index.ts";

export { coverage, setSink, tables } from "./generated/selector-trace.ts";

class TracedHost extends X64Host {
  protected override address(flags: number, base: Value, offset: number): number {
    return amode(this, flags, base, offset);
  }
}

export const isa: TargetIsa = {
  ...x64,
  createHost: () => new TracedHost(),
  lower: (ctx, i) => lower(ctx as X64Host, i),
  lowerBranch: (ctx, i) => lower_branch(ctx as X64Host, i),
};
