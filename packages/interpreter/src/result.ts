import type { DataValue } from "@gantry/clif-ir";

/**
 * Why execution ended early: a trap; an access or call that has no defined meaning; an exception that nothing caught;
 * the fuel or memory limit; an instruction that cannot be interpreted.
 */
export type StopReason = "trap" | "undefined" | "exception" | "fuel" | "memory" | "unsupported";

/** An early end of execution, with its place. */
export interface Trap {
  readonly reason: StopReason;
  /** The trap code; 0 where the reason is not a trap. */
  readonly code: number;
  /** What happened, in words. */
  readonly message: string;
  /** The function as it is written (`%f`), and the numbers of block and instruction; -1 outside any function. */
  readonly functionName: string;
  readonly block: number;
  readonly inst: number;
}

export type CallResult = { readonly results: DataValue[] } | { readonly trap: Trap };

/** What a host function ends with. */
export type HostOutcome =
  | { readonly results: readonly DataValue[] }
  | { readonly trapCode: number }
  | { readonly exception: Exception }
  | { readonly undefined: string };

/** An exception on its way to a handler. */
export interface Exception {
  readonly tag: number;
  readonly payloads: readonly bigint[];
}
