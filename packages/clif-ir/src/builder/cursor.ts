import { bug } from "@gantry/diag";
import { NONE } from "@gantry/entity";
import type { Block, Inst } from "../entities.ts";
import {
  B_FIRST,
  B_LAST,
  BLOCK_SHIFT,
  type Function,
  I_BLOCK,
  I_NEXT,
  I_PREV,
  INST_SHIFT,
} from "../function.ts";
import { InstBuilder } from "../generated/builder.ts";

/** Inserts at a {@link FuncCursor}. */
class CursorBuilder extends InstBuilder {
  readonly func: Function;
  readonly #cursor: FuncCursor;

  constructor(cursor: FuncCursor) {
    super();
    this.func = cursor.func;
    this.#cursor = cursor;
  }

  protected place(i: Inst): void {
    this.#cursor.insert(i);
  }
}

/**
 * A position in the layout of a function for passes that edit: at an instruction, before the first or behind the last
 * one of a block, or nowhere. What is inserted goes in front of the instruction, or to the end of the block.
 */
export class FuncCursor {
  readonly func: Function;
  /** Inserted instructions get this source location. */
  location = NONE as number;
  #block = NONE as Block;
  /** The instruction, or NONE at the top (`#top`) or the bottom of the block. */
  #inst = NONE as Inst;
  #top = false;
  readonly #builder: CursorBuilder;

  constructor(func: Function) {
    this.func = func;
    this.#builder = new CursorBuilder(this);
  }

  /** A builder that inserts here. */
  ins(): InstBuilder {
    return this.#builder;
  }

  /** The block that the position is in, or -1. */
  get block(): Block {
    return this.#block;
  }

  /** The instruction at the position, or -1. */
  get inst(): Inst {
    return this.#inst;
  }

  gotoInst(i: Inst): void {
    this.#block = this.func.instBlock(i);
    this.#inst = i;
    this.#top = false;
    this.location = this.func.sourceLocation(i);
  }

  gotoTop(b: Block): void {
    this.#block = b;
    this.#inst = NONE as Inst;
    this.#top = true;
  }

  gotoBottom(b: Block): void {
    this.#block = b;
    this.#inst = NONE as Inst;
    this.#top = false;
  }

  /** In front of the first instruction of the block, where insertion is possible. */
  gotoFirstInsertionPoint(b: Block): void {
    const first = this.func.firstInst(b);
    if (first === NONE) this.gotoBottom(b);
    else this.gotoInst(first);
  }

  gotoAfter(i: Inst): void {
    const next = this.func.nextInst(i);
    if (next === NONE) this.gotoBottom(this.func.instBlock(i));
    else this.gotoInst(next);
  }

  /** Moves to the next instruction of the block and returns it; -1 at the end. */
  nextInst(): Inst {
    if (this.#block === NONE) return NONE as Inst;
    if (this.#inst === NONE && !this.#top) return NONE as Inst;
    const next = this.#inst === NONE ? this.func.firstInst(this.#block) : this.func.nextInst(this.#inst);
    if (next === NONE) this.gotoBottom(this.#block);
    else this.gotoInst(next);
    return next;
  }

  /** Moves to the previous instruction of the block and returns it; -1 at the start. */
  prevInst(): Inst {
    if (this.#block === NONE || (this.#inst === NONE && this.#top)) return NONE as Inst;
    const prev = this.#inst === NONE ? this.func.lastInst(this.#block) : this.func.prevInst(this.#inst);
    if (prev === NONE) this.gotoTop(this.#block);
    else this.gotoInst(prev);
    return prev;
  }

  /** Moves to the top of the next block and returns it; -1 at the end. From nowhere that is the first block. */
  nextBlock(): Block {
    const next = this.#block === NONE ? this.func.firstBlock() : this.func.nextBlock(this.#block);
    if (next === NONE) this.#leave();
    else this.gotoTop(next);
    return next;
  }

  /** Moves to the bottom of the previous block and returns it; -1 at the start. From nowhere that is the last block. */
  prevBlock(): Block {
    const prev = this.#block === NONE ? this.func.lastBlock() : this.func.prevBlock(this.#block);
    if (prev === NONE) this.#leave();
    else this.gotoBottom(prev);
    return prev;
  }

  #leave(): void {
    this.#block = NONE as Block;
    this.#inst = NONE as Inst;
    this.#top = false;
  }

  /** Inserts an instruction here; the position stays behind it. */
  insert(i: Inst): void {
    if (this.#block === NONE || (this.#inst === NONE && this.#top))
      bug("cursor", "insertion in front of a block's first position");
    if (this.#inst === NONE) this.func.appendInst(this.#block, i);
    else this.func.insertInstBefore(i, this.#inst);
    if (this.location !== NONE) this.func.setSourceLocation(i, this.location);
  }

  /** Takes the instruction at the position out and moves to the one behind it. */
  removeInst(): Inst {
    const i = this.#inst;
    if (i === NONE) bug("cursor", "no instruction to remove");
    this.gotoAfter(i);
    this.func.removeInst(i);
    return i;
  }

  /** Takes the instruction at the position out and moves to the one in front of it. */
  removeInstAndStepBack(): Inst {
    const i = this.#inst;
    if (i === NONE) bug("cursor", "no instruction to remove");
    this.prevInst();
    this.func.removeInst(i);
    return i;
  }

  /** Puts the new block behind the current one; the instructions from the position on move there. */
  insertBlock(b: Block): void {
    if (this.#block === NONE) {
      this.func.appendBlock(b);
      this.gotoBottom(b);
      return;
    }
    this.func.insertBlockBefore(b, this.func.nextBlock(this.#block));
    const first =
      this.#inst !== NONE ? this.#inst : this.#top ? this.func.firstInst(this.#block) : (NONE as Inst);
    if (first !== NONE) splitBlock(this.func, b, first);
    if (first === NONE) this.gotoBottom(b);
    else this.gotoInst(first);
  }
}

/** Moves `first` and everything behind it from its block to the end of the empty block `b`. */
export function splitBlock(f: Function, b: Block, first: Inst): void {
  const insts = f.insts.data;
  const blocks = f.blocks.data;
  const from = f.instBlock(first);
  const prev = f.prevInst(first);
  blocks[(b << BLOCK_SHIFT) + B_FIRST] = first;
  blocks[(b << BLOCK_SHIFT) + B_LAST] = blocks[(from << BLOCK_SHIFT) + B_LAST];
  blocks[(from << BLOCK_SHIFT) + B_LAST] = prev;
  if (prev === NONE) blocks[(from << BLOCK_SHIFT) + B_FIRST] = NONE;
  else insts[(prev << INST_SHIFT) + I_NEXT] = NONE;
  insts[(first << INST_SHIFT) + I_PREV] = NONE;
  for (let i: number = first; i !== NONE; i = insts[(i << INST_SHIFT) + I_NEXT])
    insts[(i << INST_SHIFT) + I_BLOCK] = b;
}
