import { existsSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { gantry, hasTool, root, runTool, scratchFolder } from "../gantry.ts";

const here = join(root, "test/coff");
const folder = scratchFolder();
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const path = (name: string) => join(folder, name);

const hasClang = ["clang", "lld-link", "llvm-dlltool", "llvm-readobj", "llvm-nm"].every(hasTool);
const clang = ["--target=x86_64-pc-windows-gnu", "-O1", "-ffreestanding"];

/** Runs a tool that must have nothing to say. */
function quiet(program: string, args: readonly string[]): void {
  expect(runTool(program, args)).toMatchObject({ stdout: "", stderr: "", status: 0 });
}

/** Debian's Wine without its wrapper, or any other; undefined if there is none. */
const wine = ["/usr/lib/wine/wine64", "wine64", "wine"].find((name) => existsSync(name) || hasTool(name));

/** Runs a Windows program; the folder that Wine makes its system in is big and goes with the test's. */
function runInWine(program: string): string {
  const env = [`WINEPREFIX=${path("prefix")}`, "WINEDEBUG=-all", "WINEDLLOVERRIDES=mscoree,mshtml="];
  const run = runTool("env", [...env, "timeout", "100", wine!, program]);
  expect(run.status).toBe(0);
  return run.stdout.replaceAll("\r", "");
}

const PRINTED = ["6765", `${1 + 2 + 39 + 4 + 8 + 16}`, "7003", "39", "42", "5", "5", "31"];

describe.skipIf(!hasClang)("our COFF objects beside Clang's", () => {
  const ours = path("ours.obj");
  const theirs = path("main.obj");
  const library = path("kernel32.lib");

  beforeAll(() => {
    quiet("clang", [...clang, "-c", join(here, "main.c"), "-o", theirs]);
    const exports = "LIBRARY kernel32.dll\nEXPORTS\nExitProcess\nGetStdHandle\nWriteFile\n";
    writeFileSync(path("kernel32.def"), exports);
    quiet("llvm-dlltool", ["-m", "i386:x86-64", "-d", path("kernel32.def"), "-l", library]);
  });

  const linkers = [
    {
      linker: "lld-link",
      args: ["/entry:start", "/subsystem:console", "/nodefaultlib", theirs, ours, library, "/out:"],
    },
    {
      linker: "x86_64-w64-mingw32-ld",
      args: ["-e", "start", "--subsystem", "console", "--fatal-warnings", theirs, ours, library, "-o"],
    },
  ];
  const options = ["", "is_pic=false", "preserve_frame_pointers"];
  describe.each(linkers.filter(({ linker }) => hasTool(linker)))("$linker", ({ linker, args }) => {
    test.each(options)("links them and Wine runs the program: '%s'", (option) => {
      const set = option === "" ? [] : ["--set", option];
      const target = ["--target", "x86_64-pc-windows-msvc"];
      quiet(process.execPath, [
        join(root, "packages/cli/bin/gantry.js"),
        ...["compile", join(here, "main.clif"), "-o", ours, ...target, ...set],
      ]);
      const program = path("program.exe");
      const words = linker === "lld-link" ? [...args.slice(0, -1), `/out:${program}`] : [...args, program];
      quiet(linker, words);
      const unwind = runTool("llvm-readobj", ["--unwind", program]);
      expect(unwind).toMatchObject({ stderr: "", status: 0 });
      expect(unwind.stdout.match(/RuntimeFunction \{/g)!.length).toBeGreaterThan(3);
      if (wine !== undefined) expect(runInWine(program)).toBe(`${PRINTED.join("\n")}\n`);
    });
  });
});

/** Modules of real programs, if they are here. */
const corpus = ["lua", "quickjs", "argon2", "sourcemap"]
  .map((name) => join(root, "../shared/corpus", `${name}.clif`))
  .filter((file) => existsSync(file));

test.skipIf(!hasClang || corpus.length === 0).each(corpus)("%s as COFF", (file) => {
  const object = path("corpus.obj");
  expect(gantry(["compile", file, "-o", object, "--target", "x86_64-pc-windows-msvc"]).stderr).toBe("");
  for (const what of ["--sections", "--symbols", "-r", "--unwind"])
    expect(runTool("llvm-readobj", [what, object])).toMatchObject({ stderr: "", status: 0 });
  // Whatever it refers to is defined somewhere.
  const missing = [...runTool("llvm-nm", ["-u", object]).stdout.matchAll(/ U (\S+)/g)].map(
    ([, name]) => name,
  );
  writeFileSync(path("rest.c"), missing.map((name) => `char ${name};\n`).join(""));
  quiet("clang", [...clang, "-w", "-c", path("rest.c"), "-o", path("rest.obj")]);
  const link = ["/dll", "/noentry", "/nodefaultlib", object, path("rest.obj"), `/out:${path("corpus.dll")}`];
  quiet("lld-link", link);
});
