import type * as Ast from "./ast.ts";

/** Definitions as text, one a line. Comments are gone: this is for tests and tools, `format.ts` is for people. */
export function printDefs(defs: readonly Ast.Def[]): string {
  return defs.map((def) => `${printDef(def)}\n`).join("");
}

function words(...parts: readonly (string | false | undefined)[]): string {
  return `(${parts.filter((p) => p !== false && p !== undefined && p !== "").join(" ")})`;
}

function printDef(def: Ast.Def): string {
  switch (def.form) {
    case "type":
      return words(
        "type",
        def.name.name,
        def.isExtern && "extern",
        def.isNodebug && "nodebug",
        printBody(def.body),
      );
    case "decl": {
      const args = words(...def.args.map((a) => a.name));
      const { pure, multi, partial, rec } = def;
      const flags = [pure && "pure", multi && "multi", partial && "partial", rec && "rec"] as const;
      return words("decl", ...flags, def.name.name, args, def.ret.name);
    }
    case "rule":
      return words(
        "rule",
        def.name?.name,
        def.priority === undefined ? undefined : String(def.priority.value),
        printPattern(def.pattern),
        ...def.clauses.map(printClause),
        printExpr(def.expr),
      );
    case "extractor":
      return words(
        "extractor",
        words(def.name.name, ...def.params.map((p) => p.name)),
        printPattern(def.template),
      );
    case "extern-constructor":
      return words("extern constructor", def.term.name, def.func.name);
    case "extern-extractor":
      return words("extern extractor", def.infallible && "infallible", def.term.name, def.func.name);
    case "extern-const":
      return words("extern const", `$${def.name.name}`, def.type.name);
    case "convert":
      return words("convert", def.inner.name, def.outer.name, def.term.name);
    case "veri":
      return words(def.head, ...def.body.map(printSexp));
  }
}

function printBody(body: Ast.TypeBody): string {
  switch (body.kind) {
    case "primitive":
      return words("primitive", body.host.name);
    case "enum":
      return words(
        "enum",
        ...body.variants.map((v) =>
          v.fields.kind === "unit" ? v.name.name : words(v.name.name, printFields(v.fields)),
        ),
      );
    case "struct":
      return words("struct", printFields(body.fields));
  }
}

function printFields(fields: Ast.Fields): string {
  if (fields.kind === "unit") return "";
  return fields.list
    .map((f) => (fields.kind === "named" ? words(f.name, f.type.name) : f.type.name))
    .join(" ");
}

function printClause(clause: Ast.Clause): string {
  if (clause.pattern === undefined) return words("if", printExpr(clause.expr));
  return words("if-let", printPattern(clause.pattern), printExpr(clause.expr));
}

export function printPattern(pattern: Ast.Pattern): string {
  switch (pattern.kind) {
    case "int":
    case "bool":
      return String(pattern.value);
    case "const":
      return `$${pattern.name}`;
    case "wildcard":
      return "_";
    case "var":
      return pattern.name;
    case "bind":
      return `${pattern.name.name} @ ${printPattern(pattern.sub)}`;
    case "and":
      return words("and", ...pattern.parts.map(printPattern));
    case "term":
      return words(pattern.name.name, ...pattern.args.map(printPattern));
    case "hole":
      return `<${pattern.index}>`;
  }
}

export function printExpr(expr: Ast.Expr): string {
  switch (expr.kind) {
    case "int":
    case "bool":
      return String(expr.value);
    case "const":
      return `$${expr.name}`;
    case "var":
      return expr.name;
    case "term":
      return words(expr.name.name, ...expr.args.map(printExpr));
    case "let": {
      const bindings = expr.bindings.map((b) => words(b.name.name, b.type.name, printExpr(b.value)));
      return words("let", words(...bindings), printExpr(expr.body));
    }
  }
}

function printSexp(s: Ast.Sexp): string {
  return s.kind === "atom" ? s.text : words(...s.items.map(printSexp));
}
