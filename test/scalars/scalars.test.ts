/** Scalar operations without an instruction of their own against the C compiler's arithmetic on the same types. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { gantry, hasTool, root, runTool, scratchFolder } from "../gantry.ts";
import { clifText, cText, operations } from "./operations.ts";

const here = join(root, "test", "scalars");
const usable = process.platform === "linux" && process.arch === "x64" && hasTool("cc");
const cpu = usable ? readFileSync("/proc/cpuinfo", "utf8") : "";

describe.skipIf(!usable)("f16, f128 and i128 as C computes them", () => {
  const folder = scratchFolder();
  const path = (name: string): string => join(folder, name);
  test("the C compiler knows the types", () => {
    writeFileSync(path("scalars.clif"), clifText());
    writeFileSync(path("main.c"), cText());
    const args = ["-O1", "-w", `-I${here}`, "-c", path("main.c"), "-o", path("main.o")];
    expect(runTool("cc", args)).toMatchObject({ status: 0, stderr: "" });
  });
  const levels = ["", "regalloc_algorithm=backtracking", "has_f16c", "haswell has_f16c has_movbe", "is_pic"];
  test.for(levels.filter((l) => !l.includes("f16c") || / f16c /.test(cpu)))("'%s'", (settings) => {
    const words = settings.split(" ").flatMap((s) => (s === "" ? [] : ["--set", s]));
    const compiled = gantry(["compile", path("scalars.clif"), "-o", path("scalars.o"), ...words]);
    expect(compiled).toMatchObject({ status: 0, stderr: "" });
    // What the object wants is in libgcc, which the compiler adds, and in libm.
    const link = [path("main.o"), path("scalars.o"), "-lm", "-o", path("program")];
    expect(runTool("cc", link)).toMatchObject({ status: 0, stderr: "" });
    const { stdout } = runTool(path("program"), []);
    expect(stdout).toMatch(new RegExp(`^${operations.length} functions, \\d+ calls, 0 failures\n$`));
    expect(Number(/, (\d+) calls/.exec(stdout)?.[1])).toBeGreaterThan(300_000);
  });
});
