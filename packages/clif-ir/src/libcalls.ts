import { RUNTIME_FUNCTIONS } from "./runtime-functions.table.ts";
import { F32, F64, I8X16, I32, type Type } from "./types.ts";

/** Stands for the target's pointer type in a {@link LibcallRow}. */
export const POINTER: Type = -1;

/** A runtime function that generated code may call. */
export interface LibcallRow {
  /** As written in CLIF, without `%`. */
  readonly name: string;
  /** Undefined where the signature is the target's business. */
  readonly params?: readonly Type[];
  readonly returns?: readonly Type[];
  /** Symbol unless an embedder says otherwise. */
  readonly symbol: string;
}

const row = (name: string, symbol: string, params?: Type[], returns?: Type[]): LibcallRow =>
  params === undefined || returns === undefined ? { name, symbol } : { name, symbol, params, returns };

/** The position is the number: Cranelift's own names, then those of {@link RUNTIME_FUNCTIONS}. */
export const LIBCALLS: readonly LibcallRow[] = [
  row("Probestack", "__cranelift_probestack"),
  row("CeilF32", "ceilf", [F32], [F32]),
  row("CeilF64", "ceil", [F64], [F64]),
  row("FloorF32", "floorf", [F32], [F32]),
  row("FloorF64", "floor", [F64], [F64]),
  row("TruncF32", "truncf", [F32], [F32]),
  row("TruncF64", "trunc", [F64], [F64]),
  row("NearestF32", "nearbyintf", [F32], [F32]),
  row("NearestF64", "nearbyint", [F64], [F64]),
  row("FmaF32", "fmaf", [F32, F32, F32], [F32]),
  row("FmaF64", "fma", [F64, F64, F64], [F64]),
  row("Memcpy", "memcpy", [POINTER, POINTER, POINTER], [POINTER]),
  row("Memset", "memset", [POINTER, I32, POINTER], [POINTER]),
  row("Memmove", "memmove", [POINTER, POINTER, POINTER], [POINTER]),
  row("Memcmp", "memcmp", [POINTER, POINTER, POINTER], [I32]),
  row("ElfTlsGetAddr", "__tls_get_addr"),
  row("ElfTlsGetOffset", "__tls_get_offset"),
  row("X86Pshufb", "__cranelift_x86_pshufb", [I8X16, I8X16], [I8X16]),
  ...RUNTIME_FUNCTIONS.map(({ symbol, params, result }) => row(symbol, symbol, [...params], [result])),
];

/** The number of each runtime function by the name that CLIF has for it, and by its symbol. */
export const LIBCALL_BY_NAME: ReadonlyMap<string, number> = new Map(LIBCALLS.map((l, k) => [l.name, k]));
export const LIBCALL_BY_SYMBOL: ReadonlyMap<string, number> = new Map(LIBCALLS.map((l, k) => [l.symbol, k]));

/** Symbols that linkers define; the position is the number. */
export const KNOWN_SYMBOLS: readonly { readonly name: string; readonly symbol: string }[] = [
  { name: "ElfGlobalOffsetTable", symbol: "_GLOBAL_OFFSET_TABLE_" },
  { name: "CoffTlsIndex", symbol: "_tls_index" },
];
