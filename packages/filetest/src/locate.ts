import type { Function as ClifFunction } from "@gantry/clif-ir";
import { type Diagnostic, GantryError, type SourceFile, type Span } from "@gantry/diag";
import { NONE } from "@gantry/entity";

/**
 * Gives a diagnostic about a function that was read from `file` its place in the text: the instruction or block that
 * it names, otherwise the head of the function.
 *
 * @param start Offset in the text where the function begins.
 */
export function locate(d: Diagnostic, func: ClifFunction, file: SourceFile, start: number): Diagnostic {
  if (d.span !== undefined) return d;
  const found = /(inst|block)(\d+)$/.exec(d.place ?? "");
  const positions = found?.[1] === "inst" ? func.instPositions : func.blockPositions;
  const number = Number(found?.[2] ?? NONE);
  const position = number >= 0 && number < positions.length ? positions.at(number) : NONE;
  const at = position === NONE ? start : textOffset(file, position);
  const { place: _place, ...rest } = d;
  return { ...rest, span: lineFrom(file, at) };
}

/** Does `work` on a function; what goes wrong gets its place in the text. */
export function locating<T>(func: ClifFunction, file: SourceFile, start: number, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof GantryError)) throw error;
    throw new GantryError(error.diagnostics.map((d) => locate(d, func, file, start)));
  }
}

/** From `start` to the end of the line, without a comment. */
function lineFrom(file: SourceFile, start: number): Span {
  const line = /^[^\n;{]*/.exec(file.text.slice(start, start + 200))![0].trimEnd();
  return { file, start, end: start + Math.max(1, line.length) };
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Functions count bytes, texts count UTF-16 units. */
function textOffset(file: SourceFile, byte: number): number {
  const bytes = encoder.encode(file.text);
  return bytes.length === file.text.length ? byte : decoder.decode(bytes.subarray(0, byte)).length;
}
