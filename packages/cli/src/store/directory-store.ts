import { createHash, randomBytes } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Store } from "./store.ts";

/** First bytes of every entry. */
const MAGIC = "gantry-1\n";
const DIGEST_BYTES = 32;
const HEAD_BYTES = MAGIC.length + DIGEST_BYTES;

/** A temporary file this old was left behind by a writer that was killed. */
const ABANDONED_MS = 60_000;

/**
 * A store in a directory: one file an entry, in 256 folders. A file holds a magic line, the SHA-256 of the rest, and the
 * bytes; it is written under a temporary name and renamed, so that readers and other processes see an entry whole or
 * not at all, and whatever a power failure leaves fails its digest and counts as absent.
 *
 * When the entries together exceed the limit, those used longest ago are removed down to four fifths of it.
 */
export class DirectoryStore implements Store {
  readonly #root: string;
  readonly #limitBytes: number;
  /** Bytes put since the last count of the whole directory; the first put counts. */
  #uncounted = Number.POSITIVE_INFINITY;
  #trimming: Promise<void> | undefined;

  /**
   * @param root The directory; it is made when first needed.
   * @param limitBytes Bytes of all entries together, about.
   */
  constructor(root: string, limitBytes: number = 1 << 30) {
    this.#root = root;
    this.#limitBytes = limitBytes;
  }

  async get(key: string): Promise<Uint8Array | undefined> {
    const path = this.#path(key);
    try {
      const file = await readFile(path);
      if (file.length < HEAD_BYTES || file.toString("latin1", 0, MAGIC.length) !== MAGIC) return undefined;
      const bytes = file.subarray(HEAD_BYTES);
      if (!digest(bytes).equals(file.subarray(MAGIC.length, HEAD_BYTES))) {
        await rm(path, { force: true });
        return undefined;
      }
      const now = new Date();
      // Best effort: the time of last use only guides trimming.
      utimes(path, now, now).catch(() => {});
      return bytes;
    } catch {
      return undefined;
    }
  }

  async put(key: string, bytes: Uint8Array): Promise<boolean> {
    const path = this.#path(key);
    const temporary = `${path}.${process.pid}.${randomBytes(6).toString("hex")}.tmp`;
    try {
      await mkdir(join(this.#root, key.slice(0, 2)), { recursive: true });
      await writeFile(temporary, Buffer.concat([Buffer.from(MAGIC, "latin1"), digest(bytes), bytes]));
      await rename(temporary, path);
    } catch {
      await rm(temporary, { force: true }).catch(() => {});
      return false;
    }
    this.#uncounted += bytes.length + HEAD_BYTES;
    if (this.#uncounted > this.#limitBytes / 10) {
      this.#uncounted = 0;
      this.#trimming ??= this.#trim().finally(() => {
        this.#trimming = undefined;
      });
    }
    return true;
  }

  /** Resolves when no trimming is under way. */
  async settled(): Promise<void> {
    await this.#trimming;
  }

  #path(key: string): string {
    return join(this.#root, key.slice(0, 2), key.slice(2));
  }

  async #trim(): Promise<void> {
    const entries: { path: string; bytes: number; used: number }[] = [];
    let total = 0;
    const now = Date.now();
    for (const folder of await readdir(this.#root).catch(() => [])) {
      for (const name of await readdir(join(this.#root, folder)).catch(() => [])) {
        const path = join(this.#root, folder, name);
        const s = await stat(path).catch(() => undefined);
        if (s === undefined) continue;
        if (name.endsWith(".tmp")) {
          if (now - s.mtimeMs > ABANDONED_MS) await rm(path, { force: true }).catch(() => {});
          continue;
        }
        entries.push({ path, bytes: s.size, used: s.mtimeMs });
        total += s.size;
      }
    }
    if (total <= this.#limitBytes) return;
    entries.sort((a, b) => a.used - b.used);
    for (const e of entries) {
      if (total <= this.#limitBytes * 0.8) break;
      await rm(e.path, { force: true }).catch(() => {});
      total -= e.bytes;
    }
  }
}

function digest(bytes: Uint8Array): Buffer {
  return createHash("sha256").update(bytes).digest();
}
