import { createHash } from "node:crypto";
import { setImmediate } from "node:timers/promises";
import {
  Function,
  FunctionReader,
  functionName,
  imageCode,
  toImage,
  trapCodeName,
  verify,
  writeFunction,
} from "@gantry/clif-ir";
import {
  CompileContext,
  type CompiledCode,
  codeFromImage,
  codeToImage,
  disassemble,
  RELOCATION_WORDS,
  symbolOf,
  type TargetIsa,
  TRAP_WORDS,
} from "@gantry/codegen-core";
import { type Diagnostic, GantryError } from "@gantry/diag";
import { ByteSink } from "@gantry/entity";
import { ObjectBuilder } from "@gantry/object";
import type { Store } from "../store/store.ts";
import { settingsWith, targetNamed } from "../target.ts";
import {
  type CheckRequest,
  type CompileRequest,
  type Limits,
  type Outcome,
  refuse,
  WorkerCode,
} from "./protocol.ts";
import type { Executor, Job } from "./server.ts";

/** How long the engine works before it lets frames, cancellations and timers through. */
const SLICE_MS = 8;
/** Contexts kept: one for each target and settings that was asked for lately. */
const MAX_CONTEXTS = 16;

/** How compiled functions are kept between requests. */
export interface CacheOptions {
  readonly store: Store;
  /** The share of hits that are compiled again and compared, 0 to 1. */
  readonly checkRate: number;
  /** What identifies this build: version and rules. */
  readonly producer: string;
}

/** What a refusal throws through the compile loop. */
class Stopped extends Error {
  readonly outcome: Outcome;

  constructor(outcome: Outcome) {
    super("stopped");
    this.outcome = outcome;
  }
}

/**
 * Compiles in this thread, function by function, one job at a time. Between functions it looks whether the job is
 * still wanted and whether the process has grown too large.
 */
export class Engine implements Executor {
  readonly #limits: Limits;
  readonly #cache: CacheOptions | undefined;
  readonly #contexts = new Map<string, CompileContext>();
  /** Targets by the triple that they were asked for with. */
  readonly #targets = new Map<string, TargetIsa>();
  readonly #func = new Function();
  readonly #baseline = process.memoryUsage.rss();
  #last: Promise<unknown> = Promise.resolve();
  #sliceEnd = 0;
  #functions = 0;
  #hits = 0;
  #misses = 0;
  #mismatches = 0;

  constructor(limits: Limits, cache?: CacheOptions) {
    this.#limits = limits;
    this.#cache = cache;
  }

  /** Jobs are worked on in the order of arrival: a context serves one at a time. */
  run(job: Job): Promise<Outcome> {
    const result = this.#last.then(() => this.#run(job));
    this.#last = result;
    return result;
  }

  stats(): Record<string, number> {
    return {
      functions: this.#functions,
      cacheHits: this.#hits,
      cacheMisses: this.#misses,
      cacheMismatches: this.#mismatches,
    };
  }

  async close(): Promise<void> {
    await this.#last;
  }

