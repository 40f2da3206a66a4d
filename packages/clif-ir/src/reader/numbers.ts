import { type FloatFormat, IEEE16, IEEE32, IEEE64, IEEE128, parseFloatText } from "../float-text.ts";
import {
  F16,
  F32,
  F64,
  F128,
  I8,
  I16,
  I32,
  I64,
  isFloat,
  laneBits,
  laneCount,
  laneType,
  type Type,
  typeBytes,
  typeName,
} from "../types.ts";
import { decodeUtf8 } from "../utf8.ts";
import { Scanner } from "./scanner.ts";
import { CLASS, DIGIT, HEX, WORD } from "./words.ts";

/** Decimal digits that a double adds up exactly. */
const EXACT_DIGITS = 15;

/** Reads immediates. Integers land in `lo` and `hi`. */
export class NumberScanner extends Scanner {
  /** Bytes of the constant that was read last, least significant first. */
  readonly data = new Uint8Array(4096);
  dataLength = 0;

  /** Reads a 64-bit integer: optional sign, decimal or hexadecimal, `_` between digits. */
  imm64(message = "expected immediate 64-bit integer operand"): void {
    const b = this.buf;
    let p = this.pos;
    let c = b[p];
    if ((CLASS[c] & DIGIT) === 0 && c !== 45 && c !== 43) {
      this.ws();
      p = this.pos;
      c = b[p];
    }
    const start = p;
    const negative = c === 45;
    if (negative || c === 43) c = b[++p];
    if ((CLASS[c] & DIGIT) === 0) this.expected("badInteger", message);
    let lo = 0;
    let hi = 0;
    if (c === 48 && b[p + 1] === 120) {
      p += 2;
      let digits = 0;
      for (;;) {
        c = b[p];
        const d = HEX[c];
        if (d !== 255) {
          hi = (hi << 4) | (lo >>> 28);
          lo = (lo << 4) | d;
          digits++;
        } else if (c !== 95) break;
        p++;
      }
      if ((CLASS[c] & WORD) !== 0 || c === 46)
        this.fail("badInteger", "Invalid character in hexadecimal number", start);
      if (digits > 16) this.fail("badInteger", "Too many hexadecimal digits", start);
      if (digits === 0) this.fail("badInteger", "No digits in number", start);
    } else {
      let n = 0;
      let digits = 0;
      for (;;) {
        const d = b[p] - 48;
        if (d >>> 0 <= 9) {
          n = n * 10 + d;
          digits++;
        } else if (b[p] !== 95) break;
        p++;
      }
      if ((CLASS[b[p]] & WORD) !== 0 || b[p] === 46)
        this.fail("badInteger", "Invalid character in decimal number", start);
      if (digits > EXACT_DIGITS) {
        const text = decodeUtf8(b, start, Math.min(p, start + 100)).replace(/[+_-]/g, "");
        const big = digits > 60 ? 1n << 64n : BigInt(text);
        if (big >= 1n << 64n) this.fail("badInteger", "Too large decimal number", start);
        lo = Number(BigInt.asIntN(32, big));
        hi = Number(BigInt.asIntN(32, big >> 32n));
      } else {
        lo = n | 0;
        hi = (n / 4294967296) | 0;
      }
    }
    if (negative) {
      if (hi < 0 && !(hi === -2147483648 && lo === 0))
        this.fail("badInteger", "Negative number too small", start);
      lo = -lo | 0;
      hi = lo === 0 ? -hi | 0 : ~hi;
    }
    this.pos = p;
    this.lo = lo;
    this.hi = hi;
  }

  /** Reads an unsigned 32-bit integer; returns its bits. */
  uimm32(message: string): number {
    this.ws();
    const start = this.pos;
    this.imm64(message);
    if (this.hi !== 0) this.fail("badInteger", "Uimm32 out of range", start);
    return this.lo;
  }

  /** Reads an offset if there is one: 0 otherwise. */
  offset(): number {
    const b = this.buf;
    let c = b[this.pos];
    if (c !== 43 && c !== 45) {
      this.ws();
      c = b[this.pos];
      if (c !== 43 && c !== 45) {
        if ((CLASS[c] & DIGIT) !== 0) this.fail("badOffset", "Offset must begin with sign");
        return 0;
      }
    }
    const start = this.pos;
    this.imm64("expected offset");
    if (this.hi !== this.lo >> 31) this.fail("badOffset", "Offset out of range", start);
    return this.lo;
  }

