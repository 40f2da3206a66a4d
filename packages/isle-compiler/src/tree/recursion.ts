import type { Term } from "../sema/model.ts";
import type { Reports } from "../sources.ts";
import type { RuleSet } from "./rule-set.ts";

/** Reports every term that can call itself, directly or through others, and is not marked `rec`. */
export function checkRecursion(sets: readonly RuleSet[], reports: Reports): void {
  const calls = new Map<Term, Term[]>();
  for (const set of sets) {
    const callees = new Set<Term>();
    for (const value of set.values) {
      if (value.kind === "constructor" && value.term.constructorOf?.kind === "rules") callees.add(value.term);
    }
    calls.set(set.term, [...callees]);
  }
  for (const component of components(calls)) {
    const first = component[0]!;
    if (component.length === 1 && !calls.get(first)!.includes(first)) continue;
    const names = component.map((t) => t.name).join(", ");
    for (const term of component) {
      if (term.rec) continue;
      const through = component.length === 1 ? "calls itself" : `is in a cycle of calls with ${names}`;
      reports.report("ISLE0304", term.loc, `'${term.name}' ${through}: declare it rec`);
    }
  }
}

/** Strongly connected components, by Tarjan's algorithm with an explicit stack. */
function components(graph: ReadonlyMap<Term, readonly Term[]>): Term[][] {
  const index = new Map<Term, number>();
  const low = new Map<Term, number>();
  const open: Term[] = [];
  const isOpen = new Set<Term>();
  const result: Term[][] = [];
  for (const start of graph.keys()) {
    if (index.has(start)) continue;
    const work: { term: Term; next: number }[] = [{ term: start, next: 0 }];
    while (work.length > 0) {
      const frame = work.at(-1)!;
      const { term } = frame;
      if (frame.next === 0 && !index.has(term)) {
        index.set(term, index.size);
        low.set(term, index.get(term)!);
        open.push(term);
        isOpen.add(term);
      }
      const callee = (graph.get(term) ?? [])[frame.next];
      if (callee !== undefined) {
        frame.next++;
        if (!index.has(callee)) work.push({ term: callee, next: 0 });
        else if (isOpen.has(callee)) low.set(term, Math.min(low.get(term)!, index.get(callee)!));
        continue;
      }
      work.pop();
      const parent = work.at(-1)?.term;
      if (parent !== undefined) low.set(parent, Math.min(low.get(parent)!, low.get(term)!));
      if (low.get(term) !== index.get(term)) continue;
      const component = open.splice(open.indexOf(term));
      for (const member of component) isOpen.delete(member);
      result.push(component.sort((a, b) => a.id - b.id));
    }
  }
  return result;
}
