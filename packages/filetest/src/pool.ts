import type { ChildProcess } from "node:child_process";
import { TestCode } from "./codes.ts";
import type { UnitResult } from "./outcome.ts";
import type { FileOptions } from "./run-file.ts";
import { startTestChild } from "./start-child.ts";
import type { FromWorker, ToWorker } from "./worker.ts";

/** A unit that runs longer has hung. */
const UNIT_TIMEOUT_MS = 60_000;

export interface PoolOptions extends FileOptions {
  readonly jobs: number;
  /** Called as results arrive, in any order of files. */
  result(result: UnitResult): void;
  /** Called when a file is done. */
  fileDone(path: string): void;
}

/** Runs files in child processes, several at a time. A process that dies fails the unit it was at and is replaced. */
export async function runFiles(paths: readonly string[], options: PoolOptions): Promise<void> {
  const queue = [...paths].reverse();
  const lanes = Math.max(1, Math.min(options.jobs, paths.length));
  await Promise.all(Array.from({ length: lanes }, () => lane(queue, options)));
}

async function lane(queue: string[], options: PoolOptions): Promise<void> {
  let child: ChildProcess | undefined;
  for (let path = queue.pop(); path !== undefined; path = queue.pop()) {
    for (let from = 0; from >= 0; ) {
      child ??= startTestChild();
      from = await runOne(child, path, from, options);
      if (child.exitCode !== null || child.signalCode !== null) child = undefined;
    }
    options.fileDone(path);
  }
  child?.disconnect();
}

/** Runs one file in one process; -1 when it is done, otherwise where to go on in another process. */
function runOne(child: ChildProcess, path: string, from: number, options: PoolOptions): Promise<number> {
  return new Promise((resolve) => {
    let running: { index: number; label: string; since: number } | undefined;
    let last = from - 1;
    let hung = false;
    const watch = setInterval(() => {
      if (running === undefined || Date.now() - running.since < UNIT_TIMEOUT_MS) return;
      hung = true;
      child.kill("SIGKILL");
    }, 1000);
    const finish = (next: number) => {
      clearInterval(watch);
      child.removeAllListeners();
      resolve(next);
    };
    child.on("message", (message: FromWorker) => {
      if (message.kind === "started")
        running = { index: message.index, label: message.label, since: Date.now() };
      else if (message.kind === "finished") {
        last = message.index;
        running = undefined;
        options.result(message.result);
      } else finish(-1);
    });
    child.on("exit", (code, signal) => {
      const how = hung
        ? `ran for over ${UNIT_TIMEOUT_MS / 1000} s`
        : `ended its process with ${signal ?? `status ${code}`}`;
      const report = `error[${TestCode.crashed}]: the test ${how}`;
      const outcome = { kind: "fail", report } as const;
      const index = running?.index ?? last + 1;
      options.result({
        file: path,
        unit: running?.label ?? "start",
        outcome,
        milliseconds: 0,
        output: "",
        known: [],
      });
      finish(running === undefined ? -1 : index + 1);
    });
    const order: ToWorker = {
      path,
      from,
      options: { targets: options.targets, also: options.also, bless: options.bless, set: options.set },
    };
    child.send(order);
  });
}
