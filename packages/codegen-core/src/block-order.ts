import { type Block, type ControlFlow, type Function, type Inst, Op } from "@gantry/clif-ir";
import { I32List, NONE } from "@gantry/entity";

/**
 * The order in which blocks are lowered and allocated: reverse postorder, each block followed by the blocks that split
 * its critical edges.
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
  /** Approximate loop depth: how many back edges in this order span the block. */
  readonly loopDepth: I32List = new I32List();
  /** Lowered block of each CLIF block, -1 if it is unreachable. */
  readonly lowered: I32List = new I32List();
  readonly #inEdges = new I32List();

  /** Computes the order of `func`, whose control flow is `flow`. */
  compute(func: Function, flow: ControlFlow): void {
    const inEdges = this.#inEdges;
    inEdges.fill(func.numBlocks, 0);
    this.lowered.fill(func.numBlocks, NONE);
    const rpoLength = flow.reachableCount;
    for (let r = 0; r < rpoLength; r++) {
      const i = func.lastInst(flow.rpoBlock(r));
      for (let k = 0, n = func.targetCount(i); k < n; k++) inEdges.data[func.targetBlock(i, k)]++;
    }
    this.block.clear();
    this.edgeFrom.clear();
    this.edgeIndex.clear();
    for (let r = 0; r < rpoLength; r++) {
      const b = flow.rpoBlock(r);
      const lb = this.#append(b, NONE, NONE);
      this.lowered.data[b] = lb;
      const i = func.lastInst(b);
      const n = func.targetCount(i);
      if (!splitsEdges(func, i, n)) continue;
      for (let k = 0; k < n; k++) {
        if (inEdges.data[func.targetBlock(i, k)] > 1) this.#append(NONE as Block, lb, k);
      }
    }
    this.count = this.block.length;
    this.#connect(func);
    this.#findLoops();
  }

  /** The lowered block that edge `k` of lowered block `lb` leads to. */
  target(lb: number, k: number): number {
    return this.succs.data[this.succStart.data[lb] + k];
  }

  #append(b: Block, from: number, index: number): number {
    this.edgeFrom.push(from);
    this.edgeIndex.push(index);
    return this.block.push(b);
  }

  #connect(func: Function): void {
    const { succStart, succs, predStart, preds } = this;
    const n = this.count;
    succStart.clear();
    succs.clear();
    predStart.fill(n + 1, 0);
    for (let lb = 0; lb < n; lb++) {
      succStart.push(succs.length);
      const b = this.block.data[lb] as Block;
      if (b === NONE) {
        const from = this.block.data[this.edgeFrom.data[lb]] as Block;
        succs.push(this.lowered.data[func.targetBlock(func.lastInst(from), this.edgeIndex.data[lb])]);
        continue;
      }
      const i = func.lastInst(b);
      const targets = func.targetCount(i);
      // The split edges of a block follow it, in the order of its targets.
      let edge = lb + 1;
      for (let k = 0; k < targets; k++) {
        if (edge < n && this.edgeFrom.data[edge] === lb && this.edgeIndex.data[edge] === k)
          succs.push(edge++);
        else succs.push(this.lowered.data[func.targetBlock(i, k)]);
      }
    }
    succStart.push(succs.length);
    const ps = predStart.data;
    for (let k = 0; k < succs.length; k++) ps[succs.data[k] + 1]++;
    for (let lb = 0; lb < n; lb++) ps[lb + 1] += ps[lb];
    preds.fill(succs.length, 0);
    for (let lb = n - 1; lb >= 0; lb--) {
      for (let k = succStart.data[lb + 1] - 1; k >= succStart.data[lb]; k--) {
        preds.data[--ps[succs.data[k] + 1]] = lb;
      }
    }
    // Each start was moved down to where its own list begins: shift the column back by one.
    for (let lb = 0; lb < n; lb++) ps[lb] = ps[lb + 1];
    ps[n] = succs.length;
  }

  #findLoops(): void {
    const n = this.count;
    const depth = this.loopDepth;
    depth.fill(n + 1, 0);
    for (let lb = 0; lb < n; lb++) {
      for (let k = this.succStart.data[lb]; k < this.succStart.data[lb + 1]; k++) {
        const to = this.succs.data[k];
        if (to <= lb) {
          depth.data[to]++;
          depth.data[lb + 1]--;
        }
      }
    }
    let d = 0;
    for (let lb = 0; lb < n; lb++) {
      d += depth.data[lb];
      depth.data[lb] = d;
    }
    depth.length = n;
  }
}

/** Whether `terminator` may have any number of targets, so that its edges count as leaving a block with several. */
export function isMultiway(func: Function, terminator: Inst): boolean {
  const op = func.opcode(terminator);
  return op === Op.br_table || op === Op.try_call || op === Op.try_call_indirect;
}

function splitsEdges(func: Function, terminator: Inst, targets: number): boolean {
  return targets > 1 || (targets === 1 && isMultiway(func, terminator));
}
