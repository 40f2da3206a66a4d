import { readFunctions, Settings } from "@gantry/clif-ir";
import { CompileContext, type CompiledCode } from "@gantry/codegen-core";
import { x64 } from "@gantry/isa-x64";

/** The code for x86-64 of the first function of `text`, with settings as `--set` takes them. */
export function compileText(text: string, settings: readonly string[]): CompiledCode {
  const chosen = new Settings(x64.settings);
  for (const setting of settings) chosen.set(setting);
  const [func] = readFunctions({ name: "t.clif", bytes: new TextEncoder().encode(text) });
  return new CompileContext(x64, chosen).compile(func!);
}
