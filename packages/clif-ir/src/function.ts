import { bug } from "@gantry/diag";
import { NONE } from "@gantry/entity";
import type { Block, Constant, FuncRef, GlobalValue, Inst, SigRef, StackSlot, Value } from "./entities.ts";
import {
  OF_BRANCH,
  OF_CALL,
  OPCODE_CTRL_OPERAND,
  OPCODE_FLAGS,
  OPCODE_FORMAT,
  OPCODE_INFER,
  OPCODE_TYPE_SET,
} from "./generated/facts.ts";
import { Preamble } from "./preamble.ts";
import {
  B_FIRST,
  B_FLAGS,
  B_LAST,
  B_NEXT,
  B_PARAMC,
  B_PARAMS,
  B_PREV,
  B_ROOM,
  BLOCK_SHIFT,
  EX_CONTEXT,
  H_FIRST,
  H_LAST,
  H_LOC_BASE,
  HAS_SIDE,
  I_ARG,
  I_ARGC,
  I_BLOCK,
  I_IMM,
  I_IMM2,
  I_NEXT,
  I_PREV,
  I_RESULT,
  I_RESULTC,
  I_RESULTS,
  I_TARGET,
  I_TARGETC,
  INST_SHIFT,
  SIDE_SHIFT,
  V_DEF,
  V_INDEX,
  V_LABEL,
  VALUE_SHIFT,
  VK_ALIAS,
  VK_NONE,
  VK_PARAM,
  VK_RESULT,
} from "./records.ts";
import { INVALID, type Type } from "./types.ts";

export * from "./records.ts";

/**
 * A CLIF function. Everything is a section of 32-bit words or of bytes; entities are positions in them. One instance
 * is made to be reused: `reset` keeps the storage.
 *
 * Block-call arguments are words: a value is its number, `retN` is -1 - 2N, `exnN` is -2 - 2N.
 */
export class Function extends Preamble {
  constructor() {
    super();
    this.reset();
  }

  // Layout.

  get numBlocks(): number {
    return this.blocks.length >> BLOCK_SHIFT;
  }

  get numInsts(): number {
    return this.insts.length >> INST_SHIFT;
  }

  get numValues(): number {
    return this.values.length >> VALUE_SHIFT;
  }

  /** The entry block, or -1. */
  firstBlock(): Block {
    return this.head.data[H_FIRST] as Block;
  }

  lastBlock(): Block {
    return this.head.data[H_LAST] as Block;
  }

  nextBlock(b: Block): Block {
    return this.blocks.data[(b << BLOCK_SHIFT) + B_NEXT] as Block;
  }

  prevBlock(b: Block): Block {
    return this.blocks.data[(b << BLOCK_SHIFT) + B_PREV] as Block;
  }

  isCold(b: Block): boolean {
    return (this.blocks.data[(b << BLOCK_SHIFT) + B_FLAGS] & 1) !== 0;
  }

  /** Whether the block is in the layout. */
  isInserted(b: Block): boolean {
    return (this.blocks.data[(b << BLOCK_SHIFT) + B_FLAGS] & 2) !== 0;
  }

  setCold(b: Block, cold: boolean): void {
    const at = (b << BLOCK_SHIFT) + B_FLAGS;
    this.blocks.data[at] = cold ? this.blocks.data[at] | 1 : this.blocks.data[at] & ~1;
  }

  firstInst(b: Block): Inst {
    return this.blocks.data[(b << BLOCK_SHIFT) + B_FIRST] as Inst;
  }

  lastInst(b: Block): Inst {
    return this.blocks.data[(b << BLOCK_SHIFT) + B_LAST] as Inst;
  }

  nextInst(i: Inst): Inst {
    return this.insts.data[(i << INST_SHIFT) + I_NEXT] as Inst;
  }

  prevInst(i: Inst): Inst {
    return this.insts.data[(i << INST_SHIFT) + I_PREV] as Inst;
  }

  /** The block that an instruction is in, or -1. */
  instBlock(i: Inst): Block {
    return this.insts.data[(i << INST_SHIFT) + I_BLOCK] as Block;
  }

  // Instructions.

  opcode(i: Inst): number {
    return this.insts.data[i << INST_SHIFT] & 0xffff;
  }

