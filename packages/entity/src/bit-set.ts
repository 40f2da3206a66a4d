/** A dense set of small integers in 32-bit words. */
export class BitSet {
  words: Int32Array<ArrayBuffer>;

  /** @param capacity One more than the greatest member expected; the set grows on demand. */
  constructor(capacity = 64) {
    this.words = new Int32Array((capacity + 31) >> 5);
  }

  /** Empties the set and makes room for members below `capacity`. */
  reset(capacity: number): void {
    const n = (capacity + 31) >> 5;
    if (n > this.words.length) this.words = new Int32Array(Math.max(n, this.words.length * 2));
    else this.words.fill(0);
  }

  has(i: number): boolean {
    const w = i >> 5;
    return w < this.words.length && ((this.words[w]! >>> (i & 31)) & 1) !== 0;
  }

  add(i: number): void {
    const w = i >> 5;
    if (w >= this.words.length) {
      const grown = new Int32Array(Math.max(w + 1, this.words.length * 2));
      grown.set(this.words);
      this.words = grown;
    }
    this.words[w]! |= 1 << (i & 31);
  }

  delete(i: number): void {
    const w = i >> 5;
    if (w < this.words.length) this.words[w]! &= ~(1 << (i & 31));
  }
}
