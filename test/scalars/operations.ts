/** Operations on scalars that x86-64 does with more than an instruction, in CLIF and in C. */

/** A function of one operation. */
export interface Operation {
  readonly name: string;
  readonly params: readonly string[];
  readonly result: string;
  /** Lines of CLIF; operands are v0, v1, ..., the result v9. */
  readonly clif: string;
  /** The same in C; operands are a, b, c. */
  readonly c: string;
  /** Where both are defined; everywhere if absent. */
  readonly when?: string;
}

const INTS = ["i8", "i16", "i32", "i64", "i128"];
const FLOATS = ["f16", "f32", "f64", "f128"];
/** Formats for which x86-64 has no arithmetic. */
const ODD_FLOATS = ["f16", "f128"];

const bits = (t: string): number => Number(t.slice(1));
const operation = (
  name: string,
  params: readonly string[],
  result: string,
  clif: string,
  c: string,
  when?: string,
): Operation => ({ name, params, result, clif, c, ...(when === undefined ? {} : { when }) });

/** i128: division, high products, sums with carries, counts. */
function wideIntegers(): Operation[] {
  const two = ["i128", "i128"];
  const least = "(((u128)1 << 127))";
  const divides = `b != 0 && !(a == ${least} && b == (u128)-1)`;
  const out = [
    operation("udiv", two, "i128", "v9 = udiv v0, v1", "a / b", "b != 0"),
    operation("urem", two, "i128", "v9 = urem v0, v1", "a % b", "b != 0"),
    operation("sdiv", two, "i128", "v9 = sdiv v0, v1", "(u128)((s128)a / (s128)b)", divides),
    operation("srem", two, "i128", "v9 = srem v0, v1", "(u128)((s128)a % (s128)b)", divides),
    operation("umulhi", two, "i128", "v9 = umulhi v0, v1", "high_product(a, b)"),
    operation("smulhi", two, "i128", "v9 = smulhi v0, v1", "signed_high_product(a, b)"),
    operation("imul", two, "i128", "v9 = imul v0, v1", "a * b"),
    operation(
      "words",
      ["i64", "i64"],
      "i128",
      "v2 = uextend.i128 v0\n v3 = uextend.i128 v1\n v9 = imul v2, v3",
      "(u128)a * b",
    ),
    operation(
      "signed_words",
      ["i64", "i64"],
      "i128",
      "v2 = sextend.i128 v0\n v3 = sextend.i128 v1\n v9 = imul v2, v3",
      "(u128)((s128)(int64_t)a * (int64_t)b)",
    ),
    operation("add_word", ["i128", "i64"], "i128", "v2 = uextend.i128 v1\n v9 = iadd v0, v2", "a + b"),
    operation("sub_word", ["i128", "i64"], "i128", "v2 = uextend.i128 v1\n v9 = isub v0, v2", "a - b"),
  ];
  for (const [sign, type] of [
    ["u", "u128"],
    ["s", "s128"],
  ])
    for (const op of ["add", "sub"]) {
      const overflow = `({ ${type} r; __builtin_${op}_overflow((${type})a, (${type})b, &r); })`;
      out.push(
        operation(`${sign}${op}_overflow`, two, "i8", `v8, v9 = ${sign}${op}_overflow v0, v1`, overflow),
      );
      const carried = `({ ${type} r, s; __builtin_${op}_overflow((${type})a, (${type})b, &r) ^ __builtin_${op}_overflow(r, (${type})(c & 1), &s); })`;
      const name = `${sign}${op}_overflow_${op === "add" ? "cin" : "bin"}`;
      const carry = "v3 = iconst.i8 1\n v4 = band v2, v3\n";
      out.push(operation(name, [...two, "i8"], "i8", `${carry} v8, v9 = ${name} v0, v1, v4`, carried));
      const sum = `a ${op === "add" ? "+" : "-"} b ${op === "add" ? "+" : "-"} (c & 1)`;
      out.push(operation(`${name}_sum`, [...two, "i8"], "i128", `${carry} v9, v8 = ${name} v0, v1, v4`, sum));
    }
  return out;
}

