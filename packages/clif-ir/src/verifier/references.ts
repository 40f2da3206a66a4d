import { NONE } from "@gantry/entity";
import type { ControlFlow } from "../analysis/control-flow.ts";
import type { DominatorTree } from "../analysis/dominators.ts";
import { CALL_CONVS } from "../call-conv.ts";
import type { Block, FuncRef, Inst, SigRef, Value } from "../entities.ts";
import {
  EX_CONTEXT,
  EX_DEFAULT,
  EX_TAG,
  type Function,
  I_BLOCK,
  I_RESULT,
  INST_SHIFT,
  MASK_BASE,
  V_DEF,
  V_INDEX,
  VALUE_SHIFT,
  VK_NONE,
  VK_PARAM,
  VK_RESULT,
} from "../function.ts";
import * as Facts from "../generated/facts.ts";
import * as Op from "../generated/opcodes.ts";
import { MEM_BIG, MEM_DEFAULT, MEM_LITTLE, memRegion } from "../mem-flags.ts";
import type { Settings } from "../settings.ts";
import { F128, INVALID, laneCount, type Type, typeBits, typeBytes } from "../types.ts";
import type { Report } from "./report.ts";

/** 1 for formats that refer to nothing but values and blocks. */
const PLAIN = new Uint8Array(Facts.FORMAT_NAMES.length);
for (const format of [
  Facts.FMT_Binary,
  Facts.FMT_Ternary,
  Facts.FMT_UnaryImm,
  Facts.FMT_IntCompare,
  Facts.FMT_FloatCompare,
  Facts.FMT_Jump,
  Facts.FMT_Brif,
  Facts.FMT_BranchTable,
  Facts.FMT_MultiAry,
])
  PLAIN[format] = 1;

/** Checks that everything an instruction refers to exists, and that definitions dominate uses. */
export class ReferenceChecker {
  func!: Function;
  report!: Report;
  flow!: ControlFlow;
  dom!: DominatorTree;
  settings: Settings | undefined;
  /** INVALID without a target. */
  pointer: Type = INVALID;
  /** Position of each instruction in its block. */
  order!: Int32Array;

  /** All references of `i` in block `b`; false if the instruction is not worth further checks. */
  check(i: Inst, b: Block, reachable: boolean): boolean {
    const f = this.func;
    for (let k = 0, n = f.argCount(i); k < n; k++) if (!this.#use(i, b, reachable, f.arg(i, k))) return false;
    const targets = f.targetCount(i);
    if (targets > 0 && !this.#targets(i, b, reachable, targets)) return false;
    const values = f.values.data;
    for (let k = 0, n = f.resultCount(i); k < n; k++) {
      const v = f.result(i, k);
      const at = v << VALUE_SHIFT;
      if (
        v < 0 ||
        v >= f.numValues ||
        values[at] >> 16 !== VK_RESULT ||
        values[at + V_DEF] !== i ||
        values[at + V_INDEX] !== k
      ) {
        this.report.inst(f, "instIntegrity", i, `instruction result v${v} is not defined by the instruction`);
        return false;
      }
    }
    return PLAIN[f.format(i)] !== 0 || this.#entities(i);
  }

  #use(i: Inst, b: Block, reachable: boolean, operand: Value): boolean {
    const f = this.func;
    // Nearly all operands are first results of an earlier instruction of the block.
    if (operand >= 0 && operand < f.numValues) {
      const values = f.values.data;
      const at = operand << VALUE_SHIFT;
      if (values[at] >> 16 === VK_RESULT) {
        const def = values[at + V_DEF];
        if (def >= 0 && def < f.numInsts) {
          const insts = f.insts.data;
          const record = def << INST_SHIFT;
          if (
            insts[record + I_BLOCK] === b &&
            insts[record + I_RESULT] === operand &&
            this.order[def] < this.order[i]
          )
            return true;
        }
      }
    }
    return this.#anyUse(i, b, reachable, operand);
  }

  #anyUse(i: Inst, b: Block, reachable: boolean, operand: Value): boolean {
    const f = this.func;
    if (operand < 0 || operand >= f.numValues) {
      this.report.inst(f, "valueReference", i, `invalid value reference v${operand}`);
      return false;
    }
    const v = f.resolve(operand);
    const kind = f.valueKind(v);
    if (kind === VK_RESULT) {
      const def = f.valueDef(v);
      if (def >= f.numInsts) {
        this.report.inst(f, "valueReference", i, `v${operand} is defined by invalid instruction inst${def}`);
        return false;
      }
      const from = f.instBlock(def);
      if (from === NONE) {
        this.report.inst(f, "valueReference", i, `v${operand} is defined by inst${def} which has no block`);
        return false;
      }
      if (reachable && !(from === b ? this.order[def] <= this.order[i] : this.dom.dominates(from, b))) {
        this.report.inst(f, "dominance", i, `uses value v${operand} from non-dominating inst${def}`);
        return false;
      }
      if (reachable && def === i) {
        this.report.inst(f, "dominance", i, `uses value v${operand} from itself`);
        return false;
      }
    } else if (kind === VK_PARAM) {
      const from = f.valueBlock(v);
      if (from >= f.numBlocks) {
        this.report.inst(f, "valueReference", i, `v${operand} is defined by invalid block block${from}`);
        return false;
      }
      if (!f.isInserted(from)) {
        this.report.inst(
          f,
          "valueReference",
          i,
          `v${operand} is defined by block${from} which is not in the layout`,
        );
        return false;
      }
      if (reachable && from !== b && !this.dom.dominates(from, b)) {
        this.report.inst(f, "dominance", i, `uses value arg from non-dominating block${from}`);
        return false;
      }
    } else {
      if (kind === VK_NONE) this.report.inst(f, "valueReference", i, `invalid value reference v${operand}`);
      return false;
    }
    if (!f.isAttached(v)) {
      this.report.inst(f, "attached", i, `argument v${operand} -> v${v} is not attached`);
      return false;
    }
    return true;
  }

