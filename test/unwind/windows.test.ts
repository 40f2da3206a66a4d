import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { generator, program, randomSignature, windowsGcc } from "../abi/signatures.ts";
import { gantry, hasTool, root, runTool, scratchFolder } from "../gantry.ts";
import { clangFlags, kernelLibrary, linksWindows, runInWine, wine } from "../wine.ts";
import { type CoffSection, readCoff } from "./read-coff.ts";

const COUNT = 40;
const usable = process.platform === "linux" && process.arch === "x64" && hasTool("cc") && hasTool("objcopy");

const read = (path: string) => readFileSync(join(root, path), "utf8");

/** The functions of a file under the convention of Windows, which has no exceptions; C functions keep theirs. */
const forWindows = (text: string): string =>
  text
    .split(/(?<=^}\n)/m)
    .filter((part) => !part.includes("try_call"))
    .join("")
    .replaceAll(/^(?!.*%abi_touch).*system_v/gm, fastcall);
const fastcall = (line: string): string => line.replaceAll("system_v", "windows_fastcall");

/** A function to step through. */
interface Run {
  readonly name: string;
  readonly n: number;
  /** Whether return addresses stay in place. */
  readonly exact?: boolean;
  /** Whether it has the convention of Windows; otherwise that of System V. */
  readonly windows?: boolean;
  /** First argument; the address of a buffer unless given. */
  readonly first?: string;
}

/** Where .xdata is in the address space of the tables, whose code begins at 0. */
const XDATA = 0x4000_0000;

/** The tables of a COFF file as C, with relocations applied. */
function tablesInC(file: Uint8Array): string {
  const sections = readCoff(file);
  const named = (name: string): CoffSection => sections.find((s) => s.name === name)!;
  const addresses = new Map([
    [".text", 0],
    [".xdata", XDATA],
  ]);
  const resolved = (s: CoffSection): Uint8Array => {
    const bytes = s.bytes.slice();
    const view = new DataView(bytes.buffer);
    for (const { offset, type, symbol } of s.relocations) {
      expect(type).toBe(3);
      view.setUint32(offset, view.getUint32(offset, true) + addresses.get(symbol)!, true);
    }
    return bytes;
  };
  const rows = resolved(named(".pdata"));
  const words = [...new Uint32Array(rows.buffer, 0, rows.length / 4)];
  const ranges = Array.from({ length: words.length / 3 }, (_, k) => words.slice(3 * k, 3 * k + 3));
  // Ranges are sorted and do not overlap.
  for (const [k, [begin, end]] of ranges.entries()) {
    expect(begin).toBeLessThan(end!);
    if (k > 0) expect(begin).toBeGreaterThanOrEqual(ranges[k - 1]![1]!);
  }
  return [
    `enum { XDATA = ${XDATA} };`,
    "static const struct range { uint32_t begin, end, info; } pdata[] = {",
    ...ranges.map((range) => `{${range.join(", ")}},`),
    "};",
    `static const uint8_t xdata[] = {${resolved(named(".xdata")).join(",")}};`,
  ].join("\n");
}

/** Code with the fields of its relocations blanked. */
function withoutFields(code: Uint8Array, fields: readonly number[]): string {
  const bytes = Buffer.from(code);
  for (const at of fields) bytes.fill(0, at, at + 4);
  return bytes.toString("hex");
}

