import { type DataValue, dataResultsText, I8, I32, I64, readFunctions } from "@gantry/clif-ir";
import { describe, expect, it } from "vitest";
import { Interpreter, type InterpreterOptions, UNINTERPRETED } from "./index.ts";

const read = (text: string) => readFunctions({ name: "test.clif", bytes: new TextEncoder().encode(text) });
const i32 = (n: number): DataValue => ({ type: I32, bits: BigInt.asUintN(32, BigInt(n)) });
const i64 = (n: bigint): DataValue => ({ type: I64, bits: BigInt.asUintN(64, n) });

function interpreterOf(text: string, options: InterpreterOptions = {}): Interpreter {
  const interpreter = new Interpreter(options);
  interpreter.addFunctions(read(text));
  return interpreter;
}

/** Results as text, or the reason and code of the trap with its place. */
function run(interpreter: Interpreter, name: string, args: DataValue[]): string {
  const outcome = interpreter.call(name, args);
  if ("results" in outcome) return dataResultsText(outcome.results);
  const { reason, code, functionName, block, inst } = outcome.trap;
  return `${reason} ${code} in ${functionName} block${block} inst${inst}`;
}

describe("control flow", () => {
  const text = `
function %sum(i32) -> i32 {
block0(v0: i32):
  v1 = iconst.i32 0
  jump block1(v0, v1)
block1(v2: i32, v3: i32):
  v4 = iadd v3, v2
  v5 = iconst.i32 1
  v6 = isub v2, v5
  brif v6, block1(v6, v4), block2(v4)
block2(v7: i32):
  return v7
}
function %swap(i32, i32) -> i32, i32 {
block0(v0: i32, v1: i32):
  jump block1(v0, v1)
block1(v2: i32, v3: i32):
  v5 = icmp slt v2, v3
  brif v5, block1(v3, v2), block2
block2:
  return v2, v3
}
function %table(i32) -> i32 {
block0(v0: i32):
  v1 = iconst.i32 7
  br_table v0, block3(v1), [block1, block2, block3(v0)]
block1:
  v2 = iconst.i32 10
  return v2
block2:
  v3 = iconst.i32 20
  return v3
block3(v4: i32):
  return v4
}`;

  it("binds block parameters at once", () => {
    const interpreter = interpreterOf(text);
    expect(run(interpreter, "%sum", [i32(100)])).toBe("5050");
    expect(run(interpreter, "%swap", [i32(1), i32(2)])).toBe("[2, 1]");
    expect([0, 1, 2, 3, -1].map((n) => run(interpreter, "%table", [i32(n)]))).toEqual([
      "10",
      "20",
      "2",
      "7",
      "7",
    ]);
  });

  it("ends at the fuel limit", () => {
    const interpreter = interpreterOf(text, { fuel: 50 });
    expect(run(interpreter, "%sum", [i32(100)])).toMatch(/^fuel 0 in %sum block1/);
    expect(run(interpreter, "%sum", [i32(3)])).toBe("6");
  });
});

describe("calls", () => {
  const text = `
function %even(i32) -> i8 tail {
  fn0 = colocated %odd(i32) -> i8 tail
block0(v0: i32):
  brif v0, block1, block2
block1:
  v1 = iconst.i32 1
  v2 = isub v0, v1
  return_call fn0(v2)
block2:
  v3 = iconst.i8 1
  return v3
}
function %odd(i32) -> i8 tail {
  fn0 = colocated %even(i32) -> i8 tail
block0(v0: i32):
  brif v0, block1, block2
block1:
  v1 = iconst.i32 1
  v2 = isub v0, v1
  v4 = func_addr.i64 fn0
  return_call_indirect sig0, v4(v2)
block2:
  v3 = iconst.i8 0
  return v3
}
function %deep(i32) -> i32 {
  fn0 = %deep(i32) -> i32
block0(v0: i32):
  brif v0, block1, block2
block1:
  v1 = iconst.i32 -1
  v2 = iadd v0, v1
  v3 = call fn0(v2)
  v4 = isub v3, v1
  return v4
block2:
  return v0
}
function %catching(i32) -> i64 system_v {
  fn0 = %thrower(i32) system_v
block0(v0: i32):
  try_call fn0(v0), sig0, block1, [ tag5: block2(exn0), default: block3(exn1) ]
block1:
  v1 = iconst.i64 0
  return v1
block2(v2: i64):
  return v2
block3(v3: i64):
  v4 = ineg v3
  return v4
}
function %thrower(i32) system_v {
  fn0 = %throw(i32) system_v
block0(v0: i32):
  call fn0(v0)
  return
}
function %nobody(i32) {
  fn0 = %missing(i32)
block0(v0: i32):
  call fn0(v0)
  return
}`;

  it("replaces the frame in a tail call", () => {
    const interpreter = interpreterOf(text, { stackBytes: 4096 });
    expect(run(interpreter, "%even", [i32(20_001)])).toBe("0");
  });

  it("recurses until the stack is used up", () => {
    const interpreter = interpreterOf(text, { stackBytes: 1 << 16 });
    expect(run(interpreter, "%deep", [i32(500)])).toBe("500");
    expect(run(interpreter, "%deep", [i32(5_000)])).toMatch(/^trap 251 in %deep/);
  });

  it("unwinds to the handler of an exception", () => {
    const interpreter = interpreterOf(text);
    interpreter.addHostFunction("%throw", ([tag]) =>
      tag.bits === 0n ? { results: [] } : { exception: { tag: Number(tag.bits), payloads: [11n, 22n] } },
    );
    expect([0, 5, 6].map((n) => run(interpreter, "%catching", [i32(n)]))).toEqual(["0", "11", "-22"]);
    expect(run(interpreter, "%thrower", [i32(5)])).toMatch(/^exception 0/);
  });

  it("reports what it does not know", () => {
    const interpreter = interpreterOf(text);
    expect(run(interpreter, "%nobody", [i32(1)])).toBe("unsupported 0 in %nobody block0 inst0");
    expect(() => interpreter.call("%none", [])).toThrow(/no function is called %none/);
    expect(() => interpreter.call("%deep", [i64(1n)])).toThrow(/%deep takes \(i32\), not \(i64\)/);
  });
});

