import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createContext, runInContext } from "node:vm";
import { rolldown } from "rolldown";
import { expect, test } from "vitest";
import { packageEntry, scratchFolder } from "./gantry.ts";

// Layers 0 to 3 run anywhere: bundled, they compile a function in a context that has nothing but the language itself.

const entry = `
import { Function as ClifFunction, FunctionReader, writeFunction, Settings } from "@gantry/clif-ir";
import { CompileContext } from "@gantry/codegen-core";
import { ObjectBuilder } from "@gantry/object";
import { x64 } from "@gantry/isa-x64";

const reader = new FunctionReader({ name: "inline", bytes: input });
const func = new ClifFunction();
reader.next(func);
const text = writeFunction(func);
const settings = new Settings(x64.settings);
settings.set("regalloc_checker");
const code = new CompileContext(x64, settings).compile(func);
const object = new ObjectBuilder(x64.objects);
const bytes = code.toBytes();
object.defineFunction(object.declareFunction("f", "export"), code, []);
globalThis.result = { text, bytes: Array.from(bytes), object: object.write().length };
`;

const clif = `function %f(i64, i64) -> i64 system_v {
block0(v0: i64, v1: i64):
    v2 = iadd v0, v1
    return v2
}
`;

test("the core compiles a function in a bare context", async () => {
  const file = join(scratchFolder(), "entry.js");
  writeFileSync(file, entry);
  const packages = ["clif-ir", "codegen-core", "object", "isa-x64", "diag", "entity", "regalloc"];
  const alias = Object.fromEntries(packages.map((name) => [`@gantry/${name}`, packageEntry(name)]));
  const bundle = await rolldown({ input: file, platform: "neutral", resolve: { alias }, logLevel: "silent" });
  const { output } = await bundle.generate({ format: "iife" });
  await bundle.close();
  const [chunk] = output;
  expect(chunk.imports).toEqual([]);
  expect(chunk.code).not.toMatch(/\brequire\(|["']node:/);
  const context = createContext({ input: new TextEncoder().encode(clif) });
  runInContext(chunk.code, context);
  const { result } = context as unknown as { result: { text: string; bytes: number[]; object: number } };
  expect(result.text).toBe(clif);
  expect(result.bytes.length).toBeGreaterThan(3);
  expect(result.bytes.at(-1)).toBe(0xc3);
  expect(result.object).toBeGreaterThan(300);
});
