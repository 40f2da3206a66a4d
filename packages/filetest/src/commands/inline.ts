import {
  type Function as ClifFunction,
  fromImage,
  functionName,
  inlineCalls,
  nameText,
  toImage,
  verify,
  writeFunction,
} from "@gantry/clif-ir";
import { GantryError } from "@gantry/diag";
import type { TestContext } from "../test-command.ts";
import { checkClif, clifPasses } from "./optimize.ts";

/** A function that calls itself is inlined into itself until it has this many instructions. */
const MAX_INSTS = 10_000;

/** Inlines every callee that stands earlier in the file, and what that calls; the option `optimize` runs the passes on CLIF. */
export function inline(c: TestContext): void {
  const seen = new Map<string, ClifFunction>();
  const rewrite = clifPasses(c);
  for (const f of c.functions) {
    const { func } = f;
    seen.set(functionName(func), fromImage(toImage(func)));
    const decide = (_call: unknown, callee: Parameters<typeof nameText>[1]): ClifFunction | undefined =>
      seen.get(nameText(func, callee));
    const count = inlineCalls(func, decide, { revisit: true, maxInsts: MAX_INSTS });
    const wrong = verify(func, c.settings, c.target!.isa);
    if (wrong.length > 0) throw new GantryError(wrong);
    if (count > 0 && c.options.includes("optimize")) rewrite(f);
    checkClif(c, f, count > 0 ? writeFunction(func) : `(no functions inlined into ${functionName(func)})`);
  }
}
