import { type Opcode, type Operand, opcodes } from "./rows.ts";

const HEAD = `// Generated from packages/clif-ir/src/opcodes.table.ts. Do not edit.

import {
  type Block, type BlockArg, type Constant, type ExceptionTable, type FuncRef, type GlobalValue, InstBase, type Inst,
  type JumpTable, type SigRef, type StackSlot, type Value,
} from "../builder/inst-base.ts";
import { MEM_NOTRAP, MEM_TRUSTED } from "../mem-flags.ts";
import { I128, I64, INVALID, isVector, laneType, type Type } from "../types.ts";

/** One method for each opcode: it makes the instruction, inserts it and returns its results, or itself if it has none. */
export abstract class InstBuilder extends InstBase {
`;

/** TypeScript parameters and the statement that stores them, by operand kind; \`$\` is the parameter's name. */
const KINDS: Record<string, readonly [string, string]> = {
  memflags: ["$: number", "this.imm2(i, $)"],
  offset32: ["$: number", "this.imm(i, $)"],
  imm64: ["$: number | bigint", "this.imm64(i, $, type)"],
  uimm8: ["$: number", "this.imm(i, $)"],
  uimm128: ["$: Uint8Array", "this.mask(i, $)"],
  ieee16: ["$: number | bigint", "this.float16(i, $)"],
  ieee32: ["$: number | bigint", "this.float32(i, $)"],
  ieee64: ["$: number | bigint", "this.float64(i, $)"],
  intcc: ["$: number", "this.imm(i, $)"],
  floatcc: ["$: number", "this.imm(i, $)"],
  trapcode: ["$: number", "this.imm(i, $)"],
  atomic_rmw_op: ["$: number", "this.imm(i, $)"],
  stack_slot: ["$: StackSlot", "this.imm2(i, $)"],
  dynamic_stack_slot: ["$: number", "this.imm(i, $)"],
  global_value: ["$: GlobalValue", "this.imm(i, $)"],
  func_ref: ["$: FuncRef", "this.imm(i, $)"],
  sig_ref: ["$: SigRef", "this.imm(i, $)"],
  pool_constant: ["$: Constant", "this.imm(i, $)"],
  raw_block: ["$: Block", "this.block(i, $)"],
  jump_table: ["$: JumpTable", "this.jumpTable(i, $)"],
  exception_table: ["$: ExceptionTable", "this.exceptionTable(i, $)"],
};

const camel = (name: string): string =>
  name.toLowerCase().replace(/_(.)/g, (_, c: string) => c.toUpperCase());

function method(op: Opcode): string {
  const params: string[] = [];
  const body: string[] = [];
  const values = op.values.map((o) => camel(o.name));
  if (op.row.T !== undefined && op.infer < 0) params.push("type: Type");
  const calls: string[] = [];
  let list: string | undefined;
  for (const o of op.ins as readonly Operand[]) {
    const name = camel(o.name);
    if (o.kind === "value") params.push(`${name}: Value`);
    else if (o.kind === "values") {
      params.push(`${name}: readonly Value[]`);
      list = name;
    } else if (o.kind === "block_call") {
      const args = o.name === "block_call" ? "args" : `${name}Args`;
      const block = o.name === "block_call" ? "block" : name;
      params.push(`${block}: Block`, `${args}: readonly BlockArg[] = []`);
      calls.push(`{ block: ${block}, args: ${args} }`);
    } else {
      const [param, store] = KINDS[o.kind];
      params.push(param.replace("$", name));
      body.push(store.replace("$", name));
    }
  }
  if (list !== undefined) body.unshift(`this.list(i, ${values[0] ?? "undefined"}, ${list})`);
  else if (values.length > 0) body.unshift(`this.args${values.length}(i, ${values.join(", ")})`);
  if (calls.length > 0) body.push(`this.targets(i, [${calls.join(", ")}])`);
  const ctrl =
    op.row.T === undefined ? "INVALID" : op.infer < 0 ? "type" : `this.typeOf(${values[op.infer]})`;
  const results = op.variableResults ? -1 : op.outs.length;
  const type = results === 1 ? "Value" : results === 2 ? "readonly [Value, Value]" : "Inst";
  const end = results === 1 ? "this.one(i)" : results === 2 ? "this.two(i)" : "this.finish(i)";
  // Defaults must not stand before required parameters.
  const required = params.map((p, k) =>
    params.slice(k + 1).some((q) => !q.includes(" = ")) ? p.replace(/ = .*$/, "") : p,
  );
  return `  /** ${op.row.doc} */
  ${op.row.name}(${required.join(", ")}): ${type} {
    const i = this.start(${op.row.code}, ${ctrl});
${body.map((s) => `    ${s};\n`).join("")}    return ${end};
  }

`;
}

