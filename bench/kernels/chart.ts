import type { Figure } from "../rows.ts";

const WIDTH = 760;
const LEFT = 130;
const RIGHT = 70;
const TOP = 64;
const STEP = 22;
const BAR = 13;
const INK = "#24292f";
const GREY = "#8c959f";
const FASTER = "#2f7f86";
const SLOWER = "#b4632b";

/** Bars from the peer's time, the line at 1, to ours; shorter than the line is faster. */
export function kernelsChart(figures: readonly Figure[], mean: Figure | undefined): string {
  const rows = [...figures.filter((figure) => figure.ratio !== null)].sort((a, b) => a.ratio! - b.ratio!);
  const all = mean === undefined ? rows : [...rows, mean];
  const ratios = all.map((row) => row.ratio!);
  const low = Math.min(0.5, Math.floor(Math.min(...ratios) * 10) / 10);
  const high = Math.max(1.2, Math.ceil(Math.max(...ratios) * 10) / 10);
  // Ratios are compared by their quotients, so equal quotients are equal lengths.
  const x = (ratio: number) => LEFT + (Math.log(ratio / low) / Math.log(high / low)) * (WIDTH - LEFT - RIGHT);
  const bottom = TOP + all.length * STEP + (mean === undefined ? 0 : 10);
  const height = bottom + 34;
  const out = [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" font-family="system-ui, sans-serif" font-size="12" fill="${INK}">`,
    `<rect width="${WIDTH}" height="${height}" fill="#ffffff"/>`,
    `<text x="16" y="24" font-size="15" font-weight="600">Run time of ${rows.length} kernels, Gantry relative to Cranelift 0.135.8</text>`,
    `<text x="16" y="43" fill="${GREY}">x86-64 baseline, opt_level=none, default allocators; below 1 is faster; logarithmic scale</text>`,
  ];
  for (let tick = Math.round(low * 10); tick <= Math.round(high * 10); tick++) {
    const at = x(tick / 10).toFixed(1);
    const one = tick === 10;
    out.push(
      `<line x1="${at}" y1="${TOP - 4}" x2="${at}" y2="${bottom}" stroke="${one ? INK : "#d8dee4"}"${one ? "" : ' stroke-dasharray="2 3"'}/>`,
      `<text x="${at}" y="${bottom + 17}" text-anchor="middle" fill="${one ? INK : GREY}">${(tick / 10).toFixed(1)}</text>`,
    );
  }
  for (const [k, row] of all.entries()) {
    const isMean = row === mean;
    const y = TOP + k * STEP + (isMean ? 10 : 0);
    const [from, to] = [x(Math.min(1, row.ratio!)), x(Math.max(1, row.ratio!))];
    const weight = isMean ? ' font-weight="600"' : "";
    const middle = y + BAR / 2 + 4;
    out.push(
      `<text x="${LEFT - 10}" y="${middle}" text-anchor="end"${weight}>${row.row}</text>`,
      `<rect x="${from.toFixed(1)}" y="${y}" width="${Math.max(1, to - from).toFixed(1)}" height="${BAR}" fill="${row.ratio! > 1 ? SLOWER : FASTER}"/>`,
      `<text x="${WIDTH - 16}" y="${middle}" text-anchor="end"${weight}>${row.ratio!.toFixed(3)}</text>`,
    );
  }
  out.push("</svg>", "");
  return out.join("\n");
}
