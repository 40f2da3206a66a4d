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
const struct = (words: number): Kind => ({
  c: `s${words * 8}`,
  clif: `i64 sarg(${words * 8})`,
  type: "i64",
  bytes: words * 8,
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
  struct(3),
  struct(4),
  struct(9),
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
const results: readonly Result[] = [
  { c: "void", parts: [] },
  ...[...integers, ...floats, wide[0]!, wide[1]!].map((kind) => ({ c: kind.c, parts: [kind] })),
  { c: "two_ints", parts: [word, word] },
  { c: "two_floats", parts: [double, double] },
  { c: "int_float", parts: [word, double] },
  { c: "float_int", parts: [double, word] },
  { c: "s24", parts: [], memory: 24 },
  { c: "s72", parts: [], memory: 72 },
];

export interface Signature {
  readonly params: readonly Kind[];
  readonly result: Result;
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

export function randomSignature(random: () => number): Signature {
  const pick = <T>(list: readonly T[]): T => list[random() % list.length]!;
  const count = random() % 4 === 0 ? random() % 24 : random() % 9;
  const params = Array.from({ length: count }, () => {
    const k = random() % 10;
    return pick(k < 5 ? integers : k < 8 ? floats : wide);
  });
  return { params, result: pick(results) };
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
  readonly c: string;
  readonly clif: string;
}

export function program(signatures: readonly Signature[], random: () => number): Program {
  const c: string[] = ['#include "harness.h"'];
  const clif: string[] = [];
  const rows: string[] = [];
  const values: number[] = [];
  const answers: number[] = [];
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
    c.push(cSide(k, signature, from, answer));
    clif.push(clifSide(k, signature, from, answer));
    const sizes = `${from}, ${places(params).total}, ${answer}, ${places(resultParts).total}`;
    rows.push(`{{(fn)c_caller${k}, (fn)g_caller${k}}, {(fn)c_callee${k}, (fn)g_callee${k}}, ${sizes}},`);
  }
  c.push(
    `const uint8_t abi_values[] __attribute__((aligned(16))) = {${[...values, 0].join(",")}};`,
    `const uint8_t abi_results[] __attribute__((aligned(16))) = {${[...answers, 0].join(",")}};`,
    "typedef void (*fn)(void);",
    "const struct { fn caller[2], callee[2]; uint32_t a, b, c, d; } abi_rows[] = {",
    ...rows,
    "};",
    `const unsigned abi_row_count = ${signatures.length};`,
  );
  return { c: `${c.join("\n")}\n`, clif: clif.join("\n") };
}

/** Parts of a result in C, with the type of each. */
function cParts(result: Result): string[] {
  if (result.parts.length === 2) return ["r.a", "r.b"];
  return result.c === "void" ? [] : ["r"];
}

function cSide(k: number, { params, result }: Signature, from: number, answer: number): string {
  const { at } = places(params);
  const types = params.map((p) => p.c).join(", ") || "void";
  const named = params.map((p, i) => `${p.c} a${i}`).join(", ") || "void";
  const received = params.map((p, i) =>
    p.passed === "address"
      ? `memcpy(abi_in + ${at[i]}, a${i}, ${p.bytes});`
      : `memcpy(abi_in + ${at[i]}, &a${i}, ${p.bytes});`,
  );
  const loads = params.map((p, i) =>
    p.passed === "address"
      ? `behind b${i}; memcpy(&b${i}, abi_values + ${from + at[i]!}, 16); behind *a${i} = &b${i};`
      : `${p.c} a${i}; memcpy(&a${i}, abi_values + ${from + at[i]!}, ${p.bytes});`,
  );
  const parts = cParts(result);
  const args = params.map((_, i) => `a${i}`).join(", ");
  const isVoid = result.c === "void";
  return [
    `${result.c} g_callee${k}(${types}); void g_caller${k}(void *);`,
    `${result.c} c_callee${k}(${named}) {`,
    "  abi_touch();",
    ...received.map((line) => `  ${line}`),
    ...(isVoid ? [] : [`  ${result.c} r;`]),
    ...parts.map((part, i) => `  memcpy(&${part}, abi_results + ${answer + 16 * i}, sizeof ${part});`),
    ...(isVoid ? [] : ["  return r;"]),
    "}",
    `void c_caller${k}(${result.c} (*callee)(${types})) {`,
    ...loads.map((line) => `  ${line}`),
    `  ${isVoid ? "" : `${result.c} r = `}callee(${args});`,
    ...parts.map((part, i) => `  memcpy(abi_out + ${16 * i}, &${part}, sizeof ${part});`),
    "}",
  ].join("\n");
}

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
  copy(words: number, from: string, fromAt: number, to: string, toAt: number): void {
    for (let k = 0; k < words; k++)
      this.lines.push(`store ${this.value(`load.i64 ${from}+${fromAt + 8 * k}`)}, ${to}+${toAt + 8 * k}`);
  }
}

function clifSide(k: number, { params, result }: Signature, from: number, answer: number): string {
  const { at } = places(params);
  const memory = result.memory;
  const all = [...(memory === undefined ? [] : ["i64 sret"]), ...params.map((p) => p.clif)];
  const first = memory === undefined ? 0 : 1;
  const returns = result.parts.map((p) => p.clif).join(", ");
  const signature = `(${all.join(", ")})${returns === "" ? "" : ` -> ${returns}`} system_v`;

  const callee = new Lines(all.length);
  callee.lines.push("call fn0()");
  const input = callee.value("symbol_value.i64 gv0");
  for (const [i, p] of params.entries()) {
    const v = `v${first + i}`;
    if (p.passed === "value") callee.lines.push(`store ${v}, ${input}+${at[i]}`);
    else callee.copy(p.bytes / 8, v, 0, input, at[i]!);
  }
  const given = callee.value("symbol_value.i64 gv1");
  if (memory !== undefined) callee.copy(memory / 8, given, answer, "v0", 0);
  const answers = result.parts.map((p, i) => callee.value(`load.${p.type} ${given}+${answer + 16 * i}`));
  callee.lines.push(`return ${answers.join(", ")}`.trim());

  const caller = new Lines(1);
  const source = caller.value("symbol_value.i64 gv0");
  const output = caller.value("symbol_value.i64 gv1");
  const args = params.map((p, i) =>
    p.passed === "value"
      ? caller.value(`load.${p.type} ${source}+${from + at[i]!}`)
      : caller.value(`iadd ${source}, ${caller.value(`iconst.i64 ${from + at[i]!}`)}`),
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
    `function %g_caller${k}(i64) system_v {`,
    "    gv0 = symbol %abi_values",
    "    gv1 = symbol %abi_out",
    `    sig0 = ${signature}`,
    "block0(v0: i64):",
    ...indent(caller),
    "}",
    "",
  ].join("\n");
}
