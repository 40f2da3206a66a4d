import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { CompiledCode } from "@gantry/codegen-core";
import { errorCode } from "@gantry/diag/testing";
import { afterAll, describe, expect, it } from "vitest";
import { big, codeOf, fib, little, PC4, pick, through } from "../test/machines.ts";
import { ObjectBuilder } from "./object-builder.ts";

const folder = mkdtempSync(join(tmpdir(), "gantry-object-"));
afterAll(() => rmSync(folder, { recursive: true }));

const has = (tool: string): boolean => spawnSync(tool, ["--version"]).status === 0;
const native = process.arch === "x64" && process.platform === "linux";
const file = (name: string, contents: Uint8Array | string): string => {
  const path = join(folder, name);
  writeFileSync(path, contents);
  return path;
};
const run = (tool: string, ...args: string[]) => {
  const result = spawnSync(tool, args, { encoding: "utf8" });
  return { out: result.stdout, complaints: result.stderr, status: result.status };
};

function sample(target = little): ObjectBuilder {
  const object = new ObjectBuilder(target, {
    fileName: "sample.clif",
    lines: { fileName: "sample.clif", directory: folder, lineOf: (_, location) => location },
  });
  const fibId = object.declareFunction("fib", "export");
  const pickId = object.declareFunction("pick", "export");
  const helper = object.declareFunction("helper", "local");
  const elsewhere = object.importSymbol("elsewhere");
  object.defineFunction(fibId, fib, [fibId]);
  object.defineFunction(pickId, pick, [elsewhere]);
  object.defineFunction(helper, codeOf("31 c0 c3"));
  const text = object.declareData("greeting", "export");
  object.defineData(text, { bytes: new TextEncoder().encode("hello\0"), alignment: 1 });
  const pointer = object.declareData("greeting_pointer", "export");
  object.defineData(pointer, { size: 8, relocations: [{ offset: 0, symbol: text, addend: 1 }] });
  object.defineData(object.declareData("counter", "export"), {
    bytes: Uint8Array.of(5, 0, 0, 0),
    writable: true,
  });
  object.defineData(object.declareData("room", "export"), { size: 4096, writable: true, alignment: 64 });
  return object;
}

describe.skipIf(!has("readelf"))("relocatable files, as readelf and objdump see them", () => {
  it.each([little, big])("$name: readelf has no complaint", (target) => {
    const path = file(`${target.name}.o`, sample(target).write());
    const { out, complaints, status } = run(
      "readelf",
      "-aW",
      "--debug-dump=decodedline,info,abbrev,frames",
      path,
    );
    expect(complaints).toBe("");
    expect(status).toBe(0);
    expect(out).toMatch(/FUNC\s+GLOBAL DEFAULT\s+1 fib\n/);
    expect(out).toMatch(/12 OBJECT\s+LOCAL\s+DEFAULT\s+1 pick\.data0\n/);
    expect(out).toMatch(/NOTYPE\s+GLOBAL DEFAULT\s+UND elsewhere\n/);
    expect(out).toContain(".note.GNU-stack");
    expect(out).toMatch(/sample\.clif\s+40\s+0x27/);
  });

  it("objdump finds instructions in the code and data in the tables", () => {
    const { out, complaints } = run("objdump", "-d", file("d.o", sample().write()));
    expect(complaints).toBe("");
    expect(out).not.toContain("(bad)");
    expect(out).toContain("<pick.data0>:");
  });
});

it.skipIf(!has("eu-elflint")).each([little, big])("$name: elflint finds nothing", (target) => {
  const path = file(`lint-${target.name}.o`, sample(target).write());
  expect(run("eu-elflint", "--gnu-ld", "--quiet", path)).toMatchObject({
    out: "",
    complaints: "",
    status: 0,
  });
});

