/**
 * Legalised functions against what they were: the interpreter executes one instruction of each kind that x86-64 does not
 * have natively, then what the expansion made of it, with the runtime functions that it calls.
 */
import { interestingValue, SCALAR, type Shape, shapesOf } from "@gantry/clif-gen";
import {
  ATOMIC_RMW_OPS,
  F16,
  FLOAT_CC_NAMES,
  type Function,
  hasFloatLanes,
  I64,
  OPCODE_NAMES,
  readFunctions,
  Settings,
  type Type,
  typeBits,
  typeByName,
  typeName,
  verify,
} from "@gantry/clif-ir";
import { floatLayout, isNan } from "@gantry/clif-ir/eval";
import { Findings, INDEXED_TYPES, legalise } from "@gantry/codegen-core";
import { type CallResult, Interpreter } from "@gantry/interpreter";
import { x64 } from "@gantry/isa-x64";
import { describe, expect, test } from "vitest";

const settings = new Settings(x64.settings);
settings.set("has_cmpxchg16b");

const read = (text: string): Function =>
  readFunctions({ name: "f.clif", bytes: new TextEncoder().encode(text) })[0];

const interpreterOf = (func: Function): Interpreter => {
  const interpreter = new Interpreter();
  interpreter.addFunctions([func]);
  return interpreter;
};

/** Results with every NaN as one, or how the call ended. */
function text(outcome: CallResult): string {
  if ("trap" in outcome) return `${outcome.trap.reason} ${outcome.trap.code}`;
  return outcome.results
    .map(({ type, bits }) =>
      hasFloatLanes(type) && isNan(bits, floatLayout(typeBits(type))) ? "NaN" : `${bits}`,
    )
    .join(" ");
}

/** A number between 0 and 2^32 for each step; the same on every run. */
function* random(): Generator<bigint> {
  for (let x = 0x2545_f491n; ; ) {
    x = (x * 6364136223846793005n + 1442695040888963407n) & 0xffff_ffff_ffff_ffffn;
    yield x >> 32n;
  }
}
const numbers = random();
const next = (): bigint => numbers.next().value as bigint;

/** Any bits, or an interesting value; floats mostly have an exponent near that of one. */
function randomValue(t: Type): bigint {
  if ((next() & 3n) === 0n) return interestingValue(t, next() & 63n);
  let bits = 0n;
  for (let k = 0; k < 4; k++) bits = (bits << 32n) | next();
  bits = BigInt.asUintN(typeBits(t), bits);
  if (!hasFloatLanes(t) || t === F16 || (next() & 3n) === 0n) return bits;
  const { sign, fracBits, expBits } = floatLayout(typeBits(t));
  const f = BigInt(fracBits);
  const one = interestingValue(t, 1n) >> f;
  const exponent = BigInt.asUintN(expBits, one + (next() % 300n) - 150n);
  return (bits & sign) | (exponent << f) | (bits & ((1n << f) - 1n));
}

/** One instruction of the shape, its operands and results those of the function. */
function functionText(shape: Shape, types: readonly Type[], extra: string): string {
  const { row, ctrl, results } = shape;
  const params = types.map((t, k) => `v${k}: ${typeName(t)}`).join(", ");
  const returns = results.map((_, k) => `v${100 + k}`).join(", ");
  const operands = types.map((_, k) => `v${k}`).join(", ");
  const left = results.length > 0 ? `${returns} = ` : "";
  return `function %f(${types.map(typeName).join(", ")}) -> ${results.map(typeName).join(", ")} system_v {
block0(${params}):
    ${left}${row.name}.${typeName(ctrl)} ${extra}${operands}
    return ${returns}
}
`;
}

/** Interprets both on many operands, and says where they differ. */
function compare(source: string, types: readonly Type[], runs: number): string[] {
  const before = read(source);
  const after = read(source);
  legalise(x64, after, settings, new Findings());
  expect(verify(after, settings, { pointerBytes: 8 })).toEqual([]);
  const a = interpreterOf(before);
  const b = interpreterOf(after);
  const found: string[] = [];
  for (let k = 0; k < runs && found.length < 3; k++) {
    const args = types.map((type, n) => ({
      type,
      bits: k < 64 ? interestingValue(type, BigInt(n === 0 ? k : (k * 7 + n) % 64)) : randomValue(type),
    }));
    const [x, y] = [text(a.call("%f", args)), text(b.call("%f", args))];
    if (x !== y) found.push(`${source}(${args.map((v) => v.bits.toString(16)).join(", ")}): ${x}, then ${y}`);
  }
  return found;
}

const legality = x64.legality;
const isRewritten = (op: number): boolean =>
  legality.rowsOf(op).some((row) => row.action.kind === "expanded" || row.action.kind === "library");

describe("an expansion does what the instruction does", () => {
  for (const shapes of shapesOf(SCALAR)) {
    const { name, format } = shapes[0].row;
    if (!isRewritten(OPCODE_NAMES.indexOf(name)) || /^(Load|Store|Atomic)/.test(format)) continue;
    test(name, () => {
      const found: string[] = [];
      let compared = 0;
      for (const shape of shapes) {
        for (const first of shape.operands[0]) {
          const types = shape.operands.map((ts, k) => (k === 0 ? first : ts[0]));
          const extras = format === "FloatCompare" ? FLOAT_CC_NAMES.map((cc) => `${cc} `) : [""];
          for (const extra of extras) {
            const source = functionText(shape, types, extra);
            const action = legality.actionFor(read(source), 0 as never, settings);
            if (action.kind === "native" || action.kind === "refused") continue;
            found.push(...compare(source, types, format === "FloatCompare" ? 150 : 250));
            compared++;
          }
        }
      }
      expect(found).toEqual([]);
      expect(compared).toBeGreaterThan(0);
    });
  }
});

