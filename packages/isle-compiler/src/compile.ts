import type { Diagnostic, SourceFile } from "@gantry/diag";
import { type EmitOptions, type Emitted, UnitEmitter } from "./emit/unit.ts";
import { checkConstants, checkHost, checkLiterals, defaultRep, type Reps } from "./host/check.ts";
import type { HostClass } from "./host/model.ts";
import { checkProgram } from "./sema/check.ts";
import { lint } from "./sema/lints.ts";
import type { Program } from "./sema/model.ts";
import { Reports, Sources } from "./sources.ts";
import type * as Ast from "./syntax/ast.ts";
import { type Allowance, parseUnit } from "./syntax/parser.ts";
import { checkOverlaps } from "./tree/overlap.ts";
import { checkRecursion } from "./tree/recursion.ts";
import { buildRuleSets, type RuleSet } from "./tree/rule-set.ts";
import { type Block, buildTree } from "./tree/tree.ts";

export interface UnitOptions {
  /** The files of the unit. Their order fixes the numbers of types, terms and rules. */
  readonly files: readonly SourceFile[];
  /** The host class that externs are checked against; without it they are taken as declared. */
  readonly host?: HostClass;
  /** Report also what is legal and most likely not meant. */
  readonly lints?: boolean;
  /** How to write the selector; without it the unit is only checked. */
  readonly output?: Partial<EmitOptions>;
}

export interface CompiledUnit {
  /** Errors and warnings by position. */
  readonly diagnostics: readonly Diagnostic[];
  readonly hasErrors: boolean;
  /** Present if the rules themselves are right. */
  readonly program: Program | undefined;
  /** Present if there are no errors. */
  readonly trees: readonly { readonly set: RuleSet; readonly tree: Block }[];
  /** The output as {@link UnitOptions.output} describes it, if that was given and there are no errors. */
  readonly text: string | undefined;
  /** By line of `text`: the position in the unit that it comes from, or -1. */
  readonly positions: readonly number[];
  readonly sources: Sources;
  /** Writes the selector once more in another way. */
  emit(output: Partial<EmitOptions>): Emitted;
}

/** Compiles ISLE source to TypeScript. A stage that finds errors is the last, so that nothing is reported twice over. */
export function compileUnit(options: UnitOptions): CompiledUnit {
  const { host } = options;
  const sources = new Sources(options.files);
  const reports = new Reports(sources);
  const allowances: Allowance[] = [];
  const defs = parseUnit(reports, allowances);
  const program = reports.errorCount === 0 ? checkProgram(defs, reports) : undefined;
  let trees: CompiledUnit["trees"] = [];
  let reps: Reps = [];
  if (program !== undefined && reports.errorCount === 0) {
    const sets = buildRuleSets(program, reports);
    checkOverlaps(sets, reports);
    checkRecursion(sets, reports);
    if (options.lints === true) lint(defs, program, sets, host, reports);
    reps = program.types.map(defaultRep);
    if (host !== undefined) {
      reps = checkHost(program, host, reports);
      // Whoever only checks does not say what values constants will have.
      if (options.output !== undefined) checkConstants(sets, host, options.output.constants ?? {}, reports);
    }
    checkLiterals(program, reps, reports);
    if (reports.errorCount === 0) trees = sets.map((set) => ({ set, tree: buildTree(set) }));
  }
  allow(allowances, defs, reports);
  const emit = (output: Partial<EmitOptions>): Emitted => {
    if (program === undefined || reports.errorCount > 0) return { text: "", positions: [] };
    const complete: EmitOptions = {
      mode: "normal",
      banner: "Generated from ISLE rules. Do not edit.",
      context: { name: host?.name ?? "Context", from: "../host.ts" },
      constants: {},
      ...options.output,
      ...output,
    };
    return new UnitEmitter(program, reps, host, complete, reports).emit(trees);
  };
  const written = options.output === undefined || reports.errorCount > 0 ? undefined : emit({});
  // Writing finds what the host lacks beyond its externs.
  const hasErrors = reports.errorCount > 0;
  const emitted = hasErrors ? undefined : written;
  return {
    diagnostics: reports.sorted(),
    hasErrors,
    program,
    trees,
    text: emitted?.text,
    positions: emitted?.positions ?? [],
    sources,
    emit,
  };
}

function allow(allowances: readonly Allowance[], defs: readonly Ast.Def[], reports: Reports): void {
  const { sources } = reports;
  for (const { codes, at, isForFile } of allowances) {
    const file = sources.fileIndex(at);
    const start = sources.base(file);
    const end = start + sources.files[file]!.text.length + 1;
    // The form that holds the comment, else the first one that begins after it.
    const form = defs.find((def) => def.end > at && def.start < end);
    if (isForFile) reports.allow(codes, start, end);
    else if (form !== undefined) reports.allow(codes, form.start, form.end);
  }
}
