import type { Store } from "./store.ts";

/** What an entry costs beside its bytes, about. */
const ENTRY_BYTES = 200;

/** A store in this process, of bounded size: what was used longest ago goes first. Entries are not copied. */
export class MemoryStore implements Store {
  readonly #limitBytes: number;
  /** In the order of use. */
  readonly #entries = new Map<string, Uint8Array>();
  #bytes = 0;

  /** @param limitBytes Bytes of all entries together. */
  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  get(key: string): Uint8Array | undefined {
    const bytes = this.#entries.get(key);
    if (bytes === undefined) return undefined;
    this.#entries.delete(key);
    this.#entries.set(key, bytes);
    return bytes;
  }

  put(key: string, bytes: Uint8Array): boolean {
    const size = bytes.length + ENTRY_BYTES;
    if (size > this.#limitBytes) return false;
    const before = this.#entries.get(key);
    if (before !== undefined) this.#remove(key, before);
    this.#entries.set(key, bytes);
    this.#bytes += size;
    for (const [oldest, old] of this.#entries) {
      if (this.#bytes <= this.#limitBytes) break;
      this.#remove(oldest, old);
    }
    return true;
  }

  #remove(key: string, bytes: Uint8Array): void {
    this.#entries.delete(key);
    this.#bytes -= bytes.length + ENTRY_BYTES;
  }
}
