import type { UnitResult } from "./outcome.ts";
import { type FileOptions, runFile } from "./run-file.ts";

/** A child process that runs files; generated code may end it, so every unit is announced before it runs. */
export type ToWorker = { readonly path: string; readonly from: number; readonly options: FileOptions };
export type FromWorker =
  | { readonly kind: "started"; readonly index: number; readonly label: string }
  | { readonly kind: "finished"; readonly index: number; readonly result: UnitResult }
  | { readonly kind: "done" };

/** Runs test files for the parent process until that ends. */
export function serveTests(): void {
  const send = (message: FromWorker): void => {
    // A parent that is gone needs no answer.
    process.send!(message, undefined, undefined, () => {});
  };

  process.on("disconnect", () => process.exit(0));

  process.on("message", async ({ path, from, options }: ToWorker) => {
    await runFile(path, options, from, {
      started: (index, label) => send({ kind: "started", index, label }),
      finished: (index, result) => send({ kind: "finished", index, result }),
    });
    send({ kind: "done" });
  });
}
