import { DirectoryStore } from "../store/directory-store.ts";
import { HttpStore } from "../store/http-store.ts";
import { MemoryStore } from "../store/memory-store.ts";
import { LayeredStore, type Store } from "../store/store.ts";
import type { CacheOptions } from "./function-cache.ts";
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

/** What each thread keeps in memory of what it got from slower stores. */
const MEMORY_BYTES = 1 << 26;

/** The cache that `data` describes. */
export function cacheFrom(data: CacheData | undefined): CacheOptions | undefined {
  if (data === undefined) return undefined;
  const stores: Store[] = [new MemoryStore(MEMORY_BYTES)];
  if (data.directory !== "") stores.push(new DirectoryStore(data.directory, data.limitBytes));
  if (data.url !== "") stores.push(new HttpStore(data.url));
  if (stores.length === 1) return undefined;
  return { store: new LayeredStore(stores), checkRate: data.checkRate, producer: data.producer };
}
