/**
 * Which vregs live across block borders.
 *
 * While it is small, the answer is a bit matrix, filled backwards over the blocks a word at a time; a second sweep and
 * further ones visit only blocks that a loop's back edge brings something new to, and those before them.
 *
 * Beyond that, a block has a list of (word index, bits) for the words that are not zero. Word by word, the exposed uses
 * of its 32 vregs are carried up the predecessors to the blocks of the definitions together: these vregs were first exposed
 * near each other, and mostly live near each other. At worst that takes the time of the (block, vreg) pairs of the answer.
 *
 * Either way the allocator reads words of the block that it entered last, at `inBase` and `outBase`.
 */
import { growInt32, I32List } from "@gantry/entity";
import type { Problem } from "./problem.ts";
import type { UseChains } from "./use-chains.ts";

/** Words of a bit matrix beyond which it is kept sparse: 4 MB. */
export const DENSE_WORDS = 1 << 20;

export class Liveness {
  words = new Int32Array(4096);
  /** Where the live-in and live-out sets of the block entered last begin in `words`, by global number. */
  inBase = 0;
  outBase = 0;
  #width = 0;
  /** Where the union of several successors' sets goes. */
  #scratch = 0;
  #dense = true;
  #queued = new Int32Array(256);
  /** Per block the globals that it defines, chained. */
  #killHead = new Int32Array(256);
  #killNext = new Int32Array(256);
  /** Sparse: per block the newest chunk, and three words a chunk: word index, bits, older chunk. */
  #head = new Int32Array(256);
  readonly #chunks = new I32List(64);
  /** Sparse, for one word of the sets: per block its bits, and those of the vregs that it defines; the blocks with bits. */
  #word = new Int32Array(256);
  #kills = new Int32Array(256);
  readonly #touched = new I32List(64);
  readonly #stack = new I32List(64);
  /** Sparse: exposed uses of the vregs of one word chained. */
  #useHead = new Int32Array(256);
  #useNext = new Int32Array(256);

  build(p: Problem, uses: UseChains, denseWords: number = DENSE_WORDS): void {
    const n = p.numBlocks();
    const w = (uses.globals.length + 31) >> 5;
    this.#width = w;
    this.#dense = n * w <= denseWords;
    const rows = this.#dense ? n + 1 : 2;
    if (rows * w > this.words.length) this.words = new Int32Array(rows * w * 2);
    else this.words.fill(0, 0, rows * w);
    this.#scratch = (rows - 1) * w;
    this.inBase = 0;
    this.outBase = this.#scratch;
    if (this.#dense) this.#buildDense(p, uses);
    else this.#buildSparse(p, uses);
  }

  #buildDense(p: Problem, uses: UseChains): void {
    const n = p.numBlocks();
    const w = this.#width;
    const words = this.words;
    const exposed = uses.exposed.data;
    const end = uses.exposed.length;
    if (end === 0) return;
    for (let k = 0; k < end; k += 2)
      words[exposed[k] * w + (exposed[k + 1] >> 5)] |= 1 << (exposed[k + 1] & 31);
    this.#chainKills(p, uses);
    const killHead = this.#killHead;
    const killNext = this.#killNext;
    const succStart = p.blockSuccStart.data;
    const succs = p.succs.data;
    for (let b = n - 1; b >= 0; b--) {
      const row = b * w;
      for (let e = succStart[b], z = succStart[b + 1]; e < z; e++) {
        const from = succs[e] * w;
        for (let k = 0; k < w; k++) words[row + k] |= words[from + k];
      }
      // What a block defines is not live into it, so these bits are only ever what the successors brought.
      for (let g = killHead[b]; g !== 0; g = killNext[g]) words[row + (g >> 5)] &= ~(1 << (g & 31));
    }
    if (uses.latches.length > 0) this.#closeLoops(p, uses.latches);
  }

