import { describe, expect, test } from "vitest";
import { checkAllocation } from "./check.ts";
import { LinearAllocator } from "./linear.ts";
import { Output } from "./output.ts";
import { Problem } from "./problem.ts";
import { allocationStats } from "./stats.ts";
import { outputToText, problemFromText } from "./text.ts";
import { validateProblem } from "./validate.ts";

const allocator = new LinearAllocator();
const p = new Problem();
const out = new Output();

describe("linear", () => {
  const ENV = "env preferred r0-r2 other r3 saved r3 slots 1\n";

  function edits(text: string): string {
    const env = problemFromText(`problem t\n${ENV}${text}\nend\n`, p);
    expect(validateProblem(p)).toEqual([]);
    allocator.run(p, env, out);
    expect(checkAllocation(p, env, out)).toEqual([]);
    return outputToText(p, out)
      .split("\n")
      .filter((line) => line.includes("<-"))
      .map((line) => line.trim())
      .join("; ");
  }

  test("moves nothing where hints can be met", () => {
    expect(edits("vregs 2\nblock b0\nop =v0:r0\nop v0:reg =v1:reuse0\nret v1:r0")).toBe("");
  });

  test("keeps a value that lives across a call in a preserved register", () => {
    const text = "vregs 2\nclobbers c1 r0-r2\nblock b0\nop =v0:reg\nop ~c1 =v1:r0\nop v0:reg v1:reg\nret";
    expect(edits(text)).toBe("");
  });

  test("never stores what can be recomputed", () => {
    const text =
      "vregs 2\nremat 5 v0\nclobbers c1 r0-r3\nblock b0\nop =v0:reg\nop ~c1 =v1:r0\nop v0:reg v1:reg\nret";
    expect(edits(text)).toMatch(/^r\d <- remat v0$/);
  });

  test("brings one value to several registers of a call that destroys them", () => {
    const text = "vregs 1\nclobbers c1 r0-r2\nblock b0\nop =v0:r0\nop ~c1 v0:r0 v0:r1\nret v0:r0";
    expect(edits(text)).toBe("r3 <- r0; r1 <- r0; r0 <- r3");
  });

  test("swaps two values that are each wanted in the other's register", () => {
    const text = "vregs 2\nblock b0\nop =v0:r0 =v1:r1\nret v0:r1 v1:r0";
    expect(edits(text).split("; ").length).toBe(3);
  });

  function weights(text: string): [moves: number, memory: number] {
    edits(text);
    const stats = allocationStats(p, out);
    return [stats.weightedMoves, stats.weightedMemory];
  }

  test("stores and loads outside of a loop what the loop has no register for", () => {
    const text =
      "vregs 5\nblock b0\nop =v0:reg\nbr -> b1\nblock b1\nop =v1:reg =v2:reg =v3:reg =v4:reg\n" +
      "op v1:reg v2:reg v3:reg v4:reg\nbr -> b2 b3\nblock b2\nbr -> b1\nblock b3\nret v0:r0";
    expect(weights(text)).toEqual([2, 2]);
  });

  test("moves to a preserved register, on the way into a loop, what the loop's calls would destroy", () => {
    const text =
      "vregs 1\nclobbers c1 r0-r2\nblock b0\nop =v0:r0\nbr -> b1\nblock b1\nop v0:reg\nop ~c1\nbr v0:reg -> b2 b3\n" +
      "block b2\nbr -> b1\nblock b3\nret";
    expect(weights(text)).toEqual([1, 0]);
  });

  test("keeps what only lives through a loop in its register while the loop does not need that", () => {
    const text =
      "vregs 4\nblock b0\nop =v0:reg\nbr -> b1\nblock b1\nop =v1:reg =v2:reg =v3:reg\nop v1:reg v2:reg v3:reg\n" +
      "br -> b2 b3\nblock b2\nbr -> b1\nblock b3\nret v0:reg";
    expect(weights(text)).toEqual([0, 0]);
  });

  test("loads a value for which an inner loop has no register behind the inner loop, and once", () => {
    const text =
      "vregs 5\nblock b0\nop =v0:reg\nbr -> b1\n" +
      "block b1\nop v0:reg\nbr -> b2\nblock b2\nop =v1:reg =v2:reg =v3:reg =v4:reg\nop v1:reg v2:reg v3:reg v4:reg\n" +
      "br -> b3 b4\nblock b3\nbr -> b2\nblock b4\nbr -> b5 b6\nblock b5\nbr -> b1\nblock b6\nret";
    expect(weights(text)).toEqual([5, 5]);
  });

  test("stores what a loop computes behind the loop, if it loses its register there", () => {
    const text =
      "vregs 5\nblock b0\nbr -> b1\nblock b1\nop =v0:reg\nbr -> b2 b3\nblock b2\nbr -> b1\n" +
      "block b3\nop =v1:reg =v2:reg =v3:reg =v4:reg\nop v1:reg v2:reg v3:reg v4:reg\nret v0:reg";
    expect(weights(text)).toEqual([2, 2]);
  });

  test("stores on the path through a loop that needs the registers, not on the other", () => {
    const text =
      "vregs 6\nblock b0\nbr -> b1\nblock b1\nop =v0:r0 =v5:r1\nbr v5:reg -> b2 b3\nblock b2\nop v0:reg\nbr -> b4\n" +
      "block b3\nop =v1:reg =v2:reg =v3:reg =v4:reg\nop v1:reg v2:reg v3:reg v4:reg\nop v0:reg\nbr -> b4\n" +
      "block b4\nbr -> b5 b6\nblock b5\nbr -> b1\nblock b6\nret";
    edits(text);
    expect(out.edits.toArray().slice(0, 4)).toEqual([p.blockInstStart.at(3), 0, 0, 0]);
  });

  test("exchanges the operands of a commutative instruction whose second one ends there", () => {
    const text = (flag: string) =>
      `vregs 3\nblock b0\nop =v0:reg =v1:reg\nop ${flag}v0:reg v1:any =v2:reuse0\nop v0:reg v2:reg\nret`;
    expect(edits(text(""))).toMatch(/^r\d <- r\d$/);
    expect(edits(text("!c "))).toBe("");
  });

  test("says which instruction cannot be allocated", () => {
    const text = "vregs 5\nblock b0\nop =v0:reg =v1:reg =v2:reg =v3:reg =v4:reg\nret";
    expect(() => edits(text)).toThrow(
      "operands 0 (=v0:reg), 1 (=v1:reg), 2 (=v2:reg), 3 (=v3:reg) and 4 (=v4:reg) do not fit into r0-r3",
    );
  });
});
