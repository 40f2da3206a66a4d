/** Advice that names the nearest of `names`, if one is near. */
export function nearestHelp(text: string, names: readonly string[]): string | undefined {
  const best = nearest(text, names);
  return best === undefined ? undefined : `did you mean '${best}'?`;
}

/** The name with the smallest edit distance to `text`, at most a third of its length. */
export function nearest(text: string, names: readonly string[]): string | undefined {
  let best: string | undefined;
  let bound = Math.max(1, Math.floor(text.length / 3)) + 1;
  for (const name of names) {
    if (Math.abs(name.length - text.length) >= bound) continue;
    const d = editDistance(text, name);
    if (d < bound) {
      bound = d;
      best = name;
    }
  }
  return best;
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, k) => k);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++)
      next.push(Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1)));
    row = next;
  }
  return row[b.length];
}
