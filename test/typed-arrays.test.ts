import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { root, scratchFolder } from "./gantry.ts";
import { frameOf } from "./worker/worker-client.ts";

// As long as no buffer of a process has been detached (transferred, or a WebAssembly memory grown), V8 leaves out the test
// for that at every access to a typed array; afterwards, compiling takes 1.08 of the time.

const gantry = join(root, "packages", "cli", "bin", "gantry.js");

test("no buffer is detached by the commands", () => {
  const folder = scratchFolder();
  const source = "function %f(i32) -> i32 {\nblock0(v0: i32):\n    v1 = iadd v0, v0\n    return v1\n}\n";
  writeFileSync(join(folder, "f.clif"), source);
  const requests = Array.from({ length: 8 }, (_, id) =>
    frameOf({ id, type: "compile", target: "x86_64", emit: "obj" }, source),
  );
  const commands: readonly (readonly [readonly string[], Buffer?])[] = [
    [["compile", join(folder, "f.clif"), "-o", join(folder, "f.o")]],
    [["interpret", join(folder, "f.clif"), "f", "2"]],
    [["worker"], Buffer.concat(requests)],
    [["worker", "--jobs", "2"], Buffer.concat(requests)],
  ];
  for (const [words, input] of commands) {
    const run = spawnSync(process.execPath, ["--trace-protector-invalidation", gantry, ...words], { input });
    expect(run.status, words.join(" ")).toBe(0);
    expect(run.stdout.toString("latin1"), words.join(" ")).not.toContain("ArrayBufferDetaching");
  }
  const detach = "const b = new ArrayBuffer(8); structuredClone(b, { transfer: [b] })";
  const control = spawnSync(process.execPath, ["--trace-protector-invalidation", "-e", detach]);
  expect(control.stdout.toString()).toContain("ArrayBufferDetaching");
});
