/** Calling conventions; the position is the number. */
export interface CallConvRow {
  readonly name: string;
  readonly tailCalls: boolean;
  readonly exceptions: boolean;
  /** Number of pointer-sized exception payloads. */
  readonly payloads: number;
}

const row = (name: string, tailCalls: boolean, exceptions: boolean, payloads: number): CallConvRow => ({
  name,
  tailCalls,
  exceptions,
  payloads,
});

export const CALL_CONVS: readonly CallConvRow[] = [
  row("fast", false, false, 0),
  row("tail", true, true, 2),
  row("system_v", false, true, 2),
  row("windows_fastcall", false, false, 0),
  row("apple_aarch64", false, true, 2),
  row("probestack", false, false, 0),
  row("winch", false, true, 0),
  row("preserve_all", false, true, 2),
];

/** Numbers of the calling conventions. */
export const CallConv = {
  fast: 0,
  tail: 1,
  system_v: 2,
  windows_fastcall: 3,
  apple_aarch64: 4,
  probestack: 5,
  winch: 6,
  preserve_all: 7,
} as const;
