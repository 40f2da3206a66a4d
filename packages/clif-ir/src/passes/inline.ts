import { NONE } from "@gantry/entity";
import { ControlFlow } from "../analysis/control-flow.ts";
import { splitBlock } from "../builder/cursor.ts";
import type { Block, Constant, FuncRef, GlobalValue, Inst, NameRef, SigRef, Value } from "../entities.ts";
import {
  EX_CONTEXT,
  type Function,
  I_IMM,
  I_IMM2,
  I_TARGET,
  INST_SHIFT,
  OWN_SIGNATURE,
  SIDE_STACK_MAP,
  SIDE_TAGS,
} from "../function.ts";
import * as Facts from "../generated/facts.ts";
import * as Op from "../generated/opcodes.ts";
import { EntityMap } from "./inline-entities.ts";

/** What to put in the place of a call: the body of the callee, or undefined to leave the call alone. */
export type InlineDecision = (call: Inst, callee: NameRef, func: FuncRef) => Function | undefined;

export interface InlineOptions {
  /** Also look at the calls of bodies that were inlined; the decisions must come to an end. */
  readonly revisit?: boolean;
  /** No body is inlined into a function that has this many instructions. */
  readonly maxInsts?: number;
}

const DEFAULT_MAX_INSTS = 200_000;

/**
 * Replaces calls by the bodies of their callees.
 *
 * @param f The caller; a callee must be another object, and is not changed.
 * @param decide Asked for every direct call, tail call and try_call of a function that is not patchable.
 * @returns Number of calls that were replaced.
 */
export function inlineCalls(f: Function, decide: InlineDecision, options: InlineOptions = {}): number {
  const limit = options.maxInsts ?? DEFAULT_MAX_INSTS;
  let count = 0;
  let b = f.firstBlock();
  let i = b === NONE ? (NONE as Inst) : f.firstInst(b);
  while (b !== NONE) {
    if (i === NONE) {
      b = f.nextBlock(b);
      i = b === NONE ? (NONE as Inst) : f.firstInst(b);
      continue;
    }
    const next = f.nextInst(i);
    const callee =
      isCandidate(f, i) && f.numInsts < limit ? decide(i, f.funcName(f.funcRef(i)), f.funcRef(i)) : undefined;
    if (callee === undefined || callee === f || !fits(f, i, callee)) {
      i = next;
      continue;
    }
    const last = new Inliner(f, callee, i, b).run();
    count++;
    b = options.revisit === true ? f.nextBlock(b) : f.nextBlock(last);
    i = b === NONE ? (NONE as Inst) : f.firstInst(b);
  }
  return count;
}

function isCandidate(f: Function, i: Inst): boolean {
  const op = f.opcode(i);
  return (op === Op.call || op === Op.return_call || op === Op.try_call) && !f.isPatchable(f.funcRef(i));
}

/** Whether a body has blocks, and the parameters and returns that the call assumes. */
function fits(f: Function, i: Inst, callee: Function): boolean {
  const sig = f.funcSignature(f.funcRef(i));
  const params = f.sigParamCount(sig);
  const returns = f.sigReturnCount(sig);
  if (callee.firstBlock() === NONE || params !== callee.sigParamCount(OWN_SIGNATURE)) return false;
  if (returns !== callee.sigReturnCount(OWN_SIGNATURE)) return false;
  for (let k = 0; k < params + returns; k++)
    if ((f.sigWord(sig, k) & 0xffff) !== (callee.sigWord(OWN_SIGNATURE, k) & 0xffff)) return false;
  return true;
}

/** One inlining step. */
class Inliner {
  readonly #f: Function;
  readonly #callee: Function;
  readonly #call: Inst;
  readonly #block: Block;
  readonly #map: EntityMap;
  readonly #op: number;
  /** Where the callee's returns go; NONE at a tail call. */
  #returnBlock = NONE as Block;
  /** Words of the call site's debug tags and stack map. */
  readonly #tags: readonly number[];
  readonly #stackMap: readonly number[];
  /** Calls that were inlined at a try_call site and get its handlers. */
  readonly #calls: Inst[] = [];

  constructor(f: Function, callee: Function, call: Inst, block: Block) {
    this.#f = f;
    this.#callee = callee;
    this.#call = call;
    this.#block = block;
    this.#op = f.opcode(call);
    this.#tags = sideWords(f, call, SIDE_TAGS);
    this.#stackMap = sideWords(f, call, SIDE_STACK_MAP);
    this.#map = new EntityMap(f, callee);
  }

