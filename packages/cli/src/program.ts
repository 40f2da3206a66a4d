import { Command, CommanderError, Option } from "commander";
import type { CommandRow, OptionRow } from "./command.ts";
import { commands as allCommands } from "./commands.table.ts";
import { Reporter } from "./report.ts";
import { UsageError } from "./usage-error.ts";

/** Parses the words of a command line and runs the command that they name. The result is the exit status. */
export async function runProgram(
  argv: readonly string[],
  commands: readonly CommandRow[] = allCommands,
): Promise<number> {
  const report = new Reporter(argv.includes("--json"));
  let status = 0;
  const program = new Command("gantry")
    .description("Machine code from CLIF")
    .option("--json", "diagnostics as JSON, one a line")
    .option("-V, --version", "print the version")
    .addHelpText(
      "after",
      "\nExit status: 0 done, 1 the input was wrong or a test failed, 2 the command line was wrong.",
    );
  configure(program);
  // Names alone: with their operands the descriptions would not fit beside them in 80 columns.
  program.configureHelp({ subcommandTerm: (command) => command.name() });
  program.enablePositionalOptions();
  for (const row of commands) {
    const command = program
      .command(row.name)
      .description(row.help)
      .option("--json", "diagnostics as JSON, one a line");
    configure(command);
    for (const argument of row.args.split(" ").filter((word) => word !== "")) command.argument(argument);
    for (const option of row.options) command.addOption(optionOf(option));
    if (row.passThrough === true) command.passThroughOptions().allowUnknownOption();
    command.action(async (...words: unknown[]) => {
      const operands = (words.slice(0, -2) as (string | string[] | undefined)[]).flat();
      const args = operands.filter((word) => word !== undefined).map(unshield);
      status = await runCommand(row, args, command.opts(), report);
    });
  }
  try {
    await program.parseAsync(argv.map(shield), { from: "user" });
    return status;
  } catch (error) {
    if (!(error instanceof CommanderError)) return report.failure(error);
    if (error.exitCode === 0) return 0;
    if (error.code === "commander.help") return 2;
    return report.failure(new UsageError(sentenceOf(error.message)));
  }
}

/** A word that is a CLIF number with a minus sign is an operand, not a flag: it passes the parser in disguise. */
const shield = (word: string): string => (/^-(\d|Inf|s?NaN)/.test(word) ? `\0${word}` : word);
const unshield = (word: string): string => word.replace(/^\0/, "");

async function runCommand(
  row: CommandRow,
  args: readonly string[],
  options: Record<string, string | boolean | string[] | undefined>,
  report: Reporter,
): Promise<number> {
  try {
    const module = await row.load();
    return await module.run({ args, options, report });
  } catch (error) {
    return report.failure(error);
  } finally {
    report.clearProgress();
  }
}

function configure(command: Command): void {
  command.exitOverride();
  // The message comes back as an exception and is printed as every other diagnostic is.
  command.configureOutput({ outputError: () => {} });
  command.showSuggestionAfterError(true);
}

function optionOf(row: OptionRow): Option {
  const option = new Option(row.flags, row.help);
  if (row.choices !== undefined) option.choices(row.choices);
  if (row.many === true)
    option.argParser((value: string, before: string[] | undefined) => [...(before ?? []), value]);
  return option;
}

/** `error: unknown option '--x'\n(Did you mean --y?)` as one sentence. */
function sentenceOf(message: string): string {
  return message
    .replace(/^error: /, "")
    .replace(/\n\(Did you mean (.*)\?\)/, "; did you mean '$1'?")
    .trim();
}
