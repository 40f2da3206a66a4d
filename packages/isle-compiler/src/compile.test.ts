import { renderDiagnostic, SourceFile } from "@gantry/diag";
import { describe, expect, test } from "vitest";
import { compileUnit } from "./compile.ts";

/** The flat form in which CLIF reaches the rules of a target. */
const flat = `
(type Inst (primitive Inst))
(type Value (primitive Value))
(type Type (primitive Type))
(type Reg (primitive Reg))
(type Opcode extern (enum Invalid Jump Iadd Isub Iconst Band Bor Bxor))
(decl inst_op (Opcode) Inst)
(extern extractor infallible inst_op inst_op)
(decl inst_type (Type) Inst)
(extern extractor infallible inst_type inst_type)
(decl inst_arg0 (Value) Inst)
(extern extractor infallible inst_arg0 inst_arg0)
(decl inst_arg1 (Value) Inst)
(extern extractor infallible inst_arg1 inst_arg1)
(decl binary (Type Value Value) Inst)
(extractor (binary ty x y) (and (inst_type ty) (inst_arg0 x) (inst_arg1 y)))
(decl iadd (Type Value Value) Inst)
(extractor (iadd ty x y) (and (inst_op (Opcode.Iadd)) (binary ty x y)))
(decl isub (Type Value Value) Inst)
(extractor (isub ty x y) (and (inst_op (Opcode.Isub)) (binary ty x y)))
(decl band (Type Value Value) Inst)
(extractor (band ty x y) (and (inst_op (Opcode.Band)) (binary ty x y)))
(decl def_inst (Inst) Value)
(extern extractor def_inst def_inst)
(decl put_in_reg (Value) Reg)
(extern constructor put_in_reg put_in_reg)
(convert Value Reg put_in_reg)
(decl op (Opcode Reg Reg) Reg)
(extern constructor op op)
(decl partial lower (Inst) Reg)
(rule (lower (iadd _ x y)) (op (Opcode.Iadd) x y))
(rule 1 (lower (iadd _ x (def_inst (isub _ y z)))) (op (Opcode.Isub) x y))
(rule (lower (isub _ x y)) (op (Opcode.Isub) x y))
(rule (lower (band _ x y)) (op (Opcode.Band) x y))
`;

describe("compileUnit", () => {
  test("begins the tree of a flat unit with one switch over the opcode", () => {
    const unit = compileUnit({ files: [new SourceFile("flat.isle", flat)], output: {} });
    expect(unit.diagnostics.map((d) => renderDiagnostic(d))).toEqual([]);
    const lower = unit.trees.find((t) => t.set.term.name === "lower")!;
    expect(lower.tree.steps.length).toBe(1);
    const control = lower.tree.steps[0]!.control;
    expect(control.kind === "match" && control.arms.map((a) => a.constraint)).toMatchObject([
      { kind: "variant", variant: 2 },
      { kind: "variant", variant: 3 },
      { kind: "variant", variant: 5 },
    ]);
    expect(unit.text).toContain("case 3: // Opcode.Isub");
  });
});
