import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { root } from "./gantry.ts";

// The import direction of the design: who may import whom. Packages that only build and test others are free to
// be devDependencies of anything.

const core = ["entity", "diag", "clif-ir", "regalloc", "codegen-core"];
const allowed: Readonly<Record<string, readonly string[]>> = {
  entity: [],
  diag: [],
  "clif-ir": ["entity", "diag"],
  regalloc: ["entity", "diag"],
  "isle-compiler": ["entity", "diag"],
  "asm-compiler": ["diag"],
  "codegen-core": ["clif-ir", "regalloc", "entity", "diag"],
  interpreter: ["clif-ir", "entity", "diag"],
  "clif-gen": ["clif-ir", "entity", "diag"],
  "isa-x64": core,
  "isa-aarch64": core,
  "isa-riscv64": core,
  "isa-s390x": core,
  object: core,
  jit: [...core, "object"],
  filetest: [...core, "object", "jit", "interpreter", "isa-x64", "isa-aarch64", "isa-riscv64", "isa-s390x"],
};
/** May import everything. */
const free = ["cli"];
/** Layers 0 to 3 run anywhere: no module of Node in their sources. */
const anywhere = Object.keys(allowed).filter(
  (name) => !["isle-compiler", "asm-compiler", "jit", "filetest"].includes(name),
);

const packages = join(root, "packages");

interface Manifest {
  readonly name: string;
  readonly exports: Readonly<Record<string, string | { readonly default: string }>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

function manifest(name: string): Manifest {
  return JSON.parse(readFileSync(join(packages, name, "package.json"), "utf8"));
}

function sources(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return sources(path);
    return entry.name.endsWith(".ts") && !entry.name.endsWith(".test.ts") ? [path] : [];
  });
}

/** The text of a source without comment lines and the text of generated code. */
const code = (path: string): string =>
  readFileSync(path, "utf8")
    .replace(/^\s*(\/\/|\*|\/\*).*$/gm, "")
    .replace(/`[^`]*`|'[^'\n]*'/g, "");

/** What a source imports, type imports included. */
function importsOf(path: string): string[] {
  const statement =
    /^(?:import\s+(?:[^;"]*?\bfrom\s*)?|export\s[^;"]*?\bfrom\s*)"([^"\n]+)";|\bimport\(\s*"([^"\n]+)"\s*\)/gm;
  return [...code(path).matchAll(statement)].map((found) => found[1] ?? found[2]!);
}

/** The sources that are loaded with a package: what its entries reach. The others are read when it is built. */
function loaded(name: string): Set<string> {
  const entries = Object.values(manifest(name).exports).flatMap((entry) =>
    typeof entry === "string" ? [] : [entry.default],
  );
  const queue = entries.map((entry) =>
    join(packages, name, entry.replace(/\/dist\/(inlined\/)?/, "/src/").replace(/\.js$/, ".ts")),
  );
  const seen = new Set<string>();
  for (let path = queue.pop(); path !== undefined; path = queue.pop()) {
    if (seen.has(path) || !existsSync(path)) continue;
    seen.add(path);
    for (const what of importsOf(path)) if (what.startsWith(".")) queue.push(resolve(dirname(path), what));
  }
  return seen;
}

const names = readdirSync(packages).filter((name) => existsSync(join(packages, name, "package.json")));

test("every package has its place", () => {
  expect(names.toSorted()).toEqual([...Object.keys(allowed), ...free].toSorted());
});

describe.each(names)("%s", (name) => {
  const { dependencies = {}, devDependencies = {} } = manifest(name);
  const gantry = Object.keys(dependencies).filter((dep) => dep.startsWith("@gantry/"));
  const files = sources(join(packages, name, "src"));
  const atRunTime = loaded(name);

  test("depends only on what is below it", () => {
    const may = (free.includes(name) ? names : allowed[name]!).map((other) => `@gantry/${other}`);
    expect(gantry.filter((dep) => !may.includes(dep))).toEqual([]);
  });

  test("imports only what it depends on, by the name of the package", () => {
    const wrong: string[] = [];
    for (const file of files) {
      for (const what of importsOf(file)) {
        const place = `${relative(packages, file)} imports ${what}`;
        if (what.startsWith(".")) {
          const to = relative(join(packages, name, "src"), resolve(dirname(file), what));
          if (to.startsWith("..")) wrong.push(place);
        } else if (what.startsWith("node:")) {
          if (anywhere.includes(name)) wrong.push(place);
        } else {
          const dependency = what
            .split("/")
            .slice(0, what.startsWith("@") ? 2 : 1)
            .join("/");
          const buildTime = !atRunTime.has(file) && dependency in devDependencies;
          if (!(dependency in dependencies) && !buildTime) wrong.push(place);
          if (what.includes("/src/") || what.includes("/dist/")) wrong.push(place);
        }
      }
    }
    expect(wrong).toEqual([]);
  });

  test("the build's references are the dependencies", () => {
    const config = JSON.parse(readFileSync(join(packages, name, "tsconfig.json"), "utf8"));
    const references = (config.references ?? []).map(
      (r: { path: string }) => `@gantry/${r.path.replace("../", "")}`,
    );
    expect(references.filter((dep: string) => !(dep in dependencies) && !(dep in devDependencies))).toEqual(
      [],
    );
  });

  if (!anywhere.includes(name)) return;
  test("runs anywhere: no Buffer and no process", () => {
    const wrong = files.filter((file) => /(?<![.\w])(Buffer|process)\.\w/.test(code(file)));
    expect(wrong.map((file) => relative(packages, file))).toEqual([]);
  });
});
