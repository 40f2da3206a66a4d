import {
  CallConv,
  dataValueText,
  type Function,
  functionName,
  OWN_SIGNATURE,
  parseDataValue,
  readFunctions,
  typeName,
  verify,
} from "@gantry/clif-ir";
import { symbolOf } from "@gantry/codegen-core";
import { type Diagnostic, GantryError } from "@gantry/diag";
import type { ChildExecutor, ChildTarget } from "@gantry/jit";
import { AnswerSink, NO_PAYLOAD } from "./answer.ts";
import { type Client, type Executor, type Job, nobody } from "./job.ts";
import { type RunRequest, WorkerCode } from "./protocol.ts";

/** Time that any call may take; a request's own limit is the server's business, which then stops the job. */
const DEFAULT_TIME_MS = 60_000;

/**
 * Runs functions in a child process, so that nothing that generated code does can harm the worker. The child compiles
 * and calls; it is kept for the next request, and replaced when it dies.
 */
export class RunExecutor implements Executor {
  client: Client = nobody;
  readonly #target: ChildTarget;
  readonly #answer = new AnswerSink();
  #child: ChildExecutor | undefined;
  #last: Promise<void> = Promise.resolve();
  #runs = 0;
  #current: Job | undefined;

  constructor(target: ChildTarget) {
    this.#target = target;
  }

  run(job: Job): void {
    job.keep();
    this.#last = this.#last.then(() => this.#run(job));
  }

  /** The only way to stop running code is to end its process. */
  stop(job: Job): void {
    if (this.#current === job) this.#discard();
  }

  stats(): Record<string, number> {
    return { runs: this.#runs };
  }

  async close(): Promise<void> {
    this.#discard();
  }

  #discard(): void {
    this.#child?.close();
    this.#child = undefined;
  }

  async #run(job: Job): Promise<void> {
    if (job.stopped) return;
    const { id } = job.request;
    this.#runs++;
    this.#current = job;
    try {
      const outcome = await this.#call(job.request as RunRequest);
      if ("code" in outcome) this.#answer.refused(id, outcome.code, outcome.message, outcome.diagnostics);
      else {
        this.#answer.granted(id);
        this.#answer.text(`,${JSON.stringify(outcome).slice(1, -1)}`);
      }
    } catch (e) {
      if (e instanceof GantryError)
        this.#answer.refused(id, WorkerCode.badSource, "the source has errors", e.diagnostics);
      else this.#answer.refused(id, WorkerCode.failed, e instanceof Error ? e.message : String(e));
    }
    this.#current = undefined;
    this.client.done(job, this.#answer.frame(NO_PAYLOAD));
    this.client.flush();
  }

  async #call(request: RunRequest): Promise<RunAnswer> {
    const text = new TextDecoder().decode(request.source);
    const functions = readFunctions({ name: request.name, bytes: request.source }, [], {
      defaultCallConv: CallConv.system_v,
    });
    // The child would find the same, but could not say where.
    const found = functions.flatMap((f) => verify(f));
    if (found.length > 0) throw new GantryError(found);
    const func = functions.find((f) => functionName(f) === request.function);
    if (func === undefined) {
      return refuse(WorkerCode.badRequest, `the source has no function ${request.function}`);
    }
    const args = argumentBits(func, request.args);
    if (typeof args === "string") return refuse(WorkerCode.badRequest, args);
    if (this.#child === undefined) {
      const { ChildExecutor } = await import("@gantry/jit");
      this.#child = new ChildExecutor(this.#target, { timeoutMs: DEFAULT_TIME_MS });
    }
    const [outcome] = await this.#child.run({
      text,
      fileName: request.name,
      settings: request.set,
      callConv: "system_v",
      calls: [{ name: symbolOf(func, func.name), args }],
    });
    switch (outcome.kind) {
      case "values": {
        const results = outcome.values.map((bits, k) => {
          const type = func.sigReturnType(OWN_SIGNATURE, k);
          return { type: typeName(type), value: dataValueText({ type, bits }) };
        });
        return { results };
      }
      case "trap": {
        const { code, functionName: name, offset } = outcome.trap;
        return { trap: { code, function: `%${name}`, offset } };
      }
      case "error":
        return {
          code: WorkerCode.badSource,
          message: outcome.message,
          diagnostics: [{ code: outcome.code, severity: "error", message: outcome.message }],
        };
      case "died":
        return refuse(WorkerCode.memory, `the process that ran the function died: ${outcome.message}`);
      default:
        return refuse(WorkerCode.time, "the function did not return in time");
    }
  }
}

/** What the answer to a `run` says: what came of the call, or why there was none. */
type RunAnswer =
  | { readonly results: readonly { readonly type: string; readonly value: string }[] }
  | { readonly trap: { readonly code: string; readonly function: string; readonly offset: number } }
  | { readonly code: string; readonly message: string; readonly diagnostics?: readonly Diagnostic[] };

const refuse = (code: string, message: string): RunAnswer => ({ code, message });

/** The arguments' bits, or what is wrong with them. */
function argumentBits(func: Function, args: readonly string[]): bigint[] | string {
  const count = func.sigParamCount(OWN_SIGNATURE);
  if (args.length !== count)
    return `${functionName(func)} takes ${count} arguments, and ${args.length} are given`;
  const bits: bigint[] = [];
  for (let k = 0; k < count; k++) {
    const value = parseDataValue(args[k], func.sigParamType(OWN_SIGNATURE, k));
    if (typeof value === "string") return `argument ${k + 1}: ${value}`;
    bits.push(value.bits);
  }
  return bits;
}
