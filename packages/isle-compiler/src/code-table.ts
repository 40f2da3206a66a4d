import { type Code, codes, severityOf } from "./codes.ts";

/** Every code as a table for the documentation. */
export function codeTable(): string {
  const rows = (Object.entries(codes) as [Code, string][])
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([code, meaning]) => `| ${code} | ${severityOf(code)} | ${meaning} |`);
  return `| code | | meaning |\n|---|---|---|\n${rows.join("\n")}\n`;
}
