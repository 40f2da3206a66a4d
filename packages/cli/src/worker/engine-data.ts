import { DirectoryStore } from "../store/directory-store.ts";
import { HttpStore } from "../store/http-store.ts";
import { LayeredStore, type Store } from "../store/store.ts";
import type { CacheOptions } from "./engine.ts";
import type { Limits } from "./protocol.ts";

/** How a cache is described on a command line and sent to threads. */
export interface CacheData {
  /** A directory, or empty. */
  readonly directory: string;
  readonly limitBytes: number;
  /** The address of a shared cache, or empty. */
  readonly url: string;
  readonly checkRate: number;
  readonly producer: string;
}

/** What a compiling thread is started with. */
export interface EngineData {
  readonly limits: Limits;
  readonly cache: CacheData | undefined;
}

/** The cache that `data` describes. */
export function cacheFrom(data: CacheData | undefined): CacheOptions | undefined {
  if (data === undefined) return undefined;
  const stores: Store[] = [];
  if (data.directory !== "") stores.push(new DirectoryStore(data.directory, data.limitBytes));
  if (data.url !== "") stores.push(new HttpStore(data.url));
  if (stores.length === 0) return undefined;
  const store = stores.length === 1 ? stores[0] : new LayeredStore(stores);
  return { store, checkRate: data.checkRate, producer: data.producer };
}
