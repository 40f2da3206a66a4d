import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { I64, readFunctions } from "@gantry/clif-ir";
import { Interpreter } from "@gantry/interpreter";
import { x64 } from "@gantry/isa-x64";
import { Jit } from "@gantry/jit";
import { describe, expect, test } from "vitest";
import { BUFFER_BYTES, kernels } from "../bench/kernels/kernels.table.ts";
import { root, scratchFolder } from "./gantry.ts";

const scratch = scratchFolder();
const program = join(scratch, "reference");
const built = spawnSync(
  "cc",
  ["-O2", "-ffp-contract=off", "-o", program, join(root, "test/kernels/reference.c"), "-lm"],
  { encoding: "utf8" },
);
const native = process.platform === "linux" && process.arch === "x64";

const functions = (name: string) => {
  const path = join(root, "bench/kernels", `${name}.clif`);
  return readFunctions({ name: path, bytes: readFileSync(path) });
};

function interpret(name: string, n: number): bigint {
  const interpreter = new Interpreter();
  interpreter.addFunctions(functions(name));
  const buffer = interpreter.mapMemory(new Uint8Array(BUFFER_BYTES));
  const outcome = interpreter.call("%kernel", [
    { type: I64, bits: buffer },
    { type: I64, bits: BigInt(n) },
  ]);
  if (!("results" in outcome)) throw new Error(JSON.stringify(outcome));
  return BigInt.asIntN(64, outcome.results[0]!.bits);
}

function jitted(name: string, n: number): bigint {
  const jit = new Jit(x64);
  for (const func of functions(name)) jit.add(func);
  const memory = new TextEncoder().encode(`function %allocate(i64) -> i64 system_v {
    fn0 = %malloc(i64) -> i64 system_v
block0(v0: i64):
    v1 = call fn0(v0)
    return v1
}
function %free_it(i64) system_v {
    fn0 = %free(i64) system_v
block0(v0: i64):
    call fn0(v0)
    return
}`);
  for (const func of readFunctions({ name: "memory", bytes: memory })) jit.add(func);
  jit.link();
  const buffer = jit.call("allocate", BUFFER_BYTES) as bigint;
  const checksum = jit.call("kernel", buffer, n) as bigint;
  jit.call("free_it", buffer);
  jit.close();
  return checksum;
}

describe.skipIf(built.status !== 0)("kernels agree with the same algorithms in C", () => {
  test.for(kernels)("$name", ({ name, testN }) => {
    const reference = spawnSync(program, [name, String(testN)], { encoding: "utf8" });
    expect(reference.status).toBe(0);
    const checksum = BigInt(reference.stdout.trim());
    expect(interpret(name, testN)).toBe(checksum);
    if (native) expect(jitted(name, testN)).toBe(checksum);
  });
});
