/** The `gantry` command: runs it with the given words and gives its exit status. */
export async function main(argv: readonly string[]): Promise<number> {
  if (argv.length === 1 && (argv[0] === "--version" || argv[0] === "-V")) {
    const { version } = await import("./version.ts");
    process.stdout.write(`gantry ${version}\n`);
    return 0;
  }
  const { runProgram } = await import("./program.ts");
  return runProgram(argv);
}
