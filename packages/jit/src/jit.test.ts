import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { readFunctions } from "@gantry/clif-ir";
import { SourceFile } from "@gantry/diag";
import { errorCode } from "@gantry/diag/testing";
import { x64 } from "@gantry/isa-x64";
import { describe, expect, it } from "vitest";
import { Jit, type JitOptions } from "./jit.ts";
import { Trap } from "./trap.ts";

const native = process.arch === "x64" && process.platform === "linux";

function jitOf(text: string, options: JitOptions = {}): Jit {
  const jit = new Jit(x64, options);
  for (const func of readFunctions(new SourceFile("test.clif", text))) jit.add(func);
  jit.link();
  return jit;
}

/** The part of WebAssembly that a test uses; it is not in the language's own library. */
interface WebAssemblyApi {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: Record<string, unknown> };
  readonly RuntimeError: new () => Error;
}
const { Instance, Module, RuntimeError } = (globalThis as unknown as { WebAssembly: WebAssemblyApi })
  .WebAssembly;

const trapOf = (run: () => unknown): Trap => {
  try {
    run();
  } catch (error) {
    if (error instanceof Trap) return error;
    throw error;
  }
  throw new Error("there was no trap");
};

const FIB = `function %fib(i32) -> i32 system_v {
    fn0 = colocated %fib(i32) -> i32 system_v
block0(v0: i32):
    v1 = iconst.i32 2
    v2 = icmp slt v0, v1
    brif v2, block1, block2
block1:
    return v0
block2:
    v3 = iconst.i32 -1
    v4 = iadd v0, v3
    v5 = call fn0(v4)
    v6 = iconst.i32 -2
    v7 = iadd v0, v6
    v8 = call fn0(v7)
    v9 = iadd v5, v8
    return v9
}`;

