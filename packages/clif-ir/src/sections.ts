import { growUint8, I32List, IntMap, NONE } from "@gantry/entity";
import type { Constant, GlobalValue, NameRef, SigRef } from "./entities.ts";
import {
  H_FIRST,
  H_LAST,
  H_LOC_BASE,
  H_NAME,
  H_STACK_LIMIT,
  HEAD_WORDS,
  MASK_BASE,
  NAME_USER,
  S_CONV,
  S_PARAMC,
  S_RETURNC,
  S_START,
  SIG_SHIFT,
} from "./records.ts";

/**
 * The sections of a function: lists of words and of bytes, and what is kept in them besides code: constants, names,
 * descriptions. {@link Preamble} and `Function` add what the other sections mean.
 */
export class Sections {
  /** Instruction records of sixteen words. */
  readonly insts = new I32List(256);
  /** Source locations by instruction; -1 is none. */
  readonly locs = new I32List(16);
  /** Value records of four words. */
  readonly values = new I32List(64);
  /** Block records of eight words. */
  readonly blocks = new I32List(64);
  /** Operand lists, block calls, parameters. */
  readonly pool = new I32List(64);
  /** Signature records; the first is the function's own. */
  readonly sigs = new I32List(16);
  readonly funcs = new I32List(16);
  readonly slots = new I32List(16);
  /** Dynamic stack slots: one word, the dynamic type. */
  readonly dynamicSlots = new I32List(4);
  /** Dynamic types: base vector type and global value of the scale. */
  readonly dynamicTypes = new I32List(4);
  readonly globals = new I32List(32);
  /** Alias regions: user's number, then place and length of the description in `text`. */
  readonly regions = new I32List(32);
  /** Constants: place and length in `bytes`. */
  readonly constants = new I32List(8);
  /** Masks of shuffles, in the same form; no two are shared. */
  readonly masks = new I32List(4);
  /** Names: kind, then two words (namespace and index; place and length in `text`; number). */
  readonly names = new I32List(32);
  /** User names in order of first use, as entries of `names`: what `userextnameN` counts. */
  readonly userNames = new I32List(16);
  /** Stack maps and debug tags, sorted by instruction. */
  readonly side = new I32List(4);
  readonly head = new I32List(HEAD_WORDS);
  /** Bytes of constants. */
  bytes: Uint8Array<ArrayBuffer> = new Uint8Array(64);
  byteCount = 0;
  /** UTF-8 of names and descriptions. */
  text: Uint8Array<ArrayBuffer> = new Uint8Array(256);
  textCount = 0;
  /** Offsets in the source text by instruction and by block, where the function was read from text; no section. */
  readonly instPositions = new I32List(16);
  readonly blockPositions = new I32List(16);
  readonly #userIndex = new IntMap(8);
  readonly #constantIndex = new IntMap(8);

