import { ControlFlow, readFunctions } from "@gantry/clif-ir";
import { describe, expect, it } from "vitest";
import { BlockOrder } from "./block-order.ts";
import { UseAnalysis } from "./use-analysis.ts";

function orderOf(text: string): BlockOrder {
  const [func] = readFunctions({ name: "test.clif", bytes: new TextEncoder().encode(text) });
  const flow = new ControlFlow();
  flow.compute(func);
  const order = new BlockOrder();
  order.compute(func, flow);
  return order;
}

function lists(starts: { at(i: number): number }, items: { at(i: number): number }, n: number): number[][] {
  return Array.from({ length: n }, (_, k) => {
    const list: number[] = [];
    for (let e = starts.at(k); e < starts.at(k + 1); e++) list.push(items.at(e));
    return list;
  });
}

describe("BlockOrder", () => {
  it("splits the critical edges of a loop and puts each behind its source", () => {
    const order = orderOf(`function %f(i32) {
      block0(v0: i32):
        jump block1(v0)
      block1(v1: i32):
        brif v1, block1(v1), block2
      block2:
        return
    }`);
    expect(order.block.toArray()).toEqual([0, 1, -1, 2]);
    expect(lists(order.succStart, order.succs, 4)).toEqual([[1], [2, 3], [1], []]);
    expect(lists(order.predStart, order.preds, 4)).toEqual([[], [0, 2], [1], [1]]);
    expect(order.loopEnd.toArray()).toEqual([-1, 2, -1, -1]);
  });

  it("keeps two edges between the same blocks apart", () => {
    const order = orderOf(`function %f(i32, i32) -> i32 {
      block0(v0: i32, v1: i32):
        brif v0, block1(v0), block1(v1)
      block1(v2: i32):
        return v2
    }`);
    expect(order.block.toArray()).toEqual([0, -1, -1, 1]);
    expect(lists(order.succStart, order.succs, 4)).toEqual([[1, 2], [3], [3], []]);
  });

  it("splits the only edge of a jump table whose target has other predecessors", () => {
    const order = orderOf(`function %f(i32) {
      block0(v0: i32):
        brif v0, block1, block2
      block1:
        br_table v0, block3, []
      block2:
        jump block3
      block3:
        return
    }`);
    expect(order.block.toArray().filter((b) => b === -1)).toHaveLength(1);
  });

  it("leaves out unreachable blocks", () => {
    const order = orderOf(`function %f() {
      block0:
        return
      block1:
        return
    }`);
    expect(order.block.toArray()).toEqual([0]);
    expect(order.lowered.toArray()).toEqual([0, -1]);
  });
});

describe("UseAnalysis", () => {
  function analyse(text: string): UseAnalysis {
    const [func] = readFunctions({ name: "test.clif", bytes: new TextEncoder().encode(text) });
    const flow = new ControlFlow();
    flow.compute(func);
    const uses = new UseAnalysis();
    uses.compute(func, flow);
    return uses;
  }

  it("counts what a value used twice reads as used more than once", () => {
    const uses = analyse(`function %f(i32, i32) -> i32 {
      block0(v0: i32, v1: i32):
        v2 = iadd v0, v1
        v3 = ineg v2
        v4 = iadd v3, v3
        v5 = ineg v4
        return v4
    }`);
    expect(uses.uses.toArray()).toEqual([2, 2, 2, 2, 2, 0]);
  });

  it("gives neighbouring effects colours that differ by one, and nothing in between another", () => {
    const uses = analyse(`function %f(i64) -> i64 {
      block0(v0: i64):
        v1 = load.i64 v0
        v2 = iadd v1, v0
        v3 = load.i64 v0+8
        v4 = iadd v2, v3
        return v4
    }`);
    const [first, , second, , ret] = uses.colour.toArray();
    expect(second).toBe(first + 1);
    expect(ret).toBe(second + 1);
  });
});
