import { describe, expect, it } from "vitest";
import { CodeBuffer, type FixupTarget } from "./code-buffer.ts";
import { CompiledCode } from "./compiled-code.ts";

/** A toy machine: `E9` + 4 bytes is a long branch, `EB` + 1 byte a short one, `AA` + 4 bytes refers to data, `CC` traps. */
const toy: FixupTarget = {
  fixups: [{ name: "rel32", max: 2 ** 31 - 1, min: -(2 ** 31) }],
  applyFixup(_kind, bytes, at, distance, trailing) {
    new DataView(bytes.buffer).setInt32(at, distance - 4 - trailing, true);
  },
  shortBranchBytes: () => 2,
  writeShortBranch(_kind, bytes, at, _from, distance) {
    bytes[at] = 0xeb;
    bytes[at + 1] = distance;
  },
  fitsShortBranch: (_kind, distance) => distance >= -128 && distance <= 127,
  emitTrap(buf) {
    buf.put1(0xcc);
  },
};

function longBranch(buf: CodeBuffer, label: number): void {
  buf.branch(0, 5, label);
  buf.put1(0xe9);
  buf.put4(0);
}

function nops(buf: CodeBuffer, n: number): void {
  buf.reserve(n);
  for (let k = 0; k < n; k++) buf.put1(0x90);
}

function begin(labels: number): { buf: CodeBuffer; code: CompiledCode } {
  const buf = new CodeBuffer();
  const code = new CompiledCode();
  buf.reset(toy, code, labels);
  return { buf, code };
}

const hex = (code: CompiledCode): string =>
  Array.from(code.toBytes(), (b) => b.toString(16).padStart(2, "0")).join(" ");

describe("CodeBuffer", () => {
  it("shortens branches in both directions and resolves them", () => {
    const { buf, code } = begin(2);
    buf.bind(0);
    longBranch(buf, 1);
    nops(buf, 3);
    longBranch(buf, 0);
    buf.bind(1);
    nops(buf, 1);
    buf.finish();
    expect(hex(code)).toBe("eb 05 90 90 90 eb f9 90");
  });

  it("keeps a branch long when its target is out of reach", () => {
    const { buf, code } = begin(1);
    longBranch(buf, 0);
    nops(buf, 128);
    buf.bind(0);
    buf.finish();
    expect(code.length).toBe(5 + 128);
    expect(hex(code).startsWith("e9 80 00 00 00 90")).toBe(true);
  });

  it("takes the room that one shortened branch makes for the next", () => {
    const { buf, code } = begin(2);
    longBranch(buf, 0); // 127 bytes to label 0 once the branch below is short
    nops(buf, 122);
    longBranch(buf, 1);
    nops(buf, 3);
    buf.bind(0);
    buf.bind(1);
    buf.finish();
    expect(code.length).toBe(2 + 122 + 2 + 3);
    expect(code.bytes[0]).toBe(0xeb);
    expect(code.bytes[1]).toBe(127);
  });

  it("moves every column with the bytes", () => {
    const { buf, code } = begin(1);
    buf.source(7);
    longBranch(buf, 0);
    buf.source(8);
    buf.startInst();
    buf.trap(3);
    buf.reloc(1, 2, 3);
    nops(buf, 4);
    buf.callSite();
    buf.bind(0);
    buf.finish();
    expect(code.sources.toArray()).toEqual([0, 7, 2, 8]);
    expect(code.traps.toArray()).toEqual([2, 3]);
    expect(code.relocations.toArray()).toEqual([2, 1, 2, 3]);
    expect(code.callSites.toArray()).toEqual([6, -1, -1, 0]);
  });

  it("places constants once, aligned, and points the code at them", () => {
    const { buf, code } = begin(0);
    const eight = [1, 2, 3, 4, 5, 6, 7, 8];
    const index = buf.constant(eight, 8);
    nops(buf, 1);
    buf.put1(0xaa);
    buf.useConstant(index, 0);
    buf.put4(0);
    buf.finish();
    expect(code.alignment).toBe(8);
    expect(code.codeLength).toBe(6);
    expect(code.length).toBe(16);
    expect(new DataView(code.bytes.buffer).getInt32(2, true)).toBe(8 - 6);
    expect(code.data.toArray()).toEqual([8, 8, 0]);
  });

  it("leaves out constants that nothing refers to", () => {
    const { buf, code } = begin(0);
    buf.constant([1, 2, 3, 4], 4);
    nops(buf, 1);
    buf.finish();
    expect(code.length).toBe(1);
  });

  it("writes jump tables as distances from their start", () => {
    const { buf, code } = begin(2);
    buf.bind(0);
    nops(buf, 1);
    buf.bind(1);
    nops(buf, 1);
    const table = buf.jumpTable(2);
    buf.jumpTableEntry(0);
    buf.jumpTableEntry(1);
    buf.put1(0xaa);
    buf.useLabel(table, 0);
    buf.put4(0);
    buf.finish();
    const view = new DataView(code.bytes.buffer);
    const start = 8;
    expect(view.getInt32(3, true)).toBe(start - 7);
    expect(view.getInt32(start, true)).toBe(-start);
    expect(view.getInt32(start + 4, true)).toBe(1 - start);
  });

  it("shares a trap stub within one instruction and keeps others apart", () => {
    const { buf, code } = begin(0);
    buf.source(1);
    const first = buf.trapStub(5);
    expect(buf.trapStub(5)).toBe(first);
    buf.source(2);
    expect(buf.trapStub(5)).not.toBe(first);
    buf.finish();
    expect(code.traps.toArray()).toEqual([0, 5, 1, 5]);
  });

  it("reports a label that is used but never bound as our mistake", () => {
    const { buf } = begin(1);
    buf.useLabel(0, 0);
    buf.put4(0);
    expect(() => buf.finish()).toThrow(/never bound/);
  });
});