  /** Reads a lane number. */
  uimm8(): number {
    const b = this.buf;
    if ((CLASS[b[this.pos]] & DIGIT) === 0) this.ws();
    let p = this.pos;
    if ((CLASS[b[p]] & DIGIT) === 0) this.expected("badInteger", "expected unsigned 8-bit immediate");
    let n = 0;
    if (b[p] === 48 && b[p + 1] === 120) {
      p += 2;
      let d = HEX[b[p]];
      if (d === 255) this.fail("badInteger", "expected unsigned 8-bit immediate");
      while (d !== 255) {
        n = Math.min(n * 16 + d, 4096);
        d = HEX[b[++p]];
      }
    } else for (let d = b[p] - 48; d >>> 0 <= 9; d = b[++p] - 48) n = Math.min(n * 10 + d, 4096);
    if (n > 255 || (CLASS[b[p]] & WORD) !== 0)
      this.fail("badInteger", "unable to parse u8 as a decimal or hex immediate");
    this.pos = p;
    return n;
  }

  /** Reads an integer of a type's width; its bits are zero-extended into `lo` and `hi`. */
  sized(t: Type): void {
    if (t === I64) {
      this.imm64();
      return;
    }
    const b = this.buf;
    let c = b[this.pos];
    if ((CLASS[c] & DIGIT) === 0 && c !== 45 && c !== 43) {
      this.ws();
      c = b[this.pos];
    }
    const start = this.pos;
    let p = start;
    const negative = c === 45;
    if (negative || c === 43) c = b[++p];
    if ((CLASS[c] & DIGIT) === 0) this.expected("badInteger", `expected ${laneBits(t)}-bit integer`);
    const limit = 2 ** laneBits(t);
    let n = 0;
    if (c === 48 && b[p + 1] === 120) {
      p += 2;
      let digits = 0;
      for (;;) {
        const d = HEX[b[p]];
        if (d !== 255) {
          n = Math.min(n * 16 + d, limit);
          digits++;
        } else if (b[p] !== 95) break;
        p++;
      }
      if (digits === 0) this.fail("badInteger", "expected hexadecimal immediate", start);
      if (n >= limit) this.fail("badInteger", "expected hexadecimal immediate", start);
    } else {
      for (let d = c - 48; d >>> 0 <= 9; d = b[++p] - 48) n = Math.min(n * 10 + d, limit);
      if (n >= limit) this.fail("badInteger", "expected decimal immediate", start);
    }
    if ((CLASS[b[p]] & WORD) !== 0 || b[p] === 46)
      this.fail("badInteger", "expected decimal immediate", start);
    if (negative) {
      if (n > limit / 2) this.fail("badInteger", "negative number too small", start);
      n = n === 0 ? 0 : limit - n;
    }
    this.pos = p;
    this.lo = n | 0;
    this.hi = 0;
  }

  /** Reads a float of at most 64 bits into `lo` and `hi`. */
  float(format: FloatFormat): void {
    if (format === IEEE64 && this.#normal64()) return;
    const bits = this.floatBits(format);
    this.lo = Number(BigInt.asIntN(32, bits));
    this.hi = Number(BigInt.asIntN(32, bits >> 32n));
  }

  /** Reads a normal f64 as the writer prints it, `[-]0x1.` and thirteen digits; otherwise nothing. */
  #normal64(): boolean {
    const b = this.buf;
    const negative = b[this.pos] === 45;
    let p = negative ? this.pos + 1 : this.pos;
    if (b[p] !== 48 || b[p + 1] !== 120 || b[p + 2] !== 49 || b[p + 3] !== 46) return false;
    p += 4;
    let hi = 0;
    let lo = 0;
    for (let k = 0; k < 13; k++) {
      const d = HEX[b[p]];
      if (d === 255) return false;
      if (k < 5) hi = (hi << 4) | d;
      else lo = (lo << 4) | d;
      p++;
    }
    if (b[p] !== 112) return false;
    const down = b[++p] === 45;
    if (down) p++;
    let exponent = 0;
    const digits = p;
    for (let d = b[p] - 48; d >>> 0 <= 9 && p - digits < 5; d = b[++p] - 48) exponent = exponent * 10 + d;
    if (p === digits || (CLASS[b[p]] & WORD) !== 0 || b[p] === 46) return false;
    if (down) exponent = -exponent;
    if (exponent < -1022 || exponent > 1023) return false;
    this.lo = lo;
    this.hi = (negative ? -2147483648 : 0) | ((exponent + 1023) << 20) | hi;
    this.pos = p;
    return true;
  }

