import { I32List } from "@gantry/entity";

/**
 * The bundles that wait for a register, longest first: the longest are hardest to place. Lengths count to two binary digits.
 * Bundles of about one length come in the order of their numbers, which is much that of the layout, so that what a bundle
 * asks for is near what the one before it asked for.
 */
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

  /** @param points Length of the bundle. */
  push(bundle: number, points: number): void {
    const length = roughly(points);
    let k = this.#heap.push(bundle);
    this.#keys.push(length);
    const heap = this.#heap.data;
    const keys = this.#keys.data;
    while (k > 0) {
      const up = (k - 1) >> 1;
      if (isBefore(keys[up]!, heap[up]!, length, bundle)) break;
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
      if (down + 1 < n && isBefore(keys[down + 1]!, heap[down + 1]!, keys[down]!, heap[down]!)) down++;
      if (isBefore(length, bundle, keys[down]!, heap[down]!)) break;
      heap[k] = heap[down]!;
      keys[k] = keys[down]!;
      k = down;
    }
    heap[k] = bundle;
    keys[k] = length;
    return top;
  }
}

function isBefore(length: number, bundle: number, otherLength: number, other: number): boolean {
  return length > otherLength || (length === otherLength && bundle < other);
}

/** The two leading binary digits of a number. */
function roughly(x: number): number {
  const shift = Math.max(0, 30 - Math.clz32(x));
  return (x >> shift) << shift;
}
