/** What may happen to the command as a whole: a reader who goes away, and mistakes of ours. */
export function guard(): void {
  // Whoever reads our output may have enough of it.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => process.exit(error.code === "EPIPE" ? 0 : 1));
  process.on("uncaughtException", (error) => {
    console.error(
      `error[CLI9999]: internal error: ${error.message}. Please report this with the input that caused it.`,
    );
    process.exit(1);
  });
}
