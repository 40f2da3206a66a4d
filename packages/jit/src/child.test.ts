import { afterAll, describe, expect, it } from "vitest";
import { ChildExecutor, type RunRequest } from "./child.ts";

const native = process.arch === "x64" && process.platform === "linux";

const TEXT = `function %divide(i32, i32) -> i32 system_v {
block0(v0: i32, v1: i32):
    v2 = udiv v0, v1
    return v2
}
function %jump(i64) system_v {
    sig0 = () system_v
block0(v0: i64):
    call_indirect sig0, v0()
    return
}
function %spin() system_v {
block0:
    jump block1
block1:
    jump block1
}
function %wide(i64, i64) -> i64, i64 system_v {
block0(v0: i64, v1: i64):
    return v1, v0
}`;

describe.skipIf(!native)("the child executor", () => {
  const target = { module: import.meta.resolve("@gantry/isa-x64"), exportName: "x64" };
  const executor = new ChildExecutor(target, { timeoutMs: 3000 });
  afterAll(() => executor.close());
  const run = (calls: RunRequest["calls"], text = TEXT) => executor.run({ text, fileName: "t.clif", calls });

  it("gives values and traps", async () => {
    const outcomes = await run([
      { name: "divide", args: [9n, 2n] },
      { name: "divide", args: [9n, 0n] },
      { name: "wide", args: [1n, 0xffff_ffff_ffff_ffffn] },
    ]);
    expect(outcomes[0]).toEqual({ kind: "values", values: [4n] });
    expect(outcomes[1]).toMatchObject({ kind: "trap", trap: { code: "int_divz" } });
    expect(outcomes[2]).toEqual({ kind: "values", values: [0xffff_ffff_ffff_ffffn, 1n] });
  });

  it("survives what kills the child", async () => {
    const outcomes = await run([
      { name: "divide", args: [8n, 2n] },
      { name: "jump", args: [1n] },
      { name: "spin", args: [] },
      { name: "divide", args: [6n, 2n] },
    ]);
    expect(outcomes.map((o) => o.kind)).toEqual(["values", "died", "timeout", "values"]);
  });

  it("says so when no child comes up", async () => {
    const broken = new ChildExecutor({ module: "data:text/javascript,process.exit(7)", exportName: "x64" });
    const outcomes = await broken.run({
      text: TEXT,
      fileName: "t.clif",
      calls: [1n, 2n, 3n].map((x) => ({ name: "jump", args: [x] })),
    });
    expect(outcomes).toEqual(Array(3).fill({ kind: "died", message: "exit status 7" }));
  });

  it("reports what does not compile", async () => {
    const outcomes = await run([{ name: "divide", args: [1n, 1n] }], "function %f(");
    expect(outcomes[0]).toMatchObject({ kind: "error", code: expect.stringMatching(/^CLIF/) });
  });
});
