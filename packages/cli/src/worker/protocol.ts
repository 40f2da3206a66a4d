/** Version of the protocol of `docs/protocol.md`. */
export const PROTOCOL = 1;

/** Limits that the hello names. */
export interface Limits {
  /** Greatest length of a frame in bytes. */
  readonly frameBytes: number;
  /** Requests that may be in flight at once. */
  readonly inFlight: number;
  /** Bytes that the process may grow above what it had when it was ready. */
  readonly memoryBytes: number;
}

export const DEFAULT_LIMITS: Limits = { frameBytes: 1 << 28, inFlight: 16_384, memoryBytes: 2 ** 32 };

/** Why a request is answered with "no": the codes of `docs/protocol.md`. */
export const WorkerCode = {
  badFrame: "WORK0001",
  longFrame: "WORK0002",
  badRequest: "WORK0003",
  badSource: "WORK0004",
  time: "WORK0005",
  cancelled: "WORK0006",
  memory: "WORK0007",
  tooMany: "WORK0008",
  duplicate: "WORK0009",
  failed: "WORK0010",
} as const;

export type RequestId = number | string;

/** What can be asked for with `compile`. */
export const OUTPUTS = ["object", "code", "asm", "clif"] as const;
export type OutputKind = (typeof OUTPUTS)[number];

interface SourceRequest {
  readonly id: RequestId;
  /** What diagnostics call the source. */
  readonly name: string;
  /** Requests with the same words may share the array. */
  readonly set: readonly string[];
  /** Milliseconds from arrival, 0 for no limit. */
  readonly timeMs: number;
  /** The payload. */
  source: Uint8Array;
}

export interface CompileRequest extends SourceRequest {
  readonly type: "compile";
  /** A triple or an architecture; empty for this machine. */
  readonly target: string;
  readonly output: OutputKind;
}

export interface CheckRequest extends SourceRequest {
  readonly type: "check";
}

export interface RunRequest extends SourceRequest {
  readonly type: "run";
  readonly function: string;
  readonly args: readonly string[];
}

export type Request =
  | CompileRequest
  | CheckRequest
  | RunRequest
  | { readonly type: "cancel"; readonly id: RequestId; readonly request: RequestId }
  | { readonly type: "stats"; readonly id: RequestId };

export const REQUEST_TYPES = ["compile", "check", "run", "cancel", "stats"] as const;

/** Whether `x` can name a request. */
export function isId(x: unknown): x is RequestId {
  return typeof x === "string" || (typeof x === "number" && Number.isFinite(x));
}

/** Reads the header of a request; a text says what is wrong with it. */
export function parseRequest(
  header: Readonly<Record<string, unknown>>,
  source: Uint8Array,
): Request | string {
  const { id, type } = header;
  if (!isId(id)) return "the request needs an id, a number or a string";
  const text = (field: string, fallback: string): string => {
    const x = header[field];
    if (x === undefined) return fallback;
    if (typeof x !== "string") throw new FieldError(`${field} must be a string`);
    return x;
  };
  const texts = (field: string): readonly string[] => {
    const x = header[field];
    if (x === undefined) return NO_TEXTS;
    if (!Array.isArray(x) || !x.every((e) => typeof e === "string"))
      throw new FieldError(`${field} must be a list of strings`);
    return x;
  };
  try {
    switch (type) {
      case "cancel": {
        const { request } = header;
        if (!isId(request)) return "request must be the id of a request";
        return { type, id, request };
      }
      case "stats":
        return { type, id };
      case "compile":
      case "check":
      case "run": {
        const timeMs = header.timeMs ?? 0;
        if (typeof timeMs !== "number" || !(timeMs >= 0)) return "timeMs must be a number of milliseconds";
        const name = text("name", "<request>");
        const set = texts("set");
        if (type === "check") return { type, id, name, set, timeMs, source };
        if (type === "run") {
          const called = text("function", "");
          if (called === "") return "run needs the name of a function";
          return { type, id, name, set, timeMs, source, function: called, args: texts("args") };
        }
        const output = text("output", "object");
        const kind = OUTPUTS.find((o) => o === output);
        if (kind === undefined) return `output must be one of ${OUTPUTS.join(", ")}`;
        return { type, id, name, set, timeMs, source, target: text("target", ""), output: kind };
      }
      default:
        return `type must be one of ${REQUEST_TYPES.join(", ")}`;
    }
  } catch (e) {
    if (e instanceof FieldError) return e.message;
    throw e;
  }
}

const NO_TEXTS: readonly string[] = [];

class FieldError extends Error {}
