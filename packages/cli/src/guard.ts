import { CliCode } from "./codes.ts";

/** What may happen to the command as a whole: a reader who goes away, and mistakes of ours. */
export function guard(): void {
  process.on("uncaughtException", (error: NodeJS.ErrnoException) => {
    // Whoever reads our output may have enough of it. A listener of standard output would open it for every command.
    if (error.syscall === "write" && error.code === "EPIPE") process.exit(0);
    if (error.syscall === "write") {
      console.error(`error[${CliCode.cannotWrite}]: cannot write to standard output: ${error.message}`);
      process.exit(1);
    }
    console.error(
      `error[CLI9999]: internal error: ${error.message}. Please report this with the input that caused it.`,
    );
    process.exit(1);
  });
}