test("every f16 becomes a single, and comes back", () => {
  const up = read("function %f(f16) -> f32 {\nblock0(v0: f16):\n v1 = fpromote.f32 v0\n return v1\n}");
  const down = read("function %f(f32) -> f16 {\nblock0(v0: f32):\n v1 = fdemote.f16 v0\n return v1\n}");
  const original = interpreterOf(
    read("function %f(f16) -> f32 {\nblock0(v0: f16):\n v1 = fpromote.f32 v0\n return v1\n}"),
  );
  legalise(x64, up, settings, new Findings());
  legalise(x64, down, settings, new Findings());
  const promote = interpreterOf(up);
  const demote = interpreterOf(down);
  for (let bits = 0; bits < 1 << 16; bits += 3) {
    const x = { type: F16, bits: BigInt(bits) };
    const expected = text(original.call("%f", [x]));
    const single = promote.call("%f", [x]);
    if (!("results" in single) || text(single) !== expected) throw new Error(`f16 ${bits.toString(16)}`);
    if (expected === "NaN") continue;
    const back = demote.call("%f", single.results);
    if (text(back) !== `${bits}`) throw new Error(`f16 ${bits.toString(16)} comes back as ${text(back)}`);
  }
});

/** A store, or what `access` does, to sixteen bytes of the stack, which it returns beside its result. */
function memoryText(type: string, access: string, hasResult: boolean): string {
  return `function %f(${type}, i128) -> ${hasResult ? `${type}, ` : ""}i128 system_v {
    ss0 = explicit_slot 16, align = 16
block0(v0: ${type}, v1: i128):
    v2 = stack_addr.i64 ss0
    store.i128 little v1, v2
    ${access}
    v9 = load.i128 little v2
    return ${hasResult ? "v3, " : ""}v9
}
`;
}

describe("big-endian accesses do what the instruction does", () => {
  const types = INDEXED_TYPES.filter((t) => t !== 0 && typeBits(t) <= 128).map(typeName);
  const values = (t: string): Type[] => [typeByName(t), typeByName("i128")];
  test.each(types)("load and store of %s", (t) => {
    expect(compare(memoryText(t, `v3 = load.${t} big v2`, true), values(t), 80)).toEqual([]);
    expect(compare(memoryText(t, `store.${t} big v0, v2`, false), values(t), 80)).toEqual([]);
  });
  test.each(types.filter((t) => /^i\d+$/.test(t)))("atomics of %s", (t) => {
    expect(compare(memoryText(t, `v3 = atomic_load.${t} big v2`, true), values(t), 80)).toEqual([]);
    expect(compare(memoryText(t, `atomic_store.${t} big v0, v2`, false), values(t), 80)).toEqual([]);
    expect(compare(memoryText(t, `v3 = atomic_cas.${t} big v2, v0, v0`, true), values(t), 80)).toEqual([]);
    for (const op of ATOMIC_RMW_OPS)
      expect(compare(memoryText(t, `v3 = atomic_rmw.${t} big ${op} v2, v0`, true), values(t), 80)).toEqual(
        [],
      );
  });
  test.each(["8", "16", "32"])("narrow accesses of %s bits", (bits) => {
    for (const t of ["i16", "i32", "i64"].filter((name) => Number(name.slice(1)) > Number(bits))) {
      if ((bits === "16" && t === "i16") || (bits === "32" && t !== "i64")) continue;
      const suffix = bits === "32" ? "" : `.${t}`;
      for (const sign of ["u", "s"])
        expect(
          compare(memoryText(t, `v3 = ${sign}load${bits}${suffix} big v2`, true), values(t), 80),
        ).toEqual([]);
      expect(compare(memoryText(t, `istore${bits}.${t} big v0, v2`, false), values(t), 80)).toEqual([]);
    }
  });
  test.each([
    ["8x8", "i16x8"],
    ["16x4", "i32x4"],
    ["32x2", "i64x2"],
  ])("loads of %s", (name, t) => {
    for (const sign of ["u", "s"])
      expect(compare(memoryText(t, `v3 = ${sign}load${name} big v2`, true), values(t), 80)).toEqual([]);
  });
});

test("casts that number lanes from the other end", () => {
  const found: string[] = [];
  let compared = 0;
  const types = INDEXED_TYPES.filter((t) => t !== 0 && typeBits(t) <= 128);
  for (const from of types)
    for (const to of types) {
      if (typeBits(from) !== typeBits(to) || to === from) continue;
      const source = `function %f(${typeName(from)}) -> ${typeName(to)} {\nblock0(v0: ${typeName(from)}):\n v1 = bitcast.${typeName(to)} big v0\n return v1\n}`;
      found.push(...compare(source, [from], 20));
      compared++;
    }
  expect(found).toEqual([]);
  expect(compared).toBeGreaterThan(100);
});

test("a function that needs nothing is left as it is", () => {
  const func = read("function %f(i64) -> i64 {\nblock0(v0: i64):\n v1 = iadd v0, v0\n return v1\n}");
  const insts = func.numInsts;
  legalise(x64, func, settings, new Findings());
  expect(func.numInsts).toBe(insts);
  expect(I64).toBe(func.resultType(0 as never));
});
