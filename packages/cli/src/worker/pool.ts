import { Worker } from "node:worker_threads";
import { type Outcome, refuse, WorkerCode } from "./protocol.ts";
import type { Executor, Job } from "./server.ts";

/** From the pool to a thread. */
export type ThreadOrder =
  | { readonly number: number; readonly request: Job["request"] }
  | { readonly stop: number; readonly outcome: Outcome };

/** From a thread to the pool: an outcome, or the counters that were asked for with it. */
export interface ThreadAnswer {
  readonly number: number;
  readonly outcome: Outcome;
  readonly stats: Record<string, number>;
}

interface Thread {
  readonly worker: Worker;
  readonly jobs: Map<number, { job: Job; resolve: (outcome: Outcome) => void }>;
  /** Targets that it has compiled for: their contexts are warm. */
  readonly targets: Set<string>;
  stats: Record<string, number>;
}

/**
 * Spreads compile requests over threads, each with an engine of its own. A request goes to the thread with the fewest
 * jobs, and among those to one that has compiled for its target.
 */
export class ThreadPool implements Executor {
  readonly #threads: Thread[] = [];
  readonly #data: unknown;
  #number = 0;
  #closing = false;

  /**
   * @param jobs Number of threads.
   * @param data What each thread's engine is made from: must survive structured cloning.
   */
  constructor(jobs: number, data: unknown) {
    this.#data = data;
    for (let k = 0; k < jobs; k++) this.#threads.push(this.#start());
  }

  run(job: Job): Promise<Outcome> {
    const target = job.request.type === "compile" ? job.request.target : "";
    let best = this.#threads[0];
    for (const thread of this.#threads) {
      const fewer = thread.jobs.size - best.jobs.size;
      if (fewer < 0 || (fewer === 0 && thread.targets.has(target) && !best.targets.has(target)))
        best = thread;
    }
    best.targets.add(target);
    const number = this.#number++;
    return new Promise((resolve) => {
      best.jobs.set(number, { job, resolve });
      best.worker.postMessage({ number, request: job.request } satisfies ThreadOrder);
    });
  }

  stopped(job: Job): void {
    for (const thread of this.#threads) {
      for (const [number, entry] of thread.jobs) {
        if (entry.job === job && job.stop !== undefined) {
          thread.worker.postMessage({ stop: number, outcome: job.stop } satisfies ThreadOrder);
        }
      }
    }
  }

  stats(): Record<string, number> {
    const sum: Record<string, number> = {};
    for (const thread of this.#threads) {
      for (const [name, value] of Object.entries(thread.stats)) sum[name] = (sum[name] ?? 0) + value;
    }
    return sum;
  }

  async close(): Promise<void> {
    this.#closing = true;
    await Promise.all(this.#threads.map((t) => t.worker.terminate()));
  }

  #start(): Thread {
    const main = new URL(
      import.meta.url.endsWith(".ts") ? "./thread-main.ts" : "./thread-main.js",
      import.meta.url,
    );
    const worker = new Worker(main, { workerData: this.#data });
    const thread: Thread = { worker, jobs: new Map(), targets: new Set(), stats: {} };
    worker.on("message", ({ number, outcome, stats }: ThreadAnswer) => {
      thread.stats = stats;
      thread.jobs.get(number)?.resolve(outcome);
      thread.jobs.delete(number);
    });
    // A thread ends by itself only if it ran out of memory or met a mistake of ours: its jobs fail, others go on.
    const lost = (why: string): void => {
      for (const { resolve } of thread.jobs.values()) resolve(refuse(WorkerCode.memory, why));
      thread.jobs.clear();
      const at = this.#threads.indexOf(thread);
      if (at >= 0 && !this.#closing) this.#threads[at] = this.#start();
    };
    worker.on("error", (e) => lost(`the compiling thread failed: ${e.message}`));
    worker.on("exit", () => lost("the compiling thread ended"));
    return thread;
  }
}
