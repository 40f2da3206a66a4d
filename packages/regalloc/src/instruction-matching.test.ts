import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Environment, makeEnvironment } from "./environment.ts";
import { InstructionMatching } from "./instruction-matching.ts";
import {
  ANY,
  DEF,
  EARLY,
  FIXED,
  LATE,
  LIMIT,
  NO_REG,
  operandInfo,
  REG,
  REUSE,
  STACK,
  USE,
} from "./operand.ts";
import { Problem } from "./problem.ts";
import { findPlaces, fits } from "./testing/index.ts";
import { instructionText, problemFromText } from "./text.ts";

const matching = new InstructionMatching();
const p = new Problem();

function allocatable(env: Environment): Int32Array {
  return env.preferred.map((mask, c) => mask | env.other[c]!);
}

/** What the operand in the making is, as numbers to choose by. */
type Draft = [kind: number, vreg: number, constraint: number, place: number];

const draft: fc.Arbitrary<Draft> = fc.tuple(fc.nat(4), fc.nat(3), fc.nat(8), fc.nat(5));

/** One instruction of the operands that the drafts describe, on `registers` of class 0; class 1 has two registers. */
function makeInstruction(drafts: readonly Draft[], registers: number, clobbers: number): Environment {
  p.reset();
  p.newClobberSet(clobbers, clobbers & 1, 0);
  const vregs = [0, 0, 0, 1].map((c) => p.newVReg(c));
  const reused = new Set<number>();
  const uses = drafts.filter(([kind]) => kind < 3);
  for (const [kind, v, constraint, place] of uses) {
    const c = v === 3 ? 1 : 0;
    p.operand(
      vregs[v]!,
      operandInfo(USE, kind === 0 ? LATE : EARLY, c, ...constraintOf(c, constraint, place)),
    );
  }
  for (const [kind, v, constraint, place] of drafts) {
    if (kind < 3) continue;
    const input = place % Math.max(uses.length, 1);
    const info = uses.length === 0 ? 0 : p.operandInfo.at(input);
    if (kind === 3 && constraint > 4 && uses.length > 0 && (info & 2) === 0 && ((info >> 4) & 7) !== STACK) {
      if (reused.has(input)) continue;
      reused.add(input);
      const c = (info >> 2) & 3;
      p.operand(p.newVReg(c), operandInfo(DEF, LATE, c, REUSE, input));
      continue;
    }
    const c = v === 3 ? 1 : 0;
    p.operand(
      p.newVReg(c),
      operandInfo(DEF, kind === 3 ? LATE : EARLY, c, ...constraintOf(c, constraint, place)),
    );
  }
  p.endInst(0, 1);
  p.endBlock();
  p.finish();
  return makeEnvironment([registers, 3, 0], [0, 0, 0], [0, 0, 0], 2);
}

function constraintOf(c: number, choice: number, place: number): [constraint: number, payload: number] {
  if (choice < 3) return [REG, 0];
  if (choice < 5) return [LIMIT, place % 3];
  if (choice < 7) return [FIXED, place === 5 ? 96 : (c << 5) | place];
  return [choice === 7 ? ANY : STACK, 0];
}

const instruction = fc.record({
  drafts: fc.array(draft, { minLength: 1, maxLength: 7 }),
  registers: fc.constantFrom(0b1, 0b11, 0b110, 0b111, 0b1111, 0b11110),
  clobbers: fc.constantFrom(0, 0, 0b1, 0b10, 0b111),
});

