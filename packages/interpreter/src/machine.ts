import {
  type Block,
  type DataValue,
  EX_CONTEXT,
  EX_DEFAULT,
  type FuncRef,
  type Function,
  type GlobalValue,
  GV_IADD_IMM,
  GV_LOAD,
  GV_SYMBOL,
  GV_VMCTX,
  I32,
  type Inst,
  MEM_ALIGNED,
  MEM_BIG,
  MEM_LITTLE,
  memTrapCode,
  nameText,
  OPCODE_NAMES,
  Op,
  OWN_SIGNATURE,
  PURPOSE_VMCTX,
  type SigRef,
  TRAP_STACK_OVERFLOW,
  type Type,
  trapCodeName,
  type Value,
} from "@gantry/clif-ir";
import {
  accessBytes,
  combineAtomically,
  loadedValue,
  MEANINGS,
  memoryImage,
  storedImage,
  wrap,
} from "@gantry/clif-ir/eval";
import { NONE } from "@gantry/entity";
import { type Code, paramTypes, returnTypes, type Step } from "./code.ts";
import type { Callee, Interpreter } from "./interpreter.ts";
import type { Memory } from "./memory.ts";
import type { CallResult, Exception, HostOutcome, StopReason } from "./result.ts";

/** One activation of a function. */
interface Frame {
  readonly code: Code;
  readonly values: bigint[];
  /** Lowest address of the frame; its stack slots start here. */
  readonly base: number;
  /** Stack pointer of the caller. */
  readonly callerPointer: number;
  steps: readonly Step[];
  /** Number of the step that comes next; the one in front of it is being executed. */
  next: number;
}

/** An early end before its place is known. */
interface Stop {
  readonly reason: StopReason;
  readonly code: number;
  readonly message: string;
}

const stop = (reason: StopReason, message: string, code = 0): Stop => ({ reason, code, message });
const trap = (code: number): Stop => stop("trap", `trap ${trapCodeName(code)}`, code);

/** Executes one call from outside. The frames are a list, so deep recursion only needs memory. */
export class Machine {
  readonly #owner: Interpreter;
  readonly #memory: Memory;
  readonly #big: boolean;
  readonly #frames: Frame[] = [];
  #frame!: Frame;
  #fuel: number;
  #pinned = 0n;
  #results: bigint[] | undefined;

  constructor(owner: Interpreter) {
    this.#owner = owner;
    this.#memory = owner.memory;
    this.#big = owner.endian === "big";
    this.#fuel = owner.fuel;
  }