describe.skipIf(!usable)("Windows unwind codes lead to the caller from every instruction", () => {
  const folder = scratchFolder();
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const random = generator(7);
  const signatures = Array.from({ length: COUNT }, () => randomSignature(random, windowsGcc));
  const abi = program(signatures, random, windowsGcc);
  const file = (name: string, text: string) => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  const kernel = (name: string) =>
    forWindows(read(`bench/kernels/${name}.clif`)).replaceAll(/%(\w+)/g, `%${name}_$1`);
  const frames = read("test/unwind/frames.clif");
  const text = file(
    "all.clif",
    [
      forWindows(frames),
      // The same functions with the other convention, beside them.
      frames.replaceAll(/%(?!abi)(\w+)/g, "%system_$1"),
      forWindows(read("test/unwind/tail.clif")),
      read("test/unwind/windows.clif"),
      kernel("nqueens"),
      kernel("quicksort"),
      abi.clif,
    ].join("\n"),
  );
  const shared = [
    "leaf",
    "slot",
    "large",
    "many",
    "outgoing",
    "tail",
    "aligned",
    "all",
    "pages",
    "many_pages",
  ];
  const own = ["megabyte", "aligned_vectors", "vectors", "limited"];
  const runs: Run[] = [
    ...[...shared, ...own].map((name) => ({ name: `run_${name}`, n: 3 })),
    ...[...shared, "try"].map((name) => ({ name: `system_run_${name}`, n: 3, windows: false })),
    ...["resizing", "popped", "tail_aligned"].map((name) => ({ name: `run_${name}`, n: 3, exact: false })),
    ...[0, 1, 2, 3].map((n) => ({ name: "run_over", n, exact: false })),
    ...[0, 1, 3, 9].map((n) => ({ name: "run_exits", n })),
    { name: "nqueens_kernel", n: 4 },
    { name: "quicksort_kernel", n: 20 },
    ...signatures.map((_, k) => ({ name: `g_caller${k}`, n: 0, first: `(uint64_t)g_callee${k}` })),
  ];
  const row = ({ name, n, exact = true, windows = true, first = "0" }: Run): string =>
    `{"${name}", ${name}, {${first}, ${n}}, ${exact ? 1 : 0}, ${windows ? 1 : 0}},`;
  file(
    "program.h",
    [
      ...new Set(runs.map(({ name }) => `void ${name}(void);`)),
      ...signatures.map((_, k) => `void g_callee${k}(void);`),
      `static const struct row rows[] = {${runs.map(row).join("\n")}};`,
    ].join("\n"),
  );
  const values = abi.data.split("\n").filter((line) => line.startsWith("const uint8_t"));
  const data = file(
    "data.c",
    `#include <stdint.h>\n${values.join("\n")}\nuint8_t abi_in[4096], abi_out[4096];\n__attribute__((sysv_abi)) void abi_touch(void) {}\n`,
  );

  test.for([
    { settings: "" },
    { settings: "preserve_frame_pointers" },
    { settings: "regalloc_algorithm=backtracking" },
  ])("'$settings'", ({ settings }) => {
    const compile = (name: string, more: readonly string[]): string => {
      const words = settings.split(" ").flatMap((s) => (s === "" ? [] : ["--set", s]));
      const output = join(folder, name);
      expect(gantry(["compile", text, "-o", output, ...words, ...more]).stderr).toBe("");
      return output;
    };
    // The code that runs here comes as ELF; the tables for the same code come from COFF.
    const coff = readFileSync(compile("gantry.obj", ["--target", "x86_64-pc-windows-gnu"]));
    const windows = ["default_call_conv=windows_fastcall", "enable_probestack", "probestack_strategy=inline"];
    const object = compile("gantry.o", ["--target", "x86_64", ...windows.flatMap((word) => ["--set", word])]);
    const bytes = join(folder, "text.bin");
    expect(runTool("objcopy", ["-O", "binary", "-j", ".text", object, bytes]).stderr).toBe("");
    const code = readCoff(coff)[0]!;
    const fields = code.relocations.map(({ offset }) => offset);
    expect(withoutFields(readFileSync(bytes), fields)).toBe(withoutFields(code.bytes, fields));
    file("tables.h", tablesInC(coff));

    expect(runTool("objcopy", ["--rename-section", ".text=generated", object]).stderr).toBe("");
    const linked = join(folder, "program");
    const here = join(root, "test/unwind");
    const sources = [join(here, "harness.c"), data, object];
    const link = [
      "-O1",
      "-DVIRTUAL_UNWIND",
      `-I${folder}`,
      `-I${here}`,
      "-Wl,-z,now",
      ...sources,
      "-o",
      linked,
    ];
    expect(runTool("cc", link).stderr).toBe("");
    const run = runTool(linked, []);
    expect(run.stdout).toMatch(/^\d+ instructions, 0 failures\n$/);
    expect(run.status).toBe(0);
  });

  test.skipIf(!linksWindows || wine === undefined)("so does Wine's unwinder find it", () => {
    const path = (name: string) => join(folder, name);
    const object = path("wine.obj");
    const target = ["--target", "x86_64-pc-windows-gnu"];
    expect(gantry(["compile", text, "-o", object, ...target]).stderr).toBe("");
    const size = `-DGENERATED_BYTES=${readCoff(readFileSync(object))[0]!.bytes.length}`;
    const clang = (source: string, output: string) => {
      const flags = [...clangFlags, `-I${folder}`, "-DGENERATED=run_leaf", size, "-c", source];
      expect(runTool("clang", [...flags, "-o", output])).toMatchObject({ stderr: "", status: 0 });
      return output;
    };
    const exported = ["ExitProcess", "GetStdHandle", "WriteFile"];
    const unwinder = ["AddVectoredExceptionHandler", "RtlLookupFunctionEntry", "RtlVirtualUnwind"];
    const library = kernelLibrary(folder, [...exported, ...unwinder]);
    const objects = [
      clang(join(root, "test/unwind/wine.c"), path("main.obj")),
      clang(data, path("data.obj")),
    ];
    const options = ["/entry:start", "/subsystem:console", "/nodefaultlib", "/stack:8388608,8388608"];
    const program = path("wine.exe");
    const linked = runTool("lld-link", [...options, ...objects, object, library, `/out:${program}`]);
    expect(linked).toMatchObject({ stdout: "", stderr: "", status: 0 });
    expect(runInWine(program, folder).stdout).toMatch(/^\d+ instructions, 0 failures\n$/);
  });
});
