import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, symlinkSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export { hasTool } from "../scripts/tools.ts";

/** The root of the repository. */
export const root: string = fileURLToPath(new URL("../", import.meta.url));

const command = join(root, "packages", "cli", "bin", "gantry.js");

export interface Run {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly milliseconds: number;
}

/** Runs `gantry` as people do. */
export function gantry(args: readonly string[], input?: string): Run {
  return runTool(process.execPath, [command, ...args], input);
}

/** Runs another program. */
export function runTool(program: string, args: readonly string[], input?: string): Run {
  const start = performance.now();
  const run = spawnSync(program, args, {
    encoding: "utf8",
    maxBuffer: 1 << 30,
    ...(input === undefined ? {} : { input }),
  });
  const milliseconds = performance.now() - start;
  return { status: run.status, stdout: run.stdout ?? "", stderr: run.stderr ?? "", milliseconds };
}

/** The file that an import of `@gantry/NAME` loads in the checkout at `folder`. */
export function packageEntry(name: string, folder: string = root): string {
  return createRequire(join(folder, "packages", name, "package.json")).resolve(`@gantry/${name}`);
}

/** An empty folder for a test's files. */
export function scratchFolder(): string {
  return mkdtempSync(join(tmpdir(), "gantry-"));
}

/** Copies what a build needs into `folder`; the packages of the copy see each other, not those of this checkout. */
export function copyRepository(folder: string): void {
  for (const name of ["packages", "rules", "scripts", "package.json", "tsconfig.base.json"]) {
    cpSync(join(root, name), join(folder, name), { recursive: true, verbatimSymlinks: true });
  }
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
}

/** Runs the scripts that a build of package `name` of a copy consists of; the packages below it are taken as they are. */
export function buildPackage(copy: string, name: string): void {
  const cwd = join(copy, "packages", name);
  const { scripts } = JSON.parse(readFileSync(join(cwd, "package.json"), "utf8")) as {
    scripts: Record<string, string>;
  };
  const tsc = join(root, "node_modules", "typescript", "bin", "tsc");
  const steps = [scripts.generate, scripts.build].flatMap((script) => script?.split(" && ") ?? []);
  for (const step of steps) {
    const [program, ...args] = step.split(" ");
    const run = spawnSync(process.execPath, program === "tsc" ? [tsc, ...args] : args, {
      cwd,
      encoding: "utf8",
    });
    if (run.status !== 0) throw new Error(`${step} in ${name}: ${run.stdout}${run.stderr}`);
  }
}
