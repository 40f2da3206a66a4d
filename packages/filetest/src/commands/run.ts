import { applySetting, missingFeature } from "@gantry/jit/host";
import { TestCode } from "../codes.ts";
import { nativeExecutor } from "../native.ts";
import { obey, runCommandsOf } from "../obey.ts";
import { Skip } from "../outcome.ts";
import { architectureOf, hostArchitecture, systemOf } from "../targets.ts";
import type { TestContext } from "../test-command.ts";

/** Compiles the functions into this process and obeys their run commands. */
export function run(c: TestContext): void {
  const { isa, line } = c.target!;
  const host = hostArchitecture();
  if (architectureOf(line.triple) !== host) {
    throw new Skip("host", `${isa.arch} code cannot run on this machine (${host})`);
  }
  const system = systemOf(line.triple);
  if (system !== systemOf("") && system.platform !== process.platform) {
    throw new Skip("host", `${system.name} code cannot run on this machine (${process.platform})`);
  }
  if (isa.jit === undefined || process.platform !== "linux") {
    throw new Skip("host", `code cannot be called in a process of this system (${process.platform})`);
  }
  for (const text of c.forced) applySetting(isa, c.settings, text);
  const missing = missingFeature(isa, c.settings);
  if (missing !== undefined) throw new Skip("host", `this machine has no ${missing}`);
  const orders = runCommandsOf(c.functions, c.file.source);
  c.settings.set("is_pic");
  const functions = c.functions.map((f) => ({ func: f.func, start: f.span.start }));
  const execute = nativeExecutor(isa, c.settings, functions, c.file.source);
  for (const order of orders) {
    // The function that the comment belongs to is called, whatever name is written.
    const wrong = obey(order, execute, c.print);
    if (wrong !== undefined) throw c.failure(c.functions[order.index]!, TestCode.wrongResult, wrong);
  }
}
