import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { buildPackage, copyRepository, root, runTool, scratchFolder } from "./gantry.ts";

// The worked example of the README, made in a copy of the repository.

const readme = readFileSync(join(root, "README.md"), "utf8");

/** The fenced block that follows each marker comment. */
function marked(kind: string): { argument: string; text: string }[] {
  const pattern = new RegExp(`<!-- ${kind}(.*?) -->\n\`\`\`\\w*\n([\\s\\S]*?)\`\`\``, "g");
  return [...readme.matchAll(pattern)].map((m) => ({ argument: m[1]!.trim(), text: m[2]! }));
}

test("the worked example does what the README says", () => {
  const edits = marked("edit");
  expect(edits).toHaveLength(2);
  const copy = scratchFolder();
  copyRepository(copy);
  for (const { argument, text } of edits) {
    const [, file, behind] = /^(\S+) behind "(.*)"$/.exec(argument)!;
    const path = join(copy, file!);
    const lines = readFileSync(path, "utf8").split("\n");
    const at = lines.findIndex((line) => line.includes(behind!));
    expect(at, `${file} has no line with ${behind}`).toBeGreaterThanOrEqual(0);
    lines.splice(at + 1, 0, text.trimEnd());
    writeFileSync(path, lines.join("\n"));
  }
  buildPackage(copy, "isa-x64");
  const program = join(copy, "example.clif");
  writeFileSync(program, marked("program")[0]!.text);
  const gantry = join(copy, "packages", "cli", "bin", "gantry.js");
  const run = runTool(process.execPath, [gantry, "compile", program, "--emit", "asm", "-o", "-"]);
  // Which register it is, is the allocator's business.
  const [instruction] = marked("expect")[0]!.text.split("%");
  expect(run.stdout + run.stderr).toContain(instruction);
}, 120_000);
