import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { gantry, hasTool, root, runTool, scratchFolder } from "./gantry.ts";

const scratch = scratchFolder();
const example = (name: string) => join(root, "examples", `${name}.clif`);

const small = `function %f(i32) -> i32 system_v {
block0(v0: i32):
    v1 = iadd v0, v0
    return v1
}
`;

function file(name: string, text: string): string {
  const path = join(scratch, name);
  writeFileSync(path, text);
  return path;
}

describe("gantry", () => {
  test("prints its version, and help for every command", () => {
    expect(gantry(["--version"]).stdout).toMatch(/^gantry \d+\.\d+\.\d+\n$/);
    const help = gantry(["--help"]).stdout;
    for (const name of ["compile", "run", "interpret", "test", "targets", "cat", "print-cfg", "bugpoint"]) {
      expect(help).toContain(name);
      expect(gantry([name, "--help"]).status).toBe(0);
    }
  });

  test("status 2 for a wrong command line, with the nearest word", () => {
    for (const [args, word] of [
      [["compille", "a"], "compile"],
      [["compile", "a", "--emitt", "obj"], "--emit"],
      [["compile", "a", "--emit", "exe"], "obj, asm"],
      [["compile", "a", "--stop-after", "nothing", "-o", "-"], "regalloc"],
      [["compile"], "input"],
    ] as const) {
      const run = gantry(args);
      expect([run.status, run.stdout]).toEqual([2, ""]);
      expect(run.stderr).toMatch(/^error\[CLI0001\]: /);
      expect(run.stderr).toContain(word);
    }
  });
});

describe("gantry cat", () => {
  test("prints what it reads, from standard input too", () => {
    expect(gantry(["cat", "-"], small).stdout).toBe(small);
    const once = gantry(["cat", example("sieve")]).stdout;
    expect(gantry(["cat", "-"], once).stdout).toBe(once);
  });
});

describe("gantry compile", () => {
  test("--emit gives every stage", () => {
    const emit = (kind: string) => gantry(["compile", "-", "--emit", kind, "-o", "-"], small).stdout;
    expect(emit("clif")).toBe(small);
    expect(emit("vcode")).toMatch(/^%f:\n/);
    expect(emit("regalloc")).toMatch(/^problem %f\n[\s\S]*end/);
    expect(emit("asm")).toMatch(/^f:\n[\s\S]*ret/);
    expect(emit("bytes").length).toBeGreaterThan(2);
    expect(emit("obj").slice(1, 4)).toBe("ELF");
  });

  test("names the output after the input", () => {
    const path = file("named.clif", small);
    expect(gantry(["compile", path]).status).toBe(0);
    expect(existsSync(join(scratch, "named.o"))).toBe(true);
    expect(gantry(["compile", "-"], small)).toMatchObject({ status: 2, stdout: "" });
  });

  test("gives the same bytes twice and at --check=each", () => {
    const bytes = () => gantry(["compile", example("sieve"), "--emit", "asm"]).stdout;
    const checked = gantry(["compile", example("sieve"), "--emit", "asm", "--check=each"]).stdout;
    expect(bytes()).toBe(bytes());
    expect(checked).toBe(bytes());
  });

  test("dumps, times and stops at passes", () => {
    const run = (...args: string[]) => gantry(["compile", example("fib"), "-o", "/dev/null", ...args]);
    expect(run("--dump", "lower").stderr).toContain("; %fib after lower\n");
    expect(run("--dump=all").stderr).toContain("; %fib_loop after emit\n");
    expect(run("--time-passes").stderr).toMatch(/ ms .* % +regalloc: /);
    const stopped = join(scratch, "stopped.o");
    expect(gantry(["compile", example("fib"), "-o", stopped, "--stop-after", "lower"]).status).toBe(0);
    expect(existsSync(stopped)).toBe(false);
  });

  test("reports the errors of all functions, at most a hundred", () => {
    const bad = small.replace("v1 = iadd v0, v0", "v1 = iadd.i64 v0, v0");
    const text = Array.from({ length: 150 }, (_, k) => bad.replace("%f", `%f${k}`)).join("\n");
    const run = gantry(["compile", file("many.clif", text), "-o", join(scratch, "many.o")]);
    const lines = run.stderr.split("\n").filter((line) => line.includes("error["));
    expect(run.status).toBe(1);
    expect(lines).toHaveLength(101);
    expect(lines.at(-1)).toMatch(/^error\[CLI0011\]: \.\.\. and \d+ errors more/);
  });

  test("knows the settings of the target and says which is nearest", () => {
    const run = gantry(["compile", example("fib"), "--set", "opt_levl=speed", "-o", "/dev/null"]);
    expect(run.status).toBe(1);
    expect(run.stderr).toContain("opt_level");
    const target = gantry(["compile", example("fib"), "--target", "vax", "-o", "/dev/null"]);
    expect([target.status, target.stderr]).toEqual([
      1,
      expect.stringMatching(/^error\[CLI0006\]: there is no target vax/),
    ]);
  });
});