/** Arithmetic, rounding and comparisons of f16 and f128. */
function arithmetic(t: string): Operation[] {
  const out: Operation[] = [];
  const two = [t, t];
  const add = (name: string, params: readonly string[], c: string) =>
    out.push(
      operation(`${name}_${t}`, params, t, `v9 = ${name} ${params.map((_, k) => `v${k}`).join(", ")}`, c),
    );
  for (const [name, sign] of [
    ["fadd", "+"],
    ["fsub", "-"],
    ["fmul", "*"],
    ["fdiv", "/"],
  ])
    add(name, two, `a ${sign} b`);
  // In 113 bits these are exact or rounded harmlessly before they become f16.
  const c = t === "f16" ? "_Float16" : "__float128";
  add("sqrt", [t], `(${c})sqrtf128((__float128)a)`);
  add("fma", [t, t, t], `(${c})fmaf128((__float128)a, (__float128)b, (__float128)c)`);
  add("fmin", two, `(${c})least((__float128)a, (__float128)b)`);
  add("fmax", two, `(${c})greatest((__float128)a, (__float128)b)`);
  for (const [name, fn] of [
    ["ceil", "ceil"],
    ["floor", "floor"],
    ["trunc", "trunc"],
    ["nearest", "rint"],
  ])
    add(name, [t], `(${c})${fn}f128((__float128)a)`);
  add("fneg", [t], "-a");
  const conditions: [string, string][] = [
    ["eq", "a == b"],
    ["ne", "a != b"],
    ["lt", "a < b"],
    ["le", "a <= b"],
    ["gt", "a > b"],
    ["ge", "a >= b"],
    ["ord", "a == a && b == b"],
    ["uno", "a != a || b != b"],
    ["one", "a < b || a > b"],
    ["ueq", "!(a < b || a > b)"],
    ["ult", "!(a >= b)"],
    ["ule", "!(a > b)"],
    ["ugt", "!(a <= b)"],
    ["uge", "!(a < b)"],
  ];
  for (const [cc, c] of conditions)
    out.push(operation(`fcmp_${cc}_${t}`, two, "i8", `v9 = fcmp ${cc} v0, v1`, c));
  return out;
}

const C_FLOATS: Readonly<Record<string, string>> = {
  f16: "_Float16",
  f32: "float",
  f64: "double",
  f128: "__float128",
};

/** Between the floats, and between floats and integers, where one of the types is not the machine's. */
function conversions(): Operation[] {
  const out: Operation[] = [];
  const isOdd = (float: string, int = "i64") => ODD_FLOATS.includes(float) || int === "i128";
  for (const from of FLOATS)
    for (const to of FLOATS) {
      if (bits(from) === bits(to) || !(isOdd(from) || isOdd(to))) continue;
      const op = bits(from) < bits(to) ? "fpromote" : "fdemote";
      out.push(operation(`${op}_${from}_${to}`, [from], to, `v9 = ${op}.${to} v0`, `(${C_FLOATS[to]})a`));
    }
  for (const float of FLOATS)
    for (const int of INTS) {
      if (!isOdd(float, int)) continue;
      for (const sign of ["u", "s"]) {
        const signed = sign === "s";
        const type = `${signed ? "s" : "u"}${bits(int)}`;
        const from = `fcvt_from_${sign}int`;
        out.push(
          operation(
            `${from}_${int}_${float}`,
            [int],
            float,
            `v9 = ${from}.${float} v0`,
            `(${C_FLOATS[float]})(${type})a`,
          ),
        );
        const to = `fcvt_to_${sign}int`;
        const bound = `${type}_range((__float128)a)`;
        out.push(
          operation(
            `${to}_${float}_${int}`,
            [float],
            int,
            `v9 = ${to}.${int} v0`,
            `(u${bits(int)})(${type})a`,
            `${bound} == 0`,
          ),
          operation(
            `${to}_sat_${float}_${int}`,
            [float],
            int,
            `v9 = ${to}_sat.${int} v0`,
            `${bound} == 0 ? (u${bits(int)})(${type})a : ${bound} == 2 ? 0 : ${bound} < 0 ? ${type}_MIN : ${type}_MAX`,
          ),
        );
      }
    }
  return out;
}

/** Everything. */
export const operations: readonly Operation[] = [
  ...wideIntegers(),
  ...ODD_FLOATS.flatMap(arithmetic),
  ...conversions(),
];

/** CLIF of one function each. */
export const clifText = (): string =>
  operations
    .map(
      ({ name, params, result, clif }) =>
        `function %op_${name}(${params.join(", ")}) -> ${result} system_v {\nblock0(${params
          .map((t, k) => `v${k}: ${t}`)
          .join(", ")}):\n ${clif}\n return v9\n}\n`,
    )
    .join("");

/** The C program that calls each with random operands and compares. */
export function cText(): string {
  const lines = operations.map(({ name, params, result, c, when }) => {
    const names = params.map((_, k) => "abc"[k]);
    const list = params.map((t, k) => `${t} ${names[k]}`).join(", ");
    return [
      `${result} op_${name}(${list});`,
      `static void test_${name}(void) {`,
      "  for (int k = 0; k < COUNT; k++) {",
      ...params.map((t, k) => `    ${t} ${names[k]} = random_${t}();`),
      when === undefined ? "" : `    if (!(${when})) continue;`,
      `    ${result} expected = ${c};`,
      `    ${result} found = op_${name}(${names.join(", ")});`,
      `    if (!same_${result}(expected, found)) { report("${name}"); ${names
        .map((n) => `show(&${n}, sizeof ${n});`)
        .join(" ")} show(&expected, sizeof expected); show(&found, sizeof found); puts(""); break; }`,
      "    compared++;",
      "  }",
      "}",
    ].join("\n");
  });
  const calls = operations.map(({ name }) => `  test_${name}();`).join("\n");
  return `#include "scalars.h"\n${lines.join("\n")}\nint main(void) {\n${calls}\n  return finish(${operations.length});\n}\n`;
}
