import { createHash } from "node:crypto";
import type { Store } from "./store.ts";

/** How long a request may take before the shared store counts as absent. */
const TIMEOUT_MS = 3000;

/**
 * A shared store that speaks the HTTP layout of Bazel's remote cache: `GET` and `PUT` of `/ac/KEY`, an ActionResult that
 * names one output, and `/cas/DIGEST`, the output's bytes, DIGEST being their SHA-256. Any server that Bazel's
 * documentation names will do, nginx with WebDAV among them.
 *
 * Source of the layout and of the field numbers: Bazel's remote caching guide and `remote_execution.proto` of the Remote
 * Execution API, version 2.
 */
export class HttpStore implements Store {
  readonly #base: string;

  /** @param base Address of the cache, with or without a slash at its end. */
  constructor(base: string) {
    this.#base = base.replace(/\/+$/, "");
  }

  async get(key: string): Promise<Uint8Array | undefined> {
    const action = await this.#fetch("GET", `/ac/${key}`);
    if (action === undefined) return undefined;
    const digest = outputDigest(action);
    if (digest === undefined) return undefined;
    const bytes = await this.#fetch("GET", `/cas/${digest}`);
    return bytes !== undefined && sha256(bytes) === digest ? bytes : undefined;
  }

  async put(key: string, bytes: Uint8Array): Promise<boolean> {
    const digest = sha256(bytes);
    // The content first: an action result must never name something that is not there.
    if ((await this.#fetch("PUT", `/cas/${digest}`, bytes)) === undefined) return false;
    return (await this.#fetch("PUT", `/ac/${key}`, actionResult(digest, bytes.length))) !== undefined;
  }

  async #fetch(method: string, path: string, body?: Uint8Array): Promise<Uint8Array | undefined> {
    try {
      const response = await fetch(this.#base + path, {
        method,
        signal: AbortSignal.timeout(TIMEOUT_MS),
        ...(body !== undefined ? { body: body as Uint8Array<ArrayBuffer> } : {}),
      });
      const bytes = new Uint8Array(await response.arrayBuffer());
      return response.ok ? bytes : undefined;
    } catch {
      return undefined;
    }
  }
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

const OUTPUT_PATH = "function";

/** ActionResult { 2: OutputFile { 1: path, 2: Digest { 1: hash, 2: size } } } in the wire format of protocol buffers. */
function actionResult(digest: string, size: number): Uint8Array {
  const digestMessage = [...field(1, ascii(digest)), 0x10, ...varint(size)];
  const file = [...field(1, ascii(OUTPUT_PATH)), ...field(2, digestMessage)];
  return Uint8Array.from(field(2, file));
}

function ascii(text: string): number[] {
  return Array.from(text, (c) => c.charCodeAt(0));
}

function varint(x: number): number[] {
  const out: number[] = [];
  for (; x > 127; x = Math.floor(x / 128)) out.push((x % 128) | 0x80);
  out.push(x);
  return out;
}

function field(number: number, bytes: number[]): number[] {
  return [(number << 3) | 2, ...varint(bytes.length), ...bytes];
}

/** The hash in the first output file of an ActionResult, whatever else a server or another client put into it. */
function outputDigest(action: Uint8Array): string | undefined {
  const file = firstField(action, 2);
  const digest = file && firstField(file, 2);
  const hash = digest && firstField(digest, 1);
  const text = hash && new TextDecoder("latin1").decode(hash);
  return text !== undefined && /^[0-9a-f]{64}$/.test(text) ? text : undefined;
}

/** The first length-delimited field `number` of a message. */
function firstField(message: Uint8Array, number: number): Uint8Array | undefined {
  let at = 0;
  const take = (): number => {
    let x = 0;
    for (let scale = 1; at < message.length; scale *= 128) {
      const b = message[at++];
      x += (b & 0x7f) * scale;
      if (b < 0x80) break;
    }
    return x;
  };
  while (at < message.length) {
    const tag = take();
    switch (tag & 7) {
      case 0:
        take();
        break;
      case 1:
        at += 8;
        break;
      case 2: {
        const length = take();
        if (tag >>> 3 === number) return message.subarray(at, at + length);
        at += length;
        break;
      }
      case 5:
        at += 4;
        break;
      default:
        return undefined;
    }
  }
  return undefined;
}
