import { growInt32, I32List } from "@gantry/entity";

/** The first virtual register; smaller register words are physical registers (`class << 5 | number`). */
export const FIRST_VREG = 128;

/** Marks host values that are not a register word but the arena offset of a group of words. */
export const GROUP = 1 << 30;

/** Kinds of memory operand: bits 0 to 3 of the fourth word of its group. */
export const Mem = {
  /** Not memory: the base word is the register. */
  register: 0,
  /** base + index * scale + displacement */
  plain: 1,
  /** Explicit stack slot (index word) + displacement */
  stackSlot: 2,
  /** Spill slot (index word) */
  spillSlot: 3,
  /** Incoming argument area + displacement */
  incoming: 4,
  /** Outgoing argument area + displacement */
  outgoing: 5,
  /** Constant (index word) in the function's pool */
  constant: 6,
  /** Label (index word) */
  label: 7,
  /** Symbol (index word) + displacement */
  symbol: 8,
} as const;

/** Bits of the fourth word of a memory group. */
export const MEM_KIND_MASK = 15;
export const MEM_SCALE_SHIFT = 4;
export const MEM_TRAP_SHIFT = 6;
export const MEM_TRAP_MASK = 0xff;
/** The symbol's address is to be loaded through the global offset table. */
export const MEM_GOT = 1 << 14;

/**
 * Machine code under construction: one arena of words that holds machine instructions and every structure that rules
 * build, a list of the instructions in execution order, and the columns of the virtual registers.
 *
 * Lowering goes backwards, block by block. What one CLIF instruction makes is appended to the pending list in
 * execution order; {@link flush} moves it, reversed, to the order list, which {@link reverseOrder} turns round once at
 * the end. A record is emitted at most once.
 */
export class MachineCode {
  /** The arena. Offset 0 is never handed out, so that 0 can mean "nothing yet". */
  words: Int32Array<ArrayBuffer> = new Int32Array(1 << 14);
  top = 1;

  /** Records in execution order (backwards until {@link reverseOrder}). */
  readonly order: I32List = new I32List(1024);
  /** Relative source location of each position of `order`. */
  readonly orderSource: I32List = new I32List(1024);
  readonly #pending = new I32List(256);
  /**
   * Rows of (record, CLIF instruction, exception handlers or 0) for the few records that have more to tell than their
   * code: calls with a stack map, debug tags or handlers, patchable calls, sequence points with tags. Handlers are a
   * counted list in the arena of (kind, value, lowered block), the kinds and values those of an exception table; the
   * value of a context is where in the arena its allocation will stand.
   */
  readonly sites: I32List = new I32List();

  /** One more than the greatest virtual register. */
  numVRegs = FIRST_VREG;
  /** Columns indexed by virtual register. */
  vregClass: Int32Array<ArrayBuffer> = new Int32Array(1024);
  /** Bytes of its spill slot; 0 where nobody has said what it holds, which takes the widest. */
  vregBytes: Int32Array<ArrayBuffer> = new Int32Array(1024);
  /** The register that this one is another name of, or 0. */
  vregAlias: Int32Array<ArrayBuffer> = new Int32Array(1024);
  /** Offset of the record that makes its value anew wherever it is wanted, or 0. */
  vregRemat: Int32Array<ArrayBuffer> = new Int32Array(1024);

  resetMachineCode(): void {
    this.top = 1;
    this.order.clear();
    this.orderSource.clear();
    this.#pending.clear();
    this.sites.clear();
    this.numVRegs = FIRST_VREG;
  }

  /** The record that was emitted last belongs to `inst`, which has more to tell: see {@link sites}. */
  markSite(inst: number, handlers: number): void {
    this.sites.push(this.lastEmitted());
    this.sites.push(inst);
    this.sites.push(handlers);
  }

  /** Reserves `n` words and returns the offset of the first; `words` may be another array afterwards. */
  arena(n: number): number {
    const at = this.top;
    if (at + n > this.words.length) this.words = growInt32(this.words, at + n);
    this.top = at + n;
    return at;
  }

  /** The record at `at` comes next in execution order. */
  emit(at: number): void {
    this.#pending.push(at);
  }

  /** The record that was emitted last, or 0 if nothing was emitted since the last {@link flush}. */
  lastEmitted(): number {
    const n = this.#pending.length;
    return n === 0 ? 0 : this.#pending.data[n - 1];
  }

  /** A fresh virtual register of class `cls`; what it holds is as wide as the class until a value gives it a width. */
  newReg(cls: number): number {
    const v = this.numVRegs;
    if (v >= this.vregClass.length) {
      this.vregClass = growInt32(this.vregClass, v + 1);
      this.vregBytes = growInt32(this.vregBytes, v + 1);
      this.vregAlias = growInt32(this.vregAlias, v + 1);
      this.vregRemat = growInt32(this.vregRemat, v + 1);
    }
    this.vregClass[v] = cls;
    this.vregBytes[v] = cls === 0 ? 8 : 0;
    this.vregAlias[v] = 0;
    this.vregRemat[v] = 0;
    this.numVRegs = v + 1;
    return v;
  }

  /** The register that `r` stands for. */
  resolve(r: number): number {
    if (r < FIRST_VREG) return r;
    const alias = this.vregAlias;
    let a = alias[r];
    while (a !== 0) {
      r = a;
      a = alias[r];
    }
    return r;
  }

  /** Two registers as one host value. */
  pair(low: number, high: number): number {
    const at = this.arena(2);
    this.words[at] = low;
    this.words[at + 1] = high;
    return at | GROUP;
  }

  /** Part `k` (0 or 1) of a host value that is one register or a pair. */
  part(regs: number, k: number): number {
    return (regs & GROUP) !== 0 ? this.words[(regs & ~GROUP) + k] : regs;
  }

  /** Writes a group of four words: a memory operand, see the kinds of {@link Mem}. */
  amode(
    kind: number,
    base: number,
    index: number,
    scaleLog2: number,
    disp: number,
    trapCode: number,
  ): number {
    const at = this.arena(4);
    const w = this.words;
    w[at] = base;
    w[at + 1] = index;
    w[at + 2] = disp;
    w[at + 3] = kind | (scaleLog2 << MEM_SCALE_SHIFT) | (trapCode << MEM_TRAP_SHIFT);
    return at | GROUP;
  }

  /** Copies a register-or-memory operand into the four words at `to`. */
  putRegMem(to: number, operand: number): void {
    const w = this.words;
    if ((operand & GROUP) !== 0) {
      const from = operand & ~GROUP;
      w[to] = w[from];
      w[to + 1] = w[from + 1];
      w[to + 2] = w[from + 2];
      w[to + 3] = w[from + 3];
    } else {
      w[to] = operand;
      w[to + 1] = -1;
      w[to + 2] = 0;
      w[to + 3] = Mem.register;
    }
  }

  /** Moves what the current CLIF instruction made to the order list. */
  flush(source: number): void {
    const pending = this.#pending;
    let n = pending.length;
    if (n === 0) return;
    const at = this.order.extend(n);
    this.orderSource.extend(n);
    const to = this.order.data;
    const loc = this.orderSource.data;
    const from = pending.data;
    for (let k = at; n > 0; k++) {
      to[k] = from[--n];
      loc[k] = source;
    }
    pending.clear();
  }

  /** Turns the order list round, once, when every block is lowered. */
  reverseOrder(): void {
    this.order.data.subarray(0, this.order.length).reverse();
    this.orderSource.data.subarray(0, this.orderSource.length).reverse();
  }
}
