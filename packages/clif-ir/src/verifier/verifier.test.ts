import { SourceFile } from "@gantry/diag";
import { describe, expect, it } from "vitest";
import { VERIFIER_CODES, type VerifierCode } from "../codes.table.ts";
import type { Block, Inst, Value } from "../entities.ts";
import {
  B_PARAMS,
  BLOCK_SHIFT,
  type Function,
  I_ARGC,
  I_RESULTC,
  INST_SHIFT,
  SIDE_TAGS,
  V_DEF,
  VALUE_SHIFT,
} from "../function.ts";
import { readFunctions } from "../reader/file.ts";
import { Settings } from "../settings.ts";
import { verifierErrorText } from "./report.ts";
import { verify, verifyForTest } from "./verify.ts";

const read = (text: string): Function => readFunctions(new SourceFile("t.clif", text))[0];
const body = (lines: string) =>
  `function %f(i32, i64, f32) -> i32 {\nblock0(v0: i32, v1: i64, v2: f32):\n${lines}\n}\n`;
const ret = (lines: string) => body(`${lines}\n    return v0`);
const with64 = { pointerBytes: 8 };

/** Code, text, the whole first error; a target where the check needs one. */
const CASES: readonly (readonly [VerifierCode, string, string, { pointerBytes: number }?])[] = [
  [
    "globalCycle",
    "function %f() {\n gv0 = load.i64 notrap aligned gv1\n gv1 = iadd_imm.i64 gv0, 1\nblock0:\n return\n}",
    "gv0: global value cycle: [gv0, gv1]",
  ],
  [
    "vmctxUndeclared",
    "function %f() {\n gv0 = vmctx\nblock0:\n return\n}",
    "gv0: undeclared vmctx reference gv0",
  ],
  [
    "globalType",
    "function %f(i64 vmctx) {\n gv0 = vmctx\n gv1 = iadd_imm.f32 gv0, 1\nblock0(v0: i64):\n return\n}",
    "gv1: iadd_imm global value with non-int type f32",
  ],
  [
    "globalType",
    "function %f(i64 vmctx) {\n gv0 = vmctx\n gv1 = iadd_imm.i32 gv0, 1\nblock0(v0: i64):\n return\n}",
    "gv1: iadd_imm type i32 differs from operand type i64",
    with64,
  ],
  [
    "regionUndefined",
    ret("    v3 = load.i32 region2 v1"),
    "inst0 (v3 = load.i32 region2 v1): undefined alias region region2",
  ],
  [
    "regionDuplicate",
    'function %f() {\n region0 = 3 "a"\n region1 = 3 "b"\nblock0:\n return\n}',
    "region1: duplicate alias region user_id 3: region0 and region1",
  ],
  [
    "entryParams",
    "function %f(i32) {\nblock0:\n return\n}",
    "block0: entry block parameters (0) must match function signature (1)",
  ],
  [
    "entryParams",
    "function %f(i32 uext) {\nblock0(v0: i64):\n return\n}",
    "block0: entry block parameter 0 expected to have type i32 uext, got i64",
  ],
  ["entryCold", "function %f() {\nblock0 cold:\n return\n}", "block0: entry block cannot be marked as cold"],
  [
    "signature",
    "function %f(f32 sext) {\nblock0(v0: f32):\n return\n}",
    "function: Parameter at position 0 has invalid extension Sext",
  ],
  [
    "signature",
    "function %f() -> i64 sarg(8) {\nblock0:\n trap user1\n}",
    "function: Return value at position 0 can't be an struct argument",
  ],
  [
    "signature",
    "function %f() {\n sig0 = () -> i32 preserve_all\nblock0:\n return\n}",
    "sig0: Signature with `preserve_all` ABI cannot have return values",
  ],
  ["emptyBlock", "function %f() {\nblock0:\n jump block1\nblock1:\n}", "block1: block1 cannot be empty"],
  [
    "terminator",
    ret("    trap user1"),
    "inst0 (trap user1): a terminator instruction was encountered before the end of block0",
  ],
  ["terminator", body("    v3 = iadd v0, v0"), "block0: block does not end in a terminator instruction"],
  [
    "dominance",
    body(
      "    brif v0, block1, block2\nblock1:\n    v3 = iconst.i32 1\n    return v3\nblock2:\n    return v3",
    ),
    "inst3 (return v3  ; v3 = 1): uses value v3 from non-dominating inst1",
  ],
  ["dominance", ret("    v3 = iadd.i32 v3, v0"), "inst0 (v3 = iadd.i32 v3, v0): uses value v3 from itself"],
  ["blockReference", body("    jump block7"), "inst0: invalid block reference block7"],
  [
    "blockReference",
    body("    jump block1\nblock1:\n    jump block0(v0, v1, v2)"),
    "inst1: invalid reference to entry block block0",
  ],
  [
    "patchable",
    "function %f() {\n fn0 = patchable %g()\nblock0:\n call fn0()\n return\n}",
    "inst0 (call fn0()): patchable call to non-colocated function",
  ],
  [
    "exceptions",
    "function %f() {\n sig0 = () fast\n fn0 = %g sig0\nblock0:\n try_call fn0(), sig0, block1, []\nblock1:\n return\n}",
    "inst0 (try_call fn0(), sig0, block1, []): calling convention `fast` of callee does not support exceptions",
  ],
  [
    "pinnedReg",
    ret("    v3 = get_pinned_reg.i64"),
    "inst0 (v3 = get_pinned_reg.i64 ): GetPinnedReg/SetPinnedReg cannot be used without enable_pinned_reg",
    with64,
  ],
  [
    "framePointer",
    ret("    v3 = get_frame_pointer.i64"),
    "inst0 (v3 = get_frame_pointer.i64 ): `get_frame_pointer`/`get_return_address` cannot be used without enabling `preserve_frame_pointers`",
    with64,
  ],
  [
    "bitcast",
    ret("    v3 = bitcast.i64 v0"),
    "inst0: The bitcast argument v0 has a type of 32 bits, which doesn't match an expected type of 64 bits",
  ],
  [
    "bitcast",
    ret("    v3 = bitcast.i32x2 v1"),
    "inst0: Byte order specifier required for bitcast instruction changing lane count",
  ],
  [
    "bitcast",
    ret("    v3 = bitcast.f32 aligned notrap v0"),
    "inst0: The bitcast instruction only accepts the `big` or `little` memory flags",
  ],
  [
    "pointerWidth",
    ret("    v3 = load.i32 v0"),
    "inst0 (v3 = load.i32 v0): invalid pointer width (got 32, expected 64) encountered v0",
    with64,
  ],
  [
    "constantSize",
    "function %f() {\n const0 = 0x0102\nblock0:\n v0 = vconst.i32x4 const0\n return\n}",
    "inst0 (v0 = vconst.i32x4 const0): The instruction expects const0 to have a size of 16 bytes but it has 2",
  ],
  [
    "handlerIndex",
    ret("    v3 = get_exception_handler_address.i64 block1, 0").replace("}\n", "block1:\n return v0\n}\n"),
    "inst0 (v3 = get_exception_handler_address.i64 block1, 0): referenced block block1 does not end in a try_call",
  ],
  [
    "operandType",
    ret("    v3 = iadd v0, v1"),
    "inst0 (v3 = iadd.i32 v0, v1): arg 1 (v1) has type i64, expected i32",
  ],
  [
    "operandType",
    ret("    v3 = uextend.i32 v1"),
    "inst0 (v3 = uextend.i32 v1): arg 0 (v1) with type i64 failed to satisfy type set narrower than i32",
  ],
  [
    "operandType",
    ret("    v3 = ishl v0, v2"),
    "inst0 (v3 = ishl.i32 v0, v2): arg 1 (v2) with type f32 failed to satisfy type set Int",
  ],
  [
    "argumentCount",
    body("    jump block1(v0)\nblock1:\n    return v0"),
    "inst0 (jump block1(v0)): mismatched argument count for `jump block1(v0)`: got 1, expected 0",
  ],
  [
    "operandType",
    body("    jump block1(v0)\nblock1(v3: i64):\n    return v0"),
    "inst0 (jump block1(v0)): arg v0 has type i32, expected i64",
  ],
  [
    "argumentCount",
    "function %f() {\n fn0 = %g(i32)\nblock0:\n call fn0()\n return\n}",
    "inst0 (call fn0()): mismatched argument count for `call fn0()`: got 0, expected 1",
  ],
  [
    "blockArgument",
    body("    jump block1(ret0)\nblock1(v3: i32):\n    return v3"),
    "inst0 (jump block1(ret0)): `retN` block argument in block-call not on `try_call` instruction",
  ],
  [
    "exceptionSignature",
    "function %f() {\n sig0 = () tail\n sig1 = (i32) tail\n fn0 = %g sig0\nblock0:\n try_call fn0(), sig1, block1, []\nblock1:\n return\n}",
    "inst0 (try_call fn0(), sig1, block1, []): exception table signature sig1 did not match function fn0's signature sig0",
  ],
  ["returnValues", body("    return"), "inst0 (return): arguments of return must match function signature"],
  [
    "returnValues",
    body("    return v1"),
    "inst0 (return v1): result 0 has type i64, must match function signature of i32",
  ],
  [
    "tailCall",
    "function %f() {\n fn0 = %g() fast\nblock0:\n return_call fn0()\n}",
    "inst0 (return_call fn0()): calling convention `fast` does not support tail calls",
  ],
  [
    "readonlyStore",
    ret("    store readonly v0, v1"),
    "inst0 (store.i32 readonly v0, v1): A store instruction cannot have the `readonly` MemFlag",
  ],
  [
    "laneIndex",
    "function %f(i32x4) {\nblock0(v0: i32x4):\n v1 = extractlane v0, 4\n return\n}",
    "inst0 (v1 = extractlane.i32x4 v0, 4): The lane 4 does not index into the type i32x4",
  ],
  [
    "shuffleMask",
    "function %f(i8x16) {\nblock0(v0: i8x16):\n v1 = shuffle v0, v0, 0x20\n return\n}",
    "inst0 (v1 = shuffle v0, v0, 0x00000000000000000000000000000020): shuffle immediate index 32 is larger than the maximum 31",
  ],
  [
    "debugTags",
    ret("<1> nop"),
    "inst0 (nop ): debug tags present on non-call, non-sequence point instruction",
  ],
];

