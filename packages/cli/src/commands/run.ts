import { nativeExecutor } from "@gantry/filetest";
import { callOrObey } from "../calls.ts";
import type { Invocation } from "../command.ts";
import { RuleWatch } from "../rule-watch.ts";
import { chosenTarget, settingsForHere } from "../target.ts";

/** `gantry run`: compiles for this machine, in this process, and calls. */
export async function run(invocation: Invocation): Promise<number> {
  const rules = await RuleWatch.of(invocation);
  const isa = rules?.isa ?? (await chosenTarget(invocation));
  const settings = settingsForHere(invocation, isa);
  const status = await callOrObey(invocation, {
    prepare(clif) {
      const functions = clif.functions.map((func, k) => ({ func, start: clif.functionSpans[k]!.start }));
      return nativeExecutor(isa, settings, functions, clif.source);
    },
  });
  rules?.finish();
  return status;
}
