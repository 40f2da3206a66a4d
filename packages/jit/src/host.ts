/** The machine that this process runs on: which of a target's features its processor and system have. */
import { readFileSync } from "node:fs";
import type { Settings } from "@gantry/clif-ir";
import type { TargetIsa } from "@gantry/codegen-core";
import { errorOf } from "@gantry/diag";

let flags: ReadonlySet<string> | undefined;

/**
 * The names of the features of this machine's processor that its system supports, as Linux lists them: what the system
 * does not save at a context switch is not among them. Empty on other systems.
 */
function hostFlags(): ReadonlySet<string> {
  if (flags !== undefined) return flags;
  let line: RegExpExecArray | null = null;
  try {
    line = /^flags\s*:(.*)$/m.exec(readFileSync("/proc/cpuinfo", "utf8"));
  } catch {
    // Without the file nothing is known, and nothing is assumed.
  }
  flags = new Set((line?.[1] ?? "").trim().split(/\s+/));
  return flags;
}

/** Whether code of `isa` runs on this machine's processor. */
const isHost = (isa: TargetIsa): boolean => isa.arch === "x86_64" && process.arch === "x64";

/** The settings of `isa` that stand for features of this machine; none if the machine is another. */
export function nativeFeatures(isa: TargetIsa): string[] {
  if (!isHost(isa)) return [];
  const has = hostFlags();
  return (isa.jit?.features ?? []).filter((f) => has.has(f.linux)).map((f) => f.setting);
}

/** The first feature that is switched on in `settings` and that this machine does not have. */
export function missingFeature(isa: TargetIsa, settings: Settings): string | undefined {
  const has = hostFlags();
  return isa.jit?.features.find((f) => settings.bool(f.setting) && !has.has(f.linux))?.setting;
}

/**
 * Sets from text as {@link Settings.set} does, where `native` switches on all features of this machine.
 *
 * @throws GantryError CLIF0500, CLIF0501, and JIT0011 for `native` if `isa` is not this machine's target.
 */
export function applySetting(isa: TargetIsa, settings: Settings, text: string): void {
  if (text !== "native") {
    settings.set(text);
    return;
  }
  if (!isHost(isa)) {
    const help = "name a processor, or the features one by one ('gantry targets' lists them)";
    throw errorOf("JIT0011", `'native' is the processor of this machine, which does not run ${isa.name}`, {
      help,
    });
  }
  for (const name of nativeFeatures(isa)) settings.setValue(name, true);
}
