/** Trap codes 1 to 250 are the user's; the others have names. */
export const TRAP_STACK_OVERFLOW = 251;
export const TRAP_INTEGER_OVERFLOW = 252;
export const TRAP_HEAP_OUT_OF_BOUNDS = 253;
export const TRAP_DIVISION_BY_ZERO = 254;
export const TRAP_BAD_CONVERSION = 255;
export const MAX_USER_TRAP = 250;

/** Names of the codes that have one, from 251 on. */
export const TRAP_CODE_NAMES = ["stk_ovf", "int_ovf", "heap_oob", "int_divz", "bad_toint"] as const;

/** The name of a trap code as it is written. */
export const trapCodeName = (code: number): string =>
  code > MAX_USER_TRAP ? TRAP_CODE_NAMES[code - TRAP_STACK_OVERFLOW] : `user${code}`;
