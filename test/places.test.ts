import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { buildPackage, copyRepository, packageEntry, root, runTool, scratchFolder } from "./gantry.ts";

// A fact has one home. Each of these additions is made in a copy of the repository, by editing the files that are listed
// and no others; what follows from the edit is then tried out in the copy.

interface Edit {
  readonly file: string;
  /** The text is put behind the first line that contains this. */
  readonly behind: string;
  readonly text: string;
}

interface Addition {
  readonly what: string;
  /** How many files with hand-written text it may take. */
  readonly files: number;
  readonly edits: readonly Edit[];
}

const additions: Readonly<Record<string, Addition>> = {
  opcode: {
    what: "a CLIF opcode with its meaning",
    files: 2,
    edits: [
      {
        file: "packages/clif-ir/src/opcodes.table.ts",
        behind: 'name: "sequence_point"',
        text: '  { code: 164, name: "isquare", format: "Unary", T: "Int", infer: "x", in: "x: T", out: "a: T", doc: "A number times itself, wrapping." },',
      },
      {
        file: "packages/clif-ir/src/eval/integer.ts",
        behind: "  ineg: unary(",
        text: "  isquare: unary((x, w) => wrap(x * x, w)),",
      },
    ],
  },
  lowering: {
    what: "its lowering for x86-64",
    files: 2,
    edits: [
      {
        file: "rules/x64/arith.isle",
        behind: "(rule (lower (ineg ",
        text: "(rule (lower (isquare $I64 x)) (imulq_rm x (gpr_mem x)))",
      },
      {
        file: "packages/isa-x64/src/legality.table.ts",
        behind: "  [Op.func_addr, I64],",
        text: "  [Op.isquare, I64],",
      },
    ],
  },
  instruction: {
    what: "a machine instruction",
    files: 1,
    edits: [
      {
        file: "packages/isa-x64/src/insts/bits.table.ts",
        behind: "  popcntl_rm: x86(",
        text: '  crc32l_rm: x86({ code: "F2 0F 38 F1 /r", ops: { reg: mod(r32), rm: use(rm32) }, asm: "crc32l", needs: "sse42" }),',
      },
    ],
  },
  setting: {
    what: "a setting",
    files: 1,
    edits: [
      {
        file: "packages/clif-ir/src/settings.table.ts",
        behind: 'name: "enable_verifier"',
        text: '    { name: "enable_places", kind: "bool", default: false, doc: "A setting that a test adds." },',
      },
    ],
  },
  pass: {
    what: "a pass",
    files: 1,
    edits: [
      {
        file: "packages/codegen-core/src/passes.ts",
        behind: "export const passes: readonly Pass[] = [",
        text: '  { name: "places", does: "nothing at all", run() {}, dump: () => "placed" },',
      },
    ],
  },
};

const copy = scratchFolder();
const gantry = (...args: string[]) =>
  runTool(process.execPath, [join(copy, "packages", "cli", "bin", "gantry.js"), ...args]);

function apply({ file, behind, text }: Edit): void {
  const path = join(copy, file);
  const lines = readFileSync(path, "utf8").split("\n");
  const at = lines.findIndex((line) => line.includes(behind));
  expect(at, `${file} has no line with ${behind}`).toBeGreaterThanOrEqual(0);
  lines.splice(at + 1, 0, text);
  writeFileSync(path, lines.join("\n"));
}

const program = `test interpret
test run
target x86_64

function %f(i64) -> i64 system_v {
block0(v0: i64):
    v1 = isquare v0
    return v1
}
; run: %f(-12) == 144
; run: %f(0x100000001) == 0x200000001
`;

describe("places", () => {
  beforeAll(() => {
    copyRepository(copy);
    for (const { edits } of Object.values(additions)) for (const edit of edits) apply(edit);
    for (const name of ["clif-ir", "codegen-core", "isa-x64", "cli"]) buildPackage(copy, name);
  });

  test.each(Object.values(additions))("$what takes $files files", ({ edits, files }) => {
    expect(new Set(edits.map((edit) => edit.file)).size).toBe(files);
  });

  test("the opcode is read, verified, interpreted, lowered and run", () => {
    const file = join(copy, "isquare.clif");
    writeFileSync(file, program);
    const run = gantry("test", file);
    expect(run.stdout + run.stderr).toMatch(/2 passed, 0 failed, 0 skipped\s*$/);
    expect(gantry("cat", file).stdout).toContain("v1 = isquare v0");
  });

  test("the instruction is encoded, decoded, printed, allocated and declared to rules", () => {
    const generated = join(copy, "packages", "isa-x64", "src", "generated");
    const mentions = readdirSync(generated).filter((name) =>
      /\bcrc32l/.test(readFileSync(join(generated, name), "utf8")),
    );
    expect(mentions).toEqual(expect.arrayContaining(["insts.isle", "insts.ts", "opcodes.ts"]));
    const script = `import { x64 } from "${packageEntry("isa-x64", copy)}";
      console.log(x64.decode(new Uint8Array([0xf2, 0x0f, 0x38, 0xf1, 0xc1]), 0).text);`;
    const run = runTool(process.execPath, ["--input-type=module", "-e", script]);
    expect(run.stdout.trim()).toMatch(/^crc32l\s+%ecx, %eax$/);
  });

  test("the setting is parsed, listed and refused when misspelt", () => {
    expect(gantry("targets", "x86_64").stdout).toContain("enable_places=false");
    const file = join(copy, "isquare.clif");
    expect(gantry("compile", file, "--set", "enable_places", "-o", "/dev/null").stderr).toBe("");
    const wrong = gantry("compile", file, "--set", "enable_place", "-o", "/dev/null");
    expect([wrong.status, wrong.stderr]).toEqual([1, expect.stringContaining("enable_places")]);
  });

  test("the pass can be dumped, stopped at and timed", () => {
    const file = join(copy, "isquare.clif");
    expect(gantry("compile", file, "--dump", "places", "-o", "/dev/null").stderr).toBe(
      "; %f after places\nplaced\n\n",
    );
    expect(gantry("compile", file, "--stop-after", "places", "-o", "/dev/null").status).toBe(0);
    expect(gantry("compile", file, "--time-passes", "-o", "/dev/null").stderr).toContain(
      "places: nothing at all",
    );
  });
});

test("the package of a target is named by the list of targets and by no other source", () => {
  const sources = readdirSync(join(root, "packages")).flatMap((name) => {
    const folder = join(root, "packages", name, "src");
    if (name.startsWith("isa-")) return [];
    const files = readdirSync(folder, { recursive: true, encoding: "utf8" });
    return files
      .filter((file) => /(?<!\.test)\.ts$/.test(file))
      .map((file) => join("packages", name, "src", file));
  });
  const naming = sources.filter((file) => readFileSync(join(root, file), "utf8").includes("@gantry/isa-"));
  expect(naming).toEqual(["packages/filetest/src/targets.ts"]);
});
