import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";

/**
 * Builds the package in whose folder it runs: rolldown bundles its entries, which are those of `exports` that lie in
 * `dist/inlined`, while `tsc -b` checks it and writes the declarations.
 *
 * In a bundle the constants of a package's modules (opcodes, formats, word offsets) become literals: V8 compiles a
 * `switch` over literals to a jump table, and over imported names to a chain of comparisons. Reading CLIF takes 0.82 of
 * the time, compiling 0.88. Other packages stay imports.
 */

interface Manifest {
  readonly exports: Readonly<Record<string, { readonly default?: string } | string>>;
}

const tsc = fileURLToPath(new URL("../node_modules/typescript/bin/tsc", import.meta.url));
const checked = once(spawn(process.execPath, [tsc, "-b"], { stdio: "inherit" }), "exit");
const folder = process.cwd();
const { exports } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Manifest;
const inlined = /^\.\/dist\/inlined\/(.*)\.js$/;
const input: Record<string, string> = {};
for (const entry of Object.values(exports)) {
  const name = inlined.exec(typeof entry === "string" ? entry : (entry.default ?? ""))?.[1];
  if (name !== undefined) input[name] = join(folder, "src", `${name}.ts`);
}
const output = join(folder, "dist", "inlined");
rmSync(output, { recursive: true, force: true });
const bundle = await rolldown({
  input,
  platform: "neutral",
  external: /^@gantry\//,
  optimization: { inlineConst: { mode: "all", pass: 3 } },
});
await bundle.write({ dir: output, format: "esm", sourcemap: true, chunkFileNames: "shared-[name].js" });
await bundle.close();
const [status] = await checked;
process.exitCode = status === 0 ? 0 : 1;
