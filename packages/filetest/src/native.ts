import { type Function as ClifFunction, functionName, type Settings } from "@gantry/clif-ir";
import type { TargetIsa } from "@gantry/codegen-core";
import type { SourceFile } from "@gantry/diag";
import { Jit, Trap } from "@gantry/jit";
import { shapeOf } from "./load.ts";
import { locating } from "./locate.ts";
import type { Execute } from "./obey.ts";

/** A function and the offset in the text where it begins. */
export interface Placed {
  readonly func: ClifFunction;
  readonly start: number;
}

/** Compiles functions into this process and makes them callable by name. Rewrites the functions. */
export function nativeExecutor(
  isa: TargetIsa,
  settings: Settings,
  functions: readonly Placed[],
  file: SourceFile,
): Execute {
  const returns = new Map(
    functions.map(({ func }) => [functionName(func).replace(/^%/, ""), shapeOf(func).returns]),
  );
  const jit = new Jit(isa, { settings });
  for (const { func, start } of functions) locating(func, file, start, () => jit.add(func));
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
