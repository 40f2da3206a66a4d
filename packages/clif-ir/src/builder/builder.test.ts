import { errorCode } from "@gantry/diag/testing";
import { describe, expect, it } from "vitest";
import { CallConv } from "../call-conv.ts";
import { IntCC } from "../condition-codes.ts";
import type { Inst } from "../entities.ts";
import { Function } from "../function.ts";
import { I8, I32, I32X4, I64, I128 } from "../types.ts";
import { verify } from "../verifier/verify.ts";
import { writeFunction } from "../writer/function.ts";
import { FuncCursor } from "./cursor.ts";
import { FunctionBuilder } from "./function-builder.ts";
import { exnArg, retArg } from "./inst-base.ts";

function start(params: number[], returns: number[]): FunctionBuilder {
  const b = new FunctionBuilder(new Function());
  b.setName(b.testcaseName("f"));
  b.setSignature({ params, returns, callConv: CallConv.tail });
  const entry = b.createBlock();
  b.appendBlockParamsForFunctionParams(entry);
  b.switchToBlock(entry);
  b.sealBlock(entry);
  return b;
}

function done(b: FunctionBuilder): string {
  b.finalize();
  expect(verify(b.func)).toEqual([]);
  return writeFunction(b.func);
}

describe("variables", () => {
  it("become block parameters where paths meet, and nothing elsewhere", () => {
    const b = start([I32], [I32]);
    const [n] = b.blockParams(b.currentBlock);
    const [left, right, join] = [b.createBlock(), b.createBlock(), b.createBlock()];
    const x = b.declareVar(I32);
    const y = b.declareVar(I32);
    b.defVar(x, n);
    b.defVar(y, n);
    b.ins().brif(n, left, [], right);
    b.switchToBlock(left);
    b.sealBlock(left);
    b.defVar(x, b.ins().iconst(I32, 1));
    b.ins().jump(join);
    b.switchToBlock(right);
    b.sealBlock(right);
    b.defVar(x, b.ins().iadd_imm_s(b.useVar(x), -1));
    b.ins().jump(join);
    b.switchToBlock(join);
    b.sealBlock(join);
    b.ins().return([b.ins().iadd(b.useVar(x), b.useVar(y))]);
    expect(done(b)).toBe(`function %f(i32) -> i32 tail {
block0(v0: i32):
    v5 -> v0
    brif v0, block1, block2

block1:
    v1 = iconst.i32 1
    jump block3(v1)  ; v1 = 1

block2:
    v2 = iconst.i32 -1
    v3 = iadd.i32 v0, v2  ; v2 = -1
    jump block3(v3)

block3(v4: i32):
    v6 = iadd v4, v0
    return v6
}
`);
  });

  it("need no parameter round a loop that does not assign them", () => {
    const b = start([I32, I32], [I32]);
    const [n, k] = b.blockParams(b.currentBlock);
    const [loop, exit] = [b.createBlock(), b.createBlock()];
    const i = b.declareVar(I32);
    const c = b.declareVar(I32);
    b.defVar(i, n);
    b.defVar(c, k);
    b.ins().jump(loop);
    b.switchToBlock(loop);
    b.defVar(i, b.ins().isub(b.useVar(i), b.useVar(c)));
    b.ins().brif(b.useVar(i), loop, [], exit);
    b.sealBlock(loop);
    b.switchToBlock(exit);
    b.sealBlock(exit);
    b.ins().return([b.useVar(c)]);
    const text = done(b);
    expect(text).toContain("block1(v2: i32):");
    expect(text).toContain("brif v4, block1(v4), block2");
  });

  it("are zero where no path assigns them, of every type", () => {
    const b = start([], [I128, I32X4]);
    const wide = b.declareVar(I128);
    const vector = b.declareVar(I32X4);
    b.ins().return([b.useVar(wide), b.useVar(vector)]);
    expect(done(b)).toContain("= uextend.i128 v");
  });

  it("stay correct through a chain of a hundred thousand blocks", () => {
    const b = start([I32], [I32]);
    const x = b.declareVar(I32);
    b.defVar(x, b.blockParams(b.currentBlock)[0]);
    for (let k = 0; k < 100_000; k++) {
      const next = b.createBlock();
      b.ins().jump(next);
      b.switchToBlock(next);
      b.sealBlock(next);
    }
    b.ins().return([b.useVar(x)]);
    b.finalize();
    expect(b.func.arg(b.func.lastInst(b.currentBlock), 0)).toBe(0);
  });

  it("report misuse", () => {
    const b = start([I64], [I32]);
    const x = b.declareVar(I32);
    const next = b.createBlock();
    expect(errorCode(() => b.defVar(x, b.blockParams(b.currentBlock)[0]))).toBe("CLIF0706");
    expect(errorCode(() => b.useVar(7 as never))).toBe("CLIF0705");
    b.ins().iconst(I32, 1);
    expect(errorCode(() => b.switchToBlock(next))).toBe("CLIF0701");
    b.ins().jump(next);
    expect(errorCode(() => b.ins().nop())).toBe("CLIF0702");
    expect(errorCode(() => b.finalize())).toBe("");
    b.switchToBlock(next);
    b.useVar(x);
    expect(errorCode(() => b.finalize())).toBe("CLIF0708");
    b.sealBlock(next);
    expect(errorCode(() => b.sealBlock(next))).toBe("CLIF0703");
    expect(errorCode(() => b.appendBlockParam(next, I32))).toBe("CLIF0704");
  });
});

