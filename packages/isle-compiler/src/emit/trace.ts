import type { Program, Term } from "../sema/model.ts";
import type { Sources } from "../sources.ts";
import { constraintText } from "../tree/json.ts";
import type { SetRule } from "../tree/rule-set.ts";
import type { Part, PartControl } from "./split.ts";
import type { Writer } from "./writer.ts";

/** Tables of a trace build: what its numbers of terms, rules and tests mean. */
export class TraceTables {
  readonly #program: Program;
  readonly #sources: Sources;
  readonly #terms: string[] = [];
  readonly #termNumbers = new Map<Term, number>();
  readonly #rules: { name: string; term: number; file: string; line: number }[] = [];
  readonly #ruleNumbers = new Map<SetRule, number>();
  readonly #tests: { subject: string; arms: string[]; rules: number[][] }[] = [];

  constructor(program: Program, sources: Sources) {
    this.#program = program;
    this.#sources = sources;
  }

  term(term: Term): number {
    let number = this.#termNumbers.get(term);
    if (number === undefined) {
      this.#termNumbers.set(term, (number = this.#terms.length));
      this.#terms.push(term.name);
    }
    return number;
  }

  rule(rule: SetRule): number {
    let number = this.#ruleNumbers.get(rule);
    if (number === undefined) {
      this.#ruleNumbers.set(rule, (number = this.#rules.length));
      const span = this.#sources.span(rule.rule.loc);
      const { line } = span.file.lineColumn(span.start);
      this.#rules.push({
        name: rule.rule.name ?? "",
        term: this.term(rule.rule.root),
        file: span.file.name,
        line,
      });
    }
    return number;
  }

  test(control: PartControl, subject: string, other: string): number {
    if (control.kind === "match") {
      const arms = control.arms.map((a) => constraintText(this.#program, a.constraint));
      this.#tests.push({ subject, arms, rules: control.arms.map((a) => this.#below(a.body)) });
    } else if (control.kind === "equal") {
      this.#tests.push({ subject, arms: [other], rules: [this.#below(control.body)] });
    } else return -1;
    return this.#tests.length - 1;
  }

  #below(part: Part): number[] {
    const found: number[] = [];
    const visit = (p: Part): void => {
      for (const { control } of p.steps) {
        if (control.kind === "return") found.push(this.rule(control.rule));
        else if (control.kind === "match") for (const arm of control.arms) visit(arm.body);
        else visit(control.body);
      }
      if (p.tail !== undefined) visit(p.tail);
    };
    visit(part);
    return found;
  }

  emit(out: Writer): void {
    out.line("");
    out.open("export interface TraceSink {");
    out.line("enter(term: number): void;");
    out.line("leave(term: number, found: boolean): void;");
    out.line("tested(test: number, arm: number): void;");
    out.line("fired(rule: number): void;");
    out.close();
    out.line("");
    out.line("let sink: TraceSink | undefined;");
    out.open("export function setSink(to: TraceSink | undefined): void {");
    out.line("sink = to;");
    out.close();
    out.open("function enter(term: number): void {");
    out.line("if (sink !== undefined) sink.enter(term);");
    out.close();
    out.open("function leave(term: number, found: boolean): void {");
    out.line("if (sink !== undefined) sink.leave(term, found);");
    out.close();
    if (this.#tests.length > 0) {
      out.open("function tested(test: number, arm: number): void {");
      out.line("if (sink !== undefined) sink.tested(test, arm);");
      out.close();
    }
    out.open("function fired(rule: number): void {");
    out.line("coverage[rule]++;");
    out.line("if (sink !== undefined) sink.fired(rule);");
    out.close();
    out.line("/** How often each rule has fired. */");
    out.line(`export const coverage: Int32Array = new Int32Array(${this.#rules.length});`);
    const tables = { terms: this.#terms, rules: this.#rules, tests: this.#tests };
    out.line("/** What the numbers mean. `rules` of a test: those below each of its arms. */");
    out.open("export interface TraceTables {");
    out.line("readonly terms: readonly string[];");
    out.line(
      "readonly rules: readonly { readonly name: string; readonly term: number; readonly file: string; readonly line: number }[];",
    );
    out.line(
      "readonly tests: readonly { readonly subject: string; readonly arms: readonly string[]; readonly rules: readonly (readonly number[])[] }[];",
    );
    out.close();
    out.line(`export const tables: TraceTables = JSON.parse(${JSON.stringify(JSON.stringify(tables))});`);
  }
}
