import { GantryError, SourceFile } from "@gantry/diag";
import { I32List } from "@gantry/entity";
import { READER_CODES, type ReaderCode } from "../codes.table.ts";
import type { Value } from "../entities.ts";
import { Function, V_DEF, VALUE_SHIFT, VK_NONE } from "../function.ts";
import { F32, F64, I8, I16, I32, I64, I128, INVALID, type Type, typeByName } from "../types.ts";
import { decodeUtf8, encodeUtf8 } from "../utf8.ts";
import { CLASS, DIGIT, HEX, LETTER, SEMICOLON, SPACE, WORD, type WordTable } from "./words.ts";

/** A text to read: UTF-8 bytes with a name for diagnostics. */
export interface SourceBytes {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** Kinds of entities that comments are attached to. */
export const COMMENT_ENTITIES = [
  "function",
  "block",
  "inst",
  "ss",
  "dss",
  "dt",
  "gv",
  "region",
  "sig",
  "fn",
  "const",
  "stack_limit",
] as const;
export const ON_FUNCTION = 0;
export const ON_BLOCK = 1;
export const ON_INST = 2;

/** What a reader holds before it is given a function to read into; nobody writes to it. */
const unread = new Function();

/** Bytes after the text, a line end and zeros: look-ahead never reads beyond them, and comments end before them. */
const PADDING = 16;

/** Greatest buffer that is kept for the next reader. */
const MAX_SPARE = 1 << 26;

/** The buffer of the last reader that reached its end: touching fresh memory costs more than copying into it. */
let spare: Uint8Array<ArrayBuffer> | undefined;

/** A copy of `bytes` with a line end and zeros behind it. */
function padded(bytes: Uint8Array, length: number): Uint8Array<ArrayBuffer> {
  const size = (length + PADDING + 3) & ~3;
  let out = spare;
  spare = undefined;
  if (out === undefined || out.length < size) out = new Uint8Array(size);
  out.set(bytes.length > length ? bytes.subarray(0, length) : bytes);
  out.fill(0, length, size);
  return out;
}

/**
 * The lowest layer of the reader: bytes, white space, comments, words, numbers of entities.
 *
 * One byte loop over the text; no token objects. `pos` is always at the byte to be looked at next, and every method
 * that reads a token leaves it behind the token.
 */
export class Scanner {
  readonly name: string;
  readonly buf: Uint8Array<ArrayBuffer>;
  /** The same bytes, four to a word. */
  protected readonly words: Int32Array;
  readonly end: number;
  pos = 0;
  /** The function being read. */
  func: Function;
  /** End of the word that `word` looked at. */
  wordEnd = 0;
  /** Low and high half of the number that was read last. */
  lo = 0;
  hi = 0;
  /** Comments as (entity kind, entity number, start, end); only kept on demand. */
  readonly comments = new I32List(4);
  readonly keepComments: boolean;
  /** Words of `comments` that already belong to an entity. */
  claimed = 0;
  /** Bound for numbers of values: a text cannot sensibly define more. */
  readonly maxValue: number;
  readonly maxEntity: number;
  #file: SourceFile | undefined;
  /** What the text was given as, where that was bytes. */
  readonly #bytes: Uint8Array;
  #knownPos = 0;
  #knownOffset = 0;

  constructor(source: SourceFile | SourceBytes, keepComments: boolean) {
    this.name = source.name;
    let length: number;
    if (source instanceof SourceFile) {
      const bytes = encodeUtf8(source.text, PADDING);
      length = bytes.length - PADDING;
      // The view of words needs whole words.
      this.buf = bytes.byteOffset === 0 && bytes.buffer.byteLength % 4 === 0 ? bytes : padded(bytes, length);
      this.#file = source;
      this.#bytes = this.buf;
    } else {
      this.#bytes = source.bytes;
      length = source.bytes.length;
      this.buf = padded(source.bytes, length);
    }
    this.end = length;
    this.buf[length] = 10;
    this.words = new Int32Array(this.buf.buffer, 0, this.buf.buffer.byteLength >> 2);
    this.keepComments = keepComments;
    this.maxValue = Math.max(1 << 16, 4 * this.end);
    this.maxEntity = Math.max(1 << 12, this.end);
    this.func = unread;
  }