  format(i: Inst): number {
    return OPCODE_FORMAT[this.insts.data[i << INST_SHIFT] & 0xffff];
  }

  /** The facts `OF_*` of the instruction's opcode. */
  opcodeFlags(i: Inst): number {
    return OPCODE_FLAGS[this.insts.data[i << INST_SHIFT] & 0xffff];
  }

  /** The controlling type; INVALID for a monomorphic opcode. */
  ctrlType(i: Inst): Type {
    return (this.insts.data[i << INST_SHIFT] >> 16) & 0x3fff;
  }

  /** Number of value operands, fixed and variable; arguments of block calls do not count. */
  argCount(i: Inst): number {
    return this.insts.data[(i << INST_SHIFT) + I_ARGC];
  }

  /** Value operand `k`. */
  arg(i: Inst, k: number): Value {
    const d = this.insts.data;
    const at = i << INST_SHIFT;
    return (d[at + I_ARGC] <= 3 ? d[at + I_ARG + k] : this.pool.data[d[at + I_ARG] + k]) as Value;
  }

  setArg(i: Inst, k: number, v: Value): void {
    const d = this.insts.data;
    const at = i << INST_SHIFT;
    if (d[at + I_ARGC] <= 3) d[at + I_ARG + k] = v;
    else this.pool.data[d[at + I_ARG] + k] = v;
  }

  /** Low half of a 64-bit immediate. */
  immLo(i: Inst): number {
    return this.insts.data[(i << INST_SHIFT) + I_IMM];
  }

  /** High half of a 64-bit immediate. */
  immHi(i: Inst): number {
    return this.insts.data[(i << INST_SHIFT) + I_IMM2];
  }

  /** Byte offset of a memory access or stack address. */
  offset(i: Inst): number {
    return this.insts.data[(i << INST_SHIFT) + I_IMM];
  }

  /** Memory flags: see `mem-flags.ts`. */
  memFlags(i: Inst): number {
    return this.insts.data[(i << INST_SHIFT) + I_IMM2];
  }

  /** Number of the integer or float condition code. */
  cond(i: Inst): number {
    return this.insts.data[(i << INST_SHIFT) + I_IMM];
  }

  trapCode(i: Inst): number {
    return this.insts.data[(i << INST_SHIFT) + I_IMM];
  }

  /** Lane number, or chunk number of `extract_vector`. */
  uimm8(i: Inst): number {
    return this.insts.data[(i << INST_SHIFT) + I_IMM];
  }

  rmwOp(i: Inst): number {
    return this.insts.data[(i << INST_SHIFT) + I_IMM];
  }

  stackSlot(i: Inst): StackSlot {
    return this.insts.data[(i << INST_SHIFT) + I_IMM2] as StackSlot;
  }

  dynamicStackSlot(i: Inst): number {
    return this.insts.data[(i << INST_SHIFT) + I_IMM];
  }

  globalValue(i: Inst): GlobalValue {
    return this.insts.data[(i << INST_SHIFT) + I_IMM] as GlobalValue;
  }

  funcRef(i: Inst): FuncRef {
    return this.insts.data[(i << INST_SHIFT) + I_IMM] as FuncRef;
  }

  /** The constant of `vconst`, `f128const` and `shuffle` (its mask). */
  constant(i: Inst): Constant {
    return this.insts.data[(i << INST_SHIFT) + I_IMM] as Constant;
  }

  /** The signature of an indirect call, or that of an exception table. */
  sigRef(i: Inst): SigRef {
    const at = i << INST_SHIFT;
    const d = this.insts.data;
    const table = d[at + I_IMM2];
    return (d[at + I_TARGETC] > 0 ? this.pool.data[table] : d[at + I_IMM]) as SigRef;
  }

  /** The block that `get_exception_handler_address` names. */
  blockOperand(i: Inst): Block {
    return this.insts.data[(i << INST_SHIFT) + I_TARGET] as Block;
  }

  /** The first result, or -1. */
  firstResult(i: Inst): Value {
    return this.insts.data[(i << INST_SHIFT) + I_RESULT] as Value;
  }

  resultCount(i: Inst): number {
    return this.insts.data[(i << INST_SHIFT) + I_RESULTC];
  }

