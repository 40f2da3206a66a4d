import type { Block } from "@gantry/clif-ir";
import { bug } from "@gantry/diag";
import { type I32List, NONE } from "@gantry/entity";
import {
  BRANCH,
  COMMUTES,
  type Output,
  type Problem,
  READS_FLAGS,
  RETURN,
  SLOT_BASE as SLOT,
  WRITES_FLAGS,
} from "@gantry/regalloc";
import type { LowerContext } from "./lower-context.ts";
import { FIRST_VREG, GROUP, MEM_KIND_MASK, Mem } from "./machine-code.ts";
import { Fact, type TargetIsa } from "./target.ts";

/** Operand info word of the base and the index of a memory operand: an early use in any general register. */
const ADDRESS_USE = 1 << 4;

/** Bytes of a spill slot for a register of unknown contents. */
const WIDEST = 16;

/** Groups of an operand descriptor entry (its bits 24 and up). */
const GROUP_REG_MEM = 1;

/** In a table's clobber column: the set stands in the last word of the record's fixed part. */
const CLOBBER_IN_RECORD = -2;

/** Bits of a problem's instruction flags for the {@link Fact} bits of an opcode. */
function instFlags(fact: number): number {
  return (
    ((fact & Fact.branch) !== 0 ? BRANCH : 0) |
    ((fact & Fact.return) !== 0 ? RETURN : 0) |
    ((fact & Fact.writesFlags) !== 0 ? WRITES_FLAGS : 0) |
    ((fact & Fact.readsFlags) !== 0 ? READS_FLAGS : 0) |
    ((fact & Fact.commutes) !== 0 ? COMMUTES : 0)
  );
}

/**
 * Fills `problem` from the records of `ctx`: the operands that the descriptors of the target's instruction table
 * find, with aliases resolved (the records' words are brought up to date on the way), the control flow of the block
 * order, and the columns of the virtual registers.
 */
export function buildProblem(isa: TargetIsa, ctx: LowerContext, blockStart: I32List, problem: Problem): void {
  problem.reset();
  const { blocks: order } = ctx;
  for (let lb = 0; lb < order.count; lb++) {
    addParams(ctx, lb, problem);
    addInsts(isa, ctx, blockStart.data[lb], blockStart.data[lb + 1], problem);
    const from = order.succStart.data[lb];
    const to = order.succStart.data[lb + 1];
    for (let e = from; e < to; e++) {
      const target = order.succs.data[e];
      problem.successor(target);
      if (to - from !== 1) {
        // Behind a single edge parameters are other names of what arrives, and all other such edges are split.
        if (hasParams(ctx, target)) bug("regalloc", `block label${target} has parameters behind a branch`);
        continue;
      }
      const first = ctx.jumpArgStart.data[lb];
      for (let k = 0; k < ctx.jumpArgCount.data[lb]; k++)
        problem.edgeArg(ctx.resolve(ctx.jumpArgs.data[first + k]));
    }
    problem.endBlock();
  }
  // Last: a parameter whose only users are dead gets its register when its block is reached above.
  addVRegs(isa, ctx, problem);
  problem.finish();
  while (widenParams(problem));
}

/**
 * Gives each block parameter a spill slot as wide as those of its arguments: the register of an argument may be another
 * name of something wider (lane 0 of a vector is the vector's own register). Says whether a width changed, which is at
 * most twice for each.
 */
function widenParams(problem: Problem): boolean {
  let changed = false;
  const bytes = problem.vregSlotBytes.data;
  const { succs, blockParamStart, params, edgeArgStart, edgeArgs } = problem;
  for (let e = 0; e < succs.length; e++) {
    const first = blockParamStart.data[succs.data[e]] - edgeArgStart.data[e];
    for (let k = edgeArgStart.data[e]; k < edgeArgStart.data[e + 1]; k++) {
      const param = params.data[first + k];
      const width = bytes[edgeArgs.data[k]];
      if (width > bytes[param]) {
        bytes[param] = width;
        changed = true;
      }
    }
  }
  return changed;
}

function addVRegs(isa: TargetIsa, ctx: LowerContext, problem: Problem): void {
  for (let v = FIRST_VREG; v < ctx.numVRegs; v++) {
    problem.newVReg(ctx.vregClass[v], ctx.vregBytes[v] || WIDEST, ctx.vregRemat[v]);
  }
  const sets = isa.clobberSets;
  for (let k = 3; k < sets.length; k += 3) problem.newClobberSet(sets[k], sets[k + 1], sets[k + 2]);
}

/** Whether lowered block `lb` has parameters that the allocator must know. */
function hasParams(ctx: LowerContext, lb: number): boolean {
  const b = ctx.blocks.block.data[lb] as Block;
  return b !== NONE && ctx.func.blockParamCount(b) > 0 && !ctx.blocks.isLanding(lb);
}

function addParams(ctx: LowerContext, lb: number, problem: Problem): void {
  const { func, blocks: order } = ctx;
  const b = order.block.data[lb] as Block;
  if (b === NONE || lb === 0 || order.isLanding(lb)) return;
  for (let k = 0, n = func.blockParamCount(b); k < n; k++) {
    const v = func.blockParam(b, k);
    if (ctx.isUnused(v)) continue;
    const regs = ctx.valueRegs(v);
    problem.param(ctx.part(regs, 0));
    if ((regs & GROUP) !== 0) problem.param(ctx.part(regs, 1));
  }
}

