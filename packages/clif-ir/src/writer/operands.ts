import { NONE } from "@gantry/entity";
import { ATOMIC_RMW_OPS } from "../atomic-ops.ts";
import { FLOAT_CC_NAMES, INT_CC_NAMES } from "../condition-codes.ts";
import type { Inst, Value } from "../entities.ts";
import { EX_CONTEXT, EX_DEFAULT, type Function, SIDE_STACK_MAP } from "../function.ts";
import * as Facts from "../generated/facts.ts";
import * as Op from "../generated/opcodes.ts";
import {
  MEM_ALIGNED,
  MEM_BIG,
  MEM_CAN_MOVE,
  MEM_LITTLE,
  MEM_READONLY,
  memRegion,
  memTrapCode,
} from "../mem-flags.ts";
import { TRAP_HEAP_OUT_OF_BOUNDS, trapCodeName } from "../trap-codes.ts";
import { I8, I16, I32, INVALID, type Type, typeName } from "../types.ts";
import {
  bytesText,
  float16Text,
  float32Text,
  float64Text,
  float128Text,
  imm64Text,
  offsetText,
} from "./numbers.ts";

/** Memory flags, each with a blank before it. */
export function memFlagsText(flags: number): string {
  const trap = memTrapCode(flags);
  let out = trap === 0 ? " notrap" : trap === TRAP_HEAP_OUT_OF_BOUNDS ? "" : ` ${trapCodeName(trap)}`;
  if ((flags & MEM_ALIGNED) !== 0) out += " aligned";
  if ((flags & MEM_READONLY) !== 0) out += " readonly";
  if ((flags & MEM_CAN_MOVE) !== 0) out += " can_move";
  if ((flags & MEM_BIG) !== 0) out += " big";
  if ((flags & MEM_LITTLE) !== 0) out += " little";
  const region = memRegion(flags);
  return region < 0 ? out : `${out} region${region}`;
}

/** An argument of a block call: a value, `retN` or `exnN`. */
export function blockArgText(word: number): string {
  if (word >= 0) return `v${word}`;
  const n = -1 - word;
  return (n & 1) === 0 ? `ret${n >> 1}` : `exn${n >> 1}`;
}

/** Block call `k` of a branch. */
export function blockCallText(f: Function, i: Inst, k: number): string {
  let out = `block${f.targetBlock(i, k)}`;
  const n = f.targetArgCount(i, k);
  if (n === 0) return out;
  for (let a = 0; a < n; a++) out += (a === 0 ? "(" : ", ") + blockArgText(f.targetArg(i, k, a));
  return `${out})`;
}

/** `v1, v2` for the value operands from `from` on. */
export function argsText(f: Function, i: Inst, from: number): string {
  let out = "";
  const n = f.argCount(i);
  for (let k = from; k < n; k++) out += k === from ? `v${f.arg(i, k)}` : `, v${f.arg(i, k)}`;
  return out;
}

/** The immediate of an `iconst`, sign-extended from the controlling type. */
export function iconstText(lo: number, hi: number, t: Type): string {
  if (t === I8) return imm64Text((lo << 24) >> 24, (lo << 24) >> 31);
  if (t === I16) return imm64Text((lo << 16) >> 16, (lo << 16) >> 31);
  if (t === I32) return imm64Text(lo, lo >> 31);
  return imm64Text(lo, hi);
}

function exceptionTableText(f: Function, i: Inst): string {
  const pool = f.pool.data;
  const table = f.exceptionTable(i);
  let out = `, sig${pool[table]}, ${blockCallText(f, i, f.targetCount(i) - 1)}, [`;
  const n = pool[table + 1];
  let target = 0;
  for (let k = 0; k < n; k++) {
    const kind = pool[table + 2 + 2 * k];
    const word = pool[table + 3 + 2 * k];
    out += k === 0 ? " " : ", ";
    if (kind === EX_CONTEXT) out += `context v${word}`;
    else out += `${kind === EX_DEFAULT ? "default" : `tag${word >>> 0}`}: ${blockCallText(f, i, target++)}`;
  }
  return n === 0 ? `${out}]` : `${out} ]`;
}

