/** The tables that a trace build of a selector exports as `tables`. */
export interface TraceTables {
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
}

/** What a trace build of a selector exports besides its functions. */
export interface TraceModule {
  readonly tables: TraceTables;
  readonly coverage: Int32Array;
  setSink(sink: TraceSink | undefined): void;
}

/** Hears what a trace build does. */
export interface TraceSink {
  enter(term: number): void;
  leave(term: number, found: boolean): void;
  tested(test: number, arm: number): void;
  fired(rule: number): void;
}

/** Most rules that are named after one failed test. */
const shownRules = 6;

/**
 * Writes down the rules that fire, nested as their terms call each other. With `why` also the rules that were tried
 * before, each with the first test that it failed; the test that a term begins with sorts most of its rules out and is
 * left out.
 */
export class TracePrinter implements TraceSink {
  readonly #tables: TraceTables;
  readonly #write: (line: string) => void;
  readonly #why: boolean;
  readonly #first: boolean[] = [];

  constructor(tables: TraceTables, write: (line: string) => void, mode: "fired" | "why" = "fired") {
    this.#tables = tables;
    this.#write = write;
    this.#why = mode === "why";
  }

  #line(text: string): void {
    this.#write(`${"  ".repeat(this.#first.length)}${text}`);
  }

  enter(term: number): void {
    if (this.#why) this.#line(`${this.#tables.terms[term]!}?`);
    this.#first.push(true);
  }

  leave(term: number, found: boolean): void {
    this.#first.pop();
    if (this.#why && !found) this.#line(`${this.#tables.terms[term]!}: nothing`);
  }

  tested(test: number, arm: number): void {
    if (!this.#why) return;
    const depth = this.#first.length - 1;
    const isFirst = this.#first[depth]!;
    this.#first[depth] = false;
    const { subject, arms, rules } = this.#tables.tests[test]!;
    if (isFirst && arms.length > 1) return;
    for (const [k, label] of arms.entries()) {
      if (k === arm) continue;
      const names = rules[k]!.map((r) => this.#name(r));
      const more = names.length > shownRules ? ` and ${names.length - shownRules} more` : "";
      this.#line(
        `not ${names.slice(0, shownRules).join(", ")}${more}: ${label === "a value" ? `${subject} has no value` : `${subject} is not ${label}`}`,
      );
    }
  }

  fired(rule: number): void {
    const { term } = this.#tables.rules[rule]!;
    this.#first[this.#first.length - 1] = false;
    this.#line(`${this.#tables.terms[term]!} ${this.#name(rule)}`);
  }

  #name(rule: number): string {
    const { name, file, line } = this.#tables.rules[rule]!;
    return name === "" ? `${file}:${line}` : `${name} (${file}:${line})`;
  }
}

/** Rule hits of a run, as `--coverage` writes them. */
export interface Coverage {
  readonly version: 1;
  readonly rules: readonly {
    readonly term: string;
    readonly name: string;
    readonly file: string;
    readonly line: number;
    readonly hits: number;
  }[];
}

export function coverageOf(module: Pick<TraceModule, "tables" | "coverage">): Coverage {
  const { terms, rules } = module.tables;
  return {
    version: 1,
    rules: rules.map(({ term, name, file, line }, k) => ({
      term: terms[term]!,
      name,
      file,
      line,
      hits: module.coverage[k]!,
    })),
  };
}

/** Adds up the hits of several runs of one or more selectors. */
export function mergeCoverage(runs: readonly Coverage[]): Coverage {
  const rules = new Map<string, Coverage["rules"][number]>();
  for (const run of runs) {
    for (const rule of run.rules) {
      const key = `${rule.file}:${rule.line}:${rule.term}`;
      rules.set(key, { ...rule, hits: rule.hits + (rules.get(key)?.hits ?? 0) });
    }
  }
  return { version: 1, rules: [...rules.values()] };
}
