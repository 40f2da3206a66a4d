import type { Reports } from "../sources.ts";
import type * as Ast from "../syntax/ast.ts";
import type { Program } from "./model.ts";
import { checkRules } from "./rules.ts";
import { TermTable } from "./terms.ts";
import { TypeTable } from "./types.ts";

/** Checks a unit stage by stage; returns undefined if a stage had errors, after which later ones would only echo them. */
export function checkProgram(defs: readonly Ast.Def[], reports: Reports): Program | undefined {
  const before = reports.errorCount;
  const types = new TypeTable(defs, reports);
  const terms = new TermTable(types, reports);
  const stages = [
    () => terms.collect(defs),
    () => terms.heads(defs),
    () => terms.convert(defs),
    () => terms.externs(defs),
  ];
  if (reports.errorCount > before) return undefined;
  for (const stage of stages) {
    stage();
    if (reports.errorCount > before) return undefined;
  }
  const rules = checkRules(defs, types, terms, reports);
  return {
    types: types.types,
    terms: terms.terms,
    rules,
    constants: types.constants,
    converters: terms.converters,
  };
}
