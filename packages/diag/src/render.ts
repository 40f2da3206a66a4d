import type { Diagnostic } from "./diagnostic.ts";
import type { Span } from "./source.ts";

/** How parts of a diagnostic are decorated; {@link plain} does nothing. */
export interface Palette {
  error(text: string): string;
  warning(text: string): string;
  place(text: string): string;
  caret(text: string): string;
}

const same = (text: string): string => text;
/** The palette of a pipe. */
export const plain: Palette = { error: same, warning: same, place: same, caret: same };

export interface RenderOptions {
  readonly palette?: Palette;
  /** Print the source line and a caret below the message. */
  readonly frame?: boolean;
  /** Columns of the terminal; longer source lines are cut around the caret. */
  readonly width?: number;
}

/** `file:line:col: error[CODE]: sentence`, with source line and caret if asked for. No line end at the end. */
export function renderDiagnostic(d: Diagnostic, options: RenderOptions = {}): string {
  const palette = options.palette ?? plain;
  const out: string[] = [];
  const head =
    d.severity === "error" ? palette.error(`error[${d.code}]`) : palette.warning(`warning[${d.code}]`);
  const place = d.span !== undefined ? `${placeOf(d.span)}: ` : d.place !== undefined ? `${d.place}: ` : "";
  out.push(`${palette.place(place)}${head}: ${d.message}`);
  if (options.frame === true && d.span !== undefined) out.push(frame(d.span, palette, options.width ?? 100));
  for (const label of d.labels ?? []) {
    out.push(`${palette.place(`${placeOf(label.span)}: `)}note: ${label.message}`);
    if (options.frame === true) out.push(frame(label.span, palette, options.width ?? 100));
  }
  if (d.help !== undefined) out.push(`  help: ${d.help}`);
  return out.join("\n");
}

/** `file:line:column` of the start of `span`. */
export function placeOf(span: Span): string {
  const { line, column } = span.file.lineColumn(span.start);
  return `${span.file.name}:${line}:${column}`;
}

function frame(span: Span, palette: Palette, width: number): string {
  const { line, column } = span.file.lineColumn(span.start);
  const text = span.file.lineText(line).replaceAll("\t", " ");
  const margin = `${line} | `;
  const room = Math.max(20, width - margin.length);
  let from = 0;
  if (text.length > room) from = Math.max(0, Math.min(column - 1 - (room >> 1), text.length - room));
  const shown = text.slice(from, from + room);
  const length = Math.max(1, Math.min(span.end - span.start, shown.length - (column - 1 - from)));
  const under = `${" ".repeat(margin.length - 2)}| ${" ".repeat(column - 1 - from)}`;
  return `${margin}${shown}\n${under}${palette.caret("^".repeat(length))}`;
}

/** The same content as plain data, for `--json`. */
export function diagnosticToJson(d: Diagnostic): Record<string, unknown> {
  const spanJson = (span: Span) => {
    const from = span.file.lineColumn(span.start);
    const to = span.file.lineColumn(span.end);
    return {
      file: span.file.name,
      line: from.line,
      column: from.column,
      endLine: to.line,
      endColumn: to.column,
      start: span.start,
      end: span.end,
    };
  };
  return {
    code: d.code,
    severity: d.severity,
    message: d.message,
    ...(d.span !== undefined ? { span: spanJson(d.span) } : {}),
    ...(d.place !== undefined ? { place: d.place } : {}),
    ...(d.labels !== undefined
      ? { labels: d.labels.map((l) => ({ ...spanJson(l.span), message: l.message })) }
      : {}),
    ...(d.help !== undefined ? { help: d.help } : {}),
  };
}
