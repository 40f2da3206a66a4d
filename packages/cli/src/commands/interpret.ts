import { functionName, Settings, verify } from "@gantry/clif-ir";
import { GantryError } from "@gantry/diag";
import { locate } from "@gantry/filetest";
import { Interpreter } from "@gantry/interpreter";
import { callOrObey } from "../calls.ts";
import { type Invocation, textOption } from "../command.ts";
import { UsageError } from "../usage-error.ts";

/** `gantry interpret`: calls through the interpreter. */
export function run(invocation: Invocation): Promise<number> {
  const fuel = textOption(invocation, "fuel");
  if (fuel !== undefined && !/^\d+$/.test(fuel)) throw new UsageError(`--fuel takes a number, not '${fuel}'`);
  return callOrObey(invocation, {
    prepare({ functions, functionSpans, source }) {
      for (const [k, func] of functions.entries()) {
        const found = verify(func, new Settings());
        if (found.length > 0)
          throw new GantryError(found.map((d) => locate(d, func, source, functionSpans[k]!.start)));
      }
      for (const func of functions) func.resolveAliases();
      const written = new Map(
        functions.map((func) => [functionName(func).replace(/^%/, ""), functionName(func)]),
      );
      return (name, args) => {
        const interpreter = new Interpreter(fuel === undefined ? {} : { fuel: Number(fuel) });
        interpreter.addFunctions(functions);
        const outcome = interpreter.call(written.get(name)!, args);
        return "trap" in outcome ? outcome.trap.message : outcome.results;
      };
    },
  });
}
