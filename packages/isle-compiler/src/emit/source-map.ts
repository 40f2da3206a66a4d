import type { Sources } from "../sources.ts";

const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** A number as base-64 digits of five bits, the sign in the lowest bit, the least significant digit first. */
function vlq(value: number): string {
  let rest = value < 0 ? (-value << 1) | 1 : value << 1;
  let text = "";
  do {
    const digit = rest & 31;
    rest >>>= 5;
    text += digits[rest > 0 ? digit | 32 : digit];
  } while (rest > 0);
  return text;
}

/**
 * A source map (version 3) with one segment a line: from the first column of generated line k to the place that
 * `positions[k]` names. `names` are the paths of the unit's files as the map should have them.
 */
export function sourceMap(
  file: string,
  positions: readonly number[],
  sources: Sources,
  names: readonly string[],
): string {
  let mappings = "";
  let lastFile = 0;
  let lastLine = 0;
  let lastColumn = 0;
  for (const position of positions) {
    if (position >= 0) {
      const index = sources.fileIndex(position);
      const { line, column } = sources.files[index]!.lineColumn(position - sources.base(index));
      mappings += `A${vlq(index - lastFile)}${vlq(line - 1 - lastLine)}${vlq(column - 1 - lastColumn)}`;
      lastFile = index;
      lastLine = line - 1;
      lastColumn = column - 1;
    }
    mappings += ";";
  }
  return `${JSON.stringify({ version: 3, file, sources: names, names: [], mappings })}\n`;
}
