import { type Function as ClifFunction, functionName, type Settings } from "@gantry/clif-ir";
import type { TargetIsa } from "@gantry/codegen-core";
import { Jit, Trap } from "@gantry/jit";
import { shapeOf } from "./load.ts";
import type { Execute } from "./obey.ts";

/** Compiles functions into this process and makes them callable by name. Rewrites the functions. */
export function nativeExecutor(
  isa: TargetIsa,
  settings: Settings,
  functions: readonly ClifFunction[],
): Execute {
  const returns = new Map(
    functions.map((func) => [functionName(func).replace(/^%/, ""), shapeOf(func).returns]),
  );
  const jit = new Jit(isa, { settings });
  for (const func of functions) jit.add(func);
  jit.link();
  return (name, args) => {
    const outcome = jit.invoke(
      name.replace(":", "_"),
      args.map((arg) => arg.bits),
    );
    if (outcome instanceof Trap) return outcome.message;
    return outcome.map((bits, k) => ({ type: returns.get(name)![k]!, bits }));
  };
}
