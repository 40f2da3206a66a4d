import {
  CallConv,
  Function,
  FunctionBuilder,
  I8,
  I32,
  I64,
  I128,
  Switch,
  type Type,
  typeName,
  verify,
} from "@gantry/clif-ir";
import { Interpreter } from "@gantry/interpreter";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

/** A function that returns the position of its argument among `cases`, or their number. */
function positions(type: Type, cases: readonly bigint[]): Function {
  const b = new FunctionBuilder(new Function());
  b.setName(b.testcaseName("f"));
  b.setSignature({ params: [type], returns: [I32], callConv: CallConv.system_v });
  const entry = b.createBlock();
  b.appendBlockParamsForFunctionParams(entry);
  b.switchToBlock(entry);
  b.sealBlock(entry);
  const s = new Switch();
  const blocks = cases.map((index) => {
    const block = b.createBlock();
    s.setEntry(index, block);
    return block;
  });
  const otherwise = b.createBlock();
  s.emit(b, b.blockParams(entry)[0], otherwise);
  [...blocks, otherwise].forEach((block, k) => {
    b.switchToBlock(block);
    b.sealBlock(block);
    b.ins().return([b.ins().iconst(I32, k)]);
  });
  b.finalize();
  return b.func;
}

describe("Switch", () => {
  for (const [type, bits] of [
    [I8, 8n],
    [I32, 32n],
    [I64, 64n],
    [I128, 128n],
  ] as const)
    it(`finds every case of ${typeName(type)} and nothing else`, () => {
      const top = (1n << bits) - 1n;
      const near = fc
        .tuple(fc.constantFrom(0n, 7n, top >> 1n, top - 8n), fc.bigInt({ min: 0n, max: 8n }))
        .map(([a, d]) => a + d);
      fc.assert(
        fc.property(
          fc.uniqueArray(near, { maxLength: 20 }),
          fc.array(near, { minLength: 1, maxLength: 10 }),
          (cases, values) => {
            const func = positions(type, cases);
            expect(verify(func)).toEqual([]);
            const interpreter = new Interpreter();
            interpreter.addFunctions([func]);
            for (const bits of [...cases, ...values]) {
              const outcome = interpreter.call("%f", [{ type, bits }]);
              const want = cases.includes(bits) ? cases.indexOf(bits) : cases.length;
              expect("results" in outcome && Number(outcome.results[0].bits)).toBe(want);
            }
          },
        ),
        { seed: 11, numRuns: 60 },
      );
    });
});
