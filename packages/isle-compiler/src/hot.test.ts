import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { SourceFile } from "@gantry/diag";
import { expect, test } from "vitest";
import { compileUnit } from "./compile.ts";
import { findCranelift, readUnit } from "./testing/cranelift.ts";
import { optimise } from "./testing/stub-host.ts";

const cranelift = findCranelift();
const suite = fileURLToPath(new URL("../../../test/isle/run/", import.meta.url));

test("the functions of small units reach V8's optimiser", () => {
  for (const name of readdirSync(suite).filter((file) => file.endsWith(".isle"))) {
    const files = [new SourceFile(name, readFileSync(suite + name, "utf8"))];
    const { optimised, slow, refused } = optimise(compileUnit({ files, output: {} }).text!);
    expect([name, slow, refused]).toEqual([name, [], []]);
    expect(optimised).toBeGreaterThan(0);
  }
});

test.skipIf("missing" in cranelift)(
  "every function of Cranelift's units reaches it, and it refuses none",
  () => {
    if ("missing" in cranelift) return;
    for (const [name, paths] of cranelift.units) {
      const { text } = compileUnit({ files: readUnit(paths), output: {} });
      const { optimised, slow, refused } = optimise(text!);
      expect([name, slow, refused]).toEqual([name, [], []]);
      expect(optimised).toBe(text!.match(/^(export )?function /gm)!.length);
    }
  },
  60_000,
);
