const CONTEXT = 3;
/** Above this many lines the alignment is not searched: the first difference is shown instead. */
const LIMIT = 2000;

/** A unified diff of two texts, for people: `-` is what was expected, `+` what came. */
export function diffLines(expected: readonly string[], actual: readonly string[]): string {
  const edits =
    expected.length > LIMIT || actual.length > LIMIT ? rough(expected, actual) : align(expected, actual);
  const out: string[] = [];
  let shownTo = 0;
  for (let k = 0; k < edits.length; k++) {
    if (edits[k]!.startsWith(" ")) continue;
    const from = Math.max(shownTo, k - CONTEXT);
    if (from > shownTo || (shownTo === 0 && from > 0)) out.push("  ...");
    let to = k + 1;
    while (to < edits.length && to <= k + CONTEXT) to++;
    for (let i = from; i < to; i++) {
      if (i > k && !edits[i]!.startsWith(" ")) {
        to = i;
        break;
      }
      out.push(edits[i]!);
    }
    shownTo = to;
  }
  if (shownTo < edits.length && out.length > 0) out.push("  ...");
  return out.join("\n");
}

function rough(expected: readonly string[], actual: readonly string[]): string[] {
  let k = 0;
  while (k < expected.length && expected[k] === actual[k]) k++;
  const take = (lines: readonly string[], sign: string) =>
    lines.slice(k, k + 10).map((line) => `${sign} ${line}`);
  const before = expected.slice(Math.max(0, k - CONTEXT), k).map((line) => `  ${line}`);
  return [...before, ...take(expected, "-"), ...take(actual, "+")];
}

/** Longest common subsequence by the textbook table. */
function align(a: readonly string[], b: readonly string[]): string[] {
  const width = b.length + 1;
  const best = new Int32Array((a.length + 1) * width);
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      best[i * width + j] =
        a[i] === b[j]
          ? best[(i + 1) * width + j + 1]! + 1
          : Math.max(best[(i + 1) * width + j]!, best[i * width + j + 1]!);
    }
  }
  const out: string[] = [];
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      out.push(`  ${a[i]}`);
      i++;
      j++;
    } else if (i < a.length && (j >= b.length || best[(i + 1) * width + j]! >= best[i * width + j + 1]!)) {
      out.push(`- ${a[i++]}`);
    } else out.push(`+ ${b[j++]}`);
  }
  return out;
}