describe("matching of one instruction", () => {
  test("finds registers where trying all combinations does", () => {
    let solvable = 0;
    fc.assert(
      fc.property(instruction, ({ drafts, registers, clobbers }) => {
        const env = makeInstruction(drafts, registers, clobbers);
        const found = matching.solve(p, 0, allocatable(env));
        expect(found, instructionText(p, 0)).toBe(findPlaces(p, 0, env) !== undefined);
        if (!found) return;
        solvable++;
        const places = matching.places.toArray();
        for (let k = 0; k < places.length; k++)
          expect(fits(p, 0, k, places), instructionText(p, 0)).toBe(true);
      }),
      { seed: 3, numRuns: 20_000 },
    );
    expect(solvable).toBeGreaterThan(5_000);
    expect(solvable).toBeLessThan(15_000);
  });

  test("names a conflict that ends when any of its operands goes", () => {
    const rest = new Problem();
    fc.assert(
      fc.property(instruction, ({ drafts, registers, clobbers }) => {
        const env = makeInstruction(drafts, registers, clobbers);
        if (matching.solve(p, 0, allocatable(env))) return;
        const conflict = matching.conflict(p, 0, allocatable(env));
        const operands = conflict.filter((k) => k >= 0);
        for (let left = -1; left < operands.length; left++) {
          const kept = operands.filter((_, k) => k !== left);
          copyInstruction(rest, kept, conflict[0] === -1);
          expect(findPlaces(rest, 0, env) === undefined, instructionText(p, 0)).toBe(left < 0);
        }
        if (conflict[0] !== -1) return;
        copyInstruction(rest, operands, false);
        expect(findPlaces(rest, 0, env)).toBeDefined();
      }),
      { seed: 4, numRuns: 5_000 },
    );
  });

  /** Makes `into` the instruction of some operands; definitions whose reused input is not among them go with it. */
  function copyInstruction(into: Problem, kept: readonly number[], clobbers: boolean): void {
    into.reset();
    into.newClobberSet(p.clobberSets.at(3), p.clobberSets.at(4), p.clobberSets.at(5));
    for (const k of kept) {
      const info = p.operandInfo.at(k);
      if (((info >> 4) & 7) !== REUSE) into.operand(p.operandVReg.at(k), info);
      else if (kept.includes(info >> 8))
        into.operand(p.operandVReg.at(k), (info & 255) | (kept.indexOf(info >> 8) << 8));
    }
    into.endInst(0, clobbers ? 1 : 0);
    into.endBlock();
    into.finish();
  }

  test.each([
    ["an early use and a late definition share", "op v0:reg v1:reg =v2:reg =v3:reg", "r0 r1 r0 r1"],
    ["a value that is read twice is in one place", "op v0:r1 v0:reg v1:reg", "r1 r1 r0"],
    [
      "a reused input shares with another use of its vreg",
      "op v0:r1 v0:reg v1:reg =v2:reuse1",
      "r1 r1 r0 r1",
    ],
    ["another choice for the first makes room for the last", "op v0:reg v1:limit0", "r1 r0"],
    ["what lasts keeps off the clobbers", "op ~c1 v0:reg@late =v1:reg", "r1 r0"],
  ])("%s", (_, op, expected) => {
    const text = `problem t
env preferred r0,r1 other - saved - slots 1
vregs 4
clobbers c1 r0
block b0
${op}
end
`;
    const env = problemFromText(text, p);
    expect(matching.solve(p, 0, allocatable(env))).toBe(true);
    const names = matching.places.toArray().map((place) => (place === NO_REG ? "-" : `r${place}`));
    expect(names.join(" ")).toBe(expected);
  });

  test("is quick where everything is asked for twice and nothing fits", () => {
    p.reset();
    for (let k = 0; k < 16; k++) {
      const v = p.newVReg(0);
      p.operand(v, operandInfo(USE, EARLY, 0, FIXED, k));
      p.operand(v, operandInfo(USE, LATE, 0, REG));
    }
    p.operand(p.newVReg(0), operandInfo(DEF, LATE, 0, REG));
    p.endInst();
    const start = performance.now();
    expect(matching.solve(p, 0, Int32Array.of(0xffff, 0, 0))).toBe(false);
    expect(matching.solve(p, 0, Int32Array.of(0x1ffff, 0, 0))).toBe(true);
    expect(performance.now() - start).toBeLessThan(1000);
  });
});
