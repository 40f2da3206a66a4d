import { opcodes } from "./rows.ts";

const HEAD =
  ";; Generated from packages/clif-ir/src/opcodes.table.ts. Do not edit.\n;; A target may lower some opcodes without rules: isle-allow-file ISLE0502\n\n";

/** Extern extractor and ISLE type of every operand kind that is not a plain value. */
const KINDS: Record<string, readonly [string, string]> = {
  values: ["inst_args", "ValueSlice"],
  block_call: ["inst_targets", "BranchTargets"],
  raw_block: ["inst_block", "Block"],
  jump_table: ["inst_targets", "BranchTargets"],
  exception_table: ["inst_targets", "BranchTargets"],
  trapcode: ["inst_trap_code", "TrapCode"],
  memflags: ["inst_memflags", "MemFlags"],
  offset32: ["inst_offset", "Offset32"],
  imm64: ["inst_imm64", "Imm64"],
  uimm8: ["inst_uimm8", "Uimm8"],
  uimm128: ["inst_constant", "Constant"],
  ieee16: ["inst_imm64", "Imm64"],
  ieee32: ["inst_imm64", "Imm64"],
  ieee64: ["inst_imm64", "Imm64"],
  intcc: ["inst_intcc", "IntCC"],
  floatcc: ["inst_floatcc", "FloatCC"],
  atomic_rmw_op: ["inst_rmw_op", "AtomicRmwOp"],
  stack_slot: ["inst_stack_slot", "StackSlot"],
  dynamic_stack_slot: ["inst_dynamic_stack_slot", "DynamicStackSlot"],
  global_value: ["inst_global_value", "GlobalValue"],
  func_ref: ["inst_func_ref", "FuncRef"],
  sig_ref: ["inst_sig_ref", "SigRef"],
  pool_constant: ["inst_constant", "Constant"],
};

const variant = (name: string) =>
  name
    .split("_")
    .map((w) => w[0].toUpperCase() + w.slice(1))
    .join("");

/** CLIF's declarations for lowering in the flat form: an opcode test, then one extractor for each operand. */
export function lowerIsle(): string {
  let text = HEAD;
  text += `;; The variant number is the opcode number; inst_type is the type of the first result.\n(type Opcode extern (enum Invalid\n`;
  for (const { row } of opcodes) text += `  ${variant(row.name)}\n`;
  text += "))\n\n";
  text += "(decl inst_op (Opcode) Inst)\n(extern extractor infallible inst_op inst_op)\n";
  text += "(decl inst_type (Type) Inst)\n(extern extractor infallible inst_type inst_type)\n";
  for (let k = 0; k < 3; k++)
    text += `(decl inst_arg${k} (Value) Inst)\n(extern extractor infallible inst_arg${k} inst_arg${k})\n`;
  const seen = new Set<string>();
  for (const [extractor, type] of Object.values(KINDS)) {
    if (seen.has(extractor)) continue;
    seen.add(extractor);
    text += `(decl ${extractor} (${type}) Inst)\n(extern extractor infallible ${extractor} ${extractor})\n`;
  }
  text += "\n";
  for (const op of opcodes) {
    const params: string[] = [];
    const names: string[] = [];
    const parts: string[] = [`(inst_op (Opcode.${variant(op.row.name)}))`];
    // As in the language's reference implementation: the type of the first result leads, calls and effects have none.
    if (op.outs.length > 0 && !op.variableResults && !op.ins.some((o) => o.kind === "values")) {
      params.push("Type");
      names.push("ty");
      parts.push("(inst_type ty)");
    }
    let value = 0;
    let targets = false;
    for (const o of op.ins) {
      const name = o.name.toLowerCase();
      if (o.kind === "value") {
        params.push("Value");
        names.push(name);
        parts.push(`(inst_arg${value++} ${name})`);
        continue;
      }
      const [extractor, type] = KINDS[o.kind];
      // The targets of one instruction are one operand however many block calls it has.
      if (extractor === "inst_targets") {
        if (targets) continue;
        targets = true;
        params.push(type);
        names.push("targets");
        parts.push(`(${extractor} targets)`);
        continue;
      }
      params.push(type);
      names.push(name);
      parts.push(`(${extractor} ${name})`);
    }
    text += `;; ${op.row.doc}\n`;
    text += `(decl ${op.row.name} (${params.join(" ")}) Inst)\n`;
    const call = names.length === 0 ? `(${op.row.name})` : `(${op.row.name} ${names.join(" ")})`;
    text += `(extractor ${call} (and ${parts.join(" ")}))\n`;
  }
  return text;
}
