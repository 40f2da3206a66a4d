import { NONE } from "@gantry/entity";
import type { ControlFlow } from "../analysis/control-flow.ts";
import type { Block, Inst, Value } from "../entities.ts";
import { type Function, INST_SHIFT } from "../function.ts";
import * as Op from "../generated/opcodes.ts";
import { I64, type Type } from "../types.ts";

/** Whether `i` is a call with an exception table. */
export function isTryCall(f: Function, i: Inst): boolean {
  const op = f.insts.data[i << INST_SHIFT] & 0xffff;
  return op === Op.try_call || op === Op.try_call_indirect;
}

/**
 * Gives each exceptional edge of a try_call, and each normal edge that carries results of the call, a block of its own
 * whose parameters are those results and payloads, each once:
 *
 * ```
 *   try_call fn0(v0), sig0, block1(ret0, v1), [ default: block2(exn0) ]
 * block3(v7: i32):  jump block1(v7, v1)
 * block4(v8: i64):  jump block2(v8)
 * ```
 *
 * Then what a call returns or a handler receives is a value with a name, the new blocks have one predecessor, and they
 * are where a back end puts what has to happen behind the call on one of its ways out. Blocks of handlers are cold.
 *
 * @param flow Valid for `f`; it is computed again if anything was changed.
 * @returns Whether the function has a try_call.
 */
export function insertLandingBlocks(f: Function, flow: ControlFlow): boolean {
  let found = false;
  for (let r = 0, n = flow.reachableCount; r < n; r++) {
    const b = flow.rpoBlock(r);
    const i = f.lastInst(b);
    if (!isTryCall(f, i)) continue;
    found = true;
    const targets = f.targetCount(i);
    for (let k = 0; k < targets; k++) {
      // The normal return is the last.
      if (k < targets - 1 || hasCallWords(f, i, k)) insertLandingBlock(f, b, i, k, k < targets - 1);
    }
  }
  if (found) flow.compute(f);
  return found;
}

/** Whether edge `k` passes results or payloads of the call. */
function hasCallWords(f: Function, i: Inst, k: number): boolean {
  for (let n = f.targetArgCount(i, k) - 1; n >= 0; n--) if (f.targetArg(i, k, n) < 0) return true;
  return false;
}

/**
 * Puts a block on edge `k` of `i`, the try_call that ends block `b`: its parameters are what the call gives, and it passes
 * the edge's values on.
 */
export function insertLandingBlock(f: Function, b: Block, i: Inst, k: number, exceptional: boolean): void {
  const landing = f.addBlock();
  const words: number[] = [];
  const args: number[] = [];
  const sig = f.sigRef(i);
  for (let n = 0, count = f.targetArgCount(i, k); n < count; n++) {
    const word = f.targetArg(i, k, n);
    if (word >= 0) {
      args.push(word);
      continue;
    }
    let at = words.indexOf(word);
    if (at < 0) {
      at = words.push(word) - 1;
      // `retN` is -1 - 2N, and `exnN`, a word of the machine, -2 - 2N.
      const type: Type = (word & 1) !== 0 ? f.sigReturnType(sig, (-1 - word) >> 1) : I64;
      f.appendBlockParam(landing, type);
    }
    args.push(f.blockParam(landing, at));
  }
  f.insertBlockBefore(landing, f.nextBlock(b));
  f.setCold(landing, exceptional || f.isCold(b));
  const jump = f.addInst(Op.jump, 0 as Type);
  f.setSourceLocation(jump, f.sourceLocation(i));
  const start = f.pool.push(f.targetBlock(i, k));
  f.pool.push(args.length);
  for (const v of args) f.pool.push(v as Value);
  f.setTargets(jump, [start]);
  f.appendInst(landing, jump);
  const edge = f.targetStart(i, k);
  const pool = f.pool.data;
  pool[edge] = landing;
  pool[edge + 1] = words.length;
  for (let n = 0; n < words.length; n++) pool[edge + 2 + n] = words[n];
}

/** The word that edge `k` passes to parameter `p` of its landing block: `retN` or `exnN` by its N, or -1. */
export function callWord(f: Function, i: Inst, k: number, p: number): number {
  const word = f.targetArg(i, k, p);
  return word >= 0 ? NONE : (word & 1) !== 0 ? (-1 - word) >> 1 : (-2 - word) >> 1;
}
