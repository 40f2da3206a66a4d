import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { gantry, hasTool, root, runTool, scratchFolder } from "../gantry.ts";

const usable = process.platform === "linux" && process.arch === "x64" && hasTool("cc");

describe.skipIf(!usable)("conventions, stack probes and limits", () => {
  const folder = scratchFolder();
  const here = join(root, "test/conventions");
  const program = join(here, "program.clif");

  test.for([
    ["inline", "is_pic"],
    ["inline", "is_pic=false"],
    ["inline", "preserve_frame_pointers"],
    ["inline", "regalloc_algorithm=backtracking"],
    ["inline", "has_sse41 has_avx"],
    ["outline", "is_pic"],
    ["outline", "is_pic=false"],
    ["outline", "use_colocated_libcalls"],
  ] as const)("%s, %s", ([strategy, settings]) => {
    const object = join(folder, "gantry.o");
    const flags = `regalloc_checker enable_probestack probestack_strategy=${strategy} ${settings}`.split(" ");
    const ours = gantry(["compile", program, "-o", object, ...flags.flatMap((s) => ["--set", s])]);
    expect(ours.stderr).toBe("");
    const linked = join(folder, "program");
    const pie = settings === "is_pic=false" ? ["-no-pie", "-fno-pie"] : ["-pie", "-fPIE"];
    const link = ["-O1", "-w", "-pthread", ...pie, join(here, "main.c"), object, "-o", linked];
    expect(runTool("cc", link).stderr).toBe("");
    const run = runTool(linked, [strategy]);
    expect(run.stdout).toBe("18 checks, 0 failures\n");
    expect(run.status).toBe(0);
  });

  test("a leaf has no frame, and nothing keeps a frame pointer that is not asked for", () => {
    const text =
      "function %leaf(i64, i64) -> i64 system_v {\nblock0(v0: i64, v1: i64):\n v2 = iadd v0, v1\n return v2\n}\n";
    const asm = (setting: string) => gantry(["compile", "-", "--emit", "asm", "--set", setting], text).stdout;
    expect(asm("preserve_frame_pointers=false")).not.toMatch(/rbp|rsp|push/);
    expect(asm("preserve_frame_pointers")).toMatch(/pushq\t%rbp/);
  });
});
