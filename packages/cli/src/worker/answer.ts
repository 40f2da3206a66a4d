import { type Diagnostic, diagnosticToJson } from "@gantry/diag";
import { ByteSink } from "@gantry/entity";
import type { RequestId } from "./protocol.ts";

/** Greatest capacity that is kept from answer to answer, in bytes. */
const MAX_SPARE = 1 << 24;

const encoder = new TextEncoder();
export const NO_PAYLOAD: Uint8Array = new Uint8Array(0);

/**
 * One answer under construction: its header as JSON text. The buffers are reused from answer to answer, and text goes
 * into them without a string or an object for each field.
 */
export class AnswerSink {
  #sink = new ByteSink("little", 4096);

  /** Starts the answer to request `id`, with nothing said yet. */
  begin(id: RequestId | null): void {
    if (this.#sink.bytes.length > MAX_SPARE) this.#sink = new ByteSink("little", 4096);
    this.#sink.length = 8;
    this.text('{"id":');
    if (typeof id === "number" && Number.isSafeInteger(id)) this.number(id);
    else this.value(id);
  }

  /** Starts the answer that grants request `id`. */
  granted(id: RequestId): void {
    this.begin(id);
    this.text(',"ok":true');
  }

  /** Makes the whole header of a refusal. */
  refused(id: RequestId | null, code: string, message: string, diagnostics?: readonly Diagnostic[]): void {
    this.begin(id);
    this.text(',"ok":false,"error":{"code":');
    this.string(code);
    this.text(',"message":');
    this.string(message);
    if (diagnostics !== undefined) {
      this.text(',"diagnostics":');
      this.value(diagnostics.map(diagnosticToJson));
    }
    this.text("}");
  }

  /** JSON as it stands: ASCII. */
  text(json: string): void {
    this.#sink.ascii(json);
  }

  /** A safe integer. */
  number(x: number): void {
    const sink = this.#sink;
    if (x < 0) {
      sink.u8(MINUS);
      x = -x;
    }
    if (x >= 2 ** 31) {
      sink.ascii(String(x));
      return;
    }
    let digits = 1;
    for (let limit = 10; x >= limit; limit *= 10) digits++;
    sink.reserve(digits);
    const { bytes } = sink;
    sink.length += digits;
    for (let at = sink.length - 1; digits > 0; digits--) {
      const rest = (x / 10) | 0;
      bytes[at--] = ZERO + x - rest * 10;
      x = rest;
    }
  }

  string(text: string): void {
    const sink = this.#sink;
    const start = sink.length;
    sink.reserve(text.length + 2);
    const { bytes } = sink;
    let at = start;
    bytes[at++] = QUOTE;
    for (let k = 0; k < text.length; k++) {
      const c = text.charCodeAt(k);
      if (c < 32 || c > 126 || c === QUOTE || c === BACKSLASH) {
        this.value(text);
        return;
      }
      bytes[at++] = c;
    }
    bytes[at++] = QUOTE;
    sink.length = at;
  }

  /** Anything that JSON can say. */
  value(x: unknown): void {
    this.#sink.append(encoder.encode(JSON.stringify(x)));
  }

  /** Ends the answer. The result is its frame, which is the sink's until the next answer begins. */
  frame(payload: Uint8Array): Uint8Array {
    const sink = this.#sink;
    sink.u8(CLOSE);
    const header = sink.length - 8;
    sink.append(payload);
    sink.patch32(0, sink.length - 4);
    sink.patch32(4, header);
    return sink.bytes.subarray(0, sink.length);
  }
}

const QUOTE = 34;
const MINUS = 45;
const ZERO = 48;
const BACKSLASH = 92;
const CLOSE = 125;
