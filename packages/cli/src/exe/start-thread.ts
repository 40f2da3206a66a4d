import { getAsset } from "node:sea";
import { Worker } from "node:worker_threads";
import type { EngineData } from "../worker/engine-data.ts";
import type { PoolThread } from "../worker/pool.ts";

/** Stands for `worker/start-thread.ts`: a thread begins with the executable's own first program. */
export function startThread(data: EngineData): PoolThread {
  return new Worker(getAsset("loader.cjs", "utf8"), { eval: true, workerData: data });
}
