import { functionName } from "@gantry/clif-ir";
import { type Pass, type PassObserver, passes } from "@gantry/codegen-core";
import { flagOption, type Invocation, listOption, textOption } from "./command.ts";
import { UsageError } from "./usage-error.ts";

/** What `--dump`, `--stop-after`, `--time-passes` and `--check` ask for, all derived from the list of passes. */
export class PassWatch implements PassObserver {
  readonly #dump: ReadonlySet<string>;
  readonly #stopAfter: string | undefined;
  readonly #check: boolean;
  readonly #timing: boolean;
  readonly #milliseconds = new Map<string, number>();
  #start = 0;

  constructor(invocation: Invocation) {
    const dump = listOption(invocation, "dump").flatMap((word) => word.split(","));
    this.#dump = new Set(dump.includes("all") ? passes.map((pass) => pass.name) : dump.map(known));
    const stop = textOption(invocation, "stopAfter");
    this.#stopAfter = stop === undefined ? undefined : known(stop);
    this.#check = textOption(invocation, "check") === "each";
    this.#timing = flagOption(invocation, "timePasses");
  }

  /** Whether anything is asked for; otherwise compiling need not be watched. */
  get isNeeded(): boolean {
    return this.#dump.size > 0 || this.#stopAfter !== undefined || this.#check || this.#timing;
  }

  /** Whether no machine code will come out. */
  get stopsEarly(): boolean {
    return this.#stopAfter !== undefined && this.#stopAfter !== passes.at(-1)?.name;
  }

  before(): void {
    this.#start = performance.now();
  }

  after(pass: Pass, context: Parameters<Pass["run"]>[0]): boolean {
    const spent = performance.now() - this.#start;
    if (this.#timing) this.#milliseconds.set(pass.name, (this.#milliseconds.get(pass.name) ?? 0) + spent);
    if (this.#check) pass.check?.(context);
    if (this.#dump.has(pass.name)) {
      process.stderr.write(
        `; ${functionName(context.func)} after ${pass.name}\n${pass.dump(context).trimEnd()}\n\n`,
      );
    }
    return pass.name === this.#stopAfter;
  }

  /** Prints the time of every pass. */
  report(): void {
    if (!this.#timing) return;
    const total = [...this.#milliseconds.values()].reduce((a, b) => a + b, 0);
    for (const { name, does } of passes) {
      const ms = this.#milliseconds.get(name);
      if (ms === undefined) continue;
      const share = total === 0 ? 0 : (100 * ms) / total;
      process.stderr.write(
        `${ms.toFixed(2).padStart(10)} ms ${share.toFixed(1).padStart(5)} %  ${name}: ${does}\n`,
      );
    }
    process.stderr.write(`${total.toFixed(2).padStart(10)} ms          all passes\n`);
  }
}

function known(name: string): string {
  if (passes.some((pass) => pass.name === name)) return name;
  throw new UsageError(`there is no pass '${name}'; there are ${passes.map((pass) => pass.name).join(", ")}`);
}
