import { FORMATS } from "../src/formats.table.ts";
import { OPCODE_FLAGS } from "../src/opcodes.table.ts";
import { TYPE_SETS } from "../src/type-sets.table.ts";
import { F16, I8, TYPE_LIMIT } from "../src/types.ts";
import { CONSTRAINTS, FORMAT_NAMES, opcodes, SET_NAMES } from "./rows.ts";

const HEAD = "// Generated from packages/clif-ir/src/*.table.ts. Do not edit.\n\n";

/** Words that cannot be declared as variables but can be exported. */
const RESERVED: ReadonlySet<string> = new Set(["return"]);

/** The constants module: `Op.iadd` is the code of `iadd`. */
export function opcodesModule(): string {
  let text = HEAD;
  for (const { row } of opcodes)
    text += RESERVED.has(row.name)
      ? `const ${row.name}_ = ${row.code};\n/** ${row.doc} */\nexport { ${row.name}_ as ${row.name} };\n`
      : `/** ${row.doc} */\nexport const ${row.name} = ${row.code};\n`;
  return text;
}

const column = (name: string, doc: string, values: readonly number[]): string =>
  `/** ${doc} */\nexport const ${name}: Int32Array = Int32Array.of(${values.join(", ")});\n\n`;

/** The columns of facts, indexed by opcode (or as their comments say). */
export function factsModule(): string {
  let text = HEAD;
  text += `/** Number of opcodes plus one: codes start at 1. */\nexport const OPCODE_LIMIT = ${opcodes.length + 1};\n\n`;
  text += `/** Names by opcode; the first is no opcode. */\nexport const OPCODE_NAMES: readonly string[] = ["invalid", ${opcodes.map((o) => `"${o.row.name}"`).join(", ")}];\n\n`;
  text += `export const FORMAT_NAMES: readonly string[] = [${FORMAT_NAMES.map((f) => `"${f}"`).join(", ")}];\n\n`;
  FORMAT_NAMES.forEach((f, k) => {
    text += `export const FMT_${f} = ${k};\n`;
  });
  text += "\n";
  OPCODE_FLAGS.forEach((f, k) => {
    text += `export const OF_${f.toUpperCase()} = ${1 << k};\n`;
  });
  text += "\n";
  CONSTRAINTS.forEach((c, k) => {
    text += `export const TC_${c.toUpperCase()} = ${k};\n`;
  });
  text += "\n";
  text += column("OPCODE_FORMAT", "Format of each opcode.", [
    FORMAT_NAMES.indexOf("NullAry"),
    ...opcodes.map((o) => FORMAT_NAMES.indexOf(o.row.format)),
  ]);
  text += column("OPCODE_FLAGS", "Flags of each opcode: bits `OF_*`.", [
    0,
    ...opcodes.map((o) => o.flagBits),
  ]);
  text += column("OPCODE_TYPE_SET", "Type set of the controlling type, or -1 for a monomorphic opcode.", [
    -1,
    ...opcodes.map((o) => (o.row.T === undefined ? -1 : SET_NAMES.indexOf(o.row.T))),
  ]);
  text += column("OPCODE_INFER", "Index of the value operand that supplies the controlling type, or -1.", [
    -1,
    ...opcodes.map((o) => o.infer),
  ]);
  text += column("OPCODE_CTRL_OPERAND", "1 if the controlling type cannot be read off the first result.", [
    0,
    ...opcodes.map((o) => (o.controlledByOperand ? 1 : 0)),
  ]);
  text += column("OPCODE_VALUES", "Number of fixed value operands.", [
    0,
    ...opcodes.map((o) => o.values.length),
  ]);
  text += column("OPCODE_RESULTS", "Number of results, or -1 if the signature of the callee says.", [
    0,
    ...opcodes.map((o) => (o.variableResults ? -1 : o.outs.length)),
  ]);
  const two = (pick: (k: number) => number) => [
    0,
    0,
    ...opcodes.flatMap((_, k) => [pick(2 * k), pick(2 * k + 1)]),
  ];
  const out = (n: number) => opcodes[n >> 1].outs[n & 1];
  text += column(
    "RESULT_CONSTRAINT",
    "Constraint `TC_*` of result k of an opcode at 2 * opcode + k.",
    two((n) => out(n)?.constraint ?? 0),
  );
  text += column(
    "RESULT_DETAIL",
    "Type or type set of that constraint.",
    two((n) => out(n)?.detail ?? 0),
  );
  const three = (pick: (op: number, k: number) => number) => [
    0,
    0,
    0,
    0,
    ...opcodes.flatMap((_, op) => [0, 1, 2, 3].map((k) => pick(op, k))),
  ];
  text += column(
    "VALUE_CONSTRAINT",
    "Constraint `TC_*` of value operand k of an opcode at 4 * opcode + k.",
    three((op, k) => opcodes[op].values[k]?.constraint ?? 0),
  );
  text += column(
    "VALUE_DETAIL",
    "Type or type set of that constraint.",
    three((op, k) => opcodes[op].values[k]?.detail ?? 0),
  );
  text += column(
    "FORMAT_LIST",
    "1 if a list of values follows the fixed ones, by format.",
    FORMAT_NAMES.map((f) => ("list" in FORMATS[f] ? 1 : 0)),
  );
  text += `/** Names of the type sets. */\nexport const TYPE_SET_NAMES: readonly string[] = [${SET_NAMES.map((s) => `"${s}"`).join(", ")}];\n\n`;
  text += column("TYPE_SET_BITS", "Membership: bit t & 31 of word set * 12 + (t >> 5).", membership());
  return text;
}

function membership(): number[] {
  const width = TYPE_LIMIT / 32;
  const words = new Int32Array(width * SET_NAMES.length);
  Object.values(TYPE_SETS).forEach((set, s) => {
    const add = (t: number) => {
      words[s * width + (t >> 5)] |= 1 << (t & 31);
    };
    const scalars = [
      ...set.ints.map((w) => I8 + Math.log2(w / 8)),
      ...set.floats.map((w) => F16 + Math.log2(w / 16)),
    ];
    for (const t of scalars) {
      for (const n of set.lanes) if (t + 16 * Math.log2(n) < 256) add(t + 16 * Math.log2(n));
      for (const n of set.dynamicLanes) if (t + 16 * Math.log2(n) < 256) add(t + 16 * Math.log2(n) + 128);
    }
  });
  return [...words];
}
