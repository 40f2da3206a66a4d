import { Function, FunctionReader, functionName, verify } from "@gantry/clif-ir";
import { CompileContext, type TargetIsa } from "@gantry/codegen-core";
import { bug, type Diagnostic, GantryError } from "@gantry/diag";
import { systemOf } from "@gantry/filetest/targets";
import { settingsWith, targetNamed } from "../target.ts";
import { AnswerSink, NO_PAYLOAD } from "./answer.ts";
import { type CacheOptions, FunctionCache } from "./function-cache.ts";
import { type Client, type Executor, type Job, nobody } from "./job.ts";
import { makeOutputs } from "./outputs.ts";
import { type CheckRequest, type CompileRequest, type Limits, WorkerCode } from "./protocol.ts";

/** How long the engine works before it lets frames, cancellations and timers through. */
const SLICE_MS = 8;
/** Contexts kept: one for each target and settings that was asked for lately. */
const MAX_CONTEXTS = 16;

/** A job under way. It yields nothing when the slice is over, or a promise, to be gone on with by its value. */
type Steps = Generator<Promise<unknown> | undefined, Uint8Array, unknown>;

/** A source that is longer may take more than one slice. */
const LONG_BYTES = 1 << 15;

/**
 * Compiles in this thread, one job at a time, in the order of arrival. What can be done within a slice is done at once,
 * in the call that hands in the job; the rest waits for later turns of the event loop. Between functions it looks
 * whether the job is still wanted and whether the process has grown too large.
 */
export class Engine implements Executor {
  client: Client = nobody;
  readonly #limits: Limits;
  readonly #cache: FunctionCache | undefined;
  readonly #contexts = new Map<string, CompileContext>();
  /** The context that was used last, and the words of its settings. */
  #context: CompileContext | undefined;
  #contextSet: readonly string[] | undefined;
  #contextTriple = "";
  /** Targets by the triple that they were asked for with. */
  readonly #targets = new Map<string, TargetIsa>();
  readonly #func = new Function();
  readonly #answer = new AnswerSink();
  readonly #outputs = makeOutputs();
  readonly #baseline = process.memoryUsage.rss();
  /** Jobs that wait behind the one under way, from {@link #first} on. */
  #queue: Job[] = [];
  #first = 0;
  #job: Job | undefined;
  #steps: Steps | undefined;
  /** What the job under way was waiting for. */
  #arrived: unknown;
  #sliceEnd = 0;
  #functions = 0;
  /** Called when there is nothing more to do. */
  #idle: (() => void)[] = [];

  constructor(limits: Limits, cache?: CacheOptions) {
    this.#limits = limits;
    this.#cache = cache === undefined ? undefined : new FunctionCache(cache);
  }

  beginTurn(): void {
    this.#sliceEnd = performance.now() + SLICE_MS;
  }

