import { diagnosticsOf } from "@gantry/diag/testing";
import { describe, expect, test } from "vitest";
import {
  def,
  type FixedRow,
  type FixedTable,
  inst,
  label,
  memory,
  mod,
  register,
  signed,
  unsigned,
  use,
} from "./fixed.ts";
import { parseDiagram } from "./fixed-bits.ts";
import { type FixedTarget, resolveFixed } from "./fixed-rows.ts";

const x = register("x", 0, 64, "x", { isle: "Gpr" });
const xNotZero = register("xNotZero", 0, 64, "x", { isle: "Gpr", allowed: ~1 });
const simm12 = signed("simm12", 12);
const simm6 = signed("simm6", 6, { nonZero: true });
const branch = label("branch", 12, 1, 0);
const m12 = memory("m12", 0, { asm: "{disp}({base})", base: x, disp: simm12 });

const target: FixedTarget = {
  endian: "little",
  registerWord: (name) => (/^x\d+$/.test(name) ? Number(name.slice(1)) : -1),
};
const resolve = (table: FixedTable) => resolveFixed([{ file: "insts/t.table.ts", table }], target);

const problems = (table: FixedTable): string[] =>
  diagnosticsOf(() => resolve(table)).map((d) => `${d.code} ${d.place}`);

const careless = (spec: unknown): FixedRow => ({ row: "fixed", ...(spec as object) }) as FixedRow;
const add = inst({
  bits: "0000000 rs2:5 rs1:5 000 rd:5 0110011",
  ops: { rd: def(x), rs1: use(x), rs2: use(x) },
  asm: "add rd, rs1, rs2",
});

test("a row that lacks an operand of its diagram does not type-check", () => {
  // @ts-expect-error `rs2` is missing
  inst({ bits: "0000000 rs2:5 rs1:5 000 rd:5 0110011", ops: { rd: def(x), rs1: use(x) }, asm: "" });
  // @ts-expect-error `mem` is missing
  inst({ bits: "mem.disp:12 mem.base:5 011 rd[4:0] 0000011", ops: { rd: def(x) }, asm: "" });
});

describe("malformed rows are reported with code, file and row", () => {
  const ops = { rd: def(x), rs1: use(x), rs2: use(x) };
  const asm = "x rd, rs1, rs2";
  const cases: readonly (readonly [string, string, FixedTable])[] = [
    [
      "a word that is no field",
      "ASM0012",
      { bad: careless({ bits: "0000000 rs2-5 rs1:5 000 rd:5 0110011", ops, asm }) },
    ],
    [
      "a range upside down",
      "ASM0012",
      { bad: careless({ bits: "0000000 rs2[0:4] rs1:5 000 rd:5 0110011", ops, asm }) },
    ],
    ["31 bits", "ASM0013", { bad: careless({ bits: "000000 rs2:5 rs1:5 000 rd:5 0110011", ops, asm }) }],
    [
      "a missing operand",
      "ASM0003",
      {
        bad: careless({
          bits: "0000000 rs2:5 rs1:5 000 rd:5 0110011",
          ops: { rd: def(x), rs1: use(x) },
          asm: "x rd, rs1",
        }),
      },
    ],
    [
      "an operand that is not in the diagram",
      "ASM0004",
      { bad: inst({ bits: "0000000 00000 rs1:5 000 rd:5 0110011", ops, asm }) },
    ],
    [
      "a field too short for its registers",
      "ASM0014",
      { bad: inst({ bits: "00000000 rs2:4 rs1:5 000 rd:5 0110011", ops, asm }) },
    ],
    [
      "an immediate with a hole",
      "ASM0014",
      {
        bad: inst({
          bits: "0 imm[11:1] rs1:5 000 rd:5 0010011",
          ops: { rd: def(x), rs1: use(x), imm: use(simm12) },
          asm: "x rd, rs1, imm",
        }),
      },
    ],
    [
      "a bit that occurs twice",
      "ASM0014",
      {
        bad: inst({
          bits: "imm[11:1|1] rs1:5 000 rd:5 0010011",
          ops: { rd: def(x), rs1: use(x), imm: use(simm12) },
          asm: "x rd, rs1, imm",
        }),
      },
    ],
    [
      "memory without displacement",
      "ASM0014",
      {
        bad: inst({
          bits: "000000000000 mem.base:5 011 rd:5 0000011",
          ops: { rd: def(x), mem: use(m12) },
          asm: "ld rd, mem",
        }),
      },
    ],
    [
      "a part that the kind does not have",
      "ASM0005",
      {
        bad: inst({
          bits: "0000000 mem.index:5 mem.base:5 011 rd:5 0000011",
          ops: { rd: def(x), mem: use(m12) },
          asm: "ld rd, mem",
        }),
      },
    ],
    [
      "an operand that is not printed",
      "ASM0009",
      { bad: inst({ bits: "0000000 rs2:5 rs1:5 000 rd:5 0110011", ops, asm: "add rd, rs1" }) },
    ],
    ["a short form that does not exist", "ASM0010", { bad: { ...add, short: "c_add rd=rs1" } }],
    [
      "a tie of what is no register",
      "ASM0010",
      { add, bad: { ...add, bits: "0000001 rs2:5 rs1:5 000 rd:5 0110011", short: "add rd=imm" } },
    ],
  ];
  for (const [name, code, table] of cases)
    test(name, () => {
      expect(problems(table).map((p) => p.split(" ")[0])).toContain(code);
      expect(problems(table).every((p) => p.endsWith("insts/t.table.ts: row bad"))).toBe(true);
    });
});

