import type { Type } from "../types.ts";

/** An instruction applied to values: what a {@link Meaning} sees. */
export interface Operation {
  /** Type of the first result; INVALID without results. */
  readonly type: Type;
  /** Patterns of the value operands. */
  readonly args: readonly bigint[];
  readonly argTypes: readonly Type[];
  /** Condition code, lane number, trap code or memory flags, whichever the format has. */
  readonly code: number;
  /** Pattern of the constant, or the 16 bytes of a shuffle mask, byte 0 lowest. */
  readonly constant: bigint;
}

/** The patterns of the results, or the trap code that ends execution. */
export type Outcome = readonly bigint[] | number;

/** What an opcode computes, as a function of nothing but its operands. */
export type Meaning = (x: Operation) => Outcome;
