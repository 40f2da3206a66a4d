import { NONE } from "@gantry/entity";
import { CallConv } from "../call-conv.ts";
import type { FuncRef, GlobalValue, SigRef } from "../entities.ts";
import {
  EXT_NONE,
  EXT_U,
  type Function,
  GV_IADD_IMM,
  GV_LOAD,
  GV_VMCTX,
  OWN_SIGNATURE,
  PURPOSE_SARG,
  PURPOSE_VMCTX,
} from "../function.ts";
import { memRegion } from "../mem-flags.ts";
import { INVALID, isInt, isType, type Type, typeName } from "../types.ts";
import { paramText } from "../writer/function.ts";
import type { Report } from "./report.ts";

/** The type of a global value; `pointer` is the target's pointer type, INVALID if there is no target. */
export function globalType(f: Function, g: GlobalValue, pointer: Type): Type {
  const kind = f.gvKind(g);
  return kind === GV_LOAD || kind === GV_IADD_IMM ? f.gvType(g) : pointer;
}

function hasVmctx(f: Function): boolean {
  for (let k = f.sigParamCount(OWN_SIGNATURE) - 1; k >= 0; k--)
    if (f.sigParamPurpose(OWN_SIGNATURE, k) === PURPOSE_VMCTX) return true;
  return false;
}

/** Bases of loads and additions: 0 not walked yet, 1 on the walk, 2 known to end. */
function reportCycle(f: Function, report: Report): void {
  const n = f.numGlobalValues;
  const state = new Uint8Array(n);
  for (let first = 0; first < n; first++) {
    const chain: number[] = [];
    let g = first;
    while (g >= 0 && g < n && state[g] === 0) {
      state[g] = 1;
      chain.push(g);
      const kind = f.gvKind(g as GlobalValue);
      g = kind === GV_LOAD || kind === GV_IADD_IMM ? f.gvBase(g as GlobalValue) : NONE;
    }
    if (g >= 0 && g < n && state[g] === 1) {
      report.add(
        "globalCycle",
        "gv",
        first,
        `global value cycle: [${chain.map((x) => `gv${x}`).join(", ")}]`,
      );
      return;
    }
    for (const x of chain) state[x] = 2;
  }
}

/** Global values. */
export function checkGlobals(f: Function, pointer: Type, report: Report): void {
  if (f.numGlobalValues === 0) return;
  reportCycle(f, report);
  for (let k = 0; k < f.numGlobalValues; k++) {
    const g = k as GlobalValue;
    const kind = f.gvKind(g);
    if (kind === GV_VMCTX) {
      if (!hasVmctx(f)) report.add("vmctxUndeclared", "gv", k, `undeclared vmctx reference gv${k}`);
      continue;
    }
    if (kind !== GV_LOAD && kind !== GV_IADD_IMM) continue;
    const type = f.gvType(g);
    const base = f.gvBase(g);
    if (base < 0 || base >= f.numGlobalValues) {
      report.add("entityReference", "gv", k, `invalid global value gv${base}`);
      continue;
    }
    const baseType = globalType(f, base, pointer);
    if (kind === GV_IADD_IMM) {
      if (!isInt(type))
        report.add("globalType", "gv", k, `iadd_imm global value with non-int type ${typeName(type)}`);
      else if (pointer !== INVALID && type !== baseType)
        report.add(
          "globalType",
          "gv",
          k,
          `iadd_imm type ${typeName(type)} differs from operand type ${typeName(baseType)}`,
        );
    } else {
      if (pointer !== INVALID && baseType !== pointer)
        report.add(
          "globalType",
          "gv",
          k,
          `base gv${base} has type ${typeName(baseType)}, which is not the pointer type ${typeName(pointer)}`,
        );
      const region = memRegion(f.gvMemFlags(g));
      if (region >= f.numRegions)
        report.add("regionUndefined", "gv", k, `undefined alias region region${region}`);
    }
  }
}

/** Alias regions: no two with one user number. */
export function checkRegions(f: Function, report: Report): void {
  const n = f.numRegions;
  if (n < 2) return;
  // A handful is compared pairwise; a map pays from there on.
  const seen = n > 32 ? new Map<number, number>() : undefined;
  for (let k = 0; k < n; k++) {
    const id = f.regions.at(4 * k);
    let first = seen?.get(id) ?? 0;
    if (seen === undefined) while (f.regions.at(4 * first) !== id) first++;
    else if (!seen.has(id)) {
      seen.set(id, k);
      continue;
    }
    if (first < k)
      report.add(
        "regionDuplicate",
        "region",
        k,
        `duplicate alias region user_id ${id >>> 0}: region${first} and region${k}`,
      );
  }
}

/** Entry block parameters against the signature; false stops the verifier. */
export function checkEntry(f: Function, report: Report): boolean {
  const entry = f.firstBlock();
  if (entry === NONE) return true;
  const want = f.sigParamCount(OWN_SIGNATURE);
  const have = f.blockParamCount(entry);
  if (want !== have) {
    report.add(
      "entryParams",
      "block",
      entry,
      `entry block parameters (${have}) must match function signature (${want})`,
    );
    return false;
  }
  for (let k = 0; k < want; k++) {
    const t = f.valueType(f.blockParam(entry, k));
    if (t !== f.sigParamType(OWN_SIGNATURE, k))
      report.add(
        "entryParams",
        "block",
        entry,
        `entry block parameter ${k} expected to have type ${paramText(f, OWN_SIGNATURE, k)}, got ${typeName(t)}`,
      );
  }
  if (report.errors.length > 0) return false;
  if (f.isCold(entry)) report.add("entryCold", "block", entry, "entry block cannot be marked as cold");
  return report.errors.length === 0;
}

/** The function's own signature; false stops the verifier. */
export function checkOwnSignature(f: Function, report: Report): boolean {
  const s = OWN_SIGNATURE;
  const params = f.sigParamCount(s);
  const returns = f.sigReturnCount(s);
  for (let k = 0; k < params + returns; k++) {
    const isReturn = k >= params;
    const what = isReturn ? `Return value at position ${k - params}` : `Parameter at position ${k}`;
    const word = f.sigWord(s, k);
    const type = word & 0xffff;
    const ext = (word >> 16) & 15;
    if (!isType(type)) report.add("signature", "function", 0, `${what} has an invalid type`);
    if (isReturn && word >> 20 === PURPOSE_SARG)
      report.add("signature", "function", 0, `${what} can't be an struct argument`);
    if (ext !== EXT_NONE && !isInt(type))
      report.add(
        "signature",
        "function",
        0,
        `${what} has invalid extension ${ext === EXT_U ? "Uext" : "Sext"}`,
      );
  }
  return report.errors.length === 0;
}

/** All signatures: what only conventions forbid; false stops the verifier. */
export function checkSignatures(f: Function, report: Report): boolean {
  const message = "Signature with `preserve_all` ABI cannot have return values";
  const bad = (s: SigRef) => f.sigCallConv(s) === CallConv.preserve_all && f.sigReturnCount(s) > 0;
  if (bad(OWN_SIGNATURE)) {
    report.add("signature", "function", 0, message);
    return false;
  }
  for (let k = 0; k < f.numFuncs; k++) {
    const s = f.funcSignature(k as FuncRef);
    if (s >= 0 && s < f.numSignatures && bad(s)) {
      report.add("signature", "fn", k, message);
      return false;
    }
  }
  for (let k = 0; k < f.numSignatures; k++)
    if (bad(k as SigRef)) {
      report.add("signature", "sig", k, message);
      return false;
    }
  return true;
}
