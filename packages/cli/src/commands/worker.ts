import { fstatSync } from "node:fs";
import { Socket } from "node:net";
import { Settings } from "@gantry/clif-ir";
import { hostArchitecture, hostModule, targets } from "@gantry/filetest/targets";
import { type Invocation, textOption } from "../command.ts";
import { UsageError } from "../usage-error.ts";
import { version } from "../version.ts";
import { Engine } from "../worker/engine.ts";
import { type CacheData, cacheFrom, type EngineData } from "../worker/engine-data.ts";
import { ThreadPool } from "../worker/pool.ts";
import { DEFAULT_LIMITS, type Limits } from "../worker/protocol.ts";
import { RunExecutor } from "../worker/run-executor.ts";
import { Server } from "../worker/server.ts";
import { startThread } from "../worker/start-thread.ts";

/** `gantry worker`: requests on standard input, answers on standard output, until the input ends. */
export async function run(invocation: Invocation): Promise<number> {
  const jobs = numberOption(invocation, "jobs", 1);
  const limits: Limits = {
    ...DEFAULT_LIMITS,
    frameBytes: numberOption(invocation, "maxFrame", DEFAULT_LIMITS.frameBytes),
    memoryBytes: numberOption(invocation, "maxMemory", DEFAULT_LIMITS.memoryBytes),
  };
  const cache = cacheData(invocation);
  // One job needs no thread: what it would gain in parallelism it loses in messages.
  const compile =
    jobs === 1
      ? new Engine(limits, cacheFrom(cache))
      : new ThreadPool(jobs, () => startThread({ limits, cache } satisfies EngineData));
  const runner = new RunExecutor(hostModule());
  const identity = {
    version,
    targets: targets.filter((row) => row.load !== undefined).map((row) => row.arch),
    host: hostArchitecture(),
    settings: new Settings().rows,
  };
  const server = new Server(limits, identity, compile, runner, (bytes) => process.stdout.write(bytes));
  await new Promise<void>((resolve) => {
    readInput(server, resolve);
    // A client that is gone needs no answers.
    process.stdout.on("error", resolve);
  });
  await server.drained();
  await server.close();
  return 0;
}

/** Has the server told of all that arrives on standard input. */
function readInput(server: Server, ended: () => void): void {
  const info = fstatSync(0);
  if (info.isFIFO() || info.isSocket()) {
    // The bytes go straight to where frames are cut, without a buffer and an event for each piece.
    const input = new Socket({
      fd: 0,
      readable: true,
      writable: false,
      onread: {
        buffer: () => server.input.room(),
        callback: (n) => {
          server.filled(n);
          return true;
        },
      },
    });
    input.on("end", ended);
    input.on("error", ended);
    return;
  }
  process.stdin.on("data", (chunk: Buffer) => server.push(chunk));
  process.stdin.on("end", ended);
  process.stdin.on("error", ended);
}

function numberOption(invocation: Invocation, name: string, fallback: number): number {
  const text = textOption(invocation, name);
  if (text === undefined) return fallback;
  const n = Number(text);
  if (!Number.isInteger(n) || n < 1)
    throw new UsageError(`--${name} takes a whole number from 1, not '${text}'`);
  return n;
}

function cacheData(invocation: Invocation): CacheData | undefined {
  const directory = textOption(invocation, "cache") ?? "";
  const url = textOption(invocation, "cacheUrl") ?? "";
  if (directory === "" && url === "") return undefined;
  const checkRate = Number(textOption(invocation, "cacheCheck") ?? "0");
  if (!(checkRate >= 0 && checkRate <= 1)) throw new UsageError("--cache-check takes a share from 0 to 1");
  return {
    directory,
    url,
    checkRate,
    limitBytes: numberOption(invocation, "cacheSize", 1 << 30),
    producer: version,
  };
}
