/** Codes of the diagnostics that the command line itself makes. A number is never reused. */
export const CliCode = {
  /** The words on the command line do not make a command. */
  usage: "CLI0001",
  /** A file cannot be read. */
  cannotRead: "CLI0002",
  /** A file cannot be written. */
  cannotWrite: "CLI0003",
  /** The input has no function of that name. */
  noFunction: "CLI0004",
  /** An argument of a function does not fit its parameter. */
  badArgument: "CLI0005",
  /** The target is not known or not built. */
  noTarget: "CLI0006",
  /** The input has nothing to do this with. */
  nothingToDo: "CLI0007",
  /** This machine or this Node cannot do it. */
  host: "CLI0008",
  /** A run command gave another result. */
  wrongResult: "CLI0009",
  /** The called function trapped. */
  trapped: "CLI0010",
  /** There were more errors than are shown. */
  more: "CLI0011",
  /** An allocation problem is malformed, or its solution wrong. */
  allocation: "CLI0012",
} as const;
