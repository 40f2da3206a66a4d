import { SourceFile } from "@gantry/diag";
import { describe, expect, it } from "vitest";
import { readFunctions } from "../reader/file.ts";
import { writeFunction } from "./function.ts";
import { imm64Text, offsetText } from "./numbers.ts";

const read = (text: string) => readFunctions(new SourceFile("t.clif", text));

/** Reads and writes; the result must be a fixed point. */
function rewrite(text: string): string {
  const [f] = read(text);
  const out = writeFunction(f);
  const [again] = read(out);
  expect(writeFunction(again)).toBe(out);
  return out;
}

/** Texts that are written exactly as they are read. */
const EXACT: Record<string, string> = {
  "every preamble declaration": `function u7:3(i64 vmctx, i32 uext, i8 sext, i64 sarg(24), i64 sret) -> i32 sext, f64 tail {
    ss0 = explicit_slot 8
    ss1 = explicit_slot 24, align = 16, key = 12345678901
    region0 = 7 "vmctx"
    region1 = 4000000000 ""
    gv0 = vmctx
    gv1 = load.i64 notrap aligned readonly can_move region0 gv0+8
    gv2 = iadd_imm.i64 gv1, -16
    gv3 = symbol colocated tls %thing+16
    gv4 = symbol %other-10000
    gv5 = symbol %ElfGlobalOffsetTable
    sig0 = () fast
    sig1 = (i32x4, f32) -> f64, i128 system_v
    fn0 = colocated u1:2 sig0
    fn1 = %ext sig1
    fn2 = patchable %CeilF32 sig0
    const0 = 0x0000000f00000000
    stack_limit = gv1

block0(v0: i64, v1: i32, v2: i8, v3: i64, v4: i64):
    trap user1
}
`,
  "locations and tags": `function %f(i32) fast {
    ss0 = explicit_slot 8
    sig0 = (i32) fast
    fn0 = %g sig0

                                block0(v0: i32):
@0001                               v1 = iadd v0, v0
                                    v2 = iadd v1, v1
<1, ss0> @1ffffff                   call fn0(v2)
<7> @0002                           sequence_point${" "}
                                    return
}
`,
  aliases: `function %f(i32) -> i32 fast {
block0(v0: i32):
    v5 -> v0
    v7 -> v0
    v6 -> v5
    v1 = iadd v5, v6
    v8 -> v1
    return v8
}
`,
  "suffixes where the operand comes from elsewhere": `function %f(i32) -> i32 fast {
block0(v0: i32):
    v1 = iadd v0, v0
    jump block1

block1:
    v2 = iadd.i32 v1, v0
    v3 = icmp.i32 slt v1, v2
    v4 = iadd v2, v1
    v5 = uextend.i64 v3
    return v4
}
`,
  branches: `function %f(i32, i64) fast {
block0(v0: i32, v1: i64):
    brif v0, block1(v0, v1), block2

block1(v2: i32, v3: i64) cold:
    br_table v2, block2, [block1(v2, v3), block2, block2]

block2:
    br_table v0, block1(v0, v1), []
}
`,
  exceptions: `function %f(i32, i64) -> i32 tail {
    sig0 = (i32) -> i32 tail
    fn0 = %g sig0

block0(v0: i32, v1: i64):
    try_call fn0(v0), sig0, block1(ret0, v0), [ tag1: block2(exn0), context v1, tag4294967295: block2(exn1), default: block2(v1) ]

block1(v2: i32, v3: i32):
    try_call_indirect.i64 v1(v2), sig0, block3(ret0), []

block2(v4: i64):
    v5 = get_exception_handler_address.i64 block0, 1
    trap user2

block3(v6: i32):
    return v6
}
`,
  "stack maps": `function %f(i64) fast {
    ss0 = explicit_slot 16
    sig0 = (i64) fast
    fn0 = %g sig0

block0(v0: i64):
    call fn0(v0), stack_map=[i32 @ ss0+0, i64 @ ss0+8]
    call_indirect sig0, v0(v0), stack_map=[i8 @ ss0+4]
    return
}
`,
  constants: `function %f(f32, f64) fast {
    const0 = 0x00000004000000030000000200000001
    const1 = 0x3fff0000000000000000000000000000

block0(v0: f32, v1: f64):
    v2 = iconst.i8 -1
    v3 = iconst.i16 -32768
    v4 = iconst.i32 0x7fff_ffff
    v5 = iconst.i64 0xffff_ffff
    v6 = iconst.i64 -9223372036854775808
    v7 = f16const 0x1.000p0
    v8 = f32const -sNaN:0x1
    v9 = f64const 0x1.8000000000000p-3
    v10 = f128const const1
    v11 = vconst.i32x4 const0
    v12 = iadd v2, v2  ; v2 = -1, v2 = -1
    v13 = select.f64 v2, v9, v1  ; v2 = -1, v9 = 0x1.8000000000000p-3
    v14 = fadd v10, v10  ; v10 = 0x1.0000000000000000000000000000p0, v10 = 0x1.0000000000000000000000000000p0
    v15 = iadd v11, v11  ; v11 = const0, v11 = const0
    return
}
`.replace("select.f64 v2, v9, v1", "select v2, v9, v1"),
  memory: `function %f(i64, i32, i128) fast {
    region0 = 1 "heap"

block0(v0: i64, v1: i32, v2: i128):
    v3 = load.i32 v0
    v4 = load.i32 notrap aligned readonly can_move little region0 v0+8
    v5 = load.i32 user9 big v0-0x0001_0000
    store aligned region0 v1, v0-4
    v6 = uload8.i32 v0
    istore8 v1, v0
    v7 = atomic_rmw.i32 notrap little xchg v0, v1
    v8 = atomic_cas aligned v0, v1, v1
    v9 = atomic_load.i64 v0
    atomic_store int_ovf v1, v0
    v10 = bitcast.i64x2 little v2
    v11 = uload8x8 v0+3
    fence${" "}
    return
}
`,
  vectors: `function %f(i8x16, i32) fast {
block0(v0: i8x16, v1: i32):
    v2 = shuffle v0, v0, 0x1f1e1d1c1b1a19181716151413121110
    v3 = extractlane v0, 15
    v4 = insertlane v0, v3, 0
    v5 = splat.i32x4 v1
    v6 = icmp ne v5, v5
    v7, v8 = isplit v1
    v9, v10 = uadd_overflow v1, v1
    v11 = uadd_overflow_trap v1, v1, user3
    trapz v1, heap_oob
    return
}
`,
  empty: "function %f() fast {\n}\n",
};