  run(job: Job): void {
    if (this.#job !== undefined) {
      job.keep();
      this.#queue.push(job);
      return;
    }
    this.#begin(job);
    if (performance.now() < this.#sliceEnd) this.#advance();
    else {
      job.keep();
      setImmediate(this.#pump);
    }
  }

  stats(): Record<string, number> {
    const { hits = 0, misses = 0, mismatches = 0 } = this.#cache ?? {};
    return {
      functions: this.#functions,
      cacheHits: hits,
      cacheMisses: misses,
      cacheMismatches: mismatches,
    };
  }

  async close(): Promise<void> {
    if (this.#job !== undefined) await new Promise<void>((resolve) => this.#idle.push(resolve));
    await this.#cache?.settled();
  }

  #begin(job: Job): void {
    this.#job = job;
    this.#steps = this.#work(job);
  }

  /** Goes on with the job under way. False if it is not finished, and will be gone on with in a later turn. */
  #advance(): boolean {
    const job = this.#job!;
    if (!job.stopped) {
      let frame: Uint8Array;
      try {
        const arrived = this.#arrived;
        this.#arrived = undefined;
        const { done, value } = this.#steps!.next(arrived);
        if (done !== true) {
          if (value === undefined) setImmediate(this.#pump);
          else value.then(this.#resume, this.#fail);
          return false;
        }
        frame = this.#answer.frame(value);
      } catch (e) {
        frame = this.#failure(job, e);
      }
      this.client.done(job, frame);
    }
    this.#job = undefined;
    this.#steps = undefined;
    return true;
  }

  /** A turn of the event loop for jobs that were not done at once. */
  readonly #pump = (): void => {
    this.beginTurn();
    if (process.memoryUsage.rss() - this.#baseline > this.#limits.memoryBytes) {
      const why = "the request needs more memory than the worker may use";
      this.#answer.refused(this.#job!.request.id, WorkerCode.memory, why);
      this.#giveUp(this.#answer.frame(NO_PAYLOAD));
    }
    while (this.#advance()) {
      if (this.#first === this.#queue.length) {
        this.#queue.length = this.#first = 0;
        break;
      }
      this.#begin(this.#queue[this.#first++]);
      if (performance.now() < this.#sliceEnd) continue;
      setImmediate(this.#pump);
      break;
    }
    this.client.flush();
    if (this.#job !== undefined) return;
    for (const resolve of this.#idle) resolve();
    this.#idle = [];
  };

  readonly #resume = (value: unknown): void => {
    this.#arrived = value;
    this.#pump();
  };

  /** What the job waited for failed, and so does the job. */
  readonly #fail = (error: unknown): void => {
    this.#giveUp(this.#failure(this.#job!, error));
    this.#pump();
  };

  /** Answers the job under way, which is not gone on with. */
  #giveUp(frame: Uint8Array): void {
    const job = this.#job!;
    if (!job.stopped) this.client.done(job, frame);
    job.stopped = true;
  }

  #work(job: Job): Steps {
    const { request } = job;
    if (request.type === "compile") return this.#compile(job, request);
    if (request.type === "check") return this.#check(job, request);
    return bug("worker", "an engine was asked to run a function");
  }

  *#check(job: Job, request: CheckRequest): Steps {
    const isa = this.#targets.get("") ?? ((yield this.#load(job, "")) as TargetIsa);
    const settings = settingsWith(isa, request.set, "");
    const reader = readerOf(job, request);
    const answer = this.#answer;
    const func = this.#func;
    const found: Diagnostic[] = [];
    answer.granted(request.id);
    answer.text(',"functions":[');
    for (let first = true; reader.next(func); first = false) {
      found.push(...verify(func, settings, isa));
      nameEntry(answer, func, first);
      answer.text("}");
      if (this.#isOver(job)) yield undefined;
    }
    if (found.length > 0) throw new GantryError(found);
    answer.text("]");
    return NO_PAYLOAD;
  }

  *#compile(job: Job, request: CompileRequest): Steps {
    const isa = this.#targets.get(request.target) ?? ((yield this.#load(job, request.target)) as TargetIsa);
    const context = this.#contextFor(isa, request.target, request.set);
    const output = this.#outputs[request.output];
    const cache = output.code === undefined ? undefined : this.#cache;
    // A store may answer later.
    if (cache !== undefined) job.keep();
    const reader = readerOf(job, request);
    const answer = this.#answer;
    const func = this.#func;
    answer.granted(request.id);
    answer.text(',"functions":[');
    output.begin(context, request);
    let cached = 0;
    for (let first = true; reader.next(func); first = false) {
      nameEntry(answer, func, first);
      if (output.code === undefined) output.clif?.(context, func);
      else if (cache === undefined) output.code(answer, context, func, context.compile(func));
      else {
        const key = cache.key(context, func);
        let found = cache.get(key);
        if (found instanceof Promise) found = (yield found) as Uint8Array | undefined;
        const before = cache.hits;
        output.code(answer, context, func, cache.code(context, func, key, found));
        cached += cache.hits - before;
        const behind = cache.behind();
        if (behind !== undefined) yield behind;
      }
      answer.text("}");
      this.#functions++;
      if (this.#isOver(job)) yield undefined;
    }
    answer.text('],"cached":');
    answer.number(cached);
    return output.finish();
  }

  /** Whether others should have a turn: only a job that has its source to itself can wait. */
  #isOver(job: Job): boolean {
    return job.isKept && performance.now() >= this.#sliceEnd;
  }

  #failure(job: Job, e: unknown): Uint8Array {
    const { id } = job.request;
    if (e instanceof GantryError) {
      const { length } = e.diagnostics;
      const message = `the source has ${length === 1 ? "an error" : `${length} errors`}`;
      this.#answer.refused(id, WorkerCode.badSource, message, e.diagnostics);
    } else this.#answer.refused(id, WorkerCode.failed, e instanceof Error ? e.message : String(e));
    return this.#answer.frame(NO_PAYLOAD);
  }

  async #load(job: Job, triple: string): Promise<TargetIsa> {
    job.keep();
    const isa = await targetNamed(triple);
    if (this.#targets.size >= MAX_CONTEXTS) this.#targets.clear();
    this.#targets.set(triple, isa);
    return isa;
  }

  #contextFor(isa: TargetIsa, triple: string, set: readonly string[]): CompileContext {
    const isLast = set === this.#contextSet && triple === this.#contextTriple;
    if (isLast && this.#context?.isa === isa) return this.#context;
    const key = JSON.stringify([isa.name, systemOf(triple).name, set]);
    let context = this.#contexts.get(key);
    if (context === undefined) {
      context = new CompileContext(isa, settingsWith(isa, set, triple));
      if (this.#contexts.size >= MAX_CONTEXTS) this.#contexts.delete(this.#contexts.keys().next().value!);
    } else this.#contexts.delete(key);
    // Last in the map is used last.
    this.#contexts.set(key, context);
    this.#context = context;
    this.#contextSet = set;
    this.#contextTriple = triple;
    return context;
  }
}

/** A reader of the request's source. */
function readerOf(job: Job, request: CompileRequest | CheckRequest): FunctionReader {
  if (request.source.length > LONG_BYTES) job.keep();
  const reader = new FunctionReader({ name: request.name, bytes: request.source });
  reader.header(() => {});
  return reader;
}

/** Starts the entry of `func` in the list of functions. */
function nameEntry(answer: AnswerSink, func: Function, first: boolean): void {
  answer.text(first ? '{"name":' : ',{"name":');
  answer.string(functionName(func));
}
