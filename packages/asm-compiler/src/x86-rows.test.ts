import { diagnosticsOf } from "@gantry/diag/testing";
import { describe, expect, test } from "vitest";
import { descriptor, facts } from "./emit-common.ts";
import {
  cc,
  def,
  imm8,
  imm16,
  imm64,
  m32,
  mod,
  pseudo,
  r32,
  r64,
  rm32,
  rm64,
  simm8,
  simm32,
  tmp,
  use,
  type X86Row,
  type X86Table,
  x86,
  xmm,
} from "./x86.ts";
import { parseOpcodeColumn } from "./x86-code.ts";
import { resolveX86 } from "./x86-rows.ts";

const resolve = (table: X86Table) => resolveX86([{ file: "insts/t.table.ts", table }]);

/** The problems of a table: `code row`. */
const problems = (table: X86Table): string[] =>
  diagnosticsOf(() => resolve(table)).map((d) => `${d.code} ${d.place}`);

/** A row as somebody could write it who does not heed the types. */
const careless = (spec: unknown): X86Row => ({ row: "x86", ...(spec as object) }) as X86Row;
const add = x86({ code: "REX.W 03 /r", ops: { reg: mod(r64), rm: use(rm64) }, asm: "addq", flags: "w" });

describe("malformed rows are reported with code, file and row", () => {
  const cases: { readonly [name: string]: readonly [string, X86Table] }[] = [
    {
      "an unreadable opcode column": [
        "ASM0002",
        { bad: careless({ code: "REX.X 03 /r", ops: {}, asm: "x" }) },
      ],
    },
    { "a lower-case opcode": ["ASM0002", { bad: careless({ code: "0f af /r", ops: {}, asm: "x" }) }] },
    {
      "a missing operand": [
        "ASM0003",
        { bad: careless({ code: "03 /r", ops: { reg: mod(r32) }, asm: "x" }) },
      ],
    },
    {
      "an operand without a place": [
        "ASM0004",
        { bad: x86({ code: "03 /r", ops: { reg: mod(r32), rm: use(rm32), extra: use(r32) }, asm: "x" }) },
      ],
    },
    {
      "an immediate where the column has none": [
        "ASM0004",
        { bad: x86({ code: "03 /r", ops: { reg: mod(r32), rm: use(rm32), imm: use(imm8) }, asm: "x" }) },
      ],
    },
    {
      "an immediate of the wrong size": [
        "ASM0005",
        { bad: x86({ code: "81 /0 id", ops: { rm: mod(r32), imm: use(imm16) }, asm: "x" }) },
      ],
    },
    {
      "memory in a register field": [
        "ASM0005",
        { bad: x86({ code: "03 /r", ops: { reg: use(m32), rm: use(rm32) }, asm: "x" }) },
      ],
    },
    {
      "a register-or-memory that is written": [
        "ASM0006",
        { bad: x86({ code: "03 /r", ops: { reg: use(r32), rm: mod(rm32) }, asm: "x" }) },
      ],
    },
    {
      "an unknown register": [
        "ASM0007",
        { bad: x86({ code: "99", ops: { hi: def(r32, "edx") }, asm: "cltd" }) },
      ],
    },
    {
      "a register of another class": [
        "ASM0006",
        { bad: x86({ code: "99", ops: { hi: def(r32, "xmm1") }, asm: "cltd" }) },
      ],
    },
    {
      "an operand to print that is not there": [
        "ASM0009",
        { bad: x86({ code: "03 /r", ops: { reg: mod(r32), rm: use(rm32) }, asm: "addl mem, reg" }) },
      ],
    },
    {
      "a short form that does not exist": [
        "ASM0010",
        {
          bad: x86({ code: "81 /0 id", ops: { rm: mod(r64), imm: use(simm32) }, asm: "x", short: "nothing" }),
        },
      ],
    },
    { "a name that is no identifier": ["ASM0015", { "add-q": add }] },
    {
      "an operand name that constructors cannot have": [
        "ASM0015",
        { bad: x86({ code: "99", ops: { list: def(r32, "rdx") }, asm: "cltd" }) },
      ],
    },
    { "a pseudo row without expander": ["ASM0016", { bad: pseudo({ ops: {}, expand: "", size: 4 }) }] },
  ];
  for (const entry of cases)
    for (const [name, [code, table]] of Object.entries(entry))
      test(name, () => {
        const row = Object.keys(table)[0];
        expect(problems(table)).toContain(`${code} insts/t.table.ts: row ${row}`);
      });
});

