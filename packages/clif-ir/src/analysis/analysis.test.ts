import { SourceFile } from "@gantry/diag";
import { NONE } from "@gantry/entity";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Block } from "../entities.ts";
import { Function } from "../function.ts";
import * as Op from "../generated/opcodes.ts";
import { readFunctions } from "../reader/file.ts";
import { ControlFlow } from "./control-flow.ts";
import { DominatorTree } from "./dominators.ts";
import { LoopAnalysis } from "./loops.ts";
import { PostDominatorTree } from "./post-dominators.ts";

const flow = new ControlFlow();
const dom = new DominatorTree();
const loops = new LoopAnalysis();

function analyse(f: Function): void {
  flow.compute(f);
  dom.compute(flow);
  loops.compute(f, flow, dom);
}

/** A function with `n` blocks, each ending in a branch table to the given successors; block 0 is the entry. */
function graph(successors: readonly (readonly number[])[]): Function {
  const f = new Function();
  f.growBlocks(successors.length);
  successors.forEach((list, b) => {
    f.appendBlock(b as Block);
    const i = f.addInst(list.length === 0 ? Op.return : Op.br_table, 0);
    f.setTargets(
      i,
      list.map((to) => {
        const at = f.pool.push(to);
        f.pool.push(0);
        return at;
      }),
    );
    f.appendInst(b as Block, i);
  });
  return f;
}

/** Blocks that can be reached without going through `without`. */
function reach(successors: readonly (readonly number[])[], from: number, without: number): Set<number> {
  const seen = new Set<number>();
  const stack = from === without ? [] : [from];
  for (let b = stack.pop(); b !== undefined; b = stack.pop()) {
    if (seen.has(b)) continue;
    seen.add(b);
    for (const to of successors[b]) if (to !== without) stack.push(to);
  }
  return seen;
}

const randomGraph = fc.integer({ min: 1, max: 24 }).chain((n) =>
  fc.array(fc.array(fc.integer({ min: n > 1 ? 1 : 0, max: n - 1 }), { maxLength: n > 1 ? 3 : 0 }), {
    minLength: n,
    maxLength: n,
  }),
);

describe("control flow", () => {
  it("explores the first-listed destination first", () => {
    const [f] = readFunctions(
      new SourceFile(
        "t",
        "function %f(i32) {\nblock1(v0: i32):\n brif v0, block2, block3\nblock2:\n jump block3\nblock3:\n return\nblock4:\n jump block3\n}",
      ),
    );
    analyse(f);
    expect(flow.rpo.toArray().reverse()).toEqual([3, 2, 1]);
    expect(flow.isReachable(4 as Block)).toBe(false);
    expect(flow.predCount(3 as Block)).toBe(3);
    expect([0, 1, 2].map((k) => flow.pred(3 as Block, k))).toEqual([1, 2, 4]);
    expect(dom.idom(3 as Block)).toBe(1);
    expect(dom.idom(1 as Block)).toBe(NONE);
    expect(dom.idom(4 as Block)).toBe(NONE);
    expect(dom.dominates(4 as Block, 4 as Block)).toBe(false);
  });

  it("has reverse postorder, predecessor and successor sets of random graphs", () => {
    fc.assert(
      fc.property(randomGraph, (successors) => {
        analyse(graph(successors));
        const reachable = reach(successors, 0, -1);
        expect(new Set(flow.rpo.toArray())).toEqual(reachable);
        for (let b = 0; b < successors.length; b++) {
          const preds = successors.map((_, p) => p).filter((p) => successors[p].includes(b));
          expect(preds).toEqual(
            Array.from({ length: flow.predCount(b as Block) }, (_, k) => flow.pred(b as Block, k)),
          );
          const succs = [...new Set(successors[b])].sort((x, y) => x - y);
          expect(succs).toEqual(
            Array.from({ length: flow.succCount(b as Block) }, (_, k) => flow.succ(b as Block, k)),
          );
        }
      }),
      { seed: 2, numRuns: 300 },
    );
  });
});

