import { type Block, type ControlFlow, type Function, type Inst, isTryCall, Op } from "@gantry/clif-ir";
import { I32List, NONE } from "@gantry/entity";
import { LoopNest } from "./loop-nest.ts";

/**
 * The order in which blocks are lowered and allocated: reverse postorder in which the blocks of a loop stand together, so
 * that the last of them is the last that branches back to the header and what leaves the loop stands behind it. A block is
 * followed by the blocks that split its critical edges, but for those that leave loops, which stand behind the loops.
 *
 * Moving what is outside a natural loop behind the loop keeps every block behind its dominators and behind all its
 * predecessors that are not latches: only the header of a loop has predecessors outside.
 *
 * An edge is critical if its source has several outgoing edges and its target several incoming ones; edges count, not
 * blocks, so two edges between the same blocks are two. A jump table counts as having several outgoing edges whatever
 * its size, because the allocator may place nothing between its operands and its transfer of control.
 */
export class BlockOrder {
  /** Number of lowered blocks; block 0 is the entry. */
  count = 0;
  /** The CLIF block of each lowered block, or -1 for a split edge. */
  readonly block: I32List = new I32List();
  /** For a split edge: the lowered block that it leaves, and which of its targets it is. */
  readonly edgeFrom: I32List = new I32List();
  readonly edgeIndex: I32List = new I32List();
  /** Successors in the order of the terminator's targets. */
  readonly succStart: I32List = new I32List();
  readonly succs: I32List = new I32List();
  readonly predStart: I32List = new I32List();
  readonly preds: I32List = new I32List();
  /** Per lowered block: the last one that branches back to it, or -1. */
  readonly loopEnd: I32List = new I32List();
  /** Lowered block of each CLIF block, -1 if it is unreachable. */
  readonly lowered: I32List = new I32List();
  /**
   * For each lowered block that {@link insertLandingBlocks} put behind a try_call: one more than the number of the edge that
   * leads there, otherwise 0. Empty if the function has no try_call.
   */
  readonly landing: I32List = new I32List();
  readonly #inEdges = new I32List();
  readonly #nest = new LoopNest();
  /** Per position in reverse postorder: the first in the same loop, for a header; the next in the same loop as it. */
  readonly #firstInside = new I32List();
  readonly #nextBeside = new I32List();
  readonly #stack = new I32List();
  /** Per header: the split edges that stand behind its loop, chained; triples of source, target index and next. */
  readonly #leaving = new I32List();
  readonly #late = new I32List();

