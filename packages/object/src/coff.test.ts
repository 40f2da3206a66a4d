import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { UnwindOp } from "@gantry/codegen-core";
import { errorCode } from "@gantry/diag/testing";
import { afterAll, describe, expect, it } from "vitest";
import { big, codeOf, ELF_ONLY, fib, little, PC4, pick, through } from "../test/machines.ts";
import { ObjectBuilder } from "./object-builder.ts";

const folder = mkdtempSync(join(tmpdir(), "gantry-coff-"));
afterAll(() => rmSync(folder, { recursive: true }));

const has = (tool: string): boolean => spawnSync(tool, ["--version"]).status === 0;

/** What a tool of LLVM says of an object, which must be without complaint. */
function shown(object: ObjectBuilder, tool: string, ...args: string[]): string {
  const path = join(folder, "object.obj");
  writeFileSync(path, object.write());
  const run = spawnSync(tool, [...args, path], { encoding: "utf8", maxBuffer: 1 << 28 });
  expect(run.stderr).toBe("");
  expect(run.status).toBe(0);
  return run.stdout;
}

const LONG = "a_name_that_does_not_fit_eight_bytes";

function sample(): ObjectBuilder {
  const object = new ObjectBuilder(little, {
    format: "coff",
    fileName: "sample-with-a-long-name.clif",
    lines: { fileName: "sample.clif", directory: folder, lineOf: (_, location) => location },
  });
  const fibId = object.declareFunction("fib", "export");
  const elsewhere = object.importSymbol("elsewhere");
  object.defineFunction(fibId, fib, [fibId]);
  object.defineFunction(object.declareFunction(LONG, "export"), pick, [elsewhere]);
  object.defineFunction(object.declareFunction("helper", "local"), codeOf("31 c0 c3"));
  object.defineFunction(object.declareFunction("through", "hidden"), through, [fibId]);
  const text = object.declareData("greeting", "export");
  object.defineData(text, { bytes: new TextEncoder().encode("hello\0"), alignment: 1 });
  const pointer = object.declareData("pointer", "export");
  object.defineData(pointer, { size: 8, relocations: [{ offset: 0, symbol: text, addend: 1 }] });
  object.defineData(object.declareData("counter", "export"), { bytes: Uint8Array.of(5), writable: true });
  object.defineData(object.declareData("room", "export"), { size: 4096, writable: true, alignment: 64 });
  return object;
}

describe.skipIf(!has("llvm-readobj"))("COFF files, as LLVM sees them", () => {
  it("sections, symbols and relocations", () => {
    const out = shown(sample(), "llvm-readobj", "--file-headers", "--sections", "--symbols", "-r");
    expect(out).toContain("Machine: IMAGE_FILE_MACHINE_AMD64");
    const names = [...out.matchAll(/Number: \d+\n {4}Name: (\S+)/g)].map(([, name]) => name);
    expect(names).toEqual([
      ...[".text", ".rdata", ".rdata", ".data", ".bss"],
      // The slot that the code takes `elsewhere` from.
      ".rdata",
      ...[".pdata", ".xdata", ".debug_line", ".debug_info", ".debug_abbrev"],
    ]);
    expect(out).toMatch(/FileName: sample-with-a-long-name\.clif/);
    expect(out).toMatch(new RegExp(`Name: ${LONG}\\n.*\\n    Section: .text[^]*?ComplexType: Function`));
    expect(out).toMatch(/Name: helper\n[^}]*StorageClass: Static/);
    expect(out).toMatch(/Name: elsewhere\n[^}]*IMAGE_SYM_UNDEFINED[^}]*StorageClass: External/);
    expect(out).toMatch(/RawDataSize: 4096\n {4}PointerToRawData: 0x0\n[^}]*ALIGN_64BYTES/);
    expect(out).toMatch(/IMAGE_REL_AMD64_REL32 fib /);
    expect(out).toMatch(/IMAGE_REL_AMD64_REL32 \.rdata /);
    expect(out).toMatch(/IMAGE_REL_AMD64_ADDR64 elsewhere /);
    expect(out).toMatch(/IMAGE_REL_AMD64_SECREL \.debug_abbrev /);
  });

  it("the code, with addends in its fields", () => {
    const out = shown(sample(), "llvm-objdump", "-dr", "--no-show-raw-insn");
    expect(out).toMatch(/callq.*\n\s+\w+: {2}IMAGE_REL_AMD64_REL32\s+fib/);
    expect(out).toContain(`<${LONG}.data0>:`);
  });

  it.skipIf(!has("llvm-dwarfdump"))("the line table", () => {
    const out = shown(sample(), "llvm-dwarfdump", "--debug-line");
    expect(out).toMatch(/name: "sample\.clif"/);
    expect(out).toMatch(/0x0000000000000027\s+40 /);
  });

  it("more relocations than a header can count", () => {
    const object = new ObjectBuilder(little, { format: "coff" });
    const data = object.declareData("pointers", "export");
    const count = 70_000;
    const relocations = Array.from({ length: count }, (_, k) => ({ offset: 8 * k, symbol: data }));
    object.defineData(data, { size: 8 * count, relocations });
    const out = shown(object, "llvm-readobj", "-r");
    expect(out.match(/ADDR64 pointers/g)).toHaveLength(count);
  });

  it("a weak definition is an alias of what else defines the name", () => {
    const object = new ObjectBuilder(little, { format: "coff", fileName: "w.clif" });
    object.defineFunction(object.declareFunction("w", "weak"), codeOf("c3"));
    const out = shown(object, "llvm-readobj", "--symbols");
    expect(out).toMatch(/Name: w\n[^}]*WeakExternal[^}]*Linked: \.weak\.w\.default\.w\.clif/);
  });
});

