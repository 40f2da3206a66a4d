import { type Block, type Function, Op } from "@gantry/clif-ir";
import { I32List, NONE } from "@gantry/entity";
import type { BlockOrder } from "./block-order.ts";

/** Blocks at either end of a loop that are considered for its new end. */
const ROTATION_CANDIDATES = 8;

/**
 * The order in which blocks are written: lowering order without those that nobody needs, cold ones behind the others, and
 * every loop that ends in a jump to its header rotated, so that the jump is left out. A loop is rotated behind a block
 * that may leave it, best if it leaves it to what comes next: its branch goes back where it fell through and falls out
 * where it branched. The jump moves to where the loop is entered, if that fell through. A loop with several ways back
 * stays as it is: each of them would take a branch to its end and another from there to its start.
 *
 * Loops are taken from the lowering order, where each is one run of blocks; what is rotated is the list of those that
 * are left of it, so any order is right whatever the loops are.
 */
export class EmissionOrder {
  /** Lowered blocks as they are to be written. */
  readonly sequence: I32List = new I32List();
  readonly #next = new I32List();
  readonly #prev = new I32List();
  readonly #cold = new I32List();
  readonly #waysBack = new I32List();

  /**
   * @param thread Per lowered block: itself, or the block that it only jumps to.
   */
  compute(func: Function, order: BlockOrder, thread: Int32Array): void {
    const n = order.count;
    this.#next.fill(n + 1, NONE);
    this.#prev.fill(n + 1, NONE);
    const next = this.#next.data;
    const prev = this.#prev.data;
    this.#cold.fill(n, 0);
    let loops = false;
    // Block n stands for both ends.
    let last = n;
    for (let cold = 0; cold < 2; cold++)
      for (let lb = 0; lb < n; lb++) {
        if (thread[lb] !== lb) continue;
        if (cold === 0 && isCold(func, order, lb)) this.#cold.data[lb] = 1;
        if (this.#cold.data[lb] !== cold) continue;
        next[last] = lb;
        prev[lb] = last;
        last = lb;
        if (order.loopEnd.data[lb] >= 0) loops = true;
      }
    next[last] = n;
    prev[n] = last;
    if (loops) {
      this.#countWaysBack(order, thread);
      for (let lb = n - 1; lb > 0; lb--)
        if (this.#waysBack.data[lb] === 1 && prev[lb] >= 0) this.#rotate(order, thread, lb);
    }
    this.sequence.clear();
    for (let lb = next[n]; lb !== n; lb = next[lb]) this.sequence.push(lb);
  }

  /** Counts for each block the branches to it that stand behind it, through blocks that only jump. */
  #countWaysBack(order: BlockOrder, thread: Int32Array): void {
    const ways = this.#waysBack;
    ways.fill(order.count, 0);
    for (let lb = 0; lb < order.count; lb++) {
      if (thread[lb] !== lb) continue;
      for (let k = order.succStart.data[lb]; k < order.succStart.data[lb + 1]; k++) {
        const to = thread[order.succs.data[k]];
        if (to <= lb) ways.data[to]++;
      }
    }
  }

  /** Rotates the loop of `header`, unless that saves nothing. */
  #rotate(order: BlockOrder, thread: Int32Array, header: number): void {
    const next = this.#next.data;
    const prev = this.#prev.data;
    let latch = order.loopEnd.data[header];
    if (latch < 0) return;
    for (let k = 0; k < ROTATION_CANDIDATES && prev[latch] < 0 && latch > header; k++) latch--;
    if (prev[latch] < 0) return;
    if (this.#cold.data[latch] !== this.#cold.data[header]) return;
    if (latch === header || !jumpsTo(order, thread, latch, header)) return;
    const end = this.#newEnd(order, thread, header, latch);
    if (end < 0) return;
    const before = prev[header];
    const after = next[latch];
    const first = next[end];
    next[before] = first;
    prev[first] = before;
    next[latch] = header;
    prev[header] = latch;
    next[end] = after;
    prev[after] = end;
  }

  /** The block from `header` on that the loop had best end with, or -1. */
  #newEnd(order: BlockOrder, thread: Int32Array, header: number, latch: number): number {
    const next = this.#next.data;
    const prev = this.#prev.data;
    const after = next[latch];
    let some = NONE;
    let lb = prev[latch];
    for (let k = 0; k < ROTATION_CANDIDATES; k++) {
      const found = exit(order, thread, lb, header, latch);
      if (found === after) return lb;
      if (found >= 0) some = lb;
      if (lb === header) return some;
      lb = prev[lb];
    }
    lb = header;
    for (let k = 0; k < ROTATION_CANDIDATES; k++) {
      const found = exit(order, thread, lb, header, latch);
      if (found === after) return lb;
      if (found >= 0) some = lb;
      lb = next[lb];
      if (lb === latch) break;
    }
    return some;
  }
}

/** Whether `lb` has one successor, which is `to`. */
function jumpsTo(order: BlockOrder, thread: Int32Array, lb: number, to: number): boolean {
  const at = order.succStart.data[lb];
  return order.succStart.data[lb + 1] - at === 1 && thread[order.succs.data[at]] === to;
}

/** Where the two-way branch of `lb` leaves the blocks from `header` to `latch`, or -1. */
function exit(order: BlockOrder, thread: Int32Array, lb: number, header: number, latch: number): number {
  const at = order.succStart.data[lb];
  if (order.succStart.data[lb + 1] - at !== 2) return NONE;
  const a = thread[order.succs.data[at]];
  const b = thread[order.succs.data[at + 1]];
  const isInsideA = a >= header && a <= latch;
  const isInsideB = b >= header && b <= latch;
  return isInsideA === isInsideB ? NONE : isInsideA ? b : a;
}

function isCold(func: Function, order: BlockOrder, lb: number): boolean {
  if (lb === 0) return false;
  const b = order.block.data[lb] as Block;
  if (b !== NONE) return func.isCold(b) || func.opcode(func.lastInst(b)) === Op.trap;
  return (
    isCold(func, order, order.edgeFrom.data[lb]) ||
    isCold(func, order, order.succs.data[order.succStart.data[lb]])
  );
}
