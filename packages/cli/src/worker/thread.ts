import { parentPort, workerData } from "node:worker_threads";
import { ByteSink } from "@gantry/entity";
import { Engine } from "./engine.ts";
import { cacheFrom, type EngineData } from "./engine-data.ts";
import { type Client, Job } from "./job.ts";
import type { ThreadAnswers, ThreadOrder } from "./pool.ts";

/** Answers are sent when so many bytes of them wait, or when there is nothing more to do. */
const SEND_BYTES = 1 << 16;

/** What a compiling thread does: the jobs of its pool, until it is ended. */
export function serveThread(): void {
  const { limits, cache } = workerData as EngineData;
  const port = parentPort!;
  const engine = new Engine(limits, cacheFrom(cache));
  const numbers = new Map<Job, number>();
  const jobs = new Map<number, Job>();
  const frames = new ByteSink("little", 2 * SEND_BYTES);
  let finished: number[] = [];

  const pool: Client = {
    done(job, frame) {
      const number = numbers.get(job)!;
      numbers.delete(job);
      jobs.delete(number);
      finished.push(number);
      frames.append(frame);
      if (frames.length >= SEND_BYTES) pool.flush();
    },
    flush() {
      if (finished.length === 0) return;
      const bytes = frames.toBytes();
      port.postMessage({ numbers: finished, frames: bytes, stats: engine.stats() } satisfies ThreadAnswers);
      finished = [];
      frames.clear();
    },
  };
  engine.client = pool;

  port.on("message", (order: ThreadOrder) => {
    if ("stop" in order) {
      const job = jobs.get(order.stop);
      if (job !== undefined) job.stopped = true;
      return;
    }
    engine.beginTurn();
    let at = 0;
    for (const { number, request, sourceBytes } of order.requests) {
      request.source = order.sources.subarray(at, at + sourceBytes);
      at += sourceBytes;
      const job = new Job(request);
      jobs.set(number, job);
      numbers.set(job, number);
      engine.run(job);
    }
    pool.flush();
  });
}
