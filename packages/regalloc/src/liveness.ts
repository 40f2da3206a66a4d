/**
 * Which vregs live across block borders, found by walking from every exposed use up the predecessors to the block of the
 * definition: no fixpoint, and the time is the number of (block, vreg) pairs that the answer has.
 *
 * The answer is a bit matrix while that is small. Beyond, a block has a list of (word index, bits) for the words that
 * are not zero; a word belongs to 32 vregs that were first exposed near each other, which mostly live near each other.
 * Either way the allocator sees plain words of the block that it entered last.
 */
import { growInt32, I32List } from "@gantry/entity";
import type { Problem } from "./problem.ts";
import type { UseChains } from "./use-chains.ts";

/** Words of a bit matrix beyond which it is kept sparse: 4 MB. */
const DENSE_WORDS = 1 << 20;

export class Liveness {
  /** Words of the sets of the block entered last, by global number. */
  in = new Int32Array(64);
  out = new Int32Array(64);
  #words = 0;
  #dense = true;
  #matrix = new Int32Array(4096);
  /** Sparse: per block the newest chunk, and three words a chunk: word index, bits, older chunk. */
  #head = new Int32Array(256);
  readonly #chunks = new I32List(64);
  #seen = new Int32Array(256);
  readonly #stack = new I32List(64);
  /** Sparse: uses of one global chained, newest first. */
  #useHead = new Int32Array(256);
  #useNext = new Int32Array(256);

  build(p: Problem, uses: UseChains, denseWords: number = DENSE_WORDS): void {
    const n = p.numBlocks();
    const w = (uses.globals.length + 31) >> 5;
    this.#words = w;
    this.in = growInt32(this.in, w);
    this.out = growInt32(this.out, w);
    this.in.fill(0, 0, w);
    this.out.fill(0, 0, w);
    this.#dense = n * w <= denseWords;
    if (this.#dense) this.#buildDense(p, uses);
    else this.#buildSparse(p, uses);
  }

  #buildDense(p: Problem, uses: UseChains): void {
    const w = this.#words;
    const size = p.numBlocks() * w;
    if (size > this.#matrix.length) this.#matrix = new Int32Array(size * 2);
    else this.#matrix.fill(0, 0, size);
    const matrix = this.#matrix;
    const predStart = p.blockPredStart.data;
    const preds = p.preds.data;
    const exposed = uses.exposed.data;
    const globals = uses.globals.data;
    const stack = this.#stack;
    for (let k = 0, z = uses.exposed.length; k < z; k += 2) {
      const g = exposed[k + 1];
      const at = g >> 5;
      const bit = 1 << (g & 31);
      let b = exposed[k];
      if ((matrix[b * w + at] & bit) !== 0) continue;
      matrix[b * w + at] |= bit;
      const home = uses.defBlock[globals[g]];
      for (;;) {
        for (let q = predStart[b], y = predStart[b + 1]; q < y; q++) {
          const d = preds[q];
          if (d === home) continue;
          const cell = d * w + at;
          if ((matrix[cell] & bit) !== 0) continue;
          matrix[cell] |= bit;
          stack.push(d);
        }
        if (stack.length === 0) break;
        b = stack.pop();
      }
    }
  }

  #buildSparse(p: Problem, uses: UseChains): void {
    const n = p.numBlocks();
    const count = uses.globals.length;
    this.#head = growInt32(this.#head, n);
    this.#seen = growInt32(this.#seen, n);
    this.#useHead = growInt32(this.#useHead, count);
    this.#useNext = growInt32(this.#useNext, uses.exposed.length);
    const seen = this.#seen;
    const useHead = this.#useHead;
    const useNext = this.#useNext;
    this.#head.fill(-1, 0, n);
    seen.fill(0, 0, n);
    useHead.fill(-1, 0, count);
    this.#chunks.clear();
    const exposed = uses.exposed.data;
    for (let k = 0, z = uses.exposed.length; k < z; k += 2) {
      useNext[k] = useHead[exposed[k + 1]];
      useHead[exposed[k + 1]] = k;
    }
    const predStart = p.blockPredStart.data;
    const preds = p.preds.data;
    const stack = this.#stack;
    for (let g = 1; g < count; g++) {
      const home = uses.defBlock[uses.globals.at(g)];
      for (let k = useHead[g]; k >= 0; k = useNext[k]) {
        if (seen[exposed[k]] === g) continue;
        seen[exposed[k]] = g;
        stack.push(exposed[k]);
        while (stack.length > 0) {
          const b = stack.pop();
          this.#addSparse(b, g);
          for (let q = predStart[b], y = predStart[b + 1]; q < y; q++) {
            const d = preds[q];
            if (d === home || seen[d] === g) continue;
            seen[d] = g;
            stack.push(d);
          }
        }
      }
    }
  }

