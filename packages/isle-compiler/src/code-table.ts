import { codePages } from "./code-pages.table.ts";
import { type Code, codes, severityOf } from "./codes.ts";

/** Every code as a table for the documentation. */
export function codeTable(): string {
  const cell = (text: string): string =>
    text.replaceAll("|", "\\|").replaceAll("_", "\\_").replaceAll("*", "\\*");
  const rows = (Object.entries(codes) as [Code, string][])
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(
      ([code, meaning]) =>
        `| ${code} | ${severityOf(code)} | ${cell(meaning)} | ${cell(codePages[code].advice)} |`,
    );
  return `| code | | meaning | what to do |\n|---|---|---|---|\n${rows.join("\n")}\n`;
}
