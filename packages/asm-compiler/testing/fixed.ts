/** Samples of rows of fixed-width machines: the edges of each operand's space. */
import type { FixedResolvedRow, RowOperand } from "@gantry/asm-compiler";
import type { FixedKind } from "@gantry/asm-compiler/fixed";
import { RecordingBuffer } from "./buffer.ts";
import { hex, type Sample, type Subject } from "./compare.ts";
import { assemble, FILL, type LlvmTarget } from "./llvm.ts";
import { pseudoRandom } from "./random.ts";
import { trapsOf } from "./x86.ts";

/** Registers of a kind, as register words. */
function registers(kind: FixedKind): number[] {
  const out: number[] = [];
  for (let n = 0; n < 32; n++)
    if (((kind.register!.allowed >>> n) & 1) !== 0) out.push((kind.regClass << 5) | n);
  return out;
}

/** Edges of an immediate kind: nothing, one, the last bit, the sign, each bit alone. */
function immediates(kind: FixedKind): bigint[] {
  const law = kind.immediate!;
  if (law.samples !== undefined) return [...law.samples];
  const { bits, shift, signed, nonZero } = law;
  const out = new Set<bigint>();
  const top = 1n << BigInt(signed ? bits - 1 : bits);
  for (let b = 0; b < (signed ? bits - 1 : bits); b++) out.add(1n << BigInt(b));
  out.add(0n);
  out.add(top - 1n);
  if (signed) for (const v of [-1n, -2n, -top]) out.add(v);
  if (nonZero) out.delete(0n);
  const { names } = kind;
  if (names !== undefined) return [...out].filter((v) => (names[Number(v)] ?? "") !== "");
  return [...out].map((v) => v << BigInt(shift));
}

const toWord = (v: bigint): number => Number(BigInt.asIntN(32, v));

/** Groups of four words of a memory kind: each register and each displacement, with and without index. */
function memories(kind: FixedKind): number[][] {
  const law = kind.memory!;
  const bases = registers(law.base);
  const indexes =
    law.index === undefined ? [-1] : law.zeroIsNone ? [-1, ...registers(law.index)] : registers(law.index);
  const disps = law.disp === undefined ? [0n] : immediates(law.disp);
  const out: number[][] = [];
  const count = Math.max(bases.length, indexes.length, disps.length);
  const scales = law.scale > 0 ? [0, law.scale] : [0];
  for (let k = 0; k < count * scales.length; k++) {
    const scale = scales[k % scales.length]!;
    out.push([
      bases[(k * 7) % bases.length]!,
      indexes[(k * 5) % indexes.length]!,
      toWord(disps[k % disps.length]!),
      1 | (scale << 4),
    ]);
  }
  return out;
}

/** Distances that a label kind is tried with; a sample's label is an index into them. */
function distances(kind: FixedKind): number[] {
  // Distances are words: the code of a function is never as far apart as 32 bits of halfwords reach.
  return immediates(kind)
    .map(Number)
    .filter((distance) => distance === (distance | 0));
}

function valuesOf(o: RowOperand): number[][] {
  const kind = o.kind as FixedKind;
  switch (kind.form) {
    case "reg":
      return (o.fixedWord >= 0 ? [o.fixedWord] : registers(kind)).map((r) =>
        o.role === "mod" ? [r, r] : [r],
      );
    case "mem":
      return memories(kind);
    case "imm":
      return immediates(kind).map((v) => [toWord(v)]);
    case "imm64":
      return immediates(kind).map((v) => [toWord(v), toWord(v >> 32n)]);
    case "label":
      return distances(kind).map((_, k) => [k]);
    case "symbol":
      return [
        [1, 0],
        [2, 0],
      ];
    default:
      return [[0], [1]];
  }
}

