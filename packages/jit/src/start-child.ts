import { type ChildProcess, fork } from "node:child_process";
import type { ChildTarget } from "./child.ts";

/** Starts the program of the child process, `child-main.ts`. */
export function startChild(target: ChildTarget): ChildProcess {
  const main = new URL(
    import.meta.url.endsWith(".ts") ? "./child-main.ts" : "./child-main.js",
    import.meta.url,
  );
  return fork(main, [target.module, target.exportName], {
    serialization: "advanced",
    stdio: ["ignore", "inherit", "inherit", "ipc"],
    execArgv: [],
  });
}
