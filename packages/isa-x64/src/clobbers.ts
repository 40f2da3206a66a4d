/** Clobber sets of calls. */
import { CallConv } from "@gantry/clif-ir";
import {
  ALL_GENERAL,
  ALL_VECTOR,
  CALLEE_SAVED,
  CALLER_SAVED,
  FASTCALL_SAVED,
  FASTCALL_SAVED_VECTOR,
  R15,
  RBP,
} from "./registers.ts";

/** Nothing is lost. */
const CLOBBER_NONE = 0;
/** Everything that a callee of System V may destroy. */
export const CLOBBER_CALLER_SAVED = 1;
/** What is left for a callee of `windows_fastcall`. */
const CLOBBER_FASTCALL = 2;
/** Everything but the stack pointer and the frame pointer. */
export const CLOBBER_ALL = 3;

/** The clobber set of a call to a function of convention `conv`. */
export function clobbersOf(conv: number): number {
  switch (conv) {
    case CallConv.windows_fastcall:
      return CLOBBER_FASTCALL;
    case CallConv.winch:
      return CLOBBER_ALL;
    case CallConv.preserve_all:
      return CLOBBER_NONE;
    default:
      return CLOBBER_CALLER_SAVED;
  }
}

/**
 * The clobber set of a try_call. Unwinders of `system_v` restore the registers that a callee has saved; those of the
 * other conventions only know the frame pointer, so nothing survives in a register.
 */
export function tryClobbersOf(conv: number): number {
  return conv === CallConv.system_v ? CLOBBER_CALLER_SAVED : CLOBBER_ALL;
}

/** Rows of three masks, one for each register class; the first row is empty. */
export const clobberSets: Int32Array = Int32Array.of(
  ...[0, 0, 0],
  ...[CALLER_SAVED, ALL_VECTOR, 0],
  ...[CALLER_SAVED & ~FASTCALL_SAVED, ALL_VECTOR & ~FASTCALL_SAVED_VECTOR, 0],
  ...[ALL_GENERAL & ~(1 << RBP), ALL_VECTOR, 0],
);

/** The general and the vector registers that a function of convention `conv` gives back as it got them. */
export function preservedGeneral(conv: number, pinned: boolean): number {
  const kept =
    conv === CallConv.preserve_all ? ALL_GENERAL : conv === CallConv.winch ? 1 << RBP : saved(conv);
  return pinned ? kept & ~(1 << R15) : kept;
}
export function preservedVector(conv: number): number {
  if (conv === CallConv.preserve_all) return ALL_VECTOR;
  return conv === CallConv.windows_fastcall ? FASTCALL_SAVED_VECTOR : 0;
}

function saved(conv: number): number {
  return conv === CallConv.windows_fastcall ? CALLEE_SAVED | FASTCALL_SAVED : CALLEE_SAVED;
}
