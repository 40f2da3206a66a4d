import { growInt32 } from "./grow.ts";

/** Elements that are written one by one rather than by a call of the built-in. */
const FEW = 40;

/**
 * A list of int32 that grows by doubling and is cleared by resetting its length, so that its storage is reused
 * from function to function.
 *
 * `data` is public for loops that keep an alias: an alias must not live across a call that may grow the list.
 */
export class I32List {
  data: Int32Array<ArrayBuffer>;
  length = 0;

  /** @param capacity Elements to reserve. */
  constructor(capacity = 64) {
    this.data = new Int32Array(capacity);
  }

  /** Appends `x` and returns its index. */
  push(x: number): number {
    const n = this.length;
    if (n >= this.data.length) this.data = growInt32(this.data, n + 1);
    this.data[n] = x;
    this.length = n + 1;
    return n;
  }

  /** Reserves `n` elements at the end, contents unspecified, and returns the index of the first. */
  extend(n: number): number {
    const at = this.length;
    if (at + n > this.data.length) this.data = growInt32(this.data, at + n);
    this.length = at + n;
    return at;
  }

  /** Makes the list exactly `n` long and every element `x`. */
  fill(n: number, x: number): void {
    if (n > this.data.length) this.data = growInt32(this.data, n);
    const { data } = this;
    if (n > FEW) data.fill(x, 0, n);
    else for (let i = 0; i < n; i++) data[i] = x;
    this.length = n;
  }

  /** Element `i`; `i` must be in range. */
  at(i: number): number {
    return this.data[i]!;
  }

  /** Overwrites element `i`; `i` must be in range. */
  set(i: number, x: number): void {
    this.data[i] = x;
  }

  /** Removes and returns the last element; the list must not be empty. */
  pop(): number {
    return this.data[--this.length]!;
  }

  /** Empties the list and keeps its storage. */
  clear(): void {
    this.length = 0;
  }

  /** A copy of the elements, for tests and tools. */
  toArray(): number[] {
    return Array.from(this.data.subarray(0, this.length));
  }
}