function stackMapText(f: Function, i: Inst): string {
  const entry = f.sideEntry(i, SIDE_STACK_MAP);
  if (entry === NONE) return "";
  const start = f.side.at(entry + 2);
  const n = f.side.at(entry + 3);
  let out = ", stack_map=[";
  for (let k = start; k < start + n; k += 3)
    out += `${k === start ? "" : ", "}${typeName(f.pool.at(k))} @ ss${f.pool.at(k + 1)}+${f.pool.at(k + 2) >>> 0}`;
  return `${out}]`;
}

/** Everything behind the opcode and its suffix, with the blank that separates it. */
export function operandsText(f: Function, i: Inst): string {
  switch (f.format(i)) {
    case Facts.FMT_NullAry:
      return " ";
    case Facts.FMT_MultiAry:
      return f.argCount(i) === 0 ? "" : ` ${argsText(f, i, 0)}`;
    case Facts.FMT_Unary:
    case Facts.FMT_Binary:
    case Facts.FMT_Ternary:
      return ` ${argsText(f, i, 0)}`;
    case Facts.FMT_UnaryImm:
      return ` ${iconstText(f.immLo(i), f.immHi(i), f.ctrlType(i))}`;
    case Facts.FMT_UnaryIeee16:
      return ` ${float16Text(f.immLo(i))}`;
    case Facts.FMT_UnaryIeee32:
      return ` ${float32Text(f.immLo(i))}`;
    case Facts.FMT_UnaryIeee64:
      return ` ${float64Text(f.immLo(i), f.immHi(i))}`;
    case Facts.FMT_UnaryConst:
      return ` const${f.constant(i)}`;
    case Facts.FMT_UnaryGlobalValue:
      return ` gv${f.globalValue(i)}`;
    case Facts.FMT_FuncAddr:
      return ` fn${f.funcRef(i)}`;
    case Facts.FMT_BinaryImm8:
    case Facts.FMT_TernaryImm8:
      return ` ${argsText(f, i, 0)}, ${f.uimm8(i)}`;
    case Facts.FMT_Shuffle: {
      const mask = f.constant(i);
      return ` ${argsText(f, i, 0)}, ${bytesText(f.bytes, f.constantStart(mask), f.constantLength(mask))}`;
    }
    case Facts.FMT_IntCompare:
      return ` ${INT_CC_NAMES[f.cond(i)]} ${argsText(f, i, 0)}`;
    case Facts.FMT_FloatCompare:
      return ` ${FLOAT_CC_NAMES[f.cond(i)]} ${argsText(f, i, 0)}`;
    case Facts.FMT_Load:
    case Facts.FMT_Store:
      return `${memFlagsText(f.memFlags(i))} ${argsText(f, i, 0)}${offsetText(f.offset(i))}`;
    case Facts.FMT_LoadNoOffset:
    case Facts.FMT_StoreNoOffset:
      return `${memFlagsText(f.memFlags(i))} ${argsText(f, i, 0)}`;
    // Flags of the atomic operations are not part of their text in the reference implementation; they are here, or
    // reading back what was written would give another function.
    case Facts.FMT_AtomicRmw:
      return `${memFlagsText(f.memFlags(i))} ${ATOMIC_RMW_OPS[f.rmwOp(i)]} ${argsText(f, i, 0)}`;
    case Facts.FMT_AtomicCas:
      return `${memFlagsText(f.memFlags(i))} ${argsText(f, i, 0)}`;
    case Facts.FMT_StackAddr:
      return ` ss${f.stackSlot(i)}${offsetText(f.offset(i))}`;
    case Facts.FMT_DynamicStackAddr:
      return ` dss${f.dynamicStackSlot(i)}`;
    case Facts.FMT_Trap:
      return ` ${trapCodeName(f.trapCode(i))}`;
    case Facts.FMT_CondTrap:
    case Facts.FMT_IntAddTrap:
      return ` ${argsText(f, i, 0)}, ${trapCodeName(f.trapCode(i))}`;
    case Facts.FMT_Jump:
      return ` ${blockCallText(f, i, 0)}`;
    case Facts.FMT_Brif:
      return ` ${argsText(f, i, 0)}, ${blockCallText(f, i, 0)}, ${blockCallText(f, i, 1)}`;
    case Facts.FMT_BranchTable: {
      let out = ` ${argsText(f, i, 0)}, ${blockCallText(f, i, 0)}, [`;
      for (let k = 1; k < f.targetCount(i); k++) out += (k === 1 ? "" : ", ") + blockCallText(f, i, k);
      return `${out}]`;
    }
    case Facts.FMT_Call:
      return ` fn${f.funcRef(i)}(${argsText(f, i, 0)})${stackMapText(f, i)}`;
    case Facts.FMT_CallIndirect:
      return ` sig${f.sigRef(i)}, v${f.arg(i, 0)}(${argsText(f, i, 1)})${stackMapText(f, i)}`;
    case Facts.FMT_TryCall:
      return ` fn${f.funcRef(i)}(${argsText(f, i, 0)})${exceptionTableText(f, i)}${stackMapText(f, i)}`;
    case Facts.FMT_TryCallIndirect:
      return ` v${f.arg(i, 0)}(${argsText(f, i, 1)})${exceptionTableText(f, i)}${stackMapText(f, i)}`;
    case Facts.FMT_ExceptionHandlerAddress:
      return ` block${f.blockOperand(i)}, ${imm64Text(f.immLo(i), f.immHi(i))}`;
    default:
      return "";
  }
}