test("overlaps are reported unless a kind rules them out", () => {
  const again = inst({
    bits: "000000 hi:1 rs2:5 rs1:5 000 rd:5 0110011",
    ops: { rd: def(x), rs1: use(x), rs2: use(x), hi: use(unsigned("bit", 1)) },
    asm: "x rd, rs1, rs2, hi",
  });
  expect(problems({ add, again })).toEqual(["ASM0008 insts/t.table.ts: row again"]);
  const addi = inst({
    bits: "000 imm[5] rd:5 imm[4:0] 01",
    ops: { rd: mod(xNotZero), imm: use(simm6) },
    asm: "c.addi rd, imm",
  });
  const nop = inst({ bits: "0000000000000001", ops: {}, asm: "c.nop" });
  expect(problems({ addi, nop })).toEqual([]);
  const any = { ...addi, ops: { rd: mod(x), imm: use(signed("simm6z", 6)) } };
  expect(problems({ any, nop })).toEqual(["ASM0008 insts/t.table.ts: row nop"]);
});

test("a short instruction that looks like the beginning of a long one is an overlap", () => {
  const half = inst({ bits: "0000000000110011", ops: {}, asm: "half" });
  expect(problems({ add, half })).toEqual(["ASM0008 insts/t.table.ts: row half"]);
});

test("a label kind stands at the same bits in all its rows", () => {
  const one = inst({
    bits: "to[12|10:5] rs2:5 rs1:5 000 to[4:1|11] 1100011",
    ops: { rs1: use(x), rs2: use(x), to: use(branch) },
    asm: "beq rs1, rs2, to",
  });
  const two = inst({ bits: "to[12:1] 00000000 00000 1101111", ops: { to: use(branch) }, asm: "j to" });
  expect(problems({ one, two })).toEqual(["ASM0014 insts/t.table.ts: row two"]);
});

test("diagrams", () => {
  expect(parseDiagram("0xE3 r1:4 x:4 b:4 d[11:0|19:12] 0x04")).toMatchObject({
    bytes: 6,
    match: 0xe30000000004n,
    mask: 0xff00000000ffn,
  });
  const scattered = parseDiagram("to[12|10:5] rs2:5 rs1:5 000 to[4:1|11] 1100011");
  expect(
    typeof scattered === "string" ? scattered : scattered.slices.map((s) => [s.key, s.from, s.width, s.to]),
  ).toEqual([
    ["to", 12, 1, 31],
    ["to", 5, 6, 25],
    ["rs2", 0, 5, 20],
    ["rs1", 0, 5, 15],
    ["to", 1, 4, 8],
    ["to", 11, 1, 7],
  ]);
  // A field across bit 32 comes in two parts.
  const wide = parseDiagram("00000000 imm:32 00000000");
  expect(typeof wide === "string" ? wide : wide.slices.map((s) => [s.from, s.width, s.to])).toEqual([
    [0, 24, 8],
    [24, 8, 32],
  ]);
});