  /** Empties the function: `u0:0() fast` without blocks. Storage is kept. */
  reset(): void {
    this.insts.length = 0;
    this.locs.length = 0;
    this.values.length = 0;
    this.blocks.length = 0;
    this.pool.length = 0;
    this.sigs.length = 0;
    this.funcs.length = 0;
    this.slots.length = 0;
    this.dynamicSlots.length = 0;
    this.dynamicTypes.length = 0;
    this.globals.length = 0;
    this.regions.length = 0;
    this.constants.length = 0;
    this.masks.length = 0;
    this.names.length = 0;
    this.userNames.length = 0;
    this.side.length = 0;
    this.byteCount = 0;
    this.textCount = 0;
    this.instPositions.length = 0;
    this.blockPositions.length = 0;
    if (this.#userIndex.size > 0) this.#userIndex.clear();
    if (this.#constantIndex.size > 0) this.#constantIndex.clear();
    const head = this.head;
    head.fill(HEAD_WORDS, 0);
    head.data[H_FIRST] = NONE;
    head.data[H_LAST] = NONE;
    head.data[H_STACK_LIMIT] = NONE;
    head.data[H_LOC_BASE] = NONE;
    this.names.extend(4);
    const names = this.names.data;
    names[0] = NAME_USER;
    names[1] = 0;
    names[2] = 0;
    names[3] = 0;
    this.addSignature(0);
  }

  get numConstants(): number {
    return this.constants.length >> 1;
  }

  /** Place of a constant's bytes in `bytes`. */
  constantStart(c: Constant): number {
    return c >= MASK_BASE ? this.masks.data[2 * (c - MASK_BASE)] : this.constants.data[2 * c];
  }

  constantLength(c: Constant): number {
    return c >= MASK_BASE ? this.masks.data[2 * (c - MASK_BASE) + 1] : this.constants.data[2 * c + 1];
  }

  /** A copy of a constant's bytes, least significant first. */
  constantBytes(c: Constant): Uint8Array<ArrayBuffer> {
    const at = this.constantStart(c);
    return this.bytes.slice(at, at + this.constantLength(c));
  }

  get numRegions(): number {
    return this.regions.length >> 2;
  }

  /** The global value that limits the stack, or -1. */
  get stackLimit(): GlobalValue {
    return this.head.data[H_STACK_LIMIT] as GlobalValue;
  }

  set stackLimit(g: GlobalValue) {
    this.head.data[H_STACK_LIMIT] = g;
  }

  /** The function's own name. */
  get name(): NameRef {
    return this.head.data[H_NAME] as NameRef;
  }

  set name(n: NameRef) {
    this.head.data[H_NAME] = n;
  }

  /** Adds a name of kind `NAME_*`. */
  addName(kind: number, a: number, b: number): NameRef {
    const at = this.names.extend(4);
    const d = this.names.data;
    d[at] = kind;
    d[at + 1] = a;
    d[at + 2] = b;
    d[at + 3] = 0;
    return (at >> 2) as NameRef;
  }

  /** The user name `uSPACE:INDEX`; equal ones are the same entry. */
  userName(space: number, index: number): NameRef {
    let key = userKey(space, index);
    for (;;) {
      const n = this.#userIndex.get(key, NONE);
      if (n === NONE) break;
      if (this.names.data[4 * n + 1] === space && this.names.data[4 * n + 2] === index) return n as NameRef;
      key = (key + 1) | 0;
    }
    const name = this.addName(NAME_USER, space, index);
    this.#userIndex.set(key, name);
    this.userNames.push(name);
    return name;
  }

  /** Rebuilds the indices behind `userName` and `addConstant` after the sections were replaced as a whole. */
  reindex(): void {
    this.#userIndex.clear();
    this.#constantIndex.clear();
    for (let k = 0; k < this.userNames.length; k++) {
      const n = this.userNames.at(k);
      let key = userKey(this.names.at(4 * n + 1), this.names.at(4 * n + 2));
      while (this.#userIndex.has(key)) key = (key + 1) | 0;
      this.#userIndex.set(key, n);
    }
    for (let c = 0; c < this.numConstants; c++) {
      const bytes = this.constantBytes(c as Constant);
      let key = hashBytes(bytes, bytes.length);
      while (this.#constantIndex.has(key)) key = (key + 1) | 0;
      this.#constantIndex.set(key, c);
    }
  }

  nameKind(n: NameRef): number {
    return this.names.data[4 * n];
  }

  /** Namespace of a user name, or number of a runtime function. */
  nameSpace(n: NameRef): number {
    return this.names.data[4 * n + 1];
  }

  nameIndex(n: NameRef): number {
    return this.names.data[4 * n + 2];
  }

  /** Makes room for `n` more bytes of text and returns where they start. */
  extendText(n: number): number {
    const at = this.textCount;
    if (at + n > this.text.length) this.text = growUint8(this.text, at + n);
    this.textCount = at + n;
    return at;
  }

  /** The constant with these bytes: an existing one, or a new one. */
  addConstant(data: Uint8Array, length: number): Constant {
    let key = hashBytes(data, length);
    for (;;) {
      const c = this.#constantIndex.get(key, NONE);
      if (c === NONE) break;
      if (this.#sameBytes(this.constants.data[2 * c], this.constants.data[2 * c + 1], data, length))
        return c as Constant;
      key = (key + 1) | 0;
    }
    const c = this.numConstants as Constant;
    this.bindConstant(c, data, length);
    return c;
  }

  /** Makes `c` the constant with these bytes; numbers up to it that were never bound are empty. */
  bindConstant(c: Constant, data: Uint8Array, length: number): void {
    while (this.numConstants <= c) {
      this.constants.push(0);
      this.constants.push(0);
    }
    this.constants.set(2 * c, this.#addBytes(data, length));
    this.constants.set(2 * c + 1, length);
    let key = hashBytes(data, length);
    while (this.#constantIndex.has(key)) key = (key + 1) | 0;
    this.#constantIndex.set(key, c);
  }

  /** Keeps the mask of a shuffle; the handle works like that of a constant. */
  addMask(data: Uint8Array, length: number): Constant {
    const n = this.masks.push(this.#addBytes(data, length));
    this.masks.push(length);
    return (MASK_BASE + (n >> 1)) as Constant;
  }

  #addBytes(data: Uint8Array, length: number): number {
    const at = this.extendBytes(length);
    for (let k = 0; k < length; k++) this.bytes[at + k] = data[k];
    return at;
  }

  #sameBytes(at: number, n: number, data: Uint8Array, length: number): boolean {
    if (n !== length) return false;
    for (let k = 0; k < length; k++) if (this.bytes[at + k] !== data[k]) return false;
    return true;
  }

  /** Makes room for `n` more constant bytes and returns where they start. */
  extendBytes(n: number): number {
    const at = this.byteCount;
    if (at + n > this.bytes.length) this.bytes = growUint8(this.bytes, at + n);
    this.byteCount = at + n;
    return at;
  }

  /** Adds a signature record whose parameters will be appended to the pool from here on. */
  addSignature(conv: number): SigRef {
    const at = this.sigs.extend(1 << SIG_SHIFT);
    const d = this.sigs.data;
    d[at + S_START] = this.pool.length;
    d[at + S_PARAMC] = 0;
    d[at + S_RETURNC] = 0;
    d[at + S_CONV] = conv;
    return ((at >> SIG_SHIFT) - 1) as SigRef;
  }
}

const userKey = (space: number, index: number): number =>
  (Math.imul(space, 0x85ebca6b) ^ Math.imul(index, 0x9e3779b1)) | 0;

function hashBytes(data: Uint8Array, length: number): number {
  let h = length;
  for (let k = 0; k < length; k++) h = (Math.imul(h, 31) + data[k]) | 0;
  return h;
}
