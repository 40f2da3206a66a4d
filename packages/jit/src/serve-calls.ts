/** What the child process does: see `child.ts`. */
import { readFunctions, Settings } from "@gantry/clif-ir";
import type { TargetIsa } from "@gantry/codegen-core";
import { GantryError, SourceFile } from "@gantry/diag";
import type { CallOutcome, ChildAnswer, ChildOrder, RunRequest } from "./child.ts";
import { Jit } from "./jit.ts";
import { Trap } from "./trap.ts";

/** Compiles and calls for the parent process until that ends. */
export function serveCalls(isa: TargetIsa): void {
  process.on("message", ({ request, from }: ChildOrder) => {
    let jit: Jit | undefined;
    let failed: CallOutcome | undefined;
    try {
      jit = compile(isa, request);
    } catch (error) {
      failed = outcomeOf(error);
    }
    // An outcome must have left this process before the next call, which may end it.
    const next = (call: number): void => {
      if (call >= request.calls.length) {
        jit?.close();
        return;
      }
      const outcome = failed ?? run(jit!, request.calls[call]!);
      process.send!({ call, outcome } satisfies ChildAnswer, undefined, undefined, () => next(call + 1));
    };
    next(from);
  });
  process.send!("ready" satisfies ChildAnswer);
  process.on("disconnect", () => process.exit());
}

function compile(isa: TargetIsa, request: RunRequest): Jit {
  const settings = new Settings(isa.settings);
  for (const setting of request.settings ?? []) settings.set(setting);
  settings.set("is_pic");
  const jit = new Jit(isa, { settings });
  for (const func of readFunctions(new SourceFile(request.fileName, request.text))) jit.add(func);
  jit.link();
  return jit;
}

function run(jit: Jit, call: RunRequest["calls"][number]): CallOutcome {
  try {
    const values = jit.invoke(call.name, call.args);
    if (values instanceof Trap) return { kind: "trap", trap: values.facts, message: values.message };
    return { kind: "values", values };
  } catch (error) {
    return outcomeOf(error);
  }
}

function outcomeOf(error: unknown): CallOutcome {
  if (error instanceof GantryError)
    return { kind: "error", code: error.diagnostics[0]!.code, message: error.message };
  return {
    kind: "error",
    code: "",
    message: error instanceof Error ? (error.stack ?? error.message) : String(error),
  };
}
