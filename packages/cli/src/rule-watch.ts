import { instText } from "@gantry/clif-ir";
import type { TargetIsa } from "@gantry/codegen-core";
import { errorOf } from "@gantry/diag";
import { architectureOf, hostArchitecture, type TracedTarget, targets } from "@gantry/filetest/targets";
import type { coverageOf } from "@gantry/isle-compiler";
import { CliCode } from "./codes.ts";
import { type Invocation, textOption } from "./command.ts";
import { writeOutput } from "./files.ts";

/** What `--trace-isle` and `--coverage` ask for. Both need a second build of the selector, loaded here and only then. */
export class RuleWatch {
  /** The target to compile for. */
  readonly isa: TargetIsa;
  readonly #traced: TracedTarget;
  readonly #coverage: string | undefined;
  readonly #coverageOf: typeof coverageOf;

  static async of(invocation: Invocation): Promise<RuleWatch | undefined> {
    const mode = invocation.options.traceIsle;
    const coverage = textOption(invocation, "coverage");
    if (mode === undefined && coverage === undefined) return undefined;
    const arch = architectureOf(textOption(invocation, "target") ?? hostArchitecture());
    const traced = await targets.find((row) => row.arch === arch)?.trace?.();
    if (traced === undefined) throw errorOf(CliCode.noTarget, `the target ${arch} has no rules to trace`);
    const { TracePrinter, coverageOf } = await import("@gantry/isle-compiler");
    const write = (line: string): unknown => process.stderr.write(`${line}\n`);
    if (mode !== undefined)
      traced.setSink(new TracePrinter(traced.tables, write, mode === "why" ? "why" : "fired"));
    return new RuleWatch(traced, coverage, coverageOf, mode === undefined ? undefined : write);
  }

  private constructor(
    traced: TracedTarget,
    coverage: string | undefined,
    count: typeof coverageOf,
    write: ((line: string) => unknown) | undefined,
  ) {
    this.#traced = traced;
    this.#coverage = coverage;
    this.#coverageOf = count;
    const { isa } = traced;
    this.isa =
      write === undefined
        ? isa
        : {
            ...isa,
            lower(ctx, i) {
              write(instText(ctx.func, i));
              return isa.lower(ctx, i);
            },
            lowerBranch(ctx, i) {
              write(instText(ctx.func, i));
              return isa.lowerBranch(ctx, i);
            },
          };
  }

  /** Writes the counts. */
  finish(): void {
    if (this.#coverage !== undefined)
      writeOutput(this.#coverage, `${JSON.stringify(this.#coverageOf(this.#traced))}\n`);
  }
}
