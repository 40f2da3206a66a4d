import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { big, fib, fibThunk, little, pick, register } from "../test/machines.ts";
import type { Image } from "./image.ts";
import { ObjectBuilder } from "./object-builder.ts";

const folder = mkdtempSync(join(tmpdir(), "gantry-image-"));
afterAll(() => rmSync(folder, { recursive: true }));
const native = process.arch === "x64" && process.platform === "linux";
const hasElflint = spawnSync("eu-elflint", ["--version"]).status === 0;
const hasReadelf = spawnSync("readelf", ["--version"]).status === 0;

function fibImage(target = little): Image {
  const object = new ObjectBuilder(target, { fileName: "fib.clif" });
  const fibId = object.declareFunction("fib", "hidden");
  const thunk = object.declareFunction("fib_thunk", "local");
  const entry = object.declareFunction("napi_register_module_v1", "export");
  const napi = ["napi_get_cb_info", "napi_get_value_int32", "napi_create_int32"].map((n) =>
    object.importSymbol(n),
  );
  object.defineFunction(fibId, fib, [fibId]);
  object.defineFunction(thunk, fibThunk, [...napi, fibId]);
  object.defineFunction(entry, register, [thunk, object.importSymbol("napi_create_function")]);
  const answer = object.declareData("answer", "local");
  object.defineData(answer, { bytes: Uint8Array.of(42, 0, 0, 0) });
  object.defineFunction(object.declareFunction("pick", "hidden"), pick, [answer]);
  const table = object.declareData("table", "local");
  const relocations = [
    { offset: 0, symbol: fibId },
    { offset: 8, symbol: object.importSymbol("memcpy") },
    { offset: 16, symbol: object.declareAddress("fixed", 0x1122_3344_5566_7788n), addend: 0x10 },
  ];
  object.defineData(table, { size: 24, writable: true, relocations });
  object.defineData(object.declareData("zeroes", "local"), { size: 10000, writable: true });
  return object.writeImage({ soname: "fib.clif", keepLoaded: true });
}

describe("loadable images", () => {
  it.skipIf(!hasReadelf).each([little, big])("$name: readelf has no complaint", (target) => {
    const path = join(folder, target.name);
    writeFileSync(path, fibImage(target).bytes);
    const { stdout, stderr } = spawnSync("readelf", ["-aW", "--debug-dump=frames", path], {
      encoding: "utf8",
    });
    expect(stderr).toBe("");
    expect(stdout).not.toMatch(/RWE/);
    expect(stdout).toMatch(/Flags: NODELETE/);
    expect(stdout).toMatch(/FUNC\s+GLOBAL DEFAULT\s+\d+ fib\n/);
  });

  it.skipIf(!hasElflint).each([little, big])("$name: elflint finds nothing", (target) => {
    const path = join(folder, `lint-${target.name}`);
    writeFileSync(path, fibImage(target).bytes);
    const { stdout, status } = spawnSync("eu-elflint", ["--gnu-ld", path], { encoding: "utf8" });
    expect(stdout).toBe("No errors\n");
    expect(status).toBe(0);
  });

  it.skipIf(!native)("a process loads and calls one", () => {
    const path = join(folder, "fib.node");
    writeFileSync(path, fibImage().bytes);
    const module = { exports: {} as (n: number) => number };
    process.dlopen(module, path);
    rmSync(path);
    expect(module.exports(20)).toBe(6765);
  });
});
