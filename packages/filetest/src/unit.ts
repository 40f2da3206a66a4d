import { GantryError, type Span } from "@gantry/diag";
import { TestCode } from "./codes.ts";
import { testCommands } from "./commands.table.ts";
import { architectureOf, isIgnoredTarget } from "./targets.ts";
import type { TestCommand } from "./test-command.ts";
import type { CommandLine, TargetLine, TestFile } from "./test-file.ts";

/** What is counted: one command of a file with one of its target lines, or with none. */
export interface Unit {
  readonly line: CommandLine;
  readonly command: TestCommand;
  readonly target: TargetLine | undefined;
  /** `run x86_64 has_avx`. */
  readonly label: string;
}

/** Which target lines count. */
export interface UnitOptions {
  /** Architectures to keep; empty keeps all. */
  readonly targets: readonly string[];
  /** Target lines to add to every file. */
  readonly also: readonly string[];
}

/** The units of a file in the order in which they run: what changes functions comes last, what verifies after what does not. */
export function unitsOf(file: TestFile, options: UnitOptions): Unit[] {
  const targets = targetsOf(file, options);
  const units: Unit[] = [];
  for (const line of file.commands) {
    const command = testCommands.find((known) => known.name === line.name);
    if (command === undefined) {
      const names = testCommands.map((known) => known.name).join(", ");
      throw headerError(line.span, `unknown test command '${line.name}'; there are ${names}`);
    }
    const wrong = line.options.find((option) => !command.options.includes(option));
    if (wrong !== undefined) {
      const known = command.options.length === 0 ? "No options allowed" : `unknown option '${wrong}'`;
      throw headerError(line.span, `${known} on 'test ${line.name}'`);
    }
    const head = [line.name, ...line.options].join(" ");
    if (!command.needsTarget) {
      const target = targets.length === 1 ? targets[0] : undefined;
      units.push({ line, command, target, label: head });
      continue;
    }
    if (file.targets.length === 0 && options.also.length === 0) {
      throw headerError(line.span, `test ${line.name} requires an ISA: add a target line`);
    }
    for (const target of targets) {
      units.push({ line, command, target, label: [head, target.triple, ...target.words].join(" ") });
    }
  }
  const rank = (unit: Unit) => Number(unit.command.mutates) * 2 + Number(unit.command.needsVerifier);
  return units.sort((a, b) => rank(a) - rank(b));
}

function targetsOf(file: TestFile, { targets, also }: UnitOptions): TargetLine[] {
  const added = also.map((text): TargetLine => {
    const [triple, ...words] = text.split(/\s+/);
    return { triple: triple!, words, settings: file.settings, span: undefined };
  });
  const kept = [...file.targets, ...added].filter((line) => !isIgnoredTarget(line.triple));
  if (targets.length === 0) return kept;
  const wanted = targets.map(architectureOf);
  return kept.filter((line) => wanted.includes(architectureOf(line.triple)));
}

function headerError(span: Span, message: string): GantryError {
  return new GantryError([{ code: TestCode.header, severity: "error", message, span }]);
}
