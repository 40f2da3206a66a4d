/** The run tests once more at each level of processors, with both allocators and their checker. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { x64 } from "@gantry/isa-x64";
import { nativeFeatures } from "@gantry/jit";
import { expect, test } from "vitest";
import { gantry, root } from "./gantry.ts";

const folders = [join(root, "test", "filetests"), join(root, "..", "shared", "clif-runtests")].filter((f) =>
  existsSync(f),
);
const has = new Set(nativeFeatures(x64));

const levels = ["x86-64", "x86-64-v2", "x86-64-v3", "native"];
const allocators = ["linear", "backtracking"];

/** The first feature of a preset that this machine lacks. */
function missing(level: string): string | undefined {
  const preset = x64.settings.presets.find((p) => p.name === level);
  return preset?.enables.find((name) => !has.has(name));
}

for (const level of process.arch === "x64" ? levels : []) {
  const lacks = missing(level);
  for (const allocator of allocators) {
    const name = `${level}, ${allocator}${lacks === undefined ? "" : `: this machine has no ${lacks}`}`;
    test.skipIf(lacks !== undefined)(name, () => {
      const settings = [level, `regalloc_algorithm=${allocator}`, "regalloc_checker=true"];
      const { status, stdout } = gantry([
        "test",
        ...folders,
        "--target",
        "x86_64",
        ...settings.flatMap((s) => ["--set", s]),
      ]);
      expect(stdout.match(/^FAIL .*$/gm) ?? []).toEqual([]);
      expect(status).toBe(0);
      const [, passed] = /(\d+) passed, 0 failed, \d+ skipped\s*$/.exec(stdout) ?? [];
      expect(Number(passed)).toBeGreaterThan(500);
    });
  }
}
