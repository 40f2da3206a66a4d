import { rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type Plugin, rolldown } from "rolldown";
import { literalVersion } from "./literal-version.ts";

/**
 * Bundles what `gantry compile`, `gantry cat` and `gantry worker` load into a few files, with opcode constants as literals: most of the
 * time to the first object is spent on loading modules, so nothing is loaded that these commands do not need.
 * `bin/gantry.js` uses the bundle if nothing was built since.
 */

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));
const folder = path("../dist/fast");

/**
 * Gives modules of Node as `process.getBuiltinModule` does: an `import` reads every property of the module, and with
 * those of `node:fs` loads all that has to do with streams. Commander starts no executables for Gantry's commands, so
 * `node:child_process`, which brings sockets, stays away.
 */
const builtins: Plugin = {
  name: "builtins",
  resolveId(id, importer = "", { kind }) {
    if (id === "node:child_process" && importer.includes("/commander/")) return "\0nothing";
    return id.startsWith("node:") && kind === "import-statement" ? `\0${id}` : null;
  },
  async load(id) {
    if (id === "\0nothing") return "export {};";
    if (!id.startsWith("\0node:")) return null;
    const name = id.slice(1);
    const properties = Object.keys((await import(name)) as object).filter((key) => key !== "default");
    const exported = properties.map((key) => `export const ${key} = /* @__PURE__ */ property("${key}");`);
    return `const module = process.getBuiltinModule("${name}");
const property = (key) => module[key];
export default module;
${exported.join("\n")}`;
  },
};

rmSync(folder, { recursive: true, force: true });
const inputs = new Set<string>();
const bundle = await rolldown({
  input: { fast: path("../dist/fast.js"), "thread-main": path("../dist/worker/thread-main.js") },
  platform: "node",
  // The other commands are in the table, but never asked for; nor are traced selectors, which the bundle does not serve.
  // Running functions is another process's work.
  external: (id) =>
    /\/commands\/(?!compile|cat|worker)|@gantry\/(isle-compiler|jit)$|@gantry\/isa-\w+\/trace/.test(id),
  optimization: { inlineConst: true },
  plugins: [
    literalVersion,
    builtins,
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
await bundle.write({
  dir: folder,
  format: "esm",
  chunkFileNames: "[name].js",
  minify: { compress: false, mangle: false, codegen: { removeWhitespace: true } },
});
await bundle.close();
writeFileSync(path("../dist/fast/packages.json"), `${JSON.stringify([...inputs].sort())}\n`);
