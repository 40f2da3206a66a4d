import { Settings } from "@gantry/clif-ir";
import type { TargetIsa } from "@gantry/codegen-core";
import { errorOf } from "@gantry/diag";
import { architectureOf, hostArchitecture, loadTarget, systemOf, targets } from "@gantry/filetest/targets";
import { applySetting } from "@gantry/jit/host";
import type { FormatName } from "@gantry/object";
import { CliCode } from "./codes.ts";
import { type Invocation, listOption, textOption } from "./command.ts";

/** The target that `--target` names, or this machine. */
export function chosenTarget(invocation: Invocation): Promise<TargetIsa> {
  return targetNamed(textOption(invocation, "target") ?? "");
}

/** The target of a triple or architecture; this machine's if `triple` is empty. */
export async function targetNamed(triple: string): Promise<TargetIsa> {
  if (triple === "") triple = hostArchitecture();
  if (systemOf(triple).format === "macho") {
    throw errorOf(
      CliCode.noTarget,
      `the target ${triple} needs Mach-O objects, which are not built yet; there are ELF and COFF`,
    );
  }
  const isa = await loadTarget(triple);
  if (isa !== undefined) return isa;
  const built = targets.filter((row) => row.load !== undefined).map((row) => row.arch);
  const known = targets.some((row) => row.arch === architectureOf(triple));
  const what = known ? `the target ${triple} is not built yet` : `there is no target ${triple}`;
  throw errorOf(CliCode.noTarget, `${what}; there is ${built.join(", ")}`);
}

/** The format of a triple's object files. */
export function objectFormat(triple: string): FormatName {
  return systemOf(triple).format === "coff" ? "coff" : "elf";
}

/** Settings for code that is linked or loaded. */
export function chosenSettings(invocation: Invocation, isa: TargetIsa): Settings {
  const level = textOption(invocation, "optLevel");
  const words = listOption(invocation, "set");
  const triple = textOption(invocation, "target") ?? "";
  return settingsWith(isa, level === undefined ? words : [`opt_level=${level}`, ...words], triple);
}

/** Settings from words like `name=value`, for code that is position-independent unless told otherwise. */
export function settingsWith(isa: TargetIsa, words: readonly string[], triple: string): Settings {
  const settings = new Settings(isa.settings);
  settings.set("is_pic");
  for (const word of systemOf(triple).settings) settings.set(word);
  for (const word of words) applySetting(isa, settings, word);
  return settings;
}

/** Settings for code that only this process runs: with all features of this machine, unless some are named. */
export function settingsForHere(invocation: Invocation, isa: TargetIsa): Settings {
  const triple = textOption(invocation, "target") ?? "";
  const system = systemOf(triple);
  if (system !== systemOf("") && system.platform !== process.platform)
    throw errorOf(CliCode.noTarget, `code for ${system.name} cannot run on this machine`);
  const own = [...isa.settings.settings, ...isa.settings.presets];
  const named = listOption(invocation, "set").some((word) => {
    const name = word.split("=")[0]!;
    return name === "native" || own.some((row) => row.name === name);
  });
  const settings = chosenSettings(invocation, isa);
  if (!named) applySetting(isa, settings, "native");
  return settings;
}
