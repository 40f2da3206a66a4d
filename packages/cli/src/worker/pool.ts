import { ByteSink } from "@gantry/entity";
import { AnswerSink, NO_PAYLOAD } from "./answer.ts";
import { type Client, type Executor, type Job, nobody } from "./job.ts";
import { WorkerCode } from "./protocol.ts";

/** A request on its way to a thread; its source is in the bytes that travel with it. */
export interface ThreadRequest {
  readonly number: number;
  readonly request: Job["request"];
  readonly sourceBytes: number;
}

/** From the pool to a thread: requests and their sources one behind the other, or the number of a job to give up. */
export type ThreadOrder =
  | { readonly requests: readonly ThreadRequest[]; readonly sources: Uint8Array }
  | { readonly stop: number };

/** From a thread to the pool: answers as frames, one behind the other, and its counters. */
export interface ThreadAnswers {
  readonly numbers: readonly number[];
  readonly frames: Uint8Array;
  readonly stats: Record<string, number>;
}

/**
 * A thread as the pool sees it: a `Worker` of node:worker_threads. Messages are copied, not transferred: what is
 * transferred is detached, and from the first detached buffer on every access to a typed array is dearer.
 */
export interface PoolThread {
  postMessage(order: ThreadOrder): void;
  terminate(): Promise<unknown>;
  on(event: "message", listener: (answers: ThreadAnswers) => void): unknown;
  on(event: "error", listener: (error: Error) => void): unknown;
  on(event: "exit", listener: () => void): unknown;
}

interface Lane {
  readonly thread: PoolThread;
  readonly jobs: Map<number, Job>;
  /** Targets that it has compiled for: their contexts are warm. */
  readonly targets: Set<string>;
  /** What is to be sent at the end of the turn. */
  requests: ThreadRequest[];
  readonly sources: ByteSink;
  stats: Record<string, number>;
}

/**
 * Spreads compile requests over threads, each with an engine of its own. A request goes to the thread with the fewest
 * jobs, and among those to one that has compiled for its target. What arrives together travels together.
 */
export class ThreadPool implements Executor {
  client: Client = nobody;
  readonly #start: () => PoolThread;
  readonly #lanes: Lane[] = [];
  readonly #answer = new AnswerSink();
  #number = 0;
  #closing = false;

  /**
   * @param jobs Number of threads.
   * @param start Starts a thread that runs `thread-main.ts`.
   */
  constructor(jobs: number, start: () => PoolThread) {
    this.#start = start;
    for (let k = 0; k < jobs; k++) this.#lanes.push(this.#newLane());
  }

  run(job: Job): void {
    const { request } = job;
    const target = request.type === "compile" ? request.target : "";
    let best = this.#lanes[0];
    for (const lane of this.#lanes) {
      const fewer = lane.jobs.size - best.jobs.size;
      if (fewer < 0 || (fewer === 0 && lane.targets.has(target) && !best.targets.has(target))) best = lane;
    }
    best.targets.add(target);
    const number = this.#number++;
    best.jobs.set(number, job);
    best.requests.push({
      number,
      request: { ...request, source: NO_PAYLOAD },
      sourceBytes: request.source.length,
    });
    best.sources.append(request.source);
  }

  endTurn(): void {
    for (const lane of this.#lanes) {
      if (lane.requests.length === 0) continue;
      lane.thread.postMessage({ requests: lane.requests, sources: lane.sources.toBytes() });
      lane.requests = [];
      lane.sources.clear();
    }
  }

  stop(job: Job): void {
    this.endTurn();
    for (const lane of this.#lanes) {
      for (const [number, other] of lane.jobs) {
        if (other === job) lane.thread.postMessage({ stop: number });
      }
    }
  }

  stats(): Record<string, number> {
    const sum: Record<string, number> = {};
    for (const lane of this.#lanes) {
      for (const [name, value] of Object.entries(lane.stats)) sum[name] = (sum[name] ?? 0) + value;
    }
    return sum;
  }

  async close(): Promise<void> {
    this.#closing = true;
    await Promise.all(this.#lanes.map((lane) => lane.thread.terminate()));
  }

  #newLane(): Lane {
    const thread = this.#start();
    const lane: Lane = {
      thread,
      jobs: new Map(),
      targets: new Set(),
      requests: [],
      sources: new ByteSink(),
      stats: {},
    };
    thread.on("message", ({ numbers, frames, stats }) => {
      lane.stats = stats;
      const view = new DataView(frames.buffer, frames.byteOffset);
      let at = 0;
      for (const number of numbers) {
        const end = at + 4 + view.getUint32(at, true);
        const job = lane.jobs.get(number);
        lane.jobs.delete(number);
        if (job !== undefined) this.client.done(job, frames.subarray(at, end));
        at = end;
      }
      this.client.flush();
    });
    // A thread ends by itself only if it ran out of memory or met a mistake of ours: its jobs fail, others go on.
    const lost = (why: string): void => {
      const at = this.#lanes.indexOf(lane);
      if (at < 0 || this.#closing) return;
      this.#lanes[at] = this.#newLane();
      for (const job of lane.jobs.values()) {
        this.#answer.refused(job.request.id, WorkerCode.memory, why);
        this.client.done(job, this.#answer.frame(NO_PAYLOAD));
      }
      lane.jobs.clear();
      this.client.flush();
    };
    thread.on("error", (e) => lost(`the compiling thread failed: ${e.message}`));
    thread.on("exit", () => lost("the compiling thread ended"));
    return lane;
  }
}
