import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { gantry, hasTool, root, runTool, scratchFolder } from "../gantry.ts";

const usable = process.platform === "linux" && process.arch === "x64" && hasTool("cc");

describe.skipIf(!usable)("a runtime in C throws through generated code", () => {
  const folder = scratchFolder();
  const here = join(root, "test/exceptions");

  test.for([
    "preserve_frame_pointers=false",
    "preserve_frame_pointers",
    "regalloc_algorithm=backtracking",
    "regalloc_algorithm=backtracking preserve_frame_pointers",
    "is_pic=false",
  ])("%s", (settings) => {
    const object = join(folder, "gantry.o");
    const flags = ["regalloc_checker", ...settings.split(" ")].flatMap((s) => ["--set", s]);
    const ours = gantry(["compile", join(here, "program.clif"), "-o", object, ...flags]);
    expect(ours.stderr).toBe("");
    const linked = join(folder, "program");
    const kind = settings === "is_pic=false" ? "-no-pie" : "-pie";
    const link = runTool("cc", ["-O1", "-fPIE", kind, join(here, "runtime.c"), object, "-o", linked]);
    expect(link.stderr).toBe("");
    const run = runTool(linked, []);
    expect(run.stdout).toBe("73 checks, 0 failures\n");
    expect(run.status).toBe(0);
  });
});
