/** Samples of x86-64 rows: the edges of each operand's space. */
import type { RowOperand, X86ResolvedRow } from "@gantry/asm-compiler";
import type { Sample } from "./compare.ts";
import { pseudoRandom } from "./random.ts";

const KIND = { register: 0, plain: 1, constant: 6, label: 7, symbol: 8, relative: 9 };
const GOT = 1 << 14;

/** Groups of four words: every addressing form that has an encoding of its own. */
function memorySamples(): number[][] {
  const out: number[][] = [];
  const plain = (base: number, index: number, scale: number, disp: number): void => {
    out.push([base, index, disp, KIND.plain | (scale << 4)]);
  };
  for (const base of [0, 4, 5, 12, 13, 15])
    for (const disp of [0, 1, 127, 128, -128, -129, 0x12345678]) plain(base, -1, 0, disp);
  for (const base of [0, 4, 5, 12, 13])
    for (const [k, index] of [0, 5, 8, 12, 13, 15].entries())
      plain(base, index, (k + base) & 3, [0, 8, -8, 4096][(k + base) & 3]!);
  for (const index of [0, 5, 12, 13]) plain(-1, index, index & 3, index === 5 ? 0 : 64 << index);
  plain(-1, -1, 0, 0x1000);
  plain(-1, -1, 0, -16);
  for (const n of [0, 3]) {
    out.push([-1, n, 0, KIND.constant]);
    out.push([-1, n, 0, KIND.label]);
    out.push([-1, n, n === 0 ? 0 : 24, KIND.symbol]);
    out.push([-1, n, n === 0 ? 0 : -24, KIND.symbol]);
  }
  return out;
}

const MEMORY = memorySamples();
const GENERAL = Array.from({ length: 16 }, (_, n) => n);

/** The values that operand `o` of `row` is tried with, each as its words. */
function valuesOf(row: X86ResolvedRow, o: RowOperand): number[][] {
  const { form, bits, regClass, extend } = o.kind;
  const vectors = row.encoding?.column.space === "evex" ? 32 : 16;
  const registers =
    o.fixedWord >= 0
      ? [o.fixedWord]
      : regClass === 0
        ? GENERAL
        : Array.from({ length: vectors }, (_, n) => 32 + n);
  switch (form) {
    case "reg":
      return registers.map((r) => (o.role === "mod" ? [r, r] : [r]));
    case "rm":
      return [...registers.map((r) => [r, -1, 0, KIND.register]), ...MEMORY];
    case "mem":
      return bits === 64 && /^(movq|leaq|addq|pushq)/.test(row.name)
        ? [...MEMORY, [-1, 5, 0, KIND.symbol | GOT]]
        : MEMORY;
    case "imm":
      if (o.kind.only !== undefined) return [[o.kind.only]];
      if (bits === 8)
        return (extend === "sign" ? [0, 1, -1, 127, -128] : [0, 1, 127, 128, 255]).map((v) => [v]);
      if (bits === 16) return [0, 1, 127, 128, 255, 0x7fff, 0x8000, 0xff7f, 0xff80, 0xffff].map((v) => [v]);
      return [0, 1, -1, 127, 128, -128, -129, 255, 256, 0x7fffffff, -0x80000000].map((v) => [v]);
    case "imm64":
      return [
        0n,
        1n,
        -1n,
        0x7fffffffn,
        0x80000000n,
        0xffffffffn,
        0x100000000n,
        -0x80000000n,
        -0x80000001n,
        1n << 63n,
      ].map((v) => [Number(BigInt.asIntN(32, v)), Number(BigInt.asIntN(32, v >> 32n))]);
    case "cc":
      return GENERAL.map((n) => [n]);
    case "label":
    case "symbol":
      return form === "label"
        ? [[1], [2]]
        : [
            [1, 1],
            [2, 1],
          ];
    case "trap":
      return [[0], [1]];
  }
}

/**
 * Each value of each operand, the others varying. The walk is pseudo-random but the same in every run, and operands
 * that the row wants in different registers are not kept apart: an encoder does not care.
 */