test("overlapping rows are reported, also where only part of the operand space is shared", () => {
  const again = x86({ code: "REX.W 03 /r", ops: { reg: mod(r64), rm: use(r64) }, asm: "addq" });
  expect(problems({ add, again })).toEqual(["ASM0008 insts/t.table.ts: row again"]);
  expect(problems({ add, again: { ...again, sameAs: "add" } })).toEqual([]);
  const setcc = x86({ code: "0F 90 +cc /0", ops: { cc: use(cc), rm: def(r32) }, asm: "set{cc}" });
  const seto = x86({ code: "0F 90 /0", ops: { rm: def(r32) }, asm: "seto" });
  expect(problems({ setcc, seto })).toEqual(["ASM0008 insts/t.table.ts: row seto"]);
  const other = x86({ code: "03 /r", ops: { reg: mod(r32), rm: use(rm32) }, asm: "addl", sameAs: "add" });
  expect(problems({ add, other })).toEqual(["ASM0017 insts/t.table.ts: row other"]);
});

test("register and memory halves of one opcode are different encodings", () => {
  const rr = x86({ code: "F3 0F 10 /r", ops: { reg: mod(xmm), rm: use(xmm) }, asm: "movss" });
  const rm = x86({ code: "F3 0F 10 /r", ops: { reg: def(xmm), rm: use(m32) }, asm: "movss" });
  expect(problems({ rr, rm })).toEqual([]);
});

test("several wrong rows are reported in one run", () => {
  const bad = careless({ code: "nonsense", ops: {}, asm: "x" });
  expect(problems({ one: bad, two: bad })).toHaveLength(2);
});

test("short forms must have the operands of the row", () => {
  const short = x86({ code: "83 /0 ib", ops: { rm: mod(r32), imm: use(simm8) }, asm: "addl" });
  const long = x86({
    code: "81 /0 id",
    ops: { rm: use(r32), imm: use(simm32) },
    asm: "addl",
    short: "short",
  });
  expect(problems({ short, long })).toEqual(["ASM0010 insts/t.table.ts: row long"]);
});

test("opcode columns of the manual", () => {
  expect(parseOpcodeColumn("F3 REX.W 0F B8 /r")).toMatchObject({
    prefixes: 2,
    w: true,
    map: 1,
    opcode: 0xb8,
    modrm: -1,
  });
  expect(parseOpcodeColumn("66 0F 3A 0F /r ib")).toMatchObject({ map: 3, opcode: 0x0f, imm: 1 });
  expect(parseOpcodeColumn("REX.W B8 +r io")).toMatchObject({ plusReg: true, imm: 8 });
  expect(parseOpcodeColumn("0F AE F0")).toMatchObject({ opcode: 0xae, tail: 0xf0, modrm: undefined });
  expect(parseOpcodeColumn("VEX.128.66.0F38.W1 98 /r")).toMatchObject({
    space: "vex",
    prefixes: 1,
    w: true,
    map: 2,
  });
  expect(parseOpcodeColumn("EVEX.512.F3.0F.W0 E6 /r")).toMatchObject({ space: "evex", vectorLength: 2 });
  for (const bad of [
    "",
    "REX.W",
    "B9 +r",
    "03 /r /r",
    "E8 cd ib",
    "F2 F3 0F 10 /r",
    "VEX.66.0F.W0 58 /r",
    "VEX.128.0F.W0",
  ])
    expect(parseOpcodeColumn(bad), bad).toBeTypeOf("string");
});

test("operand descriptors: plain registers first, groups, then results; fixed and tied registers", () => {
  const [row, div, shift] = resolve({
    add,
    div: x86({
      code: "F7 /6",
      ops: { rm: use(rm32), lo: mod(r32, "rax"), hi: mod(r32, "rdx") },
      asm: "divl rm",
    }),
    mov: pseudo({
      ops: { t: tmp(r64), to: def(r64), from: use(imm64) },
      expand: "mov",
      size: 20,
      flags: "rw",
    }),
  }) as [ReturnType<typeof resolve>[0], ReturnType<typeof resolve>[0], ReturnType<typeof resolve>[0]];
  const show = (words: number[]): string[] =>
    words.map((w) => {
      const kind = (w & 1) === 0 ? "use" : "def";
      const constraint = ["any", "reg", "stack", "fixed", "reuse"][(w >> 4) & 7];
      return `${kind}${(w & 2) === 0 ? "" : " late"} ${constraint} ${(w >> 8) & 255} @${(w >> 16) & 255} group ${w >>> 24}`;
    });
  expect(show(descriptor(row))).toEqual([
    "use reg 0 @2 group 0",
    "use any 0 @3 group 1",
    "def late reuse 0 @1 group 0",
  ]);
  expect(show(descriptor(div))).toEqual([
    "use fixed 0 @6 group 0",
    "use fixed 2 @8 group 0",
    "use any 0 @1 group 1",
    "def late fixed 0 @5 group 0",
    "def late fixed 2 @7 group 0",
  ]);
  expect(show(descriptor(shift))).toEqual(["def reg 0 @1 group 0", "def late reg 0 @2 group 0"]);
  expect([row, div, shift].map(facts)).toEqual([2, 0, 35]);
});
