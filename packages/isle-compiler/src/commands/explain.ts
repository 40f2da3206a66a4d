import { renderDiagnostic, SourceFile } from "@gantry/diag";
import { codePages } from "../code-pages.table.ts";
import { type Code, codes, severityOf } from "../codes.ts";
import { type CompiledUnit, compileUnit } from "../compile.ts";
import type { Program } from "../sema/model.ts";
import { constraintText, valueText } from "../tree/json.ts";
import { type RuleSet, type SetRule, sameConstraint } from "../tree/rule-set.ts";
import type { Block } from "../tree/tree.ts";
import {
  type CommandIo,
  namedUnits,
  parseArguments,
  printDiagnostics,
  readSource,
  runCommand,
  UsageError,
} from "./io.ts";

const usage =
  "usage: gantry isle explain CODE\n" +
  "       gantry isle explain --term NAME [FILE|FOLDER...]\n" +
  "       gantry isle explain --rule NAME|FILE:LINE [FILE|FOLDER...]";

/** `gantry isle explain`: what a code means, which rules a term has, how a rule is reached and what it competes with. */
export function isleExplain(args: readonly string[], io: CommandIo): number {
  return runCommand(io, usage, () => {
    const { words, values } = parseArguments(args, [], ["--term", "--rule"]);
    const term = values.get("--term");
    const rule = values.get("--rule");
    if (term === undefined && rule === undefined) return explainCode(words, io);
    const [named, ...others] = namedUnits(words);
    if (others.length > 0) throw new UsageError("there are several units: name the folder of one");
    const unit = compileUnit({ files: named!.paths.map((path) => readSource(path, io)) });
    if (unit.hasErrors || unit.program === undefined) {
      printDiagnostics(unit.diagnostics, io, false);
      return 1;
    }
    return term !== undefined
      ? explainTerm(unit, unit.program, term, io)
      : explainRule(unit, unit.program, rule!, io);
  });
}

function explainCode(words: readonly string[], io: CommandIo): number {
  const code = words[0]?.toUpperCase();
  if (code === undefined || words.length > 1) throw new UsageError("one code is needed");
  if (!(code in codes)) throw new UsageError(`unknown code '${code}'`);
  io.stdout.write(codePage(code as Code));
  return 0;
}

/** What a code means, a unit that causes it with what is then said of it, and what to do. */
export function codePage(code: Code): string {
  const { example, host, advice } = codePages[code];
  const parts = [`${code} (${severityOf(code)}): ${codes[code]}`];
  if (example !== "") parts.push(`For instance\n\n${indented(shortened(example))}`);
  if (host !== undefined) parts.push(`with the host\n\n${indented(host)}`);
  else if (example !== "") {
    const files = [new SourceFile("example.isle", example)];
    const { diagnostics } = compileUnit({ files, lints: true, output: {} });
    const said = diagnostics.find((d) => d.code === code);
    if (said !== undefined)
      parts.push(`says\n\n${indented(shortened(renderDiagnostic(said, { frame: false })))}`);
  }
  parts.push(`What to do: ${advice}`);
  return `${parts.join("\n\n")}\n`;
}

const indented = (text: string): string => text.replace(/^(?=.)/gm, "    ");

/** Lines that are long because length is what is wrong. */
const shortened = (text: string): string => text.replace(/^(.{100}).{20,}$/gm, "$1 ...");

function placeOf(unit: CompiledUnit, rule: SetRule): string {
  const name = rule.rule.name === undefined ? "" : `${rule.rule.name} `;
  return `${name}${unit.sources.line(rule.rule.loc)}`;
}

function explainTerm(unit: CompiledUnit, program: Program, name: string, io: CommandIo): number {
  const declared = program.terms.find((t) => t.name === name);
  if (declared === undefined) throw new UsageError(`unknown term '${name}'`);
  const { args, ret, constructorOf, extractorOf } = declared;
  const type = (id: number): string => program.types[id]!.name;
  const flags = (["pure", "multi", "partial", "rec"] as const).filter((f) => declared[f]);
  io.stdout.write(
    `(decl ${[...flags, name].join(" ")} (${args.map(type).join(" ")}) ${type(ret)})  ${unit.sources.line(declared.loc)}\n`,
  );
  if (constructorOf?.kind === "extern") io.stdout.write(`constructor: ${constructorOf.func} of the host\n`);
  if (extractorOf?.kind === "extern") io.stdout.write(`extractor: ${extractorOf.func} of the host\n`);
  if (extractorOf?.kind === "macro")
    io.stdout.write(`extractor: a macro, ${unit.sources.line(extractorOf.loc)}\n`);
  const set = unit.trees.find((t) => t.set.term === declared)?.set;
  const rules = [...(set?.rules ?? [])].sort((a, b) =>
    a.rule.priority > b.rule.priority ? -1 : a.rule.priority < b.rule.priority ? 1 : 0,
  );
  for (const rule of rules) {
    io.stdout.write(`priority ${rule.rule.priority}  ${placeOf(unit, rule)}\n`);
    for (const test of testsOf(program, set!, rule)) io.stdout.write(`    if ${test}\n`);
  }
  return 0;
}

