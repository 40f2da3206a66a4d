import {
  type Block,
  ControlFlow,
  DominatorTree,
  type Function,
  LoopAnalysis,
  readFunctions,
} from "@gantry/clif-ir";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BlockOrder } from "./block-order.ts";
import { EmissionOrder } from "./emission-order.ts";

/** A function of nothing but control flow: for each block where it may go. */
function graph(targets: readonly (readonly number[])[]): Function {
  const blocks = targets.map(([a, b], k) => {
    const end =
      a === undefined ? "return" : b === undefined ? `jump block${a}` : `brif v0, block${a}, block${b}`;
    return `block${k}${k === 0 ? "(v0: i32)" : ""}:\n${end}\n`;
  });
  const bytes = new TextEncoder().encode(`function %f(i32) {\n${blocks.join("")}}`);
  return readFunctions({ name: "test.clif", bytes })[0]!;
}

function orderOf(func: Function): { order: BlockOrder; flow: ControlFlow } {
  const flow = new ControlFlow();
  flow.compute(func);
  const order = new BlockOrder();
  order.compute(func, flow);
  return { order, flow };
}

const successors = (order: BlockOrder) =>
  Array.from({ length: order.count }, (_, lb) =>
    order.succs.toArray().slice(order.succStart.at(lb), order.succStart.at(lb + 1)),
  );

/** 1 { 2 { 3 } 4 } 5; the edge from 1 to 2 is split. */
const NEST = [[1], [2, 5], [3, 4], [2], [1], []];

describe("loops in the order of blocks", () => {
  it("stand together, what leaves them behind them, whichever way out is listed first", () => {
    for (const targets of [NEST, NEST.map((list) => list.toReversed())])
      expect(orderOf(graph(targets)).order.block.toArray()).toEqual([0, 1, -1, 2, 3, 4, 5]);
  });

  it("have the way out of their middle, and the edge that it splits, behind them", () => {
    const { order } = orderOf(graph([[1], [2, 4], [3, 4], [1], []]));
    expect(order.block.toArray()).toEqual([0, 1, 2, 3, -1, -1, 4]);
    expect(order.loopEnd.toArray()).toEqual([-1, 3, -1, -1, -1, -1, -1]);
    expect(successors(order)).toEqual([[1], [2, 5], [3, 4], [1], [6], [6], []]);
  });

  it("have an edge out of two loops behind the outer one", () => {
    const { order } = orderOf(graph([[1], [2, 5], [3, 5], [2, 4], [1], []]));
    expect(order.block.toArray()).toEqual([0, 1, -1, 2, 3, -1, 4, -1, -1, 5]);
  });

  it("keep blocks behind their dominators and, if they are natural, in one piece", () => {
    const n = 12;
    const row = fc.tuple(fc.nat(n - 1), fc.nat(n - 1), fc.nat(3));
    fc.assert(
      fc.property(fc.array(row, { minLength: n, maxLength: n }), (rows) => {
        // Forward mostly, so that many have natural loops alone.
        const func = graph(
          rows.map(([a, b, kind], k) =>
            k === n - 1
              ? []
              : [
                  kind === 0 ? Math.max(a, 1) : Math.min(n - 1, k + 1 + (a % 3)),
                  Math.min(n - 1, k + 1 + (b % 2)),
                ],
          ),
        );
        const { order, flow } = orderOf(func);
        const dom = new DominatorTree();
        dom.compute(flow);
        const blocks = order.lowered.toArray().flatMap((lb, b) => (lb >= 0 ? [b as Block] : []));
        const at = (b: number) => order.lowered.at(b);
        for (const a of blocks)
          for (const b of blocks) if (dom.dominates(a, b)) expect(at(a)).toBeLessThanOrEqual(at(b));
        const isRetreating = (a: Block, b: Block) => flow.rpoNumber(b) <= flow.rpoNumber(a);
        const next = (b: Block) => Array.from({ length: flow.succCount(b) }, (_, k) => flow.succ(b, k));
        if (blocks.some((b) => next(b).some((to) => isRetreating(b, to) && !dom.dominates(to, b)))) return;
        const loops = new LoopAnalysis();
        loops.compute(func, flow, dom);
        for (let l = 0; l < loops.count; l++) {
          const isInside = (b: Block) => {
            for (let x = loops.innermost(b); x >= 0; x = loops.parent(x)) if (x === l) return true;
            return false;
          };
          const members = blocks.filter(isInside).map(at);
          const header = at(loops.header(l));
          expect(header).toBe(Math.min(...members));
          expect(order.loopEnd.at(header)).toBeGreaterThanOrEqual(Math.max(...members));
          for (let lb = header; lb <= order.loopEnd.at(header); lb++) {
            const b = order.block.at(lb) as Block;
            expect(b < 0 || isInside(b)).toBe(true);
          }
        }
      }),
      { seed: 5, numRuns: 400 },
    );
  });
});

describe("the order in which blocks are written", () => {
  const written = (func: Function, threaded: Record<number, number> = {}) => {
    const { order } = orderOf(func);
    const emission = new EmissionOrder();
    emission.compute(
      func,
      order,
      Int32Array.from({ length: order.count }, (_, lb) => threaded[lb] ?? lb),
    );
    return emission.sequence.toArray();
  };

  it("has the tests of a nest behind what they guard", () => {
    expect(written(graph(NEST), { 2: 3 })).toEqual([0, 4, 3, 5, 1, 6]);
  });

  it("leaves a loop alone that ends in its test", () => {
    // The edges that are split are bare jumps.
    expect(written(graph([[1], [2], [1, 3], []]))).toEqual([0, 3, 1, 2, 4]);
    expect(written(graph([[1], [2], [1, 3], []]), { 3: 1 })).toEqual([0, 1, 2, 4]);
  });

  it("puts cold blocks last", () => {
    const func = graph([[1], [2, 4], [3, 5], [1], [], []]);
    func.setCold(2 as Block, true);
    expect(written(func)).toEqual([0, 3, 1, 4, 5, 2]);
  });
});
