/** Runs `llvm-mc` for the encoding tests: the second opinion about every row. */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A relocation as the assembler wrote it. */
export interface AssembledRelocation {
  readonly offset: number;
  readonly type: number;
  readonly symbol: string;
  readonly addend: number;
}

/** One assembled line: its slot of the text section and the relocations in it. */
export interface AssembledLine {
  readonly bytes: Uint8Array;
  /** With offsets from the start of the slot. */
  readonly relocations: readonly AssembledRelocation[];
}

export interface LlvmTarget {
  readonly triple: string;
  readonly features?: string;
  /** Directives before the first line. */
  readonly prologue?: string;
  /** Bytes of the slot that each line gets; more than any instruction has. */
  readonly slot: number;
}

/** Fills what an instruction leaves of its slot. */
export const FILL = 0xcc;

/**
 * Why `llvm-mc` cannot be used, or undefined if it can. On a Debian system it is installed if we may.
 */
export function llvmMissing(): string | undefined {
  if (works()) return undefined;
  if (process.getuid?.() === 0 && spawnSync("apt-get", ["--version"]).status === 0) {
    spawnSync("apt-get", ["install", "-y", "-q", "llvm"], { stdio: "ignore" });
    if (works()) return undefined;
  }
  return "llvm-mc is missing (Debian: apt-get install llvm)";
}

const works = (): boolean => spawnSync("llvm-mc", ["--version"]).status === 0;

/** Assembles each line into a slot of its own. Lines that are refused have `undefined` and a message in `errors`. */
export function assemble(
  target: LlvmTarget,
  lines: readonly string[],
): { lines: (AssembledLine | undefined)[]; errors: Map<number, string> } {
  const errors = new Map<number, string>();
  const out: (AssembledLine | undefined)[] = new Array(lines.length).fill(undefined);
  let numbers = lines.map((_, i) => i);
  const folder = mkdtempSync(join(tmpdir(), "gantry-llvm-"));
  try {
    const source = join(folder, "in.s");
    const object = join(folder, "out.o");
    for (;;) {
      const prologue = `${target.prologue ?? ""}\n`;
      const skipped = prologue.split("\n").length - 1;
      // Two lines of text for each of ours.
      const text = numbers.map((i) => `${lines[i]}\n.balign ${target.slot}, ${FILL}\n`).join("");
      writeFileSync(source, prologue + text);
      const args = ["-filetype=obj", `-triple=${target.triple}`, "-o", object, source];
      if (target.features !== undefined) args.unshift(`-mattr=${target.features}`);
      const run = spawnSync("llvm-mc", args, { encoding: "utf8", maxBuffer: 1 << 28 });
      if (run.status === 0) break;
      const refused = new Set<number>();
      for (const match of run.stderr.matchAll(/in\.s:(\d+):\d+: error: (.*)/g)) {
        const k = (Number(match[1]) - 1 - skipped) >> 1;
        const line = numbers[k];
        if (line === undefined) throw new Error(`llvm-mc: ${match[0]}`);
        refused.add(line);
        errors.set(line, match[2]!);
      }
      if (refused.size === 0) throw new Error(`llvm-mc failed: ${run.stderr}`);
      numbers = numbers.filter((i) => !refused.has(i));
    }
    const { text, relocations } = readObject(readFileSync(object));
    const bySlot = new Map<number, AssembledRelocation[]>();
    for (const r of relocations) {
      const slot = Math.floor(r.offset / target.slot);
      const inSlot = bySlot.get(slot) ?? [];
      inSlot.push({ ...r, offset: r.offset % target.slot });
      bySlot.set(slot, inSlot);
    }
    numbers.forEach((line, k) => {
      const bytes = text.subarray(k * target.slot, (k + 1) * target.slot);
      out[line] = { bytes, relocations: bySlot.get(k) ?? [] };
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
  return { lines: out, errors };
}

/** The text that `llvm-mc` prints for each byte string; `separator` is an instruction of the target and its text. */
export function disassemble(
  target: LlvmTarget,
  codes: readonly Uint8Array[],
  separator: { readonly bytes: readonly number[]; readonly text: string },
): string[] {
  if (codes.length === 0) return [];
  const hex = (bytes: ArrayLike<number>): string => Array.from(bytes, (b) => `0x${b.toString(16)}`).join(" ");
  const input = codes.map((c) => `${hex(c)}\n${hex(separator.bytes)}\n`).join("");
  const args = ["--disassemble", `-triple=${target.triple}`];
  if (target.features !== undefined) args.push(`-mattr=${target.features}`);
  const text = execFileSync("llvm-mc", args, {
    input,
    encoding: "utf8",
    maxBuffer: 1 << 28,
    stdio: ["pipe", "pipe", "ignore"],
  });
  const out: string[] = [];
  let current: string[] = [];
  for (const line of text.split("\n")) {
    const plain = line.trim().replace(/\s+/g, " ");
    if (plain === separator.text) {
      out.push(current.join("; "));
      current = [];
    } else if (plain !== "" && !plain.startsWith(".")) current.push(plain);
  }
  return out;
}

/** The text section and its relocations of an ELF64 relocatable file of either byte order. */
function readObject(file: Uint8Array): { text: Uint8Array; relocations: AssembledRelocation[] } {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const little = file[5] === 1;
  const u16 = (at: number): number => view.getUint16(at, little);
  const u32 = (at: number): number => view.getUint32(at, little);
  const u64 = (at: number): number => Number(view.getBigUint64(at, little));
  const i64 = (at: number): number => Number(view.getBigInt64(at, little));
  const zeroEnded = (at: number): string => {
    const end = file.indexOf(0, at);
    return new TextDecoder().decode(file.subarray(at, end));
  };
  const headers = u64(0x28);
  const section = (
    i: number,
  ): { name: number; type: number; at: number; size: number; link: number; info: number } => {
    const h = headers + i * 64;
    return {
      name: u32(h),
      type: u32(h + 4),
      at: u64(h + 24),
      size: u64(h + 32),
      link: u32(h + 40),
      info: u32(h + 44),
    };
  };
  const count = u16(0x3c);
  const names = section(u16(0x3e)).at;
  let text: Uint8Array = new Uint8Array(0);
  let textIndex = -1;
  for (let i = 0; i < count; i++) {
    const s = section(i);
    if (zeroEnded(names + s.name) !== ".text") continue;
    text = file.subarray(s.at, s.at + s.size);
    textIndex = i;
  }
  const relocations: AssembledRelocation[] = [];
  for (let i = 0; i < count; i++) {
    const s = section(i);
    if (s.type !== 4 || s.info !== textIndex) continue;
    const symbols = section(s.link);
    const strings = section(symbols.link).at;
    for (let at = s.at; at < s.at + s.size; at += 24) {
      const info = view.getBigUint64(at + 8, little);
      const symbol = zeroEnded(strings + u32(symbols.at + Number(info >> 32n) * 24));
      relocations.push({ offset: u64(at), type: Number(info & 0xffffffffn), symbol, addend: i64(at + 16) });
    }
  }
  return { text, relocations };
}