  #addSparse(b: number, g: number): void {
    const c = this.#head[b];
    if (c >= 0 && this.#chunks.at(c) === g >> 5) {
      this.#chunks.data[c + 1] |= 1 << (g & 31);
      return;
    }
    this.#head[b] = this.#chunks.push(g >> 5);
    this.#chunks.push(1 << (g & 31));
    this.#chunks.push(c);
  }

  /** Makes `in` and `out` the sets of block `b`; `out` is valid after {@link build} or {@link leave} of another block. */
  enter(p: Problem, b: number): void {
    const succStart = p.blockSuccStart.data;
    const succs = p.succs.data;
    if (!this.#dense) {
      this.#addChunks(b, this.in);
      for (let e = succStart[b]; e < succStart[b + 1]; e++) this.#addChunks(succs[e], this.out);
      return;
    }
    const w = this.#words;
    const matrix = this.#matrix;
    const into = this.in;
    const out = this.out;
    for (let k = 0, at = b * w; k < w; k++) into[k] = matrix[at + k];
    let e = succStart[b];
    const z = succStart[b + 1];
    if (e === z) {
      for (let k = 0; k < w; k++) out[k] = 0;
      return;
    }
    for (let k = 0, at = succs[e] * w; k < w; k++) out[k] = matrix[at + k];
    while (++e < z) for (let k = 0, at = succs[e] * w; k < w; k++) out[k] |= matrix[at + k];
  }

  /** Must follow every {@link enter} before the next. */
  leave(p: Problem, b: number): void {
    if (this.#dense) return;
    this.#clearChunks(b, this.in);
    const succStart = p.blockSuccStart.data;
    for (let e = succStart[b]; e < succStart[b + 1]; e++) this.#clearChunks(p.succs.at(e), this.out);
  }

  #addChunks(b: number, words: Int32Array): void {
    const chunks = this.#chunks.data;
    for (let c = this.#head[b]; c >= 0; c = chunks[c + 2]) words[chunks[c]] |= chunks[c + 1];
  }

  #clearChunks(b: number, words: Int32Array): void {
    const chunks = this.#chunks.data;
    for (let c = this.#head[b]; c >= 0; c = chunks[c + 2]) words[chunks[c]] = 0;
  }

  /**
   * Widens the interval [from, to) of each live-in vreg so that it covers block `b`.
   *
   * @param mask The globals that matter.
   * @param first First instruction of the block.
   * @param end Instruction after its last.
   */
  coverBlock(
    b: number,
    first: number,
    end: number,
    mask: Int32Array,
    globals: Int32Array,
    from: Int32Array,
    to: Int32Array,
  ): void {
    if (!this.#dense) {
      const chunks = this.#chunks.data;
      for (let c = this.#head[b]; c >= 0; c = chunks[c + 2])
        coverWord(chunks[c + 1] & mask[chunks[c]], chunks[c] << 5, first, end, globals, from, to);
      return;
    }
    const w = this.#words;
    for (let k = 0, at = b * w; k < w; k++) {
      const bits = this.#matrix[at + k] & mask[k];
      if (bits !== 0) coverWord(bits, k << 5, first, end, globals, from, to);
    }
  }
}

function coverWord(
  bits: number,
  base: number,
  first: number,
  end: number,
  globals: Int32Array,
  from: Int32Array,
  to: Int32Array,
): void {
  while (bits !== 0) {
    const v = globals[base + 31 - Math.clz32(bits & -bits)];
    bits &= bits - 1;
    if (from[v] > first) from[v] = first;
    if (to[v] < end) to[v] = end;
  }
}
