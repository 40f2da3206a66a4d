import { growInt32 } from "@gantry/entity";

/** Edits in the making, four words each: point (`2 * instruction + after`), kind, from, to. */
export class EditList {
  words = new Int32Array(4096);
  length = 0;

  clear(): void {
    this.length = 0;
  }

  push(point: number, kind: number, from: number, to: number): void {
    const n = this.length;
    if (n + 4 > this.words.length) this.words = growInt32(this.words, n + 4);
    const w = this.words;
    w[n] = point;
    w[n + 1] = kind;
    w[n + 2] = from;
    w[n + 3] = to;
    this.length = n + 4;
  }
}