/** Each value of each operand, the others varying; and all registers equal, for short forms with ties. */
export function sampleFixed(rows: readonly FixedResolvedRow[]): Sample[] {
  const out: Sample[] = [];
  const random = pseudoRandom(1);
  for (const row of rows) {
    if (row.encoding === undefined) continue;
    const values = row.operands.map(valuesOf);
    const one = (pick: (list: readonly number[][], operand: number) => number): void => {
      const words = new Int32Array(row.length + (row.list ? 1 : 0));
      words[0] = row.opcode | (row.length << 16);
      row.operands.forEach((o, i) => {
        words.set(values[i]![pick(values[i]!, i)]!, o.at);
        if (o.kind.form === "mem" && random(4) === 0) words[o.at + 3] |= (1 + random(255)) << 6;
      });
      out.push({ row: row.name, words, traps: trapsOf(words, row.operands) });
    };
    if (values.length === 0) one(() => 0);
    values.forEach((list, i) => {
      for (let k = 0; k < list.length; k++) one((others, j) => (j === i ? k : random(others.length)));
    });
    const most = Math.max(0, ...values.map((v) => v.length));
    for (let k = 0; k < most; k++) one((list) => k % list.length);
    for (let k = 0; k < most; k++)
      one((list) => (list[0]!.length > 1 || list.length < 16 ? 0 : k % list.length));
  }
  return out;
}

/** The operand as text that is equal for equal meanings. */
function canonical(words: Int32Array, o: RowOperand, isSample: boolean): string {
  const word = words[o.at];
  switch (o.kind.form) {
    case "reg":
      return `r${word}${o.role === "mod" && words[o.at + 1] !== word ? "/different" : ""}`;
    case "mem":
      return `m${[...words.subarray(o.at, o.at + 3), words[o.at + 3] & 0x3f]}`;
    case "imm64":
      return `i${word},${words[o.at + 1]}`;
    case "label":
      return `l${isSample ? distances(o.kind as FixedKind)[word] : word}`;
    case "symbol":
    case "trap":
      return "";
    default:
      return `i${word}`;
  }
}

/** Compares a decoded record with the sample: the row itself, the row it is the same as, or one of its short forms. */
function fixedDifference(
  rows: readonly FixedResolvedRow[],
  sample: Sample,
  decoded: { readonly opcode: number; readonly words: Int32Array },
): string {
  const row = rows[sample.words[0] & 0xffff]!;
  const found = rows[decoded.opcode]!;
  const word = (key: string): number => sample.words[row.operands.find((o) => o.key === key)!.at];
  if (found === row) return operandDifference(row.operands.map((o) => [o, o]));
  if (found.name === row.encoding!.sameAs) {
    // The operands that both have; the rest is fixed in one of them.
    return operandDifference(
      row.operands.flatMap((o) => found.operands.filter((f) => f.key === o.key).map((f) => [o, f] as const)),
    );
  }
  const forms = row.encoding!.short.filter((s) => s.name === found.name);
  if (forms.length === 0) return `found row ${found.name}`;
  const form = forms.find(
    (s) =>
      s.ties.every(([a, b]) => word(a) === word(b)) &&
      s.constants.every(([key, value]) => word(key) === value),
  );
  if (form === undefined) return `the short form ${found.name} does not apply`;
  const pairs = found.operands.map((o) => {
    const name = form.renamed.get(o.key) ?? o.key;
    return [row.operands.find((long) => long.key === name)!, o] as const;
  });
  return operandDifference(pairs);

  function operandDifference(pairs: readonly (readonly [RowOperand, RowOperand])[]): string {
    for (const [long, o] of pairs) {
      if (long.kind.form === "symbol" || o.kind.form === "symbol") continue;
      const a = canonical(sample.words, { ...long, role: "use" }, true);
      const b = canonical(decoded.words, { ...o, role: "use" }, false);
      if (a !== b) return `operand ${o.key} is ${b}, not ${a}`;
    }
    return "";
  }
}

/** What is generated for a fixed-width target, and what the assembler must know. */
export interface FixedProducts {
  readonly rows: readonly FixedResolvedRow[];
  readonly endian: "little" | "big";
  readonly llvm: LlvmTarget;
  /** An instruction that no row has, and its text. */
  readonly separator: Subject["separator"];
  /** The generated module: `encode` and an `insert` function for each label kind. */
  readonly encoder: object;
  decode(bytes: Uint8Array, offset: number): ReturnType<Subject["decode"]>;
  /** Text of a record, with labels by `distance`. */
  print(words: Int32Array, place: (kind: string, n: number) => string): string;
  /** A distance from the start of the instruction as the assembler reads it. */
  distance(bytes: number): string;
  /** What goes around the text of some rows. */
  around?(row: FixedResolvedRow, text: string): string;
  /** Whether the assembler takes mnemonics literally, so that it must be given those of short forms. */
  readonly literal: boolean;
  /** ELF relocation types of symbols. */
  readonly relocations: readonly number[];
}

