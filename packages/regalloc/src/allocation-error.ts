/** A problem that has no solution, or that breaks a precondition. The client turns it into a diagnostic. */
export class AllocationError extends Error {
  /** Stable: `RA0001` constraints that cannot be met, `RA0002` a broken precondition, `RA0003` malformed text. */
  readonly code: string;
  /** The instruction, or -1. */
  readonly inst: number;

  constructor(code: string, inst: number, message: string) {
    super(message);
    this.name = "AllocationError";
    this.code = code;
    this.inst = inst;
  }
}
