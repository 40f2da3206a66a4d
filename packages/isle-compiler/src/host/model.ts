import type { Diagnostic } from "@gantry/diag";

/**
 * How the values of an ISLE type are held in TypeScript.
 * int: a number that is never negative; raw: any 32-bit number; words: the offset of a record in the context's arena.
 */
export type Rep = "int" | "raw" | "bool" | "bigint" | "object" | "unit";

export type Place = NonNullable<Diagnostic["span"]>;

/** A TypeScript type as far as the host conventions care. */
export interface HostType {
  readonly rep: Rep;
  /** `undefined` is one of its values. */
  readonly optional: boolean;
  /** Exactly `number`, `boolean`, `bigint` or `any`: an argument needs no cast. */
  readonly plain: boolean;
  readonly text: string;
}

export interface HostMethod {
  readonly name: string;
  readonly params: readonly HostType[];
  /** Parameters that a caller must give. */
  readonly required: number;
  readonly result: HostType;
  readonly place: Place | undefined;
}

/** What the compiler knows of a host class. */
export interface HostClass {
  readonly name: string;
  readonly methods: ReadonlyMap<string, HostMethod>;
  /** Properties whose type is one literal. */
  readonly literals: ReadonlyMap<string, number | bigint | boolean>;
  /** All other properties. */
  readonly properties: ReadonlyMap<string, HostType>;
  /**
   * Methods that only rules can use: written beside the class, public, not asked for by a base class or an interface, and
   * called nowhere in TypeScript.
   */
  readonly forRules: readonly { readonly name: string; readonly place: Place }[];
  readonly place: Place;
}
