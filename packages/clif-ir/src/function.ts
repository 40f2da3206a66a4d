import { bug } from "@gantry/diag";
import { growUint8, I32List, IntMap, NONE } from "@gantry/entity";
import type {
  Block,
  Constant,
  FuncRef,
  GlobalValue,
  Inst,
  NameRef,
  SigRef,
  StackSlot,
  Value,
} from "./entities.ts";
import {
  OF_BRANCH,
  OF_CALL,
  OPCODE_CTRL_OPERAND,
  OPCODE_FLAGS,
  OPCODE_FORMAT,
  OPCODE_INFER,
  OPCODE_TYPE_SET,
} from "./generated/facts.ts";
import { INVALID, type Type } from "./types.ts";

/** Words of an instruction record: `insts.data[(inst << INST_SHIFT) + I_...]`. */
export const INST_SHIFT = 4;
/** Opcode in bits 0-15, controlling type in bits 16-29, bit 30: the instruction has entries in the side table. */
export const I_OP = 0;
/** Up to three value operands; with more, the first word is where they start in the pool. */
export const I_ARG = 1;
/** Immediates: 64 bits low and high; offset and memory flags; code or entity number and another number. */
export const I_IMM = 4;
export const I_IMM2 = 5;
/** Where the block calls start in the pool, for up to two; with more, where the list of starts is. */
export const I_TARGET = 6;
export const I_ARGC = 8;
export const I_TARGETC = 9;
/** First result (or -1), number of results, where the results after the first are in the pool. */
export const I_RESULT = 10;
export const I_RESULTC = 11;
export const I_RESULTS = 12;
/** Layout links. */
export const I_PREV = 13;
export const I_NEXT = 14;
export const I_BLOCK = 15;

/** Words of a value record: type (bits 0-15) and kind (bits 16-17); definition; index; debug label or -1. */
export const VALUE_SHIFT = 2;
export const V_TYPE = 0;
export const V_DEF = 1;
export const V_INDEX = 2;
export const V_LABEL = 3;

/** What defines a value. */
export const VK_NONE = 0;
export const VK_RESULT = 1;
export const VK_PARAM = 2;
export const VK_ALIAS = 3;

/** Words of a block record. */
export const BLOCK_SHIFT = 3;
export const B_PREV = 0;
export const B_NEXT = 1;
export const B_FIRST = 2;
export const B_LAST = 3;
export const B_PARAMS = 4;
export const B_PARAMC = 5;
/** Bit 0: cold, bit 1: in the layout. */
export const B_FLAGS = 6;
/** Room for parameters in the pool. */
export const B_ROOM = 7;

/** Words of the head section. */
const H_NAME = 0;
const H_FIRST = 1;
const H_LAST = 2;
const H_STACK_LIMIT = 3;
const H_LOC_BASE = 4;
const HEAD_WORDS = 8;

/** Kinds of names: `uN:M`; `%text`; a runtime function; a symbol that the linker defines. */
export const NAME_USER = 0;
export const NAME_TESTCASE = 1;
export const NAME_LIBCALL = 2;
export const NAME_KNOWN = 3;

/** Kinds of global values. */
export const GV_VMCTX = 0;
export const GV_LOAD = 1;
export const GV_IADD_IMM = 2;
export const GV_SYMBOL = 3;
export const GV_DYN_SCALE = 4;

/** Words of a global value record: kind, type, base or name, offset or immediate (two words), memory flags, flag bits. */
export const GV_SHIFT = 3;
export const G_KIND = 0;
export const G_TYPE = 1;
export const G_BASE = 2;
export const G_IMM = 3;
export const G_IMM2 = 4;
export const G_FLAGS = 5;
/** Bit 0 colocated, bit 1 thread-local. */
export const G_BITS = 6;

/** Words of a stack slot record: kind, size in bytes, log2 of the alignment, whether it has a key, key (two words). */
export const SLOT_SHIFT = 3;
export const SL_KIND = 0;
export const SL_SIZE = 1;
export const SL_ALIGN = 2;
export const SL_HAS_KEY = 3;
export const SL_KEY = 4;
export const SL_KEY2 = 5;