describe("instructions", () => {
  it("of every shape", () => {
    const b = start([I64, I32], []);
    const [p, x] = b.blockParams(b.currentBlock);
    const sig = b.importSignature({ params: [I32], returns: [I32], callConv: CallConv.tail });
    const fn = b.importFunction(b.testcaseName("g"), sig, { colocated: true });
    const slot = b.createStackSlot(16, 8);
    const ins = b.ins();
    const [low, flag] = ins.uadd_overflow(x, x);
    ins.store(0, low, p, 8);
    ins.stack_store(flag, slot, 4);
    const loaded = ins.stack_load(I8, slot, 4);
    const wide = ins.icmp_imm_u(IntCC.ne, p, 0xffff_ffffn);
    ins.trapz(ins.band_not(loaded, wide), 7);
    const call = ins.call(fn, [x]);
    const [r] = b.instResults(call);
    const [normal, handler, table] = [b.createBlock(), b.createBlock(), b.createBlock()];
    b.appendBlockParam(normal, I32);
    b.appendBlockParam(handler, I64);
    ins.try_call(fn, [r], {
      signature: sig,
      normal: { block: normal, args: [retArg(0)] },
      items: [
        { tag: 3, handler: { block: handler, args: [exnArg(0)] } },
        { context: p },
        { default: { block: handler, args: [p] } },
      ],
    });
    b.switchToBlock(normal);
    b.ins().br_table(b.blockParams(normal)[0], {
      default: { block: table, args: [] },
      entries: [{ block: table, args: [] }],
    });
    b.switchToBlock(handler);
    b.ins().trap(1);
    b.switchToBlock(table);
    b.ins().return([]);
    b.sealAllBlocks();
    expect(done(b)).toBe(`function %f(i64, i32) tail {
    ss0 = explicit_slot 16, align = 8
    sig0 = (i32) -> i32 tail
    fn0 = colocated %g sig0

block0(v0: i64, v1: i32):
    v2, v3 = uadd_overflow v1, v1
    store notrap v2, v0+8
    v4 = stack_addr.i64 ss0+4
    store notrap v3, v4
    v5 = stack_addr.i64 ss0+4
    v6 = load.i8 notrap v5
    v7 = iconst.i64 0xffff_ffff
    v8 = icmp ne v0, v7  ; v7 = 0xffff_ffff
    v9 = bnot v8
    v10 = band v6, v9
    trapz v10, user7
    v11 = call fn0(v1)
    try_call fn0(v11), sig0, block1(ret0), [ tag3: block2(exn0), context v0, default: block2(v0) ]

block1(v12: i32):
    br_table v12, block3, [block3]

block2(v13: i64):
    trap user1

block3:
    return
}
`);
  });
});

describe("cursor", () => {
  it("inserts in front, removes and splits", () => {
    const b = start([I32], [I32]);
    const [x] = b.blockParams(b.currentBlock);
    const sum = b.ins().iadd(x, x);
    b.ins().nop();
    b.ins().return([sum]);
    b.finalize();
    const c = new FuncCursor(b.func);
    const seen: number[] = [];
    for (let block = c.nextBlock(); block >= 0; block = c.nextBlock())
      for (let i = c.nextInst(); i >= 0; i = c.nextInst()) {
        seen.push(i);
        if (i === 1) c.removeInstAndStepBack();
      }
    expect(seen).toEqual([0, 1, 2]);
    c.gotoInst(2 as Inst);
    c.ins().isub(sum, x);
    const next = b.func.addBlock();
    c.insertBlock(next);
    c.gotoBottom(b.func.firstBlock());
    c.ins().jump(next);
    expect(writeFunction(b.func)).toBe(
      "function %f(i32) -> i32 tail {\nblock0(v0: i32):\n    v1 = iadd v0, v0\n    v2 = isub v1, v0\n    jump block1\n\nblock1:\n    return v1\n}\n",
    );
    expect(verify(b.func)).toEqual([]);
  });
});
