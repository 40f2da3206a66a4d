import type { Loc } from "../sources.ts";

export interface Ident extends Loc {
  readonly name: string;
}

export interface Field extends Loc {
  /** Positional fields are called `0`, `1`, ... */
  readonly name: string;
  readonly type: Ident;
}

export type Fields =
  | { readonly kind: "unit" }
  | { readonly kind: "named" | "positional"; readonly list: readonly Field[] };

export interface Variant extends Loc {
  readonly name: Ident;
  readonly fields: Fields;
}

export type TypeBody =
  | { readonly kind: "primitive"; readonly host: Ident }
  | { readonly kind: "enum"; readonly variants: readonly Variant[] }
  | { readonly kind: "struct"; readonly fields: Fields };

export type Pattern = Loc &
  (
    | { readonly kind: "int"; readonly value: bigint }
    | { readonly kind: "bool"; readonly value: boolean }
    | { readonly kind: "const"; readonly name: string }
    | { readonly kind: "wildcard" }
    | { readonly kind: "var"; readonly name: string }
    | { readonly kind: "bind"; readonly name: Ident; readonly sub: Pattern }
    | { readonly kind: "and"; readonly parts: readonly Pattern[] }
    | { readonly kind: "term"; readonly name: Ident; readonly args: readonly Pattern[] }
    /** Stands for parameter `index` of an extractor macro; made when the macro is defined. */
    | { readonly kind: "hole"; readonly index: number }
  );

export interface LetBinding extends Loc {
  readonly name: Ident;
  readonly type: Ident;
  readonly value: Expr;
}

export type Expr = Loc &
  (
    | { readonly kind: "int"; readonly value: bigint }
    | { readonly kind: "bool"; readonly value: boolean }
    | { readonly kind: "const"; readonly name: string }
    | { readonly kind: "var"; readonly name: string }
    | { readonly kind: "term"; readonly name: Ident; readonly args: readonly Expr[] }
    | { readonly kind: "let"; readonly bindings: readonly LetBinding[]; readonly body: Expr }
  );

export interface Clause extends Loc {
  /** Absent in `(if e)`. */
  readonly pattern: Pattern | undefined;
  readonly expr: Expr;
}

export interface TypeDef extends Loc {
  readonly form: "type";
  readonly name: Ident;
  readonly isExtern: boolean;
  readonly isNodebug: boolean;
  readonly body: TypeBody;
}

export interface Decl extends Loc {
  readonly form: "decl";
  readonly name: Ident;
  readonly args: readonly Ident[];
  readonly ret: Ident;
  readonly pure: boolean;
  readonly multi: boolean;
  readonly partial: boolean;
  readonly rec: boolean;
}

export interface Rule extends Loc {
  readonly form: "rule";
  readonly name: Ident | undefined;
  readonly priority: { readonly value: bigint; readonly loc: Loc } | undefined;
  readonly pattern: Pattern;
  readonly clauses: readonly Clause[];
  readonly expr: Expr;
  /** Just after `rule`: where the reference puts the rule. */
  readonly at: number;
}

export interface Extractor extends Loc {
  readonly form: "extractor";
  readonly name: Ident;
  readonly params: readonly Ident[];
  readonly template: Pattern;
}

export interface ExternConstructor extends Loc {
  readonly form: "extern-constructor";
  readonly term: Ident;
  readonly func: Ident;
}

export interface ExternExtractor extends Loc {
  readonly form: "extern-extractor";
  readonly term: Ident;
  readonly func: Ident;
  readonly infallible: boolean;
}

export interface ExternConst extends Loc {
  readonly form: "extern-const";
  readonly name: Ident;
  readonly type: Ident;
}

export interface Converter extends Loc {
  readonly form: "convert";
  readonly inner: Ident;
  readonly outer: Ident;
  readonly term: Ident;
}

export type Def =
  | TypeDef
  | Decl
  | Rule
  | Extractor
  | ExternConstructor
  | ExternExtractor
  | ExternConst
  | Converter
  | Verification;

/** A verification form: its grammar is checked, it means nothing to the compiler. */
export interface Verification extends Loc {
  readonly form: "veri";
  readonly head: string;
  readonly body: readonly Sexp[];
}

/** Verification forms keep their shape only. */
export type Sexp = Loc &
  (
    | { readonly kind: "atom"; readonly text: string }
    | { readonly kind: "list"; readonly items: readonly Sexp[] }
  );
