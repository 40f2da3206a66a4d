import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { gantry, hasTool, root, runTool, scratchFolder } from "../gantry.ts";
import { generator, program, randomSignature } from "./signatures.ts";

const SEED = 20;
const COUNT = 400;
const usable = process.platform === "linux" && process.arch === "x64" && hasTool("cc");

describe.skipIf(!usable)("System V calls between our code and the C compiler's", () => {
  const folder = scratchFolder();
  const random = generator(SEED);
  const { c, clif } = program(
    Array.from({ length: COUNT }, () => randomSignature(random)),
    random,
  );
  const source = join(folder, "side.c");
  const text = join(folder, "side.clif");
  writeFileSync(source, c);
  writeFileSync(text, clif);
  const cObject = join(folder, "c.o");
  const here = join(root, "test/abi");

  test.for([
    ["-O2", []],
    ["-O0", ["regalloc_algorithm=single_pass"]],
    ["-O2", ["preserve_frame_pointers"]],
  ] as const)("%s and %j", ([level, settings]) => {
    const compiled = runTool("cc", [level, "-w", `-I${here}`, "-c", source, "-o", cObject]);
    expect(compiled.stderr).toBe("");
    const object = join(folder, "gantry.o");
    const flags = settings.flatMap((setting) => ["--set", setting]);
    const ours = gantry(["compile", text, "-o", object, ...flags]);
    expect(ours.stderr).toBe("");
    const linked = join(folder, "program");
    const link = runTool("cc", ["-O2", `-I${here}`, join(here, "main.c"), cObject, object, "-o", linked]);
    expect(link.stderr).toBe("");
    const run = runTool(linked, []);
    expect(run.stdout).toBe(`${4 * COUNT} calls, 0 failures\n`);
  });
});
