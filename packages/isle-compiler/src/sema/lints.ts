import { hostUses } from "../host/check.ts";
import type { HostClass } from "../host/model.ts";
import type { Reports } from "../sources.ts";
import type * as Ast from "../syntax/ast.ts";
import type { Constraint, RuleSet, SetRule, ValueId } from "../tree/rule-set.ts";
import { sameConstraint } from "../tree/rule-set.ts";
import type { Expr, Pattern, Program, Term } from "./model.ts";

/** Reports what is legal and most likely not meant. `host` gives unused externs their second place. */
export function lint(
  defs: readonly Ast.Def[],
  program: Program,
  sets: readonly RuleSet[],
  host: HostClass | undefined,
  reports: Reports,
): void {
  lintVariables(program, reports);
  lintClauses(defs, program, reports);
  lintTerms(defs, program, host, reports);
  lintMacros(defs, reports);
  for (const set of sets) if (!set.term.multi) lintHidden(set, reports);
  if (host !== undefined) lintHost(program, host, reports);
}

/** What every host may have: see `emit/unit.ts`. */
const COMMON_METHODS = ["arena", "results"];

/** Functions of the host that were written for rules and that no extern names. */
function lintHost(program: Program, host: HostClass, reports: Reports): void {
  const used = new Set([...COMMON_METHODS, ...hostUses(program).map((use) => use.func)]);
  // A host that keeps a type's values has functions for all of the type.
  const kept = program.types.filter((type) => type.kind !== "builtin" && type.kind !== "primitive");
  for (const { name, place } of host.forRules) {
    if (used.has(name) || kept.some((type) => name.startsWith(`${type.name}_`))) continue;
    const message = `no external declaration uses '${name}' of the host class '${host.name}', nor does TypeScript`;
    reports.warnOutside("ISLE0512", place, message);
  }
}

function lintVariables(program: Program, reports: Reports): void {
  for (const rule of program.rules) {
    const lazy = droppedPartials(rule.result);
    for (const [k, { name, loc, uses }] of rule.variables.entries()) {
      // Names that an extractor's template brings in are not the rule author's.
      const isOwn = loc.start >= rule.loc.start && loc.end <= rule.loc.end;
      if (uses > 0 || !isOwn) continue;
      if (lazy.has(k)) {
        reports.report(
          "ISLE0509",
          loc,
          `'${name}' is never used, so its partial value is not computed and cannot fail`,
        );
      } else if (!name.startsWith("_")) {
        reports.report("ISLE0501", loc, `'${name}' is never used: write '_' or a name that starts with '_'`);
      }
    }
  }
}

/** Variables of `let` whose value is pure and may fail. */
function droppedPartials(expr: Expr, found = new Set<number>()): Set<number> {
  if (expr.kind === "let") {
    for (const { variable, value } of expr.bindings) {
      if (value.kind === "term" && value.term.pure && value.term.partial) found.add(variable);
      droppedPartials(value, found);
    }
    droppedPartials(expr.body, found);
  } else if (expr.kind === "term") for (const arg of expr.args) droppedPartials(arg, found);
  return found;
}

function lintClauses(defs: readonly Ast.Def[], program: Program, reports: Reports): void {
  const byStart = new Map(program.rules.map((rule) => [rule.loc.start, rule]));
  for (const def of defs) {
    if (def.form !== "rule") continue;
    const rule = byStart.get(def.start);
    for (const [k, clause] of def.clauses.entries()) {
      const expr = rule?.clauses[k]?.expr;
      if (clause.pattern !== undefined || expr === undefined || canFail(expr)) continue;
      reports.report(
        "ISLE0504",
        clause,
        "this 'if' always holds: it asks whether there is a value, not whether it is true",
        {
          help: "to ask for truth write (if-let true ...)",
        },
      );
    }
  }
}

function canFail(expr: Expr): boolean {
  if (expr.kind === "let") return canFail(expr.body) || expr.bindings.some((b) => canFail(b.value));
  return expr.kind === "term" && (expr.term.partial || expr.term.multi || expr.args.some(canFail));
}

function lintTerms(
  defs: readonly Ast.Def[],
  program: Program,
  host: HostClass | undefined,
  reports: Reports,
): void {
  const built = new Set<Term>();
  const matched = new Set<Term>(program.converters.values());
  for (const term of program.converters.values()) built.add(term);
  for (const rule of program.rules) {
    for (const arg of rule.args) visitPattern(arg, matched);
    for (const { pattern, expr } of rule.clauses) {
      visitPattern(pattern, matched);
      visitExpr(expr, built);
    }
    visitExpr(rule.result, built);
  }
  const names = new Set<string>();
  for (const def of defs) if (def.form === "extractor") templateTerms(def.template, names);
  for (const def of defs) if (def.form === "rule") ruleTerms(def, names);
  for (const term of program.terms) {
    if (term.kind !== "decl") continue;
    const { constructorOf, extractorOf } = term;
    const isMentioned = names.has(term.name) || built.has(term) || matched.has(term);
    const isExtern = constructorOf?.kind === "extern" || extractorOf?.kind === "extern";
    if (!isMentioned && !isExtern && constructorOf?.kind !== "rules") {
      reports.report("ISLE0502", term.loc, `'${term.name}' is used by no rule`);
      continue;
    }
    const unusedConstructor = constructorOf?.kind === "extern" && !built.has(term);
    const unusedExtractor = extractorOf?.kind === "extern" && !matched.has(term) && !names.has(term.name);
    for (const extern of [unusedConstructor && constructorOf, unusedExtractor && extractorOf]) {
      if (extern === false) continue;
      const place = host?.methods.get(extern.func)?.place;
      const places = place === undefined ? [] : [{ span: place, message: `'${extern.func}' is here` }];
      const what = extern === constructorOf ? "constructor" : "extractor";
      reports.report(
        "ISLE0503",
        extern.loc,
        `the ${what} '${extern.func}' of '${term.name}' is used by no rule`,
        { places },
      );
    }
  }
}