describe.skipIf(!native)("calling generated code", () => {
  it("calls a function and removes its file", () => {
    const files = () => readdirSync(tmpdir()).filter((f) => f.startsWith(`gantry-fib-${process.pid}-`));
    const jit = jitOf(FIB);
    expect(jit.call("fib", 20)).toBe(6765);
    expect(jit.get("fib")(10n)).toBe(55);
    expect(files()).toEqual([]);
  });

  it.each([
    ["i8", [0, 1, -1, 127, -128], [255, 300n]],
    ["i16", [0, -1, 32767, -32768], [65535, 70000n]],
    ["i32", [0, -1, 2147483647, -2147483648], [4294967295, 0x1_0000_0005n]],
    ["i64", [0n, -1n, 0x7fff_ffff_ffff_ffffn, -0x8000_0000_0000_0000n], [5, -5]],
    ["f32", [0, -0, 1.5, Number.POSITIVE_INFINITY, Number.NaN], []],
    ["f64", [0, -0, 0.1, -1e308, Number.NaN], []],
  ] as const)("%s values survive", (type, exact, converted) => {
    const jit = jitOf(`function %same(${type}) -> ${type} system_v {
block0(v0: ${type}):
    return v0
}`);
    for (const x of exact) expect(jit.call("same", x)).toBe(x);
    const bits = BigInt(type.slice(1));
    for (const x of converted) {
      const signed = BigInt.asIntN(Number(bits), BigInt(x));
      expect(jit.call("same", x)).toBe(type === "i64" ? signed : Number(signed));
    }
  });

  it("takes mixed arguments in registers and on the stack", () => {
    const types = ["i32", "f64", "i64", "f32", "i8", "i16"];
    const params = Array.from({ length: 24 }, (_, k) => types[k % 6]!);
    const last = (k: number) => `function %get${k}(${params.join(", ")}) -> ${params[k]} system_v {
block0(${params.map((t, i) => `v${i}: ${t}`).join(", ")}):
    return v${k}
}`;
    const jit = jitOf(params.map((_, k) => last(k)).join("\n"));
    const args = params.map((t, k) => (t === "i64" ? BigInt(k) : k));
    params.forEach((_, k) => {
      expect(jit.call(`get${k}`, ...args)).toBe(args[k]);
    });
  });

  it("returns several results, through memory too", () => {
    const jit = jitOf(`function %many(i64) -> i64, i64, i64, i64, i32 fast {
block0(v0: i64):
    v1 = iadd v0, v0
    v2 = iadd v1, v0
    v3 = iadd v2, v0
    v4 = iconst.i32 -9
    return v0, v1, v2, v3, v4
}
function %two(f64, i32) -> i32, f64 fast {
block0(v0: f64, v1: i32):
    return v1, v0
}
function %none() fast {
block0:
    return
}`);
    expect(jit.call("many", 7n)).toEqual([7n, 14n, 21n, 28n, -9]);
    expect(jit.call("two", 0.5, 3)).toEqual([3, 0.5]);
    expect(jit.call("none")).toBeUndefined();
  });

  it("passes the bits of floats unchanged", () => {
    const jit = jitOf(`function %f32(f32) -> f32 fast {
block0(v0: f32):
    return v0
}
function %f64(f64) -> f64 fast {
block0(v0: f64):
    return v0
}`);
    for (const bits of [0x7fa0_1234n, 0xffc0_0001n, 0x8000_0000n])
      expect(jit.invoke("f32", [bits])).toEqual([bits]);
    for (const bits of [0x7ff4_0000_0000_0001n, 0xfff8_dead_beef_0001n])
      expect(jit.invoke("f64", [bits])).toEqual([bits]);
  });

  it.each(["i8x16", "i128"])("passes %s, in registers and in memory", (type) => {
    const many = Array.from({ length: 12 }, () => type).join(", ");
    const values = Array.from({ length: 12 }, (_, k) => `v${k}: ${type}`).join(", ");
    const text = `function %ends(${many}, i32) -> ${type}, ${type}, i32 fast {
block0(${values}, v12: i32):
    return v0, v11, v12
}`;
    const jit = jitOf(text);
    const bits = (k: number) => BigInt.asUintN(128, -(BigInt(k + 1) << 99n) ^ 0x0123_4567_89ab_cdefn);
    const args = Array.from({ length: 12 }, (_, k) => bits(k));
    expect(jit.invoke("ends", [...args, 7n])).toEqual([bits(0), bits(11), 7n]);
    const results = jit.call("ends", ...args, 7);
    const bytes = (x: bigint) =>
      Uint8Array.from({ length: 16 }, (_, k) => Number((x >> BigInt(8 * k)) & 255n));
    const shown = (x: bigint) => (type === "i128" ? BigInt.asIntN(128, x) : bytes(x));
    expect(results).toEqual([shown(bits(0)), shown(bits(11)), 7]);
  });

  it("resolves names to other functions, data, earlier links and the C library", () => {
    const jit = jitOf(`function %twice(i32) -> i32 system_v {
    fn0 = %once(i32) -> i32 system_v
block0(v0: i32):
    v1 = call fn0(v0)
    v2 = call fn0(v1)
    return v2
}
function %once(i32) -> i32 system_v {
    fn0 = %abs(i32) -> i32 system_v
block0(v0: i32):
    v1 = call fn0(v0)
    v2 = iconst.i32 1
    v3 = iadd v1, v2
    return v3
}`);
    expect(jit.call("twice", -5)).toBe(7);
    jit.addData("counter", { bytes: Uint8Array.of(40, 0, 0, 0), writable: true });
    const more = `function %next() -> i32 system_v {
    gv0 = symbol %counter
    fn0 = %once(i32) -> i32 system_v
block0:
    v0 = symbol_value.i64 gv0
    v1 = load.i32 v0
    v2 = call fn0(v1)
    store v2, v0
    return v2
}`;
    for (const func of readFunctions(new SourceFile("more.clif", more))) jit.add(func);
    jit.link();
    expect(jit.call("next")).toBe(41);
    expect(jit.call("next")).toBe(42);
    expect([...jit.read(jit.address("counter"), 4)]).toEqual([42, 0, 0, 0]);
    jit.write(jit.address("counter"), Uint8Array.of(0, 1, 0, 0));
    expect(jit.call("next")).toBe(257);

    const other = new Jit(x64);
    other.define("counter", jit.address("counter"));
    other.define("once", jit.address("once"));
    for (const func of readFunctions(new SourceFile("more.clif", more))) other.add(func);
    other.link();
    expect(other.call("next")).toBe(258);
    expect(jit.call("next")).toBe(259);
  });
});