  /** The text as a file for diagnostics; decoded when first asked for. */
  get file(): SourceFile {
    this.#file ??= new SourceFile(this.name, decodeUtf8(this.#bytes, 0, this.end));
    return this.#file;
  }

  /** Lets the next reader have the buffer; nothing is read from the text any more. */
  protected release(): void {
    if (this.#file === undefined && this.buf.length <= MAX_SPARE) spare = this.buf;
  }

  /** Offset in the text (UTF-16 units) of the byte at `pos`; cheap when asked for ascending positions. */
  textOffset(pos: number): number {
    if (pos < this.#knownPos) {
      this.#knownPos = 0;
      this.#knownOffset = 0;
    }
    const end = Math.min(pos, this.end);
    let n = this.#knownOffset;
    for (let p = this.#knownPos; p < end; p++) {
      const c = this.buf[p];
      if ((c & 0xc0) !== 0x80) n += c >= 0xf0 ? 2 : 1;
    }
    this.#knownPos = end;
    this.#knownOffset = n;
    return n;
  }

  /** Stops with a coded error at `at`. */
  fail(code: ReaderCode, message: string, at = this.pos, help?: string): never {
    let to = at;
    while (to < this.end && (CLASS[this.buf[to]] & WORD) !== 0 && to - at < 200) to++;
    if (to === at) to = at + 1;
    const span = { file: this.file, start: this.textOffset(at), end: this.textOffset(to) };
    throw new GantryError([
      {
        code: READER_CODES[code][0],
        severity: "error",
        message,
        span,
        ...(help === undefined ? {} : { help }),
      },
    ]);
  }

  /** As {@link fail} for a missing token: a byte that starts no token is reported as such. */
  expected(code: ReaderCode, message: string): never {
    this.ws();
    const c = this.buf[this.pos];
    const known =
      (CLASS[c] & WORD) !== 0 ? c !== 95 : '(){}[]<>,.:=!*@+-%"#'.includes(String.fromCharCode(c));
    if (this.pos < this.end && !known) this.fail("invalidCharacter", "invalid character");
    this.fail(code, message);
  }

  /** Skips white space and comments, over line ends. */
  ws(): void {
    const b = this.buf;
    let p = this.pos;
    let c = b[p];
    for (;;) {
      if (c === 10) {
        // Lines are indented by up to 36 blanks: they are taken four at a time.
        c = b[++p];
        if (c !== 32) continue;
        do c = b[++p];
        while (c === 32 && (p & 3) !== 0);
        if (c === 32) {
          const w = this.words;
          while (w[p >> 2] === 0x20202020) p += 4;
          c = b[p];
        }
      }
      while (c === 32) c = b[++p];
      if (c === 10) continue;
      if (c === 59) {
        const start = p;
        p = this.lineEnd(p);
        c = b[p];
        if (this.keepComments) this.#keep(start, p);
      } else if (CLASS[c] === SPACE) c = b[++p];
      else break;
    }
    this.pos = p;
  }

  /** The next line end from `p` on; there is one behind the text. Four bytes at a time. */
  protected lineEnd(p: number): number {
    const b = this.buf;
    while ((p & 3) !== 0) {
      if (b[p] === 10) return p;
      p++;
    }
    const w = this.words;
    // A byte of x is zero where the text has a line end; the sum of bits below is non-zero exactly then.
    let x = w[p >> 2] ^ 0x0a0a0a0a;
    while (((x - 0x01010101) & ~x & 0x80808080) === 0) {
      p += 4;
      x = w[p >> 2] ^ 0x0a0a0a0a;
    }
    while (b[p] !== 10) p++;
    return p;
  }

  #keep(start: number, end: number): void {
    const list = this.comments;
    list.push(ON_FUNCTION);
    list.push(-1);
    list.push(start);
    list.push(this.buf[end - 1] === 13 ? end - 1 : end);
  }

  /** Attaches the comments since the last call to an entity. */
  claim(kind: number, number: number): void {
    const list = this.comments;
    for (let at = this.claimed; at < list.length; at += 4) {
      list.data[at] = kind;
      list.data[at + 1] = number;
    }
    this.claimed = list.length;
  }

  /** Reads one byte of punctuation, white space allowed before it. */
  expect(c: number, code: ReaderCode, message: string): void {
    if (this.buf[this.pos] !== c) {
      this.ws();
      if (this.buf[this.pos] !== c) this.expected(code, message);
    }
    this.pos++;
  }

