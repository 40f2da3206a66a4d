import { rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";
import { literalVersion } from "./literal-version.ts";

/**
 * Bundles what `gantry compile`, `gantry cat` and `gantry worker` load into a few files, with opcode constants as literals: most of the
 * time to the first object is spent on loading modules. `bin/gantry.js` uses the bundle if nothing was built since.
 */

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));
const folder = path("../dist/fast");

rmSync(folder, { recursive: true, force: true });
const inputs = new Set<string>();
const bundle = await rolldown({
  input: { fast: path("../dist/fast.js"), "thread-main": path("../dist/worker/thread-main.js") },
  platform: "node",
  // The other commands are in the table, but never asked for; nor are traced selectors, which the bundle does not serve.
  // Running functions is another process's work.
  external: (id) =>
    /\/commands\/(?!compile|cat|worker)|@gantry\/(isle-compiler|jit)|@gantry\/isa-\w+\/trace/.test(id),
  optimization: { inlineConst: true },
  plugins: [
    literalVersion,
    {
      name: "inputs",
      load(id) {
        const found = /\/packages\/([\w-]+)\/dist\//.exec(id);
        if (found !== null) inputs.add(found[1]!);
        return null;
      },
    },
  ],
});
await bundle.write({ dir: folder, format: "esm", chunkFileNames: "[name].js" });
await bundle.close();
writeFileSync(path("../dist/fast/packages.json"), `${JSON.stringify([...inputs].sort())}\n`);