/** What a rule demands, one sentence a test. */
function testsOf(program: Program, set: RuleSet, rule: SetRule): string[] {
  const tests = [...rule.constraints]
    .sort((a, b) => a[0] - b[0])
    .map(([value, constraint]) =>
      testText(valueText(program, set, value), constraintText(program, constraint)),
    );
  for (const members of rule.equalities)
    tests.push(members.map((m) => valueText(program, set, m)).join(" = "));
  return tests;
}

function testText(value: string, constraint: string): string {
  return constraint === "a value" ? `${value} has a value` : `${value} is ${constraint}`;
}

function explainRule(unit: CompiledUnit, program: Program, wanted: string, io: CommandIo): number {
  for (const { set, tree } of unit.trees) {
    for (const rule of set.rules) {
      const { file, start } = unit.sources.span(rule.rule.loc);
      const place = `${file.name}:${file.lineColumn(start).line}`;
      if (rule.rule.name !== wanted && place !== wanted && !place.endsWith(`/${wanted}`)) continue;
      io.stdout.write(`rule of '${set.term.name}', priority ${rule.rule.priority}, ${place}\n`);
      explainOverlaps(unit, program, set, rule, io);
      io.stdout.write("way through the tree:\n");
      for (const line of pathTo(program, set, tree, rule) ?? []) io.stdout.write(`  ${line}\n`);
      return 0;
    }
  }
  throw new UsageError(`there is no rule '${wanted}'`);
}

function explainOverlaps(
  unit: CompiledUnit,
  program: Program,
  set: RuleSet,
  rule: SetRule,
  io: CommandIo,
): void {
  if (set.term.multi) {
    io.stdout.write("all rules of a multi term that match are used, so none is in its way\n");
    return;
  }
  const others = set.rules.filter((other) => other !== rule && !areDisjoint(rule, other));
  if (others.length === 0)
    io.stdout.write("no other rule can match the same thing, so its priority does not matter\n");
  for (const other of others) {
    const wins = other.rule.priority > rule.rule.priority;
    io.stdout.write(
      `${wins ? "yields to" : "comes before"} ${placeOf(unit, other)} of priority ${other.rule.priority} where both match`,
    );
    const extra = [...other.constraints].filter(([value]) => !rule.constraints.has(value));
    const tests = extra.map(([value, c]) =>
      testText(valueText(program, set, value), constraintText(program, c)),
    );
    io.stdout.write(tests.length === 0 ? "\n" : `; that one also asks: ${tests.join(", ")}\n`);
  }
}

function areDisjoint(a: SetRule, b: SetRule): boolean {
  for (const [value, constraint] of a.constraints) {
    const other = b.constraints.get(value);
    if (other !== undefined && !sameConstraint(constraint, other)) return true;
  }
  return false;
}

/** The tests on the way to the rule's return, in order. */
function pathTo(program: Program, set: RuleSet, block: Block, rule: SetRule): string[] | undefined {
  const value = (id: number): string => valueText(program, set, id);
  for (const { control } of block.steps) {
    switch (control.kind) {
      case "return":
        if (control.rule === rule) return ["then the result"];
        break;
      case "match":
        for (const arm of control.arms) {
          const rest = pathTo(program, set, arm.body, rule);
          if (rest !== undefined)
            return [testText(value(control.value), constraintText(program, arm.constraint)), ...rest];
        }
        break;
      case "equal": {
        const rest = pathTo(program, set, control.body, rule);
        if (rest !== undefined) return [`${value(control.a)} = ${value(control.b)}`, ...rest];
        break;
      }
      case "loop": {
        const rest = pathTo(program, set, control.body, rule);
        if (rest !== undefined) return [`each value of ${value(control.call)}`, ...rest];
      }
    }
  }
  return undefined;
}