  #targets(i: Inst, b: Block, reachable: boolean, targets: number): boolean {
    const f = this.func;
    for (let k = 0; k < targets; k++)
      for (let a = 0, n = f.targetArgCount(i, k); a < n; a++) {
        const word = f.targetArg(i, k, a);
        if (word >= 0 && !this.#use(i, b, reachable, word)) return false;
      }
    if ((f.opcodeFlags(i) & Facts.OF_CALL) !== 0) {
      const table = f.exceptionTable(i);
      for (let k = 0, n = f.pool.at(table + 1); k < n; k++)
        if (
          f.pool.at(table + 2 + 2 * k) === EX_CONTEXT &&
          !this.#use(i, b, reachable, f.pool.at(table + 3 + 2 * k) as Value)
        )
          return false;
    }
    for (let k = 0; k < targets; k++) if (!this.#block(i, f.targetBlock(i, k))) return false;
    return true;
  }

  #block(i: Inst, to: Block): boolean {
    const f = this.func;
    if (to < 0 || to >= f.numBlocks || !f.isInserted(to)) {
      this.report.add("blockReference", "inst", i, `invalid block reference block${to}`);
      return false;
    }
    if (to === f.firstBlock()) {
      this.report.add("blockReference", "inst", i, `invalid reference to entry block block${to}`);
      return false;
    }
    return true;
  }

