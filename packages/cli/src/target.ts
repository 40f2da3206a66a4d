import { Settings } from "@gantry/clif-ir";
import type { TargetIsa } from "@gantry/codegen-core";
import { errorOf } from "@gantry/diag";
import { architectureOf, hostArchitecture, loadTarget, targets } from "@gantry/filetest";
import { CliCode } from "./codes.ts";
import { type Invocation, listOption, textOption } from "./command.ts";

/** The target that `--target` names, or this machine. */
export async function chosenTarget(invocation: Invocation): Promise<TargetIsa> {
  const triple = textOption(invocation, "target") ?? hostArchitecture();
  const isa = await loadTarget(triple);
  if (isa !== undefined) return isa;
  const built = targets.filter((row) => row.load !== undefined).map((row) => row.arch);
  const known = targets.some((row) => row.arch === architectureOf(triple));
  const what = known ? `the target ${triple} is not built yet` : `there is no target ${triple}`;
  throw errorOf(CliCode.noTarget, `${what}; there is ${built.join(", ")}`);
}

/** Settings for code that is linked or loaded: position-independent unless told otherwise. */
export function chosenSettings(invocation: Invocation, isa: TargetIsa): Settings {
  const settings = new Settings(isa.settings);
  settings.set("is_pic");
  const level = textOption(invocation, "optLevel");
  if (level !== undefined) settings.set(`opt_level=${level}`);
  for (const word of listOption(invocation, "set")) settings.set(word);
  return settings;
}
