import { createInterface } from "node:readline";

/** What a line server does for each verb; it gets what stands behind the verb and gives the words of the answer. */
export type Requests = Readonly<Record<string, (rest: string) => string | Promise<string>>>;

/**
 * The measured end of a `LineServer`: answers every line on standard input, which is a verb and its words, by
 * `ok WORDS` or, where that fails, `err MESSAGE`. `bench/peers/src/lines.rs` is the peers' twin.
 */
export async function serveLines(requests: Requests): Promise<void> {
  for await (const line of createInterface({ input: process.stdin })) {
    const [verb = "", rest = ""] = line.split(/ (.*)/);
    try {
      const request = requests[verb];
      if (request === undefined) throw new Error(`unknown request ${verb}`);
      process.stdout.write(`ok ${await request(rest)}\n`);
    } catch (error) {
      process.stdout.write(`err ${(error as Error).message.replaceAll("\n", " ")}\n`);
    }
  }
}
