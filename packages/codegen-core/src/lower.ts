import {
  type Block,
  type Function,
  functionName,
  type Inst,
  OPCODE_NAMES,
  type Value,
} from "@gantry/clif-ir";
import { GantryError } from "@gantry/diag";
import { NONE } from "@gantry/entity";
import { isMultiway } from "./block-order.ts";
import type { LowerContext } from "./lower-context.ts";
import type { TargetIsa } from "./target.ts";
import { mustLower, type UseAnalysis } from "./use-analysis.ts";

/** Where the records of each lowered block lie in the order list. */
export interface BlockRanges {
  /** First position of each lowered block; one more entry than there are blocks. */
  readonly start: {
    readonly data: Int32Array;
    fill(n: number, x: number): void;
    set(i: number, x: number): void;
  };
}

/**
 * Selects instructions for the whole function, bottom-up: blocks from last to first and, inside a block, instructions
 * from last to first. When an instruction is reached all of its users have been lowered, so it is known whether
 * anybody wants its results in registers; what nobody wants and has no effect is never lowered.
 *
 * @param ctx The target's rule host, begun for this function.
 * @param blockStart Receives the first position of each lowered block in `ctx.order`, and the end.
 */
export function lower(
  isa: TargetIsa,
  ctx: LowerContext,
  uses: UseAnalysis,
  blockStart: BlockRanges["start"],
): void {
  const order = ctx.blocks;
  const blocks = order.count;
  blockStart.fill(blocks + 1, 0);
  ctx.beginFunction();
  for (let lb = blocks - 1; lb >= 0; lb--) {
    // Positions count from the end for now; the last step turns them round.
    blockStart.set(lb + 1, ctx.order.length);
    ctx.loweredBlock = lb;
    ctx.jumpArgStart.data[lb] = ctx.jumpArgs.length;
    const b = order.block.data[lb] as Block;
    if (b === NONE) lowerEdge(isa, ctx, lb);
    else lowerBlock(isa, ctx, uses, b);
    if (lb === 0) {
      ctx.lowerParams();
      ctx.flush(-1);
    }
  }
  blockStart.set(0, ctx.order.length);
  const n = ctx.order.length;
  for (let lb = 0; lb <= blocks; lb++) blockStart.set(lb, n - blockStart.data[lb]);
  ctx.reverseOrder();
}

/** A split edge: nothing but a jump that carries the edge's arguments. */
function lowerEdge(isa: TargetIsa, ctx: LowerContext, lb: number): void {
  const { func, blocks: order } = ctx;
  const terminator = func.lastInst(order.block.data[order.edgeFrom.data[lb]] as Block);
  passArgs(ctx, terminator, order.edgeIndex.data[lb]);
  isa.emitJump(ctx, order.target(lb, 0));
  ctx.flush(relativeLocation(func, terminator));
}

function lowerBlock(isa: TargetIsa, ctx: LowerContext, uses: UseAnalysis, b: Block): void {
  const func = ctx.func;
  const terminator = func.lastInst(b);
  ctx.enterBlock(uses.blockColour.data[b]);
  ctx.enterInst(terminator);
  if (func.targetCount(terminator) === 1 && !isMultiway(func, terminator)) {
    passArgs(ctx, terminator, 0);
    isa.emitJump(ctx, ctx.targetLabel(0));
  } else if (isa.lowerBranch(ctx, terminator) < 0) unsupported(ctx, terminator);
  ctx.flush(relativeLocation(func, terminator));
  for (let i = func.prevInst(terminator); i !== NONE; i = func.prevInst(i)) {
    if (ctx.isSunk(i)) continue;
    ctx.enterInst(i);
    const results = func.resultCount(i);
    let wanted = mustLower(func, i);
    for (let k = 0; k < results && !wanted; k++) wanted = ctx.isDemanded(func.result(i, k));
    if (!wanted) continue;
    const output = isa.lower(ctx, i);
    if (output < 0) unsupported(ctx, i);
    for (let k = 0; k < results; k++) ctx.defineValue(func.result(i, k), ctx.words[output + 1 + k]);
    ctx.flush(relativeLocation(func, i));
  }
  if (ctx.blocks.isLanding(ctx.loweredBlock)) lowerLanding(isa, ctx, b);
}

/** What happens at the start of a landing block: its parameters are results or payloads of a try_call. */
function lowerLanding(isa: TargetIsa, ctx: LowerContext, b: Block): void {
  const { func, blocks: order } = ctx;
  const lb = ctx.loweredBlock;
  const from = order.block.data[order.preds.data[order.predStart.data[lb]]] as Block;
  const call = func.lastInst(from);
  isa.lowerLanding?.(ctx, call, order.landing.data[lb] - 1, b);
  ctx.flush(relativeLocation(func, call));
}

/** Source locations are kept relative to the function's first, so that moving a function does not change its code. */
function relativeLocation(func: Function, i: Inst): number {
  const loc = func.sourceLocation(i);
  return loc === NONE ? NONE : (loc - func.locationBase) | 0;
}

/** Passes the arguments of target `k` on, leaving out those whose parameter nobody uses. */
function passArgs(ctx: LowerContext, terminator: Inst, k: number): void {
  const func = ctx.func;
  const to = func.targetBlock(terminator, k);
  for (let a = 0, n = func.targetArgCount(terminator, k); a < n; a++) {
    if (!ctx.isUnused(func.blockParam(to, a))) ctx.pushJumpArg(func.targetArg(terminator, k, a) as Value);
  }
}

/** The rules have nothing for `i`. Legality is checked before lowering, so this names a gap between table and rules. */
function unsupported(ctx: LowerContext, i: Inst): never {
  const { func } = ctx;
  throw new GantryError([
    {
      code: "CODE0001",
      severity: "error",
      message: `no rule lowers ${OPCODE_NAMES[func.opcode(i)]} here; see \`gantry targets\` for what the target can do`,
      place: `${functionName(func)} inst${i}`,
    },
  ]);
}
