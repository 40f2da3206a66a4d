/** Every opcode with every type: what the table of legality allows has a rule, and nothing ends as an internal error. */
import {
  ATOMIC_RMW_OPS,
  allTypes,
  FLOAT_CC_NAMES,
  type Function,
  I32X2,
  I32X8,
  INT_CC_NAMES,
  isVector,
  readFunctions,
  Settings,
  type Type,
  typeBits,
  typeName,
  verify,
} from "@gantry/clif-ir";
import { OPCODES, type OpcodeRow } from "@gantry/clif-ir/table";
import { CompileContext, Findings } from "@gantry/codegen-core";
import { GantryError } from "@gantry/diag";
import { describe, expect, test } from "vitest";
import { x64 } from "./index.ts";

/** Fixed types of at most 512 bits. */
const types = allTypes().filter((t) => typeBits(t) > 0 && typeBits(t) <= 512);
/** Types for operands that may be anything: those of registers, and one of the small vectors and one of the wide. */
const samples = types.filter((t) => !isVector(t) || typeBits(t) === 128 || t === I32X2 || t === I32X8);

function items(list: string | undefined): { name: string; kind: string }[] {
  return (list?.split(", ") ?? []).map((item) => {
    const [name, kind] = item.split(": ");
    return { name, kind };
  });
}

/** The spellings of an operand that is not a value; several where rules look at it. */
function immediates(kind: string): readonly string[] {
  switch (kind) {
    case "intcc":
      return INT_CC_NAMES;
    case "floatcc":
      return FLOAT_CC_NAMES;
    case "atomic_rmw_op":
      return ATOMIC_RMW_OPS;
    case "trapcode":
      return ["user1"];
    case "uimm8":
      return ["0", "1"];
    case "imm64":
      return ["0", "1", "-1"];
    case "ieee16":
    case "ieee32":
    case "ieee64":
      return ["0.0", "0x1.0p3"];
    case "uimm128":
      return ["[0 17 2 3 4 5 6 7 24 25 10 11 12 13 31 15]"];
    case "pool_constant":
      return ["const0"];
    case "memflags":
      return ["little", "big"];
    default:
      return [""];
  }
}

/** Text of functions with one instruction of `row` each, parameters for its operands; not all of them are valid. */
function* functionsOf(row: OpcodeRow): Generator<string> {
  const ins = items(row.in);
  const free = ins.filter((o) =>
    ["Any", "Int", "wider(T)", "narrower(T)", "AnyVector", "Float"].includes(o.kind),
  );
  for (const ctrl of row.T === undefined ? [0] : types) {
    const name = ctrl === 0 ? "" : typeName(ctrl as Type);
    const others = free.length > 0 ? samples : [0];
    for (const other of others) {
      for (const values of operandTypes(ins, name, other === 0 ? "" : typeName(other as Type))) {
        const choices = ins.map((o) => immediates(o.kind));
        // All spellings of the operand with the most, by those of memory flags.
        const orders = Math.max(1, ...ins.map((o, n) => (o.kind === "memflags" ? choices[n].length : 1)));
        const most = orders * Math.max(1, ...choices.map((c) => c.length));
        for (let k = 0; k < most; k++) {
          const pick = (n: number) => (ins[n].kind === "memflags" ? k % orders : Math.floor(k / orders));
          yield functionText(row, ins, name, values, (n) => choices[n][pick(n) % choices[n].length]);
        }
      }
    }
  }
}

const VALUE_KIND =
  /^(T|lane\(T\)|truthy\(T\)|half\(T\)|double\(T\)|split\(T\)|merge\(T\)|wider\(T\)|narrower\(T\)|Any|Int|Float|AnyVector|Int32Or64|i\d+(x\d+)?|f\d+(x\d+)?|IntVector\w*|\w*Vector\w*|Scalar\w*)$/;

function* operandTypes(ins: { kind: string }[], ctrl: string, other: string): Generator<string[]> {
  const out: string[] = [];
  for (const { kind } of ins) {
    if (!VALUE_KIND.test(kind)) continue;
    out.push(valueType(kind, ctrl, other));
  }
  if (!out.includes("")) yield out;
}

function valueType(kind: string, ctrl: string, other: string): string {
  const vector = /^([if])(\d+)x(\d+)$/.exec(ctrl);
  switch (kind) {
    case "T":
      return ctrl;
    case "lane(T)":
      return ctrl.replace(/x\d+$/, "");
    case "Int32Or64":
      return "i64";
    case "half(T)":
      return ctrl.replace(/^([if])(\d+)/, (_, c, n) => `${c}${Number(n) / 2}`);
    case "double(T)":
      return ctrl.replace(/^([if])(\d+)/, (_, c, n) => `${c}${Number(n) * 2}`);
    case "split(T)":
      return vector === null ? "" : `${vector[1]}${Number(vector[2]) / 2}x${Number(vector[3]) * 2}`;
    case "merge(T)":
      return vector === null ? "" : `${vector[1]}${Number(vector[2]) * 2}x${Number(vector[3]) / 2}`;
    default:
      return /^[if]\d/.test(kind) ? kind : other;
  }
}

