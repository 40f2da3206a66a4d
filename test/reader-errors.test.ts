import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { READER_CODES, readFile } from "@gantry/clif-ir";
import { SourceFile } from "@gantry/diag";
import { diagnosticsOf } from "@gantry/diag/testing";
import { describe, expect, test } from "vitest";
import { root } from "./gantry.ts";

// What the reader refuses. The first line of each file says which error it must find first, and where. The files stand
// outside of `filetests` because the runner takes a file that cannot be read for a failure.

const folder = join(root, "test", "reader-errors");
const files = readdirSync(folder).map((name) => ({ name, text: readFileSync(join(folder, name), "utf8") }));

/** Code, line and column of the first error. */
function firstError(name: string, text: string): string {
  const [d] = diagnosticsOf(() => readFile(new SourceFile(name, text)));
  if (d === undefined) return "accepted";
  if (d.span === undefined) return d.code;
  const { line, column } = d.span.file.lineColumn(d.span.start);
  return `${d.code} ${line}:${column}`;
}

describe("the reader refuses", () => {
  test.each(files)("$name", ({ name, text }) => {
    const announced = /^; error: (\S+ \d+:\d+)\n/.exec(text);
    expect(announced, "the first line must be '; error: CODE LINE:COLUMN'").not.toBeNull();
    expect(firstError(name, text)).toBe(announced?.[1]);
  });
});

test("every code of the reader is in a file", () => {
  const seen = new Set(files.map(({ text }) => /^; error: (\S+)/.exec(text)?.[1]));
  const missing = Object.entries(READER_CODES).filter(([, [code]]) => !seen.has(code));
  expect(missing.map(([name, [code]]) => `${code} ${name}`)).toEqual([]);
});
