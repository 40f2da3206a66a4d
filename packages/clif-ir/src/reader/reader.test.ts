import { GantryError, SourceFile } from "@gantry/diag";
import { diagnosticsOf } from "@gantry/diag/testing";
import { describe, expect, it } from "vitest";
import { READER_CODES, type ReaderCode } from "../codes.table.ts";
import { Function } from "../function.ts";
import * as Op from "../generated/opcodes.ts";
import { writeFunction } from "../writer/function.ts";
import { FunctionReader, readFile, readFunctions } from "./file.ts";

const read = (text: string) => readFunctions(new SourceFile("t.clif", text));

/** The first diagnostic of a text that must not be accepted: code, message, line and column. */
function errorIn(text: string): { code: string; message: string; line: number; column: number } {
  const [d] = diagnosticsOf(() => read(text));
  if (d === undefined) throw new Error(`accepted: ${text}`);
  const { line, column } = d.span!.file.lineColumn(d.span!.start);
  return { code: d.code, message: d.message, line, column };
}

const body = (lines: string) => `function %f(i32, i64) -> i32 {\nblock0(v0: i32, v1: i64):\n${lines}\n}\n`;
const preamble = (lines: string) => `function %f() {\n${lines}\nblock0:\n return\n}\n`;

/** Text, code, part of the message, and where it is said to be wrong. */
const ERRORS: readonly (readonly [ReaderCode, string, string, string?])[] = [
  ["invalidCharacter", body("    v2 = iadd v0, $"), "invalid character", "3:19"],
  ["invalidCharacter", 'function %f() {\n region0 = 1 "open', "invalid character", "2:14"],
  ["expectedFunction", "fun %f() {}", "expected 'function'", "1:1"],
  ["expectedName", "function f() {}", "expected external name", "1:10"],
  ["expectedName", "function u0() {}", "expected ':'"],
  ["expectedType", "function %f(i33) {}", "expected type", "1:13"],
  ["expectedType", "function %f(v0) {}", "expected parameter type", "1:13"],
  ["expectedSignature", "function %f {}", "expected function signature: ( args... )"],
  ["expectedSignature", "function %f(i32 {}", "expected ')' after function arguments"],
  ["unknownCallConv", "function %f() cdecl {}", "unknown calling convention: cdecl", "1:15"],
  ["expectedBody", "function %f() fast", "expected '{' before function body"],
  ["expectedBody", "function %f() {\n", "expected '}' after function body"],
  ["expectedBlock", "function %f() {\n return\n}", "expected block header", "2:2"],
  ["expectedBlock", body("    jump v0"), "expected destination block", "3:10"],
  ["tooManyBlocks", body("    jump block100000"), "too many blocks", "3:10"],
  ["expectedStatement", body("    v2, v3 return"), "expected -> or =", "3:12"],
  ["expectedOpcode", body("    v2 = 17"), "expected instruction opcode", "3:10"],
  ["unknownOpcode", body("    v2 = iad v0, v0"), "Unknown opcode: 'iad'", "3:10"],
  ["expectedValue", body("    v2 = iadd v0, 3"), "expected SSA value operand", "3:19"],
  ["expectedValue", body("    v2 = iadd v0, v03"), "expected SSA value operand", "3:19"],
  ["expectedComma", body("    v2 = iadd v0 v0"), "expected ',' between operands", "3:18"],
  ["badInteger", body("    v2 = iconst.i8 256"), "expected decimal immediate", "3:20"],
  ["badInteger", body("    v2 = iconst.i8 -129"), "negative number too small"],
  ["badInteger", body("    v2 = iconst.i64 0x1_0000_0000_0000_0000"), "Too many hexadecimal digits"],
  ["badInteger", body("    v2 = iconst.i64 18446744073709551616"), "Too large decimal number"],
  ["badInteger", body("    v2 = iconst.i64 -9223372036854775809"), "Negative number too small"],
  ["badInteger", body("    v2 = iconst.i64 12ab"), "Invalid character in decimal number"],
  ["badInteger", body("    v2 = iconst.i64 0x"), "No digits in number"],
  ["badFloat", body("    v2 = f32const 1.5"), "Float must be hexadecimal", "3:19"],
  ["badFloat", body("    v2 = f32const 0x1.0000001p0"), "Too many significant bits"],
  ["badFloat", body("    v2 = f32const 0x1.0p200"), "Magnitude too large"],
  ["badFloat", body("    v2 = f32const 0x1.0p-200"), "Magnitude too small"],
  ["badOffset", body("    v2 = load.i32 v1 8"), "Offset must begin with sign", "3:22"],
  ["badOffset", body("    v2 = load.i32 v1+0x8000_0000"), "Offset out of range"],
  ["badConstant", body("    v2 = vconst.i32x2 [1 2 3]"), "expected parsed constant to have 8 bytes"],
  ["badConstant", preamble("const0 = i32x4 0x123"), "the hexadecimal sequence length must be even"],
  ["undefinedValue", body("    v2 = iadd v0, v9\n    return v2"), "undefined operand value v9", "3:19"],
  ["undefinedEntity", body("    v2 = call fn0(v0)"), "undefined function fn0", "3:15"],
  ["undefinedEntity", body("    v2 = stack_addr.i64 ss1"), "undefined stack slot ss1"],
  ["duplicate", body("    v0 = iconst.i32 1"), "duplicate entity: v0", "3:5"],
  ["duplicate", preamble("ss0 = explicit_slot 4\nss0 = explicit_slot 8"), "duplicate entity: ss0", "3:1"],
  ["duplicate", preamble('region1 = 1 "x"'), "duplicate alias region region1"],
  ["badAlias", body("    v2 -> v9"), "value v9 is not yet defined", "3:11"],
  ["badAlias", body("    v2, v3 -> v0"), "wrong number of aliases"],
  [
    "badAlias",
    body("    v2 -> v0\n    v2 -> v1"),
    "value v2 is already defined as an alias with destination v0",
  ],
  [
    "badStackSlot",
    preamble("ss0 = explicit_slot 4, align = 3"),
    "stack slot alignment is not a power of two",
  ],
  ["badStackSlot", preamble("ss0 = explicit_slot -4"), "negative stack slot size"],
  ["badStackSlot", preamble("ss0 = explicit_slot 4294967296"), "stack slot too large"],
  ["badGlobalValue", preamble("gv0 = heap"), "Unknown global value kind 'heap'"],
  ["badGlobalValue", preamble("gv0 = load.i64 gv0"), "global-value load must be notrap and aligned"],
  ["badRegion", preamble("region0 = 1 x"), "expected alias region description string"],
  [
    "typevarRequired",
    body("    v2 = iconst 1"),
    "type variable required for polymorphic opcode, e.g. 'iconst.i32'",
  ],
  ["typevarRequired", body("    v2 = iadd v9, v0"), "can't infer from v9 which is not yet defined"],
  ["noTypevar", body("    trap.i32 user1"), "trap does not take a typevar", "3:5"],
  ["invalidTypevar", body("    v2 = iadd.f32 v0, v0"), "f32 is not a valid typevar for iadd", "3:10"],
  ["resultCount", body("    iadd v0, v0"), "instruction produces 1 result values, 0 given", "3:5"],
  ["badFlags", body("    v2 = load.i32 little big v1"), "cannot set both big and little endian bits"],
  ["badCondition", body("    v2 = icmp lt v0, v0"), "expected intcc", "3:15"],
  ["badTrapCode", body("    trap user251"), "expected trap code", "3:10"],
  [
    "badStackMap",
    body("    return_call fn0(), stack_map=[]").replace("block0", "fn0 = %g() tail\nblock0"),
    "stack map can only be attached to a (non-tail) call",
  ],
  ["badDebugTag", body("<x> nop"), "expected integer user value or stack slot in debug tags"],
  ["badLocation", body("@123456789 nop"), "invalid source location: 123456789"],
  ["expectedToken", body("    br_table v0, block1, block2"), "expected '[' before jump table contents"],
  ["numberTooLarge", body("    v999999999 = iconst.i32 1"), "value number is too large: v999999999", "3:5"],
  ["numberTooLarge", body("    v2 = iadd v0, v99999999999"), "entity number is too large: v99999999999"],
  ["badAtomicOp", body("    v2 = atomic_rmw.i32 inc v1, v0"), "expected atomic_rmw_op"],
  ["aliasCycle", body("    v2 -> v2\n    return v0"), "alias cycle involving v2", "3:5"],
];

