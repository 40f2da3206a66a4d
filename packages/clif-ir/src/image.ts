import { errorOf } from "@gantry/diag";
import { growUint8, type I32List, NONE } from "@gantry/entity";
import { Function } from "./function.ts";

/** "CLIF" in the first word, so that a reader sees the byte order. */
const MAGIC = 0x46494c43;
const VERSION = 1;

/** Sections that decide what code comes out. */
const codeSections = (f: Function): I32List[] => [
  f.insts,
  f.values,
  f.blocks,
  f.pool,
  f.sigs,
  f.funcs,
  f.slots,
  f.dynamicSlots,
  f.dynamicTypes,
  f.globals,
  f.constants,
  f.masks,
  f.side,
  f.head,
  f.locs,
];
const HEAD = 13;
const LOCS = 14;
/** Word of the head section that holds the base of source locations. */
const LOCATION_BASE = 4;

/** "No location" among relative ones: -1 could be a location right in front of the base. */
const NO_LOCATION = -2147483648;

/** Sections that name things. */
const nameSections = (f: Function): I32List[] => [f.names, f.userNames, f.regions];

const CODE_HEADER = 4 + 15;
const NAME_HEADER = 2 + 3;
const littleEndian = new Uint8Array(Int32Array.of(1).buffer)[0] === 1;
const wordsOf = (bytes: number): number => (bytes + 3) >> 2;

/** Turns words into little-endian order, or back. */
function swap(bytes: Uint8Array): void {
  for (let k = 0; k < bytes.length; k += 4) bytes.subarray(k, k + 4).reverse();
}

/**
 * The function as one buffer: what a worker thread is sent, what a cache hashes, what a debugger dumps. Words are
 * little-endian whatever the machine. The third word is the number of bytes in the first part, which depends neither on
 * names nor on where in the source the function stands: source locations are relative to the first one.
 *
 * First part: magic, version, bytes of this part, bytes of constants, length of every section; sections; constants.
 * Second part: base of source locations, bytes of text, length of every section; sections; text.
 */
export function toImage(f: Function): ArrayBuffer {
  const code = codeSections(f);
  const names = nameSections(f);
  const codeWords = sum(code) + CODE_HEADER;
  const nameWords = sum(names) + NAME_HEADER;
  const codeEnd = codeWords + wordsOf(f.byteCount);
  const buffer = new ArrayBuffer(4 * (codeEnd + nameWords + wordsOf(f.textCount)));
  const out = new Int32Array(buffer);
  const bytes = new Uint8Array(buffer);
  out[0] = MAGIC;
  out[1] = VERSION;
  out[2] = codeEnd * 4;
  out[3] = f.byteCount;
  put(out, code, 4);
  const starts = CODE_HEADER + sum(code.slice(0, HEAD));
  out[starts + LOCATION_BASE] = 0;
  const base = f.locationBase;
  const locs = CODE_HEADER + sum(code.slice(0, LOCS));
  for (let k = locs; k < locs + f.locs.length; k++)
    out[k] = out[k] === NONE ? NO_LOCATION : (out[k] - base) | 0;
  bytes.set(f.bytes.subarray(0, f.byteCount), codeWords * 4);
  out[codeEnd] = base;
  out[codeEnd + 1] = f.textCount;
  put(out, names, codeEnd + 2);
  bytes.set(f.text.subarray(0, f.textCount), (codeEnd + nameWords) * 4);
  if (!littleEndian) {
    swap(bytes.subarray(0, codeWords * 4));
    swap(bytes.subarray(codeEnd * 4, (codeEnd + nameWords) * 4));
  }
  return buffer;
}

function sum(sections: readonly I32List[]): number {
  let n = 0;
  for (const s of sections) n += s.length;
  return n;
}

/** Writes the lengths of sections at `at`, and behind them the sections. */
function put(out: Int32Array, sections: readonly I32List[], at: number): void {
  let to = at + sections.length;
  for (const s of sections) {
    out[at++] = s.length;
    out.set(s.data.subarray(0, s.length), to);
    to += s.length;
  }
}

/** The part of an image that a cache key is made of. */
export const imageCode = (image: ArrayBuffer): Uint8Array => {
  const view = new DataView(image);
  return new Uint8Array(image, 0, view.getInt32(8, true));
};

/**
 * Makes the function of an image.
 *
 * @param into A function to reuse.
 * @throws GantryError CLIF0600 if the buffer is not an image of this version.
 */
export function fromImage(image: ArrayBuffer, into: Function = new Function()): Function {
  const source = littleEndian ? image : image.slice(0);
  const reader = new ImageReader(source);
  into.reset();
  reader.read(into);
  return into;
}

class ImageReader {
  readonly #bytes: Uint8Array;
  readonly #words: Int32Array;
  #at = 0;

  constructor(buffer: ArrayBuffer) {
    if (buffer.byteLength % 4 !== 0) this.#bad("its size is no multiple of four");
    this.#bytes = new Uint8Array(buffer);
    this.#words = new Int32Array(buffer);
  }

  #bad(why: string): never {
    throw errorOf("CLIF0600", `not an image of a function: ${why}`);
  }

  #word(): number {
    if (this.#at >= this.#words.length) this.#bad("it is cut off");
    if (!littleEndian) swap(this.#bytes.subarray(this.#at * 4, this.#at * 4 + 4));
    return this.#words[this.#at++];
  }

  #sections(sections: readonly I32List[]): void {
    const lengths = sections.map(() => this.#word());
    sections.forEach((s, k) => {
      const n = lengths[k];
      if (n < 0 || this.#at + n > this.#words.length) this.#bad("a section is cut off");
      if (!littleEndian) swap(this.#bytes.subarray(this.#at * 4, (this.#at + n) * 4));
      s.length = 0;
      s.extend(n);
      s.data.set(this.#words.subarray(this.#at, this.#at + n));
      this.#at += n;
    });
  }

  #raw(n: number): Uint8Array {
    if (n < 0 || this.#at * 4 + n > this.#bytes.length) this.#bad("its bytes are cut off");
    const from = this.#at * 4;
    this.#at += wordsOf(n);
    return this.#bytes.subarray(from, from + n);
  }

  read(f: Function): void {
    if (this.#word() !== MAGIC) this.#bad("it does not start as one");
    const version = this.#word();
    if (version !== VERSION) this.#bad(`it has version ${version}, this is version ${VERSION}`);
    this.#word();
    const byteCount = this.#word();
    this.#sections(codeSections(f));
    f.bytes = growUint8(f.bytes, byteCount);
    f.bytes.set(this.#raw(byteCount));
    f.byteCount = byteCount;
    const base = this.#word();
    const textCount = this.#word();
    this.#sections(nameSections(f));
    f.text = growUint8(f.text, textCount);
    f.text.set(this.#raw(textCount));
    f.textCount = textCount;
    f.head.set(LOCATION_BASE, base);
    for (let k = 0; k < f.locs.length; k++)
      f.locs.set(k, f.locs.at(k) === NO_LOCATION ? NONE : (f.locs.at(k) + base) | 0);
    f.reindex();
  }
}