  result(i: Inst, k: number): Value {
    const d = this.insts.data;
    const at = i << INST_SHIFT;
    return (k === 0 ? d[at + I_RESULT] : this.pool.data[d[at + I_RESULTS] + k - 1]) as Value;
  }

  /** The type of the first result; INVALID without results. */
  resultType(i: Inst): Type {
    const v = this.insts.data[(i << INST_SHIFT) + I_RESULT];
    return v < 0 ? INVALID : this.values.data[v << VALUE_SHIFT] & 0xffff;
  }

  /** The source location as an unsigned number's 32 bits, or -1. */
  sourceLocation(i: Inst): number {
    return this.locs.data[i];
  }

  setSourceLocation(i: Inst, loc: number): void {
    this.locs.data[i] = loc;
    const head = this.head.data;
    if (head[H_LOC_BASE] === NONE) head[H_LOC_BASE] = loc;
  }

  /** The first source location that was set, or -1: others are stored relative to it. */
  get locationBase(): number {
    return this.head.data[H_LOC_BASE];
  }

  // Branches.

  isBranch(i: Inst): boolean {
    return (OPCODE_FLAGS[this.insts.data[i << INST_SHIFT] & 0xffff] & OF_BRANCH) !== 0;
  }

  /** Number of block calls. */
  targetCount(i: Inst): number {
    return this.insts.data[(i << INST_SHIFT) + I_TARGETC];
  }

  /** Where block call `k` starts in the pool: block, number of arguments, arguments. */
  targetStart(i: Inst, k: number): number {
    const d = this.insts.data;
    const at = i << INST_SHIFT;
    return d[at + I_TARGETC] <= 2 ? d[at + I_TARGET + k] : this.pool.data[d[at + I_TARGET] + k];
  }

  /** The destination of block call `k`, in the order jump; then, else; default, table; handlers, normal return. */
  targetBlock(i: Inst, k: number): Block {
    return this.pool.data[this.targetStart(i, k)] as Block;
  }

  setTargetBlock(i: Inst, k: number, b: Block): void {
    this.pool.data[this.targetStart(i, k)] = b;
  }

  targetArgCount(i: Inst, k: number): number {
    return this.pool.data[this.targetStart(i, k) + 1];
  }

  /** Argument `n` of block call `k`: a value, or a negative word for `retN` and `exnN`. */
  targetArg(i: Inst, k: number, n: number): Value {
    return this.pool.data[this.targetStart(i, k) + 2 + n] as Value;
  }

  setTargetArg(i: Inst, k: number, n: number, v: Value): void {
    this.pool.data[this.targetStart(i, k) + 2 + n] = v;
  }

  /** Where the exception table of a try_call starts in the pool: signature, number of items, two words an item. */
  exceptionTable(i: Inst): number {
    return this.insts.data[(i << INST_SHIFT) + I_IMM2];
  }

  // Values.

  valueType(v: Value): Type {
    return this.values.data[v << VALUE_SHIFT] & 0xffff;
  }

  setValueType(v: Value, t: Type): void {
    const at = v << VALUE_SHIFT;
    this.values.data[at] = (this.values.data[at] & ~0xffff) | t;
  }

  /** What defines the value: `VK_*`. */
  valueKind(v: Value): number {
    return this.values.data[v << VALUE_SHIFT] >> 16;
  }

  /** The defining instruction, or -1. */
  valueDef(v: Value): Inst {
    const at = v << VALUE_SHIFT;
    const d = this.values.data;
    return (d[at] >> 16 === VK_RESULT ? d[at + V_DEF] : NONE) as Inst;
  }

  /** The number among the results or the block parameters. */
  valueIndex(v: Value): number {
    return this.values.data[(v << VALUE_SHIFT) + V_INDEX];
  }

  /** The block of a block parameter, or -1. */
  valueBlock(v: Value): Block {
    const at = v << VALUE_SHIFT;
    const d = this.values.data;
    return (d[at] >> 16 === VK_PARAM ? d[at + V_DEF] : NONE) as Block;
  }

  /** The value that an alias stands for directly, or -1. */
  aliasTarget(v: Value): Value {
    const at = v << VALUE_SHIFT;
    const d = this.values.data;
    return (d[at] >> 16 === VK_ALIAS ? d[at + V_DEF] : NONE) as Value;
  }