function visitPattern(pattern: Pattern, found: Set<Term>): void {
  if (pattern.kind === "bind") visitPattern(pattern.sub, found);
  else if (pattern.kind === "and") for (const part of pattern.parts) visitPattern(part, found);
  else if (pattern.kind === "term") {
    found.add(pattern.term);
    for (const arg of pattern.args) visitPattern(arg, found);
  }
}

function visitExpr(expr: Expr, found: Set<Term>): void {
  if (expr.kind === "let") {
    for (const { value } of expr.bindings) visitExpr(value, found);
    visitExpr(expr.body, found);
  } else if (expr.kind === "term") {
    found.add(expr.term);
    for (const arg of expr.args) visitExpr(arg, found);
  }
}

function templateTerms(pattern: Ast.Pattern, names: Set<string>): void {
  if (pattern.kind === "bind") templateTerms(pattern.sub, names);
  else if (pattern.kind === "and") for (const part of pattern.parts) templateTerms(part, names);
  else if (pattern.kind === "term") {
    names.add(pattern.name.name);
    for (const arg of pattern.args) templateTerms(arg, names);
  }
}

/** Extractor macros are gone after checking: what uses them shows only in the source. */
function ruleTerms(rule: Ast.Rule, names: Set<string>): void {
  if (rule.pattern.kind === "term") for (const arg of rule.pattern.args) templateTerms(arg, names);
  for (const clause of rule.clauses) if (clause.pattern !== undefined) templateTerms(clause.pattern, names);
}

function lintMacros(defs: readonly Ast.Def[], reports: Reports): void {
  for (const def of defs) {
    if (def.form !== "extractor") continue;
    const used = new Set<string>();
    const variables = (pattern: Ast.Pattern): void => {
      if (pattern.kind === "and") for (const part of pattern.parts) variables(part);
      else if (pattern.kind === "term") for (const arg of pattern.args) variables(arg);
      else if (pattern.kind === "var" || pattern.kind === "bind") {
        const name = pattern.kind === "var" ? pattern.name : pattern.name.name;
        used.add(name);
        if (!def.params.some((p) => p.name === name)) {
          reports.report(
            "ISLE0508",
            pattern,
            `'${name}' is no parameter of '${def.name.name}': it becomes a variable of every rule that uses it`,
          );
        }
        if (pattern.kind === "bind") variables(pattern.sub);
      }
    };
    variables(def.template);
    for (const param of def.params) {
      if (used.has(param.name) || param.name.startsWith("_")) continue;
      reports.report(
        "ISLE0507",
        param,
        `parameter '${param.name}' of '${def.name.name}' is not used, so what callers write there is ignored`,
      );
    }
  }
}

/** Rules that a rule of higher priority always hides, where only equal values show it. */
function lintHidden(set: RuleSet, reports: Reports): void {
  for (const low of set.rules) {
    const high = set.rules.find(
      (rule) =>
        rule.rule.priority > low.rule.priority &&
        (rule.equalities.length > 0 || low.equalities.length > 0) &&
        implies(low, rule),
    );
    if (high === undefined) continue;
    reports.report(
      "ISLE0506",
      low.rule.loc,
      `this rule is never used: one of priority ${high.rule.priority} matches whatever it matches`,
      {
        labels: [{ loc: high.rule.loc, message: "the rule that hides it" }],
      },
    );
  }
}

/** Does whatever `rule` matches also match `other`? */
function implies(rule: SetRule, other: SetRule): boolean {
  for (const [value, constraint] of other.constraints) {
    const own = rule.constraints.get(value);
    if (own === undefined || !sameConstraint(own, constraint)) return false;
  }
  return other.equalities.every((members) => members.every((m) => areEqual(rule, members[0]!, m)));
}

function areEqual(rule: SetRule, a: ValueId, b: ValueId): boolean {
  if (a === b || rule.equalities.some((members) => members.includes(a) && members.includes(b))) return true;
  const ofA = rule.constraints.get(a);
  const ofB = rule.constraints.get(b);
  return ofA !== undefined && ofB !== undefined && isScalar(ofA) && sameConstraint(ofA, ofB);
}

function isScalar(constraint: Constraint): boolean {
  return constraint.kind === "bool" || constraint.kind === "int" || constraint.kind === "prim";
}
