import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { gantry, hasTool, root, runTool, scratchFolder } from "./gantry.ts";

// CLIF as a WebAssembly engine's front end makes it: everything compiles, and the system's tools have no complaint.

const corpus = join(root, "..", "shared", "corpus");
const scratch = scratchFolder();
const binutils = ["readelf", "objdump", "ld"].every(hasTool);

describe.skipIf(!existsSync(corpus))("corpus", () => {
  describe.each(["argon2", "sourcemap", "lua", "quickjs"])("%s", (name) => {
    const input = join(corpus, `${name}.clif`);
    const object = join(scratch, `${name}.o`);

    test("compiles to an object without a diagnostic", () => {
      const run = gantry(["compile", input, "-o", object]);
      expect([run.status, run.stdout, run.stderr.slice(0, 2000)]).toEqual([0, "", ""]);
      expect(statSync(object).size).toBeGreaterThan(10_000);
    });

    test.skipIf(!binutils)("satisfies readelf, objdump and ld -r", () => {
      const read = runTool("readelf", ["-aW", object]);
      expect([read.status, read.stderr]).toEqual([0, ""]);
      expect(read.stdout).not.toMatch(/<corrupt|<unknown|: Warning|: Error/i);
      const dump = runTool("objdump", ["-d", object]);
      expect(dump.status).toBe(0);
      expect(dump.stdout.split("\n").filter((line) => line.includes("(bad)"))).toEqual([]);
      const linked = runTool("ld", ["-r", "-o", `${object}.r`, object]);
      expect([linked.status, linked.stderr]).toEqual([0, ""]);
    });

    test("passes the allocation checker and gives the same bytes", () => {
      const checked = `${object}.checked`;
      const run = gantry(["compile", input, "-o", checked, "--set", "regalloc_checker"]);
      expect([run.status, run.stderr.slice(0, 2000)]).toEqual([0, ""]);
      expect(runTool("cmp", [object, checked]).stdout).toBe("");
    });
  });
});
