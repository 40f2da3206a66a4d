import type { Figure } from "./rows.ts";

const columns: readonly number[] = [18, 16, 10, 10, 8, 13];

const rule = "-".repeat(columns.reduce((a, b) => a + b));

/** The lines above a table of figures. */
export function tableHead(input: string, target: string, rounds: number): string {
  return [
    "",
    `${input} for ${target}: minimum of ${rounds} interleaved rounds, spread = slowest / fastest`,
    line(["row", "unit", "gantry", "cranelift", "ratio", "spread"]),
    rule,
  ].join("\n");
}

/** The lines above a table of figures that have bars. */
export function barsHead(title: string, peer: string): string {
  return ["", title, line(["row", "unit", "gantry", peer, "ratio", "bar"]), rule].join("\n");
}

/** One figure, in at most 80 columns; a reason for an empty column stands on a line of its own. */
export function figureLine(figure: Figure): string {
  const spread = [figure.oursSpread, figure.peerSpread].map((x) => x?.toFixed(2) ?? "-");
  const cells = [
    figure.row,
    figure.unit,
    amount(figure.ours),
    amount(figure.peer),
    figure.ratio?.toFixed(3) ?? "-",
    figure.bar !== undefined
      ? barText(figure, figure.bar)
      : figure.oursSpread === undefined && figure.peerSpread === undefined
        ? ""
        : spread.join(" "),
  ];
  const out = [line(cells)];
  if (figure.oursCpu !== undefined || figure.peerCpu !== undefined) {
    out.push(
      line(["", "  cpu time", amount(figure.oursCpu ?? null), amount(figure.peerCpu ?? null), "", ""]),
    );
  }
  if (figure.why !== undefined) out.push(`  (${figure.why})`);
  return out.join("\n");
}

/** The bar, and whether the ratio, or ours where there is no peer, is below it. */
function barText(figure: Figure, bar: number): string {
  const reached = figure.ratio ?? (figure.peer === null ? figure.ours : null);
  return reached === null ? `<= ${bar}` : `<= ${bar} ${reached <= bar ? "ok" : "OVER"}`;
}

function line(cells: readonly string[]): string {
  return cells
    .map((cell, k) => (k < 2 ? cell.padEnd(columns[k]!) : cell.padStart(columns[k]!)))
    .join("")
    .trimEnd();
}

function amount(x: number | null): string {
  if (x === null) return "-";
  if (x >= 1e7) return `${(x / 1e6).toFixed(1)} M`;
  return x >= 1000 ? x.toLocaleString("en-US") : String(x);
}
