/**
 * Runs generated code in a child process that stays alive, for what the signal handler cannot catch: wild jumps, a
 * broken stack, endless loops. When the child dies, the call that it was busy with gets that outcome and the remaining
 * calls run in a new child.
 */
import type { ChildProcess } from "node:child_process";
import { startChild } from "./start-child.ts";
import type { TrapFacts } from "./trap.ts";

/** Where the child finds the target: a module and the name of its export. */
export interface ChildTarget {
  /** Anything that `import()` resolves, best a `file:` URL. */
  readonly module: string;
  readonly exportName: string;
}

/** Functions to compile, and calls of them with values as bits. */
export interface RunRequest {
  readonly text: string;
  readonly fileName: string;
  /** Settings as `name` or `name=value`, shared and of the target; `is_pic` is added. */
  readonly settings?: readonly string[];
  /** Calling convention of functions that name none. */
  readonly callConv?: string;
  readonly calls: readonly RunCall[];
}

export interface RunCall {
  /** Without `%`. */
  readonly name: string;
  readonly args: readonly bigint[];
}

/** What came of one call. */
export type CallOutcome =
  | { readonly kind: "values"; readonly values: readonly bigint[] }
  | { readonly kind: "trap"; readonly trap: TrapFacts; readonly message: string }
  /** The functions do not compile, or the call is wrong. */
  | { readonly kind: "error"; readonly code: string; readonly message: string }
  /** The child ended in the middle of the call. */
  | { readonly kind: "died"; readonly message: string }
  | { readonly kind: "timeout" };

/** From parent to child: compile the text, then make the calls from `from` on. */
export interface ChildOrder {
  readonly request: RunRequest;
  readonly from: number;
}

/** From child to parent: first that it is ready, then an outcome for each call. */
export type ChildAnswer = "ready" | { readonly call: number; readonly outcome: CallOutcome };

export interface ChildOptions {
  /** Time for one call, compiling included; then the child is killed. */
  readonly timeoutMs?: number;
}

/** A child process that compiles and runs; requests are answered one after the other. */
export class ChildExecutor {
  readonly #target: ChildTarget;
  readonly #timeoutMs: number;
  #child: ChildProcess | undefined;
  /** Ends the call that is under way with an outcome. */
  #lose: ((outcome: CallOutcome) => void) | undefined;
  /** Whether a child ever came up; if none does, the target's module is wrong. */
  #cameUp = false;
  #last: Promise<unknown> = Promise.resolve();

  /**
   * @param target What the child compiles for: this machine.
   * @param options Limits.
   */
  constructor(target: ChildTarget, options: ChildOptions = {}) {
    this.#target = target;
    this.#timeoutMs = options.timeoutMs ?? 20_000;
  }

  /** Compiles and runs; one outcome for each call. */
  run(request: RunRequest): Promise<CallOutcome[]> {
    const result = this.#last.then(() => this.#run(request));
    this.#last = result.catch(() => undefined);
    return result;
  }

  /** Ends the child. The call that is under way counts as died. */
  close(): void {
    this.#child?.removeAllListeners();
    this.#child?.kill("SIGKILL");
    this.#child = undefined;
    this.#lose?.({ kind: "died", message: "the executor was closed" });
  }

  async #run(request: RunRequest): Promise<CallOutcome[]> {
    const outcomes: CallOutcome[] = [];
    while (outcomes.length < request.calls.length) await this.#batch(request, outcomes);
    return outcomes;
  }

  /** Makes calls until all are made or the child is gone. */
  #batch(request: RunRequest, outcomes: CallOutcome[]): Promise<void> {
    const child = this.#start();
    return new Promise((resolve) => {
      let timer: NodeJS.Timeout;
      const done = () => {
        clearTimeout(timer);
        this.#lose = undefined;
        child.removeAllListeners("message");
        child.removeAllListeners("close");
        resolve();
      };
      const lost = (outcome: CallOutcome) => {
        this.#child = undefined;
        outcomes.push(outcome);
        done();
      };
      this.#lose = lost;
      const wait = () => {
        clearTimeout(timer);
        timer = setTimeout(() => {
          child.kill("SIGKILL");
          lost({ kind: "timeout" });
        }, this.#timeoutMs);
      };
      child.on("message", (answer: ChildAnswer) => {
        if (answer === "ready") {
          this.#cameUp = true;
          return;
        }
        outcomes.push(answer.outcome);
        if (outcomes.length === request.calls.length) done();
        else wait();
      });
      // Unlike "exit", this comes behind the last message.
      child.on("close", (code, signal) => {
        const outcome = { kind: "died", message: signal === null ? `exit status ${code}` : signal } as const;
        if (!this.#cameUp) while (outcomes.length < request.calls.length - 1) outcomes.push(outcome);
        lost(outcome);
      });
      wait();
      child.send({ request, from: outcomes.length } satisfies ChildOrder);
    });
  }

  #start(): ChildProcess {
    if (this.#child !== undefined) return this.#child;
    const child = startChild(this.#target);
    // The parent may end while the child waits for work.
    child.unref();
    child.channel?.unref();
    this.#child = child;
    return child;
  }
}
