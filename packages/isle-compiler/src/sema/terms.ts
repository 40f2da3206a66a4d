import type { Loc, Reports } from "../sources.ts";
import type * as Ast from "../syntax/ast.ts";
import { suggestion } from "../syntax/parser.ts";
import type { Term, TypeId } from "./model.ts";
import type { TypeTable } from "./types.ts";

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** Terms with their constructors, extractors and converters, collected in stages: a stage with errors is the last. */
export class TermTable {
  readonly terms: Term[] = [];
  /** By `inner,outer`. */
  readonly converters = new Map<string, Term>();
  readonly #byName = new Map<string, Term>();
  readonly #reports: Reports;
  readonly #types: TypeTable;

  constructor(types: TypeTable, reports: Reports) {
    this.#types = types;
    this.#reports = reports;
  }

  find(name: string): Term | undefined {
    return this.#byName.get(name);
  }

  suggest(name: string): string {
    return suggestion(name, this.#byName.keys());
  }

  /** Declared terms, then those of enums and structs. */
  collect(defs: readonly Ast.Def[]): void {
    for (const def of defs) if (def.form === "decl") this.#declare(def);
    for (const type of this.#types.types) {
      if (type.kind === "enum") {
        for (const [index, variant] of type.variants.entries()) {
          const fields = variant.fields.map((f) => f.type);
          const term = this.#data(
            "variant",
            `${type.name}.${variant.name}`,
            type.loc!,
            fields,
            type.id,
            index,
          );
          (variant as Mutable<typeof variant>).term = term?.id ?? -1;
        }
      } else if (type.kind === "struct") {
        const term = this.#data(
          "struct",
          type.name,
          type.loc!,
          type.fields.map((f) => f.type),
          type.id,
          0,
        );
        type.term = term?.id ?? -1;
      }
    }
  }

  #declare(def: Ast.Decl): void {
    const { name } = def.name;
    const earlier = this.#byName.get(name);
    if (earlier !== undefined) {
      this.#reports.report("ISLE0111", def.name, `term '${name}' is declared twice`, {
        labels: [{ loc: earlier.loc, message: "first declared here" }],
      });
      return;
    }
    if (def.multi && def.partial) {
      this.#reports.report(
        "ISLE0112",
        def.name,
        `term '${name}' cannot be both multi and partial: a multi term may have no result`,
      );
    }
    const args: TypeId[] = [];
    for (const arg of def.args) args.push(this.#types.expect(arg, "ISLE0113") ?? 0);
    const ret = this.#types.expect(def.ret, "ISLE0114") ?? 0;
    const { pure, multi, partial, rec } = def;
    this.#add({ name, loc: def.name, args, ret, kind: "decl", variant: 0, pure, multi, partial, rec });
  }

  #data(
    kind: "variant" | "struct",
    name: string,
    loc: Loc,
    args: TypeId[],
    ret: TypeId,
    variant: number,
  ): Term | undefined {
    const earlier = this.#byName.get(name);
    if (earlier !== undefined) {
      const code = kind === "variant" ? "ISLE0115" : "ISLE0116";
      this.#reports.report(code, loc, `the ${kind} '${name}' makes a term that is already declared`, {
        labels: [{ loc: earlier.loc, message: "declared here" }],
      });
      return undefined;
    }
    return this.#add({
      name,
      loc,
      args,
      ret,
      kind,
      variant,
      pure: true,
      multi: false,
      partial: false,
      rec: false,
    });
  }

  #add(term: Omit<Term, "id" | "constructorOf" | "extractorOf">): Term {
    const added: Term = { ...term, id: this.terms.length, constructorOf: undefined, extractorOf: undefined };
    this.terms.push(added);
    this.#byName.set(added.name, added);
    return added;
  }

  /** Which terms have rules; extractor macros. */
  heads(defs: readonly Ast.Def[]): void {
    for (const def of defs) if (def.form === "rule") this.#ruleHead(def);
    for (const def of defs) if (def.form === "extractor") this.#macro(def);
    this.#macroCycles();
  }

  #ruleHead(def: Ast.Rule): void {
    const { pattern } = def;
    if (pattern.kind !== "term") {
      this.#reports.report(
        "ISLE0121",
        pattern,
        "a rule's pattern must be a term: (rule (term arguments) result)",
      );
      return;
    }
    const { name } = pattern.name;
    const term = this.#byName.get(name);
    if (term === undefined) {
      this.#reports.report("ISLE0122", pattern.name, `unknown term '${name}'${this.suggest(name)}`);
    } else if (term.kind !== "decl") {
      const code = term.kind === "variant" ? "ISLE0123" : "ISLE0124";
      this.#reports.report(
        code,
        pattern.name,
        `'${name}' is ${term.kind === "variant" ? "an enum variant" : "a struct"}: it has no rules`,
      );
    } else term.constructorOf ??= { kind: "rules" };
  }

  #macro(def: Ast.Extractor): void {
    const { name } = def.name;
    const term = this.#byName.get(name);
    if (term === undefined) {
      this.#reports.report("ISLE0131", def.name, `unknown term '${name}'${this.suggest(name)}`);
      return;
    }
    if (term.kind !== "decl") {
      this.#reports.report(
        "ISLE0133",
        def.name,
        `'${name}' is ${term.kind === "variant" ? "an enum variant" : "a struct"}: it needs no extractor`,
      );
      return;
    }
    if (term.multi) {
      this.#reports.report("ISLE0134", def.name, `'${name}' is multi: its extractor must be external`);
      return;
    }
    if (term.extractorOf !== undefined) {
      this.#reports.report("ISLE0135", def.name, `'${name}' has two extractors`, {
        labels: [{ loc: term.extractorOf.loc, message: "first defined here" }],
      });
      return;
    }
    if (def.params.length !== term.args.length) {
      const message = `extractor '${name}' has ${def.params.length} parameters, its declaration has ${term.args.length}`;
      this.#reports.report("ISLE0137", def.name, message, {
        labels: [{ loc: term.loc, message: "declared here" }],
      });
    }
    this.#checkTemplate(def.template);
    const params = new Map(def.params.map((p, index) => [p.name, index]));
    term.extractorOf = {
      kind: "macro",
      params: def.params.length,
      template: withHoles(def.template, params),
      loc: def.name,
    };
  }

  #checkTemplate(pattern: Ast.Pattern): void {
    if (pattern.kind === "term") {
      if (!this.#byName.has(pattern.name.name)) {
        const hint = this.suggest(pattern.name.name);
        this.#reports.report(
          "ISLE0132",
          pattern.name,
          `unknown term '${pattern.name.name}' in an extractor${hint}`,
        );
      }
      for (const arg of pattern.args) this.#checkTemplate(arg);
    } else if (pattern.kind === "and") for (const part of pattern.parts) this.#checkTemplate(part);
    else if (pattern.kind === "bind") this.#checkTemplate(pattern.sub);
  }

  #macroCycles(): void {
    const state = new Map<Term, "open" | "done">();
    const path: Term[] = [];
    const visit = (term: Term): void => {
      const macro = term.extractorOf;
      if (macro?.kind !== "macro" || state.get(term) === "done") return;
      if (state.get(term) === "open") {
        const names = [...path.slice(path.indexOf(term)), term].map((t) => t.name).join(" -> ");
        this.#reports.report("ISLE0136", macro.loc, `extractor '${term.name}' contains itself: ${names}`);
        return;
      }
      state.set(term, "open");
      path.push(term);
      for (const name of termsIn(macro.template)) {
        const used = this.#byName.get(name);
        if (used !== undefined) visit(used);
      }
      path.pop();
      state.set(term, "done");
    };
    for (const term of this.terms) visit(term);
  }

  convert(defs: readonly Ast.Def[]): void {
    const places = new Map<string, Loc>();
    for (const def of defs) {
      if (def.form !== "convert") continue;
      const inner = this.#types.expect(def.inner, "ISLE0141");
      const outer = this.#types.expect(def.outer, "ISLE0142");
      const term = this.#byName.get(def.term.name);
      if (term === undefined) {
        this.#reports.report(
          "ISLE0143",
          def.term,
          `unknown term '${def.term.name}'${this.suggest(def.term.name)}`,
        );
      }
      if (inner === undefined || outer === undefined || term === undefined) continue;
      const key = `${inner},${outer}`;
      const earlier = places.get(key);
      if (earlier !== undefined) {
        const message = `there are two converters from '${def.inner.name}' to '${def.outer.name}'`;
        this.#reports.report("ISLE0144", def, message, {
          labels: [{ loc: earlier, message: "the first is here" }],
        });
        continue;
      }
      places.set(key, def);
      if (term.args.length !== 1 || term.args[0] !== inner || term.ret !== outer) {
        const message = `converter '${term.name}' is not declared (decl ${term.name} (${def.inner.name}) ${def.outer.name})`;
        this.#reports.report("ISLE0511", def.term, message, {
          labels: [{ loc: term.loc, message: "declared here" }],
        });
      }
      this.converters.set(key, term);
    }
  }

  externs(defs: readonly Ast.Def[]): void {
    for (const def of defs) {
      if (def.form === "extern-constructor") this.#externConstructor(def);
      else if (def.form === "extern-extractor") this.#externExtractor(def);
    }
  }

  #externConstructor(def: Ast.ExternConstructor): void {
    const { name } = def.term;
    const term = this.#byName.get(name);
    if (term === undefined) {
      this.#reports.report("ISLE0151", def.term, `unknown term '${name}'${this.suggest(name)}`);
    } else if (term.kind !== "decl") {
      this.#reports.report(
        "ISLE0152",
        def.term,
        `'${name}' is ${term.kind === "variant" ? "an enum variant" : "a struct"}: it is its own constructor`,
      );
    } else if (term.constructorOf?.kind === "rules") {
      this.#reports.report(
        "ISLE0153",
        def.term,
        `'${name}' has rules, so it cannot have an external constructor`,
      );
    } else if (term.constructorOf?.kind === "extern") {
      this.#reports.report("ISLE0154", def.term, `'${name}' has two external constructors`, {
        labels: [{ loc: term.constructorOf.loc, message: "the first is here" }],
      });
    } else term.constructorOf = { kind: "extern", func: def.func.name, loc: def.term };
  }

  #externExtractor(def: Ast.ExternExtractor): void {
    const { name } = def.term;
    const term = this.#byName.get(name);
    if (term === undefined) {
      this.#reports.report("ISLE0155", def.term, `unknown term '${name}'${this.suggest(name)}`);
    } else if (term.kind !== "decl") {
      this.#reports.report(
        "ISLE0156",
        def.term,
        `'${name}' is ${term.kind === "variant" ? "an enum variant" : "a struct"}: it is its own extractor`,
      );
    } else if (term.extractorOf !== undefined) {
      const macro = term.extractorOf.kind === "macro";
      const message = macro
        ? `'${name}' has an extractor macro already`
        : `'${name}' has two external extractors`;
      this.#reports.report(macro ? "ISLE0158" : "ISLE0157", def.term, message, {
        labels: [{ loc: term.extractorOf.loc, message: "the first is here" }],
      });
    } else
      term.extractorOf = { kind: "extern", func: def.func.name, infallible: def.infallible, loc: def.term };
  }
}

