/**
 * `linear`: register allocation in one forward pass over SSA form with next-use distances, in the manner of Belady's
 * rule as Go's and Maglev's allocators apply it.
 *
 * Uses are linked beforehand, so at every point it is known how far each register's value is from its next use. A value
 * is loaded where a use finds it in no register; when no register is free, the value with the farthest next use loses
 * its own. It is stored once, right after its definition, so losing a register costs nothing when it happens, and a
 * value that the client can recompute is never stored.
 *
 * A block with one predecessor starts in the state that the predecessor ends in. A block with several starts in the state
 * of the latest of those already allocated, reduced to what is worth keeping; every edge into it then gets a parallel move.
 * Since there are no critical edges, that move stands at the end of the predecessor.
 *
 * Time is linear in the size of the problem plus that of the liveness sets; nothing is allocated but growth of arrays.
 */
import { growInt32, I32List } from "@gantry/entity";
import { BlockStart } from "./block-start.ts";
import { BlockStates } from "./block-states.ts";
import { ConstrainedInstruction } from "./constrained-instruction.ts";
import { EdgeMoves } from "./edge-moves.ts";
import { EditList } from "./edit-list.ts";
import { EditMerger } from "./edit-merger.ts";
import type { Environment } from "./environment.ts";
import { FixedInstruction } from "./fixed-instruction.ts";
import { ForeignDefinitions } from "./foreign-definitions.ts";
import { DENSE_WORDS, Liveness } from "./liveness.ts";
import { CLASSES, SLOT_BASE } from "./operand.ts";
import type { Output } from "./output.ts";
import { ParallelMoves } from "./parallel-moves.ts";
import { PlainInstructions } from "./plain-instructions.ts";
import type { Problem } from "./problem.ts";
import { RegisterState } from "./register-state.ts";
import { assignSlots, SpillLives } from "./spill-lives.ts";
import { SpillStores } from "./spill-stores.ts";
import { UseChains } from "./use-chains.ts";

export class LinearAllocator {
  readonly #chains = new UseChains();
  readonly #liveness = new Liveness();
  readonly #state = new RegisterState();
  readonly #states = new BlockStates();
  readonly #moves = new ParallelMoves();
  readonly #start = new BlockStart(this.#state, this.#states, this.#chains);
  readonly #foreign = new ForeignDefinitions(this.#state, this.#moves);
  readonly #constrained = new ConstrainedInstruction(this.#state, this.#moves, this.#foreign);
  readonly #fixed = new FixedInstruction(this.#state, this.#moves);
  readonly #plain = new PlainInstructions(this.#state, this.#fixed, this.#constrained);
  readonly #edges = new EdgeMoves(this.#state, this.#states, this.#moves);
  readonly #stores = new SpillStores(this.#state, this.#states, this.#chains, this.#liveness);
  readonly #lives = new SpillLives();
  readonly #edits = new EditList();
  readonly #edgeEdits = new EditList();
  readonly #merger = new EditMerger();
  readonly #slotOperands = new I32List(64);
  #defPoint = new Int32Array(1024);
  readonly #denseWords: number;

  /** @param denseWords Words of the liveness matrix beyond which it is kept sparse. */
  constructor(denseWords: number = DENSE_WORDS) {
    this.#denseWords = denseWords;
  }

  run(p: Problem, env: Environment, out: Output): void {
    this.#begin(p, env, out);
    const s = this.#state;
    const n = p.numBlocks();
    const succStart = p.blockSuccStart.data;
    const argStart = p.edgeArgStart.data;
    const { onlyJumps, blockStart } = this.#chains;
    for (let b = 0; b < n; b++) {
      this.#foreign.enter(p, b, this.#liveness);
      if (onlyJumps[b] !== 0) this.#states.passThrough(p.preds.data[p.blockPredStart.data[b]]);
      else {
        this.#liveness.enter(p, b);
        s.liveIn = this.#liveness.inBase;
        s.liveOut = this.#liveness.outBase;
        this.#start.enter(p, b);
        this.#plain.allocateBlock(p, b);
        this.#states.addEnd(s, succStart[b] !== succStart[b + 1]);
        this.#liveness.leave(p, b);
      }
      const args = argStart[succStart[b]];
      const endArgs = argStart[succStart[b + 1]];
      if (args !== endArgs) this.#useArguments(p, args, endArgs, blockStart[b + 1] - endArgs);
    }
    this.#states.beginStart();
    this.#edges.resolve(p, this.#edgeEdits);
    this.#assignSlots(p);
    this.#merger.reset(p);
    this.#stores.collect(p, this.#edits, this.#edgeEdits, this.#slotOperands, out.allocs.data, this.#merger);
    this.#write(p, out);
    this.#constrained.end();
  }

  #begin(p: Problem, env: Environment, out: Output): void {
    this.#chains.build(p);
    this.#liveness.build(p, this.#chains, this.#denseWords);
    this.#edits.clear();
    this.#edgeEdits.clear();
    this.#state.reset(p, env, this.#chains, this.#liveness, this.#edits);
    this.#states.reset();
    this.#foreign.reset();
    this.#start.reset(p);
    this.#moves.reset(p.numVRegs, this.#edits, p.vregClass.data, this.#state.all);
    out.reset();
    out.allocs.extend(p.operandVReg.length);
    this.#slotOperands.clear();
    this.#plain.reset(out.allocs.data, this.#slotOperands);
    this.#constrained.reset(p, out.allocs.data, this.#slotOperands);
  }

  /** Moves the next uses of branch arguments, whose positions are greater by `base` than their indices, past the branch. */
  #useArguments(p: Problem, first: number, end: number, base: number): void {
    const { nextUse } = this.#state;
    const { next } = this.#chains;
    const args = p.edgeArgs.data;
    for (let k = first; k < end; k++) nextUse[args[k]] = next[base + k];
  }

  /** Slots for the vregs in memory. */
  #assignSlots(p: Problem): void {
    const s = this.#state;
    const inMemory = s.inMemory;
    this.#defPoint = growInt32(this.#defPoint, p.numVRegs);
    for (let k = 0; k < inMemory.length; k++) {
      const v = inMemory.at(k);
      const d = s.defInst[v];
      this.#defPoint[v] = 2 * (d >= 0 ? d : p.blockInstStart.data[-1 - d]);
    }
    assignSlots(p, this.#lives, this.#chains, this.#liveness, this.#moves, inMemory, this.#defPoint);
  }

  #write(p: Problem, out: Output): void {
    const { slots } = this.#lives;
    const allocs = out.allocs.data;
    this.#merger.write(p, this.#edits, this.#edgeEdits, slots.slotOf, out);
    for (let k = 0; k < this.#slotOperands.length; k++) {
      const at = this.#slotOperands.at(k);
      const a = allocs[at];
      if (a >= SLOT_BASE) allocs[at] = SLOT_BASE + slots.slotOf[a - SLOT_BASE];
    }
    out.slotCount = slots.offset.length;
    out.spillBytes = slots.bytes;
    for (let k = 0; k < out.slotCount; k++) {
      out.spillOffset.push(slots.offset.at(k));
      out.slotBytes.push(slots.widthOf(k));
    }
    for (let c = 0; c < CLASSES; c++) out.usedRegs[c] = this.#state.used[c];
  }
}