describe("memory", () => {
  const text = `
function %stores(i64, i64) -> i32 {
block0(v0: i64, v1: i64):
  store.i64 v1, v0+8
  v2 = load.i32 v0+8
  return v2
}
function %order(i32) -> i16, i16, i32 {
  ss0 = explicit_slot 4, align = 4
block0(v0: i32):
  v1 = stack_addr.i64 ss0
  store.i32 v0, v1
  v2 = uload8.i16 v1
  v3 = load.i16 little v1
  v4 = load.i32 v1
  return v2, v3, v4
}
function %trapping(i64) -> i8 {
block0(v0: i64):
  v1 = load.i8 user9 v0
  return v1
}
function %undefined(i64) -> i8 {
block0(v0: i64):
  v1 = load.i8 notrap v0
  return v1
}
function %atomics(i32, i32) -> i32, i32, i32, i8 {
  ss0 = explicit_slot 4, align = 4
block0(v0: i32, v1: i32):
  v2 = stack_addr.i64 ss0
  atomic_store.i32 v0, v2
  v3 = atomic_rmw.i32 smax v2, v1
  v4 = atomic_cas v2, v1, v0
  v5 = atomic_load.i32 v2
  v6 = uload8.i32 v2+3
  v7 = ireduce.i8 v6
  return v3, v4, v5, v7
}
function %copies(i64) -> i64, i32 {
  fn0 = %Memcpy(i64, i64, i64) -> i64
  fn1 = %Memset(i64, i32, i64) -> i64
  fn2 = %Memcmp(i64, i64, i64) -> i32
  ss0 = explicit_slot 8
  ss1 = explicit_slot 8
block0(v0: i64):
  v1 = stack_addr.i64 ss0
  v2 = stack_addr.i64 ss1
  v3 = iconst.i64 8
  v4 = iconst.i64 4
  v5 = iconst.i32 0x1ff
  store.i64 v0, v1
  v6 = call fn0(v2, v1, v3)
  v7 = call fn1(v2, v5, v4)
  v8 = load.i64 v2
  v9 = call fn2(v1, v2, v3)
  return v8, v9
}`;

  it("of the caller is read and written", () => {
    const interpreter = interpreterOf(text);
    const bytes = new Uint8Array(16);
    const address = interpreter.mapMemory(bytes);
    expect(run(interpreter, "%stores", [i64(address), i64(0x1_0000_0002n)])).toBe("2");
    expect([...bytes.subarray(8)]).toEqual([2, 0, 0, 0, 1, 0, 0, 0]);
    expect(run(interpreter, "%stores", [i64(address + 1n), i64(0n)])).toBe(
      "trap 253 in %stores block0 inst0",
    );
    expect(() => interpreter.mapMemory(new Uint8Array(1 << 28))).toThrow(/exceed the limit/);
  });

  it("has the byte order of the target and of flags", () => {
    expect(run(interpreterOf(text), "%order", [i32(0x01020304)])).toBe("[4, 772, 16909060]");
    expect(run(interpreterOf(text, { endian: "big" }), "%order", [i32(0x01020304)])).toBe(
      "[1, 513, 16909060]",
    );
  });

  it("traps with the code of the access", () => {
    const interpreter = interpreterOf(text);
    expect(run(interpreter, "%trapping", [i64(0n)])).toBe("trap 9 in %trapping block0 inst0");
    expect(run(interpreter, "%undefined", [i64(0n)])).toBe("undefined 0 in %undefined block0 inst0");
  });

  it("is changed by atomic operations", () => {
    expect(run(interpreterOf(text), "%atomics", [i32(5), i32(-7)])).toBe("[5, 5, 5, 0]");
    expect(run(interpreterOf(text, { endian: "big" }), "%atomics", [i32(5), i32(7)])).toBe("[5, 7, 5, 5]");
  });

  it("is moved by runtime functions", () => {
    const interpreter = interpreterOf(text);
    expect(run(interpreter, "%copies", [i64(0x0102030405060708n)])).toBe(
      "[72623863057121279, -247]".replace("72623863057121279", String(0x01020304ffffffffn)),
    );
  });
});

it("knows every opcode but stack_switch", () => {
  expect(UNINTERPRETED).toEqual(["stack_switch"]);
  const text = `
function %f(i64) -> i64 {
block0(v0: i64):
  v1 = stack_switch v0, v0, v0
  return v1
}`;
  expect(run(interpreterOf(text), "%f", [i64(0n)])).toBe("unsupported 0 in %f block0 inst0");
});

it("forgets the pinned register between calls", () => {
  const text = `
function %f(i8) -> i8 {
block0(v0: i8):
  v1 = get_pinned_reg.i64
  v2 = iconst.i64 3
  set_pinned_reg v2
  v3 = ireduce.i8 v1
  v4 = iadd v0, v3
  return v4
}`;
  const interpreter = interpreterOf(text);
  const one = { type: I8, bits: 1n };
  expect(run(interpreter, "%f", [one])).toBe("1");
  expect(run(interpreter, "%f", [one])).toBe("1");
});
