import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { hasTool, root } from "../gantry.ts";
import { workerCommand } from "./worker-client.ts";

const env = { ...process.env, GANTRY_WORKER: workerCommand.join(" ") };

function go(folder: string, ...args: string[]): void {
  const run = spawnSync("go", args, { cwd: join(root, folder), env, encoding: "utf8" });
  expect(`${run.stdout}${run.stderr}`.includes("FAIL"), `${run.stdout}${run.stderr}`).toBe(false);
  expect(run.status, `${run.stdout}${run.stderr}`).toBe(0);
}

describe.skipIf(!hasTool("go"))("clients/go (needs go)", () => {
  it("is vetted", () => go("clients/go", "vet", "./..."));
  it("passes its tests", () => go("clients/go", "test", "-count=1", "./..."), 300_000);
  it.skipIf(!hasTool("gcc"))(
    "has no data races",
    () => go("clients/go", "test", "-count=1", "-race", "./..."),
    300_000,
  );
  it(
    "compiles the programs of examples/mochi-go",
    () => go("examples/mochi-go", "test", "-count=1", "./..."),
    300_000,
  );
});

describe.skipIf(!hasTool("python3"))("clients/python (needs python3)", () => {
  it("compiles, runs, traps and reports", () => {
    const script = `
import sys
sys.path.insert(0, ${JSON.stringify(join(root, "clients", "python"))})
from gantry import GantryError, Trap, Worker
DIV = """function %div(i32, i32) -> i32 system_v {
block0(v0: i32, v1: i32):
    v2 = udiv v0, v1
    return v2
}"""
with Worker(${JSON.stringify(workerCommand)}) as w:
    assert w.run(DIV, "%div", ["84", "2"]) == [("i32", "42")]
    try:
        w.run(DIV, "%div", ["1", "0"])
        assert False
    except Trap as t:
        assert t.args[0]["code"] == "int_divz"
    try:
        w.compile("function %f( {", output="asm")
        assert False
    except GantryError as e:
        assert e.diagnostics[0]["span"]["line"] == 1
    data, functions = w.compile(DIV)
    assert data[:4] == b"\\x7fELF" and functions == [{"name": "%div"}]
    assert w.stats()["requests"] == 5
print("ok")
`;
    const run = spawnSync("python3", ["-c", script], { encoding: "utf8" });
    expect(run.stdout + run.stderr).toBe("ok\n");
  });
});
