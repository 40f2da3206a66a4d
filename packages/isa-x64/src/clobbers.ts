/** Clobber sets of calls. */
import { ALL_VECTOR, CALLER_SAVED } from "./registers.ts";

/** Everything that the conventions here let a callee destroy. */
export const CLOBBER_CALLER_SAVED = 1;
/** Nothing: `preserve_all`. */
export const CLOBBER_NONE = 0;

/** Rows of three masks, one for each register class; the first row is empty. */
export const clobberSets: Int32Array = Int32Array.of(0, 0, 0, CALLER_SAVED, ALL_VECTOR, 0);
