import type { Reports } from "../sources.ts";
import type * as Ast from "../syntax/ast.ts";
import { suggestion } from "../syntax/parser.ts";
import { builtinTypes, type Constant, type Type, type TypeId, type VariantInfo } from "./model.ts";

/** Type names, type bodies and constants. */
export class TypeTable {
  readonly types: Type[] = builtinTypes();
  readonly constants = new Map<string, Constant>();
  readonly #byName = new Map<string, Type>();
  readonly #symbols = new Map<string, number>();
  readonly #reports: Reports;

  constructor(defs: readonly Ast.Def[], reports: Reports) {
    this.#reports = reports;
    for (const type of this.types) {
      this.#byName.set(type.name, type);
      this.#symbol(type.name);
    }
    const bodies: { def: Ast.TypeDef; type: Type }[] = [];
    for (const def of defs) {
      if (def.form !== "type") continue;
      const type = this.#declare(def);
      if (type !== undefined) bodies.push({ def, type });
    }
    for (const { def, type } of bodies) this.#fill(def, type);
    for (const def of defs) if (def.form === "extern-const") this.#constant(def);
  }

  find(name: string): Type | undefined {
    return this.#byName.get(name);
  }

  /** The number of type `name`, or undefined after a report with `code`. */
  expect(
    name: Ast.Ident,
    code: "ISLE0105" | "ISLE0106" | "ISLE0113" | "ISLE0114" | "ISLE0141" | "ISLE0142" | "ISLE0219",
  ): TypeId | undefined {
    const type = this.#byName.get(name.name);
    if (type === undefined) {
      const hint = suggestion(name.name, this.#byName.keys());
      this.#reports.unknownName(code, name.name, name, `unknown type '${name.name}'${hint}`);
    }
    return type?.id;
  }

  #symbol(name: string): number {
    let symbol = this.#symbols.get(name);
    if (symbol === undefined) this.#symbols.set(name, (symbol = this.#symbols.size));
    return symbol;
  }

  #declare(def: Ast.TypeDef): Type | undefined {
    const { name } = def.name;
    const earlier = this.#byName.get(name);
    if (earlier !== undefined) {
      if (earlier.loc === undefined) this.#reports.report("ISLE0101", def.name, `type '${name}' is built in`);
      else {
        this.#reports.report("ISLE0101", def.name, `type '${name}' is defined twice`, {
          labels: [{ loc: earlier.loc, message: "first defined here" }],
        });
      }
      return undefined;
    }
    const { body, isExtern, isNodebug } = def;
    if (body.kind === "primitive" && (isExtern || isNodebug)) {
      this.#reports.report(
        "ISLE0102",
        def.name,
        `primitive type '${name}' cannot be ${isExtern ? "extern" : "nodebug"}`,
      );
    } else if (isExtern && isNodebug) {
      this.#reports.report(
        "ISLE0102",
        def.name,
        `an extern type has no debug printing: remove 'nodebug' from '${name}'`,
      );
    }
    const head = { id: this.types.length, name, loc: def.name };
    const type: Type =
      body.kind === "primitive"
        ? { ...head, kind: "primitive", host: body.host.name }
        : body.kind === "enum"
          ? { ...head, kind: "enum", variants: [], isExtern, isNodebug }
          : { ...head, kind: "struct", fields: [], term: -1, isExtern, isNodebug };
    this.types.push(type);
    this.#byName.set(name, type);
    this.#symbol(name);
    return type;
  }

  #fill(def: Ast.TypeDef, type: Type): void {
    const { body } = def;
    if (body.kind === "enum" && type.kind === "enum") {
      const seen = new Map<string, Ast.Ident>();
      for (const variant of body.variants) {
        const earlier = seen.get(variant.name.name);
        if (earlier !== undefined) {
          this.#reports.report(
            "ISLE0103",
            variant.name,
            `type '${type.name}' has two variants '${variant.name.name}'`,
            {
              labels: [{ loc: earlier, message: "first defined here" }],
            },
          );
          continue;
        }
        seen.set(variant.name.name, variant.name);
        this.#symbol(variant.name.name);
        this.#symbol(`${type.name}.${variant.name.name}`);
        const fields = this.#fields(variant.fields, `variant '${type.name}.${variant.name.name}'`);
        type.variants.push({ name: variant.name.name, fields, term: -1 });
      }
    } else if (body.kind === "struct" && type.kind === "struct") {
      const fields = type.fields as VariantInfo["fields"][number][];
      for (const field of this.#fields(body.fields, `struct '${type.name}'`)) fields.push(field);
    }
  }

  #fields(fields: Ast.Fields, owner: string): VariantInfo["fields"] {
    if (fields.kind === "unit") return [];
    const result: { name: string; type: TypeId }[] = [];
    const seen = new Set<string>();
    for (const field of fields.list) {
      if (seen.has(field.name))
        this.#reports.report("ISLE0104", field, `${owner} has two fields '${field.name}'`);
      seen.add(field.name);
      this.#symbol(field.name);
      const type = this.#byName.get(field.type.name);
      if (type === undefined) {
        const hint = suggestion(field.type.name, this.#byName.keys());
        const message = `unknown type '${field.type.name}' of a field of ${owner}${hint}`;
        this.#reports.unknownName("ISLE0105", field.type.name, field.type, message);
      } else result.push({ name: field.name, type: type.id });
    }
    return result;
  }

  #constant(def: Ast.ExternConst): void {
    const type = this.expect(def.type, "ISLE0106");
    const earlier = this.constants.get(def.name.name);
    if (earlier !== undefined) {
      this.#reports.report("ISLE0107", def.name, `constant '$${def.name.name}' is defined twice`, {
        labels: [{ loc: earlier.loc, message: "first defined here" }],
      });
      return;
    }
    if (type === undefined) return;
    const symbol = this.#symbol(def.name.name);
    this.constants.set(def.name.name, { name: def.name.name, type, symbol, loc: def.name });
  }
}
