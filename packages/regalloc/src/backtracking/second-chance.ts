/**
 * Gives each range that is in memory the register of the range before or after it, if that is free. Any other register
 * would cost a move at either end, and memory costs one load.
 */
import type { Environment } from "../environment.ts";
import type { Problem } from "../problem.ts";
import type { Occupancy } from "./occupancy.ts";
import type { Ranges } from "./ranges.ts";

export class SecondChance {
  readonly #ranges: Ranges;
  readonly #occupancy: Occupancy;

  constructor(ranges: Ranges, occupancy: Occupancy) {
    this.#ranges = ranges;
    this.#occupancy = occupancy;
  }

  run(p: Problem, env: Environment): void {
    const ranges = this.#ranges;
    for (let v = 128; v < p.numVRegs; v++) {
      const c = p.vregClass.at(v);
      for (let k = ranges.firstRange[v]!; k >= 0; k = ranges.nextOfVReg.at(k))
        if (ranges.bundleReg.at(ranges.bundle.at(k)) < 0)
          this.#place(k, c, env.preferred[c]! | env.other[c]!);
    }
  }

  #place(k: number, c: number, all: number): void {
    const ranges = this.#ranges;
    const from = ranges.from.at(k);
    const to = ranges.to.at(k);
    const free = all & ~(this.#occupancy.taken(c, from, to) | this.#occupancy.reserved(c, from, to));
    if (free === 0) return;
    const before = ranges.prevOfVReg.at(k);
    const after = ranges.nextOfVReg.at(k);
    let r = before >= 0 && ranges.to.at(before) === from ? ranges.bundleReg.at(ranges.bundle.at(before)) : -1;
    if (r < 0 || ((free >>> (r & 31)) & 1) === 0)
      r = after >= 0 && ranges.from.at(after) === to ? ranges.bundleReg.at(ranges.bundle.at(after)) : -1;
    if (r < 0 || ((free >>> (r & 31)) & 1) === 0) return;
    const single = ranges.newBundle(c, -1, r, 0, -1);
    ranges.bundleReg.set(single, r);
    ranges.bundle.set(k, single);
    this.#occupancy.add(r, k);
  }
}
