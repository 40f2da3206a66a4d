import { writeFunction } from "@gantry/clif-ir";
import { fileCheck } from "../checks.ts";
import type { TestContext } from "../test-command.ts";

/** Filecheck over the functions as the writer prints them. */
export function cat(c: TestContext): void {
  for (const f of c.functions) fileCheck(c, f, writeFunction(f.func));
}
