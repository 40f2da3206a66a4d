/** Codes of the diagnostics of the filetest runner. A number is never reused. */
export const TestCode = {
  /** A line of the header cannot be understood. */
  header: "TEST0001",
  /** A filecheck directive cannot be understood. */
  directive: "TEST0002",
  /** The output does not match a directive. */
  mismatch: "TEST0003",
  /** The output is not the expected text. */
  differs: "TEST0004",
  /** A run command cannot be understood. */
  runCommand: "TEST0005",
  /** A run command gave another result. */
  wrongResult: "TEST0006",
  /** The verifier's verdict is not the expected one. */
  verdict: "TEST0007",
  /** A domtree annotation is wrong or missing. */
  annotation: "TEST0008",
  /** Compiling was expected to fail and did not. */
  compiled: "TEST0009",
  /** The process that ran the test ended. */
  crashed: "TEST0010",
  /** A command or a target of the header is not built yet. */
  unsupported: "TEST0011",
} as const;
