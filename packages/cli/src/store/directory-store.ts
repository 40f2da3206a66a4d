import { hash, randomBytes } from "node:crypto";
import { closeSync, mkdirSync, openSync, readSync, renameSync, rmSync, utimesSync, writeSync } from "node:fs";
import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Store } from "./store.ts";

/** First bytes of every entry. The head's length keeps the words of what follows aligned. */
const MAGIC = "gantry-2 \n\n\n";
const DIGEST_BYTES = 32;
const HEAD_BYTES = MAGIC.length + DIGEST_BYTES;

/** A temporary file this old was left behind by a writer that was killed. */
const ABANDONED_MS = 60_000;

/** One in so many reads notes that the entry was used: that only guides trimming. */
const NOTE_EVERY = 16;

/**
 * A store in a directory: one file an entry, in 256 folders. A file holds a magic line, the SHA-256 of the rest, and the
 * bytes; it is written under a temporary name and renamed, so that readers and other processes see an entry whole or
 * not at all, and whatever a power failure leaves fails its digest and counts as absent.
 *
 * Reading and writing wait for the file system: handing a file of some hundred bytes to another thread and back takes
 * longer than both. When the entries together exceed the limit, those used longest ago are removed, behind the scenes,
 * down to four fifths of it.
 */
export class DirectoryStore implements Store {
  readonly #root: string;
  readonly #limitBytes: number;
  /** What marks the temporary files of this store. */
  readonly #mark = `${process.pid}.${randomBytes(6).toString("hex")}`;
  /** Files are read here first; entries are copied out. */
  #scratch = Buffer.alloc(1 << 14);
  readonly #folders = new Set<string>();
  #reads = 0;
  #writes = 0;
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

  get(key: string): Uint8Array | undefined {
    const path = this.#path(key);
    let length: number;
    try {
      length = this.#read(path);
    } catch {
      return undefined;
    }
    const file = this.#scratch;
    if (length < HEAD_BYTES || file.toString("latin1", 0, MAGIC.length) !== MAGIC) return undefined;
    const bytes = new Uint8Array(file.buffer.slice(HEAD_BYTES, length));
    if (hash("sha256", bytes, "hex") !== file.toString("hex", MAGIC.length, HEAD_BYTES)) {
      remove(path);
      return undefined;
    }
    if (this.#reads++ % NOTE_EVERY === 0) {
      const now = new Date();
      try {
        utimesSync(path, now, now);
      } catch {
        // Another process has trimmed it.
      }
    }
    return bytes;
  }

  put(key: string, bytes: Uint8Array): boolean {
    const path = this.#path(key);
    const temporary = `${path}.${this.#mark}.${this.#writes++}.tmp`;
    try {
      const folder = key.slice(0, 2);
      if (!this.#folders.has(folder)) {
        mkdirSync(join(this.#root, folder), { recursive: true });
        this.#folders.add(folder);
      }
      this.#write(temporary, bytes);
      renameSync(temporary, path);
    } catch {
      // Somebody may have removed the folder.
      this.#folders.clear();
      remove(temporary);
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

  /** Reads a whole file into the scratch buffer and returns its length. */
  #read(path: string): number {
    const file = openSync(path, "r");
    try {
      let length = 0;
      for (;;) {
        const n = readSync(file, this.#scratch, length, this.#scratch.length - length, null);
        length += n;
        // Short of what was asked for, a regular file is at its end.
        if (n === 0 || length < this.#scratch.length) return length;
        this.#grow(2 * length);
      }
    } finally {
      closeSync(file);
    }
  }

  #write(path: string, bytes: Uint8Array): void {
    const length = HEAD_BYTES + bytes.length;
    if (length > this.#scratch.length) this.#grow(2 * length);
    this.#scratch.write(MAGIC, 0, "latin1");
    this.#scratch.write(hash("sha256", bytes, "hex"), MAGIC.length, "hex");
    this.#scratch.set(bytes, HEAD_BYTES);
    const file = openSync(path, "wx");
    try {
      for (let at = 0; at < length; ) at += writeSync(file, this.#scratch, at, length - at);
    } finally {
      closeSync(file);
    }
  }

  #grow(capacity: number): void {
    const grown = Buffer.alloc(capacity);
    grown.set(this.#scratch);
    this.#scratch = grown;
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

/** Removes a file if that is possible. */
function remove(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // What cannot be removed is not read either.
  }
}
