import { CallConv, type Function, type Inst, type Settings } from "@gantry/clif-ir";
import { bug, type Diagnostic, GantryError } from "@gantry/diag";
import type { TargetIsa } from "../target.ts";
import { EXPANSIONS } from "./expansions.table.ts";
import { Findings } from "./legality.ts";
import { Rewriter, type RuntimeCalls } from "./rewriter.ts";
import { splitVectors } from "./vectors.ts";

/** Expansions may need expansions themselves; so deep at most. */
const MAX_ROUNDS = 12;

/**
 * Rewrites what the target cannot do natively into CLIF that it can, and refuses what it cannot do at all. A function
 * that needs nothing is only looked at: one pass over its instruction records.
 *
 * @param found Scratch.
 * @throws GantryError with one diagnostic for each operation, type and convention that is not supported.
 */
export function legalise(isa: TargetIsa, func: Function, settings: Settings, found: Findings): void {
  found.reset();
  isa.checkDeclarations(func, settings, found);
  isa.legality.scan(func, settings, 0, found);
  if (found.problems.length > 0) throw new GantryError(found.problems);
  if (found.inParts || found.insts.length > 0) rewrite(isa, func, settings, found);
}

/** Everything in `func` that the target cannot do with these settings; empty if the function can be compiled. */
export function unsupported(isa: TargetIsa, func: Function, settings: Settings): Diagnostic[] {
  const found = new Findings();
  isa.checkDeclarations(func, settings, found);
  isa.legality.scan(func, settings, 0, found);
  return found.problems;
}

function rewrite(isa: TargetIsa, func: Function, settings: Settings, found: Findings): void {
  const r = new Rewriter(func, runtimeCalls(settings), isa.legality.foreignOrder);
  if (found.inParts) {
    splitVectors(r);
    found.reset();
    isa.legality.scan(func, settings, 0, found);
    expectLegal(found);
  }
  for (let round = 0; found.insts.length > 0; round++) {
    if (round === MAX_ROUNDS) bug("legalise", `inst${found.insts[0]} is expanded without end`);
    const from = func.numInsts;
    for (let k = 0; k < found.insts.length; k++) {
      const i = found.insts[k];
      const action = found.actions[k];
      r.goto(i);
      if (action.kind === "expanded") EXPANSIONS[action.by].rewrite(r, i);
      else if (action.kind === "library") callInstead(r, action.symbol, i);
    }
    found.forget();
    isa.legality.scan(func, settings, from, found);
    expectLegal(found);
  }
  // The settings choose the convention of runtime functions.
  isa.checkDeclarations(func, settings, found);
  if (found.problems.length > 0) throw new GantryError(found.problems);
}

function expectLegal(found: Findings): void {
  if (found.problems.length > 0) bug("legalise", `an expansion is not legal: ${found.problems[0].message}`);
}

/** The runtime function takes the operands and gives the result. */
function callInstead(r: Rewriter, symbol: string, i: Inst): void {
  const args = Array.from({ length: r.func.argCount(i) }, (_, k) => r.arg(i, k));
  r.replace(i, r.runtime(symbol, ...args));
}

/** How the settings want runtime functions to be called. */
function runtimeCalls(settings: Settings): RuntimeCalls {
  const own = settings.enum("libcall_call_conv");
  const name = own === "isa_default" ? settings.enum("default_call_conv") : own;
  return {
    callConv: CallConv[name as keyof typeof CallConv],
    colocated: settings.bool("use_colocated_libcalls"),
  };
}
