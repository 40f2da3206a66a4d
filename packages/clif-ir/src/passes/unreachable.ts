import { NONE } from "@gantry/entity";
import type { ControlFlow } from "../analysis/control-flow.ts";
import type { Block, Inst } from "../entities.ts";
import type { Function } from "../function.ts";

/**
 * Takes blocks that control cannot reach out of the layout, with their instructions.
 *
 * @param flow Valid for `f`; it is computed again if anything was removed.
 * @returns Whether anything was removed.
 */
export function removeUnreachableBlocks(f: Function, flow: ControlFlow): boolean {
  let changed = false;
  let next: Block;
  for (let b = f.firstBlock(); b !== NONE; b = next) {
    next = f.nextBlock(b);
    if (flow.isReachable(b)) continue;
    changed = true;
    let following: Inst;
    for (let i = f.firstInst(b); i !== NONE; i = following) {
      following = f.nextInst(i);
      f.removeInst(i);
    }
    f.removeBlock(b);
  }
  if (changed) flow.compute(f);
  return changed;
}