describe("errors in text", () => {
  for (const [code, text, want, target] of CASES)
    it(`${VERIFIER_CODES[code][0]} ${want.slice(0, 60)}`, () => {
      const errors = verifyForTest(read(text), new Settings(), target);
      expect(errors.map(verifierErrorText)[0]).toBe(want);
      expect(errors[0].code).toBe(VERIFIER_CODES[code][0]);
    });
});

/** Damage that no text can describe. */
const DAMAGE: readonly (readonly [VerifierCode, string, (f: Function) => void])[] = [
  ["constantRange", "constant immediate is out of bounds", (f) => (f.insts.data[4] = 0x1ff)],
  [
    "ctrlType",
    "has an invalid controlling type f32",
    (f) => (f.insts.data[1 << INST_SHIFT] = 74 | (122 << 16)),
  ],
  ["resultType", "expected result 0 (v4) to have type i8, found i64", (f) => f.setValueType(4 as Value, 119)],
  ["resultCount", "expected 1 result values, found 0", (f) => (f.insts.data[I_RESULTC] = 0)],
  [
    "instIntegrity",
    "instruction opcode doesn't match instruction format",
    (f) => (f.insts.data[(1 << INST_SHIFT) + I_ARGC] = 3),
  ],
  [
    "instIntegrity",
    "instruction result v3 is not defined by the instruction",
    (f) => (f.values.data[(3 << VALUE_SHIFT) + V_DEF] = 1),
  ],
  ["valueReference", "invalid value reference v99", (f) => f.setArg(1 as Inst, 0, 99 as Value)],
  ["valueReference", "v3 is defined by inst0 which has no block", (f) => f.removeInst(0 as Inst)],
  [
    "attached",
    "argument v3 -> v3 is not attached",
    (f) => {
      f.insts.data[(0 << INST_SHIFT) + 10] = 0;
      f.values.data[0 << VALUE_SHIFT] = f.values.data[0];
      const fresh = f.addValue();
      f.insts.data[10] = -1;
      f.insts.data[I_RESULTC] = 0;
      f.insts.data[0] = 65;
      void fresh;
    },
  ],
  [
    "blockIntegrity",
    "v0 does not belong to block1",
    (f) => {
      f.growBlocks(2);
      f.appendBlock(1 as Block);
      f.blocks.data[(1 << BLOCK_SHIFT) + B_PARAMS] = f.blocks.data[B_PARAMS];
      f.blocks.data[(1 << BLOCK_SHIFT) + B_PARAMS + 1] = 1;
      f.appendInst(1 as Block, f.addInst(5, 0));
    },
  ],
  [
    "entityReference",
    "invalid constant const9",
    (f) => {
      f.insts.data[0] = 63 | (180 << 16);
      f.insts.data[4] = 9;
    },
  ],
  ["debugTags", "debug tags present", (f) => f.addSideEntry(0 as Inst, SIDE_TAGS, 0, 0)],
];

