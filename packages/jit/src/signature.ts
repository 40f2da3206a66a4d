import { type Function, OWN_SIGNATURE, signatureText, type Type, typeBytes } from "@gantry/clif-ir";
import { alignUp } from "@gantry/codegen-core";

/** Bytes of a call buffer before the first value, and of each value's slot: a multiple for values that are wider. */
export const SLOTS_AT = 16;
export const SLOT_BYTES = 16;

/** The signature of a function apart from the function. */
export interface Signature {
  readonly params: readonly Type[];
  readonly returns: readonly Type[];
  /** Where each value is in a call buffer. */
  readonly paramSlots: readonly number[];
  readonly returnSlots: readonly number[];
  /** Size of a call buffer. */
  readonly bufferBytes: number;
  /** As CLIF writes it, convention included; equal signatures have equal texts. */
  readonly text: string;
}

/** The signature of `func` itself. */
export function signatureOf(func: Function): Signature {
  const s = OWN_SIGNATURE;
  const params = Array.from({ length: func.sigParamCount(s) }, (_, k) => func.sigParamType(s, k));
  const returns = Array.from({ length: func.sigReturnCount(s) }, (_, k) => func.sigReturnType(s, k));
  const paramSlots = slotsOf(params);
  const returnSlots = slotsOf(returns);
  return {
    params,
    returns,
    paramSlots: paramSlots.slice(0, -1),
    returnSlots: returnSlots.slice(0, -1),
    bufferBytes: Math.max(paramSlots.at(-1)!, returnSlots.at(-1)!, SLOTS_AT + SLOT_BYTES),
    text: signatureText(func, s),
  };
}

/** Where values of these types start in a call buffer, and the end. */
function slotsOf(types: readonly Type[]): number[] {
  const slots = [SLOTS_AT];
  types.forEach((t, k) => {
    slots.push(slots[k] + alignUp(typeBytes(t), SLOT_BYTES));
  });
  return slots;
}
