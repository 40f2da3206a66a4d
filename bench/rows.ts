/** Which figure a row of the report is about. DESIGN's names: they are an interface to whoever reads `--json`. */
export interface Row {
  readonly name: string;
  readonly what: "read" | "compile" | "whole";
  readonly optLevel: "none" | "speed";
  /** Gantry's register allocator; empty for its default. */
  readonly ours: string;
  /** Cranelift's. */
  readonly peer: "single_pass" | "backtracking";
}

export const rows: readonly Row[] = [
  { name: "read", what: "read", optLevel: "none", ours: "", peer: "backtracking" },
  { name: "none-single_pass", what: "compile", optLevel: "none", ours: "single_pass", peer: "single_pass" },
  { name: "none-default", what: "compile", optLevel: "none", ours: "", peer: "backtracking" },
  { name: "speed-default", what: "compile", optLevel: "speed", ours: "", peer: "backtracking" },
  { name: "whole-none", what: "whole", optLevel: "none", ours: "", peer: "backtracking" },
];

/** One line of the report. */
export interface Figure {
  readonly row: string;
  readonly input: string;
  readonly target: string;
  readonly unit: string;
  readonly ours: number | null;
  readonly peer: number | null;
  readonly ratio: number | null;
  /** Slowest over fastest round of each side. */
  readonly oursSpread?: number;
  readonly peerSpread?: number;
  /** Least CPU time of the process in any round, same unit. */
  readonly oursCpu?: number;
  readonly peerCpu?: number;
  /** Most that the ratio may be, or ours where a row has no peer. */
  readonly bar?: number;
  /** Why a column is empty. */
  readonly why?: string;
}
