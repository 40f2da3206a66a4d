import { replayAllocation } from "./check.ts";
import type { Environment } from "./environment.ts";
import { isRegister } from "./operand.ts";
import type { Output } from "./output.ts";
import type { Problem } from "./problem.ts";

/**
 * Fills `out.debugLocations`: where each labelled vreg is, instruction by instruction, as long as it is anywhere. A range
 * stays with its location while that holds the value, and otherwise prefers a register.
 *
 * Follows the output as the checker does, whichever allocator made it, and is not on the way of a function without labels.
 */
export function locateDebugLabels(p: Problem, env: Environment, out: Output): void {
  const labels = p.debugLabels.data;
  const count = p.debugLabels.length / 4;
  if (count === 0) return;
  const order = Array.from({ length: count }, (_, k) => 4 * k).sort(
    (a, b) => labels[a + 1]! - labels[b + 1]!,
  );
  const open: { label: number; from: number; at: number }[] = [];
  let next = 0;
  const close = (k: number, to: number): void => {
    const { label, from, at } = open[k]!;
    if (at < 0 || from >= to) return;
    for (const word of [labels[label + 3]!, from, to, at]) out.debugLocations.push(word);
  };
  replayAllocation(p, env, out, (i, contents) => {
    while (next < count && labels[order[next]! + 1]! <= i)
      open.push({ label: order[next++]!, from: i, at: -1 });
    for (let k = open.length - 1; k >= 0; k--) {
      const range = open[k]!;
      const end = labels[range.label + 2]!;
      if (end <= i) {
        close(k, end);
        open.splice(k, 1);
        continue;
      }
      const places = contents.holders.get(labels[range.label]!) ?? [];
      if (range.at >= 0 && places.includes(range.at)) continue;
      close(k, i);
      range.from = i;
      range.at = places.find(isRegister) ?? places[0] ?? -1;
    }
  });
  for (let k = open.length - 1; k >= 0; k--) close(k, labels[open[k]!.label + 2]!);
}