describe("errors", () => {
  for (const [code, text, message, place] of ERRORS)
    it(`${READER_CODES[code][0]} ${message}`, () => {
      const e = errorIn(text);
      expect(e.message).toContain(message);
      expect(e.code).toBe(READER_CODES[code][0]);
      if (place !== undefined) expect(`${e.line}:${e.column}`).toBe(place);
    });

  it("has a case for every code of functions", () => {
    const seen = new Set(ERRORS.map(([code]) => code));
    expect(Object.keys(READER_CODES).filter((c) => !seen.has(c as ReaderCode))).toEqual(["badHeader"]);
  });

  it("CLIF0036 for header lines out of place", () => {
    const file = () => readFile(new SourceFile("t.clif", "target x86_64\ntest run\n"));
    expect(file).toThrow(/CLIF0036/);
  });

  it("offers the nearest opcode", () => {
    const [d] = diagnosticsOf(() => read(body("    v2 = uextnd.i64 v0")));
    expect(d.help).toBe("did you mean 'uextend'?");
  });

  it("counts columns in UTF-16 units", () => {
    expect(
      errorIn("; \u{1F600}\u00e9\nfunction %f() {\nblock0: ; \u{1F600} \u00e9\n  nop\n} x"),
    ).toMatchObject({ line: 5, column: 3 });
  });
});

