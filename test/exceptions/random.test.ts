import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { generator } from "../abi/signatures.ts";
import { gantry, hasTool, root, runTool, scratchFolder } from "../gantry.ts";

const usable = process.platform === "linux" && process.arch === "x64" && hasTool("cc");
const COUNT = 40;
const mask = (x: bigint): bigint => BigInt.asUintN(64, x);

interface Values {
  /** Names of integers and of floats, which hold small integers, with their values. */
  readonly ints: { name: string; value: bigint }[];
  readonly floats: { name: string; value: bigint }[];
}

/** A function of several try_calls with many values alive across them, and what it returns for each tag. */
function randomFunction(
  k: number,
  random: () => number,
  x: bigint,
): { clif: string; tail: boolean; results: bigint[] } {
  const tail = random() % 2 === 0;
  const callee = tail ? `colocated %thrower${random() % 2 === 0 ? "" : "_wide"}` : "%deep";
  const wide = callee.endsWith("_wide");
  const signature = tail
    ? `(i32, i64${", i64".repeat(wide ? 12 : 0)}) -> i64 tail`
    : "(i32, i64, i64, i64) -> i64 system_v";
  const lines: string[] = [];
  let next = 2;
  const value = (text: string): string => {
    lines.push(`v${next} = ${text}`);
    return `v${next++}`;
  };
  const alive: Values = { ints: [{ name: "v1", value: x }], floats: [] };
  const grow = (): void => {
    for (let n = 2 + (random() % 14); n > 0; n--) {
      if (random() % 3 === 0) {
        const constant = BigInt(random() % 1000);
        const from = value(`iconst.i64 ${constant}`);
        alive.floats.push({ name: value(`fcvt_from_uint.f64 ${from}`), value: constant });
      } else {
        const a = alive.ints[random() % alive.ints.length]!;
        const b = alive.ints[random() % alive.ints.length]!;
        const c = value(`iconst.i64 ${random() % 999}`);
        const constant = BigInt(lines.at(-1)!.split(" ").at(-1)!);
        alive.ints.push({
          name: value(`iadd ${value(`imul ${a.name}, ${c}`)}, ${b.name}`),
          value: mask(a.value * constant + b.value),
        });
      }
    }
  };
  /** Ends a block by returning the sum of some of the values. */
  const finish = (start: string, startValue: bigint): bigint => {
    let sum = start;
    let total = startValue;
    for (const { name, value: v } of alive.ints.filter(() => random() % 3 !== 0)) {
      sum = value(`iadd ${sum}, ${name}`);
      total += v;
    }
    for (const { name, value: v } of alive.floats.filter(() => random() % 3 !== 0)) {
      sum = value(`iadd ${sum}, ${value(`fcvt_to_uint.i64 ${name}`)}`);
      total += v;
    }
    lines.push(`return ${sum}`);
    return mask(total);
  };
  const zero = value("iconst.i32 0");
  const two = value("iconst.i64 2");
  const calls = 1 + (random() % 3);
  const results: bigint[] = [];
  for (let call = 0; call < calls; call++) {
    grow();
    const last = call === calls - 1;
    // All calls but the last return; what they return is 2x, and x + 77 in the convention of the machine.
    const tag = last ? "v0" : zero;
    const seventySeven = value("iconst.i64 77");
    const args = tail
      ? [tag, "v1", ...Array.from({ length: wide ? 12 : 0 }, () => two)]
      : [tag, two, "v1", seventySeven];
    const returned = tail ? mask(x + x) : mask(x + 77n);
    const pass = alive.ints[random() % alive.ints.length]!;
    lines.push(
      `try_call fn0(${args.join(", ")}), sig0, block${10 * call + 1}(${pass.name}, ret0), [ tag1: block${10 * call + 2}(exn1, ${pass.name}, exn0), default: block${10 * call + 3}(exn0) ]`,
    );
    const saved = { ints: [...alive.ints], floats: [...alive.floats] };
    const handler = (block: number, params: string[]): void => {
      lines.push(`block${block}(${params.map((p) => `${p}: i64`).join(", ")}):`);
    };
    const param = (): string => `v${next++}`;
    const h1 = [param(), param(), param()];
    handler(10 * call + 2, h1);
    alive.ints.push({ name: h1[0]!, value: 77n }, { name: h1[1]!, value: pass.value });
    const onTag1 = finish(h1[2]!, x);
    alive.ints.splice(0, alive.ints.length, ...saved.ints);
    const h2 = param();
    handler(10 * call + 3, [h2]);
    const onOther = finish(h2, x);
    const normal = [param(), param()];
    handler(10 * call + 1, normal);
    alive.ints.push({ name: normal[0]!, value: pass.value }, { name: normal[1]!, value: returned });
    if (last) results.push(finish(normal[1]!, returned), onTag1, onOther);
  }
  const clif = `function %r${k}(i32, i64) -> i64 system_v {\n    sig0 = ${signature}\n    fn0 = ${callee}${signature}\nblock0(v0: i32, v1: i64):\n${lines.map((l) => `    ${l}`).join("\n")}\n}\n`;
  return { clif, tail, results };
}

