import type { Reports } from "../sources.ts";
import { type Constraint, type RuleSet, type SetRule, sameConstraint, type ValueId } from "./rule-set.ts";

/** A rule's constraints as two columns: values ascending, and a number for what is asked of each. */
interface Columns {
  readonly rule: SetRule;
  readonly values: Int32Array;
  readonly asked: Int32Array;
}

/** Reports pairs of rules that match the same thing at one priority, and rules that a higher one always hides. */
export function checkOverlaps(sets: readonly RuleSet[], reports: Reports): void {
  const edges = new Map<SetRule, Set<SetRule>>();
  const shadows = new Map<SetRule, SetRule[]>();
  for (const set of sets) {
    if (set.term.multi || set.rules.length < 2) continue;
    const columns = columnsOf(set);
    for (let i = 0; i < columns.length; i++) {
      for (let j = i + 1; j < columns.length; j++) comparePair(columns[i]!, columns[j]!, edges, shadows);
    }
  }
  reportOverlaps(edges, reports);
  for (const [hiding, hidden] of shadows) {
    for (const { rule } of hidden) {
      const message = `this rule can never be used: one of priority ${hiding.rule.priority} matches whatever it matches`;
      reports.report("ISLE0303", rule.loc, message, {
        labels: [{ loc: hiding.rule.loc, message: "the rule that hides it" }],
        help: `give this rule a priority above ${hiding.rule.priority}, or remove it`,
      });
    }
  }
}

function columnsOf(set: RuleSet): Columns[] {
  const kinds = new Map<ValueId, Constraint[]>();
  const numberOf = (value: ValueId, constraint: Constraint): number => {
    let known = kinds.get(value);
    if (known === undefined) kinds.set(value, (known = []));
    const at = known.findIndex((k) => sameConstraint(k, constraint));
    return at >= 0 ? at : known.push(constraint) - 1;
  };
  return set.rules.map((rule) => {
    const list = [...rule.constraints].sort((a, b) => a[0] - b[0]);
    return {
      rule,
      values: Int32Array.from(list, ([value]) => value),
      asked: Int32Array.from(list, ([value, constraint]) => numberOf(value, constraint)),
    };
  });
}

function comparePair(
  a: Columns,
  b: Columns,
  edges: Map<SetRule, Set<SetRule>>,
  shadows: Map<SetRule, SetRule[]>,
): void {
  const [small, large] = a.values.length <= b.values.length ? [a, b] : [b, a];
  let subset = small.rule.equalities.length === 0 && large.rule.equalities.length === 0;
  for (let i = 0, j = 0; i < small.values.length; i++) {
    const value = small.values[i];
    while (j < large.values.length && large.values[j] < value) j++;
    if (j === large.values.length || large.values[j] !== value) subset = false;
    else if (small.asked[i] !== large.asked[j]) return;
  }
  const [first, second] = [a.rule, b.rule];
  if (first.rule.priority === second.rule.priority) {
    addEdge(edges, first, second);
    addEdge(edges, second, first);
    return;
  }
  if (!subset) return;
  const [high, low] = first.rule.priority > second.rule.priority ? [first, second] : [second, first];
  if (high.constraints.size > low.constraints.size) return;
  const hidden = shadows.get(high);
  if (hidden === undefined) shadows.set(high, [low]);
  else hidden.push(low);
}

function addEdge(edges: Map<SetRule, Set<SetRule>>, from: SetRule, to: SetRule): void {
  const set = edges.get(from);
  if (set === undefined) edges.set(from, new Set([to]));
  else set.add(to);
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
    reports.report("ISLE0302", worst!.rule.loc, message, {
      labels: others.map((o) => ({ loc: o.rule.loc, message: "overlaps with this one" })),
      help: "give the more specific rule a higher priority",
    });
  }
}
