import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SourceFile } from "@gantry/diag";
import { expect, test } from "vitest";
import { codePages } from "./code-pages.table.ts";
import { type Code, codes } from "./codes.ts";
import { codePage } from "./commands/explain.ts";
import { compileUnit } from "./compile.ts";
import { readHost } from "./host/read.ts";

const folder = mkdtempSync(join(tmpdir(), "gantry-pages-"));

test.each(Object.keys(codes) as Code[])("the example of %s causes it, and nothing else is wrong", (code) => {
  const { example, host, advice } = codePages[code];
  expect(advice).toMatch(/^[A-Z(NAME].*[.)…?]$|\.\.\.$/);
  if (example === "" || code === "ISLE0401") return;
  const path = join(folder, `${code}.ts`);
  if (host !== undefined) writeFileSync(path, host);
  const unit = compileUnit({
    files: [new SourceFile("example.isle", example)],
    lints: true,
    output: {},
    ...(host === undefined ? {} : { host: readHost(path, "Host")! }),
  });
  const isLint = code >= "ISLE0500";
  const found = new Set(unit.diagnostics.filter((d) => isLint || d.severity === "error").map((d) => d.code));
  expect([...found]).toContain(code);
  expect([...found].filter((other) => other !== code && (!isLint || !["ISLE0503"].includes(other)))).toEqual(
    [],
  );
});

test("a page has an example and what is said of it", () => {
  expect(codePage("ISLE0302")).toBe(`ISLE0302 (error): Rules of one priority overlap.

For instance

    (type T (primitive T))
    (decl f (T T) T)
    (rule (f 1 _) 1)
    (rule (f _ 2) 2)

says

    example.isle:4:1: error[ISLE0302]: this rule and another of priority 0 can match the same thing
    example.isle:3:1: note: overlaps with this one
      help: give the more specific rule a higher priority

What to do: Say which rule comes first where both match: give that one a higher priority, (rule 1 ...).
`);
  for (const code of Object.keys(codes) as Code[]) {
    const { example, host } = codePages[code];
    if (example !== "" && host === undefined) expect(codePage(code)).toContain(`[${code}]: `);
    for (const line of codePage(code).split("\n")) expect(line.length).toBeLessThan(260);
  }
});
