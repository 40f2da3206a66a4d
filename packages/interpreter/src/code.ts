import {
  type Block,
  FMT_LoadNoOffset,
  FMT_Shuffle,
  FMT_UnaryConst,
  FMT_UnaryIeee16,
  FMT_UnaryIeee32,
  type Function,
  type Inst,
  nameText,
  OWN_SIGNATURE,
  type SigRef,
  type StackSlot,
  type Type,
  type Value,
} from "@gantry/clif-ir";
import { MEANINGS, type Meaning, patternBits } from "@gantry/clif-ir/eval";
import { NONE } from "@gantry/entity";

/** An instruction made ready for execution. */
export interface Step {
  readonly inst: Inst;
  readonly op: number;
  /** Undefined where the machine must do it. */
  readonly meaning: Meaning | undefined;
  /** Value operands, aliases resolved. */
  readonly args: Int32Array;
  readonly results: Int32Array;
  /** What `meaning` is applied to; its `args` are overwritten at each execution. */
  readonly operation: {
    readonly type: Type;
    readonly args: bigint[];
    readonly argTypes: readonly Type[];
    readonly code: number;
    readonly constant: bigint;
  };
}

/** A function made ready for execution. */
export interface Code {
  readonly func: Function;
  readonly name: string;
  readonly paramTypes: readonly Type[];
  readonly returnTypes: readonly Type[];
  readonly entry: Block;
  /** By block number; empty for blocks outside the layout. */
  readonly blocks: readonly (readonly Step[])[];
  /** Distance of each stack slot from the lowest address of the frame. */
  readonly slotOffsets: readonly number[];
  readonly dynamicSlotOffsets: readonly number[];
  /** Bytes that a frame takes on the stack: the slots, and eight for each value as a compiled one could. */
  readonly frameBytes: number;
  readonly frameAlign: number;
}

/** The parameter types of a signature of the function. */
export const paramTypes = (func: Function, sig: SigRef): Type[] =>
  Array.from({ length: func.sigParamCount(sig) }, (_, k) => func.sigParamType(sig, k));

export const returnTypes = (func: Function, sig: SigRef): Type[] =>
  Array.from({ length: func.sigReturnCount(sig) }, (_, k) => func.sigReturnType(sig, k));

/** Makes a verified function ready for execution. */
export function prepare(func: Function): Code {
  const blocks: Step[][] = Array.from({ length: func.numBlocks }, () => []);
  for (let b = func.firstBlock(); b !== NONE; b = func.nextBlock(b))
    for (let i = func.firstInst(b); i !== NONE; i = func.nextInst(i)) blocks[b].push(stepOf(func, i));
  const slotOffsets: number[] = [];
  let bytes = 0;
  let frameAlign = 16;
  for (let s = 0; s < func.numStackSlots; s++) {
    const align = Math.max(16, 1 << func.slotAlignLog2(s as StackSlot));
    frameAlign = Math.max(frameAlign, align);
    bytes = Math.ceil(bytes / align) * align;
    slotOffsets.push(bytes);
    bytes += func.slotBytes(s as StackSlot);
  }
  const dynamicSlotOffsets: number[] = [];
  for (let s = 0; s < func.dynamicSlots.length; s++) {
    bytes = Math.ceil(bytes / 16) * 16;
    dynamicSlotOffsets.push(bytes);
    bytes += patternBits(func.dynamicTypes.at(2 * func.dynamicSlots.at(s))) >> 3;
  }
  return {
    func,
    name: nameText(func, func.name),
    paramTypes: paramTypes(func, OWN_SIGNATURE),
    returnTypes: returnTypes(func, OWN_SIGNATURE),
    entry: func.firstBlock(),
    blocks,
    slotOffsets,
    dynamicSlotOffsets,
    frameBytes: bytes + 16 + 8 * func.numValues,
    frameAlign,
  };
}

function stepOf(func: Function, inst: Inst): Step {
  const op = func.opcode(inst);
  const args = Int32Array.from({ length: func.argCount(inst) }, (_, k) => func.resolve(func.arg(inst, k)));
  const results = Int32Array.from({ length: func.resultCount(inst) }, (_, k) => func.result(inst, k));
  return {
    inst,
    op,
    meaning: MEANINGS[op],
    args,
    results,
    operation: {
      type: func.resultType(inst),
      args: new Array(args.length).fill(0n),
      argTypes: Array.from(args, (v) => func.valueType(v as Value)),
      code: func.format(inst) === FMT_LoadNoOffset ? func.memFlags(inst) : func.immLo(inst),
      constant: constantOf(func, inst),
    },
  };
}

/** The pattern of the constant that the instruction holds; meaningless for others. */
function constantOf(func: Function, inst: Inst): bigint {
  const format = func.format(inst);
  if (format === FMT_UnaryConst || format === FMT_Shuffle) {
    const bytes = func.constantBytes(func.constant(inst));
    let bits = 0n;
    for (let k = bytes.length - 1; k >= 0; k--) bits = (bits << 8n) | BigInt(bytes[k]);
    return bits;
  }
  const low = BigInt(func.immLo(inst) >>> 0);
  return format === FMT_UnaryIeee16 || format === FMT_UnaryIeee32
    ? low
    : (BigInt(func.immHi(inst) >>> 0) << 32n) | low;
}
