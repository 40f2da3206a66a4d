import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Problem, problemToText } from "@gantry/regalloc";
import type { ProblemMaker } from "@gantry/regalloc/testing";

// What `pnpm bench regalloc` measures, as files in the text form that both sides read.

const gantry = fileURLToPath(new URL("../../packages/cli/bin/gantry.js", import.meta.url));

/** Registers of the widened machine: about what AArch64 and RISC-V 64 leave to an allocator. */
const WIDE = { r: 26, f: 32 };

/** Writes the problems of a CLIF file for x86-64 into `folder`; the path, or a reason why there is none. */
export function dumpProblems(input: string, folder: string): { path: string } | { why: string } {
  const path = join(folder, `${basename(input)}.problems`);
  const args = ["compile", input, "--target", "x86_64", "-O", "none", "--emit", "regalloc", "-o", path];
  const run = spawnSync(process.execPath, [gantry, ...args, "--set", "enable_verifier=false"], {
    encoding: "utf8",
  });
  return run.status === 0 ? { path } : { why: run.stderr.split("\n")[0] ?? "gantry compile failed" };
}

/**
 * The same problems for a machine with {@link WIDE} general and float registers. What an instruction fixes or clobbers
 * keeps its number, so the added registers are ones that calls preserve.
 */
export function widen(path: string): string {
  const wide = path.replace(/\.problems$/, ".wide.problems");
  const text = readFileSync(path, "utf8").replace(
    /^env preferred (\S+) other (\S+) saved (\S+)/gm,
    (_line, preferred: string, other: string, saved: string) => {
      const added = [...addedRegisters(`${preferred},${other}`)].join(",");
      const join = (list: string) => (added === "" ? list : list === "-" ? added : `${list},${added}`);
      return `env preferred ${preferred} other ${join(other)} saved ${join(saved)}`;
    },
  );
  writeFileSync(wide, text);
  return wide;
}

function* addedRegisters(list: string): Generator<string> {
  const names = new Set<string>();
  for (const part of list.split(",")) {
    const [first, last = first] = part.split("-");
    if (first === "") continue;
    for (let n = Number(first!.slice(1)); n <= Number(last!.slice(1)); n++) names.add(first![0]! + n);
  }
  for (const letter of ["r", "f"] as const) {
    let count = [...names].filter((name) => name.startsWith(letter)).length;
    for (let n = 16; n < 32 && count < WIDE[letter]; n++)
      if (!names.has(letter + n)) {
        count++;
        yield letter + n;
      }
  }
}

/** Writes `copies` of what a maker makes in a size. */
export function writeMade(maker: ProblemMaker, size: number, copies: number, folder: string): string {
  const path = join(folder, `${maker.name}-${size}.problems`);
  const problem = new Problem();
  const environment = maker.make(problem, size);
  writeFileSync(path, problemToText(problem, environment, maker.name).repeat(copies));
  return path;
}
