import {
  type ChildProcessWithoutNullStreams,
  type SpawnOptionsWithoutStdio,
  spawn,
} from "node:child_process";
import { join } from "node:path";
import { root } from "../gantry.ts";

/** The words that start `gantry worker` from this checkout. */
export const workerCommand: readonly string[] = [
  process.execPath,
  join(root, "packages", "cli", "bin", "gantry.js"),
  "worker",
];

export interface Answer {
  readonly header: Record<string, any>;
  readonly payload: Uint8Array;
}

/** A frame of the protocol: two lengths, the header as JSON, the payload. */
export function frameOf(header: object, payload: Uint8Array | string = ""): Buffer {
  const json = Buffer.from(JSON.stringify(header));
  const bytes = Buffer.from(payload as string);
  const lengths = Buffer.alloc(8);
  lengths.writeUInt32LE(4 + json.length + bytes.length, 0);
  lengths.writeUInt32LE(json.length, 4);
  return Buffer.concat([lengths, json, bytes]);
}

/** A worker process and the frames that it sends, for tests that speak the protocol byte by byte. */
export class WorkerProcess {
  readonly process: ChildProcessWithoutNullStreams;
  #buffer = Buffer.alloc(0);
  readonly #answers: Answer[] = [];
  #waiting: ((answer: Answer | undefined) => void)[] = [];
  readonly ended: Promise<number | null>;

  /**
   * @param args Words behind the command.
   * @param command What starts the worker.
   */
  constructor(
    args: readonly string[] = [],
    command: readonly string[] = workerCommand,
    options: SpawnOptionsWithoutStdio = {},
  ) {
    this.process = spawn(command[0]!, [...command.slice(1), ...args], options);
    this.process.stdout.on("data", (chunk: Buffer) => {
      this.#buffer = Buffer.concat([this.#buffer, chunk]);
      this.#cut();
    });
    this.process.stderr.pipe(process.stderr);
    // Writing to a worker that was killed is what some tests are about.
    this.process.stdin.on("error", () => {});
    this.ended = new Promise((resolve) => {
      this.process.on("close", (code) => {
        for (const w of this.#waiting) w(undefined);
        this.#waiting = [];
        resolve(code);
      });
    });
  }

  send(header: object, payload: Uint8Array | string = ""): void {
    this.raw(frameOf(header, payload));
  }

  raw(bytes: Uint8Array): void {
    this.process.stdin.write(bytes);
  }

  /** The next frame, or undefined when the worker has ended. */
  next(): Promise<Answer | undefined> {
    const ready = this.#answers.shift();
    if (ready !== undefined) return Promise.resolve(ready);
    if (this.process.exitCode !== null) return Promise.resolve(undefined);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** The frame that answers request `id`; other frames are passed over. */
  async answer(id: number | string): Promise<Answer> {
    for (;;) {
      const a = await this.next();
      if (a === undefined) throw new Error(`the worker ended without answering ${id}`);
      if (a.header.id === id) return a;
    }
  }

  /** Closes the input and returns the exit status. */
  finish(): Promise<number | null> {
    this.process.stdin.end();
    return this.ended;
  }

  #cut(): void {
    while (this.#buffer.length >= 8) {
      const length = this.#buffer.readUInt32LE(0);
      if (this.#buffer.length < 4 + length) return;
      const headerLength = this.#buffer.readUInt32LE(4);
      const header = JSON.parse(this.#buffer.toString("utf8", 8, 8 + headerLength)) as Record<string, any>;
      const payload = new Uint8Array(this.#buffer.subarray(8 + headerLength, 4 + length));
      this.#buffer = this.#buffer.subarray(4 + length);
      const waiting = this.#waiting.shift();
      if (waiting !== undefined) waiting({ header, payload });
      else this.#answers.push({ header, payload });
    }
  }
}

/** A function that no two values of `k` share. */
export const addText = (k: number): string => `function %add(i64) -> i64 system_v {
block0(v0: i64):
    v1 = iconst.i64 ${k}
    v2 = iadd v0, v1
    return v2
}
`;
