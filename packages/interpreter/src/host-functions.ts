import {
  type DataValue,
  F32,
  F64,
  FloatCC,
  I8X16,
  I32,
  OPCODE_NAMES,
  Op,
  RUNTIME_FUNCTIONS,
  type RuntimeFunctionRow,
  type Type,
  typeBits,
} from "@gantry/clif-ir";
import {
  compareFloats,
  fusedMultiplyAdd,
  MEANINGS,
  type RoundingMode,
  roundFloat,
} from "@gantry/clif-ir/eval";
import type { Memory } from "./memory.ts";
import type { HostOutcome } from "./result.ts";

/** A function outside CLIF that interpreted code may call. */
export type HostFunction = (args: readonly DataValue[], memory: Memory) => HostOutcome;

const one = (type: Type, bits: bigint): HostOutcome => ({ results: [{ type, bits }] });
const outOfBounds: HostOutcome = { undefined: "a memory function left the accessible memory" };

const rounding =
  (type: Type, mode: RoundingMode): HostFunction =>
  ([x]) =>
    one(type, roundFloat(x.bits, mode, typeBits(type)));

const fma =
  (type: Type): HostFunction =>
  ([x, y, z]) =>
    one(type, fusedMultiplyAdd(x.bits, y.bits, z.bits, typeBits(type)));

const copy: HostFunction = ([to, from, size], memory) => {
  const target = memory.view(to.bits, Number(size.bits));
  const source = memory.view(from.bits, Number(size.bits));
  if (target === undefined || source === undefined) return outOfBounds;
  target.set(source.slice());
  return { results: [to] };
};

const set: HostFunction = ([to, value, size], memory) => {
  const target = memory.view(to.bits, Number(size.bits));
  if (target === undefined) return outOfBounds;
  target.fill(Number(value.bits & 255n));
  return { results: [to] };
};

const compare: HostFunction = ([x, y, size], memory) => {
  const a = memory.view(x.bits, Number(size.bits));
  const b = memory.view(y.bits, Number(size.bits));
  if (a === undefined || b === undefined) return outOfBounds;
  const at = a.findIndex((byte, k) => byte !== b[k]);
  return one(I32, at < 0 ? 0n : BigInt.asUintN(32, BigInt(a[at] - b[at])));
};

const pshufb: HostFunction = ([x, y]) => {
  const meaning = MEANINGS[Op.x86_pshufb];
  const outcome = meaning?.({
    type: I8X16,
    args: [x.bits, y.bits],
    argTypes: [I8X16, I8X16],
    code: 0,
    constant: 0n,
  });
  return one(I8X16, (outcome as readonly bigint[])[0]);
};

/** What a runtime function does, by the meaning of the operation that it performs. */
function performing({ symbol, does, params, result }: RuntimeFunctionRow): HostFunction {
  const [opcode, condition] = does.split(" ");
  if (condition !== undefined) return comparing(FloatCC[condition as keyof typeof FloatCC]);
  const meaning = MEANINGS[OPCODE_NAMES.indexOf(opcode)];
  const argTypes = [...params];
  return (args) => {
    const outcome = meaning?.({
      type: result,
      args: args.map((a) => a.bits),
      argTypes,
      code: 0,
      constant: 0n,
    });
    if (typeof outcome === "object") return one(result, outcome[0]);
    // A truncation out of range returns something; a division by zero need not return.
    return opcode.startsWith("fcvt")
      ? one(result, BigInt.asUintN(typeBits(result), 0x5a5a5a5a_5a5a5a5a_5a5a5a5a_5a5a5a5an))
      : { undefined: `${symbol} with operands for which it is not defined` };
  };
}

/** Below, at or above zero as the operands compare; where one is a NaN, the answer denies the condition. */
const comparing =
  (cc: number): HostFunction =>
  ([x, y]) => {
    const holds = (condition: number): boolean => compareFloats(x.bits, y.bits, 128, condition);
    if (holds(FloatCC.uno))
      return one(I32, cc === FloatCC.gt || cc === FloatCC.ge ? BigInt.asUintN(32, -1n) : 1n);
    return one(
      I32,
      cc === FloatCC.uno || holds(FloatCC.eq) ? 0n : holds(FloatCC.lt) ? BigInt.asUintN(32, -1n) : 1n,
    );
  };

/** Unwinds to a handler of the tag: (entry fp, exit fp, exit pc, tag, payload, payload). */
const throwing: HostFunction = (args) => ({
  exception: { tag: Number(BigInt.asIntN(32, args[3].bits)), payloads: [args[4].bits, args[5].bits] },
});

/** The runtime functions, by symbol. */
export const RUNTIME: ReadonlyMap<string, HostFunction> = new Map<string, HostFunction>([
  ["ceilf", rounding(F32, "up")],
  ["ceil", rounding(F64, "up")],
  ["floorf", rounding(F32, "down")],
  ["floor", rounding(F64, "down")],
  ["truncf", rounding(F32, "zero")],
  ["trunc", rounding(F64, "zero")],
  ["nearbyintf", rounding(F32, "even")],
  ["nearbyint", rounding(F64, "even")],
  ["fmaf", fma(F32)],
  ["fma", fma(F64)],
  ["memcpy", copy],
  ["memmove", copy],
  ["memset", set],
  ["memcmp", compare],
  ["__cranelift_x86_pshufb", pshufb],
  ["__cranelift_probestack", () => ({ results: [] })],
  ["__cranelift_throw", throwing],
  ...RUNTIME_FUNCTIONS.map((row) => [row.symbol, performing(row)] as const),
]);
