import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type CompiledCode, RELOCATION_WORDS } from "@gantry/codegen-core";
import { x64 } from "@gantry/isa-x64";
import { describe, expect, test } from "vitest";
import { compileText } from "../compile-text.ts";
import { gantry, hasTool, root, runTool, scratchFolder } from "../gantry.ts";

const here = join(root, "test/threads");
const native = process.platform === "linux" && process.arch === "x64" && hasTool("cc");
const algorithms = ["linear", "backtracking"];

describe.skipIf(!native)("native", () => {
  const folder = scratchFolder();
  const object = join(folder, "gantry.o");
  const linked = join(folder, "program");
  const compile = (file: string, ...settings: string[]) => {
    const flags = ["regalloc_checker", ...settings].flatMap((s) => ["--set", s]);
    expect(gantry(["compile", join(here, file), "-o", object, ...flags]).stderr).toBe("");
  };
  const run = (...flags: string[]) => {
    expect(runTool("cc", ["-O1", "-pthread", ...flags, "-o", linked]).stderr).toBe("");
    return runTool(linked, []).stdout;
  };

  test.for(algorithms)("thread-local variables in a program, %s", (algorithm) => {
    compile("tls.clif", "tls_model=elf_gd", `regalloc_algorithm=${algorithm}`);
    // The linker replaces the calls of __tls_get_addr.
    expect(run("-pie", "-fPIE", join(here, "tls.c"), object)).toBe("1 1\n");
  });
  test("thread-local variables in a shared object, from another", () => {
    compile("tls.clif", "tls_model=elf_gd");
    const library = join(folder, "libours.so");
    expect(runTool("cc", ["-shared", object, "-o", library]).stderr).toBe("");
    expect(run("-fPIC", join(here, "tls.c"), library, `-Wl,-rpath,${folder}`, "-rdynamic")).toBe("1 1\n");
  });
  test.for(algorithms)("two stacks, %s", (algorithm) => {
    for (const setting of ["preserve_frame_pointers", "preserve_frame_pointers=false"]) {
      compile("switch.clif", "stack_switch_model=basic", `regalloc_algorithm=${algorithm}`, setting);
      expect(run(join(here, "switch.c"), object)).toBe("1 1000\n");
    }
  });
});

const relocationNames = (code: CompiledCode): string[] => {
  const names: string[] = [];
  for (let i = 1; i < code.relocations.length; i += RELOCATION_WORDS)
    names.push(x64.objects.relocations[code.relocations.at(i)]!.name);
  return names;
};

const tlsText =
  "function %f() -> i64 system_v {\n gv0 = symbol tls %v\nblock0:\n v0 = tls_value.i64 gv0\n return v0\n}\n";

interface Form {
  readonly triple: string;
  readonly assembly: string;
  readonly kinds: readonly string[];
}

const forms: Readonly<Record<string, Form>> = {
  elf_gd: {
    triple: "x86_64-linux-gnu",
    assembly: `data16
      leaq v@TLSGD(%rip), %rdi
      data16
      data16
      rex64
      callq __tls_get_addr@PLT`,
    kinds: ["R_X86_64_TLSGD", "R_X86_64_PLT32"],
  },
  macho: {
    triple: "x86_64-apple-darwin",
    assembly: "movq v@TLVP(%rip), %rdi\ncallq *(%rdi)",
    kinds: ["X86_64_RELOC_TLV"],
  },
  coff: {
    triple: "x86_64-pc-windows-msvc",
    assembly: `movl _tls_index(%rip), %eax
      movq %gs:88, %rcx
      movq (%rcx,%rax,8), %rax
      leaq v@SECREL32(%rax), %rax`,
    kinds: ["IMAGE_REL_AMD64_REL32", "IMAGE_REL_AMD64_SECREL"],
  },
};
/** Kinds that other formats than ours of the same relocation have. */
const same: Readonly<Record<string, string>> = { R_X86_64_PC32: "IMAGE_REL_AMD64_REL32" };

describe.skipIf(!hasTool("llvm-mc") || !hasTool("llvm-objcopy"))("the same bytes as llvm-mc", () => {
  const folder = scratchFolder();
  const assemble = (triple: string, assembly: string): string => {
    const source = join(folder, "t.s");
    const object = join(folder, "t.o");
    writeFileSync(source, `.text\n${assembly}\n`);
    expect(runTool("llvm-mc", [`-triple=${triple}`, "-filetype=obj", source, "-o", object]).stderr).toBe("");
    return object;
  };
  const textOf = (object: string, section: string): string => {
    const binary = join(folder, "t.bin");
    expect(
      runTool("llvm-objcopy", ["-O", "binary", `--only-section=${section}`, object, binary]).stderr,
    ).toBe("");
    return readFileSync(binary).toString("hex");
  };

  test.for(Object.keys(forms))("thread-local symbol, %s", (model) => {
    const { triple, assembly, kinds } = forms[model]!;
    const code = compileText(tlsText, [`tls_model=${model}`]);
    const object = assemble(triple, assembly);
    const listing = runTool("llvm-objdump", ["-r", object]).stdout;
    for (const kind of kinds) expect(listing).toContain(kind);
    expect(relocationNames(code).map((name) => (model === "coff" ? (same[name] ?? name) : name))).toEqual(
      kinds,
    );
    const bytes = Buffer.from(code.toBytes()).toString("hex");
    // llvm-objcopy takes sections out of ELF files only.
    if (model === "elf_gd") expect(bytes).toContain(textOf(object, ".text"));
    else if (model === "coff") {
      const withoutReturn = bytes.slice(0, 2 * code.codeLength - 2);
      expect(readFileSync(object).toString("hex")).toContain(withoutReturn);
    } else {
      const plain = assemble("x86_64-linux-gnu", "movq v(%rip), %rdi\ncallq *(%rdi)");
      expect(bytes).toContain(textOf(plain, ".text"));
    }
  });

  test("fields of the thread environment block", () => {
    const text =
      "function %f(i64, i64, i64) -> i64 system_v {\nblock0(v0: i64, v1: i64, v2: i64):\n v3 = stack_switch.i64 v0, v1, v2\n return v3\n}\n";
    const code = compileText(text, ["stack_switch_model=update_windows_tib"]);
    const lines = ["0x8", "0x10", "0x1478"].map(
      (field, k) =>
        `movq ${24 + 8 * k}(%rdx), %r10\n movq %gs:${field}, %r11\n movq %r11, ${24 + 8 * k}(%rsi)\n movq %r10, %gs:${field}`,
    );
    const expected = textOf(assemble("x86_64-linux-gnu", lines.join("\n")), ".text");
    expect(Buffer.from(code.toBytes()).toString("hex")).toContain(expected);
  });
});
