/** The registers of a machine, as masks of register numbers, one word per class. */
export interface Environment {
  /** Registers to try first: those that a callee may destroy. */
  readonly preferred: Int32Array;
  /** Registers to try when no preferred one is free. */
  readonly other: Int32Array;
  /** Registers that calls preserve; values that live across calls are drawn to them. */
  readonly calleeSaved: Int32Array;
  /** Fixed stack slots: register words 96 up to 96 plus this. */
  readonly fixedSlots: number;
}

/** Makes an environment from masks; `calleeSaved` defaults to the other registers. */
export function makeEnvironment(
  preferred: readonly number[],
  other: readonly number[],
  calleeSaved: readonly number[] = other,
  fixedSlots = 0,
): Environment {
  return {
    preferred: Int32Array.from(preferred),
    other: Int32Array.from(other),
    calleeSaved: Int32Array.from(calleeSaved),
    fixedSlots,
  };
}