/** What a constant's definition prints in a comment behind its uses; undefined for other definitions. */
function constantText(f: Function, v: Value): string | undefined {
  const def = f.valueDef(f.resolve(v));
  if (def === NONE) return undefined;
  switch (f.opcode(def)) {
    case Op.iconst:
      return iconstText(f.immLo(def), f.immHi(def), f.ctrlType(def));
    case Op.f16const:
      return float16Text(f.immLo(def));
    case Op.f32const:
      return float32Text(f.immLo(def));
    case Op.f64const:
      return float64Text(f.immLo(def), f.immHi(def));
    case Op.f128const:
      return float128Text(f.bytes, f.constantStart(f.constant(def)));
    case Op.vconst:
      return `const${f.constant(def)}`;
    default:
      return undefined;
  }
}

/** `  ; v1 = 3, v2 = 4`: the constants among the operands. */
export function constantComment(f: Function, i: Inst): string {
  let out = "";
  const add = (v: number) => {
    const text = v < 0 || v >= f.numValues ? undefined : constantText(f, v as Value);
    if (text !== undefined) out += `${out === "" ? "  ; " : ", "}v${v} = ${text}`;
  };
  for (let k = 0, n = f.argCount(i); k < n; k++) add(f.arg(i, k));
  const targets = f.targetCount(i);
  for (let k = 0; k < targets; k++)
    for (let a = 0, n = f.targetArgCount(i, k); a < n; a++) add(f.targetArg(i, k, a));
  if (targets > 0 && (f.opcodeFlags(i) & Facts.OF_CALL) !== 0) {
    const table = f.exceptionTable(i);
    for (let k = 0, n = f.pool.at(table + 1); k < n; k++)
      if (f.pool.at(table + 2 + 2 * k) === EX_CONTEXT) add(f.pool.at(table + 3 + 2 * k));
  }
  return out;
}

/** `v1, v2 = ` or nothing. */
export function resultsText(f: Function, i: Inst): string {
  const n = f.resultCount(i);
  if (n === 0) return "";
  let out = "";
  for (let k = 0; k < n; k++) out += `${k === 0 ? "" : ", "}v${f.result(i, k)}`;
  return `${out} = `;
}

/** The instruction as diagnostics show it: with the type suffix wherever the opcode has one. */
export function instText(f: Function, i: Inst): string {
  const op = f.opcode(i);
  const t = f.ctrlType(i);
  const suffix = t === INVALID ? "" : `.${typeName(t)}`;
  return `${resultsText(f, i)}${Facts.OPCODE_NAMES[op]}${suffix}${operandsText(f, i)}${constantComment(f, i)}`;
}
