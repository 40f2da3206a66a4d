import { growUint8 } from "./grow.ts";

/** Byte order of multi-byte writes; it belongs to the target. */
export type Endian = "little" | "big";

/** A growing byte buffer with writes in either byte order and patching of what was written. */
export class ByteSink {
  bytes: Uint8Array<ArrayBuffer>;
  length = 0;
  readonly endian: Endian;

  /**
   * @param endian Byte order of `u16`, `u32` and `u64`.
   * @param capacity Bytes to reserve.
   */
  constructor(endian: Endian = "little", capacity = 1024) {
    this.endian = endian;
    this.bytes = new Uint8Array(capacity);
  }

  /** Makes room for `n` more bytes. */
  reserve(n: number): void {
    if (this.length + n > this.bytes.length) this.bytes = growUint8(this.bytes, this.length + n);
  }

  u8(x: number): void {
    this.reserve(1);
    this.bytes[this.length++] = x;
  }

  u16(x: number): void {
    this.reserve(2);
    this.length += 2;
    this.patch16(this.length - 2, x);
  }

  u32(x: number): void {
    this.reserve(4);
    this.length += 4;
    this.patch32(this.length - 4, x);
  }

  /** Writes a 64-bit value; only the low 64 bits of `x` count. */
  u64(x: bigint): void {
    this.reserve(8);
    const low = Number(BigInt.asIntN(32, x));
    const high = Number(BigInt.asIntN(32, x >> 32n));
    this.length += 8;
    this.patch32(this.length - 8, this.endian === "little" ? low : high);
    this.patch32(this.length - 4, this.endian === "little" ? high : low);
  }

  /** Overwrites two bytes at offset `at`. */
  patch16(at: number, x: number): void {
    const b = this.bytes;
    if (this.endian === "little") {
      b[at] = x;
      b[at + 1] = x >> 8;
    } else {
      b[at] = x >> 8;
      b[at + 1] = x;
    }
  }

  /** Overwrites four bytes at offset `at`. */
  patch32(at: number, x: number): void {
    const b = this.bytes;
    if (this.endian === "little") {
      b[at] = x;
      b[at + 1] = x >> 8;
      b[at + 2] = x >> 16;
      b[at + 3] = x >> 24;
    } else {
      b[at] = x >> 24;
      b[at + 1] = x >> 16;
      b[at + 2] = x >> 8;
      b[at + 3] = x;
    }
  }

  /**
   * Unsigned LEB128 (DWARF 5, section 7.6).
   * @param x An integer from 0 to 2^53 - 1.
   * @throws RangeError for any other number: whoever wants a negative one as 64 bits has to say so.
   */
  uleb(x: number): void {
    if (!(Number.isSafeInteger(x) && x >= 0)) throw new RangeError(`${x} is no unsigned integer`);
    do {
      const low = x % 128;
      x = Math.floor(x / 128);
      this.u8(x === 0 ? low : low | 0x80);
    } while (x !== 0);
  }

  /** Signed LEB128 (DWARF 5, section 7.6); `x` must be an int32. */
  sleb(x: number): void {
    for (;;) {
      const low = x & 0x7f;
      x >>= 7;
      const done = (x === 0 && (low & 0x40) === 0) || (x === -1 && (low & 0x40) !== 0);
      this.u8(done ? low : low | 0x80);
      if (done) return;
    }
  }

  /** Appends `data`. */
  append(data: Uint8Array): void {
    this.reserve(data.length);
    this.bytes.set(data, this.length);
    this.length += data.length;
  }

  /** Appends the low bytes of the characters of `text`, without a terminator. */
  ascii(text: string): void {
    this.reserve(text.length);
    for (let i = 0; i < text.length; i++) this.bytes[this.length++] = text.charCodeAt(i);
  }

  /** Appends bytes of value `fill` up to the next multiple of `alignment`. */
  align(alignment: number, fill = 0): void {
    while (this.length % alignment !== 0) this.u8(fill);
  }

  clear(): void {
    this.length = 0;
  }

  /** A copy of what was written. */
  toBytes(): Uint8Array<ArrayBuffer> {
    return this.bytes.slice(0, this.length);
  }
}