  async #run(job: Job): Promise<Outcome> {
    this.#sliceEnd = performance.now() + SLICE_MS;
    try {
      const { request } = job;
      if (job.stop !== undefined) return job.stop;
      if (request.type === "compile") return await this.#compile(job, request);
      if (request.type === "check") return await this.#check(job, request);
      return refuse(WorkerCode.failed, `the engine was given a ${request.type} request`);
    } catch (e) {
      if (e instanceof Stopped) return e.outcome;
      if (e instanceof GantryError) {
        const message = `the source has ${e.diagnostics.length === 1 ? "an error" : `${e.diagnostics.length} errors`}`;
        return { ok: false, error: { code: WorkerCode.badSource, message, diagnostics: e.diagnostics } };
      }
      return refuse(WorkerCode.failed, e instanceof Error ? e.message : String(e));
    }
  }

  /** Lets others run when a slice is over, and stops the job if it must not go on. */
  async #breathe(job: Job): Promise<void> {
    if (performance.now() >= this.#sliceEnd) {
      await setImmediate();
      this.#sliceEnd = performance.now() + SLICE_MS;
      if (process.memoryUsage.rss() - this.#baseline > this.#limits.memoryBytes) {
        throw new Stopped(refuse(WorkerCode.memory, "the request needs more memory than the worker may use"));
      }
    }
    if (job.stop !== undefined) throw new Stopped(job.stop);
  }

  async #check(job: Job, request: CheckRequest): Promise<Outcome> {
    const isa = await this.#target("");
    const settings = settingsWith(isa, request.set);
    const reader = new FunctionReader({ name: request.name, bytes: request.source });
    reader.header(() => {});
    const functions: { name: string }[] = [];
    const found: Diagnostic[] = [];
    while (reader.next(this.#func)) {
      found.push(...verify(this.#func, settings, isa));
      functions.push({ name: functionName(this.#func) });
      await this.#breathe(job);
    }
    if (found.length > 0) throw new GantryError(found);
    return { ok: true, fields: { functions }, payload: new Uint8Array(0) };
  }

  async #compile(job: Job, request: CompileRequest): Promise<Outcome> {
    const isa = await this.#target(request.target);
    const context = this.#context(isa, request.set);
    const reader = new FunctionReader({ name: request.name, bytes: request.source });
    reader.header(() => {});
    const sink = outputSink(request.output, isa, request.name);
    const before = this.#hits;
    while (reader.next(this.#func)) {
      if (request.output === "clif") sink.clif(context, this.#func);
      else {
        const code = await this.#function(context);
        sink.code(context, this.#func, code);
      }
      this.#functions++;
      await this.#breathe(job);
    }
    const { functions, payload } = sink.finish();
    return { ok: true, fields: { functions, cached: this.#hits - before }, payload };
  }

  /** The code of the function just read: from the cache, or compiled. */
  async #function(context: CompileContext): Promise<CompiledCode> {
    const cache = this.#cache;
    if (cache === undefined) return context.compile(this.#func);
    const key = createHash("sha256")
      .update(JSON.stringify([cache.producer, context.isa.name, context.settings.toText()]))
      .update(imageCode(toImage(this.#func)))
      .digest("hex");
    const image = await cache.store.get(key);
    context.func = this.#func;
    if (image !== undefined && codeFromImage(image, context.code, context.host.symbols)) {
      this.#hits++;
      if (Math.random() >= cache.checkRate) return context.code;
      const code = context.compile(this.#func);
      if (Buffer.compare(codeToImage(code, context.host.symbols), image) !== 0) this.#mismatches++;
      return code;
    }
    this.#misses++;
    const code = context.compile(this.#func);
    await cache.store.put(key, codeToImage(code, context.host.symbols));
    return code;
  }

  async #target(triple: string): Promise<TargetIsa> {
    let isa = this.#targets.get(triple);
    if (isa === undefined) {
      isa = await targetNamed(triple);
      if (this.#targets.size >= MAX_CONTEXTS) this.#targets.clear();
      this.#targets.set(triple, isa);
    }
    return isa;
  }

  #context(isa: TargetIsa, set: readonly string[]): CompileContext {
    const key = JSON.stringify([isa.name, set]);
    let context = this.#contexts.get(key);
    if (context === undefined) {
      context = new CompileContext(isa, settingsWith(isa, set));
      if (this.#contexts.size >= MAX_CONTEXTS) this.#contexts.delete(this.#contexts.keys().next().value!);
    } else this.#contexts.delete(key);
    // Last in the map is used last.
    this.#contexts.set(key, context);
    return context;
  }
}

/** Collects what a compile request returns. */
interface OutputSink {
  code(context: CompileContext, func: Function, code: CompiledCode): void;
  clif(context: CompileContext, func: Function): void;
  finish(): { functions: object[]; payload: Uint8Array };
}

function outputSink(kind: CompileRequest["output"], isa: TargetIsa, name: string): OutputSink {
  const functions: object[] = [];
  const text: string[] = [];
  const bytes = new ByteSink("little", 256);
  const object = kind === "object" ? new ObjectBuilder(isa.objects, { fileName: name }) : undefined;
  return {
    code(context, func, code) {
      const named = { name: functionName(func) };
      if (object !== undefined) {
        functions.push(named);
        const own = object.declareFunction(symbolOf(func, func.name), "export");
        const { symbols } = context.host;
        const ids: number[] = [];
        for (let s = 0; s < symbols.count; s++) {
          const external = symbols.name(func, s);
          ids.push(object.find(external) ?? object.importSymbol(external));
        }
        object.defineFunction(own, code, ids);
      } else if (kind === "asm") {
        functions.push(named);
        text.push(`${symbolOf(func, func.name)}:\n${disassemble(isa, code)}\n`);
      } else {
        bytes.align(code.alignment);
        functions.push({ ...named, ...placeOf(isa, context, func, code, bytes.length) });
        bytes.append(code.bytes.subarray(0, code.length));
      }
    },
    clif(context, func) {
      functions.push({ name: functionName(func) });
      context.compile(func, { after: (pass) => pass.name === "flow" });
      text.push(writeFunction(func));
    },
    finish() {
      if (object !== undefined) return { functions, payload: object.write() };
      if (kind === "code") return { functions, payload: bytes.toBytes() };
      return { functions, payload: Buffer.from(text.join("\n"), "utf8") };
    },
  };
}

/** What the header says of a function whose code is in the payload. */
function placeOf(
  isa: TargetIsa,
  context: CompileContext,
  func: Function,
  code: CompiledCode,
  offset: number,
): object {
  const relocations: object[] = [];
  const r = code.relocations;
  for (let k = 0; k < r.length; k += RELOCATION_WORDS) {
    relocations.push({
      offset: r.at(k),
      kind: isa.objects.relocations[r.at(k + 1)].name,
      symbol: context.host.symbols.name(func, r.at(k + 2)),
      addend: r.at(k + 3),
    });
  }
  const traps: object[] = [];
  const t = code.traps;
  for (let k = 0; k < t.length; k += TRAP_WORDS)
    traps.push({ offset: t.at(k), code: trapCodeName(t.at(k + 1)) });
  return { offset, length: code.length, align: code.alignment, relocations, traps };
}
