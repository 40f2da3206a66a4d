/** What a function declares and x86-64 cannot do; `legality.table.ts` has what its instructions may be. */
import {
  CALL_CONVS,
  CallConv,
  type Function,
  OWN_SIGNATURE,
  PURPOSE_SRET,
  type Settings,
  type SigRef,
  type StackSlot,
  TYPE_LIMIT,
  type Type,
  typeName,
} from "@gantry/clif-ir";
import { type Findings, Legality, membersOf } from "@gantry/codegen-core";
import type { Diagnostic } from "@gantry/diag";
import type { FeatureName } from "./features.table.ts";
import { Feature, featureBits } from "./features.ts";
import { legalityRows, MEMORY, WIDE_VECTOR } from "./legality.table.ts";

export const legality: Legality = new Legality("x86-64", "little", legalityRows, (settings, need) => {
  const feature = Feature[need.replace(/^has_/, "") as FeatureName];
  return feature === undefined ? settings.bool(need) : (featureBits(settings) & feature) !== 0;
});

/** More would let the stack pointer jump over a guard page. */
const MOST_ALIGN_LOG2 = 12;

const CONVENTIONS: number = [
  CallConv.fast,
  CallConv.tail,
  CallConv.system_v,
  CallConv.windows_fastcall,
  CallConv.winch,
  CallConv.preserve_all,
].reduce((set: number, conv) => set | (1 << conv), 0);

/** Adds to `found` the signatures and stack slots of `func` that are not supported. */
export function checkDeclarations(func: Function, _settings: Settings, found: Findings): void {
  checkSignature(func, OWN_SIGNATURE, found);
  for (let s = 0; s < func.numSignatures; s++) checkSignature(func, s as SigRef, found);
  for (let s = 0; s < func.numStackSlots; s++) {
    if (func.slotAlignLog2(s as StackSlot) > MOST_ALIGN_LOG2) {
      found.problems.push(
        refusal(`alignment ${2 ** func.slotAlignLog2(s as StackSlot)} of a stack slot`, `ss${s}`),
      );
    }
  }
}

const refusal = (what: string, place: string): Diagnostic =>
  legality.refusal(`${what} is not supported`, place);

const placeOf = (sig: SigRef): string => (sig === OWN_SIGNATURE ? "signature" : `sig${sig}`);

function checkSignature(func: Function, sig: SigRef, found: Findings): void {
  const conv = func.sigCallConv(sig);
  if (((CONVENTIONS >> conv) & 1) === 0) {
    const why =
      conv === CallConv.apple_aarch64 ? "it is one of AArch64" : "it is for the runtime function alone";
    found.problems.push(
      legality.refusal(`calling convention ${CALL_CONVS[conv].name} is not possible: ${why}`, placeOf(sig)),
    );
    return;
  }
  for (let k = 0, n = func.sigParamCount(sig); k < n; k++) {
    const ty = func.sigParamType(sig, k);
    checkPassed(ty, "parameter", sig, found);
    if (conv === CallConv.tail && func.sigParamPurpose(sig, k) === PURPOSE_SRET) {
      found.problems.push(refusal("sret in calling convention tail", placeOf(sig)));
    }
  }
  for (let k = 0, n = func.sigReturnCount(sig); k < n; k++) {
    const ty = func.sigReturnType(sig, k);
    checkPassed(ty, "result", sig, found);
  }
}

const DIRECTLY = 1;
const IN_PARTS = 2;
/** How each type is passed, 0 for those that are not: asked for every parameter of every signature. */
const passed = new Uint8Array(TYPE_LIMIT);
for (const t of membersOf(WIDE_VECTOR)) passed[t] = IN_PARTS;
for (const t of membersOf(MEMORY)) passed[t] = DIRECTLY;

function checkPassed(t: Type, what: string, sig: SigRef, found: Findings): void {
  if (passed[t] === IN_PARTS) found.inParts = true;
  else if (passed[t] !== DIRECTLY)
    found.problems.push(refusal(`${what} of type ${typeName(t)}`, placeOf(sig)));
}
