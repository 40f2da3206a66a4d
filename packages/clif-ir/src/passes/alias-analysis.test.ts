import { SourceFile } from "@gantry/diag";
import { expect, it } from "vitest";
import { ControlFlow } from "../analysis/control-flow.ts";
import { DominatorTree } from "../analysis/dominators.ts";
import { PostDominatorTree } from "../analysis/post-dominators.ts";
import { readFunctions } from "../reader/file.ts";
import { verify } from "../verifier/verify.ts";
import { writeFunction } from "../writer/function.ts";
import { AliasAnalysis } from "./alias-analysis.ts";

const flow = new ControlFlow();
const dom = new DominatorTree();
const post = new PostDominatorTree();
const analysis = new AliasAnalysis();

/** The instructions that are left of a function's body. */
function left(lines: string, more = ""): string[] {
  const text = `function %f(i64, i32, i32) -> i32 {\n region0 = 1 "a"\n region1 = 2 "b"\n fn0 = %g()\nblock0(v0: i64, v1: i32, v2: i32):\n${lines}\n}\n${more}`;
  const [f] = readFunctions(new SourceFile("t", text));
  flow.compute(f);
  dom.compute(flow);
  post.compute(f, flow);
  analysis.run(f, flow, dom, post);
  f.resolveAliases();
  expect(verify(f)).toEqual([]);
  return writeFunction(f)
    .split("\n")
    .map((l) => l.trim())
    .filter((l) => /load|store|return|call|brif|fence/.test(l));
}

it("loads what was stored and what was loaded", () => {
  expect(
    left(
      "store v1, v0+8\n v3 = load.i32 v0+8\n v4 = load.i32 v0\n v5 = load.i32 v0\n v6 = iadd v4, v5\n v7 = iadd v6, v3\n return v7",
    ),
  ).toEqual(["store v1, v0+8", "v4 = load.i32 v0", "return v7"]);
});

it("keeps apart offsets, types, byte orders and extending loads", () => {
  const lines =
    "store v1, v0\n v3 = load.i32 v0+4\n v4 = load.i16 v0\n v5 = load.i32 big v0\n v6 = uload8.i32 v0\n return v1";
  expect(left(lines)).toHaveLength(6);
});

it("knows that regions do not overlap and that an access without region may touch anything", () => {
  expect(
    left(
      "v3 = load.i32 notrap region0 v0\n store notrap region1 v1, v0\n v4 = load.i32 notrap region0 v0\n v5 = iadd v3, v4\n return v5",
    ),
  ).toEqual(["v3 = load.i32 notrap region0 v0", "store notrap region1 v1, v0", "return v5"]);
  expect(
    left(
      "v3 = load.i32 notrap v0\n store notrap region1 v1, v0\n v4 = load.i32 notrap v0\n v5 = iadd v3, v4\n return v5",
    ),
  ).toHaveLength(4);
  expect(
    left(
      "v3 = load.i32 notrap region0 v0\n store notrap v1, v0+1\n v4 = load.i32 notrap region0 v0\n v5 = iadd v3, v4\n return v5",
    ),
  ).toHaveLength(4);
});

it("forgets at calls and fences", () => {
  expect(
    left(
      "v3 = load.i32 v0\n call fn0()\n v4 = load.i32 v0\n fence\n v5 = load.i32 v0\n v6 = iadd v3, v4\n v7 = iadd v6, v5\n return v7",
    ),
  ).toHaveLength(6);
});

it("removes stores of what is there", () => {
  expect(left("v3 = load.i32 v0\n store v3, v0\n store v1, v0+4\n store v1, v0+4\n return v3")).toEqual([
    "v3 = load.i32 v0",
    "store v1, v0+4",
    "return v3",
  ]);
});

it("removes stores that only a later store to the same place sees", () => {
  expect(
    left(
      "store notrap region0 v1, v0\n store notrap region0 v2, v0\n store notrap region0 v1, v0\n return v1",
    ),
  ).toEqual(["store notrap region0 v1, v0", "return v1"]);
  expect(
    left(
      "store notrap region0 v1, v0\n v3 = load.i32 notrap region0 v0+4\n store notrap region0 v2, v0\n return v3",
    ),
  ).toHaveLength(4);
  expect(
    left("store notrap region0 v1, v0\n trapz v1, user1\n store notrap region0 v2, v0\n return v1"),
  ).toHaveLength(3);
  expect(
    left("store notrap region0 v1, v0\n call fn0()\n store notrap region0 v2, v0\n return v1"),
  ).toHaveLength(4);
});

it("takes a store away only where the later one is on every way", () => {
  const one =
    "store notrap region0 v1, v0\n brif v1, block1, block2\nblock1:\n store notrap region0 v2, v0\n jump block2\nblock2:\n return v1";
  expect(left(one)).toHaveLength(4);
  const all =
    "store notrap region0 v1, v0\n brif v1, block1, block2\nblock1:\n jump block2\nblock2:\n store notrap region0 v2, v0\n return v1";
  expect(left(all)).toHaveLength(3);
});

it("does not carry values over a loop that writes", () => {
  const lines =
    "v3 = load.i32 notrap v0\n jump block1\nblock1:\n v4 = load.i32 notrap v0\n store notrap v2, v0\n brif v4, block1, block2\nblock2:\n v5 = load.i32 notrap v0\n v6 = iadd v3, v5\n return v6";
  expect(left(lines)).toEqual([
    "v3 = load.i32 notrap v0",
    "v4 = load.i32 notrap v0",
    "store.i32 notrap v2, v0",
    "brif v4, block1, block2",
    "return v6",
  ]);
});

it("sees a load that a loop runs before the store behind it", () => {
  // In reverse postorder the store stands in front of the load.
  const lines =
    "store notrap region0 v1, v0\n jump block1\nblock1:\n brif v2, block2, block3\nblock2:\n v3 = load.i32 notrap region0 v0+1\n brif v3, block1, block1\nblock3:\n store notrap region0 v2, v0\n return v1";
  expect(left(lines)).toContain("store notrap region0 v1, v0");
});
