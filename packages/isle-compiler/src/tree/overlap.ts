import type { Loc, Reports } from "../sources.ts";
import { type RuleSet, type SetRule, sameConstraint } from "./rule-set.ts";

/** Reports pairs of rules that match the same thing at one priority, and rules that a higher one always hides. */
export function checkOverlaps(sets: readonly RuleSet[], reports: Reports): void {
  const edges = new Map<SetRule, Set<SetRule>>();
  const shadows = new Map<SetRule, SetRule[]>();
  for (const set of sets) {
    if (set.term.multi) continue;
    for (let i = 0; i < set.rules.length; i++) {
      for (let j = i + 1; j < set.rules.length; j++)
        comparePair(set.rules[i]!, set.rules[j]!, edges, shadows);
    }
  }
  reportOverlaps(edges, reports);
  for (const [hiding, hidden] of shadows) {
    for (const rule of hidden) {
      const message = `this rule can never be used: one of priority ${hiding.rule.priority} matches whatever it matches`;
      reports.report("ISLE0303", headOf(rule), message, {
        labels: [{ loc: headOf(hiding), message: "the rule that hides it" }],
        help: `give this rule a priority above ${hiding.rule.priority}, or remove it`,
      });
    }
  }
}

/** From the parenthesis to the end of the pattern: enough to see which rule it is. */
export function headOf(rule: SetRule): Loc {
  return rule.rule.loc;
}

function comparePair(
  a: SetRule,
  b: SetRule,
  edges: Map<SetRule, Set<SetRule>>,
  shadows: Map<SetRule, SetRule[]>,
): void {
  const [small, large] = a.constraints.size <= b.constraints.size ? [a, b] : [b, a];
  let subset = small.equalities.length === 0 && large.equalities.length === 0;
  for (const [value, constraint] of small.constraints) {
    const other = large.constraints.get(value);
    if (other === undefined) subset = false;
    else if (!sameConstraint(constraint, other)) return;
  }
  if (a.rule.priority === b.rule.priority) {
    for (const [from, to] of [[a, b] as const, [b, a] as const]) {
      const set = edges.get(from);
      if (set === undefined) edges.set(from, new Set([to]));
      else set.add(to);
    }
    return;
  }
  if (!subset) return;
  const [high, low] = a.rule.priority > b.rule.priority ? [a, b] : [b, a];
  if (high.constraints.size > low.constraints.size) return;
  const hidden = shadows.get(high);
  if (hidden === undefined) shadows.set(high, [low]);
  else hidden.push(low);
}

/** Takes the rule with most overlaps, the last of several, and reports it with all that it overlaps, until none is left. */
function reportOverlaps(edges: Map<SetRule, Set<SetRule>>, reports: Reports): void {
  while (edges.size > 0) {
    let worst: SetRule | undefined;
    for (const [rule, others] of edges) {
      const most = worst === undefined ? -1 : edges.get(worst)!.size;
      if (others.size > most || (others.size === most && rule.rule.at > worst!.rule.at)) worst = rule;
    }
    const others = [...edges.get(worst!)!].sort((a, b) => a.rule.at - b.rule.at);
    edges.delete(worst!);
    for (const other of others) {
      const set = edges.get(other)!;
      set.delete(worst!);
      if (set.size === 0) edges.delete(other);
    }
    const message = `this rule and ${others.length === 1 ? "another" : `${others.length} others`} of priority ${worst!.rule.priority} can match the same thing`;
    reports.report("ISLE0302", headOf(worst!), message, {
      labels: others.map((o) => ({ loc: headOf(o), message: "overlaps with this one" })),
      help: "give the more specific rule a higher priority",
    });
  }
}
