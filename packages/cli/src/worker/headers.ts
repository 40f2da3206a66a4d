import { NO_PAYLOAD } from "./answer.ts";
import { type CompileRequest, isId, parseRequest, type Request, type RequestId } from "./protocol.ts";

/** What a header was: a request, or what is wrong with it as a frame (`malformed`) or as a request (`refused`). */
export type HeaderResult =
  | Request
  | { readonly type: "malformed"; readonly why: string }
  | { readonly type: "refused"; readonly id: RequestId | null; readonly why: string };

const decoder = new TextDecoder("utf-8", { fatal: true });

/** `{"id":`, the start of a header that may be known. */
const PREFIX = Uint8Array.from('{"id":', (c) => c.charCodeAt(0));
/** Digits of a number that is certainly exact. */
const MAX_DIGITS = 15;
/** Greatest part of a header that is kept to compare the next with. */
const MAX_KNOWN = 4096;

/**
 * Reads the headers of requests. A client sends the same compile request with another id again and again, so what
 * stands behind `{"id":N` is kept from the last one: where the bytes are the same, JSON is not parsed again.
 */
export class HeaderReader {
  readonly #known = new Uint8Array(MAX_KNOWN);
  #knownLength = 0;
  #last: CompileRequest | undefined;
  /** The number that {@link #number} read. */
  #id = 0;

  /** The request whose header is `bytes[start, middle)` and whose payload is `bytes[middle, end)`. */
  read(bytes: Uint8Array, start: number, middle: number, end: number): HeaderResult {
    const source = bytes.subarray(middle, end);
    const rest = this.#number(bytes, start, middle);
    const last = this.#last;
    if (last !== undefined && rest > 0 && this.#isKnown(bytes, rest, middle)) {
      const { name, set, timeMs, target, output } = last;
      return { type: "compile", id: this.#id, name, set, timeMs, source, target, output };
    }
    let header: unknown;
    try {
      header = JSON.parse(decoder.decode(bytes.subarray(start, middle)));
    } catch {
      return { type: "malformed", why: "the header is not JSON in UTF-8" };
    }
    if (typeof header !== "object" || header === null || Array.isArray(header))
      return { type: "malformed", why: "the header is not a JSON object" };
    const request = parseRequest(header as Record<string, unknown>, source);
    if (typeof request === "string") {
      const { id } = header as Record<string, unknown>;
      return { type: "refused", id: isId(id) ? id : null, why: request };
    }
    if (request.type === "compile" && rest > 0) this.#know(bytes, rest, middle, request);
    return request;
  }

  /** Reads `{"id":` and a whole number; the result is the offset behind it, or 0 if the header starts otherwise. */
  #number(bytes: Uint8Array, start: number, end: number): number {
    let at = start;
    if (end - start < PREFIX.length + MAX_DIGITS + 2) return 0;
    for (let k = 0; k < PREFIX.length; k++) if (bytes[at++] !== PREFIX[k]) return 0;
    if (bytes[at] === 32) at++;
    const first = at;
    let id = 0;
    for (; at - first < MAX_DIGITS && bytes[at] >= 48 && bytes[at] <= 57; at++) id = id * 10 + bytes[at] - 48;
    // A number that goes on, or starts with zero, is for the parser.
    if (at === first || bytes[at] !== 44 || (bytes[first] === 48 && at > first + 1)) return 0;
    this.#id = id;
    return at;
  }

  #isKnown(bytes: Uint8Array, from: number, to: number): boolean {
    const length = to - from;
    if (length !== this.#knownLength) return false;
    const known = this.#known;
    for (let k = 0; k < length; k++) if (known[k] !== bytes[from + k]) return false;
    return true;
  }

  #know(bytes: Uint8Array, from: number, to: number, request: CompileRequest): void {
    const rest = bytes.subarray(from, to);
    if (rest.length > MAX_KNOWN) return;
    // With a second id in it, or an escape that may hide one, the number is not what the parser takes.
    const text = decoder.decode(rest);
    if (text.includes('"id"') || text.includes("\\")) return;
    this.#known.set(rest);
    this.#knownLength = rest.length;
    this.#last = { ...request, source: NO_PAYLOAD };
  }
}