/** Words of a signature record: where its parameters, then its returns, start in the pool; their counts; convention. */
export const SIG_SHIFT = 2;
export const S_START = 0;
export const S_PARAMC = 1;
export const S_RETURNC = 2;
export const S_CONV = 3;

/** A parameter is two words: type | extension << 16 | purpose << 20, and the bytes of a struct argument. */
export const EXT_NONE = 0;
export const EXT_U = 1;
export const EXT_S = 2;
export const PURPOSE_NORMAL = 0;
export const PURPOSE_SRET = 1;
export const PURPOSE_VMCTX = 2;
export const PURPOSE_SARG = 3;

/** Words of a function reference: name, signature (-1: placeholder), bit 0 colocated, bit 1 patchable. */
export const FUNC_SHIFT = 2;
export const F_NAME = 0;
export const F_SIG = 1;
export const F_BITS = 2;

/** Handles of constants from here on are masks of shuffles. */
export const MASK_BASE = 1 << 24;

/** An item of an exception table is two words: kind, then tag, nothing or context value. */
export const EX_TAG = 0;
export const EX_DEFAULT = 1;
export const EX_CONTEXT = 2;

/** Words of a side-table entry: instruction, kind, where its words start in the pool, their number. */
export const SIDE_SHIFT = 2;
export const SIDE_STACK_MAP = 0;
export const SIDE_TAGS = 1;
const HAS_SIDE = 1 << 30;

/** Number of the function's own signature among the signature records: the first. */
export const OWN_SIGNATURE = -1 as SigRef;

/**
 * A CLIF function. Everything is a section of 32-bit words or of bytes; entities are positions in them. One instance
 * is made to be reused: `reset` keeps the storage.
 *
 * Block-call arguments are words: a value is its number, `retN` is -1 - 2N, `exnN` is -2 - 2N.
 */
export class Function {
  /** Instruction records of sixteen words. */
  readonly insts = new I32List(1024);
  /** Source locations by instruction; -1 is none. */
  readonly locs = new I32List(64);
  /** Value records of four words. */
  readonly values = new I32List(256);
  /** Block records of eight words. */
  readonly blocks = new I32List(128);
  /** Operand lists, block calls, parameters. */
  readonly pool = new I32List(256);
  /** Signature records; the first is the function's own. */
  readonly sigs = new I32List(16);
  readonly funcs = new I32List(16);
  readonly slots = new I32List(16);
  /** Dynamic stack slots: one word, the dynamic type. */
  readonly dynamicSlots = new I32List(4);
  /** Dynamic types: base vector type and global value of the scale. */
  readonly dynamicTypes = new I32List(4);
  readonly globals = new I32List(32);
  /** Alias regions: user's number, then place and length of the description in `text`. */
  readonly regions = new I32List(32);
  /** Constants: place and length in `bytes`. */
  readonly constants = new I32List(8);
  /** Masks of shuffles, in the same form; no two are shared. */
  readonly masks = new I32List(4);
  /** Names: kind, then two words (namespace and index; place and length in `text`; number). */
  readonly names = new I32List(32);
  /** User names in order of first use, as entries of `names`: what `userextnameN` counts. */
  readonly userNames = new I32List(16);
  /** Stack maps and debug tags, sorted by instruction. */
  readonly side = new I32List(4);
  readonly head = new I32List(HEAD_WORDS);
  /** Bytes of constants. */
  bytes: Uint8Array<ArrayBuffer> = new Uint8Array(64);
  byteCount = 0;
  /** UTF-8 of names and descriptions. */
  text: Uint8Array<ArrayBuffer> = new Uint8Array(256);
  textCount = 0;
  /** Offsets in the source text by instruction and by block, where the function was read from text; no section. */
  readonly instPositions = new I32List(64);
  readonly blockPositions = new I32List(16);
  readonly #userIndex = new IntMap(64);
  readonly #constantIndex = new IntMap(16);

  constructor() {
    this.reset();
  }

