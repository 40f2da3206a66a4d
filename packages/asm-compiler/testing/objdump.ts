/** GNU objdump as a second opinion on x86-64: its opcode tables have nothing in common with LLVM's or ours. */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { RecordingBuffer } from "./buffer.ts";
import type { Sample } from "./compare.ts";
import { FILL } from "./llvm.ts";

/** Why objdump cannot be used, or undefined if it can. */
export function objdumpMissing(): string | undefined {
  const { status, stdout } = spawnSync("objdump", ["-i"], { encoding: "utf8" });
  return status === 0 && stdout.includes("elf64-x86-64") ? undefined : "GNU objdump for x86-64 is missing";
}

/** Text of the instruction at the start of each slot of `slotBytes` bytes, with its length. */
export function objdumpX86(
  code: Uint8Array,
  slotBytes: number,
): Map<number, { text: string; length: number }> {
  const folder = mkdtempSync(join(tmpdir(), "gantry-objdump-"));
  try {
    const file = join(folder, "code.bin");
    writeFileSync(file, code);
    const args = ["-D", "-b", "binary", "-m", "i386:x86-64", "-M", "suffix", "--insn-width=16", file];
    const text = execFileSync("objdump", args, { encoding: "utf8", maxBuffer: 1 << 29 });
    const out = new Map<number, { text: string; length: number }>();
    for (const match of text.matchAll(/^ *([0-9a-f]+):\t((?:[0-9a-f]{2} )+) *\t(.*)$/gm)) {
      const at = Number.parseInt(match[1]!, 16);
      if (at % slotBytes === 0)
        out.set(at / slotBytes, { text: match[3]!, length: match[2]!.trim().split(" ").length });
    }
    return out;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Where the two differ in taste, or objdump 2.40 with suffixes is wrong (`lvpdp...`, `adcxw`). */
const MNEMONICS: readonly (readonly [RegExp, string])[] = [
  // The form that GNU's assembler would not choose.
  [/\.s$/, ""],
  [/^movabs$/, "movabsq"],
  [/^(vcvt\w+)x$/, "$1"],
  [/^lvpdp/, "vpdp"],
  [/^(bswap|adcx)[wlq]$/, "$1"],
  [/^jmpq$/, "jmp"],
];

/**
 * Makes the AT&T text of both sides comparable: numbers are decimal and taken modulo the width of the operation, comments
 * and blanks go, the operands of an exchange are in order, a count of one is not shown, and a comparison of floats, for
 * whose predicates GNU has names, loses its predicate.
 */
export function normaliseGnuText(text: string): string {
  let plain = text
    .replace(/\s+#.*$/, "")
    .replace("{evex} ", "")
    .trim()
    .replace(/\s+/g, " ")
    .replaceAll(", ", ",");
  if (plain === "rex.W nop") return "xchgq %rax,%rax";
  const lock = plain.startsWith("lock ");
  if (lock) plain = plain.slice(5);
  const blank = plain.indexOf(" ");
  let mnemonic = blank < 0 ? plain : plain.slice(0, blank);
  let rest = blank < 0 ? "" : plain.slice(blank + 1);
  for (const [pattern, replacement] of MNEMONICS) mnemonic = mnemonic.replace(pattern, replacement);
  const bits = mnemonic.endsWith("b") ? 8 : mnemonic.endsWith("w") ? 16 : mnemonic.endsWith("l") ? 32 : 64;
  rest = rest.replace(/\$?-?(?:0x[0-9a-f]+|\b\d+\b)/g, (number) => {
    const immediate = number.startsWith("$");
    const digits = immediate ? number.slice(1) : number;
    const value = digits.startsWith("-") ? -BigInt(digits.slice(1)) : BigInt(digits);
    return immediate ? `$${BigInt.asUintN(bits, value)}` : String(BigInt.asIntN(64, value));
  });
  rest = rest.replace(/(^|,|\*)0\((?!%rip)/, "$1(");
  if (/^(rol|ror|shl|shr|sar)[bwlq]$/.test(mnemonic)) rest = rest.replace(/^\$1,/, "");
  if (mnemonic.startsWith("xchg"))
    rest = rest
      .split(/,(?![^(]*\))/)
      .sort()
      .join(",");
  const comparison = /^(v?)cmp\w*?(ps|pd|ss|sd)$/.exec(mnemonic);
  if (comparison !== null) {
    mnemonic = `${comparison[1]}cmp${comparison[2]}`;
    rest = rest.replace(/^\$\d+,/, "");
  }
  return `${lock ? "lock " : ""}${mnemonic} ${rest}`.trim();
}

/** What was compared with objdump. */
export interface GnuComparison {
  equal: number;
  readonly failures: string[];
}

/** Compares the text and length of our decoder with objdump's for the code of each sample. */
export function compareWithObjdump(
  samples: readonly Sample[],
  encode: (words: Int32Array, at: number, buf: RecordingBuffer) => void,
  decode: (
    bytes: Uint8Array,
    offset: number,
  ) => { readonly length: number; readonly text: string } | undefined,
): GnuComparison {
  const slot = 16;
  const code = new Uint8Array(samples.length * slot).fill(FILL);
  const buf = new RecordingBuffer(4);
  samples.forEach((sample, i) => {
    buf.reset();
    encode(sample.words, 0, buf);
    code.set(buf.take(), i * slot);
  });
  const theirs = objdumpX86(code, slot);
  const result: GnuComparison = { equal: 0, failures: [] };
  samples.forEach((sample, i) => {
    const ours = decode(code, i * slot);
    const their = theirs.get(i);
    const a = ours === undefined ? "nothing" : `${normaliseGnuText(ours.text)}, ${ours.length} bytes`;
    const b = their === undefined ? "nothing" : `${normaliseGnuText(their.text)}, ${their.length} bytes`;
    if (a === b) result.equal++;
    else result.failures.push(`${sample.row}: ${a}; objdump has ${b}`);
  });
  return result;
}
