/**
 * The loops around the block that is being allocated, and the values that only live through them.
 *
 * A value that a loop does not use keeps its register through the loop until the loop needs the register. Then it is as
 * if the value had not been there from the loop's header on: none of the blocks since then used it, so taking it out of
 * the states that they start and end in is all there is to do, and the loop neither stores nor loads it. What is taken
 * out is an *absence*: a vreg and a run of blocks in layout order.
 */
import { I32List } from "@gantry/entity";
import { NEVER } from "./use-chains.ts";

/** Absences of one vreg beyond which it is not kept through loops any more. */
const MAX_ABSENCES = 8;

export class OpenLoops {
  /** The first position behind the innermost loop; {@link NEVER} outside loops. */
  limit = NEVER;
  /** Header of the innermost loop. */
  #header = 0;
  readonly #headers = new I32List(16);
  readonly #limits = new I32List(16);
  /** Per vreg: the header of the outermost loop that it is kept through, and the limit of that loop. */
  #keptFrom = new Int32Array(1024);
  #keptTo = new Int32Array(1024);
  /** Per vreg: the last block of its last absence, or -1; its newest absence, or -1; how many it has. */
  absentTo = new Int32Array(1024).fill(-1);
  #newest = new Int32Array(1024).fill(-1);
  #absences = new Uint8Array(1024);
  #isTouched = new Uint8Array(1024);
  /** The vregs whose columns hold something. */
  readonly #touched = new I32List(64);
  /** Whether there are absences at all. */
  hasAbsences = false;
  /** Absences: first block, last block, the one before. */
  readonly #list = new I32List(64);

  /** @param numVRegs Bound of vreg words. */
  reset(numVRegs: number): void {
    this.limit = NEVER;
    this.hasAbsences = false;
    this.#headers.clear();
    this.#limits.clear();
    this.#list.clear();
    for (let k = 0; k < this.#touched.length; k++) {
      const v = this.#touched.at(k);
      this.#keptTo[v] = 0;
      this.absentTo[v] = -1;
      this.#newest[v] = -1;
      this.#absences[v] = 0;
      this.#isTouched[v] = 0;
    }
    this.#touched.clear();
    if (numVRegs > this.#keptFrom.length) {
      const n = 2 * numVRegs;
      this.#keptFrom = new Int32Array(n);
      this.#keptTo = new Int32Array(n);
      this.absentTo = new Int32Array(n).fill(-1);
      this.#newest = new Int32Array(n).fill(-1);
      this.#absences = new Uint8Array(n);
      this.#isTouched = new Uint8Array(n);
    }
  }

  /** Closes the loops that end before position `first`, where a block begins. */
  close(first: number): void {
    while (first >= this.limit) {
      this.#headers.pop();
      this.#limits.pop();
      const n = this.#limits.length - 1;
      this.limit = n < 0 ? NEVER : this.#limits.at(n);
      this.#header = n < 0 ? 0 : this.#headers.at(n);
    }
  }

  /** Opens the loop of block `header`, which ends before position `limit`. */
  open(header: number, limit: number): void {
    this.#headers.push(header);
    this.#limits.push(limit);
    this.#header = header;
    this.limit = limit;
  }

  /** Whether `v` may be kept through the innermost loop, which does not use it; notes that it is. */
  keep(v: number, use: number): boolean {
    if (this.#absences[v] >= MAX_ABSENCES) return false;
    // An outer loop that it is kept through already knows.
    if (this.#keptTo[v] > this.limit - 1 && use >= this.#keptTo[v]) return true;
    if (this.#isTouched[v] === 0) {
      this.#isTouched[v] = 1;
      this.#touched.push(v);
    }
    this.#keptFrom[v] = this.#header;
    this.#keptTo[v] = this.limit;
    return true;
  }

  /** `v`, whose next use is at `use`, loses its register in `block`. */
  leave(v: number, block: number, use: number): void {
    const to = this.#keptTo[v];
    if (use < to || this.limit > to) return;
    const at = this.#list.push(this.#keptFrom[v]);
    this.#list.push(block);
    this.#list.push(this.#newest[v]);
    this.#newest[v] = at;
    this.absentTo[v] = block;
    this.hasAbsences = true;
    this.#absences[v]++;
    this.#keptTo[v] = 0;
  }

  /** Whether block `b` has been found not to have `v`, although its states say so; `b` is at most `absentTo[v]`. */
  isAbsent(v: number, b: number): boolean {
    const list = this.#list.data;
    for (let k = this.#newest[v]; k >= 0 && b <= list[k + 1]; k = list[k + 2]) if (b >= list[k]) return true;
    return false;
  }

  /** Whether a value in a register that is used next behind the innermost loop was used in it, and will be again. */
  isNeededAgain(v: number, use: number, defBlock: number): boolean {
    return defBlock < this.#header && !(use >= this.#keptTo[v] && this.#keptTo[v] >= this.limit);
  }
}