describe("lines of an object", () => {
  const folder = scratchFolder();
  const object = join(folder, "lines.o");
  const text = join(folder, "lines.lang.clif");
  const code = "block0(v0: i64):\n@0010 v1 = iadd v0, v0\n@0011 v2 = imul v1, v0\n@0014 return v2\n";
  writeFileSync(text, `function %f(i64) -> i64 system_v {\n${code}}\n`);
  const lines = (): string[] => {
    const decoded = runTool("readelf", ["--debug-dump=decodedline", object]).stdout;
    return [...decoded.matchAll(/^(\S+) +(\d+) +0?x?[0-9a-f]+ +x$/gm)].map((m) => `${m[1]}:${m[2]}`);
  };

  test.skipIf(!hasTool("readelf"))("source locations are lines of the file that is named", () => {
    expect(gantry(["compile", text, "-o", object, "--source", "other.lang"]).stderr).toBe("");
    expect(lines()).toEqual(["other.lang:16", "other.lang:17", "other.lang:20"]);
    expect(gantry(["compile", text, "-o", object]).stderr).toBe("");
    expect(lines()[0]).toMatch(/lines\.lang:16$/);
  });
  test.skipIf(!hasTool("readelf"))("without source locations there is no line table", () => {
    const plain = join(root, "examples/fib.clif");
    expect(gantry(["compile", plain, "-o", object]).stderr).toBe("");
    expect(runTool("readelf", ["-S", object]).stdout).not.toContain(".debug");
  });
});

describe("gantry compile --target", () => {
  test.each([
    ["x86_64", 0],
    ["x86_64-unknown-linux-gnu", 0],
    ["x86_64-apple-darwin", 1],
    ["x86_64-pc-windows-msvc", 0],
  ])("%s", (triple, status) => {
    const run = gantry(["compile", "-", "--target", triple, "-o", "/dev/null"], small);
    expect(run.status).toBe(status);
    if (status === 1) expect(run.stderr).toMatch(/^error\[CLI0006\]: .*(Mach-O|COFF)/);
  });
});

describe("gantry run and interpret", () => {
  test.each(["run", "interpret"])("%s calls with arguments as people write them", (command) => {
    const path = file(
      "call.clif",
      `function %half(f64) -> f64 system_v {
block0(v0: f64):
    v1 = f64const 0x1.0p-1
    v2 = fmul v0, v1
    return v2
}
function %neg(i8, i64) -> i64, i8 system_v {
block0(v0: i8, v1: i64):
    v2 = ineg v1
    return v2, v0
}
`,
    );
    expect(gantry([command, path, "half", "3"]).stdout).toBe("0x1.8000000000000p0\n");
    expect(gantry([command, path, "half", "-0x1.0p3"]).stdout).toBe("-0x1.0000000000000p2\n");
    expect(gantry([command, path, "%neg", "-1", "-5"]).stdout).toBe("[5, -1]\n");
    expect(gantry([command, path, "neg", "1"]).stderr).toMatch(/^error\[CLI0005\]: %neg takes \(i8, i64\)/);
    expect(gantry([command, path, "neg", "300", "1"]).stderr).toMatch(/^error\[CLI0005\]: argument 1: /);
    expect(gantry([command, path, "nog", "1"]).stderr).toMatch(/^error\[CLI0004\]: .*%half, %neg/);
  });

  test("a wrong run line fails with its place", () => {
    const path = file("wrong.clif", `${small}; run: %f(1) == 3\n; run: %f(2) == 4\n`);
    for (const command of ["run", "interpret"]) {
      const run = gantry([command, path]);
      expect([run.status, run.stdout]).toEqual([1, "1 passed, 1 failed, 0 skipped\n"]);
      expect(run.stderr).toContain(`${path}:6:1: error[CLI0009]: Failed test: run: %f(1) == 3, actual: 2`);
    }
  });

  test("interpret stops when the fuel is used up", () => {
    const path = file(
      "loop.clif",
      "function %f() system_v {\nblock0:\n    jump block1\n\nblock1:\n    jump block1\n}\n",
    );
    const run = gantry(["interpret", path, "f", "--fuel", "1000"]);
    expect([run.status, run.stderr]).toEqual([1, expect.stringMatching(/error\[CLI0010\]: .*fuel/i)]);
  });
});

