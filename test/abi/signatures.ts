/** Random signatures, and functions of them in C and in CLIF that tell what arrives. */

/** A type of a parameter as both sides write it. */
interface Kind {
  readonly c: string;
  readonly clif: string;
  /** How the value is loaded and stored in CLIF. */
  readonly type: string;
  readonly bytes: number;
  readonly passed: "value" | "struct" | "address";
}

const value = (c: string, type: string, bytes: number, clif = type): Kind => ({
  c,
  clif,
  type,
  bytes,
  passed: "value",
});
const struct = (bytes: number): Kind => ({
  c: `s${bytes}`,
  clif: `i64 sarg(${bytes})`,
  type: "i64",
  bytes,
  passed: "struct",
});

const integers: readonly Kind[] = [
  value("int8_t", "i8", 1, "i8 sext"),
  value("uint8_t", "i8", 1, "i8 uext"),
  value("int16_t", "i16", 2, "i16 sext"),
  value("uint16_t", "i16", 2, "i16 uext"),
  value("int32_t", "i32", 4),
  value("uint32_t", "i32", 4, "i32 uext"),
  value("uint64_t", "i64", 8),
  value("int64_t", "i64", 8),
];
const floats: readonly Kind[] = [value("float", "f32", 4), value("double", "f64", 8)];
const wide: readonly Kind[] = [
  value("unsigned __int128", "i128", 16),
  value("v16", "i8x16", 16),
  { c: "behind *", clif: "i64", type: "i64", bytes: 16, passed: "address" },
];

/** What a function returns: a C type whose parts are the results in CLIF. */
interface Result {
  readonly c: string;
  readonly parts: readonly Kind[];
  /** Bytes of a struct that is returned in memory. */
  readonly memory?: number;
}

const word = integers[6]!;
const double = floats[1]!;
const single = (kind: Kind): Result => ({ c: kind.c, parts: [kind] });
const memory = (bytes: number): Result => ({ c: `s${bytes}`, parts: [], memory: bytes });

/** A calling convention, and who speaks it on the C side. */
export interface Dialect {
  readonly convention: "system_v" | "windows_fastcall";
  /** What C functions are declared with. */
  readonly attribute: string;
  /** The C side gets the addresses of buffers in an argument, because its code is used without relocations. */
  readonly blob: boolean;
  readonly wide: readonly Kind[];
  readonly results: readonly Result[];
}

export const systemV: Dialect = {
  convention: "system_v",
  attribute: "",
  blob: false,
  wide: [...wide, struct(24), struct(32), struct(72)],
  results: [
    { c: "void", parts: [] },
    ...[...integers, ...floats, wide[0]!, wide[1]!].map(single),
    { c: "two_ints", parts: [word, word] },
    { c: "two_floats", parts: [double, double] },
    { c: "int_float", parts: [word, double] },
    { c: "float_int", parts: [double, word] },
    memory(24),
    memory(72),
  ],
};

const windowsWide = [...wide, ...[1, 2, 3, 4, 5, 8, 12, 16, 24, 72].map(struct)];
const windowsResults: readonly Result[] = [
  { c: "void", parts: [] },
  ...[...integers, ...floats, wide[0]!, wide[1]!].map(single),
  // Structs of these sizes are returned as integers, others through a pointer.
  { c: "s1", parts: [integers[1]!] },
  { c: "s4", parts: [integers[5]!] },
  { c: "s8", parts: [word] },
  memory(3),
  memory(16),
  memory(72),
];

/** Clang for Windows: its functions are a piece of code without relocations. */
export const windowsClang: Dialect = {
  convention: "windows_fastcall",
  attribute: "",
  blob: true,
  wide: windowsWide,
  results: windowsResults,
};

/** The host's GCC, which knows the convention by name, and the types for which other compilers have rules of their own. */
export const windowsGcc: Dialect = {
  convention: "windows_fastcall",
  attribute: "__attribute__((ms_abi)) ",
  blob: false,
  wide: [...windowsWide, value("__float128", "f128", 16), value("v8", "i8x8", 8)],
  results: [...windowsResults, single(value("__float128", "f128", 16)), single(value("v8", "i8x8", 8))],
};

export interface Signature {
  readonly params: readonly Kind[];
  readonly result: Result;
  /** Which argument is the context of a blob. */
  readonly contextAt: number;
}

/** A generator of 32 random bits; the same seed gives the same signatures for ever. */
export function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    let x = state;
    x = Math.imul(x ^ (x >>> 15), 0x2c1b3c6d);
    x = Math.imul(x ^ (x >>> 12), 0x297a2d39);
    return (x ^ (x >>> 15)) >>> 0;
  };
}

export function randomSignature(random: () => number, dialect: Dialect = systemV): Signature {
  const pick = <T>(list: readonly T[]): T => list[random() % list.length]!;
  const count = random() % 4 === 0 ? random() % 24 : random() % 9;
  const params = Array.from({ length: count }, () => {
    const k = random() % 10;
    return pick(k < 5 ? integers : k < 8 ? floats : dialect.wide);
  });
  return {
    params,
    result: pick(dialect.results),
    contextAt: dialect.blob ? random() % (params.length + 1) : -1,
  };
}

