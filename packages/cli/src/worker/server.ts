import { diagnosticToJson } from "@gantry/diag";
import { type BadFrame, type Frame, FrameReader, writeFrame } from "./frames.ts";
import {
  type CheckRequest,
  type CompileRequest,
  isId,
  type Limits,
  type Outcome,
  PROTOCOL,
  parseRequest,
  REQUEST_TYPES,
  type RequestId,
  type RunRequest,
  refuse,
  WorkerCode,
} from "./protocol.ts";

/** A request that takes time, and how to give it up. */
export interface Job {
  readonly request: CompileRequest | CheckRequest | RunRequest;
  /** Set when the answer is not wanted any more; whoever works on the job looks at it now and then. */
  stop: Outcome | undefined;
}

/** Who does the work: in this thread, in several, or in a process of its own. */
export interface Executor {
  run(job: Job): Promise<Outcome>;
  /** Told that `job.stop` was set. */
  stopped?(job: Job): void;
  stats(): Record<string, number>;
  close(): Promise<void>;
}

/** What the hello says beside the protocol. */
export interface Identity {
  readonly version: string;
  readonly targets: readonly string[];
  readonly host: string;
  readonly settings: readonly unknown[];
}

/**
 * Answers the requests of one client. Whatever the client sends, every well-formed request is answered once, and none
 * can end the server.
 */
export class Server {
  readonly #limits: Limits;
  readonly #send: (frame: Uint8Array) => void;
  readonly #compile: Executor;
  readonly #run: Executor;
  readonly #reader: FrameReader;
  readonly #inFlight = new Map<RequestId, Job>();
  #idle: (() => void)[] = [];
  #requests = 0;
  #bytesIn = 0;
  #bytesOut = 0;

  /**
   * @param compile Does `compile` and `check`.
   * @param run Does `run`.
   * @param send Takes the bytes of each answer.
   */
  constructor(
    limits: Limits,
    identity: Identity,
    compile: Executor,
    run: Executor,
    send: (frame: Uint8Array) => void,
  ) {
    this.#limits = limits;
    this.#compile = compile;
    this.#run = run;
    this.#send = send;
    this.#reader = new FrameReader(limits.frameBytes, (frame) => this.#frame(frame));
    const { frameBytes, inFlight } = limits;
    this.#write({
      type: "hello",
      protocol: PROTOCOL,
      ...identity,
      requests: REQUEST_TYPES,
      limits: { frameBytes, inFlight },
    });
  }

  /** Bytes from the client. */
  push(chunk: Uint8Array): void {
    this.#bytesIn += chunk.length;
    this.#reader.push(chunk);
  }

  /** Resolves when everything that was asked has been answered. */
  drained(): Promise<void> {
    if (this.#inFlight.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#idle.push(resolve));
  }

  async close(): Promise<void> {
    await this.#compile.close();
    await this.#run.close();
  }

  #write(header: object, payload?: Uint8Array): void {
    const frame = writeFrame(header, payload);
    this.#bytesOut += frame.length;
    this.#send(frame);
  }

  #answer(id: RequestId | null, outcome: Outcome): void {
    if (outcome.ok) {
      this.#write({ id, ok: true, ...outcome.fields }, outcome.payload);
      return;
    }
    const { code, message, diagnostics } = outcome.error;
    const error = {
      code,
      message,
      ...(diagnostics !== undefined ? { diagnostics: diagnostics.map(diagnosticToJson) } : {}),
    };
    this.#write({ id, ok: false, error });
  }

  #frame(frame: Frame | BadFrame): void {
    if ("bad" in frame) {
      this.#answer(null, refuse(frame.code, frame.bad));
      return;
    }
    this.#requests++;
    const request = parseRequest(frame.header, frame.payload);
    const id = isId(frame.header.id) ? frame.header.id : null;
    if (typeof request === "string") {
      this.#answer(id, refuse(WorkerCode.badRequest, request));
      return;
    }
    switch (request.type) {
      case "cancel": {
        const job = this.#inFlight.get(request.request);
        if (job !== undefined) this.#stop(job, refuse(WorkerCode.cancelled, "the request was cancelled"));
        this.#answer(request.id, { ok: true, fields: { cancelled: job !== undefined }, payload: NOTHING });
        return;
      }
      case "stats":
        this.#answer(request.id, { ok: true, fields: { stats: this.#stats() }, payload: NOTHING });
        return;
      default:
        this.#start(request);
    }
  }

  #start(request: Job["request"]): void {
    const { id } = request;
    if (this.#inFlight.has(id)) {
      this.#answer(id, refuse(WorkerCode.duplicate, `a request with id ${JSON.stringify(id)} is in flight`));
      return;
    }
    if (this.#inFlight.size >= this.#limits.inFlight) {
      this.#answer(
        id,
        refuse(WorkerCode.tooMany, `${this.#limits.inFlight} requests are in flight; wait for answers`),
      );
      return;
    }
    const job: Job = { request, stop: undefined };
    this.#inFlight.set(id, job);
    let timer: NodeJS.Timeout | undefined;
    if (request.timeMs > 0) {
      const late = refuse(WorkerCode.time, `the request took more than its ${request.timeMs} ms`);
      timer = setTimeout(() => this.#stop(job, late), Math.min(request.timeMs, 2 ** 31 - 1));
    }
    const executor = request.type === "run" ? this.#run : this.#compile;
    executor
      .run(job)
      .catch((e: unknown) => refuse(WorkerCode.failed, e instanceof Error ? e.message : String(e)))
      .then((outcome) => {
        clearTimeout(timer);
        // A job that was stopped has had its answer.
        if (job.stop === undefined) this.#finish(job, outcome);
      });
  }

  #stop(job: Job, outcome: Outcome): void {
    if (job.stop !== undefined) return;
    job.stop = outcome;
    (job.request.type === "run" ? this.#run : this.#compile).stopped?.(job);
    this.#finish(job, outcome);
  }

  #finish(job: Job, outcome: Outcome): void {
    this.#inFlight.delete(job.request.id);
    this.#answer(job.request.id, outcome);
    if (this.#inFlight.size > 0) return;
    const idle = this.#idle;
    this.#idle = [];
    for (const resolve of idle) resolve();
  }

  #stats(): Record<string, number> {
    return {
      requests: this.#requests,
      inFlight: this.#inFlight.size,
      bytesIn: this.#bytesIn,
      bytesOut: this.#bytesOut,
      rssBytes: process.memoryUsage.rss(),
      ...this.#compile.stats(),
      ...this.#run.stats(),
    };
  }
}

const NOTHING = new Uint8Array(0);
