/**
 * What a random function is made from: nothing but numbers, each taken modulo the number of choices at its place. Every
 * plan therefore gives a valid function, and a plan that was shrunk in any way gives a smaller valid function.
 */
import fc from "fast-check";

export interface InstPlan {
  readonly opcode: number;
  readonly type: number;
  readonly args: readonly number[];
  /** Immediate: an index into the interesting values of its kind, or its bits. */
  readonly imm: bigint;
}

export interface EndPlan {
  readonly kind: number;
  readonly targets: readonly number[];
  readonly args: readonly number[];
}

export interface BlockPlan {
  readonly cold: boolean;
  readonly params: readonly number[];
  readonly insts: readonly InstPlan[];
  readonly end: EndPlan;
}

export interface FunctionPlan {
  readonly params: readonly number[];
  readonly returns: readonly number[];
  readonly slots: number;
  readonly callConv: number;
  readonly blocks: readonly BlockPlan[];
}

export interface FilePlan {
  /** A function may call those in front of it. */
  readonly functions: readonly FunctionPlan[];
  /** Arguments of each call of the last function, as {@link InstPlan.imm}. */
  readonly calls: readonly (readonly bigint[])[];
}

/** How large a plan may be. */
export interface PlanSize {
  readonly functions: number;
  readonly blocks: number;
  readonly insts: number;
  readonly params: number;
  readonly returns: number;
}

export const DEFAULT_SIZE: PlanSize = { functions: 4, blocks: 7, insts: 14, params: 9, returns: 2 };

/** Functions that keep a register allocator busy. */
export const LARGE: PlanSize = { functions: 2, blocks: 24, insts: 50, params: 14, returns: 2 };

const pick = fc.nat({ max: 0xffff });
const picks = (maxLength: number) => fc.array(pick, { maxLength });
/** Small numbers are indices into tables of interesting values. */
const immediate = fc.oneof(fc.bigInt({ min: 0n, max: 63n }), fc.bigInt({ min: 0n, max: (1n << 128n) - 1n }));

/** Plans up to a size. */
export function filePlan(size: PlanSize = DEFAULT_SIZE): fc.Arbitrary<FilePlan> {
  const inst = fc.record({
    opcode: pick,
    type: pick,
    args: fc.array(pick, { minLength: 4, maxLength: 4 }),
    imm: immediate,
  });
  const block = fc.record({
    cold: fc.boolean(),
    params: picks(size.blocks > 10 ? 6 : 3),
    insts: fc.array(inst, { maxLength: size.insts, size: "max" }),
    end: fc.record({ kind: pick, targets: fc.array(pick, { minLength: 3, maxLength: 6 }), args: picks(8) }),
  });
  const func = fc.record({
    params: fc.array(pick, { maxLength: size.params, size: "max" }),
    returns: fc.array(pick, { minLength: 1, maxLength: size.returns }),
    slots: fc.nat({ max: 2 }),
    callConv: pick,
    blocks: fc.array(block, { minLength: 1, maxLength: size.blocks, size: "max" }),
  });
  return fc.record({
    functions: fc.array(func, { minLength: 1, maxLength: size.functions }),
    calls: fc.array(fc.array(immediate, { minLength: size.params, maxLength: size.params }), {
      minLength: 1,
      maxLength: 4,
      size: "max",
    }),
  });
}
