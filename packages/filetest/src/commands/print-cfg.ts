import { cfgText } from "../cfg-text.ts";
import { fileCheck } from "../checks.ts";
import type { TestContext } from "../test-command.ts";

/** Filecheck over the control flow as a Graphviz graph. */
export function printCfg(c: TestContext): void {
  for (const f of c.functions) fileCheck(c, f, cfgText(f.func));
}
