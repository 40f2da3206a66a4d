import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { renderDiagnostic, SourceFile } from "@gantry/diag";
import { describe, expect, test } from "vitest";
import { compileUnit } from "./compile.ts";
import { Reports, Sources } from "./sources.ts";
import { formatIsle } from "./syntax/format.ts";
import { parseUnit } from "./syntax/parser.ts";
import { printDefs } from "./syntax/print.ts";
import { findCranelift, readUnit } from "./testing/cranelift.ts";
import { dumpTrees } from "./tree/dump.ts";

const cranelift = findCranelift();
const reason = "missing" in cranelift ? ` (${cranelift.missing})` : "";

describe.skipIf("missing" in cranelift)(`Cranelift's own rules${reason}`, () => {
  if ("missing" in cranelift) return;

  test.each([...cranelift.units])("%s: rule sets and trees are those of cranelift-isle", (_, paths) => {
    const unit = compileUnit({ files: readUnit(paths, "latin1"), output: {} });
    expect(unit.diagnostics.filter((d) => d.severity === "error").map((d) => renderDiagnostic(d))).toEqual(
      [],
    );
    expect(unit.text).toBeDefined();
    const wanted = execFileSync(cranelift.binary, ["trees", "dump", ...paths], {
      encoding: "latin1",
      maxBuffer: 1 << 28,
    });
    const found = dumpTrees(unit.program!, unit.sources, unit.trees);
    // Thousands of lines: a comparison of the first that differs says more than a diff of all.
    const lines = found.split("\n");
    const at = wanted.split("\n").findIndex((line, k) => line !== lines[k]);
    expect(at < 0 ? "" : lines[at]).toBe(at < 0 ? "" : wanted.split("\n")[at]);
    expect(found.length).toBe(wanted.length);
  });

  test("every file is the same after printing and after formatting", () => {
    const print = (text: string): string => {
      const reports = new Reports(new Sources([new SourceFile("x.isle", text)]));
      const printed = printDefs(parseUnit(reports));
      expect(reports.sorted()).toEqual([]);
      return printed;
    };
    expect(cranelift.files.length).toBeGreaterThanOrEqual(69);
    for (const path of cranelift.files) {
      const text = readFileSync(path, "utf8");
      const printed = print(text);
      const formatted = formatIsle(text)!;
      expect(formatIsle(formatted), path).toBe(formatted);
      expect(print(formatted), path).toBe(printed);
      expect(print(printed), path).toBe(printed);
    }
  });
});
