/** Reads the opcode column of the x86 manuals. */

/** Mandatory prefixes as bits. */
export const P66 = 1;
export const PF3 = 2;
export const PF2 = 4;
export const LOCK = 8;

/** An opcode column, taken apart. */
export interface OpcodeColumn {
  readonly space: "legacy" | "vex" | "evex";
  /** Union of {@link P66}, {@link PF3}, {@link PF2}, {@link LOCK}. */
  readonly prefixes: number;
  /** REX.W or VEX.W; undefined where VEX ignores it. */
  readonly w: boolean | undefined;
  /** 0 one-byte opcodes, 1 `0F`, 2 `0F 38`, 3 `0F 3A`. */
  readonly map: number;
  readonly opcode: number;
  /** A fixed byte after the opcode (`0F AE F0`), or -1. */
  readonly tail: number;
  /** `/r` as -1, `/0` to `/7`, undefined without ModRM. */
  readonly modrm: number | undefined;
  readonly plusReg: boolean;
  readonly plusCond: boolean;
  /** Bytes of the immediate. */
  readonly imm: number;
  readonly is4: boolean;
  /** Bytes of the relative target. */
  readonly rel: number;
  /** VEX and EVEX vector length: 0 128 bits, 1 256 bits, 2 512 bits. */
  readonly vectorLength: number;
}

const IMMEDIATES: { readonly [word: string]: number } = { ib: 1, iw: 2, id: 4, io: 8 };

/** Parses an opcode column; answers with a sentence if it is malformed. */
export function parseOpcodeColumn(code: string): OpcodeColumn | string {
  const words = code.trim().split(/\s+/);
  let i = 0;
  let prefixes = 0;
  let w: boolean | undefined = false;
  let map = 0;
  let space: OpcodeColumn["space"] = "legacy";
  let vectorLength = 0;
  const head = /^(VEX|EVEX)\./.exec(words[0] ?? "");
  if (head !== null) {
    space = head[1] === "VEX" ? "vex" : "evex";
    const vex = parseVexHead(words[0]!);
    if (typeof vex === "string") return vex;
    ({ prefixes, w, map, vectorLength } = vex);
    i = 1;
  } else {
    for (; i < words.length; i++) {
      const word = words[i]!;
      if (word === "66") prefixes |= P66;
      else if (word === "F3") prefixes |= PF3;
      else if (word === "F2") prefixes |= PF2;
      else if (word === "F0") prefixes |= LOCK;
      else break;
    }
    if (words[i] === "REX.W") {
      w = true;
      i++;
    }
    if (words[i] === "0F") {
      map = 1;
      i++;
      if (words[i] === "38" || words[i] === "3A") {
        map = words[i] === "38" ? 2 : 3;
        i++;
      }
    }
  }
  if ((prefixes & (PF3 | PF2)) === (PF3 | PF2)) return "F2 and F3 exclude each other";
  const opcodeWord = words[i++];
  if (opcodeWord === undefined || !/^[0-9A-F]{2}$/.test(opcodeWord))
    return `expected an opcode byte in upper-case hexadecimal, found ${opcodeWord ?? "nothing"}`;
  const opcode = Number.parseInt(opcodeWord, 16);
  let tail = -1;
  let modrm: number | undefined;
  let plusReg = false;
  let plusCond = false;
  let imm = 0;
  let is4 = false;
  let rel = 0;
  for (; i < words.length; i++) {
    const word = words[i]!;
    if (word === "/r") modrm = once(modrm, -1);
    else if (/^\/[0-7]$/.test(word)) modrm = once(modrm, Number(word[1]));
    else if (word === "/is4") is4 = true;
    else if (word === "+r") plusReg = true;
    else if (word === "+cc") plusCond = true;
    else if (word in IMMEDIATES) {
      if (imm !== 0) return "more than one immediate";
      imm = IMMEDIATES[word]!;
    } else if (word === "cb" || word === "cd") rel = word === "cb" ? 1 : 4;
    else if (/^[0-9A-F]{2}$/.test(word) && tail < 0 && i === words.indexOf(word, i))
      tail = Number.parseInt(word, 16);
    else return `"${word}" is not part of an opcode column`;
    if (modrm === 99) return "more than one ModRM";
  }
  if (plusReg && (opcode & 7) !== 0)
    return `"+r" needs an opcode whose low three bits are zero, found ${opcodeWord}`;
  if (plusCond && (opcode & 15) !== 0)
    return `"+cc" needs an opcode whose low four bits are zero, found ${opcodeWord}`;
  if (plusReg && modrm !== undefined) return '"+r" and ModRM exclude each other';
  if (tail >= 0 && (modrm !== undefined || imm !== 0 || rel !== 0 || plusReg))
    return "a second opcode byte excludes all operands";
  if (rel !== 0 && (modrm !== undefined || imm !== 0 || plusReg))
    return "a relative target excludes other operands";
  if (is4 && imm !== 0) return '"/is4" and an immediate exclude each other';
  return { space, prefixes, w, map, opcode, tail, modrm, plusReg, plusCond, imm, is4, rel, vectorLength };
}

const once = (before: number | undefined, value: number): number => (before === undefined ? value : 99);

const VEX_PREFIXES: { readonly [part: string]: number } = { NP: 0, "66": P66, F3: PF3, F2: PF2 };
const VEX_MAPS: { readonly [part: string]: number } = { "0F": 1, "0F38": 2, "0F3A": 3 };
const VEX_LENGTHS: { readonly [part: string]: number } = {
  "128": 0,
  L0: 0,
  LZ: 0,
  LIG: 0,
  "256": 1,
  L1: 1,
  "512": 2,
};

/** `VEX.128.66.0F38.W0`: length, prefix (may be left out), map, W. */
function parseVexHead(
  text: string,
): { prefixes: number; w: boolean | undefined; map: number; vectorLength: number } | string {
  let prefixes = 0;
  let w: boolean | undefined;
  let map = 0;
  let vectorLength = -1;
  let sawW = false;
  for (const part of text.split(".").slice(1)) {
    if (part in VEX_LENGTHS && vectorLength < 0) vectorLength = VEX_LENGTHS[part]!;
    else if (part in VEX_PREFIXES && map === 0) prefixes = VEX_PREFIXES[part]!;
    else if (part in VEX_MAPS && map === 0) map = VEX_MAPS[part]!;
    else if ((part === "W0" || part === "W1" || part === "WIG") && !sawW) {
      w = part === "WIG" ? undefined : part === "W1";
      sawW = true;
    } else return `"${part}" is not part of a VEX opcode column`;
  }
  if (vectorLength < 0) return "the vector length (128, 256, 512, LIG, LZ) is missing";
  if (map === 0) return "the opcode map (0F, 0F38, 0F3A) is missing";
  if (!sawW) return "W0, W1 or WIG is missing";
  return { prefixes, w, map, vectorLength };
}
