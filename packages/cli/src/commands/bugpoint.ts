import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readFunctions, writeFunction } from "@gantry/clif-ir";
import { CompileContext } from "@gantry/codegen-core";
import { errorOf, GantryError, SourceFile } from "@gantry/diag";
import { CliCode } from "../codes.ts";
import { type Invocation, textOption } from "../command.ts";
import { readInput, writeOutput } from "../files.ts";
import { type Fails, reduce } from "../reduce.ts";
import { chosenSettings, chosenTarget } from "../target.ts";

/** `gantry bugpoint`: shrinks CLIF while a command keeps failing, or while compiling it breaks an invariant of Gantry. */
export async function run(invocation: Invocation): Promise<number> {
  const [path, ...command] = invocation.args;
  const input = readInput(path!);
  const text = readFunctions(input)
    .map((func) => writeFunction(func))
    .join("\n");
  const scratch = mkdtempSync(join(tmpdir(), "gantry-bugpoint-"));
  try {
    const fails = command.length > 0 ? commandFails(command, scratch) : await compilerFails(invocation);
    if (!(await fails(text))) {
      const what = command.length > 0 ? "the command does not fail" : "compiling does not break an invariant";
      throw errorOf(CliCode.nothingToDo, `${what} on ${input.name}, so there is nothing to shrink`);
    }
    const reduced = await reduce(text, fails, (lines) => invocation.report.progress(`${lines} lines`));
    invocation.report.clearProgress();
    writeOutput(textOption(invocation, "output") ?? "-", reduced);
    return 0;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** The command fails on a text as it failed the first time: with the same status. */
function commandFails(command: readonly string[], scratch: string): Fails {
  const file = join(scratch, "input.clif");
  const words = command.includes("{}") ? command : [...command, "{}"];
  const [program, ...args] = words.map((word) => word.replaceAll("{}", file));
  let first: number | null | undefined;
  return (text) => {
    writeFileSync(file, text);
    const { status } = spawnSync(program!, args, { stdio: "ignore", timeout: 60_000 });
    first ??= status;
    return status !== 0 && status === first;
  };
}

/** Compiling throws something that is not a diagnostic. */
async function compilerFails(invocation: Invocation): Promise<Fails> {
  const isa = await chosenTarget(invocation);
  const settings = chosenSettings(invocation, isa);
  return (text) => {
    const context = new CompileContext(isa, settings);
    try {
      for (const func of readFunctions(new SourceFile("reduced.clif", text))) context.compile(func);
      return false;
    } catch (error) {
      return !(error instanceof GantryError);
    }
  };
}