  /** The value behind any aliases. */
  resolve(v: Value): Value {
    const d = this.values.data;
    for (let steps = this.numValues; steps >= 0; steps--) {
      const at = v << VALUE_SHIFT;
      if (d[at] >> 16 !== VK_ALIAS) return v;
      v = d[at + V_DEF] as Value;
    }
    return bug("clif", `alias cycle involving v${v}`);
  }

  /** Makes `v` an alias of `target`; `v` must not be a result or a parameter any more. */
  changeToAlias(v: Value, target: Value): void {
    const to = this.resolve(target);
    if (to === v) bug("clif", `v${v} would become an alias of itself`);
    const d = this.values.data;
    d[v << VALUE_SHIFT] = (d[to << VALUE_SHIFT] & 0xffff) | (VK_ALIAS << 16);
    d[(v << VALUE_SHIFT) + V_DEF] = to;
  }

  /** Rewrites every operand that is an alias to the value it stands for. */
  resolveAliases(): void {
    const pool = this.pool.data;
    for (let b = this.firstBlock(); b !== NONE; b = this.nextBlock(b))
      for (let i = this.firstInst(b); i !== NONE; i = this.nextInst(i)) {
        for (let k = this.argCount(i) - 1; k >= 0; k--) {
          const v = this.arg(i, k);
          if (this.values.data[v << VALUE_SHIFT] >> 16 === VK_ALIAS) this.setArg(i, k, this.resolve(v));
        }
        const targets = this.targetCount(i);
        for (let k = 0; k < targets; k++) {
          const at = this.targetStart(i, k);
          for (let n = at + 1 + pool[at + 1]; n > at + 1; n--)
            if (pool[n] >= 0) pool[n] = this.resolve(pool[n] as Value);
        }
        const table = targets > 0 && (this.opcodeFlags(i) & OF_CALL) !== 0 ? this.exceptionTable(i) : NONE;
        if (table !== NONE)
          for (let n = pool[table + 1], at = table + 2; n > 0; n--, at += 2)
            if (pool[at] === EX_CONTEXT) pool[at + 1] = this.resolve(pool[at + 1] as Value);
      }
  }

  /** Whether the value is still listed where it is defined. */
  isAttached(v: Value): boolean {
    const at = v << VALUE_SHIFT;
    const d = this.values.data;
    const kind = d[at] >> 16;
    if (kind === VK_RESULT) {
      const i = d[at + V_DEF] as Inst;
      return d[at + V_INDEX] < this.resultCount(i) && this.result(i, d[at + V_INDEX]) === v;
    }
    if (kind === VK_PARAM) {
      const b = d[at + V_DEF] as Block;
      return d[at + V_INDEX] < this.blockParamCount(b) && this.blockParam(b, d[at + V_INDEX]) === v;
    }
    return false;
  }

  blockParamCount(b: Block): number {
    return this.blocks.data[(b << BLOCK_SHIFT) + B_PARAMC];
  }

  blockParam(b: Block, k: number): Value {
    return this.pool.data[this.blocks.data[(b << BLOCK_SHIFT) + B_PARAMS] + k] as Value;
  }

  // Building and editing.

  /** A new block outside the layout. */
  addBlock(): Block {
    const at = this.blocks.extend(1 << BLOCK_SHIFT);
    const d = this.blocks.data;
    d[at] = NONE;
    d[at + B_NEXT] = NONE;
    d[at + B_FIRST] = NONE;
    d[at + B_LAST] = NONE;
    d[at + B_PARAMS] = 0;
    d[at + B_PARAMC] = 0;
    d[at + B_FLAGS] = 0;
    d[at + B_ROOM] = 0;
    return (at >> BLOCK_SHIFT) as Block;
  }

  /** Appends the block to the layout. */
  appendBlock(b: Block): void {
    const head = this.head.data;
    const d = this.blocks.data;
    const last = head[H_LAST];
    const at = b << BLOCK_SHIFT;
    d[at + B_PREV] = last;
    d[at + B_NEXT] = NONE;
    d[at + B_FLAGS] |= 2;
    if (last === NONE) head[H_FIRST] = b;
    else d[(last << BLOCK_SHIFT) + B_NEXT] = b;
    head[H_LAST] = b;
  }

