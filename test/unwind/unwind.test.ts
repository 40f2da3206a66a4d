import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { generator, program, randomSignature } from "../abi/signatures.ts";
import { gantry, hasTool, root, runTool, scratchFolder } from "../gantry.ts";

const COUNT = 40;
const usable = process.platform === "linux" && process.arch === "x64" && hasTool("cc") && hasTool("objcopy");

/** A function to step through: its name, the second argument, and whether return addresses stay in place. */
interface Run {
  readonly name: string;
  readonly n: number;
  readonly exact: boolean;
  /** First argument; the address of a buffer unless given. */
  readonly first?: string;
}

const read = (path: string) => readFileSync(join(root, path), "utf8");
const kernel = (name: string) =>
  read(`bench/kernels/${name}.clif`).replaceAll(
    /%(\w+)/g,
    (_, f: string) => `%${name.replace("-", "_")}_${f}`,
  );

describe.skipIf(!usable)("libgcc walks the stack from every instruction", () => {
  const folder = scratchFolder();
  const random = generator(7);
  const signatures = Array.from({ length: COUNT }, () => randomSignature(random));
  const abi = program(signatures, random);
  const file = (name: string, text: string) => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  const text = file(
    "all.clif",
    [
      read("test/unwind/frames.clif"),
      read("test/unwind/tail.clif"),
      kernel("nqueens"),
      kernel("quicksort"),
      abi.clif,
    ].join("\n"),
  );
  const runs: Run[] = [
    ...[
      ...["leaf", "slot", "large", "many", "outgoing", "tail", "resizing", "popped"],
      ...["aligned", "all", "try", "pages", "many_pages", "tail_aligned"],
    ].map((name) => ({
      name: `run_${name}`,
      n: 3,
      exact: name !== "resizing" && name !== "popped" && name !== "tail_aligned",
    })),
    ...[0, 1, 3, 9].map((n) => ({ name: "run_exits", n, exact: true })),
    { name: "nqueens_kernel", n: 4, exact: true },
    { name: "quicksort_kernel", n: 20, exact: true },
    ...signatures.map((_, k) => ({
      name: `g_caller${k}`,
      n: 0,
      exact: true,
      first: `(uint64_t)g_callee${k}`,
    })),
  ];
  file(
    "program.h",
    [
      ...new Set(runs.map(({ name }) => `void ${name}(void);`)),
      ...signatures.map((_, k) => `void g_callee${k}(void);`),
      "static const struct row rows[] = {",
      ...runs.map(
        ({ name, n, exact, first }) => `{"${name}", ${name}, {${first ?? "0"}, ${n}}, ${exact ? 1 : 0}},`,
      ),
      "};",
    ].join("\n"),
  );
  // Of the C side of the signatures only the values are wanted, and somebody who destroys registers.
  const values = abi.data.split("\n").filter((line) => line.startsWith("const uint8_t"));
  const data = file(
    "data.c",
    `#include <stdint.h>\n${values.join("\n")}\nuint8_t abi_in[4096], abi_out[4096];\nvoid abi_touch(void) {}\n`,
  );

  test.for([
    { settings: "preserve_frame_pointers" },
    { settings: "preserve_frame_pointers=false" },
    { settings: "enable_probestack probestack_strategy=inline" },
    { settings: "enable_probestack probestack_strategy=inline preserve_frame_pointers" },
    { settings: "regalloc_algorithm=single_pass" },
    { settings: "regalloc_algorithm=backtracking preserve_frame_pointers=false" },
  ])("$settings", ({ settings }) => {
    const object = join(folder, "gantry.o");
    const ours = gantry(["compile", text, "-o", object, ...settings.split(" ").flatMap((s) => ["--set", s])]);
    expect(ours.stderr).toBe("");
    expect(runTool("objcopy", ["--rename-section", ".text=generated", object]).stderr).toBe("");
    const linked = join(folder, "program");
    const harness = join(root, "test/unwind/harness.c");
    const link = ["-O1", `-I${folder}`, "-Wl,-z,now", harness, data, object, "-o", linked];
    expect(runTool("cc", link).stderr).toBe("");
    const run = runTool(linked, []);
    expect(run.stdout).toMatch(/^\d+ instructions, 0 failures\n$/);
    expect(run.status).toBe(0);
  });
});
