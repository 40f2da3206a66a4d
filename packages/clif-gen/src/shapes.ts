/** The opcodes that a profile allows, with the types they may have: read off the opcode table. */
import {
  asTruthy,
  doubleWidth,
  dynamicToVector,
  halfWidth,
  I64,
  INVALID,
  inTypeSet,
  isFloat,
  isInt,
  isVector,
  laneBits,
  laneCount,
  laneType,
  mergeLanes,
  splitLanes,
  type Type,
  typeBits,
  typeByName,
  typeBytes,
} from "@gantry/clif-ir";
import { OPCODES, type OpcodeRow, TYPE_SETS } from "@gantry/clif-ir/table";
import { MAX_CONSTANT } from "./interesting.ts";
import type { Profile } from "./profile.ts";

/** An opcode under one controlling type. */
export interface Shape {
  readonly row: OpcodeRow;
  /** INVALID for a monomorphic opcode. */
  readonly ctrl: Type;
  /** The types that each value operand may have. */
  readonly operands: readonly (readonly Type[])[];
  readonly results: readonly Type[];
}

/** Opcodes whose result depends on the machine, or that need something around them: the generator knows those it can use. */
const LEFT_OUT = new Set([
  "func_addr",
  "stack_addr",
  "dynamic_stack_addr",
  "symbol_value",
  "tls_value",
  "get_pinned_reg",
  "set_pinned_reg",
  "get_frame_pointer",
  "get_stack_pointer",
  "get_return_address",
  "get_exception_handler_address",
  "stack_switch",
  "debugtrap",
  "trap",
]);

/** Conversions between floats and integers: lanes of one width and number where they are vectors. */
const LANE_CONVERSIONS = new Set([
  "fcvt_to_uint_sat",
  "fcvt_to_sint_sat",
  "x86_cvtt2dq",
  "fcvt_from_uint",
  "fcvt_from_sint",
]);

const SET_NAMES = Object.keys(TYPE_SETS);
const POINTER = "Int32Or64";

/** The shapes of each usable opcode, opcodes in the order of the table. */
export function shapesOf(profile: Profile): Shape[][] {
  const all: Shape[][] = [];
  for (const row of OPCODES) {
    if (LEFT_OUT.has(row.name) || /terminator|call/.test(row.flags ?? "")) continue;
    const shapes: Shape[] = [];
    for (const ctrl of controllingTypes(row, profile)) {
      const shape = shapeOf(row, ctrl, profile);
      if (shape !== undefined) shapes.push(shape);
    }
    if (shapes.length > 0) all.push(shapes);
  }
  return all;
}

function controllingTypes(row: OpcodeRow, profile: Profile): readonly Type[] {
  if (row.T === undefined) return [INVALID];
  // A pointer is always as wide as stack_addr makes it.
  if (operandKinds(row.in).includes("p: T")) return [I64];
  const set = SET_NAMES.indexOf(row.T);
  const types = profile.types.filter((t) => inTypeSet(t, set));
  return row.format === "UnaryConst" ? types.filter((t) => typeBytes(t) <= MAX_CONSTANT) : types;
}

const operandKinds = (list: string | undefined): string[] => list?.split(", ") ?? [];

function shapeOf(row: OpcodeRow, ctrl: Type, profile: Profile): Shape | undefined {
  const results = operandKinds(row.out).map(
    (o) => typesFor(o.split(": ")[1], row, ctrl, profile)?.[0] ?? INVALID,
  );
  if (results.some((t) => !profile.types.includes(t))) return undefined;
  const operands: (readonly Type[])[] = [];
  for (const operand of operandKinds(row.in)) {
    const types = typesFor(operand.split(": ")[1], row, ctrl, profile);
    if (types === undefined) continue;
    operands.push(operand.startsWith("p: ") ? [I64] : types.filter((t) => profile.types.includes(t)));
  }
  const first = operands[0]?.filter((t) => profile.allows(row.name, results[0] ?? INVALID, t));
  if (first === undefined)
    return profile.allows(row.name, results[0] ?? INVALID, INVALID)
      ? { row, ctrl, operands, results }
      : undefined;
  operands[0] = first;
  return operands.some((types) => types.length === 0) ? undefined : { row, ctrl, operands, results };
}

/** The types that an operand of a kind may have, or undefined if it is no value. */
function typesFor(kind: string, row: OpcodeRow, ctrl: Type, profile: Profile): readonly Type[] | undefined {
  const sameClass = (t: Type) => (isInt(ctrl) ? isInt(t) : isFloat(t));
  switch (kind) {
    case "T":
      return [ctrl];
    case "lane(T)":
      return [laneType(ctrl)];
    case "truthy(T)":
      return [asTruthy(ctrl)];
    case "half(T)":
      return [halfWidth(ctrl)];
    case "double(T)":
      return [doubleWidth(ctrl)];
    case "split(T)":
      return [splitLanes(ctrl)];
    case "merge(T)":
      return [mergeLanes(ctrl)];
    case "fixed(T)":
      return [dynamicToVector(ctrl)];
    case "narrower(T)":
      return profile.types.filter((t) => sameClass(t) && laneBits(t) < laneBits(ctrl));
    case "wider(T)":
      return profile.types.filter((t) => sameClass(t) && laneBits(t) > laneBits(ctrl));
    case POINTER:
      return [I64];
  }
  const named = typeByName(kind);
  if (named !== INVALID) return [named];
  const set = SET_NAMES.indexOf(kind);
  if (set < 0) return undefined;
  return profile.types.filter((t) => inTypeSet(t, set) && fits(row.name, ctrl, t));
}

/** Whether a free operand type goes with the controlling type. */
function fits(opcode: string, ctrl: Type, t: Type): boolean {
  if (opcode === "bitcast") return typeBits(t) === typeBits(ctrl);
  if (!LANE_CONVERSIONS.has(opcode)) return true;
  return laneCount(t) === laneCount(ctrl) && (!isVector(t) || laneBits(t) === laneBits(ctrl));
}