  /** Inserts the block into the layout in front of `before`, or at the end if that is -1. */
  insertBlockBefore(b: Block, before: Block): void {
    if (before === NONE) {
      this.appendBlock(b);
      return;
    }
    const head = this.head.data;
    const d = this.blocks.data;
    const prev = d[(before << BLOCK_SHIFT) + B_PREV];
    d[(b << BLOCK_SHIFT) + B_PREV] = prev;
    d[(b << BLOCK_SHIFT) + B_NEXT] = before;
    d[(b << BLOCK_SHIFT) + B_FLAGS] |= 2;
    d[(before << BLOCK_SHIFT) + B_PREV] = b;
    if (prev === NONE) head[H_FIRST] = b;
    else d[(prev << BLOCK_SHIFT) + B_NEXT] = b;
  }

  /** Takes the block out of the layout; its instructions stay with it. */
  removeBlock(b: Block): void {
    const head = this.head.data;
    const d = this.blocks.data;
    const at = b << BLOCK_SHIFT;
    const prev = d[at + B_PREV];
    const next = d[at + B_NEXT];
    if (prev === NONE) head[H_FIRST] = next;
    else d[(prev << BLOCK_SHIFT) + B_NEXT] = next;
    if (next === NONE) head[H_LAST] = prev;
    else d[(next << BLOCK_SHIFT) + B_PREV] = prev;
    d[at + B_PREV] = NONE;
    d[at + B_NEXT] = NONE;
    d[at + B_FLAGS] &= ~2;
  }

  /** A new value without definition. */
  addValue(): Value {
    const at = this.values.extend(1 << VALUE_SHIFT);
    const d = this.values.data;
    d[at] = 0;
    d[at + V_DEF] = NONE;
    d[at + V_INDEX] = 0;
    d[at + V_LABEL] = NONE;
    return (at >> VALUE_SHIFT) as Value;
  }

  /** Adds values without definition until there are `n`. */
  growValues(n: number): void {
    const missing = n - (this.values.length >> VALUE_SHIFT);
    if (missing <= 0) return;
    let at = this.values.extend(missing << VALUE_SHIFT);
    const d = this.values.data;
    for (let k = 0; k < missing; k++) {
      d[at] = 0;
      d[at + V_DEF] = NONE;
      d[at + V_INDEX] = 0;
      d[at + V_LABEL] = NONE;
      at += 1 << VALUE_SHIFT;
    }
  }

  /** Adds blocks until there are `n`. */
  growBlocks(n: number): void {
    while (this.blocks.length >> BLOCK_SHIFT < n) this.addBlock();
  }

  /** Says what defines `v`. */
  defineValue(v: Value, t: Type, kind: number, def: number, index: number): void {
    const at = v << VALUE_SHIFT;
    const d = this.values.data;
    d[at] = t | (kind << 16);
    d[at + V_DEF] = def;
    d[at + V_INDEX] = index;
  }

  /** Appends an existing value without definition to the parameters of the block. */
  attachBlockParam(b: Block, v: Value, t: Type): void {
    const at = b << BLOCK_SHIFT;
    const d = this.blocks.data;
    const n = d[at + B_PARAMC];
    if (n === d[at + B_ROOM]) {
      const room = n === 0 ? 2 : n * 2;
      if (d[at + B_PARAMS] + n === this.pool.length && n > 0) this.pool.extend(room - n);
      else {
        const to = this.pool.extend(room);
        const pool = this.pool.data;
        for (let k = 0; k < n; k++) pool[to + k] = pool[d[at + B_PARAMS] + k];
        d[at + B_PARAMS] = to;
      }
      for (let k = n; k < room; k++) this.pool.data[d[at + B_PARAMS] + k] = NONE;
      d[at + B_ROOM] = room;
    }
    this.pool.data[d[at + B_PARAMS] + n] = v;
    d[at + B_PARAMC] = n + 1;
    this.defineValue(v, t, VK_PARAM, b, n);
  }

  /** Appends a new parameter to the block. */
  appendBlockParam(b: Block, t: Type): Value {
    const v = this.addValue();
    this.attachBlockParam(b, v, t);
    return v;
  }