  /** Reads the byte if it comes next, white space allowed before it. */
  accept(c: number): boolean {
    if (this.buf[this.pos] !== c) {
      this.ws();
      if (this.buf[this.pos] !== c) return false;
    }
    this.pos++;
    return true;
  }

  /** Reads a comma and the white space behind it. */
  comma(): void {
    const b = this.buf;
    if (b[this.pos] !== 44) {
      this.ws();
      if (b[this.pos] !== 44) this.expected("expectedComma", "expected ',' between operands");
    }
    let p = this.pos + 1;
    if (b[p] === 32) p++;
    this.pos = p;
    if ((CLASS[b[p]] & (SPACE | SEMICOLON)) !== 0) this.ws();
  }

  /** Skips one blank, and whatever else is white space behind it. */
  blank(): void {
    const b = this.buf;
    let p = this.pos;
    if (b[p] === 32) p++;
    this.pos = p;
    if ((CLASS[b[p]] & (SPACE | SEMICOLON)) !== 0) this.ws();
  }

  /** Looks the word at `pos` up; `wordEnd` is its end. `pos` stays. */
  word(table: WordTable): number {
    const b = this.buf;
    const start = this.pos;
    let p = start;
    let h = 0;
    let c = b[p];
    while ((CLASS[c] & WORD) !== 0) {
      h = (Math.imul(h, 31) + c) | 0;
      c = b[++p];
    }
    this.wordEnd = p;
    return table.find(b, start, p, h);
  }

  /** The word at `pos` as a string, at most 100 characters of it; for messages and the preamble. */
  wordText(): string {
    let p = this.pos;
    while ((CLASS[this.buf[p]] & WORD) !== 0) p++;
    this.wordEnd = p;
    return decodeUtf8(this.buf, this.pos, Math.min(p, this.pos + 100));
  }

  /** Whether the word `text` comes next; reads it if so. */
  acceptWord(text: string): boolean {
    this.ws();
    const b = this.buf;
    const n = text.length;
    for (let k = 0; k < n; k++) if (b[this.pos + k] !== text.charCodeAt(k)) return false;
    if ((CLASS[b[this.pos + n]] & WORD) !== 0) return false;
    this.pos += n;
    return true;
  }

  /** Whether a letter comes next that is followed by a digit. */
  atEntity(letter: number): boolean {
    return this.buf[this.pos] === letter && (CLASS[this.buf[this.pos + 1]] & DIGIT) !== 0;
  }

  /** Reads the digits of an entity whose prefix is `prefix` bytes long; -1 if they are not a canonical number. */
  number(prefix: number): number {
    const b = this.buf;
    const start = this.pos + prefix;
    let p = start;
    let c = b[p] - 48;
    if (c >>> 0 > 9) return -1;
    let n = c;
    while ((c = b[++p] - 48) >>> 0 <= 9) n = (n * 10 + c) | 0;
    if (p - start > 1 && (b[start] === 48 || p - start > 9)) return -1;
    if ((CLASS[b[p]] & WORD) !== 0) return -1;
    this.pos = p;
    return n;
  }

  /** Reads `vN`. */
  value(): Value {
    if (this.buf[this.pos] !== 118) {
      this.ws();
      if (this.buf[this.pos] !== 118) this.expected("expectedValue", "expected SSA value operand");
    }
    const n = this.number(1);
    if (n < 0) this.#badNumber("expectedValue", "expected SSA value operand");
    return n as Value;
  }

  #badNumber(code: ReaderCode, message: string): never {
    let p = this.pos + 1;
    while ((CLASS[this.buf[p]] & LETTER) !== 0) p++;
    let q = p;
    while ((CLASS[this.buf[q]] & DIGIT) !== 0) q++;
    if (q - p > 9 && (CLASS[this.buf[q]] & WORD) === 0 && this.buf[p] !== 48)
      this.fail("numberTooLarge", `entity number is too large: ${this.wordText()}`);
    this.fail(code, message);
  }

  /** Reads an entity written `prefix` and a number, such as `ss3`. */
  entity(prefix: string, code: ReaderCode, message: string): number {
    this.ws();
    const b = this.buf;
    for (let k = 0; k < prefix.length; k++)
      if (b[this.pos + k] !== prefix.charCodeAt(k)) this.expected(code, message);
    const n = this.number(prefix.length);
    if (n < 0) this.#badNumber(code, message);
    return n;
  }

