import { type Function, OWN_SIGNATURE, signatureText, type Type } from "@gantry/clif-ir";

/** The signature of a function apart from the function. */
export interface Signature {
  readonly params: readonly Type[];
  readonly returns: readonly Type[];
  /** As CLIF writes it, convention included; equal signatures have equal texts. */
  readonly text: string;
}

/** The signature of `func` itself. */
export function signatureOf(func: Function): Signature {
  const s = OWN_SIGNATURE;
  return {
    params: Array.from({ length: func.sigParamCount(s) }, (_, k) => func.sigParamType(s, k)),
    returns: Array.from({ length: func.sigReturnCount(s) }, (_, k) => func.sigReturnType(s, k)),
    text: signatureText(func, s),
  };
}