describe.skipIf(!has("ld") || !native)("relocatable files, linked", () => {
  it("ld -r takes a file and its own output", () => {
    const path = file("r.o", sample().write());
    const once = join(folder, "r1.o");
    expect(run("ld", "-r", "-o", once, path)).toMatchObject({ complaints: "", status: 0 });
    expect(run("ld", "-r", "-o", join(folder, "r2.o"), once)).toMatchObject({ complaints: "", status: 0 });
  });

  it.skipIf(!has("cc"))("cc links with a C program that runs", () => {
    const path = file("m.o", sample().write());
    const main = file(
      "main.c",
      `#include <stdio.h>
       int fib(int), pick(int), elsewhere = 77;
       extern const char greeting[], *greeting_pointer; extern int counter; extern char room[4096];
       int main(void) {
         room[4095] = 1;
         printf("%d %d %d %d %s %s %d %d\\n", fib(20), pick(0), pick(2), pick(9), greeting, greeting_pointer, counter,
           (int) ((unsigned long) room % 64));
       }`,
    );
    for (const mode of ["-pie", "-no-pie"]) {
      const program = join(folder, `m${mode}`);
      expect(run("cc", mode, "-Wl,--fatal-warnings", "-o", program, main, path)).toMatchObject({
        complaints: "",
        status: 0,
      });
      expect(execFileSync(program, { encoding: "utf8" })).toBe("6765 10 20 77 hello ello 5 0\n");
    }
  });

  it.skipIf(!has("cc"))("the unwinder of C walks through a function", () => {
    const object = new ObjectBuilder(little);
    const walk = object.importSymbol("walk");
    for (const name of ["outer", "inner"]) object.declareFunction(name, "export");
    object.defineFunction(object.find("inner")!, through, [walk]);
    object.defineFunction(object.find("outer")!, through, [object.find("inner")!]);
    const main = file(
      "walk.c",
      `#include <stdio.h>
       #include <unwind.h>
       int outer(void), inner(void), main(void);
       static _Unwind_Reason_Code see(struct _Unwind_Context *c, void *unused) {
         unsigned long f = _Unwind_GetRegionStart(c);
         if (f == (unsigned long) inner) printf("inner ");
         if (f == (unsigned long) outer) printf("outer ");
         if (f == (unsigned long) main) printf("main\\n");
         return _URC_NO_REASON;
       }
       void walk(void) { _Unwind_Backtrace(see, 0); }
       int main(void) { outer(); return 0; }`,
    );
    const program = join(folder, "walk");
    const linked = run("cc", "-Wl,--fatal-warnings", "-o", program, main, file("walk.o", object.write()));
    expect(linked).toMatchObject({ complaints: "", status: 0 });
    expect(execFileSync(program, { encoding: "utf8" })).toBe("inner outer main\n");
  });

  it.skipIf(!has("gdb"))("gdb stops at a line of a function and unwinds from it", () => {
    const path = file("g.o", sample().write());
    const main = file("g.c", "int elsewhere; int fib(int); int main(void) { return fib(3); }");
    file("sample.clif", Array.from({ length: 60 }, (_, i) => `line ${i + 1} of the sample`).join("\n"));
    const program = join(folder, "g");
    expect(run("cc", "-o", program, main, path).complaints).toBe("");
    const { out } = run(
      "gdb",
      "-batch",
      "-nx",
      "-ex",
      "break sample.clif:40",
      "-ex",
      "run",
      "-ex",
      "bt",
      program,
    );
    expect(out).toContain("40\tline 40 of the sample");
    expect(out).toMatch(
      /#0 +(0x\w+ in )?fib .*sample\.clif:40\n#1 .*in fib .*sample\.clif:4\n#2 .*in fib .*\n#3 .*in main/,
    );
  });
});

describe("what a user can get wrong", () => {
  const ret: CompiledCode = codeOf("c3");

  it("ends in coded errors", () => {
    const object = new ObjectBuilder(little);
    const f = object.declareFunction("f", "export");
    expect(errorCode(() => object.declareFunction("f", "local"))).toBe("OBJ0001");
    expect(errorCode(() => object.declareData("f", "export"))).toBe("OBJ0002");
    object.defineFunction(f, ret);
    expect(errorCode(() => object.defineFunction(f, ret))).toBe("OBJ0003");
    expect(errorCode(() => object.defineFunction(object.declareFunction("g", "import"), ret))).toBe(
      "OBJ0004",
    );
    const h = object.declareFunction("h", "export");
    expect(errorCode(() => object.write())).toBe("OBJ0007");
    expect(errorCode(() => object.defineFunction(h, fib, []))).toBe("OBJ0005");
  });

  it("a process's address is refused in an object file, a near import in an image", () => {
    const object = new ObjectBuilder(little);
    const f = object.declareFunction("f", "export");
    const far = object.declareAddress("far", 0x1234_5678_9abc_def0n);
    object.defineFunction(f, codeOf("48 8d 05 00 00 00 00 c3", { relocations: [[3, PC4, 0, -4]] }), [far]);
    expect(errorCode(() => object.write())).toBe("OBJ0008");
    expect(errorCode(() => object.writeImage())).toBe("OBJ0011");
  });
});