  /** Computes the order of `func`, whose control flow is `flow`. */
  compute(func: Function, flow: ControlFlow): void {
    const inEdges = this.#inEdges;
    inEdges.fill(func.numBlocks, 0);
    this.lowered.fill(func.numBlocks, NONE);
    const n = flow.reachableCount;
    let loops = false;
    for (let r = 0; r < n; r++) {
      const i = func.lastInst(flow.rpoBlock(r));
      for (let k = 0, targets = func.targetCount(i); k < targets; k++) {
        const to = func.targetBlock(i, k);
        inEdges.data[to]++;
        if (flow.rpoNumber(to) <= r) loops = true;
      }
    }
    this.block.clear();
    this.edgeFrom.clear();
    this.edgeIndex.clear();
    this.succStart.clear();
    this.succs.clear();
    if (loops && this.#nest.compute(flow)) this.#appendNest(func, flow);
    else for (let r = 0; r < n; r++) this.#appendBlock(func, flow, r, false);
    this.count = this.block.length;
    this.#connect();
    this.landing.clear();
    if (hasTryCalls(func, flow)) this.#findLandings(func);
  }

  #findLandings(func: Function): void {
    this.landing.fill(this.count, 0);
    for (let lb = 0; lb < this.count; lb++) {
      const b = this.block.data[lb] as Block;
      if (b === NONE || !isTryCall(func, func.lastInst(b))) continue;
      const first = this.succStart.data[lb];
      const targets = this.succStart.data[lb + 1] - first;
      for (let k = 0; k < targets; k++) {
        const to = this.succs.data[first + k];
        const block = this.block.data[to] as Block;
        // A normal edge without results leads to a block that others may lead to.
        if (k < targets - 1 || (block !== NONE && func.blockParamCount(block) > 0 && this.#isOnlyWay(to)))
          this.landing.data[to] = k + 1;
      }
    }
  }

  #isOnlyWay(lb: number): boolean {
    return this.predStart.data[lb + 1] - this.predStart.data[lb] === 1;
  }

  /** Whether lowered block `lb` is the landing block of a try_call: its parameters are what the call gives. */
  isLanding(lb: number): boolean {
    return this.landing.length > 0 && this.landing.data[lb] !== 0;
  }

  /** The lowered block that edge `k` of lowered block `lb` leads to. */
  target(lb: number, k: number): number {
    return this.succs.data[this.succStart.data[lb] + k];
  }

  /** Appends all blocks, the inside of each loop behind its header. */
  #appendNest(func: Function, flow: ControlFlow): void {
    const n = flow.reachableCount;
    const { outer, isHeader } = this.#nest;
    const firstInside = this.#firstInside;
    const nextBeside = this.#nextBeside;
    const stack = this.#stack;
    firstInside.fill(n, NONE);
    nextBeside.fill(n, NONE);
    this.#leaving.fill(n, NONE);
    this.#late.clear();
    let first = NONE;
    for (let r = n - 1; r >= 0; r--) {
      const loop = outer.data[r];
      nextBeside.data[r] = loop < 0 ? first : firstInside.data[loop];
      if (loop < 0) first = r;
      else firstInside.data[loop] = r;
    }
    stack.clear();
    let r = first;
    for (;;) {
      while (r >= 0) {
        this.#appendBlock(func, flow, r, true);
        if (isHeader.data[r] !== 0) {
          stack.push(r);
          r = firstInside.data[r];
        } else r = nextBeside.data[r];
      }
      if (stack.length === 0) return;
      const header = stack.pop();
      for (let k = this.#leaving.data[header]; k >= 0; k = this.#late.data[k + 2])
        this.#appendEdge(this.#late.data[k], this.#late.data[k + 1]);
      r = nextBeside.data[header];
    }
  }

  /** Appends the block at position `r` and the edges to be split behind it. */
  #appendBlock(func: Function, flow: ControlFlow, r: number, loops: boolean): void {
    const b = flow.rpoBlock(r);
    const lb = this.#append(b, NONE, NONE);
    this.lowered.data[b] = lb;
    const i = func.lastInst(b);
    const n = func.targetCount(i);
    for (let k = 0; k < n; k++) this.succs.push(~func.targetBlock(i, k));
    if (!splitsEdges(func, i, n)) return;
    for (let k = 0; k < n; k++) {
      const to = func.targetBlock(i, k);
      if (this.#inEdges.data[to] <= 1) continue;
      const left = loops ? this.#nest.left(r, flow.rpoNumber(to)) : NONE;
      if (left < 0) this.#appendEdge(lb, k);
      else {
        const at = this.#late.push(lb);
        this.#late.push(k);
        this.#late.push(this.#leaving.data[left]);
        this.#leaving.data[left] = at;
      }
    }
  }

  #appendEdge(from: number, k: number): void {
    const at = this.succStart.data[from] + k;
    const edge = this.#append(NONE as Block, from, k);
    this.succs.push(this.succs.data[at]);
    this.succs.data[at] = edge;
  }

  #append(b: Block, from: number, index: number): number {
    this.edgeFrom.push(from);
    this.edgeIndex.push(index);
    this.succStart.push(this.succs.length);
    return this.block.push(b);
  }

  /** Turns successors that are CLIF blocks into lowered blocks, and derives predecessors and loop ends. */
  #connect(): void {
    const { succStart, succs, predStart, preds, loopEnd } = this;
    const n = this.count;
    succStart.push(succs.length);
    predStart.fill(n + 1, 0);
    const ps = predStart.data;
    for (let k = 0; k < succs.length; k++) {
      if (succs.data[k] < 0) succs.data[k] = this.lowered.data[~succs.data[k]];
      ps[succs.data[k] + 1]++;
    }
    for (let lb = 0; lb < n; lb++) ps[lb + 1] += ps[lb];
    preds.fill(succs.length, 0);
    loopEnd.fill(n, NONE);
    for (let lb = n - 1; lb >= 0; lb--) {
      for (let k = succStart.data[lb + 1] - 1; k >= succStart.data[lb]; k--) {
        const to = succs.data[k];
        preds.data[--ps[to + 1]] = lb;
        if (to <= lb && loopEnd.data[to] < 0) loopEnd.data[to] = lb;
      }
    }
    // Each start was moved down to where its own list begins: shift the column back by one.
    for (let lb = 0; lb < n; lb++) ps[lb] = ps[lb + 1];
    ps[n] = succs.length;
  }
}

function hasTryCalls(func: Function, flow: ControlFlow): boolean {
  for (let r = 0, n = flow.reachableCount; r < n; r++)
    if (isTryCall(func, func.lastInst(flow.rpoBlock(r)))) return true;
  return false;
}

/** Whether `terminator` may have any number of targets, so that its edges count as leaving a block with several. */
export function isMultiway(func: Function, terminator: Inst): boolean {
  return func.opcode(terminator) === Op.br_table || isTryCall(func, terminator);
}

function splitsEdges(func: Function, terminator: Inst, targets: number): boolean {
  return targets > 1 || (targets === 1 && isMultiway(func, terminator));
}