function addInsts(isa: TargetIsa, ctx: LowerContext, from: number, to: number, problem: Problem): void {
  const { facts, operandStart, operands, recordLength, clobber } = isa.insts;
  const order = ctx.order.data;
  const words = ctx.words;
  for (let p = from; p < to; p++) {
    const at = order[p];
    const op = words[at] & 0xffff;
    const fact = facts[op];
    let flags = instFlags(fact);
    for (let k = operandStart[op], end = operandStart[op + 1]; k < end; k++) {
      const entry = operands[k];
      const word = at + ((entry >>> 16) & 0xff);
      const group = entry >>> 24;
      if (group === 0 || (group === GROUP_REG_MEM && (words[word + 3] & MEM_KIND_MASK) === Mem.register)) {
        const r = words[word];
        if (r >= FIRST_VREG) problem.operand((words[word] = ctx.resolve(r)), entry & 0xffff);
        else flags &= ~COMMUTES;
        continue;
      }
      flags &= ~COMMUTES;
      const base = words[word];
      if (base >= FIRST_VREG) problem.operand((words[word] = ctx.resolve(base)), ADDRESS_USE);
      if ((words[word + 3] & MEM_KIND_MASK) !== Mem.plain) continue;
      const index = words[word + 1];
      if (index >= FIRST_VREG) problem.operand((words[word + 1] = ctx.resolve(index)), ADDRESS_USE);
    }
    if ((fact & Fact.list) !== 0) {
      const list = at + recordLength[op];
      for (let k = 0, n = words[list]; k < n; k++) {
        const word = list + 1 + k * 2;
        const r = words[word];
        if (r >= FIRST_VREG) problem.operand((words[word] = ctx.resolve(r)), words[word + 1]);
      }
    }
    problem.endInst(
      flags,
      clobber[op] === CLOBBER_IN_RECORD ? words[at + recordLength[op] - 1] : clobber[op],
    );
  }
}

/**
 * Writes the allocation into the records: each register word becomes its physical register, a register-or-memory
 * operand that was left in its spill slot becomes that memory, and frame relative memory becomes memory relative to
 * the stack pointer. The traversal is that of {@link buildProblem}.
 */
export function applyAllocation(isa: TargetIsa, ctx: LowerContext, output: Output): void {
  const { facts, operandStart, operands, recordLength } = isa.insts;
  const order = ctx.order.data;
  const words = ctx.words;
  const allocs = output.allocs.data;
  let a = 0;
  for (let p = 0, n = ctx.order.length; p < n; p++) {
    const at = order[p];
    const op = words[at] & 0xffff;
    for (let k = operandStart[op], end = operandStart[op + 1]; k < end; k++) {
      const entry = operands[k];
      const word = at + ((entry >>> 16) & 0xff);
      const group = entry >>> 24;
      if (group === 0) {
        if (words[word] >= FIRST_VREG) words[word] = allocs[a++];
        continue;
      }
      const kind = words[word + 3] & MEM_KIND_MASK;
      if (group === GROUP_REG_MEM && kind === Mem.register) {
        if (words[word] < FIRST_VREG) continue;
        const alloc = allocs[a++];
        if (alloc < SLOT) {
          words[word] = alloc;
          continue;
        }
        words[word] = NONE;
        words[word + 1] = alloc - SLOT;
        words[word + 3] = Mem.spillSlot;
      } else {
        if (words[word] >= FIRST_VREG) words[word] = allocs[a++];
        if (kind === Mem.plain && words[word + 1] >= FIRST_VREG) words[word + 1] = allocs[a++];
      }
    }
    if ((facts[op] & Fact.list) === 0) continue;
    const list = at + recordLength[op];
    for (let k = 0, count = words[list]; k < count; k++) {
      const word = list + 1 + k * 2;
      if (words[word] >= FIRST_VREG) words[word] = allocs[a++];
    }
  }
}

/** Turns the frame kinds of memory operands into plain memory, when the frame is laid out. */
export function resolveFrame(isa: TargetIsa, ctx: LowerContext, output: Output): void {
  const { operandStart, operands } = isa.insts;
  const order = ctx.order.data;
  const words = ctx.words;
  const { frame } = ctx;
  for (let p = 0, n = ctx.order.length; p < n; p++) {
    const at = order[p];
    const op = words[at] & 0xffff;
    for (let k = operandStart[op], end = operandStart[op + 1]; k < end; k++) {
      const entry = operands[k];
      if (entry >>> 24 === 0) continue;
      const group = at + ((entry >>> 16) & 0xff);
      const meta = words[group + 3];
      const kind = meta & MEM_KIND_MASK;
      if (kind < Mem.stackSlot || kind > Mem.outgoing) continue;
      let offset = words[group + 2];
      if (kind === Mem.stackSlot) offset += frame.slotOffset(words[group + 1]);
      else if (kind === Mem.spillSlot) offset += frame.spillBase + output.spillOffset.data[words[group + 1]];
      else if (kind === Mem.incoming) offset += frame.incomingBase;
      words[group] =
        kind === Mem.incoming && frame.incomingRegister >= 0 ? frame.incomingRegister : isa.stackPointer;
      words[group + 1] = NONE;
      words[group + 2] = offset;
      words[group + 3] = (meta & ~MEM_KIND_MASK) | Mem.plain;
    }
  }
}