/** The template with its parameters, where they stand alone or as `name @ _`, made holes. */
function withHoles(pattern: Ast.Pattern, params: ReadonlyMap<string, number>): Ast.Pattern {
  switch (pattern.kind) {
    case "var":
    case "bind": {
      const name = pattern.kind === "var" ? pattern.name : pattern.name.name;
      const index = params.get(name);
      if (index !== undefined && (pattern.kind === "var" || pattern.sub.kind === "wildcard")) {
        return { kind: "hole", index, start: pattern.start, end: pattern.end };
      }
      return pattern.kind === "var" ? pattern : { ...pattern, sub: withHoles(pattern.sub, params) };
    }
    case "and":
      return { ...pattern, parts: pattern.parts.map((p) => withHoles(p, params)) };
    case "term":
      return { ...pattern, args: pattern.args.map((p) => withHoles(p, params)) };
    default:
      return pattern;
  }
}

function* termsIn(pattern: Ast.Pattern): Generator<string> {
  if (pattern.kind === "term") {
    yield pattern.name.name;
    for (const arg of pattern.args) yield* termsIn(arg);
  } else if (pattern.kind === "and") for (const part of pattern.parts) yield* termsIn(part);
  else if (pattern.kind === "bind") yield* termsIn(pattern.sub);
}
