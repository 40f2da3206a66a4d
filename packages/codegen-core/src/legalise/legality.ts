import {
  type Function,
  I_IMM2,
  INST_SHIFT,
  INVALID,
  type Inst,
  isDynamicVector,
  MEM_BIG,
  MEM_LITTLE,
  OPCODE_LIMIT,
  OPCODE_NAMES,
  Op,
  type Settings,
  type Type,
  typeBits,
  typeName,
} from "@gantry/clif-ir";
import type { Diagnostic } from "@gantry/diag";
import { type Endian, NONE } from "@gantry/entity";
import { operandTypes, resultTypes } from "./possible-types.ts";
import type { Action, LegalityRow } from "./rows.ts";
import {
  ANY,
  INDEXED_TYPES,
  inSet,
  MAX_VECTOR_BITS,
  TYPE_INDEX,
  TYPE_INDEX_SHIFT,
  type TypeSet,
  UNKNOWN_TYPE,
} from "./type-sets.ts";

/** Opcodes whose memory flags may name a byte order. */
const ORDERED_OPS = [
  ...[Op.load, Op.store, Op.uload8, Op.sload8, Op.uload16, Op.sload16, Op.uload32, Op.sload32],
  ...[Op.uload8x8, Op.sload8x8, Op.uload16x4, Op.sload16x4, Op.uload32x2, Op.sload32x2],
  ...[Op.istore8, Op.istore16, Op.istore32, Op.bitcast],
  ...[Op.atomic_load, Op.atomic_store, Op.atomic_rmw, Op.atomic_cas],
];

/** What looking through a function found. */
export class Findings {
  /** What cannot be done at all. */
  readonly problems: Diagnostic[] = [];
  /** Instructions that must be rewritten, and how. */
  readonly insts: Inst[] = [];
  readonly actions: Action[] = [];
  /** Whether there are vectors that must become parts as wide as registers. */
  inParts = false;

  reset(): void {
    this.problems.length = 0;
    this.inParts = false;
    this.forget();
  }

  /** Forgets the instructions: they are rewritten. */
  forget(): void {
    this.insts.length = 0;
    this.actions.length = 0;
  }
}

/**
 * What an opcode and its controlling type tell: native whatever else the instruction says, as most instructions are, or
 * nothing without a look at operands, flags or settings.
 */
const Glance = { never: 0, native: 1, unclear: 2 } as const;

/** How many of the types that an operand may have are in a set. */
const Match = { none: 0, some: 1, all: 2 } as const;

/**
 * What a target can do with each opcode and type, from the rows of its table. Asked before anything is compiled, so
 * that an unsupported operation is refused with its name, and one that is not native is rewritten.
 */
export class Legality {
  readonly targetName: string;
  readonly rows: readonly LegalityRow[];
  /** The memory flag that names the byte order that is not the target's. */
  readonly foreignOrder: number;
  readonly #provides: (settings: Settings, need: string) => boolean;
  readonly #byOpcode: readonly (readonly LegalityRow[])[];
  /**
   * For each opcode and number of a controlling type: {@link Glance}. Worked out when it is first asked for, since a
   * program uses few of them and reading the whole table would take longer than compiling its first function.
   */
  readonly #glances: Uint8Array = new Uint8Array(OPCODE_LIMIT << TYPE_INDEX_SHIFT);
  readonly #ordered: Uint8Array = new Uint8Array(OPCODE_LIMIT);

  /**
   * @param targetName As messages say it.
   * @param endian The target's byte order.
   * @param rows The first that fits decides; what none fits is refused.
   * @param provides Whether the settings give what a row needs: a setting, or what others imply.
   */
  constructor(
    targetName: string,
    endian: Endian,
    rows: readonly LegalityRow[],
    provides: (settings: Settings, need: string) => boolean = (settings, need) => settings.bool(need),
  ) {
    this.targetName = targetName;
    this.#provides = provides;
    this.rows = rows;
    this.foreignOrder = endian === "little" ? MEM_BIG : MEM_LITTLE;
    const byOpcode: LegalityRow[][] = OPCODE_NAMES.map(() => []);
    for (const row of rows) byOpcode[row.op].push(row);
    this.#byOpcode = byOpcode;
    for (const op of ORDERED_OPS) this.#ordered[op] = 1;
  }

