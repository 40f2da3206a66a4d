import type { Loc } from "../sources.ts";
import type * as Ast from "../syntax/ast.ts";

/** Types, terms and rules as they are after checking; every thing has a dense number. */

export type TypeId = number;
export type TermId = number;

export interface VariantInfo {
  readonly name: string;
  readonly fields: readonly { readonly name: string; readonly type: TypeId }[];
  readonly term: TermId;
}

export type Type = { readonly id: TypeId; readonly name: string; readonly loc: Loc | undefined } & (
  | { readonly kind: "builtin"; readonly bits: number; readonly signed: boolean }
  | { readonly kind: "primitive"; readonly host: string }
  | {
      readonly kind: "enum";
      readonly variants: VariantInfo[];
      readonly isExtern: boolean;
      readonly isNodebug: boolean;
    }
  | {
      readonly kind: "struct";
      readonly fields: VariantInfo["fields"];
      term: TermId;
      readonly isExtern: boolean;
      readonly isNodebug: boolean;
    }
);

/** Number of `bool`; the integers follow. */
export const BOOL: TypeId = 0;

const integers = [
  ["u8", 8, false],
  ["u16", 16, false],
  ["u32", 32, false],
  ["u64", 64, false],
  ["u128", 128, false],
  ["usize", 64, false],
  ["i8", 8, true],
  ["i16", 16, true],
  ["i32", 32, true],
  ["i64", 64, true],
  ["i128", 128, true],
  ["isize", 64, true],
] as const;

/** The types that are always in scope, in the order of their numbers. */
export function builtinTypes(): Type[] {
  const types: Type[] = [{ id: BOOL, name: "bool", loc: undefined, kind: "builtin", bits: 1, signed: false }];
  for (const [name, bits, signed] of integers) {
    types.push({ id: types.length, name, loc: undefined, kind: "builtin", bits, signed });
  }
  return types;
}

export interface Term {
  readonly id: TermId;
  readonly name: string;
  /** The name in the declaration. */
  readonly loc: Loc;
  readonly args: readonly TypeId[];
  readonly ret: TypeId;
  readonly kind: "decl" | "variant" | "struct";
  /** Variant number of an enum's term. */
  readonly variant: number;
  readonly pure: boolean;
  readonly multi: boolean;
  readonly partial: boolean;
  readonly rec: boolean;
  constructorOf:
    | { readonly kind: "rules" }
    | { readonly kind: "extern"; readonly func: string; readonly loc: Loc }
    | undefined;
  extractorOf:
    | { readonly kind: "macro"; readonly params: number; readonly template: Ast.Pattern; readonly loc: Loc }
    | { readonly kind: "extern"; readonly func: string; readonly infallible: boolean; readonly loc: Loc }
    | undefined;
}

export interface Constant {
  readonly name: string;
  readonly type: TypeId;
  readonly symbol: number;
  readonly loc: Loc;
}

export type Pattern =
  | { readonly kind: "wildcard" }
  /** Binds `name` to the value, which must also match `sub`. */
  | { readonly kind: "bind"; readonly variable: number; readonly sub: Pattern }
  /** The value must equal that of a variable bound before. */
  | { readonly kind: "same"; readonly variable: number }
  | { readonly kind: "bool"; readonly value: boolean }
  | { readonly kind: "int"; readonly type: TypeId; readonly value: bigint }
  | { readonly kind: "const"; readonly type: TypeId; readonly constant: Constant }
  | { readonly kind: "and"; readonly parts: readonly Pattern[] }
  | { readonly kind: "term"; readonly type: TypeId; readonly term: Term; readonly args: readonly Pattern[] };

export type Expr =
  | { readonly kind: "var"; readonly variable: number }
  | { readonly kind: "bool"; readonly value: boolean }
  | { readonly kind: "int"; readonly type: TypeId; readonly value: bigint }
  | { readonly kind: "const"; readonly type: TypeId; readonly constant: Constant }
  | {
      readonly kind: "let";
      readonly bindings: readonly { readonly variable: number; readonly value: Expr }[];
      readonly body: Expr;
    }
  | { readonly kind: "term"; readonly term: Term; readonly args: readonly Expr[] };

export interface Rule {
  readonly id: number;
  readonly name: string | undefined;
  readonly root: Term;
  readonly priority: bigint;
  readonly args: readonly Pattern[];
  readonly clauses: readonly { readonly pattern: Pattern; readonly expr: Expr }[];
  readonly result: Expr;
  readonly variables: readonly {
    readonly name: string;
    readonly type: TypeId;
    readonly loc: Loc;
    /** How often the rule mentions it again. */
    readonly uses: number;
  }[];
  readonly loc: Loc;
  /** Where the reference places the rule: just after the word `rule`. */
  readonly at: number;
}

/** A checked unit. */
export interface Program {
  readonly types: readonly Type[];
  readonly terms: readonly Term[];
  readonly rules: readonly Rule[];
  readonly constants: ReadonlyMap<string, Constant>;
  readonly converters: ReadonlyMap<string, Term>;
}
