import { errorCode } from "@gantry/diag/testing";
import { describe, expect, it } from "vitest";
import { CallConv } from "../call-conv.ts";
import { Function as ClifFunction } from "../function.ts";
import { I8X16, I32, I32X8, I64, type Type } from "../types.ts";
import { writeFunction } from "../writer/function.ts";
import { FunctionBuilder } from "./function-builder.ts";

const signature = (params: Type[], returns: Type[]) => ({
  callConv: CallConv.system_v,
  params: params.map((type) => ({ type })),
  returns: returns.map((type) => ({ type })),
});

function start(params: Type[]): FunctionBuilder {
  const b = new FunctionBuilder(new ClifFunction());
  b.setSignature(signature(params, [I64]));
  const entry = b.createBlock();
  b.appendBlockParamsForFunctionParams(entry);
  b.switchToBlock(entry);
  b.sealBlock(entry);
  return b;
}

const body = (b: FunctionBuilder): string[] => {
  b.finalize();
  return writeFunction(b.func)
    .split("\n")
    .map((line) => line.trim().replace(/ +;.*/, ""))
    .filter((line) => line !== "");
};

describe("values that need stack maps", () => {
  it("are stored where they are defined and loaded behind calls, once in a block", () => {
    const b = start([I64]);
    const x = b.func.blockParam(b.currentBlock, 0);
    const fn = b.importFunction(b.testcaseName("f"), b.importSignature(signature([I64], [])));
    b.declareNeedsStackMap(x);
    b.ins().call(fn, [x]);
    const y = b.ins().iadd(x, x);
    b.ins().call(fn, [y]);
    b.ins().return([y]);
    expect(body(b)).toEqual([
      "function u0:0(i64) -> i64 system_v {",
      "ss0 = explicit_slot 8, align = 8",
      "sig0 = (i64) system_v",
      "fn0 = %f sig0",
      "block0(v0: i64):",
      "v2 = stack_addr.i64 ss0",
      "store notrap aligned v0, v2",
      "call fn0(v0), stack_map=[i64 @ ss0+0]",
      "v3 = stack_addr.i64 ss0",
      "v4 = load.i64 notrap aligned v3",
      "v1 = iadd v4, v4",
      "call fn0(v1)",
      "return v1",
      "}",
    ]);
  });

  it("share slots if they do not live at the same time, by size", () => {
    const b = start([I64]);
    const make = b.importFunction(
      b.testcaseName("make"),
      b.importSignature(signature([], [I64, I32, I8X16])),
    );
    for (let k = 0; k < 5; k++) {
      const made = b.instResults(b.ins().call(make, []));
      for (const v of made) b.declareNeedsStackMap(v);
      b.ins().call(make, []);
      b.ins().store(0, made[0]!, made[0]!, 0);
      b.ins().store(0, made[1]!, made[0]!, 8);
      b.ins().store(0, made[2]!, made[0]!, 16);
    }
    b.ins().return([b.func.blockParam(b.currentBlock, 0)]);
    const lines = body(b);
    expect(lines.filter((line) => line.includes("explicit_slot"))).toHaveLength(3);
    expect(lines.filter((line) => /stack_map=\[.*i64 @ ss\d+\+0/.test(line))).toHaveLength(5);
  });

  it("that live across no call stay as they are", () => {
    const b = start([I64]);
    const x = b.func.blockParam(b.currentBlock, 0);
    b.declareNeedsStackMap(x);
    b.ins().return([b.ins().iadd(x, x)]);
    expect(body(b).join()).not.toContain("explicit_slot");
  });

  it("are refused where they cannot be", () => {
    const b = start([I32X8]);
    expect(errorCode(() => b.declareNeedsStackMap(b.func.blockParam(b.currentBlock, 0)))).toBe("CLIF0709");
    const variable = b.declareVar(I64);
    b.defVar(variable, b.ins().iconst(I64, 1));
    expect(errorCode(() => b.declareVarNeedsStackMap(variable))).toBe("CLIF0710");
    expect(errorCode(() => b.declareVarNeedsStackMap(b.declareVar(I32X8)))).toBe("CLIF0709");
  });
});
