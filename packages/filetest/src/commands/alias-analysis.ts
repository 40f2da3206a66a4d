import { AliasAnalysis, ControlFlow, DominatorTree, PostDominatorTree, writeFunction } from "@gantry/clif-ir";
import { fileCheck } from "../checks.ts";
import type { TestContext } from "../test-command.ts";

/** Filecheck over the functions after redundant loads and dead stores have been removed. */
export function aliasAnalysis(c: TestContext): void {
  const flow = new ControlFlow();
  const dominators = new DominatorTree();
  const postDominators = new PostDominatorTree();
  const analysis = new AliasAnalysis();
  for (const f of c.functions) {
    flow.compute(f.func);
    dominators.compute(flow);
    postDominators.compute(f.func, flow);
    analysis.run(f.func, flow, dominators, postDominators);
    fileCheck(c, f, writeFunction(f.func));
  }
}
