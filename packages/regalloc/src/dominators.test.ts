import { I32List } from "@gantry/entity";
import fc from "fast-check";
import { expect, test } from "vitest";
import { Dominators } from "./dominators.ts";
import { BRANCH } from "./operand.ts";
import { Problem } from "./problem.ts";

const N = 14;

/** Blocks that can be reached without going through `without`. */
function reach(successors: readonly (readonly number[])[], without: number): Set<number> {
  const seen = new Set<number>();
  const stack = without === 0 ? [] : [0];
  for (let b = stack.pop(); b !== undefined; b = stack.pop()) {
    if (seen.has(b)) continue;
    seen.add(b);
    for (const to of successors[b]!) if (to !== without) stack.push(to);
  }
  return seen;
}

test("common dominators are what removing a block cuts off, where every branch back leads to a dominator", () => {
  let trees = 0;
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(N - 2), fc.nat(2), fc.nat(3)), { minLength: N - 1, maxLength: N - 1 }),
      (rows) => {
        const successors = rows.map(([back, ahead, kind], b) => {
          const next = Math.min(N - 1, b + 1);
          return kind === 0 ? [next, Math.max(1, back)] : [next, Math.min(N - 1, b + 1 + ahead)];
        });
        successors.push([]);
        const p = new Problem();
        for (const list of successors) {
          p.endInst(BRANCH);
          for (const to of list) p.successor(to);
          p.endBlock();
        }
        p.finish();
        const dominates = successors.map((_, a) => {
          const left = reach(successors, a);
          return successors.map((_, b) => !left.has(b));
        });
        const isNatural = successors.every((list, b) => list.every((to) => to > b || dominates[to]![b]));
        const dominators = new Dominators();
        const latches = new I32List();
        successors.forEach((list, b) => {
          if (list.some((to) => to <= b)) latches.push(b);
        });
        expect(dominators.compute(p, latches)).toBe(isNatural);
        if (!isNatural) return;
        trees++;
        for (let a = 0; a < N; a++)
          for (let b = 0; b < N; b++) {
            const both = dominates.map((row, d) => (row[a] && row[b] ? d : -1));
            expect(dominators.common(a, b)).toBe(Math.max(...both));
          }
      },
    ),
    { seed: 3, numRuns: 300 },
  );
  expect(trees).toBeGreaterThan(50);
});