describe("errors in damaged functions", () => {
  for (const [code, message, damage] of DAMAGE)
    it(`${VERIFIER_CODES[code][0]} ${message}`, () => {
      const f = read(
        "function %f(i8) -> i8 {\nblock0(v0: i8):\n v3 = iconst.i8 1\n v4 = iadd v3, v0\n return v4\n}",
      );
      damage(f);
      const errors = verifyForTest(f);
      expect(errors.map((e) => e.message).join("\n")).toContain(message);
      expect(errors.map((e) => e.code)).toContain(VERIFIER_CODES[code][0]);
    });
});

it("every code has a case", () => {
  const seen = new Set([...CASES.map((c) => c[0]), ...DAMAGE.map((c) => c[0])]);
  expect(Object.keys(VERIFIER_CODES).filter((c) => !seen.has(c as VerifierCode))).toEqual([]);
});

it("reports every error of a function, and where it is", () => {
  const found = verify(read(ret("    v3 = iadd v0, v1\n    trap user1\n    v4 = iadd v1, v0")));
  expect(found.map((d) => `${d.place}: ${d.message}`)).toEqual([
    "%f inst0: arg 1 (v1) has type i64, expected i32",
    "%f inst1: a terminator instruction was encountered before the end of block0",
    "%f inst2: arg 1 (v0) has type i32, expected i64",
  ]);
});

it("checks unreachable blocks but for dominance", () => {
  expect(
    verify(
      read(
        body(
          "    return v0\nblock1:\n    v4 = iadd v0, v3\n    return v4\nblock2:\n    v3 = iconst.i32 1\n    return v3",
        ),
      ),
    ),
  ).toEqual([]);
});