/** `OP_imm_s` and `OP_imm_u` of an opcode whose last operand may be a number. */
function immediateMethods(op: Opcode): string {
  const cond = op.ins[0].kind === "intcc";
  const extra = cond ? "cond: number, " : "";
  const pass = cond ? "cond, " : "";
  return ["s", "u"]
    .map(
      (
        sign,
      ) => `  /** \`${op.row.name}\` with a ${sign === "s" ? "sign" : "zero"}-extended number as second operand. */
  ${op.row.name}_imm_${sign}(${extra}x: Value, n: number | bigint): Value {
    return this.${op.row.name}(${pass}x, this.number(this.typeOf(x), n, ${sign === "s"}));
  }

`,
    )
    .join("");
}

const CONVENIENCE = `  /** A number as a value of an integer type, or of every lane of a vector type. */
  number(type: Type, n: number | bigint, signed = true): Value {
    if (isVector(type)) return this.splat(type, this.number(laneType(type), n, signed));
    if (type !== I128) return this.iconst(type, n);
    const low = this.iconst(I64, BigInt.asIntN(64, BigInt(n)));
    const fits = signed ? BigInt.asIntN(64, BigInt(n)) : BigInt.asUintN(64, BigInt(n));
    if (fits !== BigInt(n)) return this.iconcat(low, this.iconst(I64, BigInt.asIntN(64, BigInt(n) >> 64n)));
    return signed ? this.sextend(I128, low) : this.uextend(I128, low);
  }

  /** x and not y. */
  band_not(x: Value, y: Value): Value {
    return this.band(x, this.bnot(y));
  }

  /** x or not y. */
  bor_not(x: Value, y: Value): Value {
    return this.bor(x, this.bnot(y));
  }

  /** x exclusive-or not y. */
  bxor_not(x: Value, y: Value): Value {
    return this.bxor(x, this.bnot(y));
  }

  /** Loads from a stack slot; \`pointer\` is the target's pointer type. */
  stack_load(type: Type, slot: StackSlot, offset = 0, pointer: Type = I64): Value {
    return this.load(type, MEM_NOTRAP, this.stack_addr(pointer, slot, offset), 0);
  }

  /** Stores to a stack slot; \`pointer\` is the target's pointer type. */
  stack_store(x: Value, slot: StackSlot, offset = 0, pointer: Type = I64): Inst {
    return this.store(MEM_NOTRAP, x, this.stack_addr(pointer, slot, offset), 0);
  }

  /** Loads from a dynamic stack slot; \`pointer\` is the target's pointer type. */
  dynamic_stack_load(type: Type, slot: number, pointer: Type = I64): Value {
    return this.load(type, MEM_TRUSTED, this.dynamic_stack_addr(pointer, slot), 0);
  }

  /** Stores to a dynamic stack slot; \`pointer\` is the target's pointer type. */
  dynamic_stack_store(x: Value, slot: number, pointer: Type = I64): Inst {
    return this.store(MEM_TRUSTED, x, this.dynamic_stack_addr(pointer, slot), 0);
  }
`;

/** The builder methods. */
export const builderModule = (): string => {
  const immediate = opcodes.filter((o) => o.row.flags?.includes("builder_imm_method"));
  return `${HEAD}${opcodes.map(method).join("")}${immediate.map(immediateMethods).join("")}${CONVENIENCE}}\n`;
};