  /** Runs `code` to its end. */
  run(code: Code, args: readonly DataValue[]): CallResult {
    const pointer = this.#memory.stackPointer;
    const end =
      this.#enter(
        code,
        args.map((a) => a.bits),
      ) ?? this.#execute();
    this.#memory.stackPointer = pointer;
    if (end !== undefined) {
      const { code: where, steps, next } = this.#frame ?? { code, steps: [], next: 0 };
      const inst = next > 0 ? steps[next - 1].inst : (NONE as Inst);
      const block = inst === NONE ? NONE : where.func.instBlock(inst);
      return { trap: { ...end, functionName: where.name, block, inst } };
    }
    const results = this.#results ?? [];
    return { results: code.returnTypes.map((type, k) => ({ type, bits: results[k] })) };
  }

  #execute(): Stop | undefined {
    for (;;) {
      const frame = this.#frame;
      const step = frame.steps[frame.next++];
      if (this.#fuel-- <= 0) return stop("fuel", "the fuel limit is reached");
      const { meaning, args, operation } = step;
      if (meaning === undefined) {
        const end = EFFECTS[step.op](this, step);
        if (end !== undefined) return end;
        if (this.#results !== undefined) return undefined;
        continue;
      }
      for (let k = 0; k < args.length; k++) operation.args[k] = frame.values[args[k]];
      const outcome = meaning(operation);
      if (typeof outcome === "number") return trap(outcome);
      for (let k = 0; k < outcome.length; k++) frame.values[step.results[k]] = outcome[k];
    }
  }

  #arg(step: Step, k: number): bigint {
    return this.#frame.values[step.args[k]];
  }

  // Control flow.

  /** Goes to block call `k` of the instruction. `returned` and `thrown` are what `retN` and `exnN` stand for. */
  branch(step: Step, k: number, returned: readonly bigint[] = [], thrown: readonly bigint[] = []): undefined {
    const { code, values } = this.#frame;
    const { func } = code;
    const block = func.targetBlock(step.inst, k);
    const given: bigint[] = [];
    for (let n = 0; n < func.targetArgCount(step.inst, k); n++) {
      const word = func.targetArg(step.inst, k, n) as number;
      if (word >= 0) given.push(values[func.resolve(word as Value)]);
      else given.push((word & 1) !== 0 ? returned[(-1 - word) >> 1] : thrown[(-2 - word) >> 1]);
    }
    this.#bind(block, given);
  }

  branchIf(step: Step): undefined {
    this.branch(step, this.#arg(step, 0) !== 0n ? 0 : 1);
  }

  branchTable(step: Step): undefined {
    const index = this.#arg(step, 0) + 1n;
    this.branch(step, index < BigInt(this.#frame.code.func.targetCount(step.inst)) ? Number(index) : 0);
  }

  #bind(block: Block, args: readonly bigint[]): void {
    const frame = this.#frame;
    for (let k = 0; k < args.length; k++) frame.values[frame.code.func.blockParam(block, k)] = args[k];
    frame.steps = frame.code.blocks[block];
    frame.next = 0;
  }

  #enter(code: Code, args: readonly bigint[]): Stop | undefined {
    const callerPointer = this.#memory.stackPointer;
    if (!this.#memory.push(code.frameBytes, code.frameAlign)) return trap(TRAP_STACK_OVERFLOW);
    const base = this.#memory.stackPointer;
    this.#frame = { code, values: [], base, callerPointer, steps: [], next: 0 };
    this.#frames.push(this.#frame);
    this.#bind(code.entry, args);
    return this.#checkStackLimit(code.func);
  }

  #leave(): void {
    this.#memory.stackPointer = this.#frame.callerPointer;
    this.#frames.pop();
    this.#frame = this.#frames[this.#frames.length - 1] ?? this.#frame;
  }

  #checkStackLimit(func: Function): Stop | undefined {
    if (func.stackLimit === NONE) return undefined;
    const limit = this.#globalValue(func.stackLimit);
    return limit !== undefined && BigInt(this.#memory.stackPointer) < limit
      ? trap(TRAP_STACK_OVERFLOW)
      : undefined;
  }

  /** The value of a global value that is computed from the context parameter; undefined if memory is not accessible. */
  #globalValue(g: GlobalValue): bigint | undefined {
    const { func } = this.#frame.code;
    switch (func.gvKind(g)) {
      case GV_VMCTX:
        for (let k = 0; k < func.sigParamCount(OWN_SIGNATURE); k++)
          if (func.sigParamPurpose(OWN_SIGNATURE, k) === PURPOSE_VMCTX)
            return this.#frame.values[func.blockParam(func.firstBlock(), k)];
        return undefined;
      case GV_LOAD: {
        const base = this.#globalValue(func.gvBase(g));
        if (base === undefined) return undefined;
        const t = func.gvType(g);
        const address = wrap(base + BigInt(func.gvOffset(g)), 64);
        const image = this.#memory.read(address, accessBytes(Op.load, t));
        return image === undefined ? undefined : memoryImage(image, t, this.#isBig(func.gvMemFlags(g)));
      }
      case GV_IADD_IMM: {
        const base = this.#globalValue(func.gvBase(g));
        const immediate = (BigInt(func.gvOffsetHi(g)) << 32n) | BigInt(func.gvOffset(g) >>> 0);
        return base === undefined ? undefined : wrap(base + immediate, func.gvType(g) === I32 ? 32 : 64);
      }
      default:
        return undefined;
    }
  }

  return(step: Step): Stop | undefined {
    const results = Array.from(step.args, (v) => this.#frame.values[v]);
    this.#leave();
    return this.#deliver(results);
  }

  /** Gives results to the call that the current frame waits at, or to the caller outside if no frame is left. */
  #deliver(results: bigint[]): undefined {
    if (this.#frames.length === 0) {
      this.#results = results;
      return;
    }
    const step = this.#waiting(this.#frame);
    const { func } = this.#frame.code;
    const targets = func.targetCount(step.inst);
    if (targets > 0) this.branch(step, targets - 1, results);
    else for (let k = 0; k < results.length; k++) this.#frame.values[step.results[k]] = results[k];
  }

  #waiting(frame: Frame): Step {
    return frame.steps[frame.next - 1];
  }

  // Calls.

  callDirect(step: Step, tail: boolean): Stop | undefined {
    const { func } = this.#frame.code;
    const fn = func.funcRef(step.inst);
    const callee = this.#owner.lookUp(func, func.funcName(fn));
    if (callee === undefined) return this.#unknown(func, fn);
    return this.#call(callee, func.funcSignature(fn), step, 0, tail);
  }

  callIndirect(step: Step, tail: boolean): Stop | undefined {
    const { func } = this.#frame.code;
    const address = this.#arg(step, 0);
    const callee = this.#owner.atAddress(address);
    if (callee === undefined)
      return stop("undefined", `there is no function at address 0x${address.toString(16)}`);
    return this.#call(callee, func.sigRef(step.inst), step, 1, tail);
  }

  #call(callee: Callee, sig: SigRef, step: Step, firstArg: number, tail: boolean): Stop | undefined {
    const { func } = this.#frame.code;
    const args = Array.from(step.args.subarray(firstArg), (v) => this.#frame.values[v]);
    const types = paramTypes(func, sig);
    if (typeof callee === "function") {
      const outcome = callee(
        args.map((bits, k) => ({ type: types[k], bits })),
        this.#memory,
      );
      if (tail) this.#leave();
      return this.#conclude(outcome);
    }
    if (!sameTypes(types, callee.paramTypes) || !sameTypes(returnTypes(func, sig), callee.returnTypes))
      return stop("undefined", `${callee.name} is called with a signature that is not its own`);
    if (tail) this.#leave();
    return this.#enter(callee, args);
  }

  #conclude(outcome: HostOutcome): Stop | undefined {
    if ("results" in outcome) return this.#deliver(outcome.results.map((r) => r.bits));
    if ("trapCode" in outcome) return trap(outcome.trapCode);
    if ("undefined" in outcome) return stop("undefined", outcome.undefined);
    return this.#throw(outcome.exception);
  }

  /** Unwinds to the innermost try_call that handles the exception. */
  #throw(exception: Exception): Stop | undefined {
    while (this.#frames.length > 0) {
      const step = this.#waiting(this.#frame);
      const handler = this.#handler(step, exception.tag);
      if (handler >= 0) {
        this.branch(step, handler, [], exception.payloads);
        return undefined;
      }
      this.#leave();
    }
    return stop("exception", `no handler for an exception with tag ${exception.tag}`);
  }

  /** Number of the block call that handles the tag, or -1. */
  #handler(step: Step, tag: number): number {
    const { func } = this.#frame.code;
    const pool = func.pool.data;
    if (func.targetCount(step.inst) === 0) return -1;
    const table = func.exceptionTable(step.inst);
    let target = 0;
    for (let k = 0, at = table + 2; k < pool[table + 1]; k++, at += 2) {
      if (pool[at] === EX_CONTEXT) continue;
      if (pool[at] === EX_DEFAULT || pool[at + 1] === tag) return target;
      target++;
    }
    return -1;
  }

  #unknown(func: Function, fn: FuncRef): Stop {
    return stop("unsupported", `there is no function ${nameText(func, func.funcName(fn))}`);
  }

  functionAddress(step: Step): Stop | undefined {
    const { func } = this.#frame.code;
    const fn = func.funcRef(step.inst);
    const callee = this.#owner.lookUp(func, func.funcName(fn));
    if (callee === undefined) return this.#unknown(func, fn);
    this.#define(step, this.#owner.addressOf(callee));
    return undefined;
  }

  // Addresses and registers.

  #define(step: Step, bits: bigint): undefined {
    this.#frame.values[step.results[0]] = wrap(bits, step.operation.type === I32 ? 32 : 64);
  }

  stackAddress(step: Step): undefined {
    const { func, slotOffsets } = this.#frame.code;
    this.#define(
      step,
      BigInt(this.#frame.base + slotOffsets[func.stackSlot(step.inst)] + func.offset(step.inst)),
    );
  }

  dynamicStackAddress(step: Step): undefined {
    const { func, dynamicSlotOffsets } = this.#frame.code;
    this.#define(step, BigInt(this.#frame.base + dynamicSlotOffsets[func.dynamicStackSlot(step.inst)]));
  }

  symbolValue(step: Step): Stop | undefined {
    const { func } = this.#frame.code;
    const g = func.globalValue(step.inst);
    if (func.gvKind(g) !== GV_SYMBOL) return stop("unsupported", `gv${g} is not a symbol`);
    const address = this.#owner.symbolAddress(func, func.gvName(g));
    if (address === undefined)
      return stop("unsupported", `the symbol of gv${g} has no address; see defineSymbol`);
    const offset = (BigInt(func.gvOffsetHi(g)) << 32n) | BigInt(func.gvOffset(g) >>> 0);
    this.#define(step, address + offset);
    return undefined;
  }

  getPinned(step: Step): undefined {
    this.#define(step, this.#pinned);
  }

  setPinned(step: Step): undefined {
    this.#pinned = this.#arg(step, 0);
  }

  /** The frame pointer is the frame's highest address, the stack pointer its lowest. */
  framePointer(step: Step): undefined {
    this.#define(step, BigInt(this.#frame.callerPointer));
  }

  getStackPointer(step: Step): undefined {
    this.#define(step, BigInt(this.#memory.stackPointer));
  }

  /** Return addresses have no meaning here; that of every frame is the address of its caller. */
  returnAddress(step: Step): undefined {
    const caller = this.#frames[this.#frames.length - 2];
    this.#define(step, caller === undefined ? 0n : this.#owner.addressOf(caller.code));
  }

  handlerAddress(step: Step): undefined {
    const { code } = this.#frame;
    const block = code.func.blockOperand(step.inst);
    this.#define(step, this.#owner.handlerAddress(code, block, code.func.immLo(step.inst)));
  }

  // Memory.

  #isBig(flags: number): boolean {
    return (flags & MEM_BIG) !== 0 || (this.#big && (flags & MEM_LITTLE) === 0);
  }

  /** The address of an access: the pointer operand `k` plus an offset. */
  #address(step: Step, k: number, offset: number): bigint {
    return wrap(this.#arg(step, k) + BigInt(offset), step.operation.argTypes[k] === I32 ? 32 : 64);
  }

  /** Why an access to accessible memory must not be executed all the same. */
  #misaligned(address: bigint, bytes: number): Stop | undefined {
    return address % BigInt(bytes) === 0n
      ? undefined
      : stop(
          "undefined",
          `address 0x${address.toString(16)} is not a multiple of ${bytes} as it must be here`,
        );
  }

  #outOfBounds(address: bigint, bytes: number, flags: number): Stop {
    const code = memTrapCode(flags);
    if (code !== 0) return trap(code);
    return stop(
      "undefined",
      `${bytes} bytes at 0x${address.toString(16)} are not accessible, and the access is notrap`,
    );
  }

  load(step: Step, atomic: boolean): Stop | undefined {
    const { func } = this.#frame.code;
    const flags = func.memFlags(step.inst);
    const { type } = step.operation;
    const bytes = accessBytes(step.op, type);
    const address = this.#address(step, 0, atomic ? 0 : func.offset(step.inst));
    const image = this.#memory.read(address, bytes);
    if (image === undefined) return this.#outOfBounds(address, bytes, flags);
    const bad = atomic || (flags & MEM_ALIGNED) !== 0 ? this.#misaligned(address, bytes) : undefined;
    if (bad !== undefined) return bad;
    this.#frame.values[step.results[0]] = loadedValue(step.op, type, image, this.#isBig(flags));
    return undefined;
  }

  store(step: Step, atomic: boolean): Stop | undefined {
    const { func } = this.#frame.code;
    const flags = func.memFlags(step.inst);
    const type = step.operation.argTypes[0];
    const bytes = accessBytes(step.op, type);
    const address = this.#address(step, 1, atomic ? 0 : func.offset(step.inst));
    if (!this.#memory.has(address, bytes)) return this.#outOfBounds(address, bytes, flags);
    const bad = atomic || (flags & MEM_ALIGNED) !== 0 ? this.#misaligned(address, bytes) : undefined;
    if (bad !== undefined) return bad;
    this.#memory.write(address, bytes, storedImage(step.op, type, this.#arg(step, 0), this.#isBig(flags)));
    return undefined;
  }

  /** Replaces memory by what `compute` makes of its contents, which are the result. */
  atomic(step: Step, compute: (old: bigint, type: Type) => bigint): Stop | undefined {
    const { func } = this.#frame.code;
    const flags = func.memFlags(step.inst);
    const { type } = step.operation;
    const bytes = accessBytes(step.op, type);
    const address = this.#address(step, 0, 0);
    const image = this.#memory.read(address, bytes);
    if (image === undefined) return this.#outOfBounds(address, bytes, flags);
    const bad = this.#misaligned(address, bytes);
    if (bad !== undefined) return bad;
    const big = this.#isBig(flags);
    const old = memoryImage(image, type, big);
    this.#memory.write(address, bytes, memoryImage(compute(old, type), type, big));
    this.#frame.values[step.results[0]] = old;
    return undefined;
  }

  readModifyWrite(step: Step): Stop | undefined {
    const op = this.#frame.code.func.rmwOp(step.inst);
    return this.atomic(step, (old, type) => combineAtomically(op, old, this.#arg(step, 1), type));
  }

  compareAndSwap(step: Step): Stop | undefined {
    return this.atomic(step, (old) => (old === this.#arg(step, 1) ? this.#arg(step, 2) : old));
  }
}

const sameTypes = (a: readonly Type[], b: readonly Type[]): boolean =>
  a.length === b.length && a.every((t, k) => t === b[k]);

type Effect = (machine: Machine, step: Step) => Stop | undefined;

const load: Effect = (m, s) => m.load(s, false);
const store: Effect = (m, s) => m.store(s, false);

/** The opcodes that do more than compute: their meaning needs the machine. */
const EFFECTS_BY_NAME: Readonly<Record<string, Effect>> = {
  jump: (m, s) => m.branch(s, 0),
  brif: (m, s) => m.branchIf(s),
  br_table: (m, s) => m.branchTable(s),
  return: (m, s) => m.return(s),
  call: (m, s) => m.callDirect(s, false),
  call_indirect: (m, s) => m.callIndirect(s, false),
  return_call: (m, s) => m.callDirect(s, true),
  return_call_indirect: (m, s) => m.callIndirect(s, true),
  try_call: (m, s) => m.callDirect(s, false),
  try_call_indirect: (m, s) => m.callIndirect(s, false),
  func_addr: (m, s) => m.functionAddress(s),
  stack_addr: (m, s) => m.stackAddress(s),
  dynamic_stack_addr: (m, s) => m.dynamicStackAddress(s),
  symbol_value: (m, s) => m.symbolValue(s),
  tls_value: (m, s) => m.symbolValue(s),
  get_pinned_reg: (m, s) => m.getPinned(s),
  set_pinned_reg: (m, s) => m.setPinned(s),
  get_frame_pointer: (m, s) => m.framePointer(s),
  get_stack_pointer: (m, s) => m.getStackPointer(s),
  get_return_address: (m, s) => m.returnAddress(s),
  get_exception_handler_address: (m, s) => m.handlerAddress(s),
  load,
  uload8: load,
  sload8: load,
  uload16: load,
  sload16: load,
  uload32: load,
  sload32: load,
  uload8x8: load,
  sload8x8: load,
  uload16x4: load,
  sload16x4: load,
  uload32x2: load,
  sload32x2: load,
  store,
  istore8: store,
  istore16: store,
  istore32: store,
  atomic_load: (m, s) => m.load(s, true),
  atomic_store: (m, s) => m.store(s, true),
  atomic_rmw: (m, s) => m.readModifyWrite(s),
  atomic_cas: (m, s) => m.compareAndSwap(s),
};

const unsupported: Effect = (_, s) => stop("unsupported", `${OPCODE_NAMES[s.op]} cannot be interpreted`);

const EFFECTS: readonly Effect[] = OPCODE_NAMES.map((name) => EFFECTS_BY_NAME[name] ?? unsupported);

/** Opcodes that cannot be interpreted: a call that meets one ends with reason `unsupported`. */
export const UNINTERPRETED: readonly string[] = OPCODE_NAMES.filter(
  (name, op) => op > 0 && MEANINGS[op] === undefined && EFFECTS_BY_NAME[name] === undefined,
);
