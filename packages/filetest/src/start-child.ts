import { type ChildProcess, fork } from "node:child_process";

/** Starts a process that runs test files: `worker-main.ts`. */
export function startTestChild(): ChildProcess {
  return fork(new URL("./worker-main.js", import.meta.url), {
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
}