  /** @returns The last block that came out of the callee. */
  run(): Block {
    const f = this.#f;
    const site = this.#op === Op.try_call ? readTable(f, this.#call) : undefined;
    const entry = this.#callee.firstBlock();
    for (let k = 0, n = f.argCount(this.#call); k < n; k++)
      this.#map.values[this.#callee.blockParam(entry, k)] = f.resolve(f.arg(this.#call, k));
    if (this.#op === Op.call) this.#splitAfterCall();
    else if (site !== undefined) this.#returnBlock = this.#normalBlock(site);
    const results = f.detachResults(this.#call);
    results.forEach((v, k) => {
      f.changeToAlias(v, f.blockParam(this.#returnBlock, k));
    });
    f.removeSideEntries(this.#call);
    f.replaceInst(this.#call, Op.jump, 0);
    this.#jumpTo(this.#call, this.#map.block(entry), []);
    const after = f.nextBlock(this.#block);
    for (let b = entry; b !== NONE; b = this.#callee.nextBlock(b))
      f.insertBlockBefore(this.#map.block(b), after);
    this.#cloneBody();
    for (let b = entry; b !== NONE; b = this.#callee.nextBlock(b)) {
      const copy = this.#map.block(b);
      if (f.firstInst(copy) === NONE) f.removeBlock(copy);
    }
    if (site !== undefined) for (const i of this.#calls) this.#protect(i, site);
    // Splitting at protected calls appends blocks directly behind theirs.
    return after === NONE ? f.lastBlock() : f.prevBlock(after);
  }

  #splitAfterCall(): void {
    const f = this.#f;
    const b = f.addBlock();
    for (let k = 0, n = this.#callee.sigReturnCount(OWN_SIGNATURE); k < n; k++)
      f.appendBlockParam(b, this.#callee.sigReturnType(OWN_SIGNATURE, k));
    f.insertBlockBefore(b, f.nextBlock(this.#block));
    f.setCold(b, f.isCold(this.#block) && this.#block !== f.firstBlock());
    splitBlock(f, b, f.nextInst(this.#call));
    this.#returnBlock = b;
  }

  /** The normal destination of a try_call if it takes exactly the results, otherwise a block that passes them on. */
  #normalBlock(site: Table): Block {
    const f = this.#f;
    const n = this.#callee.sigReturnCount(OWN_SIGNATURE);
    const { block, args } = site.normal;
    if (args.length === n && args.every((word, k) => word === -1 - 2 * k)) return block;
    const b = f.addBlock();
    const params: Value[] = [];
    for (let k = 0; k < n; k++)
      params.push(f.appendBlockParam(b, this.#callee.sigReturnType(OWN_SIGNATURE, k)));
    f.insertBlockBefore(b, block);
    const jump = f.addInst(Op.jump, 0);
    this.#jumpTo(
      jump,
      block,
      args.map((word) => (word >= 0 ? word : params[(-1 - word) >> 1])),
    );
    f.appendInst(b, jump);
    return b;
  }

  #jumpTo(i: Inst, to: Block, args: readonly number[]): void {
    const f = this.#f;
    const at = f.pool.push(to);
    f.pool.push(args.length);
    for (const v of args) f.pool.push(v);
    f.setTargets(i, [at]);
  }

  #cloneBody(): void {
    const callee = this.#callee;
    const flow = new ControlFlow();
    flow.compute(callee);
    for (let k = 0; k < flow.preorder.length; k++) {
      const b = flow.preorder.at(k) as Block;
      for (let i = callee.firstInst(b); i !== NONE; i = callee.nextInst(i))
        this.#cloneInst(i, this.#map.block(b));
    }
  }

  #cloneInst(from: Inst, b: Block): void {
    const f = this.#f;
    const callee = this.#callee;
    const op = callee.opcode(from);
    const flags = Facts.OPCODE_FLAGS[op];
    if ((flags & Facts.OF_RETURN) !== 0 && this.#returnBlock !== NONE) {
      this.#cloneReturn(from, b, op);
      return;
    }
    const i = f.addInst(op, callee.ctrlType(from));
    this.#copyArgs(from, i);
    this.#copyTargets(from, i);
    this.#copyImmediates(from, i);
    f.appendInst(b, i);
    for (let k = 0, n = callee.resultCount(from); k < n; k++) {
      const v = callee.result(from, k);
      const copy = f.addValue();
      f.attachResult(i, copy, callee.valueType(v));
      this.#map.values[v] = copy;
    }
    this.#copySide(from, i, (flags & Facts.OF_CALL) !== 0 && (flags & Facts.OF_RETURN) === 0);
  }

  /** A return becomes a jump to the return block, a tail call a call and such a jump. */
  #cloneReturn(from: Inst, b: Block, op: number): void {
    const f = this.#f;
    const callee = this.#callee;
    const jump = f.addInst(Op.jump, 0);
    let values: number[] = [];
    if (op === Op.return)
      for (let k = 0, n = callee.argCount(from); k < n; k++)
        values.push(this.#map.value(callee.arg(from, k)));
    else {
      const direct = op === Op.return_call;
      const call = f.addInst(direct ? Op.call : Op.call_indirect, callee.ctrlType(from));
      this.#copyArgs(from, call);
      this.#copyImmediates(from, call);
      f.appendInst(b, call);
      const sig = direct ? f.funcSignature(f.funcRef(call)) : f.sigRef(call);
      values = [];
      for (let k = 0, n = f.sigReturnCount(sig); k < n; k++) {
        const v = f.addValue();
        f.attachResult(call, v, f.sigReturnType(sig, k));
        values.push(v);
      }
      this.#copySide(from, call, true);
    }
    this.#jumpTo(jump, this.#returnBlock, values);
    f.appendInst(b, jump);
  }

  #copyArgs(from: Inst, to: Inst): void {
    const f = this.#f;
    const start = f.pool.length;
    const n = this.#callee.argCount(from);
    for (let k = 0; k < n; k++) f.pool.push(this.#map.value(this.#callee.arg(from, k)));
    f.setArgs(to, start, n);
    if (n <= 3) f.pool.length = start;
  }

  #copyTargets(from: Inst, to: Inst): void {
    const f = this.#f;
    const callee = this.#callee;
    const n = callee.targetCount(from);
    if (n === 0) return;
    const starts: number[] = [];
    for (let k = 0; k < n; k++) {
      starts.push(f.pool.push(this.#map.block(callee.targetBlock(from, k))));
      const args = callee.targetArgCount(from, k);
      f.pool.push(args);
      for (let a = 0; a < args; a++) {
        const word = callee.targetArg(from, k, a);
        f.pool.push(word >= 0 ? this.#map.value(word) : word);
      }
    }
    f.setTargets(to, starts);
    if ((callee.opcodeFlags(from) & Facts.OF_CALL) === 0) return;
    const table = callee.exceptionTable(from);
    const items = callee.pool.at(table + 1);
    const at = f.pool.push(this.#map.sig(callee.pool.at(table) as SigRef));
    f.pool.push(items);
    for (let k = 0; k < items; k++) {
      const kind = callee.pool.at(table + 2 + 2 * k);
      const word = callee.pool.at(table + 3 + 2 * k);
      f.pool.push(kind);
      f.pool.push(kind === EX_CONTEXT ? this.#map.value(word as Value) : word);
    }
    f.insts.data[(to << INST_SHIFT) + I_IMM2] = at;
  }

  /** The two immediate words, entity numbers translated. */
  #copyImmediates(from: Inst, to: Inst): void {
    const callee = this.#callee;
    const map = this.#map;
    const d = this.#f.insts.data;
    const at = to << INST_SHIFT;
    const imm = callee.immLo(from);
    const imm2 = callee.immHi(from);
    switch (callee.format(from)) {
      case Facts.FMT_Call:
      case Facts.FMT_TryCall:
      case Facts.FMT_FuncAddr:
        d[at + I_IMM] = map.func(imm as FuncRef);
        return;
      case Facts.FMT_CallIndirect:
        d[at + I_IMM] = map.sig(imm as SigRef);
        return;
      case Facts.FMT_TryCallIndirect:
        return;
      case Facts.FMT_Load:
      case Facts.FMT_Store:
      case Facts.FMT_LoadNoOffset:
      case Facts.FMT_StoreNoOffset:
      case Facts.FMT_AtomicCas:
      case Facts.FMT_AtomicRmw: {
        d[at + I_IMM] = imm;
        const flags = map.memFlags(imm2);
        d[at + I_IMM2] = flags;
        return;
      }
      case Facts.FMT_StackAddr:
        d[at + I_IMM] = imm;
        d[at + I_IMM2] = map.slot(imm2);
        return;
      case Facts.FMT_DynamicStackAddr:
        d[at + I_IMM] = map.dynamicSlot(imm);
        return;
      case Facts.FMT_UnaryGlobalValue:
        d[at + I_IMM] = map.global(imm as GlobalValue);
        return;
      case Facts.FMT_UnaryConst:
      case Facts.FMT_Shuffle:
        d[at + I_IMM] = map.constant(imm as Constant);
        return;
      case Facts.FMT_ExceptionHandlerAddress:
        d[at + I_TARGET] = map.block(callee.blockOperand(from));
    }
    d[at + I_IMM] = imm;
    d[at + I_IMM2] = imm2;
  }

  /** Tags and stack maps: those of the call site, then the instruction's own. */
  #copySide(from: Inst, to: Inst, isCall: boolean): void {
    const f = this.#f;
    const tags = sideWords(this.#callee, from, SIDE_TAGS);
    if (tags.length > 0) {
      const own = tags.map((word, k) => (k % 2 === 1 && tags[k - 1] === 1 ? this.#map.slot(word) : word));
      addSide(f, to, SIDE_TAGS, [...this.#tags, ...own]);
    }
    if (!isCall) return;
    const entries = sideWords(this.#callee, from, SIDE_STACK_MAP).map((word, k) =>
      k % 3 === 1 ? this.#map.slot(word) : word,
    );
    if (this.#stackMap.length + entries.length > 0)
      addSide(f, to, SIDE_STACK_MAP, [...this.#stackMap, ...entries]);
    if (this.#op === Op.try_call) this.#calls.push(to);
  }

  /** Gives an inlined call the handlers of the try_call that it came through. */
  #protect(i: Inst, site: Table): void {
    const f = this.#f;
    const op = f.opcode(i);
    if (op === Op.try_call || op === Op.try_call_indirect) {
      const own = readTable(f, i);
      writeTable(f, i, {
        signature: own.signature,
        normal: own.normal,
        items: [...own.items, ...site.items],
      });
      return;
    }
    const signature = op === Op.call ? f.funcSignature(f.funcRef(i)) : f.sigRef(i);
    const b = f.addBlock();
    const results = f.detachResults(i);
    const args: number[] = [];
    results.forEach((v, k) => {
      f.changeToAlias(v, f.appendBlockParam(b, f.valueType(v)));
      args.push(-1 - 2 * k);
    });
    f.insertBlockBefore(b, f.nextBlock(f.instBlock(i)));
    splitBlock(f, b, f.nextInst(i));
    f.setOpcode(i, op === Op.call ? Op.try_call : Op.try_call_indirect);
    writeTable(f, i, { signature, normal: { block: b, args }, items: site.items });
  }
}

interface Target {
  readonly block: Block;
  readonly args: readonly number[];
}

interface Table {
  readonly signature: SigRef;
  readonly normal: Target;
  readonly items: readonly {
    readonly kind: number;
    readonly word: number;
    readonly handler: Target | undefined;
  }[];
}

function readTarget(f: Function, i: Inst, k: number): Target {
  const args: number[] = [];
  for (let a = 0, n = f.targetArgCount(i, k); a < n; a++) args.push(f.targetArg(i, k, a));
  return { block: f.targetBlock(i, k), args };
}

/** The exception table of a try_call as a value. */
function readTable(f: Function, i: Inst): Table {
  const at = f.exceptionTable(i);
  let target = 0;
  const items = Array.from({ length: f.pool.at(at + 1) }, (_, k) => {
    const kind = f.pool.at(at + 2 + 2 * k);
    return {
      kind,
      word: f.pool.at(at + 3 + 2 * k),
      handler: kind === EX_CONTEXT ? undefined : readTarget(f, i, target++),
    };
  });
  return { signature: f.pool.at(at) as SigRef, normal: readTarget(f, i, f.targetCount(i) - 1), items };
}

function writeTable(f: Function, i: Inst, table: Table): void {
  const starts: number[] = [];
  const put = ({ block, args }: Target) => {
    starts.push(f.pool.push(block));
    f.pool.push(args.length);
    for (const word of args) f.pool.push(word);
  };
  for (const { handler } of table.items) if (handler !== undefined) put(handler);
  put(table.normal);
  f.setTargets(i, starts);
  const at = f.pool.push(table.signature);
  f.pool.push(table.items.length);
  for (const { kind, word } of table.items) {
    f.pool.push(kind);
    f.pool.push(word);
  }
  f.insts.data[(i << INST_SHIFT) + I_IMM2] = at;
}

function sideWords(f: Function, i: Inst, kind: number): number[] {
  const entry = f.sideEntry(i, kind);
  if (entry === NONE) return [];
  const start = f.side.at(entry + 2);
  return Array.from({ length: f.side.at(entry + 3) }, (_, k) => f.pool.at(start + k));
}

function addSide(f: Function, i: Inst, kind: number, words: readonly number[]): void {
  const at = f.pool.length;
  for (const word of words) f.pool.push(word);
  f.addSideEntry(i, kind, at, words.length);
}