  /** A new instruction record outside the layout, everything but opcode and type empty. */
  addInst(op: number, t: Type): Inst {
    const at = this.insts.extend(1 << INST_SHIFT);
    const d = this.insts.data;
    d[at] = op | (t << 16);
    d[at + 1] = NONE;
    d[at + 2] = NONE;
    d[at + 3] = NONE;
    d[at + 4] = 0;
    d[at + 5] = 0;
    d[at + 6] = NONE;
    d[at + 7] = NONE;
    d[at + 8] = 0;
    d[at + 9] = 0;
    d[at + 10] = NONE;
    d[at + 11] = 0;
    d[at + 12] = 0;
    d[at + 13] = NONE;
    d[at + 14] = NONE;
    d[at + 15] = NONE;
    this.locs.push(NONE);
    return (at >> INST_SHIFT) as Inst;
  }

  /**
   * Appends a new empty instruction to a block: what `addInst`, `appendInst` and `setSourceLocation` do, in one pass
   * over the record. The reader calls it for every line.
   *
   * @param position Where in the text the instruction stands.
   */
  appendNewInst(b: Block, op: number, location: number, position: number): Inst {
    const at = this.insts.extend(1 << INST_SHIFT);
    const i = at >> INST_SHIFT;
    this.locs.push(location);
    this.instPositions.push(position);
    const block = b << BLOCK_SHIFT;
    const blocks = this.blocks.data;
    const d = this.insts.data;
    const last = blocks[block + B_LAST];
    blocks[block + B_LAST] = i;
    if (last === NONE) blocks[block + B_FIRST] = i;
    else d[(last << INST_SHIFT) + I_NEXT] = i;
    d[at] = op;
    d[at + 1] = NONE;
    d[at + 2] = NONE;
    d[at + 3] = NONE;
    d[at + 4] = 0;
    d[at + 5] = 0;
    d[at + 6] = NONE;
    d[at + 7] = NONE;
    d[at + 8] = 0;
    d[at + 9] = 0;
    d[at + 10] = NONE;
    d[at + 11] = 0;
    d[at + 12] = 0;
    d[at + 13] = last;
    d[at + 14] = NONE;
    d[at + 15] = b;
    if (location !== NONE && this.head.data[H_LOC_BASE] === NONE) this.head.data[H_LOC_BASE] = location;
    return i as Inst;
  }

  /**
   * Makes `v` the only result of a new instruction if it is the next value number, as in nearly every line of a text.
   *
   * @returns Whether it was.
   */
  appendOnlyResult(i: Inst, v: Value, t: Type): boolean {
    if (v << VALUE_SHIFT !== this.values.length) return false;
    const at = this.values.extend(1 << VALUE_SHIFT);
    const values = this.values.data;
    values[at] = t | (VK_RESULT << 16);
    values[at + V_DEF] = i;
    values[at + V_INDEX] = 0;
    values[at + V_LABEL] = NONE;
    const insts = this.insts.data;
    insts[(i << INST_SHIFT) + I_RESULT] = v;
    insts[(i << INST_SHIFT) + I_RESULTC] = 1;
    return true;
  }

  /** Makes the instruction another one without operands and results; it stays where it is. */
  replaceInst(i: Inst, op: number, t: Type): void {
    const d = this.insts.data;
    const at = i << INST_SHIFT;
    d[at] = op | (t << 16);
    for (let k = 1; k < 4; k++) d[at + k] = NONE;
    d[at + I_IMM] = 0;
    d[at + I_IMM2] = 0;
    d[at + I_TARGET] = NONE;
    d[at + I_TARGET + 1] = NONE;
    d[at + I_ARGC] = 0;
    d[at + I_TARGETC] = 0;
    d[at + I_RESULT] = NONE;
    d[at + I_RESULTC] = 0;
    d[at + I_RESULTS] = 0;
  }

  /** Takes the results away from the instruction; the values lose their definition. */
  detachResults(i: Inst): Value[] {
    const results: Value[] = [];
    for (let k = 0, n = this.resultCount(i); k < n; k++) {
      const v = this.result(i, k);
      results.push(v);
      this.defineValue(v, this.valueType(v), VK_NONE, NONE, 0);
    }
    this.insts.data[(i << INST_SHIFT) + I_RESULT] = NONE;
    this.insts.data[(i << INST_SHIFT) + I_RESULTC] = 0;
    return results;
  }

