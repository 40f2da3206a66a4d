import type { Program, TypeId } from "../sema/model.ts";
import type { Writer } from "./writer.ts";

/** What generated code asks of its context, collected while it is written: the interface for a host that is yet to be. */
export class Interface {
  readonly #program: Program;
  readonly #methods = new Map<string, string>();
  readonly #properties = new Map<string, string>();
  #slots = 1;

  constructor(program: Program) {
    this.#program = program;
  }

  has(name: string): boolean {
    return this.#methods.has(name);
  }

  method(name: string, params: readonly string[], types: readonly TypeId[], result: string): void {
    if (this.#methods.has(name)) return;
    const taken = new Map<string, number>();
    const list = params.map((param, k) => {
      const type = this.#program.types[types[k]!]!.name;
      const base = `${type[0]!.toLowerCase()}${type.slice(1)}`.replace(/[^A-Za-z0-9_]/g, "_");
      const count = (taken.get(base) ?? 0) + 1;
      taken.set(base, count);
      return `${base}_${count}: ${param}`;
    });
    this.#methods.set(name, `${name}(${list.join(", ")}): ${result};`);
  }

  property(name: string, type: string): void {
    this.#properties.set(name, `readonly ${name}: ${type};`);
  }

  slots(count: number): void {
    this.#slots = Math.max(this.#slots, count);
  }

  emit(out: Writer): void {
    const methods = [...this.#methods.values()];
    out.line("");
    if (methods.some((m) => m.endsWith(": Cursor;"))) {
      out.line("/** Values of a multi function, one after another, left in the out-slots. */");
      out.open("export interface Cursor {");
      out.line("next(): boolean;");
      out.close();
      out.line("");
    }
    out.line("/** What the rules need of their host. */");
    out.open("export interface Context {");
    out.line("words: Int32Array;");
    out.line("arena(words: number): number;");
    for (let k = 0; k < this.#slots; k++) out.line(`o${k}: any;`);
    out.line("level: number;");
    out.line("results(): any;");
    for (const property of [...this.#properties].sort(byName)) out.line(property[1]);
    for (const method of [...this.#methods].sort(byName)) out.line(method[1]);
    out.close();
  }
}

function byName(a: readonly [string, string], b: readonly [string, string]): number {
  return a[0] < b[0] ? -1 : 1;
}