  /** Empties the function: `u0:0() fast` without blocks. Storage is kept. */
  reset(): void {
    this.insts.length = 0;
    this.locs.length = 0;
    this.values.length = 0;
    this.blocks.length = 0;
    this.pool.length = 0;
    this.sigs.length = 0;
    this.funcs.length = 0;
    this.slots.length = 0;
    this.dynamicSlots.length = 0;
    this.dynamicTypes.length = 0;
    this.globals.length = 0;
    this.regions.length = 0;
    this.constants.length = 0;
    this.masks.length = 0;
    this.names.length = 0;
    this.userNames.length = 0;
    this.side.length = 0;
    this.byteCount = 0;
    this.textCount = 0;
    this.instPositions.length = 0;
    this.blockPositions.length = 0;
    if (this.#userIndex.size > 0) this.#userIndex.clear();
    if (this.#constantIndex.size > 0) this.#constantIndex.clear();
    const head = this.head;
    head.fill(HEAD_WORDS, 0);
    head.data[H_FIRST] = NONE;
    head.data[H_LAST] = NONE;
    head.data[H_STACK_LIMIT] = NONE;
    head.data[H_LOC_BASE] = NONE;
    this.names.extend(4);
    const names = this.names.data;
    names[0] = NAME_USER;
    names[1] = 0;
    names[2] = 0;
    names[3] = 0;
    this.addSignature(0);
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

  // Building. Editing of what exists is in edit.ts.

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
    while (this.values.length >> VALUE_SHIFT < n) this.addValue();
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

  // Preamble.

  /** Adds a signature record whose parameters will be appended to the pool from here on. */
  addSignature(conv: number): SigRef {
    const at = this.sigs.extend(1 << SIG_SHIFT);
    const d = this.sigs.data;
    d[at + S_START] = this.pool.length;
    d[at + S_PARAMC] = 0;
    d[at + S_RETURNC] = 0;
    d[at + S_CONV] = conv;
    return ((at >> SIG_SHIFT) - 1) as SigRef;
  }

  /** Number of signatures apart from the function's own. */
  get numSignatures(): number {
    return (this.sigs.length >> SIG_SHIFT) - 1;
  }

  sigParamCount(s: SigRef): number {
    return this.sigs.data[((s + 1) << SIG_SHIFT) + S_PARAMC];
  }

  sigReturnCount(s: SigRef): number {
    return this.sigs.data[((s + 1) << SIG_SHIFT) + S_RETURNC];
  }

  sigCallConv(s: SigRef): number {
    return this.sigs.data[((s + 1) << SIG_SHIFT) + S_CONV];
  }

  setSigCallConv(s: SigRef, conv: number): void {
    this.sigs.data[((s + 1) << SIG_SHIFT) + S_CONV] = conv;
  }

  /** First word of parameter `k`; returns follow the parameters. */
  sigWord(s: SigRef, k: number): number {
    return this.pool.data[this.sigs.data[((s + 1) << SIG_SHIFT) + S_START] + 2 * k];
  }

  sigParamType(s: SigRef, k: number): Type {
    return this.sigWord(s, k) & 0xffff;
  }

  sigParamExtension(s: SigRef, k: number): number {
    return (this.sigWord(s, k) >> 16) & 15;
  }

  sigParamPurpose(s: SigRef, k: number): number {
    return this.sigWord(s, k) >> 20;
  }

  /** Bytes of a struct argument. */
  sigParamBytes(s: SigRef, k: number): number {
    return this.pool.data[this.sigs.data[((s + 1) << SIG_SHIFT) + S_START] + 2 * k + 1];
  }

  sigReturnType(s: SigRef, k: number): Type {
    return this.sigWord(s, this.sigParamCount(s) + k) & 0xffff;
  }

  sigReturnExtension(s: SigRef, k: number): number {
    return (this.sigWord(s, this.sigParamCount(s) + k) >> 16) & 15;
  }

  sigReturnPurpose(s: SigRef, k: number): number {
    return this.sigWord(s, this.sigParamCount(s) + k) >> 20;
  }

  get numFuncs(): number {
    return this.funcs.length >> FUNC_SHIFT;
  }

  funcName(f: FuncRef): NameRef {
    return this.funcs.data[(f << FUNC_SHIFT) + F_NAME] as NameRef;
  }

  /** The signature of a function reference; -2 for a placeholder that was never declared. */
  funcSignature(f: FuncRef): SigRef {
    return this.funcs.data[(f << FUNC_SHIFT) + F_SIG] as SigRef;
  }

  isColocated(f: FuncRef): boolean {
    return (this.funcs.data[(f << FUNC_SHIFT) + F_BITS] & 1) !== 0;
  }

  isPatchable(f: FuncRef): boolean {
    return (this.funcs.data[(f << FUNC_SHIFT) + F_BITS] & 2) !== 0;
  }

  get numStackSlots(): number {
    return this.slots.length >> SLOT_SHIFT;
  }

  /** Size in bytes, unsigned. */
  slotBytes(s: StackSlot): number {
    return this.slots.data[(s << SLOT_SHIFT) + SL_SIZE] >>> 0;
  }

  /** Log2 of the alignment. */
  slotAlignLog2(s: StackSlot): number {
    return this.slots.data[(s << SLOT_SHIFT) + SL_ALIGN];
  }

  get numGlobalValues(): number {
    return this.globals.length >> GV_SHIFT;
  }

  gvKind(g: GlobalValue): number {
    return this.globals.data[g << GV_SHIFT];
  }

  /** Declared type; INVALID where it is the target's pointer type. */
  gvType(g: GlobalValue): Type {
    return this.globals.data[(g << GV_SHIFT) + G_TYPE];
  }

  /** The global value that a load or an iadd_imm starts from. */
  gvBase(g: GlobalValue): GlobalValue {
    return this.globals.data[(g << GV_SHIFT) + G_BASE] as GlobalValue;
  }

  /** The name of a symbol. */
  gvName(g: GlobalValue): NameRef {
    return this.globals.data[(g << GV_SHIFT) + G_BASE] as NameRef;
  }

  /** Low word of the offset or immediate. */
  gvOffset(g: GlobalValue): number {
    return this.globals.data[(g << GV_SHIFT) + G_IMM];
  }

  gvOffsetHi(g: GlobalValue): number {
    return this.globals.data[(g << GV_SHIFT) + G_IMM2];
  }

  gvMemFlags(g: GlobalValue): number {
    return this.globals.data[(g << GV_SHIFT) + G_FLAGS];
  }

  gvIsColocated(g: GlobalValue): boolean {
    return (this.globals.data[(g << GV_SHIFT) + G_BITS] & 1) !== 0;
  }

  gvIsThreadLocal(g: GlobalValue): boolean {
    return (this.globals.data[(g << GV_SHIFT) + G_BITS] & 2) !== 0;
  }

  get numConstants(): number {
    return this.constants.length >> 1;
  }

  /** Place of a constant's bytes in `bytes`. */
  constantStart(c: Constant): number {
    return c >= MASK_BASE ? this.masks.data[2 * (c - MASK_BASE)] : this.constants.data[2 * c];
  }

  constantLength(c: Constant): number {
    return c >= MASK_BASE ? this.masks.data[2 * (c - MASK_BASE) + 1] : this.constants.data[2 * c + 1];
  }

  /** A copy of a constant's bytes, least significant first. */
  constantBytes(c: Constant): Uint8Array<ArrayBuffer> {
    const at = this.constantStart(c);
    return this.bytes.slice(at, at + this.constantLength(c));
  }

  get numRegions(): number {
    return this.regions.length >> 2;
  }

  /** The global value that limits the stack, or -1. */
  get stackLimit(): GlobalValue {
    return this.head.data[H_STACK_LIMIT] as GlobalValue;
  }

  set stackLimit(g: GlobalValue) {
    this.head.data[H_STACK_LIMIT] = g;
  }

  /** The function's own name. */
  get name(): NameRef {
    return this.head.data[H_NAME] as NameRef;
  }

  set name(n: NameRef) {
    this.head.data[H_NAME] = n;
  }

  /** Adds a name of kind `NAME_*`. */
  addName(kind: number, a: number, b: number): NameRef {
    const at = this.names.extend(4);
    const d = this.names.data;
    d[at] = kind;
    d[at + 1] = a;
    d[at + 2] = b;
    d[at + 3] = 0;
    return (at >> 2) as NameRef;
  }

  /** The user name `uSPACE:INDEX`; equal ones are the same entry. */
  userName(space: number, index: number): NameRef {
    let key = userKey(space, index);
    for (;;) {
      const n = this.#userIndex.get(key, NONE);
      if (n === NONE) break;
      if (this.names.data[4 * n + 1] === space && this.names.data[4 * n + 2] === index) return n as NameRef;
      key = (key + 1) | 0;
    }
    const name = this.addName(NAME_USER, space, index);
    this.#userIndex.set(key, name);
    this.userNames.push(name);
    return name;
  }

  /** Rebuilds the indices behind `userName` and `addConstant` after the sections were replaced as a whole. */
  reindex(): void {
    this.#userIndex.clear();
    this.#constantIndex.clear();
    for (let k = 0; k < this.userNames.length; k++) {
      const n = this.userNames.at(k);
      let key = userKey(this.names.at(4 * n + 1), this.names.at(4 * n + 2));
      while (this.#userIndex.has(key)) key = (key + 1) | 0;
      this.#userIndex.set(key, n);
    }
    for (let c = 0; c < this.numConstants; c++) {
      const bytes = this.constantBytes(c as Constant);
      let key = hashBytes(bytes, bytes.length);
      while (this.#constantIndex.has(key)) key = (key + 1) | 0;
      this.#constantIndex.set(key, c);
    }
  }

  nameKind(n: NameRef): number {
    return this.names.data[4 * n];
  }

  /** Namespace of a user name, or number of a runtime function. */
  nameSpace(n: NameRef): number {
    return this.names.data[4 * n + 1];
  }

  nameIndex(n: NameRef): number {
    return this.names.data[4 * n + 2];
  }

  /** Makes room for `n` more bytes of text and returns where they start. */
  extendText(n: number): number {
    const at = this.textCount;
    if (at + n > this.text.length) this.text = growUint8(this.text, at + n);
    this.textCount = at + n;
    return at;
  }

  /** The constant with these bytes: an existing one, or a new one. */
  addConstant(data: Uint8Array, length: number): Constant {
    let key = hashBytes(data, length);
    for (;;) {
      const c = this.#constantIndex.get(key, NONE);
      if (c === NONE) break;
      if (this.#sameBytes(this.constants.data[2 * c], this.constants.data[2 * c + 1], data, length))
        return c as Constant;
      key = (key + 1) | 0;
    }
    const c = this.numConstants as Constant;
    this.bindConstant(c, data, length);
    return c;
  }

  /** Makes `c` the constant with these bytes; numbers up to it that were never bound are empty. */
  bindConstant(c: Constant, data: Uint8Array, length: number): void {
    while (this.numConstants <= c) {
      this.constants.push(0);
      this.constants.push(0);
    }
    this.constants.set(2 * c, this.#addBytes(data, length));
    this.constants.set(2 * c + 1, length);
    let key = hashBytes(data, length);
    while (this.#constantIndex.has(key)) key = (key + 1) | 0;
    this.#constantIndex.set(key, c);
  }

  /** Keeps the mask of a shuffle; the handle works like that of a constant. */
  addMask(data: Uint8Array, length: number): Constant {
    const n = this.masks.push(this.#addBytes(data, length));
    this.masks.push(length);
    return (MASK_BASE + (n >> 1)) as Constant;
  }

  #addBytes(data: Uint8Array, length: number): number {
    const at = this.extendBytes(length);
    for (let k = 0; k < length; k++) this.bytes[at + k] = data[k];
    return at;
  }

  #sameBytes(at: number, n: number, data: Uint8Array, length: number): boolean {
    if (n !== length) return false;
    for (let k = 0; k < length; k++) if (this.bytes[at + k] !== data[k]) return false;
    return true;
  }

  /** Makes room for `n` more constant bytes and returns where they start. */
  extendBytes(n: number): number {
    const at = this.byteCount;
    if (at + n > this.bytes.length) this.bytes = growUint8(this.bytes, at + n);
    this.byteCount = at + n;
    return at;
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

const userKey = (space: number, index: number): number =>
  (Math.imul(space, 0x85ebca6b) ^ Math.imul(index, 0x9e3779b1)) | 0;

function hashBytes(data: Uint8Array, length: number): number {
  let h = length;
  for (let k = 0; k < length; k++) h = (Math.imul(h, 31) + data[k]) | 0;
  return h;
}