describe("robustness", () => {
  const text = body(`    v2 = iconst.i32 0x1234_5678 ; a comment
    v3 = load.i32 notrap aligned v1+8
    v4 = icmp eq v2, v3
    brif v4, block1(v2), block2
block1(v5: i32):
    return v5
block2:
    v6 = f64const 0x1.8p3
    v7 = vconst.i8x16 [1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16]
    trap user7`);

  it("survives every truncation", () => {
    for (let n = 0; n < text.length; n++) {
      try {
        read(text.slice(0, n));
      } catch (e) {
        expect(e).toBeInstanceOf(GantryError);
      }
    }
  });

  it("survives a zero byte and every other byte at every place", () => {
    const bytes = new Uint8Array(text.length);
    for (let at = 0; at < text.length; at++) {
      for (let k = 0; k < text.length; k++) bytes[k] = text.charCodeAt(k);
      bytes[at] = (at * 37) & 255;
      for (const value of [0, (at * 37) & 255, 0xff]) {
        bytes[at] = value;
        try {
          readFunctions({ name: "b", bytes });
        } catch (e) {
          expect(e).toBeInstanceOf(GantryError);
        }
      }
    }
  });

  it("survives a line of ten million bytes", () => {
    for (const c of ["x", "9", ";", "v1,"]) {
      const long = `function %f() {\nblock0:\n    v1 = ${c.repeat(10_000_000 / c.length)}`;
      expect(() => read(long)).toThrow(GantryError);
    }
  });

  it("refuses numbers that would need memory far beyond the text", () => {
    for (const name of ["ss4000000", "sig99999999", "fn5000000", "gv9999999", "const900000"])
      expect(() => read(preamble(`${name} = explicit_slot 4`))).toThrow(GantryError);
  });
});

describe("functions", () => {
  it("reuses one function", () => {
    const reader = new FunctionReader(
      new SourceFile("t", body("    return v0") + body("    v2 = iadd v0, v0\n    return v2")),
    );
    const f = new Function();
    expect(reader.next(f)).toBe(true);
    expect(f.numInsts).toBe(1);
    expect(reader.next(f)).toBe(true);
    expect(f.numInsts).toBe(2);
    expect(f.opcode(0 as never)).toBe(Op.iadd);
    expect(reader.next(f)).toBe(false);
  });

  it("keeps value and block numbers and fills gaps", () => {
    const [f] = read("function %f() {\nblock3(v7: i32):\n    v9 = iconst.i32 1\n    return\n}\n");
    expect(f.numBlocks).toBe(4);
    expect(f.firstBlock()).toBe(3);
    expect(f.numValues).toBe(10);
  });

  it("lets values be used before their definition in the text", () => {
    const [f] = read(
      "function %f() -> i32 {\nblock0:\n    jump block2\nblock1:\n    return v1\nblock2:\n    v1 = iconst.i32 3\n    jump block1\n}\n",
    );
    expect(writeFunction(f)).toContain("return v1  ; v1 = 3");
  });

  it("takes statements over several lines, and comments between tokens", () => {
    const [f] = read(
      "function %f(i32) -> i32 { block0(v0: i32): v1 = iadd ; x\n v0 ; y\n , v0 return\n v1 }",
    );
    expect(writeFunction(f)).toBe(
      "function %f(i32) -> i32 fast {\nblock0(v0: i32):\n    v1 = iadd v0, v0\n    return v1\n}\n",
    );
  });

  it("keeps no more than it needs when a function has many constants", () => {
    const lines = Array.from({ length: 3000 }, (_, k) => `    v${k} = vconst.i32x4 [${k & 255} 1 2 3]`).join(
      "\n",
    );
    const [f] = read(`function %f() {\nblock0:\n${lines}\n    return\n}\n`);
    expect(f.numConstants).toBe(256);
  });
});

describe("files", () => {
  const file = readFile(
    new SourceFile(
      "t.clif",
      `; first
test interpret
test run opt
set opt_level=speed
target x86_64 has_sse41 ; only here
feature "x"
; about f
function %f(i32) -> i32 { ; head
; still head
    ss0 = explicit_slot 8 ; slot
block0(v0: i32): ; block
    v1 = iadd v0, v0 ; inst
    ; below
    return v1
}
; run: %f(1) == 2
function %g() {
block0:
    return
}
`,
    ),
  );

  it("has the header lines", () => {
    expect(file.commands.map((c) => c.words)).toEqual([["interpret"], ["run", "opt"]]);
    expect(file.settings.map((c) => [c.kind, ...c.words])).toEqual([
      ["set", "opt_level=speed"],
      ["target", "x86_64", "has_sse41"],
    ]);
    expect(file.features.map((c) => c.words)).toEqual([["x"]]);
    expect(file.comments.map((c) => c.text)).toEqual(["; first", "; only here", "; about f"]);
  });

  it("attaches comments to the entity in front of them", () => {
    expect(file.functionComments[0].map((c) => [c.entity, c.number, c.text])).toEqual([
      ["function", 0, "; head"],
      ["function", 0, "; still head"],
      ["ss", 0, "; slot"],
      ["block", 0, "; block"],
      ["inst", 0, "; inst"],
      ["inst", 0, "; below"],
      ["function", 0, "; run: %f(1) == 2"],
    ]);
    expect(file.functionComments[1]).toEqual([]);
  });

  it("uses the host's convention where the file runs code", () => {
    expect(writeFunction(file.functions[0])).toContain("(i32) -> i32 system_v {");
  });
});
