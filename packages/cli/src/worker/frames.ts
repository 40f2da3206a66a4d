/**
 * The frames that `gantry worker` and its clients exchange: see `docs/protocol.md`.
 *
 * A frame is two little-endian 32-bit numbers, the length of all that follows the first one and the length of the
 * header, then the header (JSON, UTF-8), then the payload (raw bytes).
 */
export interface Frame {
  readonly header: Readonly<Record<string, unknown>>;
  readonly payload: Uint8Array;
}

/** A frame that cannot be read. Reading goes on behind it. */
export interface BadFrame {
  readonly bad: string;
  /** The stable code of the answer. */
  readonly code: "WORK0001" | "WORK0002";
}

/** The frame of `header` and `payload`. */
export function writeFrame(header: object, payload: Uint8Array = EMPTY): Uint8Array {
  const json = encoder.encode(JSON.stringify(header));
  const frame = new Uint8Array(8 + json.length + payload.length);
  const view = new DataView(frame.buffer);
  view.setUint32(0, 4 + json.length + payload.length, true);
  view.setUint32(4, json.length, true);
  frame.set(json, 8);
  frame.set(payload, 8 + json.length);
  return frame;
}

const EMPTY = new Uint8Array(0);
const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true });

/**
 * Cuts a byte stream into frames. Whatever arrives, it neither throws nor loses the end of the frame: a frame that is
 * malformed or longer than the limit is reported once and passed over by its own length.
 */
export class FrameReader {
  readonly #limit: number;
  readonly #onFrame: (frame: Frame | BadFrame) => void;
  #buffer = new Uint8Array(1 << 16);
  #length = 0;
  /** Bytes of a frame over the limit that are still to be passed over. */
  #skip = 0;

  /**
   * @param limit Greatest length field that is accepted, in bytes.
   * @param onFrame Called for each frame in the order of arrival; a payload is the callee's to keep.
   */
  constructor(limit: number, onFrame: (frame: Frame | BadFrame) => void) {
    this.#limit = limit;
    this.#onFrame = onFrame;
  }

  /** Whether the stream stopped in the middle of a frame. */
  get incomplete(): boolean {
    return this.#length > 0 || this.#skip > 0;
  }

  push(chunk: Uint8Array): void {
    if (this.#skip > 0) {
      const n = Math.min(this.#skip, chunk.length);
      this.#skip -= n;
      chunk = chunk.subarray(n);
    }
    this.#append(chunk);
    let at = 0;
    while (this.#length - at >= 4) {
      const view = new DataView(this.#buffer.buffer, at, this.#length - at);
      const length = view.getUint32(0, true);
      if (length > this.#limit) {
        this.#onFrame({
          bad: `the frame is ${length} bytes long; the limit is ${this.#limit}`,
          code: "WORK0002",
        });
        const here = Math.min(this.#length - at, 4 + length);
        this.#skip = 4 + length - here;
        at += here;
        continue;
      }
      if (this.#length - at < 4 + length) break;
      this.#onFrame(parse(this.#buffer.slice(at + 4, at + 4 + length)));
      at += 4 + length;
    }
    this.#buffer.copyWithin(0, at, this.#length);
    this.#length -= at;
  }

  #append(chunk: Uint8Array): void {
    const needed = this.#length + chunk.length;
    if (needed > this.#buffer.length) {
      const grown = new Uint8Array(Math.max(needed, this.#buffer.length * 2));
      grown.set(this.#buffer.subarray(0, this.#length));
      this.#buffer = grown;
    }
    this.#buffer.set(chunk, this.#length);
    this.#length = needed;
  }
}

function parse(body: Uint8Array): Frame | BadFrame {
  const bad = (why: string): BadFrame => ({ bad: why, code: "WORK0001" });
  if (body.length < 4) return bad("the frame is too short for a header length");
  const headerLength = new DataView(body.buffer).getUint32(0, true);
  if (headerLength > body.length - 4)
    return bad(`the header length ${headerLength} is greater than the frame`);
  let header: unknown;
  try {
    header = JSON.parse(decoder.decode(body.subarray(4, 4 + headerLength)));
  } catch {
    return bad("the header is not JSON in UTF-8");
  }
  if (typeof header !== "object" || header === null || Array.isArray(header))
    return bad("the header is not a JSON object");
  return { header: header as Record<string, unknown>, payload: body.subarray(4 + headerLength) };
}
