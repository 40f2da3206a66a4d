/** Generates the AT&T printer: a template for each opcode and one function that fills it. */
import { FRAME_PLACES, HEADER, PLACE_NAME, printFunction } from "./emit-common.ts";
import { isEncoded } from "./row.ts";
import { splitAsm, type X86ResolvedRow } from "./x86-rows.ts";

/** `addq\t{1}, {0}`: operand numbers in the row's order. */
export function template(row: X86ResolvedRow): string {
  const index = (key: string): number => row.operands.findIndex((o) => o.key === key);
  if (!isEncoded(row)) {
    const all = row.operands.map((_, i) => `{${i}}`).join(", ");
    return all === "" ? row.name : `${row.name}\t${all}`;
  }
  const { mnemonic: name, listed } = splitAsm(row.asm);
  const mnemonic = name.replace("{cc}", `{${index("cc")}}`);
  const parts: string[] = [];
  if (listed === undefined) {
    for (let i = row.operands.length - 1; i >= 0; i--) {
      const o = row.operands[i]!;
      if (o.fixedWord < 0 && o.kind.form !== "cc" && o.kind.form !== "trap") parts.push(`{${i}}`);
    }
  } else {
    for (const text of listed) {
      const star = text.startsWith("*") ? "*" : "";
      const key = text.slice(star.length);
      parts.push(/^[%$]/.test(key) ? key : `${star}{${index(key)}}`);
    }
  }
  return parts.length === 0 ? mnemonic : `${mnemonic}\t${parts.join(", ")}`;
}

/** `print.ts`. */
export function emitX86Print(rows: readonly X86ResolvedRow[]): string {
  const templates = rows.map((r) => `  ${JSON.stringify(template(r))},`).join("\n");
  return `${HEADER}
import { FACTS, RECORD_LENGTH } from "./operands.ts";
import { LAYOUT, LAYOUT_START } from "./layout.ts";

/** Text of each opcode; \`{n}\` stands for operand n of the row. */
const TEMPLATES: readonly string[] = [
${templates}
];
${RUNTIME}`;
}

const RUNTIME = `
const NAMES_64 = ["rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi"];
const NAMES_8 = ["al", "cl", "dl", "bl", "spl", "bpl", "sil", "dil"];
const CONDITIONS = ["o", "no", "b", "ae", "e", "ne", "be", "a", "s", "ns", "p", "np", "l", "ge", "le", "g"];

/** Text of a register word read as \`bits\` bits wide. */
export type RegisterName = (word: number, bits: number) => string;

/** \`%rax\`, \`%r8d\`, \`%xmm3\`; \`%v12\` for virtual registers. */
export function registerName(word: number, bits: number): string {
  if (word >= 128) return "%v" + word;
  const n = word & 31;
  if (word >= 32) return (bits === 512 ? "%zmm" : bits === 256 ? "%ymm" : "%xmm") + n;
  if (n >= 8) return "%r" + n + (bits === 64 ? "" : bits === 32 ? "d" : bits === 16 ? "w" : "b");
  if (bits === 8) return "%" + NAMES_8[n];
  const name = NAMES_64[n];
  return "%" + (bits === 64 ? name : bits === 32 ? "e" + name.slice(1) : name.slice(1));
}

${PLACE_NAME}

${printFunction("64")}

function operand(words: Int32Array, at: number, n: number, regName: RegisterName, place: PlaceName): string {
  const first = LAYOUT[2 * n];
  const bits = LAYOUT[2 * n + 1] & 0xffff;
  const k = at + (first & 255);
  const word = words[k];
  const cls = (first >> 21) & 3;
  switch ((first >> 8) & 15) {
    case 0: {
      const to = regName(word, bits);
      // Before allocation the two halves of a read-write register have different names.
      return ((first >> 16) & 15) === 4 && words[k + 1] !== word ? to + "<-" + regName(words[k + 1], bits) : to;
    }
    case 1:
      return (words[k + 3] & 15) === 0 ? regName(word, cls === 1 && bits < 128 ? 128 : bits) : memory(words, k, regName, place);
    case 2:
      return memory(words, k, regName, place);
    case 3: {
      const signed = ((first >> 20) & 1) !== 0;
      return "$" + (signed ? word : bits === 32 ? word >>> 0 : bits === 16 ? word & 0xffff : word & 0xff);
    }
    case 4:
      return "$" + ((BigInt(words[k + 1]) << 32n) | BigInt(word >>> 0));
    case 5:
      return CONDITIONS[word & 15];
    case 6:
      return place("label", word);
    case 7:
      return place("symbol", word);
    default:
      return "trap" + word;
  }
}

function memory(words: Int32Array, k: number, regName: RegisterName, place: PlaceName): string {
  const base = words[k];
  const index = words[k + 1];
  const disp = words[k + 2];
  const meta = words[k + 3];
  const offset = disp === 0 ? "" : disp > 0 ? "+" + disp : String(disp);
  switch (meta & 15) {
    case 1: {
      const inner =
        (base < 0 ? "" : regName(base, 64)) + (index < 0 ? "" : "," + regName(index, 64) + "," + (1 << ((meta >> 4) & 3)));
      return (disp === 0 && inner !== "" ? "" : disp) + (inner === "" ? "" : "(" + inner + ")");
    }
${FRAME_PLACES}
    case 6:
      return place("constant", index) + "(%rip)";
    case 7:
      return place("label", index) + "(%rip)";
    case 8:
      return place("symbol", index) + ((meta & 0x4000) !== 0 ? "@GOTPCREL" : "") + offset + "(%rip)";
    default:
      return disp + "(%rip)";
  }
}
`;
