import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { root } from "./gantry.ts";
import { addText, WorkerProcess } from "./worker/worker-client.ts";

const scratch = mkdtempSync(join(tmpdir(), "gantry-exe-"));
/** A directory with the executable and a program, and nothing else. */
const folder = join(scratch, "alone");
const gantry = join(folder, "gantry");

/** Runs the executable where nothing else can be found. */
function run(...words: string[]): string {
  const { stdout, stderr } = runBoth(...words);
  expect(stderr).toBe("");
  return stdout;
}

function runBoth(...words: string[]): { stdout: string; stderr: string } {
  const { status, stdout, stderr } = spawnSync("./gantry", words, {
    cwd: folder,
    env: {},
    encoding: "utf8",
    timeout: 60_000,
  });
  expect(`${stderr}\nstatus ${status}`).toMatch(/status 0$/);
  return { stdout, stderr };
}

describe.skipIf(process.platform !== "linux")("the single executable", () => {
  beforeAll(() => {
    mkdirSync(folder);
    const script = join(root, "packages", "cli", "scripts", "exe.ts");
    const built = spawnSync(process.execPath, [script, gantry], { encoding: "utf8" });
    expect(built.stderr.replace(/warning: .*\n/g, "")).toBe("");
    expect(built.status).toBe(0);
    copyFileSync(join(root, "examples", "fib.clif"), join(folder, "fib.clif"));
    expect(readdirSync(folder).sort()).toEqual(["fib.clif", "gantry"]);
  }, 120_000);
  afterAll(() => rmSync(scratch, { recursive: true, force: true }));

  it("says its version, which is the package's", () => {
    const { version } = JSON.parse(
      readFileSync(join(root, "packages", "cli", "package.json"), "utf8"),
    ) as Record<string, string>;
    expect(run("--version")).toBe(`gantry ${version}\n`);
  });

  it("compiles, runs and interprets", () => {
    run("compile", "fib.clif", "-o", "fib.o");
    expect(readFileSync(join(folder, "fib.o")).toString("latin1", 1, 4)).toBe("ELF");
    expect(run("run", "fib.clif", "%fib", "20")).toBe("6765\n");
    expect(run("interpret", "fib.clif", "%fib", "20")).toBe("6765\n");
  });

  it("runs test files, in processes of its own", () => {
    expect(run("test", "fib.clif")).toMatch(/^[1-9]\d* passed, 0 failed, \d skipped$/m);
  });

  it("has the parts that are loaded on demand", () => {
    expect(runBoth("compile", "fib.clif", "--trace-isle", "-o", "traced.o").stderr).toContain("rules/x64/");
    expect(run("print-cfg", "fib.clif", "--function", "%fib", "--svg", "-o", "-")).toContain("<svg");
  });

  for (const jobs of ["1", "2"]) {
    it(`serves with ${jobs} jobs, and runs functions in another process`, async () => {
      const w = new WorkerProcess(["--jobs", jobs], [gantry, "worker"], { cwd: folder, env: {} });
      expect((await w.next())!.header.type).toBe("hello");
      for (let k = 0; k < 20; k++) w.send({ id: k, type: "compile" }, addText(k));
      w.send({ id: "bad", type: "compile" }, "function");
      w.send({ id: "run", type: "run", function: "%add", args: ["1"] }, addText(41));
      const answers = new Map<unknown, Record<string, any>>();
      while (answers.size < 22) {
        const a = (await w.next())!;
        answers.set(a.header.id, a.header);
      }
      for (let k = 0; k < 20; k++) expect(answers.get(k)!.ok).toBe(true);
      expect(answers.get("bad")!.error.diagnostics[0].span.line).toBe(1);
      expect(answers.get("run")!.results).toEqual([{ type: "i64", value: "42" }]);
      expect(await w.finish()).toBe(0);
    });
  }
});