/** Everything that the comparison with `llvm-mc` asks of a fixed-width target. */
export function fixedSubject(p: FixedProducts): Subject {
  const { rows } = p;
  const functions = p.encoder as { readonly [name: string]: (...args: unknown[]) => number };
  const text = (words: Int32Array, isSample: boolean): string => {
    const row = rows[words[0] & 0xffff]!;
    const target = row.operands.find((o) => o.kind.form === "label");
    const place = (kind: string, n: number): string => {
      if (kind !== "label") return kind + n;
      return p.distance(isSample ? distances(target!.kind as FixedKind)[n]! : n);
    };
    const plain = p.print(words, place);
    return p.around?.(row, plain) ?? plain;
  };
  return {
    llvm: p.llvm,
    separator: p.separator,
    fillText: "",
    fieldBytes: 0,
    isShortForm: () => false,
    mayBeLonger: () => false,
    normalise: (line) => line,
    encode(words, at, buf) {
      const row = rows[words[0] & 0xffff]!;
      // All CPU features: short forms are chosen as the assembler chooses them.
      functions.encode!(words, at, buf, -1);
      const o = row.operands.find((operand) => operand.kind.form === "label");
      if (o === undefined) return;
      const { name } = o.kind;
      const insert = functions[`insert${name[0]!.toUpperCase()}${name.slice(1)}`]!;
      applyDistance(buf, insert(distances(o.kind as FixedKind)[words[o.at]]!), p.endian);
    },
    print(words, decoded) {
      const row = rows[words[0] & 0xffff]!;
      const found = decoded === undefined ? row : rows[decoded[0] & 0xffff]!;
      const isShort = p.literal && row.encoding!.short.some((s) => s.name === found.name);
      return isShort ? text(decoded!, false) : text(words, true);
    },
    decode: (bytes) => p.decode(bytes, 0),
    difference: (sample, decoded) => fixedDifference(rows, sample, decoded),
    relocationMatches: (type) => p.relocations.includes(type),
  };
}

/** Puts the bits of a resolved label into the last bytes of the instruction, and forgets its fix-up. */
function applyDistance(buf: RecordingBuffer, bits: number, endian: "little" | "big"): void {
  for (let k = 0; k < Math.min(4, buf.length); k++) {
    const at = endian === "little" ? k : buf.length - 1 - k;
    buf.bytes[at] |= bits >>> (8 * k);
  }
  buf.fixups.length = 0;
}

/**
 * Changes up to three bits of each sample's code. Whatever our decoder takes must, printed and assembled, be the same
 * bytes again: it may neither invent operands nor overlook reserved bits.
 */
export function compareChanged(
  p: FixedProducts,
  samples: readonly Sample[],
): { equal: number; refused: number; failures: string[] } {
  const subject = fixedSubject(p);
  const random = pseudoRandom(11);
  const buf = new RecordingBuffer(0);
  const found: { readonly bytes: Uint8Array; readonly text: string; readonly row: string }[] = [];
  let refused = 0;
  for (const sample of samples) {
    buf.reset();
    subject.encode(sample.words, 0, buf);
    const bytes = buf.take();
    for (let k = random(3); k >= 0; k--) bytes[random(bytes.length)] ^= 1 << random(8);
    const decoded = subject.decode(bytes);
    if (decoded === undefined || decoded.length !== bytes.length) {
      refused++;
      continue;
    }
    const row = p.rows[decoded.opcode]!;
    const plain = p.print(decoded.words, (_, n) => p.distance(n));
    found.push({ bytes, text: p.around?.(row, plain) ?? plain, row: row.name });
  }
  const { lines, errors } = assemble(
    p.llvm,
    found.map((f) => f.text),
  );
  const failures: string[] = [];
  found.forEach(({ bytes, text, row }, i) => {
    const theirs = lines[i]?.bytes;
    const slot = new Uint8Array(p.llvm.slot).fill(FILL);
    slot.set(bytes);
    if (theirs === undefined) failures.push(`${row}: ${text}: llvm-mc refuses it: ${errors.get(i)}`);
    else if (theirs.some((byte, k) => byte !== slot[k]))
      failures.push(`${row}: ${text}: ${hex(bytes)}, llvm-mc has ${hex(theirs)}`);
  });
  return { equal: found.length - failures.length, refused, failures };
}
