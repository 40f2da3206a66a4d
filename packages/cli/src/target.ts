import { Settings } from "@gantry/clif-ir";
import type { TargetIsa } from "@gantry/codegen-core";
import { errorOf } from "@gantry/diag";
import { architectureOf, hostArchitecture, loadTarget, targets } from "@gantry/filetest/targets";
import { applySetting } from "@gantry/jit/host";
import { CliCode } from "./codes.ts";
import { type Invocation, listOption, textOption } from "./command.ts";

/** The target that `--target` names, or this machine. */
export function chosenTarget(invocation: Invocation): Promise<TargetIsa> {
  return targetNamed(textOption(invocation, "target") ?? "");
}

/** The target of a triple or architecture; this machine's if `triple` is empty. */
export async function targetNamed(triple: string): Promise<TargetIsa> {
  if (triple === "") triple = hostArchitecture();
  const format = foreignFormat(triple);
  if (format !== undefined) {
    throw errorOf(
      CliCode.noTarget,
      `the target ${triple} needs ${format} objects, which are not built yet; there is ELF`,
    );
  }
  const isa = await loadTarget(triple);
  if (isa !== undefined) return isa;
  const built = targets.filter((row) => row.load !== undefined).map((row) => row.arch);
  const known = targets.some((row) => row.arch === architectureOf(triple));
  const what = known ? `the target ${triple} is not built yet` : `there is no target ${triple}`;
  throw errorOf(CliCode.noTarget, `${what}; there is ${built.join(", ")}`);
}

/** The object format of a triple's operating system if it is not ELF. */
function foreignFormat(triple: string): string | undefined {
  if (/-(apple|darwin|macosx?|ios)\b/.test(triple)) return "Mach-O";
  return /-(windows|uefi|cygwin)\b/.test(triple) ? "COFF" : undefined;
}

/** Settings for code that is linked or loaded. */
export function chosenSettings(invocation: Invocation, isa: TargetIsa): Settings {
  const level = textOption(invocation, "optLevel");
  const words = listOption(invocation, "set");
  return settingsWith(isa, level === undefined ? words : [`opt_level=${level}`, ...words]);
}

/** Settings from words like `name=value`, for code that is position-independent unless told otherwise. */
export function settingsWith(isa: TargetIsa, words: readonly string[]): Settings {
  const settings = new Settings(isa.settings);
  settings.set("is_pic");
  for (const word of words) applySetting(isa, settings, word);
  return settings;
}

/** Settings for code that only this process runs: with all features of this machine, unless some are named. */
export function settingsForHere(invocation: Invocation, isa: TargetIsa): Settings {
  const own = [...isa.settings.settings, ...isa.settings.presets];
  const named = listOption(invocation, "set").some((word) => {
    const name = word.split("=")[0]!;
    return name === "native" || own.some((row) => row.name === name);
  });
  const settings = chosenSettings(invocation, isa);
  if (!named) applySetting(isa, settings, "native");
  return settings;
}
