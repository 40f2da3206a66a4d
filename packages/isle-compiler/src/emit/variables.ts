import type { RuleSet, ValueId } from "../tree/rule-set.ts";

/** The names that rules give to values; the first rule's where several do. */
export function variableNames(set: RuleSet): Map<ValueId, string> {
  const names = new Map<ValueId, string>();
  for (const { rule, variables } of set.rules) {
    for (const [k, { name }] of rule.variables.entries()) {
      const value = variables[k];
      if (value !== undefined && !names.has(value)) names.set(value, name);
    }
  }
  return names;
}
