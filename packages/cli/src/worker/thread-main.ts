import { parentPort, workerData } from "node:worker_threads";
import { Engine } from "./engine.ts";
import { cacheFrom, type EngineData } from "./engine-data.ts";
import type { ThreadAnswer, ThreadOrder } from "./pool.ts";
import type { Job } from "./server.ts";

const { limits, cache } = workerData as EngineData;
const engine = new Engine(limits, cacheFrom(cache));
const jobs = new Map<number, Job>();
const port = parentPort!;

port.on("message", (order: ThreadOrder) => {
  if ("stop" in order) {
    const job = jobs.get(order.stop);
    if (job !== undefined) job.stop = order.outcome;
    return;
  }
  const { number, request } = order;
  const job: Job = { request, stop: undefined };
  jobs.set(number, job);
  engine.run(job).then((outcome) => {
    jobs.delete(number);
    port.postMessage({ number, outcome, stats: engine.stats() } satisfies ThreadAnswer);
  });
});