const TRAPS = `function %divide(i32, i32) -> i32 system_v {
block0(v0: i32, v1: i32):
@0010 v2 = sdiv v0, v1
@0020 return v2
}
function %give_up(i32) -> i32 system_v {
block0(v0: i32):
@0030 trapnz v0, user7
@0031 return v0
}
function %deeper(i32) -> i32 system_v {
    fn0 = %give_up(i32) -> i32 system_v
block0(v0: i32):
@0040 v1 = call fn0(v0)
    return v1
}
function %load(i64) -> i32 system_v {
block0(v0: i64):
@0050 v1 = load.i32 v0
    return v1
}
function %forever(i64) -> i64 system_v {
    fn0 = colocated %forever(i64) -> i64 system_v
block0(v0: i64):
    v1 = call fn0(v0)
    v2 = iadd v1, v0
    return v2
}
function %stop() system_v {
block0:
    debugtrap
    return
}`;

describe.skipIf(!native)("memory", () => {
  it("is given back by close", () => {
    const maps = () =>
      readFileSync("/proc/self/maps", "utf8")
        .split("\n")
        .filter((l) => l.includes("/gantry-fib-"));
    const before = maps().length;
    const kept = jitOf(FIB);
    const each = maps().length - before;
    expect(each).toBeGreaterThan(0);
    for (let round = 0; round < 100; round++) {
      const jit = jitOf(FIB);
      const fib = jit.get("fib");
      expect(fib(10)).toBe(55);
      jit.close();
      jit.close();
      expect(errorCode(() => fib(10))).toBe("JIT0010");
      expect(errorCode(() => jit.invoke("fib", [1n]))).toBe("JIT0010");
    }
    expect(maps().length).toBe(before + each);
    expect(kept.call("fib", 10)).toBe(55);
    expect(trapOf(() => jitOf(TRAPS).call("divide", 1, 0)).code).toBe("int_divz");
  });

  it("is never writable and executable", () => {
    jitOf(FIB);
    const ours = readFileSync("/proc/self/maps", "utf8")
      .split("\n")
      .filter((line) => line.includes("gantry-"));
    expect(ours.some((line) => line.includes(" r-xp "))).toBe(true);
    expect(ours.filter((line) => line.includes(" rwxp "))).toEqual([]);
  });
});

