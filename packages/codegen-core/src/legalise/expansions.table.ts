/** The expansions by name: what tables of legality refer to, and what `gantry targets` says of them. */
import type { Inst } from "@gantry/clif-ir";
import type { Rewriter } from "./rewriter.ts";
import { signedHighProduct, unsignedHighProduct, wideDivision } from "./wide-integers.ts";

export interface Expansion {
  /** What it does, for reports. */
  readonly does: string;
  /** Puts CLIF in the place of the instruction; the rewriter inserts in front of it. */
  readonly rewrite: (r: Rewriter, i: Inst) => void;
}

const expansion = (does: string, rewrite: Expansion["rewrite"]): Expansion => ({ does, rewrite });

export const EXPANSIONS = {
  unsigned_high_product: expansion("products of halves", unsignedHighProduct),
  signed_high_product: expansion("unsigned product, less each operand where the other is negative", signedHighProduct),
  wide_division: expansion("traps first, then a call of the compiler's runtime library", wideDivision),
} as const satisfies Record<string, Expansion>;

export type ExpansionName = keyof typeof EXPANSIONS;
