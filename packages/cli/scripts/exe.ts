import { spawnSync } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { inject } from "postject";
import { rolldown } from "rolldown";
import { literalVersion } from "./literal-version.ts";

/**
 * Builds `gantry` as one file that needs nothing else: Node's own executable with the bundled program in it. Without an
 * argument it is `build/gantry` at the root of the repository.
 *
 * The bundle is cut into modules that are loaded on demand, each beside V8's code cache for it, which is made by running
 * the program once. What a program made of files does through them, `src/exe` does otherwise.
 */

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const output = resolve(process.argv[2] ?? here("../../../build/gantry"));
const work = `${output}.parts`;

/** Modules that find other files, and what stands for them. */
const replaced: Readonly<Record<string, string>> = {
  [here("../dist/worker/start-thread.js")]: here("../dist/exe/start-thread.js"),
  [here("../../jit/dist/start-child.js")]: here("../dist/exe/start-calls.js"),
  [here("../../filetest/dist/start-child.js")]: here("../dist/exe/start-tests.js"),
};

async function bundle(): Promise<void> {
  const built = await rolldown({
    input: { main: here("../dist/exe/main.js") },
    platform: "node",
    // Checking rules against a host asks TypeScript, which is found beside the host or not at all.
    external: ["ts-morph"],
    optimization: { inlineConst: { mode: "all", pass: 3 } },
    // In one file a module's name is enough.
    transform: { define: { "import.meta.resolve": "String" } },
    plugins: [
      literalVersion,
      {
        name: "one-file",
        load(id) {
          const other = replaced[id];
          return other === undefined ? null : `export * from ${JSON.stringify(other)};`;
        },
      },
    ],
  });
  await built.write({
    dir: work,
    format: "cjs",
    entryFileNames: "[name].cjs",
    chunkFileNames: "[name]-[hash].cjs",
    minify: { compress: false, mangle: false, codegen: { removeWhitespace: true } },
  });
  await built.close();
}

/** Runs the bundle on what people do first, so that the code caches have the functions that this needs. */
function makeCaches(modules: readonly string[]): void {
  for (const name of modules) writeFileSync(join(work, `${name}.cache`), "");
  const loader = readFileSync(here("exe-loader.cjs"), "utf8");
  const program = join(work, "warm-up.cjs");
  writeFileSync(
    program,
    `${loader.replace('require("node:sea")', `require(${JSON.stringify(here("exe-files.cjs"))})`)}
process.on("exit", () => {
  for (const [name, { script }] of loaded) require("node:fs").writeFileSync(${JSON.stringify(work)} + "/" + name + ".cache", script.createCachedData());
});
`,
  );
  const example = here("../../../examples/fib.clif");
  const runs: readonly (readonly [words: readonly string[], input: Uint8Array])[] = [
    [["compile", example, "-o", join(work, "example.o")], new Uint8Array(0)],
    [["compile", example, "--emit", "asm", "-o", "-"], new Uint8Array(0)],
    [["run", example, "%fib", "10"], new Uint8Array(0)],
    [["worker"], frames(readFileSync(example))],
  ];
  for (const [words, input] of runs) {
    const run = spawnSync(process.execPath, [program, ...words], {
      input,
      env: { ...process.env, GANTRY_EXE_FILES: work },
    });
    if (run.status !== 0) throw new Error(`gantry ${words.join(" ")}: ${run.stderr}`);
  }
}

/** Requests of a client that compiles `source` in every form. */
function frames(source: Uint8Array): Uint8Array {
  const all = ["object", "code", "asm", "clif", "object", "code"].map((output, id) => {
    const header = Buffer.from(JSON.stringify({ id, type: "compile", output }));
    const lengths = Buffer.alloc(8);
    lengths.writeUInt32LE(4 + header.length + source.length, 0);
    lengths.writeUInt32LE(header.length, 4);
    return Buffer.concat([lengths, header, source]);
  });
  return Buffer.concat(all);
}

/** Puts loader and assets into a copy of Node's executable. */
async function assemble(modules: readonly string[]): Promise<void> {
  const loader = join(work, "loader.cjs");
  copyFileSync(here("exe-loader.cjs"), loader);
  const names = ["loader.cjs", ...modules.flatMap((name) => [name, `${name}.cache`])];
  const blob = join(work, "gantry.blob");
  const config = {
    main: loader,
    output: blob,
    disableExperimentalSEAWarning: true,
    assets: Object.fromEntries(names.map((name) => [name, join(work, name)])),
  };
  const configFile = join(work, "sea.json");
  writeFileSync(configFile, JSON.stringify(config));
  const made = spawnSync(process.execPath, ["--experimental-sea-config", configFile], { encoding: "utf8" });
  if (made.status !== 0) throw new Error(made.stderr);
  copyFileSync(process.execPath, output);
  chmodSync(output, 0o755);
  await inject(output, "NODE_SEA_BLOB", readFileSync(blob), {
    // Node's documentation names it: where the executable notes that there is a blob.
    sentinelFuse: "NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2",
    ...(process.platform === "darwin" ? { machoSegmentName: "NODE_SEA" } : {}),
  });
}

rmSync(work, { recursive: true, force: true });
mkdirSync(work, { recursive: true });
await bundle();
const modules = readdirSync(work).filter((name) => name.endsWith(".cjs"));
for (const name of modules) {
  const file = join(work, name);
  writeFileSync(file, `(function (exports, require, module, __filename) {${readFileSync(file, "utf8")}\n})`);
}
makeCaches(modules);
await assemble(modules);
rmSync(work, { recursive: true });
console.log(`${output}: ${(statSync(output).size / 2 ** 20).toFixed(1)} MB`);
