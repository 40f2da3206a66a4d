import type { Reporter } from "./report.ts";

/** What a command gets to work with. Options have commander's names: `--stop-after` is `stopAfter`. */
export interface Invocation {
  readonly args: readonly string[];
  readonly options: Readonly<Record<string, string | boolean | readonly string[] | undefined>>;
  readonly report: Reporter;
}

/** What a file of `commands/` exports. The number is the exit status. */
export interface CommandModule {
  run(invocation: Invocation): Promise<number> | number;
}

/** The value of an option that takes one. */
export function textOption(invocation: Invocation, name: string): string | undefined {
  const value = invocation.options[name];
  return typeof value === "string" ? value : undefined;
}

/** The values of an option that may be given several times. */
export function listOption(invocation: Invocation, name: string): readonly string[] {
  const value = invocation.options[name];
  return Array.isArray(value) ? value : [];
}

/** Whether an option without a value was given. */
export function flagOption(invocation: Invocation, name: string): boolean {
  return invocation.options[name] === true;
}

/** One option. The flags are written as people read them in the help text. */
export interface OptionRow {
  readonly flags: string;
  readonly help: string;
  /** May be given several times. */
  readonly many?: true;
  readonly choices?: readonly string[];
}

/** One command of the command line. Its module is loaded when it is asked for and not before. */
export interface CommandRow {
  readonly name: string;
  readonly args: string;
  readonly help: string;
  readonly options: readonly OptionRow[];
  /** The words behind the first operand go to the command as they are. */
  readonly passThrough?: true;
  readonly load: () => Promise<CommandModule>;
}