  #exists(i: Inst, n: number, count: number, what: string): boolean {
    if (n >= 0 && n < count) return true;
    this.report.inst(this.func, "entityReference", i, `invalid ${what}${n}`);
    return false;
  }

  #region(i: Inst): boolean {
    const f = this.func;
    const region = memRegion(f.memFlags(i));
    if (region < f.numRegions) return true;
    this.report.inst(f, "regionUndefined", i, `undefined alias region region${region}`);
    return false;
  }

  /** An address operand has the target's pointer width; errors do not end the instruction's checks. */
  #address(i: Inst, v: Value): void {
    const f = this.func;
    const t = f.valueType(v);
    if (this.pointer === INVALID || typeBits(t) === typeBits(this.pointer)) return;
    this.report.inst(
      f,
      "pointerWidth",
      i,
      `invalid pointer width (got ${typeBits(t)}, expected ${typeBits(this.pointer)}) encountered v${v}`,
    );
  }

  #entities(i: Inst): boolean {
    const f = this.func;
    switch (f.format(i)) {
      case Facts.FMT_Load:
        if (!this.#region(i)) return false;
        this.#address(i, f.arg(i, 0));
        return true;
      case Facts.FMT_Store:
        if (!this.#region(i)) return false;
        this.#address(i, f.arg(i, 1));
        return true;
      case Facts.FMT_LoadNoOffset:
        if (!this.#region(i)) return false;
        if (f.opcode(i) === Op.bitcast) return this.#bitcast(i);
        this.#address(i, f.arg(i, 0));
        return true;
      case Facts.FMT_StoreNoOffset:
        if (!this.#region(i)) return false;
        this.#address(i, f.arg(i, 1));
        return true;
      case Facts.FMT_AtomicRmw:
      case Facts.FMT_AtomicCas:
        if (!this.#region(i)) return false;
        this.#address(i, f.arg(i, 0));
        return true;
      case Facts.FMT_Call:
        return this.#call(i);
      case Facts.FMT_CallIndirect:
        return this.#exists(i, f.sigRef(i), f.numSignatures, "signature reference sig");
      case Facts.FMT_TryCall:
      case Facts.FMT_TryCallIndirect:
        return this.#tryCall(i);
      case Facts.FMT_FuncAddr:
        return this.#exists(i, f.funcRef(i), f.numFuncs, "function reference fn");
      case Facts.FMT_StackAddr:
        return this.#exists(i, f.stackSlot(i), f.numStackSlots, "stack slot ss");
      case Facts.FMT_DynamicStackAddr:
        return this.#exists(i, f.dynamicStackSlot(i), f.dynamicSlots.length, "dynamic stack slot dss");
      case Facts.FMT_UnaryGlobalValue:
        return this.#exists(i, f.globalValue(i), f.numGlobalValues, "global value gv");
      case Facts.FMT_UnaryConst:
        return this.#constant(i);
      case Facts.FMT_Shuffle:
        return this.#exists(i, f.constant(i) - MASK_BASE, f.masks.length >> 1, "immediate imm");
      case Facts.FMT_NullAry:
      case Facts.FMT_Unary:
        return this.#registers(i);
      case Facts.FMT_ExceptionHandlerAddress:
        return this.#handlerAddress(i);
      default:
        return true;
    }
  }

  #call(i: Inst): boolean {
    const f = this.func;
    const fn = f.funcRef(i);
    if (!this.#exists(i, fn, f.numFuncs, "function reference fn")) return false;
    if (!this.#exists(i, f.funcSignature(fn), f.numSignatures, "signature reference sig")) return false;
    if (!f.isPatchable(fn)) return true;
    let message: string | undefined;
    if (f.opcode(i) === Op.return_call) message = "patchable funcref cannot be used in a return_call";
    else if (!f.isColocated(fn)) message = "patchable call to non-colocated function";
    else if (f.sigReturnCount(f.funcSignature(fn)) > 0)
      message = "patchable call cannot occur to a function with return values";
    if (message === undefined) return true;
    this.report.inst(f, "patchable", i, message);
    return false;
  }

  #tryCall(i: Inst): boolean {
    const f = this.func;
    const sig = f.sigRef(i);
    if (!this.#exists(i, sig, f.numSignatures, "signature reference sig")) return false;
    let callee = sig;
    if (f.format(i) === Facts.FMT_TryCall) {
      const fn = f.funcRef(i);
      if (!this.#exists(i, fn, f.numFuncs, "function reference fn")) return false;
      callee = f.funcSignature(fn);
      if (!this.#exists(i, callee, f.numSignatures, "signature reference sig")) return false;
    }
    const conv = CALL_CONVS[f.sigCallConv(callee)];
    if (conv.exceptions) return true;
    this.report.inst(
      f,
      "exceptions",
      i,
      `calling convention \`${conv.name}\` of callee does not support exceptions`,
    );
    return false;
  }

  #constant(i: Inst): boolean {
    const f = this.func;
    const c = f.constant(i);
    if (!this.#exists(i, c, f.numConstants, "constant const")) return false;
    const want = typeBytes(f.opcode(i) === Op.f128const ? F128 : f.ctrlType(i));
    if (f.constantLength(c) === want) return true;
    this.report.inst(
      f,
      "constantSize",
      i,
      `The instruction expects const${c} to have a size of ${want} bytes but it has ${f.constantLength(c)}`,
    );
    return false;
  }

  #registers(i: Inst): boolean {
    const f = this.func;
    const op = f.opcode(i);
    let message: string;
    if (op === Op.get_pinned_reg || op === Op.set_pinned_reg) {
      const name = op === Op.get_pinned_reg ? "GetPinnedReg" : "SetPinnedReg";
      if (this.pointer === INVALID) message = `${name} need an ISA!`;
      else if (this.settings?.bool("enable_pinned_reg") === true) return true;
      else message = `${name} cannot be used without enable_pinned_reg`;
      this.report.inst(f, "pinnedReg", i, message.replace(/^[GS]etPinnedReg/, "GetPinnedReg/SetPinnedReg"));
      return false;
    }
    if (op !== Op.get_frame_pointer && op !== Op.get_return_address) return true;
    const both = "`get_frame_pointer`/`get_return_address`";
    if (this.pointer === INVALID) message = `${both} require an ISA!`;
    else if (this.settings?.bool("preserve_frame_pointers") === true) return true;
    else message = `${both} cannot be used without enabling \`preserve_frame_pointers\``;
    this.report.inst(f, "framePointer", i, message);
    return false;
  }

  #bitcast(i: Inst): boolean {
    const f = this.func;
    const v = f.arg(i, 0);
    const from = f.valueType(v);
    const to = f.ctrlType(i);
    const flags = f.memFlags(i);
    const order = flags & (MEM_BIG | MEM_LITTLE);
    let message: string | undefined;
    if (typeBits(from) !== typeBits(to))
      message = `The bitcast argument v${v} has a type of ${typeBits(from)} bits, which doesn't match an expected type of ${typeBits(to)} bits`;
    else if ((flags & ~order) !== MEM_DEFAULT)
      message = "The bitcast instruction only accepts the `big` or `little` memory flags";
    else if (order === 0 && laneCount(from) !== laneCount(to))
      message = "Byte order specifier required for bitcast instruction changing lane count";
    if (message === undefined) return true;
    this.report.add("bitcast", "inst", i, message);
    return false;
  }

  #handlerAddress(i: Inst): boolean {
    const f = this.func;
    const b = f.blockOperand(i);
    if (!this.#block(i, b)) return false;
    const at = (message: string) => {
      this.report.inst(f, "handlerIndex", i, message);
      return false;
    };
    const last = f.lastInst(b);
    if (last === NONE || (f.opcodeFlags(last) & Facts.OF_TERMINATOR) === 0)
      return at(`referenced block block${b} does not have a terminator`);
    if (!f.isBranch(last) || (f.opcodeFlags(last) & Facts.OF_CALL) === 0)
      return at(`referenced block block${b} does not end in a try_call`);
    if (f.immHi(i) < 0) return at(`exception handler index ${f.immLo(i)} cannot be negative`);
    const table = f.exceptionTable(last);
    let edges = 0;
    for (let k = 0, n = f.pool.at(table + 1); k < n; k++) {
      const kind = f.pool.at(table + 2 + 2 * k);
      if (kind === EX_TAG || kind === EX_DEFAULT) edges++;
    }
    if (f.immHi(i) !== 0 || f.immLo(i) < 0 || f.immLo(i) >= edges)
      return at(`exception handler index ${f.immLo(i) >>> 0} is out-of-range`);
    return true;
  }
}

/** The signature that a call instruction uses. */
export function calleeSignature(f: Function, i: Inst): SigRef {
  const format = f.format(i);
  return format === Facts.FMT_Call || format === Facts.FMT_TryCall
    ? f.funcSignature(f.funcRef(i) as FuncRef)
    : f.sigRef(i);
}