  #chainKills(p: Problem, uses: UseChains): void {
    const count = uses.globals.length;
    this.#killHead = growInt32(this.#killHead, p.numBlocks());
    this.#killNext = growInt32(this.#killNext, count);
    const killHead = this.#killHead;
    killHead.fill(0, 0, p.numBlocks());
    for (let g = 1; g < count; g++) {
      const b = uses.defBlock[uses.globals.at(g)];
      this.#killNext[g] = killHead[b];
      killHead[b] = g;
    }
  }

  /** Carries what is live into loop headers round their loops. */
  #closeLoops(p: Problem, latches: I32List): void {
    const n = p.numBlocks();
    this.#queued = growInt32(this.#queued, n);
    const queued = this.#queued;
    queued.fill(0, 0, n);
    for (let k = 0; k < latches.length; k++) queued[latches.at(k)] = 1;
    let high = latches.at(latches.length - 1);
    const predStart = p.blockPredStart.data;
    const preds = p.preds.data;
    while (high >= 0) {
      let next = -1;
      for (let b = high; b >= 0; b--) {
        if (queued[b] === 0) continue;
        queued[b] = 0;
        if (!this.#refresh(p, b)) continue;
        for (let k = predStart[b], z = predStart[b + 1]; k < z; k++) {
          const d = preds[k];
          queued[d] = 1;
          if (d >= b && d > next) next = d;
        }
      }
      high = next;
    }
  }

  /** Adds to a block's live-in set what its successors want by now; says whether that was anything. */
  #refresh(p: Problem, b: number): boolean {
    const w = this.#width;
    const words = this.words;
    const at = this.#scratch;
    const succStart = p.blockSuccStart.data;
    const succs = p.succs.data;
    for (let k = 0; k < w; k++) words[at + k] = 0;
    for (let e = succStart[b], z = succStart[b + 1]; e < z; e++) {
      const from = succs[e] * w;
      for (let k = 0; k < w; k++) words[at + k] |= words[from + k];
    }
    for (let g = this.#killHead[b]; g !== 0; g = this.#killNext[g]) words[at + (g >> 5)] &= ~(1 << (g & 31));
    const row = b * w;
    let added = 0;
    for (let k = 0; k < w; k++) {
      const old = words[row + k];
      const now = old | words[at + k];
      added |= old ^ now;
      words[row + k] = now;
    }
    return added !== 0;
  }

  #buildSparse(p: Problem, uses: UseChains): void {
    const n = p.numBlocks();
    const count = uses.globals.length;
    this.#head = growInt32(this.#head, n);
    this.#head.fill(-1, 0, n);
    this.#word = growInt32(this.#word, n);
    this.#word.fill(0, 0, n);
    this.#kills = growInt32(this.#kills, n);
    this.#kills.fill(0, 0, n);
    this.#queued = growInt32(this.#queued, n);
    this.#queued.fill(0, 0, n);
    this.#useHead = growInt32(this.#useHead, this.#width);
    this.#useNext = growInt32(this.#useNext, uses.exposed.length);
    this.#chunks.clear();
    const useHead = this.#useHead;
    const useNext = this.#useNext;
    const exposed = uses.exposed.data;
    useHead.fill(-1, 0, this.#width);
    for (let k = uses.exposed.length - 2; k >= 0; k -= 2) {
      const w = exposed[k + 1] >> 5;
      useNext[k] = useHead[w];
      useHead[w] = k;
    }
    for (let w = 0; w < this.#width; w++) {
      const end = Math.min((w + 1) << 5, count);
      // Global number 0 is nobody's.
      const first = Math.max(w << 5, 1);
      for (let g = first; g < end; g++) this.#kills[uses.defBlock[uses.globals.at(g)]] |= 1 << (g & 31);
      for (let k = useHead[w]; k >= 0; k = useNext[k]) this.#addBits(exposed[k], 1 << (exposed[k + 1] & 31));
      this.#carryUp(p);
      for (let k = 0; k < this.#touched.length; k++) {
        const b = this.#touched.at(k);
        const chunk = this.#chunks.push(w);
        this.#chunks.push(this.#word[b]);
        this.#chunks.push(this.#head[b]);
        this.#head[b] = chunk;
        this.#word[b] = 0;
      }
      this.#touched.clear();
      for (let g = first; g < end; g++) this.#kills[uses.defBlock[uses.globals.at(g)]] = 0;
    }
  }

  /** Adds to the word of block `b` bits that it does not have all of, and queues the block. */
  #addBits(b: number, bits: number): void {
    if (this.#word[b] === 0) this.#touched.push(b);
    this.#word[b] |= bits;
    if (this.#queued[b] !== 0) return;
    this.#queued[b] = 1;
    this.#stack.push(b);
  }

  /** Carries the bits of the queued blocks up the predecessors to the blocks that kill them. */
  #carryUp(p: Problem): void {
    const word = this.#word;
    const kills = this.#kills;
    const predStart = p.blockPredStart.data;
    const preds = p.preds.data;
    const stack = this.#stack;
    while (stack.length > 0) {
      const b = stack.pop();
      this.#queued[b] = 0;
      for (let q = predStart[b], z = predStart[b + 1]; q < z; q++) {
        const d = preds[q];
        const fresh = word[b] & ~kills[d] & ~word[d];
        if (fresh !== 0) this.#addBits(d, fresh);
      }
    }
  }

  /** Makes `inBase` and `outBase` those of block `b`. */
  enter(p: Problem, b: number): void {
    const succStart = p.blockSuccStart.data;
    const succs = p.succs.data;
    let e = succStart[b];
    const z = succStart[b + 1];
    if (!this.#dense) {
      this.#addChunks(b, this.inBase);
      for (; e < z; e++) this.#addChunks(succs[e], this.outBase);
      return;
    }
    const w = this.#width;
    const words = this.words;
    this.inBase = b * w;
    if (z - e === 1) {
      this.outBase = succs[e] * w;
      return;
    }
    const at = this.#scratch;
    this.outBase = at;
    if (e === z) {
      for (let k = 0; k < w; k++) words[at + k] = 0;
      return;
    }
    const s0 = succs[e] * w;
    const s1 = succs[e + 1] * w;
    for (let k = 0; k < w; k++) words[at + k] = words[s0 + k] | words[s1 + k];
    for (e += 2; e < z; e++) {
      const from = succs[e] * w;
      for (let k = 0; k < w; k++) words[at + k] |= words[from + k];
    }
  }

  /** Whether global number `g` lives into the block that was entered last; 0, which vregs have that cross no border, never. */
  isLiveIn(g: number): boolean {
    return ((this.words[this.inBase + (g >> 5)] >>> (g & 31)) & 1) !== 0;
  }

  /** Must follow every {@link enter} before the next. */
  leave(p: Problem, b: number): void {
    if (this.#dense) return;
    this.#clearChunks(b, this.inBase);
    const succStart = p.blockSuccStart.data;
    for (let e = succStart[b]; e < succStart[b + 1]; e++) this.#clearChunks(p.succs.at(e), this.outBase);
  }

  /** Appends to `into` the vregs that live on after block `b`. */
  collectLiveOut(p: Problem, b: number, globals: Int32Array, into: I32List): void {
    this.enter(p, b);
    const words = this.words;
    const base = this.outBase;
    if (this.#dense)
      for (let k = 0, w = this.#width; k < w; k++) pushVRegs(words[base + k], k << 5, globals, into);
    else {
      const chunks = this.#chunks.data;
      for (let e = p.blockSuccStart.at(b), z = p.blockSuccStart.at(b + 1); e < z; e++)
        for (let c = this.#head[p.succs.at(e)]; c >= 0; c = chunks[c + 2]) {
          pushVRegs(words[base + chunks[c]], chunks[c] << 5, globals, into);
          // Another successor may have a chunk of the same word.
          words[base + chunks[c]] = 0;
        }
    }
    this.leave(p, b);
  }

  #addChunks(b: number, base: number): void {
    const chunks = this.#chunks.data;
    for (let c = this.#head[b]; c >= 0; c = chunks[c + 2]) this.words[base + chunks[c]] |= chunks[c + 1];
  }

  #clearChunks(b: number, base: number): void {
    const chunks = this.#chunks.data;
    for (let c = this.#head[b]; c >= 0; c = chunks[c + 2]) this.words[base + chunks[c]] = 0;
  }

  /**
   * Makes the ends `to` of the lives of vregs that are live into block `b` at least `end`.
   *
   * @param mask The globals that matter.
   */
  extendLives(b: number, end: number, mask: Int32Array, globals: Int32Array, to: Int32Array): void {
    if (!this.#dense) {
      const chunks = this.#chunks.data;
      for (let c = this.#head[b]; c >= 0; c = chunks[c + 2])
        extendWord(chunks[c + 1] & mask[chunks[c]], chunks[c] << 5, end, globals, to);
      return;
    }
    const w = this.#width;
    for (let k = 0, at = b * w; k < w; k++) {
      const bits = this.words[at + k] & mask[k];
      if (bits !== 0) extendWord(bits, k << 5, end, globals, to);
    }
  }
}

function pushVRegs(bits: number, base: number, globals: Int32Array, into: I32List): void {
  for (; bits !== 0; bits &= bits - 1) into.push(globals[base + 31 - Math.clz32(bits & -bits)]);
}

function extendWord(bits: number, base: number, end: number, globals: Int32Array, to: Int32Array): void {
  for (; bits !== 0; bits &= bits - 1) {
    const v = globals[base + 31 - Math.clz32(bits & -bits)];
    if (to[v] < end) to[v] = end;
  }
}
