/**
 * What an allocator does with an instruction that it finds no registers for: {@link InstructionMatching} finds them, the
 * operands are fixed to what it found (reused ones for which only memory is left, to memory), and the allocator, for which
 * fixed operands are a matter of moves, tries again. When there are none, this says which operands stand in each other's
 * way.
 */
import { I32List } from "@gantry/entity";
import { AllocationError } from "./allocation-error.ts";
import { InstructionMatching } from "./instruction-matching.ts";
import { CLASSES, FIXED, REUSE, STACK } from "./operand.ts";
import type { Problem } from "./problem.ts";
import { instructionText, masksText, operandText } from "./text.ts";

/** Bits of an operand's info word that stay: kind, position and class. */
const KEPT = 15;

export class ExactOperands {
  readonly #matching = new InstructionMatching();
  /** Pairs of an operand that was changed and its info word before, and of a vreg and the bytes of its slot before. */
  readonly #saved = new I32List(16);
  readonly #savedBytes = new I32List(16);

  /**
   * Fixes the operands of instruction `i` that need a register, until {@link restore}. A reused one may come to be
   * constrained to the stack; then the slot of the definition has room for it.
   *
   * @param all Allocatable registers, a mask per class.
   * @throws AllocationError RA0001 when no registers meet the constraints; the problem is then as it was.
   */
  fix(p: Problem, i: number, all: Int32Array): void {
    const matching = this.#matching;
    if (!matching.solve(p, i, all)) {
      this.restore(p);
      throw this.refusal(p, i, all);
    }
    const first = p.instOperandStart.at(i);
    const before = this.#saved.length;
    for (let k = 0; k < matching.places.length; k++) {
      const place = matching.places.at(k);
      const info = p.operandInfo.at(first + k);
      const constraint = (info >> 4) & 7;
      if (constraint === REUSE) {
        if (place < 0) this.#reuseInSlot(p, first + k, first + (info >> 8));
      } else if (place >= 0 && constraint !== FIXED)
        this.#constrain(p, first + k, (FIXED << 4) | (place << 8));
    }
    if (this.#saved.length === before) throw unfound(i);
  }

  #reuseInSlot(p: Problem, def: number, input: number): void {
    const d = p.operandVReg.at(def);
    const bytes = p.vregSlotBytes.at(d);
    this.#savedBytes.push(d);
    this.#savedBytes.push(bytes);
    p.vregSlotBytes.set(d, Math.max(bytes, p.vregSlotBytes.at(p.operandVReg.at(input))));
    this.#constrain(p, input, STACK << 4);
  }

  /** @param constraint Constraint and payload as in an info word. */
  #constrain(p: Problem, operand: number, constraint: number): void {
    const info = p.operandInfo.at(operand);
    this.#saved.push(operand);
    this.#saved.push(info);
    p.operandInfo.set(operand, (info & KEPT) | constraint);
  }

  /** Gives operands their constraints back, and slots their width. */
  restore(p: Problem): void {
    const saved = this.#saved;
    for (let k = 0; k < saved.length; k += 2) p.operandInfo.set(saved.at(k), saved.at(k + 1));
    saved.clear();
    const bytes = this.#savedBytes;
    for (let k = 0; k < bytes.length; k += 2) p.vregSlotBytes.set(bytes.at(k), bytes.at(k + 1));
    bytes.clear();
  }

  /** An error that says why instruction `i` cannot be allocated: RA0001 with the operands that stand in each other's way. */
  refusal(p: Problem, i: number, all: Int32Array): Error {
    const first = p.instOperandStart.at(i);
    if (this.#matching.solve(p, i, all)) return unfound(i);
    const guilty = this.#matching.conflict(p, i, all);
    const byClobbers = guilty[0] === -1;
    const operands = (byClobbers ? guilty.slice(1) : guilty).map(
      (k) => `${k} (${operandText(p.operandVReg.at(first + k), p.operandInfo.at(first + k))})`,
    );
    const registers = masksText(this.#matching.allowed);
    const last = operands.pop()!;
    let text = `instruction ${i} (${instructionText(p, i)}) has no solution: `;
    if (registers === "-") text += `no allocatable register suits operand ${last}`;
    else if (operands.length === 0)
      text += `operand ${last} lasts through it and may only be in ${registers}, which it clobbers`;
    else {
      text += `operands ${operands.join(", ")} and ${last} do not fit into ${registers} together`;
      if (byClobbers) text += `, of which it clobbers ${this.#clobbered(p, i)}`;
    }
    text += "; relax one of them (`any` may be in memory, an early use may share with a late definition)";
    return new AllocationError("RA0001", i, `${text} or split the instruction`);
  }

  /** The registers that the guilty operands compete for and the instruction clobbers. */
  #clobbered(p: Problem, i: number): string {
    const set = p.instClobber.at(i);
    const masks: number[] = [];
    for (let c = 0; c < CLASSES; c++) masks.push(this.#matching.allowed[c]! & p.clobberSets.at(3 * set + c));
    return masksText(masks);
  }
}

/** There are registers for all operands, and nothing else can be in the way: the allocator is wrong. */
function unfound(i: number): Error {
  return new Error(`instruction ${i} has a solution that was not found`);
}
