/** What is known of a trap in generated code. */
export interface TrapFacts {
  /** The trap code's name as CLIF writes it: `int_divz`, `user7`; empty if the code has none at that place. */
  readonly code: string;
  /** The number of the code, 0 if there is none. */
  readonly codeNumber: number;
  /** The function that trapped and the offset of the trapping instruction in it. */
  readonly functionName: string;
  readonly offset: number;
  /** Source location of the instruction, as the CLIF text has it behind `@`; -1 if it has none. */
  readonly location: number;
  /** `file:line`, if the JIT was told where lines come from; otherwise empty. */
  readonly source: string;
  /** The signal, `SIGILL` for instance. */
  readonly signal: string;
  /** The address whose access failed, where the signal has one. */
  readonly address: bigint;
}

/** Generated code trapped. */
export class Trap extends Error {
  readonly facts: TrapFacts;

  constructor(facts: TrapFacts) {
    super(messageOf(facts));
    this.name = "Trap";
    this.facts = facts;
  }

  get code(): string {
    return this.facts.code;
  }
}

function messageOf(facts: TrapFacts): string {
  const what = facts.code === "" ? facts.signal : facts.code;
  const known = facts.location < 0 ? "" : ` @${facts.location.toString(16).padStart(4, "0")}`;
  const at = facts.source === "" ? known : ` at ${facts.source}`;
  const address =
    facts.code === "" && facts.signal === "SIGSEGV" ? ` accessing 0x${facts.address.toString(16)}` : "";
  return `trap ${what} in %${facts.functionName}${at} (offset ${facts.offset})${address}`;
}