  /** Whether an entity with this prefix comes next. */
  isEntity(prefix: string): boolean {
    const b = this.buf;
    for (let k = 0; k < prefix.length; k++) if (b[this.pos + k] !== prefix.charCodeAt(k)) return false;
    let p = this.pos + prefix.length;
    if ((CLASS[b[p]] & DIGIT) === 0) return false;
    while ((CLASS[b[p]] & DIGIT) !== 0) p++;
    return (CLASS[b[p]] & WORD) === 0;
  }

  /** Reads `blockN`. */
  block(): number {
    const b = this.buf;
    if (b[this.pos] !== 98) this.ws();
    const p = this.pos;
    if (b[p] !== 98 || b[p + 1] !== 108 || b[p + 2] !== 111 || b[p + 3] !== 99 || b[p + 4] !== 107)
      this.expected("expectedBlock", "expected destination block");
    const n = this.number(5);
    if (n < 0) this.#badNumber("expectedBlock", "expected destination block");
    if (n >= 100000) this.fail("tooManyBlocks", "too many blocks", p);
    return n;
  }

  /** Reads the name of a type. */
  type(): Type {
    const b = this.buf;
    if (CLASS[b[this.pos]] !== LETTER) this.ws();
    const p = this.pos;
    let t: Type = INVALID;
    let q = p + 3;
    if (b[p] === 105) {
      const c = b[p + 1];
      const d = b[p + 2];
      if (c === 51 && d === 50) t = I32;
      else if (c === 54 && d === 52) t = I64;
      else if (c === 56) {
        t = I8;
        q = p + 2;
      } else if (c === 49 && d === 54) t = I16;
      else if (c === 49 && d === 50 && b[p + 3] === 56) {
        t = I128;
        q = p + 4;
      }
    } else if (b[p] === 102) {
      if (b[p + 1] === 54 && b[p + 2] === 52) t = F64;
      else if (b[p + 1] === 51 && b[p + 2] === 50) t = F32;
    }
    if (t === INVALID || (CLASS[b[q]] & WORD) !== 0) {
      t = typeByName(this.wordText());
      q = this.wordEnd;
      if (t === INVALID) this.expected("expectedType", "expected type");
    }
    this.pos = q;
    return t;
  }

  /** The type at `pos` if there is one, otherwise INVALID. */
  optionalType(): Type {
    this.ws();
    const c = this.buf[this.pos];
    if (c !== 105 && c !== 102) return INVALID;
    const t = typeByName(this.wordText());
    if (t !== INVALID) this.pos = this.wordEnd;
    return t;
  }

  /** Reads the hexadecimal digits of a source location behind `@`. */
  location(): number {
    const b = this.buf;
    const start = this.pos;
    let p = start;
    let n = 0;
    let d = HEX[b[p]];
    while (d !== 255) {
      n = (n << 4) | d;
      d = HEX[b[++p]];
    }
    if (p === start) this.fail("badLocation", "expected source location", start - 1);
    let significant = start;
    while (b[significant] === 48 && significant < p - 1) significant++;
    if (p - significant > 8)
      this.fail(
        "badLocation",
        `invalid source location: ${decodeUtf8(b, start, Math.min(p, start + 100))}`,
        start - 1,
      );
    this.pos = p;
    return n;
  }

  /** Whether `v` has a definition in the text so far. */
  isDefined(v: Value): boolean {
    const f = this.func;
    return v < f.values.length >> VALUE_SHIFT && f.values.data[v << VALUE_SHIFT] >> 16 !== VK_NONE;
  }

  /** Makes room for value `v` and checks that it has no definition yet. */
  claimValue(v: Value, at: number): void {
    const f = this.func;
    if (v >= f.values.length >> VALUE_SHIFT) {
      if (v >= this.maxValue)
        this.fail("numberTooLarge", `value number is too large: v${v}`, at, "number values densely from v0");
      f.growValues(v + 1);
    } else if (
      f.values.data[v << VALUE_SHIFT] >> 16 !== VK_NONE ||
      f.values.data[(v << VALUE_SHIFT) + V_DEF] >= 0
    )
      this.fail("duplicate", `duplicate entity: v${v}`, at);
  }
}
