/** GNU objdump as a second opinion on x86-64: its opcode tables have nothing in common with LLVM's or ours. */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { RecordingBuffer } from "./buffer.ts";
import type { Sample } from "./compare.ts";
import { FILL } from "./llvm.ts";
import { pseudoRandom } from "./random.ts";

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
  // GNU shows the whole of a register that receives few bits where the prefix says 64.
  if (/^v?p?(movmsk|extr)/.test(mnemonic))
    rest = rest.replace(/%e(\w\w)$/, "%r$1").replace(/(%r\d+)d$/, "$1");
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
  /** Byte strings that our decoder does not take: no row has them. */
  refused: number;
  readonly failures: string[];
}

type Encode = (words: Int32Array, at: number, buf: RecordingBuffer) => void;
type Decode = (
  bytes: Uint8Array,
  offset: number,
) => { readonly length: number; readonly text: string } | undefined;

const SLOT = 32;

/** The code of each sample in a slot of its own. */
function codeOf(samples: readonly Sample[], encode: Encode, change: (bytes: Uint8Array) => void): Uint8Array {
  const code = new Uint8Array(samples.length * SLOT).fill(FILL);
  const buf = new RecordingBuffer(4);
  samples.forEach((sample, i) => {
    buf.reset();
    encode(sample.words, 0, buf);
    const bytes = buf.take();
    change(bytes);
    code.set(bytes, i * SLOT);
  });
  return code;
}

/** Compares the text and length of our decoder with objdump's for the code of each sample. */
export function compareWithObjdump(
  samples: readonly Sample[],
  encode: Encode,
  decode: Decode,
): GnuComparison {
  const code = codeOf(samples, encode, () => {});
  return compareCode(samples, code, decode, normaliseGnuText);
}

/**
 * The same for code with up to three bits changed, mostly before the operands: whatever our decoder takes must be what
 * objdump sees, but for prefixes without effect and the index that means none, which objdump shows.
 */
export function compareChangedWithObjdump(
  samples: readonly Sample[],
  encode: Encode,
  decode: Decode,
): GnuComparison {
  const random = pseudoRandom(7);
  const code = codeOf(samples, encode, (bytes) => {
    for (let k = random(3); k >= 0; k--) bytes[random(Math.min(bytes.length, 6))] ^= 1 << random(8);
  });
  return compareCode(samples, code, decode, (text) => {
    const plain = text
      .replace(/^rex\.W[RXB]* nop$/, "rex.W nop")
      .replace(/^rex nop$/, "nop")
      .replace(/^(lock )?(?:data16 )?(?:rex[.A-Z]* (?!nop$))?/, "$1")
      .replace(/\(,%riz,\d\)|,%riz,\d/, "");
    // A branch to before the start of the code.
    return normaliseGnuText(plain).replace(
      /^((?:j|call)\w+ )(-?\d+)$/,
      (_, branch, to) => branch + BigInt.asUintN(32, BigInt(to)),
    );
  });
}

function compareCode(
  samples: readonly Sample[],
  code: Uint8Array,
  decode: Decode,
  normalise: (text: string) => string,
): GnuComparison {
  const theirs = objdumpX86(code, SLOT);
  const show = (inst: { readonly text: string; readonly length: number }): string =>
    `${normalise(inst.text)}, ${inst.length} bytes`;
  const result: GnuComparison = { equal: 0, refused: 0, failures: [] };
  samples.forEach((sample, i) => {
    const ours = decode(code.subarray(0, (i + 1) * SLOT), i * SLOT);
    const their = theirs.get(i);
    if (ours === undefined) result.refused++;
    else if (their === undefined) result.failures.push(`${sample.row}: objdump has nothing`);
    else if (show(ours) === show(their)) result.equal++;
    else result.failures.push(`${sample.row}: ${show(ours)}; objdump has ${show(their)}`);
  });
  return result;
}