  /** Reads a float and returns its bits. */
  floatBits(format: FloatFormat): bigint {
    this.ws();
    const b = this.buf;
    const start = this.pos;
    let p = start;
    if (b[p] === 43 || b[p] === 45) p++;
    const first = b[p];
    // A number, or a word that starts with NaN, Inf or sNaN.
    if ((CLASS[first] & DIGIT) === 0 && first !== 78 && first !== 73 && first !== 115)
      this.expected("badFloat", `expected ${1 + format.expBits + format.fracBits}-bit float`);
    while (
      (CLASS[b[p]] & WORD) !== 0 ||
      b[p] === 46 ||
      b[p] === 45 ||
      b[p] === 43 ||
      (b[p] === 58 && b[p + 1] === 48)
    ) {
      // A sign only belongs to the number behind the exponent's p.
      if ((b[p] === 45 || b[p] === 43) && b[p - 1] !== 112) break;
      p++;
    }
    const text = decodeUtf8(b, start, Math.min(p, start + 200));
    const bits = parseFloatText(text, format);
    if (typeof bits === "string") return this.fail("badFloat", bits, start);
    this.pos = p;
    return bits;
  }

  /**
   * Reads a constant of type `t` into `data`: `[lanes]` or hexadecimal, which is zero-extended to the type's size.
   * With type INVALID only hexadecimal is possible and its length is the size.
   */
  constantData(t: Type): void {
    this.ws();
    const start = this.pos;
    if (this.buf[start] === 91 && t !== 0) {
      this.#lanes(t);
      return;
    }
    this.hexBytes(start);
    if (t === 0) return;
    const size = typeBytes(t);
    if (this.dataLength > size)
      this.fail("badConstant", `expected parsed constant to have ${size} bytes`, start);
    this.data.fill(0, this.dataLength, size);
    this.dataLength = size;
  }

  /** Reads `0x` and an even number of digits, at most 32, as a big-endian number into `data`. */
  hexBytes(start: number): void {
    const b = this.buf;
    let p = start;
    if (b[p] !== 48 || b[p + 1] !== 120)
      this.expected("badConstant", "expected an immediate hexadecimal operand");
    p += 2;
    const digits: number[] = [];
    for (;;) {
      const d = HEX[b[p]];
      if (d !== 255) {
        if (digits.length < 40) digits.push(d);
      } else if (b[p] !== 95) break;
      p++;
    }
    if ((CLASS[b[p]] & WORD) !== 0) this.fail("badConstant", "expected hexadecimal digits", start);
    if (digits.length > 32)
      this.fail("badConstant", "the hexadecimal sequence is longer than 16 bytes", start);
    if (digits.length === 0 || (digits.length & 1) !== 0)
      this.fail("badConstant", "the hexadecimal sequence length must be even", start);
    this.dataLength = digits.length >> 1;
    for (let k = 0; k < this.dataLength; k++) {
      const at = digits.length - 2 - 2 * k;
      this.data[k] = digits[at] * 16 + digits[at + 1];
    }
    this.pos = p;
  }

  #lanes(t: Type): void {
    const open = this.pos++;
    const lane = laneType(t);
    const size = laneBits(t) >> 3;
    const count = laneCount(t);
    if (lane !== I8 && lane !== I16 && lane !== I32 && lane !== I64 && !isFloat(lane))
      this.fail(
        "badConstant",
        `expected a type of: float32, float64, int8, int16, int32, int64, got ${typeName(lane)}`,
        open,
      );
    for (let k = 0; k < count; k++) {
      this.ws();
      if (isFloat(lane)) {
        const bits = this.floatBits(
          lane === F16 ? IEEE16 : lane === F32 ? IEEE32 : lane === F64 ? IEEE64 : IEEE128,
        );
        this.putLane(k * size, size, bits);
      } else {
        this.sized(lane);
        for (let n = 0; n < size; n++)
          this.data[k * size + n] = n < 4 ? this.lo >> (8 * n) : this.hi >> (8 * n - 32);
      }
    }
    this.dataLength = size * count;
    this.ws();
    if (this.buf[this.pos] !== 93)
      this.expected("badConstant", `expected parsed constant to have ${typeBytes(t)} bytes`);
    this.pos++;
  }

  /** Writes `size` bytes of `bits` at `at` of `data`. */
  putLane(at: number, size: number, bits: bigint): void {
    for (let n = 0; n < size; n++) this.data[at + n] = Number((bits >> BigInt(8 * n)) & 0xffn);
  }

  /** Reads the literal of an `f128const` into `data`. */
  float128Data(): void {
    this.putLane(0, typeBytes(F128), this.floatBits(IEEE128));
    this.dataLength = 16;
  }
}