export function sampleX86(rows: readonly X86ResolvedRow[]): Sample[] {
  const out: Sample[] = [];
  const random = pseudoRandom(1);
  for (const row of rows) {
    if (row.encoding === undefined) continue;
    const values = row.operands.map((o) => valuesOf(row, o));
    const one = (fixed: number, value: number): void => {
      const words = new Int32Array(row.length);
      words[0] = row.opcode | (row.length << 16);
      row.operands.forEach((o, i) => {
        const list = values[i]!;
        words.set(list[i === fixed ? value : random(list.length)]!, o.at);
        const { form } = o.kind;
        if ((form === "mem" || form === "rm") && (words[o.at + 3] & 15) !== KIND.register && random(4) === 0)
          words[o.at + 3] |= (1 + random(255)) << 6;
      });
      out.push({ row: row.name, words, traps: trapsOf(words, row.operands) });
    };
    const varying = values.filter((v) => v.length > 1).length;
    if (varying === 0) one(-1, 0);
    values.forEach((list, i) => {
      if (list.length > 1 || (varying === 0 && i === 0)) for (let k = 0; k < list.length; k++) one(i, k);
    });
  }
  return out;
}

/** The trap codes of the operands of a record. */
export function trapsOf(words: Int32Array, operands: readonly RowOperand[]): number[] {
  const out: number[] = [];
  for (const o of operands) {
    const { form } = o.kind;
    const code =
      form === "trap" ? words[o.at] : form === "mem" || form === "rm" ? (words[o.at + 3] >> 6) & 255 : 0;
    if (code !== 0) out.push(code);
  }
  return out;
}

/** The operand at `at` as text that is equal for equal meanings. */
function canonical(words: Int32Array, o: RowOperand, widthBits: number): string {
  const word = words[o.at];
  switch (o.kind.form) {
    case "reg":
      return `r${word}${o.role === "mod" && words[o.at + 1] !== word ? "/different" : ""}`;
    case "rm":
    case "mem": {
      const meta = words[o.at + 3];
      const kind = meta & 15;
      if (kind === KIND.register) return `r${word}`;
      if (kind !== KIND.plain) return "relative";
      const index = words[o.at + 1];
      return `m${word},${index},${index < 0 ? 0 : (meta >> 4) & 3},${words[o.at + 2]}`;
    }
    case "imm": {
      const asIs = o.kind.extend === "sign" || o.kind.only !== undefined;
      const value = asIs ? BigInt(word) : BigInt.asUintN(o.kind.bits, BigInt(word));
      return `i${BigInt.asUintN(widthBits, value)}`;
    }
    case "imm64":
      return `i${BigInt.asUintN(widthBits, (BigInt(words[o.at + 1]) << 32n) | BigInt(word >>> 0))}`;
    case "cc":
      return `c${word}`;
    case "label":
    case "symbol":
      return "relative";
    case "trap":
      return "";
  }
}

/** Compares a decoded record with the sample: the row itself, the row it is the same as, or one of its short forms. */
export function x86Difference(
  rows: readonly X86ResolvedRow[],
  sample: Sample,
  decoded: { readonly opcode: number; readonly words: Int32Array },
): string {
  const row = rows[sample.words[0] & 0xffff]!;
  const found = rows[decoded.opcode]!;
  const allowed = [row.name, row.encoding!.sameAs, ...row.encoding!.short];
  if (!allowed.includes(found.name)) return `found row ${found.name}`;
  for (let i = 0; i < row.operands.length; i++) {
    const o = row.operands[i]!;
    const width = o.kind.form === "imm" ? o.kind.bits : 64;
    const a = canonical(sample.words, o, width);
    const b = canonical(decoded.words, found.operands[i]!, width);
    if (a !== b && o.kind.form !== "trap") return `operand ${o.key} is ${b}, not ${a}`;
  }
  return "";
}

/**
 * The disassembler shows an immediate as its field extends, which depends on the form: `addw $65408` and `addw $-128`
 * are the same. Comments go, immediates are taken modulo the width of the operation, and the two registers of an
 * exchange are in order.
 */
export function normaliseAttText(text: string): string {
  const plain = text
    .replace(/ #.*$/, "")
    .replace("lock; ", "lock ")
    .replace(/^(xchg\w) (%\w+), (%\w+)$/, (_, mnemonic, a, b) => `${mnemonic} ${[a, b].sort().join(", ")}`);
  const mnemonic = /^(?:lock )?([a-z0-9]+)/.exec(plain)?.[1] ?? "";
  const bits = mnemonic.endsWith("w") ? 16 : mnemonic.endsWith("l") ? 32 : 64;
  return plain.replace(/\$(-?\d+)/g, (_, n) => `$${BigInt.asUintN(bits, BigInt(n))}`);
}
