import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { gantry, hasTool, root, runTool, scratchFolder } from "../gantry.ts";
import {
  type Dialect,
  generator,
  type Program,
  program,
  randomSignature,
  systemV,
  windowsClang,
  windowsGcc,
} from "./signatures.ts";

const SEED = 20;
const COUNT = 400;
const here = join(root, "test/abi");
const usable = process.platform === "linux" && process.arch === "x64" && hasTool("cc");
const hasClang = hasTool("clang") && hasTool("objcopy") && hasTool("llvm-nm") && hasTool("llvm-readobj");

/** Random signatures of a dialect, written to a folder. */
class Side {
  readonly folder = scratchFolder();
  readonly program: Program;

  constructor(dialect: Dialect) {
    const random = generator(SEED);
    const signatures = Array.from({ length: COUNT }, () => randomSignature(random, dialect));
    this.program = program(signatures, random, dialect);
    this.file("side.c", this.program.c);
    this.file("data.c", this.program.data);
    this.file("side.clif", this.program.clif);
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  file(name: string, text: string): string {
    writeFileSync(this.path(name), text);
    return this.path(name);
  }

  /** Runs a tool that has nothing to say. */
  tool(name: string, args: readonly string[]): void {
    expect(runTool(name, args)).toMatchObject({ stderr: "", status: 0 });
  }

  /** Compiles our side with `settings`, links it with the C side and lets all pairs call each other. */
  run(cSide: string, settings: string, flags: readonly string[]): void {
    const object = this.path("gantry.o");
    const words = settings.split(" ").flatMap((setting) => (setting === "" ? [] : ["--set", setting]));
    expect(gantry(["compile", this.path("side.clif"), "-o", object, ...words]).stderr).toBe("");
    const linked = this.path("program");
    const sources = [join(here, "main.c"), this.path("data.c")];
    // The values are written once as bytes of a type that the program knows better.
    this.tool("cc", ["-O2", "-w", `-I${here}`, ...flags, ...sources, cSide, object, "-o", linked]);
    expect(runTool(linked, []).stdout).toBe(`${4 * COUNT} calls, 0 failures\n`);
  }
}

describe.skipIf(!usable)("System V calls between our code and the C compiler's", () => {
  const side = new Side(systemV);
  test.for([
    { level: "-O2", settings: "" },
    { level: "-O0", settings: "regalloc_algorithm=single_pass" },
    { level: "-O2", settings: "preserve_frame_pointers" },
  ])("$level, '$settings'", ({ level, settings }) => {
    side.tool("cc", [level, "-w", `-I${here}`, "-c", side.path("side.c"), "-o", side.path("c.o")]);
    side.run(side.path("c.o"), settings, []);
  });
});

const windowsSettings = [
  { settings: "" },
  { settings: "regalloc_algorithm=backtracking" },
  { settings: "preserve_frame_pointers" },
];

describe.skipIf(!usable || !hasClang)("Windows calls between our code and Clang's for Windows", () => {
  const side = new Side(windowsClang);
  let blob = "";
  // The functions of Clang's object as bytes, and their names in an assembly file.
  beforeAll(() => {
    const object = side.path("clang.obj");
    const flags = ["--target=x86_64-pc-windows-gnu", "-O1", "-ffreestanding", "-w", `-I${here}`];
    side.tool("clang", [...flags, "-c", side.path("side.c"), "-o", object]);
    const relocations = runTool("llvm-readobj", ["-r", object]).stdout;
    expect(relocations).not.toMatch(/Section \(\d+\) \.(text|data|rdata) /);
    side.tool("objcopy", ["-O", "binary", "-j", ".text", object, side.path("clang.bin")]);
    const symbols = [...runTool("llvm-nm", [object]).stdout.matchAll(/^(\w+) T (c_\w+)$/gm)];
    expect(symbols.length).toBe(2 * COUNT);
    blob = side.file(
      "blob.s",
      [
        `.text\n.balign 16\nblob: .incbin "${side.path("clang.bin")}"`,
        ...symbols.map(([, at, name]) => `.globl ${name}\n.set ${name}, blob + 0x${at}`),
        '.section .note.GNU-stack,"",@progbits\n',
      ].join("\n"),
    );
  });
  test.for(windowsSettings)("'$settings'", ({ settings }) => {
    side.run(blob, settings, ["-DWINDOWS_FASTCALL"]);
  });
});

describe.skipIf(!usable)("Windows calls between our code and GCC's", () => {
  const side = new Side(windowsGcc);
  test.for(windowsSettings)("'$settings'", ({ settings }) => {
    side.tool("cc", ["-O1", "-w", `-I${here}`, "-c", side.path("side.c"), "-o", side.path("c.o")]);
    side.run(side.path("c.o"), settings, ["-DWINDOWS_FASTCALL"]);
  });
});
