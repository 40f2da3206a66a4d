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
import { GantryError } from "@gantry/diag";
import { ChildExecutor, type ChildTarget } from "@gantry/jit";
import { type Outcome, type RunRequest, refuse, WorkerCode } from "./protocol.ts";
import type { Executor, Job } from "./server.ts";

/** Time that any call may take; a request's own limit is the server's business, which then stops the job. */
const DEFAULT_TIME_MS = 60_000;

/**
 * Runs functions in a child process, so that nothing that generated code does can harm the worker. The child compiles
 * and calls; it is kept for the next request, and replaced when it dies.
 */
export class RunExecutor implements Executor {
  readonly #target: ChildTarget;
  #child: ChildExecutor | undefined;
  #last: Promise<unknown> = Promise.resolve();
  #runs = 0;
  #current: Job | undefined;

  constructor(target: ChildTarget) {
    this.#target = target;
  }

  run(job: Job): Promise<Outcome> {
    const result = this.#last.then(() => this.#run(job));
    this.#last = result.catch(() => undefined);
    return result;
  }

  /** The only way to stop running code is to end its process. */
  stopped(job: Job): void {
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

  async #run(job: Job): Promise<Outcome> {
    if (job.stop !== undefined) return job.stop;
    this.#runs++;
    this.#current = job;
    try {
      return await this.#call(job.request as RunRequest);
    } catch (e) {
      if (!(e instanceof GantryError)) throw e;
      return {
        ok: false,
        error: { code: WorkerCode.badSource, message: "the source has errors", diagnostics: e.diagnostics },
      };
    } finally {
      this.#current = undefined;
    }
  }

  async #call(request: RunRequest): Promise<Outcome> {
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
    this.#child ??= new ChildExecutor(this.#target, { timeoutMs: DEFAULT_TIME_MS });
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
        return { ok: true, fields: { results }, payload: new Uint8Array(0) };
      }
      case "trap": {
        const { code, functionName: name, offset } = outcome.trap;
        return {
          ok: true,
          fields: { trap: { code, function: `%${name}`, offset } },
          payload: new Uint8Array(0),
        };
      }
      case "error":
        return {
          ok: false,
          error: {
            code: WorkerCode.badSource,
            message: outcome.message,
            diagnostics: [{ code: outcome.code, severity: "error", message: outcome.message }],
          },
        };
      case "died":
        return refuse(WorkerCode.memory, `the process that ran the function died: ${outcome.message}`);
      default:
        return refuse(WorkerCode.time, "the function did not return in time");
    }
  }
}

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