describe("gantry print-cfg", () => {
  test("prints graphs, and draws one", () => {
    const dot = gantry(["print-cfg", example("fib")]).stdout;
    expect(dot.match(/^digraph/gm)).toHaveLength(2);
    const svg = gantry(["print-cfg", example("fib"), "--svg", "--function", "fib_loop"]).stdout;
    expect(svg).toContain("<svg");
    expect(svg).toContain("block3");
    expect(gantry(["print-cfg", example("fib"), "--svg"]).status).toBe(2);
  });
});

describe("gantry targets", () => {
  test("lists targets and settings, as JSON too", () => {
    expect(gantry(["targets"]).stdout).toMatch(/^x86_64 .*this machine|^x86_64/m);
    expect(gantry(["targets", "x86_64"]).stdout).toContain("opt_level=none");
    const rows = gantry(["targets", "--json", "x86_64"])
      .stdout.trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(rows).toContainEqual(expect.objectContaining({ name: "is_pic", kind: "bool", default: false }));
  });
});

describe("gantry regalloc", () => {
  test("solves the problems that compile writes, and refuses what is none", () => {
    const problems = gantry(["compile", example("sieve"), "--emit", "regalloc"]).stdout;
    expect(gantry(["regalloc", "-"], problems).stdout).toBe("1 problems, 0 failed\n");
    expect(gantry(["regalloc", "-"], "problem p\nnonsense\n")).toMatchObject({ status: 1 });
  });
});

describe("gantry isle", () => {
  test("checks rules, and gives every flag to its own command", () => {
    const good = file("good.isle", "(decl pure f (u8) u8)\n(rule (f x) x)\n");
    expect(gantry(["isle", "check", good]).status).toBe(0);
    const bad = file("bad.isle", "(rule (f x) x)\n");
    const run = gantry(["isle", "check", "--json", bad]);
    expect([run.status, run.stdout + run.stderr]).toEqual([1, expect.stringMatching(/ISLE\d{4}/)]);
    expect(gantry(["isle", "chekc", bad]).status).toBe(2);
  });
});

describe("gantry bugpoint", () => {
  test("shrinks to what the failure needs", () => {
    const script = file("fails.sh", '#!/bin/sh\ngrep -q imul "$1" && exit 3\nexit 0\n');
    const run = gantry(["bugpoint", example("sieve"), "--", "sh", script, "{}"]);
    expect(run.status).toBe(0);
    expect(run.stdout).toContain("imul");
    expect(run.stdout.split("\n").length).toBeLessThan(20);
    expect(gantry(["cat", "-"], run.stdout).status).toBe(0);
  });

  test("says when there is no failure", () => {
    const run = gantry(["bugpoint", example("fib"), "--", "true"]);
    expect([run.status, run.stderr]).toEqual([1, expect.stringMatching(/^error\[CLI0007\]/)]);
  });
});

test.each([
  ["cat", example("fib")],
  ["targets", "x86_64"],
  ["test", "--verbose", join(root, "test", "filetests", "int")],
])("a pipe that is closed early is no error: %s", (...args) => {
  const command = [process.execPath, join(root, "packages", "cli", "bin", "gantry.js"), ...args].join(" ");
  const run = runTool("sh", ["-c", `${command} | head -1`]);
  expect([run.status, run.stderr]).toEqual([0, ""]);
  expect(run.stdout.trim()).not.toBe("");
});
