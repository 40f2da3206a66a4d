import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { availableParallelism } from "node:os";
import { createInterface, type Interface } from "node:readline";

/** What a measured side answers to `load` and `compile`. */
export interface Answer {
  readonly functions: number;
  readonly instructions: number;
  readonly bytes: number;
  readonly wallNs: number;
  readonly cpuNs: number;
}

let pinning: readonly string[] | undefined;

/** The words before a command that keep it on one core; none where `taskset` is missing. */
export function onOneCore(): readonly string[] {
  if (pinning === undefined) {
    const words = ["taskset", "-c", String(availableParallelism() - 1)];
    pinning = spawnSync(words[0]!, [...words.slice(1), "true"]).status === 0 ? words : [];
  }
  return pinning;
}

/** One measured process that answers a line for a line. */
export class LineServer {
  readonly #child: ChildProcess;
  readonly #lines: Interface;
  readonly #waiting: { resolve(words: string[]): void; reject(error: Error): void }[] = [];

  constructor(command: readonly string[]) {
    const [program, ...args] = [...onOneCore(), ...command];
    const child = spawn(program!, args, { stdio: ["pipe", "pipe", "inherit"] });
    this.#child = child;
    this.#lines = createInterface({ input: child.stdout });
    this.#lines.on("line", (line) => {
      const waiting = this.#waiting.shift();
      if (waiting === undefined) return;
      if (line.startsWith("ok")) waiting.resolve(line.split(" ").slice(1));
      else waiting.reject(new Error(line.replace(/^err /, "")));
    });
    child.on("error", (error) => this.#fail(error));
    child.on("exit", (code, signal) => this.#fail(new Error(`the process ended with ${signal ?? code}`)));
  }

  #fail(error: Error): void {
    for (const waiting of this.#waiting.splice(0)) waiting.reject(error);
  }

  /** Sends one request; the words of the answer. */
  request(line: string): Promise<string[]> {
    return new Promise((resolve, reject) => {
      if (this.#child.exitCode !== null) reject(new Error("the process has ended"));
      this.#waiting.push({ resolve, reject });
      this.#child.stdin!.write(`${line}\n`);
    });
  }

  /** A request whose answer is a measurement. */
  async measure(line: string): Promise<Answer> {
    const [functions, instructions, bytes, wallNs, cpuNs] = (await this.request(line)).map(Number);
    return {
      functions: functions!,
      instructions: instructions!,
      bytes: bytes!,
      wallNs: wallNs!,
      cpuNs: cpuNs!,
    };
  }

  /** Ends the process. */
  async close(): Promise<void> {
    if (this.#child.exitCode !== null) return;
    const ended = new Promise((resolve) => this.#child.once("exit", resolve));
    this.#child.stdin!.end();
    await ended;
  }
}
