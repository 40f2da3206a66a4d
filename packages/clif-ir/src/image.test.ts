import { GantryError, SourceFile } from "@gantry/diag";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FunctionBuilder } from "./builder/function-builder.ts";
import { CallConv } from "./call-conv.ts";
import { Function } from "./function.ts";
import { fromImage, imageCode, toImage } from "./image.ts";
import { MEM_DEFAULT } from "./mem-flags.ts";
import { readFunctions } from "./reader/file.ts";
import { F64, I8, I16, I32, I64, type Type } from "./types.ts";
import { verify } from "./verifier/verify.ts";
import { writeFunction } from "./writer/function.ts";

/** What a random function is made of: each step names a kind and picks operands among what exists. */
interface Step {
  readonly kind: number;
  readonly a: number;
  readonly b: number;
  readonly n: bigint;
}

const step: fc.Arbitrary<Step> = fc.record({
  kind: fc.nat(11),
  a: fc.nat(1000),
  b: fc.nat(1000),
  n: fc.bigInt({ min: -(1n << 63n), max: (1n << 63n) - 1n }),
});

/** A valid function of `steps`: straight-line code, diamonds, loops, calls, memory, locations. */
function build(steps: readonly Step[]): Function {
  const f = new Function();
  const b = new FunctionBuilder(f);
  b.setName(b.userName(3, steps.length));
  b.setSignature({
    params: [I64, I32, { type: I8, extension: "uext" }, F64],
    returns: [I64],
    callConv: CallConv.system_v,
  });
  const entry = b.createBlock();
  b.appendBlockParamsForFunctionParams(entry);
  b.switchToBlock(entry);
  b.sealBlock(entry);
  const types: Type[] = [I64, I32, I8, F64];
  const vars = types.map((t) => b.declareVar(t));
  b.blockParams(entry).forEach((v, k) => {
    b.defVar(vars[k], v);
  });
  const slot = b.createStackSlot(32, 16);
  const sig = b.importSignature({ params: [I64, I32], returns: [I32, F64], callConv: CallConv.system_v });
  const callee = b.importFunction(b.testcaseName("callee"), sig, { colocated: true });
  const [x, y, z, w] = vars;
  for (const { kind, a, b: c, n } of steps) {
    const ins = b.ins();
    if (a % 3 === 0) b.setSrcloc(c * 7);
    switch (kind) {
      case 0:
        b.defVar(x, ins.iadd_imm_s(b.useVar(x), n));
        break;
      case 1:
        b.defVar(y, ins.imul(b.useVar(y), ins.iconst(I32, n & 0xffffffffn)));
        break;
      case 2:
        b.defVar(z, ins.ireduce(I8, b.useVar(a % 2 === 0 ? x : y)));
        break;
      case 3:
        b.defVar(w, ins.fadd(b.useVar(w), ins.f64const(BigInt.asUintN(64, n))));
        break;
      case 4:
        b.defVar(x, ins.load(I64, MEM_DEFAULT, b.useVar(x), (a - 500) * 8));
        break;
      case 5:
        ins.store(a % 2, b.useVar(c % 2 === 0 ? y : w), ins.stack_addr(I64, slot, c % 24), 0);
        break;
      case 6: {
        const [r, s] = b.instResults(ins.call(callee, [b.useVar(x), b.useVar(y)]));
        b.defVar(y, r);
        b.defVar(w, s);
        break;
      }
      case 7: {
        const [left, right, join] = [b.createBlock(), b.createBlock(), b.createBlock()];
        ins.brif(b.useVar(z), left, [], right);
        b.switchToBlock(left);
        b.sealBlock(left);
        b.defVar(x, b.ins().uextend(I64, b.useVar(y)));
        b.ins().jump(join);
        b.switchToBlock(right);
        b.sealBlock(right);
        b.ins().jump(join);
        b.switchToBlock(join);
        b.sealBlock(join);
        break;
      }
      case 8: {
        const [loop, next] = [b.createBlock(), b.createBlock()];
        ins.jump(loop);
        b.switchToBlock(loop);
        b.defVar(y, b.ins().iadd_imm_s(b.useVar(y), -1));
        b.ins().brif(b.useVar(y), loop, [], next);
        b.sealBlock(loop);
        b.switchToBlock(next);
        b.sealBlock(next);
        break;
      }
      case 9: {
        const next = b.createBlock();
        const table = {
          default: { block: next, args: [] },
          entries: Array.from({ length: a % 5 }, () => ({ block: next, args: [] })),
        };
        ins.br_table(b.useVar(y), table);
        b.switchToBlock(next);
        b.sealBlock(next);
        break;
      }
      case 10:
        ins.trapnz(ins.icmp_imm_s(a % 10, b.useVar(x), n), 1 + (c % 250));
        break;
      default:
        b.defVar(y, ins.sextend(I32, ins.iconst(I16, n & 0xffffn)));
    }
  }
  b.ins().return([b.useVar(x)]);
  b.finalize();
  return f;
}

