import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { GantryError } from "@gantry/diag";
import { expect, test } from "vitest";
import { generateUnit } from "./config.ts";

const run = fileURLToPath(new URL("../../../test/isle/run/", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "gantry-isle-"));
const files = {
  readText: (path: string) => readFileSync(path, "utf8"),
  writeText: (path: string, text: string) => writeFileSync(path, text),
};
const config = {
  files: [join(run, "kinds-of-host.isle")],
  names: ["rules/kinds.isle"],
  host: { file: join(run, "kinds-of-host.host.ts"), className: "Host" },
  output: {
    file: join(folder, "selector.ts"),
    hostImport: "./host.ts",
    trace: join(folder, "selector-trace.ts"),
    debug: join(folder, "selector-debug.ts"),
    rules: join(folder, "rules.json"),
    sourceMap: { file: join(folder, "selector.ts.map"), root: ".." },
  },
};

test("a unit is written in all its forms", () => {
  expect(generateUnit(config, files)).toEqual([]);
  const text = readFileSync(join(folder, "selector.ts"), "utf8");
  expect(text).toContain('import type { Host as Context } from "./host.ts";');
  expect(text).toContain("return 99 /* HIGH */;");
  expect(text).toMatch(/sourceMappingURL=selector\.ts\.map\n$/);
  expect(JSON.parse(readFileSync(join(folder, "selector.ts.map"), "utf8")).sources).toEqual([
    "../rules/kinds.isle",
  ]);
  expect(readFileSync(join(folder, "selector-trace.ts"), "utf8")).toContain("export const coverage");
  expect(readFileSync(join(folder, "selector-debug.ts"), "utf8")).toContain("// (rule 5 (f (triple w x b))");
  expect(JSON.parse(readFileSync(join(folder, "rules.json"), "utf8")).files).toEqual(["rules/kinds.isle"]);
});

test("what is wrong is thrown, and nothing is written", () => {
  const missing = { ...config, host: { ...config.host, className: "Hots" } };
  expect(() => generateUnit(missing, files)).toThrow(GantryError);
  const bad = {
    ...config,
    files: [join(run, "../fail/overlap.isle")],
    output: { ...config.output, file: join(folder, "bad.ts") },
  };
  expect(() => generateUnit(bad, files)).toThrow(/ISLE0302/);
  expect(() => readFileSync(join(folder, "bad.ts"))).toThrow();
});
