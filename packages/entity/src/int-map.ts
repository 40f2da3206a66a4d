/**
 * A hash map from int32 to int32 with open addressing: no allocation per entry, and clearing costs one fill. A
 * `Map` of integers costs twenty to fifty times as much on the way of a function.
 */
export class IntMap {
  #keys: Int32Array;
  #values: Int32Array;
  #used: Uint8Array;
  #mask: number;
  size = 0;

  /** @param capacity Entries to reserve, rounded up to a power of two. */
  constructor(capacity = 64) {
    let n = 16;
    while (n < capacity * 2) n *= 2;
    this.#keys = new Int32Array(n);
    this.#values = new Int32Array(n);
    this.#used = new Uint8Array(n);
    this.#mask = n - 1;
  }

  #slot(key: number): number {
    // Fibonacci hashing (Knuth, TAOCP vol. 3, section 6.4).
    let i = (Math.imul(key, 0x9e3779b1) >>> 7) & this.#mask;
    while (this.#used[i] !== 0 && this.#keys[i] !== key) i = (i + 1) & this.#mask;
    return i;
  }

  /** The value of `key`, or `missing`. */
  get(key: number, missing: number): number {
    const i = this.#slot(key);
    return this.#used[i] !== 0 ? this.#values[i]! : missing;
  }

  has(key: number): boolean {
    return this.#used[this.#slot(key)] !== 0;
  }

  set(key: number, value: number): void {
    if (this.size * 2 >= this.#mask) this.#grow();
    const i = this.#slot(key);
    if (this.#used[i] === 0) {
      this.#used[i] = 1;
      this.#keys[i] = key;
      this.size++;
    }
    this.#values[i] = value;
  }

  clear(): void {
    this.#used.fill(0);
    this.size = 0;
  }

  #grow(): void {
    const keys = this.#keys;
    const values = this.#values;
    const used = this.#used;
    const n = keys.length * 2;
    this.#keys = new Int32Array(n);
    this.#values = new Int32Array(n);
    this.#used = new Uint8Array(n);
    this.#mask = n - 1;
    this.size = 0;
    for (let i = 0; i < keys.length; i++) if (used[i] !== 0) this.set(keys[i]!, values[i]!);
  }
}
