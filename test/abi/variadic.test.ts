import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { gantry, hasTool, runTool, scratchFolder } from "../gantry.ts";
import { generator } from "./signatures.ts";

const usable = process.platform === "linux" && process.arch === "x64" && hasTool("cc");
const COUNT = 100;

interface Kind {
  readonly c: string;
  readonly clif: string;
  readonly bytes: number;
}
/** What a C compiler passes for `...`, after its default promotions. */
const kinds: readonly Kind[] = [
  { c: "int32_t", clif: "i32", bytes: 4 },
  { c: "int64_t", clif: "i64", bytes: 8 },
  { c: "double", clif: "f64", bytes: 8 },
  { c: "double", clif: "f64", bytes: 8 },
  { c: "unsigned __int128", clif: "i128", bytes: 16 },
];

/** Callees in C that store what va_arg gives, and callers in C and in CLIF that pass bytes of a buffer. */
function sides(): { c: string; clif: string } {
  const random = generator(77);
  const c: string[] = [
    "#include <stdarg.h>\n#include <stdint.h>\n#include <stdio.h>\n#include <string.h>",
    "uint8_t source[1024], seen[1024];\nint64_t zero(void) { return 0; }",
  ];
  const clif: string[] = [];
  const rows: string[] = [];
  for (let k = 0; k < COUNT; k++) {
    const args = Array.from({ length: random() % 24 }, () => kinds[random() % kinds.length]!);
    const bytes = args.length * 16;
    const take = args.map(
      (a, i) => `{ ${a.c} x = va_arg(l, ${a.c}); memcpy(seen + ${16 * i}, &x, ${a.bytes}); }`,
    );
    const load = args.map((a, i) => `${a.c} x${i}; memcpy(&x${i}, source + ${16 * i}, ${a.bytes});`);
    const names = args.map((_, i) => `, x${i}`).join("");
    c.push(
      `int64_t callee${k}(int64_t first, double second, ...) { va_list l; va_start(l, second); ${take.join(" ")} va_end(l); return first + (int64_t)second; }`,
      `int64_t c${k}(void *f) { ${load.join(" ")} return ((int64_t (*)(int64_t, double, ...))f)(${k}, 2.0${names}); }`,
      `int64_t direct${k}(void), indirect${k}(void *);`,
    );
    const signature = `(i64, f64${args.map((a) => `, ${a.clif}`).join("")}) -> i64 system_v`;
    const loads = args.map((a, i) => `v${10 + i} = load.${a.clif} v2+${16 * i}`);
    const values = `(v3, v4${args.map((_, i) => `, v${10 + i}`).join("")})`;
    // The call in front of it leaves 0 in al.
    const body = (call: string) =>
      [
        "v2 = symbol_value.i64 gv0",
        `v3 = iconst.i64 ${k}`,
        "v4 = f64const 0x1.0p1",
        ...loads,
        "v5 = call fn1()",
        `v6 = ${call}${values}`,
        "return v6",
        "}",
      ].join("\n");
    clif.push(
      `function %direct${k}() -> i64 system_v {\ngv0 = symbol %source\nfn0 = %callee${k}${signature}\nfn1 = %zero() -> i64 system_v\nblock0:\n${body("call fn0")}`,
      `function %indirect${k}(i64) -> i64 system_v {\ngv0 = symbol %source\nsig0 = ${signature}\nfn1 = %zero() -> i64 system_v\nblock0(v0: i64):\n${body("call_indirect sig0, v0")}`,
    );
    rows.push(`check(${k}, ${bytes}, (void *)callee${k}, c${k}, direct${k}, indirect${k});`);
  }
  c.push(
    `static unsigned calls, failures;
static void one(int k, int way, int bytes, int64_t result) {
  int same = 1;
  calls++;
  for (int i = 0; i < bytes; i++) same &= seen[i] == source[i] || seen[i] == 0;
  for (int i = 0; i < bytes; i += 16) same &= memcmp(seen + i, source + i, 4) == 0;
  if (result == k + 2 && same) return;
  failures++;
  printf("callee %d, way %d\\n", k, way);
}
static void check(int k, int bytes, void *callee, int64_t (*c)(void *), int64_t (*direct)(void), int64_t (*indirect)(void *)) {
  for (int i = 0; i < bytes; i++) source[i] = (uint8_t)(i * 31 + k) | 1;
  for (int way = 0; way < 3; way++) {
    memset(seen, 0, sizeof seen);
    one(k, way, bytes, way == 0 ? c(callee) : way == 1 ? direct() : indirect(callee));
  }
}
int main(void) {
  ${rows.join("\n  ")}
  printf("%u calls, %u failures\\n", calls, failures);
  return failures != 0;
}`,
  );
  return { c: `${c.join("\n")}\n`, clif: `${clif.join("\n")}\n` };
}

describe.skipIf(!usable)("variadic functions of the C compiler", () => {
  const folder = scratchFolder();
  const { c, clif } = sides();
  writeFileSync(join(folder, "side.c"), c);
  writeFileSync(join(folder, "side.clif"), clif);

  test.for([
    ["is_pic", "-O2", "-pie"],
    ["is_pic=false", "-O0", "-no-pie"],
    ["regalloc_algorithm=backtracking", "-O2", "-pie"],
  ] as const)("%s, %s", ([setting, level, pie]) => {
    const object = join(folder, "gantry.o");
    const ours = gantry(["compile", join(folder, "side.clif"), "-o", object, "--set", setting]);
    expect(ours.stderr).toBe("");
    const linked = join(folder, "program");
    const flags = [level, "-w", pie, pie === "-pie" ? "-fPIE" : "-fno-pie"];
    expect(runTool("cc", [...flags, join(folder, "side.c"), object, "-o", linked]).stderr).toBe("");
    expect(runTool(linked, []).stdout).toBe(`${3 * COUNT} calls, 0 failures\n`);
  });
});
