/**
 * Where compiled functions are kept between runs: a map from a key, the SHA-256 of everything that the value depends on
 * (64 hexadecimal digits), to bytes. A store may forget anything at any time, and it never throws: a store that is
 * unreachable, full or damaged is a store without the entry.
 *
 * A store that is near answers at once, without a promise: compiling a function takes less time than waiting for one.
 */
export interface Store {
  /** The bytes that were put under `key`, whole, or undefined. They are not to be changed. */
  get(key: string): Uint8Array | undefined | Promise<Uint8Array | undefined>;
  /** Offers `bytes`, which are the store's from then on; returns whether the store took them. */
  put(key: string, bytes: Uint8Array): boolean | Promise<boolean>;
}

/** Reads from the first store that has an entry and fills the ones before it: a local store before a shared one. */
export class LayeredStore implements Store {
  readonly #layers: readonly Store[];

  /** @param layers Nearest first. */
  constructor(layers: readonly Store[]) {
    this.#layers = layers;
  }

  get(key: string): Uint8Array | undefined | Promise<Uint8Array | undefined> {
    return this.#from(key, 0);
  }

  put(key: string, bytes: Uint8Array): boolean | Promise<boolean> {
    let taken = false;
    const later: Promise<boolean>[] = [];
    for (const layer of this.#layers) {
      const put = layer.put(key, bytes);
      if (put instanceof Promise) later.push(put);
      else taken ||= put;
    }
    if (later.length === 0) return taken;
    return Promise.all(later).then((all) => taken || all.includes(true));
  }

  /** The entry from layer `k` or one behind it. */
  #from(key: string, k: number): Uint8Array | undefined | Promise<Uint8Array | undefined> {
    for (; k < this.#layers.length; k++) {
      const found = this.#layers[k].get(key);
      if (found instanceof Promise)
        return found.then((bytes) => this.#fill(key, k, bytes) ?? this.#from(key, k + 1));
      if (found !== undefined) return this.#fill(key, k, found);
    }
    return undefined;
  }

  /** Puts what layer `k` had into the layers before it. */
  #fill(key: string, k: number, bytes: Uint8Array | undefined): Uint8Array | undefined {
    if (bytes !== undefined) for (let nearer = 0; nearer < k; nearer++) this.#layers[nearer].put(key, bytes);
    return bytes;
  }
}