function functionText(
  row: OpcodeRow,
  ins: { kind: string }[],
  ctrl: string,
  values: string[],
  immediate: (k: number) => string,
): string {
  let v = 0;
  const operands: string[] = [];
  let flags = "";
  let condition = "";
  let offset = "";
  ins.forEach((o, k) => {
    if (o.kind === "memflags") flags = ` ${immediate(k)}`;
    else if (o.kind === "offset32") offset = "+8";
    else if (o.kind === "intcc" || o.kind === "floatcc" || o.kind === "atomic_rmw_op")
      condition = ` ${immediate(k)}`;
    else if (VALUE_KIND.test(o.kind)) operands.push(`v${v++}`);
    else operands.push(immediate(k));
  });
  const results = items(row.out).map((_, k) => `v${100 + k}`);
  const params = values.map((t, k) => `v${k}: ${t}`).join(", ");
  const text = `${row.name}${ctrl === "" ? "" : `.${ctrl}`}${flags}${condition} ${operands.join(", ")}${offset}`;
  const inst = results.length === 0 ? text : `${results.join(", ")} = ${text}`;
  return `function %f(${values.join(", ")}) system_v {\n const0 = 0x000102030405060708090a0b0c0d0e0f\n sig0 = (USE) system_v\n fn0 = %use sig0\nblock0(${params}):\n ${inst}\n KEEP\n return\n}\n`;
}

/** Reads the text with a call behind it that uses the first result, whose type is `result`, if there is one. */
function read(text: string, result: string) {
  const complete = text.replace("USE", result).replace("KEEP", result === "" ? "" : "call fn0(v100)");
  return readFunctions({ name: "f.clif", bytes: new TextEncoder().encode(complete) })[0];
}

/** The type of the first result of the function's first instruction, "" if it has none; undefined if it is not valid. */
function resultOf(text: string): string | undefined {
  try {
    const func = read(text, "");
    if (verify(func, undefined, { pointerBytes: 8 }).length > 0) return undefined;
    const inst = func.firstInst(func.firstBlock());
    return func.resultCount(inst) === 0 ? "" : typeName(func.resultType(inst));
  } catch {
    return undefined;
  }
}

/** Terminators and calls need more around them, dynamic vectors cannot be written here. */
const SKIPPED = /terminator|call/;
const DYNAMIC = "extract_vector";

function contexts(): CompileContext[] {
  const levels = [
    [],
    ["sse42", "has_popcnt", "has_lzcnt", "has_bmi1"],
    ["skylake", "has_cmpxchg16b", "has_f16c", "has_movbe"],
  ];
  return levels.map((features) => {
    const settings = new Settings(x64.settings);
    for (const f of ["regalloc_checker=true", ...features]) settings.set(f);
    return new CompileContext(x64, settings);
  });
}

/** What happens to the function: "compiled", "refused" by the table, or how it failed. */
function outcome(c: CompileContext, func: Function): string {
  try {
    c.compile(func);
    return "compiled";
  } catch (e) {
    if (e instanceof GantryError && e.diagnostics.every((d) => / is not supported/.test(d.message)))
      return "refused";
    return e instanceof Error ? e.message : String(e);
  }
}

/** Operations whose operands and results are all scalar and that are refused all the same, as messages name them. */
const refusedScalars = new Map<string, string>();

describe("what the table declares is so", () => {
  const all = contexts();
  let compiled = 0;
  for (const row of OPCODES) {
    if (SKIPPED.test(row.flags ?? "") || row.name === DYNAMIC) continue;
    test(row.name, () => {
      const found: string[] = [];
      for (const text of functionsOf(row)) {
        const result = resultOf(text);
        if (result === undefined) continue;
        for (const c of all) {
          const func = read(text, result);
          const inst = func.firstInst(func.firstBlock());
          const action = x64.legality.actionFor(func, inst, c.settings);
          const isScalar = !/[if]\d+x\d/.test(text.replaceAll(/USE|KEEP/g, ""));
          const declared = action.kind !== "refused" && isPassable(func);
          if (action.kind === "refused" && isScalar) refusedScalars.set(action.reason, text);
          const came = outcome(c, func);
          if (came === "compiled") compiled++;
          if (came !== (declared ? "compiled" : "refused")) found.push(`${action.kind} ${text}: ${came}`);
        }
      }
      expect(found.slice(0, 3)).toEqual([]);
    });
  }
  test("most of them were compiled", () => {
    expect(compiled).toBeGreaterThan(5000);
  });
  test("scalars are refused for reasons only", () => {
    expect([...refusedScalars.keys()].sort()).toEqual([
      "atomic_cas.i128 is not supported: it needs has_cmpxchg16b",
      "atomic_load.i128 is not supported: it needs has_cmpxchg16b",
      "atomic_rmw.i128 is not supported: it needs has_cmpxchg16b",
      "atomic_store.i128 is not supported: it needs has_cmpxchg16b",
      "get_stack_pointer.i32 is not supported: addresses have 64 bits",
    ]);
  });
});

/** Whether the types of the parameters and of the call that uses the result may be passed. */
function isPassable(func: Function): boolean {
  const found = new Findings();
  x64.checkDeclarations(func, new Settings(x64.settings), found);
  return found.problems.length === 0;
}