  /** Appends the instruction to the block. */
  appendInst(b: Block, i: Inst): void {
    const d = this.insts.data;
    const blocks = this.blocks.data;
    const at = b << BLOCK_SHIFT;
    const last = blocks[at + B_LAST];
    d[(i << INST_SHIFT) + I_PREV] = last;
    d[(i << INST_SHIFT) + I_NEXT] = NONE;
    d[(i << INST_SHIFT) + I_BLOCK] = b;
    if (last === NONE) blocks[at + B_FIRST] = i;
    else d[(last << INST_SHIFT) + I_NEXT] = i;
    blocks[at + B_LAST] = i;
  }

  /** Inserts the instruction in front of `before`. */
  insertInstBefore(i: Inst, before: Inst): void {
    const d = this.insts.data;
    const b = d[(before << INST_SHIFT) + I_BLOCK];
    const prev = d[(before << INST_SHIFT) + I_PREV];
    d[(i << INST_SHIFT) + I_PREV] = prev;
    d[(i << INST_SHIFT) + I_NEXT] = before;
    d[(i << INST_SHIFT) + I_BLOCK] = b;
    d[(before << INST_SHIFT) + I_PREV] = i;
    if (prev === NONE) this.blocks.data[(b << BLOCK_SHIFT) + B_FIRST] = i;
    else d[(prev << INST_SHIFT) + I_NEXT] = i;
  }

  /** Takes the instruction out of its block. */
  removeInst(i: Inst): void {
    const d = this.insts.data;
    const at = i << INST_SHIFT;
    const b = d[at + I_BLOCK];
    const prev = d[at + I_PREV];
    const next = d[at + I_NEXT];
    if (prev === NONE) this.blocks.data[(b << BLOCK_SHIFT) + B_FIRST] = next;
    else d[(prev << INST_SHIFT) + I_NEXT] = next;
    if (next === NONE) this.blocks.data[(b << BLOCK_SHIFT) + B_LAST] = prev;
    else d[(next << INST_SHIFT) + I_PREV] = prev;
    d[at + I_PREV] = NONE;
    d[at + I_NEXT] = NONE;
    d[at + I_BLOCK] = NONE;
  }

  /** Makes the `n` words at `start` in the pool the value operands; up to three are copied into the record. */
  setArgs(i: Inst, start: number, n: number): void {
    const d = this.insts.data;
    const at = i << INST_SHIFT;
    d[at + I_ARGC] = n;
    if (n <= 3) for (let k = 0; k < n; k++) d[at + I_ARG + k] = this.pool.data[start + k];
    else d[at + I_ARG] = start;
  }

  /** Makes the block calls that start at `starts` in the pool the targets. */
  setTargets(i: Inst, starts: readonly number[]): void {
    const d = this.insts.data;
    const at = i << INST_SHIFT;
    const n = starts.length;
    d[at + I_TARGETC] = n;
    if (n <= 2) for (let k = 0; k < n; k++) d[at + I_TARGET + k] = starts[k];
    else {
      d[at + I_TARGET] = this.pool.length;
      for (let k = 0; k < n; k++) this.pool.push(starts[k]);
    }
  }

  /** Appends an argument to block call `k`, which moves to the end of the pool. */
  appendTargetArg(i: Inst, k: number, v: Value): void {
    const from = this.targetStart(i, k);
    const n = this.pool.data[from + 1];
    const to = this.pool.extend(n + 3);
    const pool = this.pool.data;
    for (let a = 0; a < n + 2; a++) pool[to + a] = pool[from + a];
    pool[to + 1] = n + 1;
    pool[to + 2 + n] = v;
    const d = this.insts.data;
    const at = i << INST_SHIFT;
    if (d[at + I_TARGETC] <= 2) d[at + I_TARGET + k] = to;
    else pool[d[at + I_TARGET] + k] = to;
  }

