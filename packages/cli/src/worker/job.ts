import type { CheckRequest, CompileRequest, RunRequest } from "./protocol.ts";

/** A request that takes time. */
export class Job {
  readonly request: CompileRequest | CheckRequest | RunRequest;
  /** Set when it has been answered otherwise; whoever works on it looks at it now and then and gives it up. */
  stopped = false;
  /** Ends the job when its time is over. */
  timer: NodeJS.Timeout | undefined = undefined;

  #isKept = false;

  constructor(request: Job["request"]) {
    this.request = request;
  }

  /** Whether the source is this job's own. */
  get isKept(): boolean {
    return this.#isKept;
  }

  /** Copies the source, which was the frame reader's: it will be looked at in a later turn. */
  keep(): void {
    if (this.#isKept) return;
    this.#isKept = true;
    this.request.source = this.request.source.slice();
  }
}

/** Who gets the answers of an executor. */
export interface Client {
  /** The answer to a job, as a frame whose bytes are the caller's and change afterwards. */
  done(job: Job, frame: Uint8Array): void;
  /** No more answers for now: what was given to {@link done} may be sent. */
  flush(): void;
}

/** Who does the work: in this thread, in several, or in a process of its own. */
export interface Executor {
  /** Set before the first job. */
  client: Client;
  /** Begins a job. Its answer may come before the call is over; a request's source is the caller's and changes afterwards. */
  run(job: Job): void;
  /** Told that `job.stopped` was set. */
  stop?(job: Job): void;
  /** The event loop begins to hand in jobs that arrived together, and has handed in the last of them. */
  beginTurn?(): void;
  endTurn?(): void;
  stats(): Record<string, number>;
  close(): Promise<void>;
}

/** The client of an executor that has none yet. */
export const nobody: Client = { done() {}, flush() {} };
