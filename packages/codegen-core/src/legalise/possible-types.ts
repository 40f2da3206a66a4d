/** The types that CLIF's constraints allow an opcode's first result and first operand to have. */
import {
  derivedType,
  INVALID,
  inTypeSet,
  isVector,
  laneBits,
  OPCODE_RESULTS,
  OPCODE_VALUES,
  Op,
  RESULT_CONSTRAINT,
  RESULT_DETAIL,
  TC_NARROWER,
  TC_SET,
  TC_WIDER,
  type Type,
  typeBits,
  VALUE_CONSTRAINT,
  VALUE_DETAIL,
} from "@gantry/clif-ir";
import { INDEXED_TYPES } from "./type-sets.ts";

/** The first float type; below it are the integers. */
const FIRST_FLOAT = 121;

/** What the first result may be under controlling type `t`, INVALID for none; undefined if that is not known. */
export function resultTypes(op: number, t: Type): readonly Type[] | undefined {
  if (OPCODE_RESULTS[op] === 0) return [INVALID];
  const type =
    OPCODE_RESULTS[op] > 0 ? derivedType(RESULT_CONSTRAINT[2 * op], RESULT_DETAIL[2 * op], t) : INVALID;
  return type === INVALID ? undefined : [type];
}

/** What the first value operand may be under controlling type `t`; undefined if that is not known or there may be none. */
export function operandTypes(op: number, t: Type): readonly Type[] | undefined {
  if (OPCODE_VALUES[op] <= 0) return undefined;
  const rule = VALUE_CONSTRAINT[4 * op];
  const detail = VALUE_DETAIL[4 * op];
  switch (rule) {
    case TC_SET:
      return INDEXED_TYPES.filter(
        (o) => o !== INVALID && inTypeSet(o, detail) && (op !== Op.bitcast || typeBits(o) === typeBits(t)),
      );
    case TC_NARROWER:
    case TC_WIDER:
      return INDEXED_TYPES.filter(
        (o) =>
          !isVector(o) &&
          o !== INVALID &&
          o < FIRST_FLOAT === t < FIRST_FLOAT &&
          (rule === TC_WIDER ? laneBits(o) > laneBits(t) : laneBits(o) < laneBits(t)),
      );
    default: {
      const type = derivedType(rule, detail, t);
      return type === INVALID ? undefined : [type];
    }
  }
}
