import type { Diagnostic, SourceFile } from "@gantry/diag";
import { type EmitOptions, type Emitted, UnitEmitter } from "./emit/unit.ts";
import { checkHost, defaultRep, type Reps } from "./host/check.ts";
import type { HostClass } from "./host/model.ts";
import { checkProgram } from "./sema/check.ts";
import type { Program } from "./sema/model.ts";
import { Reports, Sources } from "./sources.ts";
import { parseUnit } from "./syntax/parser.ts";
import { checkOverlaps } from "./tree/overlap.ts";
import { checkRecursion } from "./tree/recursion.ts";
import { buildRuleSets, type RuleSet } from "./tree/rule-set.ts";
import { type Block, buildTree } from "./tree/tree.ts";

export interface UnitOptions {
  /** The files of the unit. Their order fixes the numbers of types, terms and rules. */
  readonly files: readonly SourceFile[];
  /** The host class that externs are checked against; without it they are taken as declared. */
  readonly host?: HostClass;
  /** How to write the selector; without it the unit is only checked. */
  readonly output?: Partial<EmitOptions>;
}

export interface CompiledUnit {
  /** Errors and warnings by position. Without an error there is a program, and text if that was asked for. */
  readonly diagnostics: readonly Diagnostic[];
  readonly hasErrors: boolean;
  readonly program: Program | undefined;
  readonly trees: readonly { readonly set: RuleSet; readonly tree: Block }[];
  readonly text: string | undefined;
  /** By line of `text`: the position in the unit that it comes from, or -1. */
  readonly positions: readonly number[];
  readonly sources: Sources;
}

/** Compiles ISLE source to TypeScript. */
export function compileUnit(options: UnitOptions): CompiledUnit {
  const sources = new Sources(options.files);
  const reports = new Reports(sources);
  const defs = parseUnit(reports);
  const parsed = reports.errorCount === 0;
  const program = checkProgram(defs, reports);
  let trees: CompiledUnit["trees"] = [];
  let emitted: Emitted | undefined;
  if (program !== undefined && reports.errorCount === 0 && parsed) {
    const sets = buildRuleSets(program, reports);
    checkOverlaps(sets, reports);
    checkRecursion(sets, reports);
    const reps: Reps =
      options.host === undefined ? program.types.map(defaultRep) : checkHost(program, options.host, reports);
    if (reports.errorCount === 0) {
      trees = sets.map((set) => ({ set, tree: buildTree(set) }));
      if (options.output !== undefined) {
        const emit: EmitOptions = {
          mode: "normal",
          banner: "Generated from ISLE rules. Do not edit.",
          context: { name: options.host?.name ?? "Host", from: "../host.ts" },
          constants: {},
          ...options.output,
        };
        emitted = new UnitEmitter(program, reps, options.host, emit, reports).emit(trees);
      }
    }
  }
  return {
    diagnostics: reports.sorted(),
    hasErrors: reports.errorCount > 0,
    program,
    trees,
    text: emitted?.text,
    positions: emitted?.positions ?? [],
    sources,
  };
}