/** Room of a value in the buffers. */
const room = (bytes: number): number => Math.max(16, Math.ceil(bytes / 16) * 16);

function places(parts: readonly { readonly bytes: number }[]): { at: number[]; total: number } {
  const at: number[] = [];
  let total = 0;
  for (const part of parts) {
    at.push(total);
    total += room(part.bytes);
  }
  return { at, total };
}

/** The texts of one test program. */
export interface Program {
  /** The functions in C. */
  readonly c: string;
  /** Values, expected results and the table of functions, in C. */
  readonly data: string;
  readonly clif: string;
}

export function program(
  signatures: readonly Signature[],
  random: () => number,
  dialect: Dialect = systemV,
): Program {
  const c: string[] = ['#include "harness.h"'];
  const clif: string[] = [];
  const rows: string[] = [];
  const values: number[] = [];
  const answers: number[] = [];
  const names: string[] = [];
  const append = (to: number[], kinds: readonly { readonly bytes: number }[]): number => {
    const start = to.length;
    for (const { bytes } of kinds)
      for (let k = 0; k < room(bytes); k++) to.push(k < bytes ? random() & 255 : 0);
    return start;
  };
  for (const [k, signature] of signatures.entries()) {
    const { params, result } = signature;
    const resultParts = result.memory === undefined ? result.parts : [{ bytes: result.memory }];
    const from = append(values, params);
    const answer = append(answers, resultParts);
    c.push(cSide(k, signature, from, answer, dialect));
    clif.push(clifSide(k, signature, from, answer, dialect));
    const sizes = `${from}, ${places(params).total}, ${answer}, ${places(resultParts).total}`;
    const functions = ["caller", "callee"].map((role) => [`c_${role}${k}`, `g_${role}${k}`]);
    rows.push(`{${functions.map((pair) => `{${pair.join(", ")}}`).join(", ")}, ${sizes}},`);
    names.push(...functions.flat());
  }
  const data = [
    '#include "harness.h"',
    `const uint8_t abi_values[] __attribute__((aligned(16))) = {${[...values, 0].join(",")}};`,
    `const uint8_t abi_results[] __attribute__((aligned(16))) = {${[...answers, 0].join(",")}};`,
    "typedef void fn(void);",
    `extern fn ${names.join(", ")};`,
    "const struct { fn *caller[2], *callee[2]; uint32_t a, b, c, d; } abi_rows[] = {",
    ...rows,
    "};",
    `const unsigned abi_row_count = ${signatures.length};`,
  ];
  return { c: `${c.join("\n")}\n`, data: `${data.join("\n")}\n`, clif: clif.join("\n") };
}

/** Parts of a result in C, with the type of each. */
function cParts(result: Result): string[] {
  if (result.parts.length === 2) return ["r.a", "r.b"];
  return result.c === "void" ? [] : ["r"];
}

/** A copy of `list` with `item` at `at`; without it if `at` is negative. */
function insert<T>(list: readonly T[], at: number, item: T): T[] {
  return at < 0 ? [...list] : [...list.slice(0, at), item, ...list.slice(at)];
}

function cSide(
  k: number,
  { params, result, contextAt }: Signature,
  from: number,
  answer: number,
  { attribute, blob }: Dialect,
): string {
  const { at } = places(params);
  const context = "const struct context *context";
  const types =
    insert(
      params.map((p) => p.c),
      contextAt,
      context,
    ).join(", ") || "void";
  const named =
    insert(
      params.map((p, i) => `${p.c} a${i}`),
      contextAt,
      context,
    ).join(", ") || "void";
  const [input, output, values, answers, touch] = ["in", "out", "values", "results", "touch"].map((name) =>
    blob ? `context->${name}` : `abi_${name}`,
  );
  const received = params.map((p, i) =>
    p.passed === "address"
      ? `memcpy(${input} + ${at[i]}, a${i}, ${p.bytes});`
      : `memcpy(${input} + ${at[i]}, &a${i}, ${p.bytes});`,
  );
  const loads = params.map((p, i) =>
    p.passed === "address"
      ? `behind b${i}; memcpy(&b${i}, ${values} + ${from + at[i]!}, 16); behind *a${i} = &b${i};`
      : `${p.c} a${i}; memcpy(&a${i}, ${values} + ${from + at[i]!}, ${p.bytes});`,
  );
  const parts = cParts(result);
  const args = insert(
    params.map((_, i) => `a${i}`),
    contextAt,
    "context",
  ).join(", ");
  const isVoid = result.c === "void";
  return [
    `${attribute}${result.c} c_callee${k}(${named}) {`,
    `  ${touch}();`,
    ...received.map((line) => `  ${line}`),
    ...(isVoid ? [] : [`  ${result.c} r;`]),
    ...parts.map((part, i) => `  memcpy(&${part}, ${answers} + ${answer + 16 * i}, sizeof ${part});`),
    ...(isVoid ? [] : ["  return r;"]),
    "}",
    `${attribute}void c_caller${k}(${result.c} (${attribute}*callee)(${types})${blob ? `, ${context}` : ""}) {`,
    ...loads.map((line) => `  ${line}`),
    `  ${isVoid ? "" : `${result.c} r = `}callee(${args});`,
    ...parts.map((part, i) => `  memcpy(${output} + ${16 * i}, &${part}, sizeof ${part});`),
    "}",
  ].join("\n");
}

