/**
 * Where compiled functions are kept between runs: a map from a key, the SHA-256 of everything that the value depends on
 * (64 hexadecimal digits), to bytes. A store may forget anything at any time, and it never throws: a store that is
 * unreachable, full or damaged is a store without the entry.
 */
export interface Store {
  /** The bytes that were put under `key`, whole, or undefined. */
  get(key: string): Promise<Uint8Array | undefined>;
  /** Offers `bytes`; returns whether the store took them. */
  put(key: string, bytes: Uint8Array): Promise<boolean>;
}

/** Reads from the first store that has an entry and fills the ones before it: a local store before a shared one. */
export class LayeredStore implements Store {
  readonly #layers: readonly Store[];

  /** @param layers Nearest first. */
  constructor(layers: readonly Store[]) {
    this.#layers = layers;
  }

  async get(key: string): Promise<Uint8Array | undefined> {
    for (let k = 0; k < this.#layers.length; k++) {
      const bytes = await this.#layers[k].get(key);
      if (bytes === undefined) continue;
      for (let nearer = 0; nearer < k; nearer++) await this.#layers[nearer].put(key, bytes);
      return bytes;
    }
    return undefined;
  }

  async put(key: string, bytes: Uint8Array): Promise<boolean> {
    const taken = await Promise.all(this.#layers.map((layer) => layer.put(key, bytes)));
    return taken.some((x) => x);
  }
}
