/** What the main loop asks about a bundle: how long it is, what it is worth, and which registers it accepts. */
import { I32List } from "@gantry/entity";
import type { Environment } from "../environment.ts";
import { CLASSES } from "../operand.ts";
import type { Problem } from "../problem.ts";
import { IN_SLOT, NEEDS_REGISTER, type Ranges } from "./ranges.ts";

/** Weight of pieces that cannot be split, more than any sum of uses; twice that when not every register will do. */
const MINIMAL_WEIGHT = 1e12;

export class Measures {
  readonly #ranges: Ranges;
  #problem!: Problem;
  /** Per class: allocatable registers. */
  readonly #all = new Int32Array(CLASSES);
  /** Points of all ranges. */
  readonly length = new I32List(256);
  /**
   * Worth per point as the bits of a float, which are ordered as the floats are: doubles that are handed from function to
   * function would be put on the heap.
   */
  readonly weight = new I32List(256);
  /** Registers that all uses accept; 1 when some use needs one; 1 when the bundle cannot be split. */
  readonly mask = new I32List(256);
  readonly needs = new I32List(256);
  readonly minimal = new I32List(256);
  readonly #float = new Float32Array(1);
  readonly #bits = new Int32Array(this.#float.buffer);

  constructor(ranges: Ranges) {
    this.#ranges = ranges;
  }

  reset(p: Problem, env: Environment): void {
    this.#problem = p;
    for (let c = 0; c < CLASSES; c++) this.#all[c] = env.preferred[c]! | env.other[c]!;
    this.length.clear();
    this.weight.clear();
    this.mask.clear();
    this.needs.clear();
    this.minimal.clear();
  }

  /** Measures a bundle whose ranges are final; bundles are measured in order of their numbers. */
  measure(b: number): void {
    const ranges = this.#ranges;
    const all = this.#all[ranges.bundleClass.at(b)]!;
    const head = ranges.bundleHead.at(b);
    let length = 0;
    let weight = 0;
    let mask = all;
    let uses = 0;
    let needEnd = 0;
    for (let r = head; r >= 0; r = ranges.nextOfBundle.at(r)) {
      const to = ranges.to.at(r);
      length += to - ranges.from.at(r);
      for (let u = this.firstUseIn(r); u >= 0 && ranges.usePoint.at(u) < to; u = ranges.useNext.at(u)) {
        const kind = ranges.useKind.at(u);
        if (kind === IN_SLOT) continue;
        weight += ranges.useWeight.at(u);
        if (kind !== NEEDS_REGISTER) continue;
        weight += ranges.useWeight.at(u);
        uses++;
        const end = this.endOf(u);
        if (end > needEnd) needEnd = end;
        mask &= ranges.useMask.at(u);
      }
    }
    const isMinimal =
      uses > 0 &&
      ranges.nextOfBundle.at(head) < 0 &&
      ranges.from.at(head) >> 1 === (ranges.to.at(head) - 1) >> 1 &&
      ranges.to.at(head) <= needEnd;
    this.#float[0] = isMinimal ? MINIMAL_WEIGHT * (mask === all ? 1 : 2) : weight / (length + 1);
    this.length.push(length);
    // Of minimal pieces, more uses at the instruction weigh more.
    this.weight.push(this.#bits[0]! + (isMinimal ? uses : 0));
    this.mask.push(mask);
    this.needs.push(uses > 0 ? 1 : 0);
    this.minimal.push(isMinimal ? 1 : 0);
  }

  /** The first use of a range's vreg that is not before the range, -1 if there is none. */
  firstUseIn(r: number): number {
    const ranges = this.#ranges;
    let u = ranges.rangeUse.at(r);
    const from = ranges.from.at(r);
    while (u >= 0 && ranges.usePoint.at(u) < from) u = ranges.useNext.at(u);
    ranges.rangeUse.set(r, u);
    return u;
  }

  /** The point after a use or definition. */
  endOf(u: number): number {
    const ranges = this.#ranges;
    const point = ranges.usePoint.at(u);
    const operand = ranges.useOperand.at(u);
    const isDef = operand >= 0 && (this.#problem.operandInfo.at(operand) & 1) !== 0;
    return isDef || (point & 1) !== 0 ? (point | 1) + 1 : point + 1;
  }
}
