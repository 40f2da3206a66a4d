import { writeFunction } from "@gantry/clif-ir";
import { CompileContext } from "@gantry/codegen-core";
import { checkPrecisely, fileCheck } from "../checks.ts";
import type { TestContext, TestFunction } from "../test-command.ts";

/** The pass behind which a function is as good as CLIF gets. */
const LAST_CLIF_PASS = "flow";

/** Runs every pass that works on CLIF; filecheck, or a comparison word for word, over the function that they leave. */
export function optimize(c: TestContext): void {
  const rewrite = clifPasses(c);
  for (const f of c.functions) {
    rewrite(f);
    checkClif(c, f, writeFunction(f.func));
  }
}

/** What runs the passes on CLIF over one function. */
export function clifPasses(c: TestContext): (f: TestFunction) => void {
  const context = new CompileContext(c.target!.isa, c.settings);
  return (f) => {
    context.compile(f.func, { after: (pass) => pass.name === LAST_CLIF_PASS });
  };
}

/** Compares `text` with the comments of `f`, word for word if the test says so. */
export function checkClif(c: TestContext, f: TestFunction, text: string): void {
  if (c.options.includes("precise-output")) checkPrecisely(c, f, text.trimEnd());
  else fileCheck(c, f, text);
}
