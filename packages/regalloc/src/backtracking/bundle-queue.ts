import { I32List } from "@gantry/entity";

/** The bundles that wait for a register, longest first: the longest are hardest to place. */
export class BundleQueue {
  readonly #heap = new I32List(256);
  /** Per element of the heap, its key. */
  readonly #keys = new I32List(256);

  clear(): void {
    this.#heap.clear();
    this.#keys.clear();
  }

  isEmpty(): boolean {
    return this.#heap.length === 0;
  }

  push(bundle: number, length: number): void {
    let k = this.#heap.push(bundle);
    this.#keys.push(length);
    const heap = this.#heap.data;
    const keys = this.#keys.data;
    while (k > 0) {
      const up = (k - 1) >> 1;
      if (keys[up]! >= length) break;
      heap[k] = heap[up]!;
      keys[k] = keys[up]!;
      k = up;
    }
    heap[k] = bundle;
    keys[k] = length;
  }

  /** Removes and returns the longest; the queue must not be empty. */
  pop(): number {
    const heap = this.#heap.data;
    const keys = this.#keys.data;
    const top = heap[0]!;
    const bundle = this.#heap.pop();
    const length = this.#keys.pop();
    const n = this.#heap.length;
    if (n === 0) return top;
    let k = 0;
    for (;;) {
      let down = 2 * k + 1;
      if (down >= n) break;
      if (down + 1 < n && keys[down + 1]! > keys[down]!) down++;
      if (keys[down]! <= length) break;
      heap[k] = heap[down]!;
      keys[k] = keys[down]!;
      k = down;
    }
    heap[k] = bundle;
    keys[k] = length;
    return top;
  }
}