/** `tail` callees: they call %deep, which throws, or return 2x. */
const throwers = ["", "_wide"]
  .map((name) => {
    const extra = name === "" ? 0 : 12;
    const more = Array.from({ length: extra }, (_, i) => `, v${20 + i}: i64`).join("");
    return `function %thrower${name}(i32, i64${", i64".repeat(extra)}) -> i64 tail {
    fn0 = %deep(i32, i64, i64, i64) -> i64 system_v
block0(v0: i32, v1: i64${more}):
    v2 = iconst.i64 2
    v3 = iconst.i64 77
    v4 = call fn0(v0, v2, v1, v3)
    v5 = isub v4, v3
    v6 = iadd v5, v1
    return v6
}\n`;
  })
  .join("");

describe.skipIf(!usable)("exceptions in functions with many values", () => {
  const folder = scratchFolder();
  const random = generator(2025);
  const functions = Array.from({ length: COUNT }, (_, k) => ({
    x: BigInt(k + 1),
    ...randomFunction(k, random, BigInt(k + 1)),
  }));
  const clif = join(folder, "random.clif");
  writeFileSync(clif, throwers + functions.map((f) => f.clif).join(""));
  const rows = functions.map(
    (f, k) =>
      `check(${k}, r${k}, ${f.x}, ${f.tail ? 1 : 0}, (uint64_t[]){${f.results.map((r) => `${r}u`).join(", ")}});`,
  );
  const main = join(folder, "main.c");
  writeFileSync(
    main,
    `#include <stdint.h>
#include <stdio.h>
extern int poison;
static unsigned checks, failures;
${functions.map((_, k) => `uint64_t r${k}(uint32_t, uint64_t);`).join("\n")}
static void check(int k, uint64_t (*f)(uint32_t, uint64_t), uint64_t x, int tail, const uint64_t *want) {
  poison = tail;
  for (uint32_t tag = 0; tag < 3; tag++) {
    uint64_t got = f(tag, x);
    checks++;
    if (got == want[tag]) continue;
    failures++;
    printf("r%d, tag %u: %#lx, expected %#lx\\n", k, tag, (unsigned long)got, (unsigned long)want[tag]);
  }
}
int main(void) {
  ${rows.join("\n  ")}
  printf("%u checks, %u failures\\n", checks, failures);
  return failures != 0;
}
`,
  );
  const others = "many twice wide loop context address indirect outer tails aligned floats all".split(" ");
  const unused = join(folder, "unused.c");
  writeFileSync(unused, others.map((name) => `void ${name}(void) {}\n`).join(""));

  test.for([
    "regalloc_algorithm=linear",
    "regalloc_algorithm=backtracking",
    "preserve_frame_pointers",
    "has_avx",
  ])("%s", (setting) => {
    const object = join(folder, "random.o");
    const flags = ["--set", setting, "--set", "regalloc_checker"];
    expect(gantry(["compile", clif, "-o", object, ...flags]).stderr).toBe("");
    const linked = join(folder, "program");
    const runtime = join(root, "test/exceptions/runtime.c");
    const sources = ["-Dmain=unused_main", runtime];
    expect(runTool("cc", ["-O1", "-w", "-c", ...sources, "-o", join(folder, "runtime.o")]).stderr).toBe("");
    expect(
      runTool("cc", ["-O1", "-w", main, unused, join(folder, "runtime.o"), object, "-o", linked]).stderr,
    ).toBe("");
    expect(runTool(linked, []).stdout).toBe(`${3 * COUNT} checks, 0 failures\n`);
  });
});
