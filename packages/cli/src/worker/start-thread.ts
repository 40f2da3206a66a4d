import { Worker } from "node:worker_threads";
import type { EngineData } from "./engine-data.ts";
import type { PoolThread } from "./pool.ts";

/** Starts a compiling thread. */
export function startThread(data: EngineData): PoolThread {
  const main = new URL(
    import.meta.url.endsWith(".ts") ? "./thread-main.ts" : "./thread-main.js",
    import.meta.url,
  );
  return new Worker(main, { workerData: data });
}