  /** Whether a setting is on or implied, or an enumeration has the value behind `=`. */
  #has(settings: Settings, need: string): boolean {
    const at = need.indexOf("=");
    if (at < 0) return this.#provides(settings, need);
    return settings.enum(need.slice(0, at)) === need.slice(at + 1);
  }

  /** The rows of an opcode. */
  rowsOf(op: number): readonly LegalityRow[] {
    return this.#byOpcode[op];
  }

  /**
   * Adds to `found` what the instructions from number `from` on need: a linear pass over their records, which looks
   * twice only at those that are not native.
   */
  scan(func: Function, settings: Settings, from: number, found: Findings): void {
    const insts = func.insts.data;
    const glances = this.#glances;
    const ordered = this.#ordered;
    const foreign = this.foreignOrder;
    for (let i = from, n = func.numInsts; i < n; i++) {
      const word = insts[i << INST_SHIFT];
      const op = word & 0xffff;
      const index = TYPE_INDEX[(word >> 16) & 0x3fff];
      let glance = glances[(op << TYPE_INDEX_SHIFT) | index];
      if (glance === Glance.never) glance = this.#glanceAt(op, index);
      if (
        glance === Glance.native &&
        (ordered[op] === 0 || (insts[(i << INST_SHIFT) + I_IMM2] & foreign) === 0)
      )
        continue;
      if (func.instBlock(i as Inst) === NONE) continue;
      const action = this.actionFor(func, i as Inst, settings);
      if (action.kind === "native") continue;
      if (action.kind === "parts") {
        found.inParts = true;
        continue;
      }
      if (action.kind === "refused") found.problems.push(this.refusal(action.reason, `inst${i}`));
      else {
        found.insts.push(i as Inst);
        found.actions.push(action);
      }
    }
  }

  #glanceAt(op: number, index: number): number {
    const isNative = index !== UNKNOWN_TYPE && alwaysNative(op, INDEXED_TYPES[index], this.#byOpcode[op]);
    const glance = isNative ? Glance.native : Glance.unclear;
    this.#glances[(op << TYPE_INDEX_SHIFT) | index] = glance;
    return glance;
  }

  /** What to do with an instruction; the reason of a refusal names the operation. */
  actionFor(func: Function, i: Inst, settings: Settings): Action {
    const op = func.opcode(i);
    const result = func.resultType(i);
    const operand = func.argCount(i) > 0 ? func.valueType(func.arg(i, 0)) : INVALID;
    const foreign = this.#ordered[op] !== 0 && (func.memFlags(i) & this.foreignOrder) !== 0;
    let missing = "";
    for (const row of this.#byOpcode[op]) {
      if (row.result !== ANY && !inSet(result, row.result)) continue;
      if (row.operand !== ANY && !inSet(operand, row.operand)) continue;
      if ((row.foreignOrder === true) !== foreign) continue;
      if (row.needs !== undefined && !this.#has(settings, row.needs)) {
        missing ||= row.needs;
        continue;
      }
      if (row.when !== undefined && !row.when.holds(func, i)) continue;
      if (row.action.kind !== "refused") return row.action;
      return { kind: "refused", reason: `${operationName(func, i)} is not supported: ${row.action.reason}` };
    }
    const type = result === INVALID ? operand : result;
    return {
      kind: "refused",
      reason: `${operationName(func, i)} is not supported${why(type, missing, foreign)}`,
    };
  }

  /** The diagnostic for something that the target cannot do. */
  refusal(what: string, place: string): Diagnostic {
    return {
      code: "CODE0001",
      severity: "error",
      place,
      message: `${this.targetName}: ${what}`,
      help: "`gantry targets ARCH` lists what a target can do, and how",
    };
  }
}

/** The opcode with the types that tell it from its namesakes. */
function operationName(func: Function, i: Inst): string {
  const op = func.opcode(i);
  const result = func.resultType(i);
  const operand = func.argCount(i) > 0 ? func.valueType(func.arg(i, 0)) : INVALID;
  const type = result === INVALID ? operand : result;
  const name = type === INVALID ? OPCODE_NAMES[op] : `${OPCODE_NAMES[op]}.${typeName(type)}`;
  const isConversion = result !== INVALID && operand !== INVALID && result !== operand;
  const isAccess = ORDERED_OPS.includes(op) && op !== Op.bitcast;
  return isConversion && !isAccess ? `${name} of ${typeName(operand)}` : name;
}

function why(t: Type, missing: string, foreign: boolean): string {
  if (missing !== "") return `: it needs ${missing}`;
  if (isDynamicVector(t)) return ": a dynamic vector has no size that is known here";
  if (typeBits(t) > MAX_VECTOR_BITS) return `: vectors have at most ${MAX_VECTOR_BITS} bits`;
  return foreign ? " in that byte order" : "";
}

/** Whether `op` with controlling type `t` is native whatever else the instruction says. */
function alwaysNative(op: number, t: Type, rows: readonly LegalityRow[]): boolean {
  const results = resultTypes(op, t);
  const operands = operandTypes(op, t);
  for (const row of rows) {
    if (row.foreignOrder === true) continue;
    const a = match(results, row.result);
    const b = match(operands, row.operand);
    if (a === Match.none || b === Match.none) continue;
    return (
      a === Match.all &&
      b === Match.all &&
      row.action.kind === "native" &&
      row.needs === undefined &&
      row.when === undefined
    );
  }
  return false;
}

function match(types: readonly Type[] | undefined, set: TypeSet): number {
  if (set === ANY) return Match.all;
  if (types === undefined) return Match.some;
  const inside = types.filter((t) => TYPE_INDEX[t] !== UNKNOWN_TYPE && inSet(t, set)).length;
  return inside === types.length ? Match.all : inside === 0 ? Match.none : Match.some;
}