/** Types of memory accesses by their bytes. */
const pieces = [
  { bytes: 8, load: "load.i64", store: "store" },
  { bytes: 4, load: "uload32", store: "istore32" },
  { bytes: 2, load: "uload16.i64", store: "istore16" },
  { bytes: 1, load: "uload8.i64", store: "istore8" },
];

/** Lines of CLIF with numbered values. */
class Lines {
  readonly lines: string[] = [];
  #next: number;

  constructor(params: number) {
    this.#next = params;
  }
  value(text: string): string {
    this.lines.push(`v${this.#next} = ${text}`);
    return `v${this.#next++}`;
  }
  copy(bytes: number, from: string, fromAt: number, to: string, toAt: number): void {
    let at = 0;
    for (const piece of pieces) {
      for (; at + piece.bytes <= bytes; at += piece.bytes) {
        const word = this.value(`${piece.load} ${from}+${fromAt + at}`);
        this.lines.push(`${piece.store} ${word}, ${to}+${toAt + at}`);
      }
    }
  }
}

function clifSide(
  k: number,
  { params, result, contextAt }: Signature,
  from: number,
  answer: number,
  { convention, blob }: Dialect,
): string {
  const { at } = places(params);
  const memory = result.memory;
  const all = insert(
    params.map((p) => p.clif),
    contextAt,
    "i64",
  );
  const first = memory === undefined ? 0 : 1;
  if (memory !== undefined) all.unshift("i64 sret");
  const returns = result.parts.map((p) => p.clif).join(", ");
  const signature = `(${all.join(", ")})${returns === "" ? "" : ` -> ${returns}`} ${convention}`;

  const callee = new Lines(all.length);
  callee.lines.push("call fn0()");
  const input = callee.value("symbol_value.i64 gv0");
  for (const [i, p] of params.entries()) {
    const v = `v${first + i + (contextAt >= 0 && contextAt <= i ? 1 : 0)}`;
    if (p.passed === "value") callee.lines.push(`store ${v}, ${input}+${at[i]}`);
    else callee.copy(p.bytes, v, 0, input, at[i]!);
  }
  const given = callee.value("symbol_value.i64 gv1");
  if (memory !== undefined) callee.copy(memory, given, answer, "v0", 0);
  const answers = result.parts.map((p, i) => callee.value(`load.${p.type} ${given}+${answer + 16 * i}`));
  callee.lines.push(`return ${answers.join(", ")}`.trim());

  const caller = new Lines(blob ? 2 : 1);
  const source = caller.value("symbol_value.i64 gv0");
  const output = caller.value("symbol_value.i64 gv1");
  const args = insert(
    params.map((p, i) =>
      p.passed === "value"
        ? caller.value(`load.${p.type} ${source}+${from + at[i]!}`)
        : caller.value(`iadd ${source}, ${caller.value(`iconst.i64 ${from + at[i]!}`)}`),
    ),
    contextAt,
    "v1",
  );
  if (memory !== undefined) args.unshift(output);
  const call = `call_indirect sig0, v0(${args.join(", ")})`;
  if (result.parts.length === 0) caller.lines.push(call);
  else {
    const names = result.parts.map((_, i) => `v${9000 + i}`);
    caller.lines.push(`${names.join(", ")} = ${call}`);
    for (const [i, name] of names.entries()) caller.lines.push(`store ${name}, ${output}+${16 * i}`);
  }
  caller.lines.push("return");
  const blockParams = all.map((text, i) => `v${i}: ${text.split(" ")[0]}`).join(", ");
  const indent = (lines: Lines) => lines.lines.map((line) => `    ${line}`);
  return [
    `function %g_callee${k}${signature} {`,
    "    gv0 = symbol %abi_in",
    "    gv1 = symbol %abi_results",
    "    fn0 = %abi_touch() system_v",
    `block0${blockParams === "" ? "" : `(${blockParams})`}:`,
    ...indent(callee),
    "}",
    `function %g_caller${k}(i64${blob ? ", i64" : ""}) ${convention} {`,
    "    gv0 = symbol %abi_values",
    "    gv1 = symbol %abi_out",
    `    sig0 = ${signature}`,
    `block0(v0: i64${blob ? ", v1: i64" : ""}):`,
    ...indent(caller),
    "}",
    "",
  ].join("\n");
}
