import type { SigRef } from "../entities.ts";
import {
  EXT_NONE,
  EXT_S,
  EXT_U,
  type Function,
  PURPOSE_NORMAL,
  PURPOSE_SARG,
  PURPOSE_SRET,
  PURPOSE_VMCTX,
  S_PARAMC,
  S_RETURNC,
  S_START,
  SIG_SHIFT,
} from "../function.ts";
import type { Type } from "../types.ts";

/** A parameter or return value. */
export interface Param {
  readonly type: Type;
  readonly extension?: "uext" | "sext";
  readonly purpose?: "normal" | "sret" | "vmctx" | "sarg";
  /** Bytes of a struct argument. */
  readonly bytes?: number;
}

/** A signature as a program writes it; a bare type is a normal parameter. */
export interface Signature {
  readonly params: readonly (Param | Type)[];
  readonly returns: readonly (Param | Type)[];
  /** One of `CallConv`. */
  readonly callConv: number;
}

const PURPOSES = { normal: PURPOSE_NORMAL, sret: PURPOSE_SRET, vmctx: PURPOSE_VMCTX, sarg: PURPOSE_SARG };

/** Fills in record `s`. */
export function setSignature(f: Function, s: SigRef, signature: Signature): void {
  const at = (s + 1) << SIG_SHIFT;
  f.sigs.data[at + S_START] = f.pool.length;
  for (const p of [...signature.params, ...signature.returns]) {
    const param: Param = typeof p === "number" ? { type: p } : p;
    const ext = param.extension === undefined ? EXT_NONE : param.extension === "uext" ? EXT_U : EXT_S;
    f.pool.push(param.type | (ext << 16) | (PURPOSES[param.purpose ?? "normal"] << 20));
    f.pool.push(param.bytes ?? 0);
  }
  f.sigs.data[at + S_PARAMC] = signature.params.length;
  f.sigs.data[at + S_RETURNC] = signature.returns.length;
  f.setSigCallConv(s, signature.callConv);
}
