/** `blendv` of a scalar: a choice by the sign. */
import { asInt, type Inst, IntCC } from "@gantry/clif-ir";
import type { Rewriter } from "./rewriter.ts";

export function scalarBlend(r: Rewriter, i: Inst): void {
  const c = r.arg(i, 0);
  const int = asInt(r.type(c));
  const isSet = r.icmp(IntCC.slt, r.cast(int, c), r.number(int, 0));
  r.replace(i, r.select(isSet, r.arg(i, 1), r.arg(i, 2)));
}
