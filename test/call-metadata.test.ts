import {
  CALL_SITE_WORDS,
  type CompiledCode,
  codeFromImage,
  codeToImage,
  disassemble,
  FRAME_SLOT_WORDS,
  HANDLER_WORDS,
  HandlerKind,
  Symbols,
  TAG_WORDS,
} from "@gantry/codegen-core";
import { diagnosticsOf } from "@gantry/diag/testing";
import { x64 } from "@gantry/isa-x64";
import { describe, expect, test } from "vitest";
import { compileText } from "./compile-text.ts";

const rows = (column: { length: number; at(i: number): number }, words: number): number[][] =>
  Array.from({ length: column.length / words }, (_, k) =>
    Array.from({ length: words }, (_, w) => column.at(k * words + w)),
  );

/** Offsets behind the calls of the code. */
function behindCalls(code: CompiledCode): number[] {
  const lines = disassemble(x64, code).split("\n");
  return lines.flatMap((line, k) =>
    /\tcallq|callq\t/.test(line) ? [Number.parseInt(lines[k + 1]!.slice(0, 6).trim(), 16)] : [],
  );
}

const text = `function %f(i64, f64) -> i64 system_v {
    ss0 = explicit_slot 16, key = 0x1_0000_0007
    ss1 = explicit_slot 64, align = 16
    sig0 = (i64) -> i64 system_v
    fn0 = %g(i64) -> i64 system_v
    fn1 = colocated patchable %hook(i64) preserve_all
block0(v0: i64, v1: f64):
<1, ss1> v2 = call fn0(v0), stack_map=[i64 @ ss0+0, i32 @ ss1+8]
    call fn1(v2)
<7> sequence_point
    brif v0, block1, block9(v2)
block1:
<2> try_call fn0(v2), sig0, block9(ret0), [ context v0, tag5: block3, context v2, default: block4(exn1) ], stack_map=[i64 @ ss0+8]
block3:
    return v0
block4(v3: i64):
    v4 = iadd v3, v2
    return v4
block9(v5: i64):
    return v5
}
`;

describe.each(["regalloc_algorithm=linear", "regalloc_algorithm=backtracking"])("%s", (algorithm) => {
  const code = compileText(text, [algorithm, "machine_code_cfg_info", "preserve_frame_pointers"]);
  const sites = rows(code.callSites, CALL_SITE_WORDS);
  const slots = rows(code.frameSlots, FRAME_SLOT_WORDS);

  test("call sites are behind the calls", () => {
    expect(sites.map(([at]) => at)).toEqual(behindCalls(code));
    expect(sites.length).toBe(3);
  });
  test("stack maps name slots by their distance from the stack pointer", () => {
    const map = (site: number) => {
      const at = sites[site]![1]!;
      return Array.from({ length: 2 + 2 * code.stackMaps.at(at + 1) }, (_, k) => code.stackMaps.at(at + k));
    };
    // i64 is 119, i32 is 118; the frame pointer is 16 bytes below the canonical frame address.
    const size = code.framePointerAt + 16;
    expect(map(0)).toEqual([size, 2, 119, slots[0]![1], 118, slots[1]![1]! + 8]);
    expect(sites[1]![1]).toBe(-1);
    expect(map(2)).toEqual([size, 1, 119, slots[0]![1]! + 8]);
  });
  test("slots have their keys", () => {
    expect(slots.map(([slot, , low, high]) => [slot, low, high])).toEqual([
      [0, 7, 1],
      [1, 0, 0],
    ]);
  });
  test("handlers are listed in order and begin where a block begins", () => {
    const handlers = rows(code.handlers, HANDLER_WORDS);
    expect(sites.map(([, , first, count]) => [first, count])).toEqual([
      [-1, 0],
      [-1, 0],
      [0, 4],
    ]);
    expect(handlers.map(([kind]) => kind)).toEqual([
      HandlerKind.context,
      HandlerKind.tag,
      HandlerKind.context,
      HandlerKind.default,
    ]);
    expect(handlers[1]![1]).toBe(5);
    expect(handlers[0]![1]).not.toBe(handlers[2]![1]);
    for (const [kind, value, offset] of handlers) {
      if (kind !== HandlerKind.context) expect(code.blockOffsets.toArray()).toContain(offset);
      else {
        expect(offset).toBe(-1);
        expect(value! >= 0 && value! < code.frameBytes).toBe(true);
      }
    }
  });
  test("debug tags are where calls return and where sequence points are", () => {
    const tags = rows(code.debugTags, TAG_WORDS);
    expect(tags.map(([, kind, value]) => [kind, value])).toEqual([
      [0, 1],
      [1, 1],
      [0, 7],
      [0, 2],
    ]);
    expect(tags[0]![0]).toBe(sites[0]![0]);
    expect(tags[3]![0]).toBe(sites[2]![0]);
    expect(tags[2]![0]).toBeGreaterThanOrEqual(sites[1]![0]!);
    expect(tags[2]![0]).toBeLessThan(sites[2]![0]!);
  });
  test("a patchable call is five bytes", () => {
    expect(code.patchable.toArray()).toEqual([sites[1]![0], 5]);
    expect(code.bytes[sites[1]![0]! - 5]).toBe(0xe8);
  });
  test("an image keeps all of it", () => {
    const symbols = new Symbols();
    const copy = code.clone();
    expect(codeFromImage(codeToImage(code, symbols), copy, symbols)).toBe(true);
    expect(copy.framePointerAt).toBe(code.framePointerAt);
    expect(copy.handlers.toArray()).toEqual(code.handlers.toArray());
    expect(copy.stackMaps.toArray()).toEqual(code.stackMaps.toArray());
  });
});

test("what a target cannot do is refused with a reason", () => {
  const refused = (declarations: string, body: string): string => {
    const text = `function %f(i64) -> i64 system_v {\n${declarations}\nblock0(v0: i64):\n${body}\n}`;
    return diagnosticsOf(() => compileText(text, []))[0]!.message;
  };
  const tls = "gv0 = symbol tls %x";
  expect(refused(tls, "v1 = tls_value.i64 gv0\nreturn v1")).toContain("it needs tls_model=elf_gd");
  expect(refused("", "v1 = stack_switch.i64 v0, v0, v0\nreturn v1")).toContain(
    "it needs stack_switch_model=basic",
  );
  expect(refused("sig0 = (i64) apple_aarch64", "return v0")).toContain("one of AArch64");
  expect(refused("sig0 = (i64) probestack", "return v0")).toContain("for the runtime function alone");
  expect(refused("ss0 = explicit_slot 8, align = 8192", "return v0")).toContain("alignment 8192");
});