describe.skipIf(!native)("traps", () => {
  it("come with code and place, and the process goes on", () => {
    const jit = jitOf(TRAPS);
    for (let round = 0; round < 3; round++) {
      expect(jit.call("divide", 7, 2)).toBe(3);
      const zero = trapOf(() => jit.call("divide", 1, 0));
      expect(zero.facts).toMatchObject({ code: "int_divz", functionName: "divide", location: 0x10 });
      expect(zero.message).toMatch(/^trap int_divz in %divide @0010/);
      expect(trapOf(() => jit.call("divide", -2147483648, -1)).code).toBe("int_ovf");
      expect(jit.call("give_up", 0)).toBe(0);
      expect(trapOf(() => jit.call("deeper", 1)).facts).toMatchObject({
        code: "user7",
        codeNumber: 7,
        functionName: "give_up",
        location: 0x30,
      });
      const load = trapOf(() => jit.call("load", 0x10));
      expect(load.facts).toMatchObject({
        code: "heap_oob",
        signal: "SIGSEGV",
        address: 0x10n,
        location: 0x50,
      });
      expect(trapOf(() => jit.call("stop")).facts).toMatchObject({ functionName: "stop", signal: "SIGTRAP" });
    }
    const lines = { fileName: "t.lang", directory: "/", lineOf: (_: string, at: number) => at + 1 };
    const withLines = jitOf(TRAPS, { lines });
    expect(trapOf(() => withLines.call("divide", 1, 0)).message).toMatch(
      /^trap int_divz in %divide at t\.lang:17 /,
    );
    const value = jit.invoke("give_up", [1n]);
    expect(value).toBeInstanceOf(Trap);
  });

  it("unwind through C functions, thousands of times", () => {
    const jit = jitOf(`function %compare(i64, i64) -> i32 system_v {
block0(v0: i64, v1: i64):
    v2 = load.i32 v0
    trapz v2, user3
    v3 = load.i32 v1
    v4 = isub v2, v3
    return v4
}
function %sort(i32) -> i32 system_v {
    ss0 = explicit_slot 16, align = 4
    fn0 = %qsort(i64, i64, i64, i64) system_v
    fn1 = %compare(i64, i64) -> i32 system_v
block0(v0: i32):
    v1 = iconst.i32 9
    v2 = stack_addr.i64 ss0
    store v1, v2
    store v0, v2+4
    store v1, v2+8
    store v1, v2+12
    v3 = iconst.i64 4
    v4 = func_addr.i64 fn1
    call fn0(v2, v3, v3, v4)
    v5 = load.i32 v2
    return v5
}`);
    for (let round = 0; round < 2000; round++) {
      expect(jit.call("sort", 5)).toBe(5);
      expect(trapOf(() => jit.call("sort", 0)).code).toBe("user3");
    }
  });

  it("a stack overflow is one", () => {
    const jit = jitOf(TRAPS);
    expect(trapOf(() => jit.call("forever", 1n)).facts).toMatchObject({
      code: "stk_ovf",
      functionName: "forever",
    });
    expect(jit.call("divide", 9, 3)).toBe(3);
  });

  it("leave those of WebAssembly alone", () => {
    jitOf(TRAPS);
    // (module (memory 1) (func (export "f") (param i32) (result i32) local.get 0 i32.load))
    const bytes = [
      ...[0, 97, 115, 109, 1, 0, 0, 0, 1, 6, 1, 96, 1, 127, 1, 127, 3, 2, 1, 0, 5, 3, 1, 0, 1],
      ...[7, 5, 1, 1, 102, 0, 0, 10, 9, 1, 7, 0, 32, 0, 40, 2, 0, 11],
    ];
    const wasm = new Instance(new Module(Uint8Array.from(bytes)));
    const f = wasm.exports.f as (at: number) => number;
    expect(f(0)).toBe(0);
    expect(() => f(-8)).toThrow(RuntimeError);
  });

  it("work in worker threads", async () => {
    const built = (name: string) => JSON.stringify(import.meta.resolve(name));
    const program = `
      const { parentPort } = await import("node:worker_threads");
      const { Jit, Trap } = await import(${built("../dist/index.js")});
      const { x64 } = await import(${built("@gantry/isa-x64")});
      const { readFunctions } = await import(${built("@gantry/clif-ir")});
      const { SourceFile } = await import(${built("@gantry/diag")});
      const jit = new Jit(x64);
      for (const f of readFunctions(new SourceFile("w.clif", ${JSON.stringify(TRAPS)}))) jit.add(f);
      jit.link();
      try { jit.call("divide", 1, 0); } catch (e) { parentPort.postMessage(e.message); }
      try { jit.call("forever", 1n); } catch (e) { parentPort.postMessage(e.message); }
      parentPort.postMessage(jit.call("divide", 8, 2));`;
    const jit = jitOf(TRAPS);
    for (let round = 0; round < 2; round++) {
      const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(program)}`));
      const messages: unknown[] = [];
      worker.on("message", (m) => messages.push(m));
      await new Promise<void>((resolve, reject) => {
        worker.on("exit", () => resolve());
        worker.on("error", reject);
      });
      expect(messages).toEqual([expect.stringContaining("int_divz"), expect.stringContaining("stk_ovf"), 4]);
      expect(trapOf(() => jit.call("divide", 1, 0)).code).toBe("int_divz");
    }
  });
});

describe.skipIf(!native)("what a user can get wrong", () => {
  it("ends in coded errors", () => {
    const jit = jitOf(FIB);
    expect(errorCode(() => jit.call("fob", 1))).toBe("JIT0006");
    expect(errorCode(() => jit.call("fib", "1" as unknown as number))).toBe("JIT0009");
    expect(errorCode(() => jit.call("fib"))).toBe("JIT0009");
    expect(errorCode(() => jit.invoke("fib", []))).toBe("JIT0008");
    const functions = () => readFunctions(new SourceFile("x.clif", FIB));
    expect(errorCode(() => jit.add(functions()[0]!))).toBe("JIT0005");
    const other = new Jit(x64);
    other.add(functions()[0]!);
    expect(errorCode(() => other.call("fib", 1))).toBe("JIT0007");
    const lost = `function %f() system_v {
    fn0 = %gantry_has_no_such_function() system_v
block0:
    call fn0()
    return
}`;
    expect(errorCode(() => jitOf(lost))).toBe("JIT0002");
  });

  it("a target of another machine is refused", () => {
    expect(errorCode(() => new Jit({ ...x64, arch: "aarch64" }))).toBe("JIT0001");
  });
});

describe.skipIf(!native || spawnSync("gdb", ["--version"]).status !== 0)("debuggers", () => {
  it("gdb stops at a generated function by name and shows its line and callers", () => {
    const folder = mkdtempSync(join(tmpdir(), "gantry-jit-"));
    const built = (name: string) => JSON.stringify(import.meta.resolve(name));
    const clif = `${FIB}\n`.replaceAll(
      /\n {4}v(\d+) =/g,
      (_, n: string) => `\n@${(Number(n) + 10).toString(16)} v${n} =`,
    );
    writeFileSync(
      join(folder, "lines.clif"),
      Array.from({ length: 40 }, (_, i) => `line ${i + 1}`).join("\n"),
    );
    const program = join(folder, "program.mjs");
    writeFileSync(
      program,
      `import { Jit } from ${built("../dist/index.js")};
       import { x64 } from ${built("@gantry/isa-x64")};
       import { readFunctions } from ${built("@gantry/clif-ir")};
       import { SourceFile } from ${built("@gantry/diag")};
       const lines = { fileName: "lines.clif", directory: ${JSON.stringify(folder)}, lineOf: (_, at) => at };
       const jit = new Jit(x64, { lines });
       for (const f of readFunctions(new SourceFile("f.clif", ${JSON.stringify(clif)}))) jit.add(f);
       jit.link();
       console.log(jit.call("fib", 5));`,
    );
    const commands = [
      "set breakpoint pending on",
      "handle SIGSEGV nostop noprint",
      "break fib",
      "run",
      "cont",
      "bt 3",
      "delete",
      "cont",
    ];
    const { stdout } = spawnSync(
      "gdb",
      ["-batch", "-nx", ...commands.flatMap((c) => ["-ex", c]), "--args", process.execPath, program],
      { encoding: "utf8", env: { ...process.env, DEBUGINFOD_URLS: "" } },
    );
    rmSync(folder, { recursive: true });
    expect(stdout).toMatch(/#0 +fib .*lines\.clif:\d+/);
    expect(stdout).toMatch(/#1 .*in fib .*lines\.clif:15/);
    expect(stdout).toMatch(/^5$/m);
  }, 60_000);
});
