import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { TargetIsa } from "@gantry/codegen-core";

export { type SystemRow, systemOf } from "./systems.ts";

/** An architecture: what triples call it, and how its package is loaded. The list of targets; a target is one row. */
export interface TargetRow {
  readonly arch: string;
  /** The first part of a triple. */
  readonly spellings: RegExp;
  /** Absent as long as the target is not built. */
  readonly load?: () => Promise<TargetIsa>;
  /** The target with selectors that report the rules they use. */
  readonly trace?: () => Promise<TracedTarget>;
  /** The module as another process can import it, and the name of its export. */
  readonly module?: () => TargetModule;
}

/** A target for `--trace-isle` and `--coverage`: what the ISLE compiler's trace build exports, and the target over it. */
export interface TracedTarget {
  readonly isa: TargetIsa;
  readonly tables: {
    readonly terms: readonly string[];
    readonly rules: readonly {
      readonly name: string;
      readonly term: number;
      readonly file: string;
      readonly line: number;
    }[];
    readonly tests: readonly {
      readonly subject: string;
      readonly arms: readonly string[];
      readonly rules: readonly (readonly number[])[];
    }[];
  };
  readonly coverage: Int32Array;
  setSink(sink: TraceSink | undefined): void;
}

export interface TraceSink {
  enter(term: number): void;
  leave(term: number, found: boolean): void;
  tested(test: number, arm: number): void;
  fired(rule: number): void;
}

export interface TargetModule {
  readonly module: string;
  readonly exportName: string;
}

export const targets: readonly TargetRow[] = [
  {
    arch: "x86_64",
    spellings: /^x86_64h?$/,
    load: async () => (await import("@gantry/isa-x64")).x64,
    trace: () => import("@gantry/isa-x64/trace"),
    module: () => ({ module: import.meta.resolve("@gantry/isa-x64"), exportName: "x64" }),
  },
  { arch: "aarch64", spellings: /^(aarch64|arm64)$/ },
  { arch: "riscv64", spellings: /^riscv64\w*$/ },
  { arch: "s390x", spellings: /^s390x$/ },
];

/** Targets of Cranelift that Gantry does not build: lines that name them are as good as absent. */
const foreign = /^(pulley(32|64)(be)?|i[3-6]86)$/;

/** Whether a target line is left out without a word. */
export function isIgnoredTarget(triple: string): boolean {
  return foreign.test(triple.split("-")[0]!);
}

/** The architecture that a triple names; the first word itself if it is not known. */
export function architectureOf(triple: string): string {
  const first = triple.split("-")[0]!;
  return targets.find((row) => row.spellings.test(first))?.arch ?? first;
}

/** Loads the target of a triple; undefined if it is not built, or not known at all. */
export async function loadTarget(triple: string): Promise<TargetIsa | undefined> {
  const arch = architectureOf(triple);
  const row = targets.find((candidate) => candidate.arch === arch);
  const folder = process.env[COVERAGE_FOLDER];
  return folder !== undefined && row?.trace !== undefined
    ? countedTarget(row, row.trace, folder)
    : row?.load?.();
}

/** Environment variable: the folder where each process that runs tests leaves how often every rule fired. */
export const COVERAGE_FOLDER = "GANTRY_RULE_COVERAGE";
const counted = new Map<TargetRow, Promise<TracedTarget>>();

/** The target whose rules are counted; the counts are written when the process ends. */
async function countedTarget(
  row: TargetRow,
  load: () => Promise<TracedTarget>,
  folder: string,
): Promise<TargetIsa> {
  let traced = counted.get(row);
  if (traced === undefined) {
    counted.set(row, (traced = load()));
    const { tables, coverage } = await traced;
    process.once("exit", () => {
      const rules = tables.rules.map(({ term, name, file, line }, k) => ({
        term: tables.terms[term],
        name,
        file,
        line,
        hits: coverage[k],
      }));
      writeFileSync(join(folder, `${row.arch}-${process.pid}.json`), JSON.stringify({ version: 1, rules }));
    });
  }
  return (await traced).isa;
}

/** The module of this machine's target; of the first target where this machine's is not built. */
export function hostModule(): TargetModule {
  const host = hostArchitecture();
  const row =
    targets.find((candidate) => candidate.arch === host && candidate.module !== undefined) ?? targets[0]!;
  return row.module!();
}

/** The architecture of this machine, in the spelling of triples. */
export function hostArchitecture(): string {
  return (
    { x64: "x86_64", arm64: "aarch64", riscv64: "riscv64", s390x: "s390x" }[process.arch as string] ??
    process.arch
  );
}