describe("dominators", () => {
  it("are what removing a block cuts off, in random graphs", () => {
    fc.assert(
      fc.property(randomGraph, (successors) => {
        analyse(graph(successors));
        const all = reach(successors, 0, -1);
        for (let a = 0; a < successors.length; a++) {
          const left = reach(successors, 0, a);
          for (let b = 0; b < successors.length; b++) {
            const want = all.has(a) && all.has(b) && !left.has(b);
            expect(dom.dominates(a as Block, b as Block)).toBe(want);
          }
          const parent = dom.idom(a as Block);
          if (parent !== NONE) expect(dom.depth(a as Block)).toBe(dom.depth(parent) + 1);
        }
      }),
      { seed: 3, numRuns: 300 },
    );
  });

  it("handle a long chain and a deep nest without recursion", () => {
    const n = 60_000;
    analyse(
      graph(Array.from({ length: n }, (_, b) => (b + 1 < n ? [b + 1, ...(b > 1 ? [b >> 1 || 1] : [])] : []))),
    );
    expect(dom.idom((n - 1) as Block)).toBe(n - 2);
    expect(flow.reachableCount).toBe(n);
  });
});

describe("post-dominators", () => {
  const post = new PostDominatorTree();

  it("are what removing a block cuts off from the end, in random graphs that all reach it", () => {
    fc.assert(
      fc.property(randomGraph, (successors) => {
        const reachable = reach(successors, 0, -1);
        const exits = successors
          .map((_, b) => b)
          .filter((b) => reachable.has(b) && successors[b].length === 0);
        const reversed = successors.map((_, b) =>
          successors.map((_, p) => p).filter((p) => reachable.has(p) && successors[p].includes(b)),
        );
        const ends = (without: number) => new Set(exits.flatMap((e) => [...reach(reversed, e, without)]));
        const all = ends(-1);
        fc.pre(all.size === reachable.size);
        analyse(graph(successors));
        post.compute(graph(successors), flow);
        for (const a of reachable) {
          const left = ends(a);
          for (const b of reachable) expect(post.postDominates(a as Block, b as Block)).toBe(!left.has(b));
        }
      }),
      { seed: 9, numRuns: 300 },
    );
  });

  it("exist for loops without an exit too", () => {
    const f = graph([[1, 2], [], [3], [2]]);
    analyse(f);
    post.compute(f, flow);
    expect(post.ipdom(0 as Block)).toBe(NONE);
    expect(post.postDominates(3 as Block, 2 as Block)).toBe(true);
  });
});

describe("loops", () => {
  it("nest", () => {
    // 1 { 2 { 3 } 4 } 5
    analyse(graph([[1], [2, 5], [3], [2, 4], [1], []]));
    expect(loops.count).toBe(2);
    expect(loops.header(0)).toBe(1);
    expect(loops.header(1)).toBe(2);
    expect(loops.parent(1)).toBe(0);
    expect([0, 1, 2, 3, 4, 5].map((b) => loops.blockDepth(b as Block))).toEqual([0, 1, 2, 2, 1, 0]);
  });

  it("are the blocks that reach a latch without the header, in random graphs", () => {
    fc.assert(
      fc.property(randomGraph, (successors) => {
        analyse(graph(successors));
        const members = new Map<number, Set<number>>();
        for (let h = 0; h < successors.length; h++)
          for (let latch = 0; latch < successors.length; latch++) {
            if (!successors[latch].includes(h) || !dom.dominates(h as Block, latch as Block)) continue;
            const body = members.get(h) ?? new Set([h]);
            members.set(h, body);
            for (const b of reach(successors, 0, -1))
              if (b === latch || (b !== h && reach(successors, b, h).has(latch))) body.add(b);
          }
        expect(loops.count).toBe(members.size);
        for (let b = 0; b < successors.length; b++) {
          let depth = 0;
          for (const body of members.values()) if (body.has(b)) depth++;
          expect(loops.blockDepth(b as Block)).toBe(depth);
        }
      }),
      { seed: 4, numRuns: 300 },
    );
  });
});
