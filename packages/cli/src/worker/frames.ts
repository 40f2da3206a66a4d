/**
 * The frames that `gantry worker` and its clients exchange: see `docs/protocol.md`.
 *
 * A frame is two little-endian 32-bit numbers, the length of all that follows the first one and the length of the
 * header, then the header (JSON, UTF-8), then the payload (raw bytes).
 */
export interface FrameTarget {
  /**
   * A whole frame. Its header is `bytes[start, middle)`, its payload `bytes[middle, end)`; the bytes are the reader's
   * and change when the call is over.
   */
  frame(bytes: Uint8Array, start: number, middle: number, end: number): void;
  /** A frame that cannot be read. Reading goes on behind it. */
  badFrame(code: "WORK0001" | "WORK0002", why: string): void;
}

/** Bytes that are asked for at once: what a pipe holds. */
const CHUNK_BYTES = 1 << 16;

/** Greatest buffer that is kept when it is empty. */
const MAX_SPARE = 1 << 24;

/**
 * Cuts a byte stream into frames. Whatever arrives, it neither throws nor loses the end of the frame: a frame that is
 * malformed or longer than the limit is reported once and passed over by its own length.
 *
 * Whoever reads the stream reads into {@link room} and says how much it was with {@link filled}; frames are cut where
 * they arrived.
 */
export class FrameReader {
  readonly #limit: number;
  readonly #target: FrameTarget;
  #buffer = new Uint8Array(4 * CHUNK_BYTES);
  #length = 0;
  /** Bytes of a frame over the limit that are still to be passed over. */
  #skip = 0;

  /**
   * @param limit Greatest length field that is accepted, in bytes.
   * @param target Told of each frame in the order of arrival.
   */
  constructor(limit: number, target: FrameTarget) {
    this.#limit = limit;
    this.#target = target;
  }

  /** Whether the stream stopped in the middle of a frame. */
  get incomplete(): boolean {
    return this.#length > 0 || this.#skip > 0;
  }

  /** Where the next bytes go: at least one. */
  room(): Uint8Array {
    // It grows with the bytes that arrive: lengths that lie cost no memory.
    if (this.#length + CHUNK_BYTES > this.#buffer.length) {
      const grown = new Uint8Array(this.#buffer.length * 2);
      grown.set(this.#buffer.subarray(0, this.#length));
      this.#buffer = grown;
    }
    return this.#buffer.subarray(this.#length);
  }

  /** Says that `n` bytes have arrived in {@link room}. */
  filled(n: number): void {
    const bytes = this.#buffer;
    const length = this.#length + n;
    let at = Math.min(this.#skip, length);
    this.#skip -= at;
    while (length - at >= 4) {
      const frame = word(bytes, at);
      if (frame > this.#limit) {
        this.#target.badFrame("WORK0002", `the frame is ${frame} bytes long; the limit is ${this.#limit}`);
        const here = Math.min(length - at, 4 + frame);
        this.#skip = 4 + frame - here;
        at += here;
        continue;
      }
      const end = at + 4 + frame;
      if (end > length) break;
      this.#cut(bytes, at + 4, end);
      at = end;
    }
    this.#length = length - at;
    if (this.#length > 0) bytes.copyWithin(0, at, length);
    else if (bytes.length > MAX_SPARE) this.#buffer = new Uint8Array(4 * CHUNK_BYTES);
  }

  #cut(bytes: Uint8Array, start: number, end: number): void {
    if (end - start < 4) {
      this.#target.badFrame("WORK0001", "the frame is too short for a header length");
      return;
    }
    const header = word(bytes, start);
    if (header > end - start - 4) {
      this.#target.badFrame("WORK0001", `the header length ${header} is greater than the frame`);
      return;
    }
    this.#target.frame(bytes, start + 4, start + 4 + header, end);
  }
}

/** The unsigned little-endian word at `at`. */
function word(bytes: Uint8Array, at: number): number {
  return (bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24)) >>> 0;
}