/** The codes of one function as `llvm-readobj` prints them, the last step first. */
function codes(rows: readonly (readonly [offset: number, kind: number, a: number, b: number])[]): string[] {
  const object = new ObjectBuilder(little, { format: "coff" });
  const code = codeOf("90 ".repeat(300), { unwind: rows });
  object.defineFunction(object.declareFunction("f", "export"), code);
  const out = shown(object, "llvm-readobj", "--unwind");
  return [...out.matchAll(/0x\w\w: (\w+ .*)|Frame(\w+: .*)/g)].map(([, code, frame]) => code ?? frame!);
}

const { cfaFromSp, cfaFromRegister, save, stackPointerAt } = UnwindOp;
const RBX = 3;
const RBP = 5;
const XMM6 = 38;

describe.skipIf(!has("llvm-readobj"))("Windows unwind codes", () => {
  it("pushes and allocations of every size", () => {
    const frame = (bytes: number) =>
      codes([
        [1, cfaFromSp, 0, 16],
        [1, save, RBX, -16],
        [8, cfaFromSp, 0, 16 + bytes],
      ]);
    const none = ["Register: -", "Offset: -"];
    expect(frame(128)).toEqual([...none, "ALLOC_SMALL size=128", "PUSH_NONVOL reg=RBX"]);
    expect(frame(136)).toEqual([...none, "ALLOC_LARGE size=136", "PUSH_NONVOL reg=RBX"]);
    expect(frame(524_280)).toEqual([...none, "ALLOC_LARGE size=524280", "PUSH_NONVOL reg=RBX"]);
    expect(frame(524_288)).toEqual([...none, "ALLOC_LARGE size=524288", "PUSH_NONVOL reg=RBX"]);
  });

  it("saves, near and far", () => {
    const saves = (bytes: number) =>
      codes([
        [7, cfaFromSp, 0, 8 + bytes],
        [12, save, RBX, -16],
        [18, save, XMM6, -32],
      ]).slice(2, 4);
    expect(saves(56)).toEqual(["SAVE_XMM128 reg=XMM6, offset=0x20", "SAVE_NONVOL reg=RBX, offset=0x30"]);
    expect(saves(1_048_632)).toEqual([
      "SAVE_XMM128_FAR reg=XMM6, offset=0x100020",
      "SAVE_NONVOL_FAR reg=RBX, offset=0x100030",
    ]);
  });

  it("a frame register below all that is saved", () => {
    const rows = (more: readonly (readonly [number, number, number, number])[]) =>
      codes([
        [1, cfaFromSp, 0, 16],
        [1, save, RBP, -16],
        [4, cfaFromRegister, RBP, 16],
        [5, stackPointerAt, 0, 24],
        [5, save, RBX, -24],
        [12, stackPointerAt, 0, 128],
        ...more,
      ]);
    expect(rows([])).toEqual([
      ...["Register: RBP (0x5)", "Offset: 0x1"],
      ...["ALLOC_SMALL size=96", "SET_FPREG reg=RBP, offset=0x10", "ALLOC_SMALL size=8"],
      ...["PUSH_NONVOL reg=RBX", "PUSH_NONVOL reg=RBP"],
    ]);
    expect(rows([[17, save, XMM6, -48]])).toEqual([
      ...["Register: RBP (0x5)", "Offset: 0x2"],
      ...["SAVE_XMM128 reg=XMM6, offset=0x0"],
      ...["ALLOC_SMALL size=80", "SET_FPREG reg=RBP, offset=0x20", "ALLOC_SMALL size=24"],
      ...["PUSH_NONVOL reg=RBX", "PUSH_NONVOL reg=RBP"],
    ]);
  });

  it("long code in front of the first push is a range without codes", () => {
    const rows = [
      [270, cfaFromSp, 0, 16],
      [270, save, RBX, -16],
    ] as const;
    expect(codes(rows)).toEqual(["Register: -", "Offset: -", "PUSH_NONVOL reg=RBX"]);
  });
});

describe("what a user can get wrong", () => {
  it("ends in coded errors", () => {
    const object = new ObjectBuilder(little, { format: "coff" });
    expect(errorCode(() => object.writeImage())).toBe("OBJ0013");
    expect(errorCode(() => new ObjectBuilder(big, { format: "coff" }).write())).toBe("OBJ0014");
    const data = object.declareData("d", "export");
    object.defineData(data, { size: 8, relocations: [{ offset: 0, symbol: data, kind: ELF_ONLY }] });
    expect(errorCode(() => object.write())).toBe("OBJ0017");
    const wide = new ObjectBuilder(little, { format: "coff" });
    wide.defineData(wide.declareData("d", "export"), { size: 8, alignment: 16384 });
    expect(errorCode(() => wide.write())).toBe("OBJ0015");
    const elf = new ObjectBuilder(little);
    elf.defineFunction(
      elf.declareFunction("f", "export"),
      codeOf("e8 00 00 00 00", { relocations: [[1, 5, 0, 0]] }),
      [0],
    );
    expect(errorCode(() => elf.write())).toBe("OBJ0017");
  });

  it("a distance to another section has its end as the base", () => {
    const object = new ObjectBuilder(little, { format: "coff" });
    const f = object.declareFunction("f", "export");
    object.defineFunction(f, codeOf("48 8d 05 00 00 00 00 c3", { relocations: [[3, PC4, 0, 12]] }), [f]);
    const bytes = object.write();
    const at = new DataView(bytes.buffer).getUint32(20 + 20, true);
    expect(bytes[at + 3]).toBe(16);
  });
});