describe("writing what was read", () => {
  for (const [name, text] of Object.entries(EXACT)) it(name, () => expect(rewrite(text)).toBe(text));

  it("turns inline constants and signatures into declarations", () => {
    expect(
      rewrite(
        "function %f() {\n fn0 = %g(i32) -> i32 tail\nblock0:\n v0 = vconst.i16x2 [1 -2]\n v1 = f128const 0x1.0p0\n return\n}",
      ),
    ).toBe(`function %f() fast {
    sig0 = (i32) -> i32 tail
    fn0 = %g sig0
    const0 = 0xfffe0001
    const1 = 0x3fff0000000000000000000000000000

block0:
    v0 = vconst.i16x2 const0
    v1 = f128const const1
    return
}
`);
  });

  it("skips functions that were never declared", () => {
    expect(rewrite("function %f() {\n fn1 = %g() fast\nblock0:\n return\n}")).toContain(
      "{\n    sig0 = () fast\n    fn1 = %g sig0\n\n",
    );
  });

  it("prints dynamic types in their long form", () => {
    const [f] = read(`function %f() {
    gv0 = dyn_scale_target_const.i32x4
    dt0 = i32x4*gv0
    dss0 = explicit_dynamic_slot dt0
block0:
    v0 = dynamic_stack_addr.i64 dss0
    v1 = load.dt0 v0
    v2 = iadd v1, v1
    v3 = extract_vector v2, 0
    return
}`);
    const out = writeFunction(f);
    expect(out).toContain("    dss0 = explicit_dynamic_slot dt0\n    gv0 = dyn_scale_target_const.i32x4\n");
    expect(out).toContain("v1 = load.types::I32x4xN v0");
    expect(out).toContain("v3 = extract_vector v2, 0");
  });
});

describe("integers", () => {
  it("are decimal below 10000 and grouped from there", () => {
    expect(imm64Text(9999, 0)).toBe("9999");
    expect(imm64Text(10000, 0)).toBe("0x2710");
    expect(imm64Text(0, 1)).toBe("0x0001_0000_0000");
    expect(imm64Text(-1, 0)).toBe("0xffff_ffff");
    expect(imm64Text(-1, -1)).toBe("-1");
    expect(imm64Text(0, -2147483648)).toBe("-9223372036854775808");
    expect(offsetText(0)).toBe("");
    expect(offsetText(-2147483648)).toBe("-0x8000_0000");
  });
});
