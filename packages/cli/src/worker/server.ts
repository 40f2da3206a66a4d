import { ByteSink } from "@gantry/entity";
import { AnswerSink, NO_PAYLOAD } from "./answer.ts";
import { FrameReader, type FrameTarget } from "./frames.ts";
import { HeaderReader } from "./headers.ts";
import { type Client, type Executor, Job } from "./job.ts";
import { type Limits, PROTOCOL, REQUEST_TYPES, type RequestId, WorkerCode } from "./protocol.ts";

/** What the hello says beside the protocol. */
export interface Identity {
  readonly version: string;
  readonly targets: readonly string[];
  readonly host: string;
  readonly settings: readonly unknown[];
}

/** Answers are sent when so many bytes of them wait, or when there is nothing more to do. */
const SEND_BYTES = 1 << 16;
const MAX_TIMER_MS = 2 ** 31 - 1;

/**
 * Answers the requests of one client. Whatever the client sends, every well-formed request is answered once, and none
 * can end the server.
 */
export class Server implements FrameTarget, Client {
  readonly #limits: Limits;
  readonly #send: (bytes: Uint8Array) => void;
  readonly #compile: Executor;
  readonly #run: Executor;
  readonly #headers = new HeaderReader();
  readonly #answer = new AnswerSink();
  /** Answers that are not sent yet. */
  readonly #out = new ByteSink("little", 2 * SEND_BYTES);
  readonly #inFlight = new Map<RequestId, Job>();
  /** The stream from the client: bytes go into its room. */
  readonly input: FrameReader;
  #idle: (() => void)[] = [];
  #requests = 0;
  #bytesIn = 0;
  #bytesOut = 0;

  /**
   * @param compile Does `compile` and `check`.
   * @param run Does `run`.
   * @param send Takes the bytes of answers, which are its own to keep.
   */
  constructor(
    limits: Limits,
    identity: Identity,
    compile: Executor,
    run: Executor,
    send: (bytes: Uint8Array) => void,
  ) {
    this.#limits = limits;
    this.#compile = compile;
    this.#run = run;
    this.#send = send;
    compile.client = this;
    run.client = this;
    this.input = new FrameReader(limits.frameBytes, this);
    const { frameBytes, inFlight } = limits;
    const hello = {
      type: "hello",
      protocol: PROTOCOL,
      ...identity,
      requests: REQUEST_TYPES,
      limits: { frameBytes, inFlight },
    };
    this.#put(helloFrame(hello));
    this.flush();
  }

  /** Says that `n` bytes of the client have arrived in the room of {@link input}. */
  filled(n: number): void {
    this.#bytesIn += n;
    this.#compile.beginTurn?.();
    this.input.filled(n);
    this.#compile.endTurn?.();
    this.flush();
  }

  /** Bytes of the client that arrived elsewhere. */
  push(chunk: Uint8Array): void {
    for (let at = 0; at < chunk.length; ) {
      const room = this.input.room();
      const n = Math.min(room.length, chunk.length - at);
      room.set(chunk.subarray(at, at + n));
      this.filled(n);
      at += n;
    }
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

  frame(bytes: Uint8Array, start: number, middle: number, end: number): void {
    const request = this.#headers.read(bytes, start, middle, end);
    switch (request.type) {
      case "malformed":
        this.badFrame(WorkerCode.badFrame, request.why);
        return;
      case "refused":
        this.#requests++;
        this.#refuse(request.id, WorkerCode.badRequest, request.why);
        return;
      case "cancel": {
        this.#requests++;
        const job = this.#inFlight.get(request.request);
        if (job !== undefined) this.#stop(job, WorkerCode.cancelled, "the request was cancelled");
        this.#grant(request.id, `,"cancelled":${job !== undefined}`);
        return;
      }
      case "stats":
        this.#requests++;
        this.#grant(request.id, `,"stats":${JSON.stringify(this.#stats())}`);
        return;
      default:
        this.#requests++;
        this.#start(request);
    }
  }

  badFrame(code: string, why: string): void {
    this.#refuse(null, code, why);
  }

  done(job: Job, frame: Uint8Array): void {
    // A job that was stopped has had its answer.
    if (job.stopped) return;
    if (job.timer !== undefined) clearTimeout(job.timer);
    this.#inFlight.delete(job.request.id);
    this.#put(frame);
    if (this.#inFlight.size > 0 || this.#idle.length === 0) return;
    this.flush();
    const idle = this.#idle;
    this.#idle = [];
    for (const resolve of idle) resolve();
  }

  flush(): void {
    const out = this.#out;
    if (out.length === 0) return;
    this.#bytesOut += out.length;
    this.#send(out.bytes.slice(0, out.length));
    out.clear();
  }

  #put(frame: Uint8Array): void {
    // A long answer is not copied twice.
    if (frame.length > SEND_BYTES) {
      this.flush();
      this.#bytesOut += frame.length;
      this.#send(frame.slice());
      return;
    }
    this.#out.append(frame);
    if (this.#out.length >= SEND_BYTES) this.flush();
  }

  #refuse(id: RequestId | null, code: string, why: string): void {
    this.#answer.refused(id, code, why);
    this.#put(this.#answer.frame(NO_PAYLOAD));
  }

  #grant(id: RequestId, fields: string): void {
    this.#answer.granted(id);
    this.#answer.text(fields);
    this.#put(this.#answer.frame(NO_PAYLOAD));
  }

  #start(request: Job["request"]): void {
    const { id } = request;
    if (this.#inFlight.has(id)) {
      this.#refuse(id, WorkerCode.duplicate, `a request with id ${JSON.stringify(id)} is in flight`);
      return;
    }
    if (this.#inFlight.size >= this.#limits.inFlight) {
      this.#refuse(
        id,
        WorkerCode.tooMany,
        `${this.#limits.inFlight} requests are in flight; wait for answers`,
      );
      return;
    }
    const job = new Job(request);
    this.#inFlight.set(id, job);
    (request.type === "run" ? this.#run : this.#compile).run(job);
    if (request.timeMs > 0 && this.#inFlight.get(id) === job) {
      const late = `the request took more than its ${request.timeMs} ms`;
      job.timer = setTimeout(
        () => {
          this.#stop(job, WorkerCode.time, late);
          this.flush();
        },
        Math.min(request.timeMs, MAX_TIMER_MS),
      );
    }
  }

  /** Answers a job with a refusal and has it given up. */
  #stop(job: Job, code: string, why: string): void {
    const { request } = job;
    this.#answer.refused(request.id, code, why);
    this.done(job, this.#answer.frame(NO_PAYLOAD));
    job.stopped = true;
    (request.type === "run" ? this.#run : this.#compile).stop?.(job);
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

function helloFrame(hello: object): Uint8Array {
  const header = new TextEncoder().encode(JSON.stringify(hello));
  const sink = new ByteSink("little", header.length + 8);
  sink.u32(header.length + 4);
  sink.u32(header.length);
  sink.append(header);
  return sink.bytes;
}
