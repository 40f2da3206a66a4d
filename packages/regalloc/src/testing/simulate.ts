/**
 * Executes an allocation along one path, with a token for every value, and says whether an instruction read the wrong
 * one: a referee for the checker that shares nothing with it. A path proves nothing about other paths, so this finds
 * what the checker wrongly accepts and cannot replace it.
 */
import { CLASSES, FIRST_VREG, REUSE } from "../operand.ts";
import { EDIT_WORDS, MOVE, type Output, REMATERIALISE } from "../output.ts";
import type { Problem } from "../problem.ts";
import { instructionText } from "../text.ts";
import type { Choices } from "./generate.ts";

/** Returns a sentence about the first wrong value on the path that `choices` decides, or an empty string. */
export function simulate(p: Problem, out: Output, choices: Choices, maxBlocks = 40): string {
  return new Simulation(p, out).run(choices, maxBlocks);
}

class Simulation {
  readonly #p: Problem;
  readonly #out: Output;
  readonly #values = new Map<number, number>();
  readonly #places = new Map<number, number>();
  #token = 1_000_000;
  #edit = 0;
  #trouble = "";

  constructor(p: Problem, out: Output) {
    this.#p = p;
    this.#out = out;
  }

  run(choices: Choices, maxBlocks: number): string {
    const p = this.#p;
    let b = 0;
    for (let n = 0; n < maxBlocks; n++) {
      this.#edit = 0;
      const w = this.#out.edits.data;
      const first = p.blockInstStart.at(b);
      while (this.#edit < this.#out.edits.length && w[this.#edit]! < first) this.#edit += EDIT_WORDS;
      for (let i = first; i < p.blockInstStart.at(b + 1) && this.#trouble === ""; i++) this.#instruction(i);
      const e = p.blockSuccStart.at(b);
      const count = p.blockSuccStart.at(b + 1) - e;
      if (count === 0 || this.#trouble !== "") break;
      const edge = e + choices.below(count);
      b = p.succs.at(edge);
      const args: number[] = [];
      for (let k = p.edgeArgStart.at(edge); k < p.edgeArgStart.at(edge + 1); k++)
        args.push(this.#values.get(p.edgeArgs.at(k))!);
      for (const [k, token] of args.entries())
        this.#values.set(p.params.at(p.blockParamStart.at(b) + k), token);
    }
    return this.#trouble;
  }

  #edits(i: number, after: number): void {
    const w = this.#out.edits.data;
    for (; this.#edit < this.#out.edits.length; this.#edit += EDIT_WORDS) {
      if (w[this.#edit] !== i || w[this.#edit + 1] !== after) return;
      const kind = w[this.#edit + 2];
      const from = w[this.#edit + 3]!;
      const to = w[this.#edit + 4]!;
      const moved = kind === REMATERIALISE ? from : this.#places.get(from);
      const other = this.#places.get(to);
      this.#put(to, moved);
      if (kind !== MOVE && kind !== REMATERIALISE) this.#put(from, other);
    }
  }

  #put(at: number, token: number | undefined): void {
    if (token === undefined) this.#places.delete(at);
    else this.#places.set(at, token);
  }

  #instruction(i: number): void {
    const p = this.#p;
    const first = p.instOperandStart.at(i);
    const end = p.instOperandStart.at(i + 1);
    this.#edits(i, 0);
    const inputs = new Set<number>();
    for (let k = first; k < end; k++)
      if (((p.operandInfo.at(k) >> 4) & 7) === REUSE) inputs.add(first + (p.operandInfo.at(k) >> 8));
    const reused = new Set([...inputs].map((k) => p.operandVReg.at(k)));
    for (const k of inputs) this.#read(i, k);
    for (let k = first; k < end; k++) {
      const info = p.operandInfo.at(k);
      if ((info & 3) === 0 && reused.has(p.operandVReg.at(k))) this.#read(i, k);
    }
    for (let k = first; k < end; k++) if (((p.operandInfo.at(k) >> 4) & 7) === REUSE) this.#write(k);
    for (let k = first; k < end; k++)
      if ((p.operandInfo.at(k) & 3) === 0 && !reused.has(p.operandVReg.at(k))) this.#read(i, k);
    for (let k = first; k < end; k++) if ((p.operandInfo.at(k) & 3) === 1) this.#write(k);
    const set = p.instClobber.at(i);
    const written = new Set<number>();
    for (let k = first; k < end; k++)
      if ((p.operandInfo.at(k) & 3) === 3) written.add(this.#out.allocs.at(k));
    for (let c = 0; c < CLASSES; c++)
      for (let r = 0; r < 32; r++)
        if (((p.clobberSets.at(3 * set + c) >>> r) & 1) !== 0 && !written.has((c << 5) | r))
          this.#places.delete((c << 5) | r);
    for (let k = first; k < end; k++) if ((p.operandInfo.at(k) & 3) === 2) this.#read(i, k);
    for (let k = first; k < end; k++)
      if ((p.operandInfo.at(k) & 3) === 3 && ((p.operandInfo.at(k) >> 4) & 7) !== REUSE) this.#write(k);
    // Early definitions last until after the instruction.
    for (let k = first; k < end; k++)
      if ((p.operandInfo.at(k) & 1) === 1 && p.operandVReg.at(k) >= FIRST_VREG) this.#read(i, k);
    this.#edits(i, 1);
  }

  #read(i: number, k: number): void {
    const v = this.#p.operandVReg.at(k);
    if (v < FIRST_VREG || this.#trouble !== "") return;
    if (this.#places.get(this.#out.allocs.at(k)) !== this.#values.get(v))
      this.#trouble = `instruction ${i} (${instructionText(this.#p, i)}) finds another value in operand ${k - this.#p.instOperandStart.at(i)}`;
  }

  #write(k: number): void {
    const v = this.#p.operandVReg.at(k);
    if (v < FIRST_VREG) return;
    const token = this.#p.vregRemat.at(v) !== 0 ? v : this.#token++;
    this.#values.set(v, token);
    this.#places.set(this.#out.allocs.at(k), token);
  }
}
