import { existsSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { gantry, hasTool, root, runTool, scratchFolder } from "../gantry.ts";
import { clangFlags, kernelLibrary, linksWindows, runInWine, wine } from "../wine.ts";

const here = join(root, "test/coff");
const folder = scratchFolder();
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const path = (name: string) => join(folder, name);

/** Runs a tool that must have nothing to say. */
function quiet(program: string, args: readonly string[]): void {
  expect(runTool(program, args)).toMatchObject({ stdout: "", stderr: "", status: 0 });
}

const PRINTED = ["6765", `${1 + 2 + 39 + 4 + 8 + 16}`, "7003", "39", "42", "5", "5", "31"];

describe.skipIf(!linksWindows)("our COFF objects beside Clang's", () => {
  const ours = path("ours.obj");
  const theirs = path("main.obj");
  const library = join(folder, "kernel32.lib");

  beforeAll(() => {
    quiet("clang", [...clangFlags, "-c", join(here, "main.c"), "-o", theirs]);
    kernelLibrary(folder, ["ExitProcess", "GetStdHandle", "WriteFile"]);
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
      if (wine === undefined) return;
      const run = runInWine(program, folder);
      expect(run.status).toBe(0);
      expect(run.stdout.replaceAll("\r", "")).toBe(`${PRINTED.join("\n")}\n`);
    });
  });
});

test.skipIf(!linksWindows)("a thread-local variable of a C program", () => {
  kernelLibrary(folder, ["ExitProcess"]);
  const [ours, theirs, program] = ["tls.obj", "tls-main.obj", "tls.exe"].map(path) as [
    string,
    string,
    string,
  ];
  const target = ["--target", "x86_64-pc-windows-msvc"];
  expect(gantry(["compile", join(here, "tls.clif"), "-o", ours, ...target]).stderr).toBe("");
  const flags = ["--target=x86_64-pc-windows-msvc", "-O1", "-ffreestanding", "-c"];
  quiet("clang", [...flags, join(here, "tls.c"), "-o", theirs]);
  const link = ["/entry:start", "/subsystem:console", "/nodefaultlib", theirs, ours, path("kernel32.lib")];
  quiet("lld-link", [...link, `/out:${program}`]);
  if (wine !== undefined) expect(runInWine(program, folder).status).toBe(3);
});

/** Modules of real programs, if they are here. */
const corpus = ["lua", "quickjs", "argon2", "sourcemap"]
  .map((name) => join(root, "../shared/corpus", `${name}.clif`))
  .filter((file) => existsSync(file));

test.skipIf(!linksWindows || corpus.length === 0).each(corpus)("%s as COFF", (file) => {
  const object = path("corpus.obj");
  expect(gantry(["compile", file, "-o", object, "--target", "x86_64-pc-windows-msvc"]).stderr).toBe("");
  for (const what of ["--sections", "--symbols", "-r", "--unwind"])
    expect(runTool("llvm-readobj", [what, object])).toMatchObject({ stderr: "", status: 0 });
  // Whatever it refers to is defined somewhere.
  const missing = [...runTool("llvm-nm", ["-u", object]).stdout.matchAll(/ U (\S+)/g)].map(
    ([, name]) => name,
  );
  writeFileSync(path("rest.c"), missing.map((name) => `char ${name};\n`).join(""));
  quiet("clang", [...clangFlags, "-w", "-c", path("rest.c"), "-o", path("rest.obj")]);
  const link = ["/dll", "/noentry", "/nodefaultlib", object, path("rest.obj"), `/out:${path("corpus.dll")}`];
  quiet("lld-link", link);
});