  /** Takes parameter `k` out of the block; the ones behind it move up. The value loses its definition. */
  removeBlockParam(b: Block, k: number): Value {
    const at = b << BLOCK_SHIFT;
    const start = this.blocks.data[at + B_PARAMS];
    const n = this.blocks.data[at + B_PARAMC] - 1;
    const pool = this.pool.data;
    const removed = pool[start + k] as Value;
    for (let p = k; p < n; p++) {
      pool[start + p] = pool[start + p + 1];
      this.values.data[(pool[start + p] << VALUE_SHIFT) + V_INDEX] = p;
    }
    this.blocks.data[at + B_PARAMC] = n;
    this.defineValue(removed, this.valueType(removed), VK_NONE, NONE, 0);
    return removed;
  }

  /** Appends `v` to the results of the instruction. Results are appended one instruction at a time. */
  attachResult(i: Inst, v: Value, t: Type): void {
    const d = this.insts.data;
    const at = i << INST_SHIFT;
    const n = d[at + I_RESULTC];
    if (n === 0) d[at + I_RESULT] = v;
    else {
      if (n === 1) d[at + I_RESULTS] = this.pool.length;
      else if (d[at + I_RESULTS] + n - 1 !== this.pool.length) {
        const to = this.pool.extend(n - 1);
        const pool = this.pool.data;
        for (let k = 0; k < n - 1; k++) pool[to + k] = pool[d[at + I_RESULTS] + k];
        d[at + I_RESULTS] = to;
      }
      this.pool.push(v);
    }
    d[at + I_RESULTC] = n + 1;
    this.defineValue(v, t, VK_RESULT, i, n);
  }

  /** The controlling type that follows from the operands and results; that of the record must agree. */
  inferCtrlType(i: Inst): Type {
    const op = this.opcode(i);
    if (OPCODE_TYPE_SET[op] < 0) return INVALID;
    if (OPCODE_CTRL_OPERAND[op] !== 0) return this.valueType(this.arg(i, OPCODE_INFER[op]));
    return this.resultType(i);
  }

  // Side tables.

  /** Where the words of the instruction's entry of `kind` are recorded in `side`, or -1. */
  sideEntry(i: Inst, kind: number): number {
    if ((this.insts.data[i << INST_SHIFT] & HAS_SIDE) === 0) return NONE;
    const d = this.side.data;
    let low = 0;
    let high = this.side.length >> SIDE_SHIFT;
    while (low < high) {
      const mid = (low + high) >> 1;
      if (d[mid << SIDE_SHIFT] < i) low = mid + 1;
      else high = mid;
    }
    for (let at = low << SIDE_SHIFT; at < this.side.length && d[at] === i; at += 1 << SIDE_SHIFT)
      if (d[at + 1] === kind) return at;
    return NONE;
  }

  /** Gives the instruction an entry of `n` words that start at `start` in the pool. */
  addSideEntry(i: Inst, kind: number, start: number, n: number): void {
    this.insts.data[i << INST_SHIFT] |= HAS_SIDE;
    let at = this.side.extend(1 << SIDE_SHIFT);
    const d = this.side.data;
    for (; at > 0 && d[at - 4] > i; at -= 4) for (let k = 0; k < 4; k++) d[at + k] = d[at - 4 + k];
    d[at] = i;
    d[at + 1] = kind;
    d[at + 2] = start;
    d[at + 3] = n;
  }

  /** Takes the stack map and the debug tags away from the instruction. */
  removeSideEntries(i: Inst): void {
    if (!this.hasSide(i)) return;
    this.insts.data[i << INST_SHIFT] &= ~HAS_SIDE;
    const d = this.side.data;
    let kept = 0;
    for (let at = 0; at < this.side.length; at += 1 << SIDE_SHIFT) {
      if (d[at] === i) continue;
      for (let k = 0; k < 1 << SIDE_SHIFT; k++) d[kept + k] = d[at + k];
      kept += 1 << SIDE_SHIFT;
    }
    this.side.length = kept;
  }

  /** Makes the instruction one of another opcode with the same operands. */
  setOpcode(i: Inst, op: number): void {
    const at = i << INST_SHIFT;
    this.insts.data[at] = (this.insts.data[at] & ~0xffff) | op;
  }

  /** Whether the instruction has a stack map or debug tags. */
  hasSide(i: Inst): boolean {
    return (this.insts.data[i << INST_SHIFT] & HAS_SIDE) !== 0;
  }
}