const random = fc.array(step, { maxLength: 40 });

describe("random valid functions", () => {
  it("verify", () => {
    fc.assert(
      fc.property(random, (steps) => {
        expect(verify(build(steps), undefined, { pointerBytes: 8 })).toEqual([]);
      }),
      { seed: 5, numRuns: 150 },
    );
  });

  it("come back from text as they were", () => {
    fc.assert(
      fc.property(random, (steps) => {
        const f = build(steps);
        f.resolveAliases();
        const text = writeFunction(f);
        const [again] = readFunctions(new SourceFile("t", text));
        expect(writeFunction(again)).toBe(text);
        expect(verify(again)).toEqual([]);
      }),
      { seed: 6, numRuns: 150 },
    );
  });

  it("come back from images as they were", () => {
    const reused = new Function();
    fc.assert(
      fc.property(random, (steps) => {
        const f = build(steps);
        const image = toImage(f);
        fromImage(image, reused);
        expect(writeFunction(reused)).toBe(writeFunction(f));
        expect(new Uint8Array(toImage(reused))).toEqual(new Uint8Array(image));
      }),
      { seed: 7, numRuns: 150 },
    );
  });

  it("never crash reader or verifier when bytes of their text change", () => {
    fc.assert(
      fc.property(
        random,
        fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 6 }),
        (steps, edits) => {
          const text = writeFunction(build(steps));
          const bytes = Uint8Array.from(text, (c) => c.charCodeAt(0));
          // Swapping in bytes of the text itself gets further than random bytes do.
          for (const [at, value] of edits)
            bytes[at % bytes.length] = value < 128 ? bytes[(at * 31) % bytes.length] : value;
          try {
            for (const g of readFunctions({ name: "t", bytes })) {
              verify(g, undefined, { pointerBytes: 8 });
              writeFunction(g);
            }
          } catch (e) {
            expect(e).toBeInstanceOf(GantryError);
          }
        },
      ),
      { seed: 8, numRuns: 400 },
    );
  });
});

describe("images", () => {
  const text = (name: string, loc: number) => `function ${name}(i32) -> i32 {
    region0 = 1 "${name}"
    fn0 = ${name} () fast
    const0 = 0x0102030405060708
block0(v0: i32):
@${loc.toString(16)} v1 = iadd v0, v0
@${(loc + 5).toString(16)} v2 = imul v1, v0
 return v2
}`;
  const make = (name: string, loc: number) => toImage(readFunctions(new SourceFile("t", text(name, loc)))[0]);

  it("have a code part that does not depend on names and places", () => {
    expect(imageCode(make("%a", 0x100))).toEqual(imageCode(make("%longer", 0x98765432)));
    expect(new Uint8Array(make("%a", 0x100))).not.toEqual(new Uint8Array(make("%longer", 0x98765432)));
  });

  it("keep constants findable", () => {
    const f = fromImage(make("%a", 1));
    expect(f.addConstant(Uint8Array.of(8, 7, 6, 5, 4, 3, 2, 1), 8)).toBe(0);
  });

  it("are refused when they are none or cut off", () => {
    const image = make("%a", 1);
    expect(() => fromImage(new ArrayBuffer(64))).toThrow(/CLIF0600/);
    for (let n = 0; n < image.byteLength; n += 4)
      expect(() => fromImage(image.slice(0, n))).toThrow(GantryError);
  });
});
