import { describe, expect, test } from "vitest";
import { BacktrackingAllocator } from "./backtracking/backtracking.ts";
import { checkAllocation } from "./check.ts";
import { LinearAllocator } from "./linear.ts";
import { SLOT_BASE } from "./operand.ts";
import { EDIT_WORDS, MOVE, Output } from "./output.ts";
import { Problem } from "./problem.ts";
import { Choices, generateProblem, RandomBytes, simulate } from "./testing/index.ts";
import { outputToText, problemFromText, problemToText } from "./text.ts";

const allocator = new LinearAllocator();
const allocators = [allocator, new BacktrackingAllocator()];
const p = new Problem();
const out = new Output();

/** Another location of the same kind. */
function mutate(at: number, random: RandomBytes): number {
  if (at >= SLOT_BASE)
    return SLOT_BASE + ((at - SLOT_BASE + 1 + (random.next() % out.slotCount)) % out.slotCount);
  return (at & ~31) | (random.next() % [10, 6, 4, 3][at >> 5]!);
}

const MUTATIONS: Record<string, (random: RandomBytes) => void> = {
  "an operand's location": (random) => {
    const k = ((random.next() << 8) | random.next()) % out.allocs.length;
    out.allocs.set(k, mutate(out.allocs.at(k), random));
  },
  "two operands' locations exchanged": (random) => {
    const k = ((random.next() << 8) | random.next()) % out.allocs.length;
    const j = (k + 1 + (random.next() % 3)) % out.allocs.length;
    const at = out.allocs.at(k);
    out.allocs.set(k, out.allocs.at(j));
    out.allocs.set(j, at);
  },
  "a lost edit": (random) => {
    const at = (random.next() % out.numEdits()) * EDIT_WORDS;
    out.edits.data.copyWithin(at, at + EDIT_WORDS, out.edits.length);
    out.edits.length -= EDIT_WORDS;
  },
  "an edit's source": (random) => {
    const at = (random.next() % out.numEdits()) * EDIT_WORDS;
    if (out.edits.at(at + 2) === MOVE) out.edits.set(at + 3, mutate(out.edits.at(at + 3), random));
  },
  "an edit's destination": (random) => {
    const at = (random.next() % out.numEdits()) * EDIT_WORDS;
    out.edits.set(at + 4, mutate(out.edits.at(at + 4), random));
  },
  "an edit that stands on the other side of its instruction": (random) => {
    const at = (random.next() % out.numEdits()) * EDIT_WORDS;
    out.edits.set(at + 1, 1 - out.edits.at(at + 1));
  },
  "an invented edit": (random) => {
    const at = (random.next() % out.numEdits()) * EDIT_WORDS;
    const end = out.edits.length;
    out.edits.extend(EDIT_WORDS);
    out.edits.data.copyWithin(at + EDIT_WORDS, at, end);
    out.edits.set(at + 2, MOVE);
    out.edits.set(at + 3, out.edits.at(at + 4));
    out.edits.set(at + 4, mutate(out.edits.at(at + 4), random));
  },
  "two edits in the other order": (random) => {
    const at = (random.next() % out.numEdits()) * EDIT_WORDS;
    if (at + EDIT_WORDS >= out.edits.length) return;
    for (let k = 2; k < EDIT_WORDS; k++) {
      const x = out.edits.at(at + k);
      out.edits.set(at + k, out.edits.at(at + k + EDIT_WORDS));
      out.edits.set(at + k + EDIT_WORDS, x);
    }
  },
};

describe("checker", () => {
  test.each(Object.keys(MUTATIONS))("rejects %s whenever an execution goes wrong", (name) => {
    const random = new RandomBytes(name.length);
    let rejected = 0;
    let wrong = 0;
    const count = 1200;
    for (let k = 0; k < count; k++) {
      const bytes = random.bytes(600);
      const env = generateProblem(bytes, p);
      allocators[k % 2]!.run(p, env, out);
      if (out.numEdits() === 0) continue;
      MUTATIONS[name]!(random);
      const accepted = checkAllocation(p, env, out).length === 0;
      let trouble = "";
      for (let run = 0; run < 6 && trouble === ""; run++)
        trouble = simulate(p, out, new Choices(random.bytes(60)), 30);
      if (accepted && trouble !== "")
        expect.fail(`problem ${k}: ${trouble}\n${problemToText(p, env)}${outputToText(p, out)}`);
      if (!accepted) rejected++;
      if (trouble !== "") wrong++;
    }
    expect(wrong).toBeGreaterThan(count / 8);
    expect(rejected).toBeGreaterThanOrEqual(wrong);
  });

  const HEAD = "problem t\nenv preferred r0-r3 other - saved - slots 0\n";

  test("says what a location should hold and what it holds", () => {
    const env = problemFromText(`${HEAD}vregs 2\nblock b0\nop =v0:reg =v1:reg\nret v0:reg v1:any\nend\n`, p);
    allocator.run(p, env, out);
    out.allocs.set(2, out.allocs.at(1));
    expect(checkAllocation(p, env, out)).toEqual([
      "instruction 1 (ret v0:reg v1:any): operand 0 v0:reg: r1 should hold v0, but holds v1; v0 is in r0",
    ]);
  });

  test("follows the condition codes", () => {
    const env = problemFromText(
      `${HEAD}vregs 2\nblock b0\nop =v0:r0\nop !w v0:reg\nop !r v0:r1 =v1:reg\nret v1:r0\nend\n`,
      p,
    );
    allocator.run(p, env, out);
    expect(checkAllocation(p, env, out)).toEqual([]);
    expect(checkAllocation(p, env, out, { editWritesFlags: () => true })).toEqual([
      "instruction 2 (op !r v0:r1 =v1:reg): reads condition codes of instruction 1, but sees those of an edit",
    ]);
  });

  test("sees slots that overlap", () => {
    const env = problemFromText(
      `${HEAD}vregs 2\nclobbers c1 r0-r3\nblock b0\nop =v0:reg =v1:reg\nop ~c1\nret v0:r0 v1:r1\nend\n`,
      p,
    );
    allocator.run(p, env, out);
    expect(checkAllocation(p, env, out)).toEqual([]);
    out.spillOffset.set(1, out.spillOffset.at(0) + 4);
    expect(checkAllocation(p, env, out)[0]).toMatch(/no room for the 8 bytes/);
  });
});
