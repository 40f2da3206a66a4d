/** Clobber sets of calls. */
import { CallConv } from "@gantry/clif-ir";
import { ALL_VECTOR, CALLER_SAVED, FASTCALL_SAVED, FASTCALL_SAVED_VECTOR } from "./registers.ts";

/** Everything that a callee of System V may destroy. */
export const CLOBBER_CALLER_SAVED = 1;
/** What is left for a callee of `windows_fastcall`. */
const CLOBBER_FASTCALL = 2;

/** The clobber set of a call to a function of convention `conv`. */
export function clobbersOf(conv: number): number {
  return conv === CallConv.windows_fastcall ? CLOBBER_FASTCALL : CLOBBER_CALLER_SAVED;
}

/** Rows of three masks, one for each register class; the first row is empty. */
export const clobberSets: Int32Array = Int32Array.of(
  ...[0, 0, 0],
  ...[CALLER_SAVED, ALL_VECTOR, 0],
  ...[CALLER_SAVED & ~FASTCALL_SAVED, ALL_VECTOR & ~FASTCALL_SAVED_VECTOR, 0],
);
