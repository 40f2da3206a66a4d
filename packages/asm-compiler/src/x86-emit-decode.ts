/** Generates the x86-64 decoder: an index by opcode byte over the encoder's own descriptors. */
import { HEADER, int32Array } from "./emit-common.ts";
import type { X86ResolvedRow } from "./x86-rows.ts";

const SPACES = { legacy: 0, vex: 1, evex: 2 } as const;

/** `decode.ts`. */
export function emitX86Decode(rows: readonly X86ResolvedRow[]): string {
  const buckets: number[][] = Array.from({ length: 3 * 4 * 256 }, () => []);
  for (const { encoding, opcode } of rows) {
    if (encoding === undefined || encoding.sameAs !== "") continue;
    const { column } = encoding;
    const n = column.plusReg ? 8 : column.plusCond ? 16 : 1;
    for (let k = 0; k < n; k++) {
      const bucket = buckets[(SPACES[column.space] * 4 + column.map) * 256 + column.opcode + k]!;
      if (column.tail >= 0) bucket.unshift(opcode);
      else bucket.push(opcode);
    }
  }
  const start = [0];
  const index: number[] = [];
  for (const bucket of buckets) {
    index.push(...bucket);
    start.push(index.length);
  }
  const details = rows.map((r) => {
    const column = r.encoding?.column;
    if (column === undefined) return 0;
    return (
      (column.modrm === undefined ? 0 : column.modrm === -1 ? 1 : 2) |
      (column.plusReg ? 4 : 0) |
      (column.plusCond ? 8 : 0) |
      (column.w === undefined ? 16 : 0) |
      (column.tail >= 0 ? 32 : 0) |
      ((r.encoding?.dispShift ?? 0) << 6)
    );
  });
  return `${HEADER}
import { DESCRIPTORS as DESC } from "./encode.ts";
import { LAYOUT, LAYOUT_START } from "./layout.ts";
import { RECORD_LENGTH } from "./operands.ts";
import { print, registerName } from "./print.ts";

/** Rows by (space * 4 + map) * 256 + opcode byte. */
${int32Array("INDEX_START", start, "Uint16Array")}
${int32Array("INDEX", index, "Uint16Array")}
/** Bits: 0-1 ModRM (1 two operands, 2 extension), 2 +r, 3 +cc, 4 W ignored, 5 second opcode byte, 6-8 displacement shift. */
${int32Array("DETAILS", details, "Uint16Array")}
${RUNTIME}`;
}

const RUNTIME = `
/** An instruction found in bytes. */
export interface Decoded {
  readonly opcode: number;
  /** Bytes. */
  readonly length: number;
  /** The record, as the encoder reads it. Labels are distances from the end; relative memory has kind 9. */
  readonly words: Int32Array;
  readonly text: string;
}

/** What stands before the opcode's operands. */
interface Head {
  readonly bytes: Uint8Array;
  /** Bits as in the descriptor: 10 66, 11 F3, 12 F2, 13 lock. */
  readonly prefixes: number;
  readonly space: number;
  readonly w: number;
  /** Extension bits in place: 8 or 16 added to a register number. */
  readonly r: number;
  readonly x: number;
  readonly b: number;
  readonly v: number;
  readonly vectorLength: number;
  readonly hasRex: boolean;
  /** Offset after the opcode byte. */
  readonly at: number;
  readonly opcode: number;
}

/** Decodes the instruction at \`offset\`, if a row has its encoding. */
export function decode(bytes: Uint8Array, offset: number): Decoded | undefined {
  const head = decodeHead(bytes, offset);
  if (head === undefined) return undefined;
  const bucket = (head.space * 4 + head.map) * 256 + head.opcode;
  for (let i = INDEX_START[bucket]; i < INDEX_START[bucket + 1]; i++) {
    const found = tryRow(INDEX[i], head, offset);
    if (found !== undefined) return found;
  }
  return undefined;
}

function decodeHead(bytes: Uint8Array, offset: number): (Head & { readonly map: number }) | undefined {
  let p = offset;
  let prefixes = 0;
  for (; ; p++) {
    const b = bytes[p];
    if (b === 0x66) prefixes |= 0x400;
    else if (b === 0xf3) prefixes |= 0x800;
    else if (b === 0xf2) prefixes |= 0x1000;
    else if (b === 0xf0) prefixes |= 0x2000;
    else break;
    if (p - offset > 4) return undefined;
  }
  const first = bytes[p];
  const fields = [0, 0x400, 0x800, 0x1000];
  if (first === 0xc5 || first === 0xc4 || first === 0x62) {
    if (prefixes !== 0) return undefined;
    const two = first === 0xc5;
    const evex = first === 0x62;
    const a = ~bytes[p + 1];
    const low = two ? bytes[p + 1] : bytes[p + 2];
    const high = evex ? bytes[p + 3] : 0;
    const map = two ? 1 : bytes[p + 1] & (evex ? 7 : 31);
    const after = p + (two ? 2 : evex ? 4 : 3);
    // No masks, no broadcasts, and the bits that EVEX fixes.
    if (map > 3 || (evex && ((high & 0x97) !== 0 || (low & 4) === 0 || (bytes[p + 1] & 8) !== 0))) return undefined;
    return {
      bytes,
      map,
      prefixes: fields[low & 3],
      space: evex ? 2 : 1,
      w: two ? 0 : low >> 7,
      r: ((a & 0x80) >> 4) | (evex ? a & 16 : 0),
      x: two ? 0 : (a & 0x40) >> 3,
      b: two ? 0 : (a & 0x20) >> 2,
      v: ((~low >> 3) & 15) | (evex ? (~high & 8) << 1 : 0),
      vectorLength: evex ? (high >> 5) & 3 : (low >> 2) & 1,
      hasRex: false,
      at: after + 1,
      opcode: bytes[after],
    };
  }
  let rex = 0;
  if ((first & 0xf0) === 0x40) rex = bytes[p++];
  let map = 0;
  if (bytes[p] === 0x0f) {
    map = 1;
    p++;
    if (bytes[p] === 0x38) map = 2;
    else if (bytes[p] === 0x3a) map = 3;
    if (map > 1) p++;
  }
  return {
    bytes,
    map,
    prefixes,
    space: 0,
    w: (rex >> 3) & 1,
    r: (rex & 4) << 1,
    x: (rex & 2) << 2,
    b: (rex & 1) << 3,
    v: 0,
    vectorLength: 0,
    hasRex: rex !== 0,
    at: p + 1,
    opcode: bytes[p],
  };
}

function tryRow(op: number, head: Head, offset: number): Decoded | undefined {
  const d = DESC[2 * op];
  const details = DETAILS[op];
  const { bytes } = head;
  const shape = d >>> 28;
  const vexed = shape >= 5;
  const mandatory = vexed ? 0x1c00 : 0x3c00;
  if ((d & mandatory) !== (head.prefixes & mandatory)) return undefined;
  if ((details & 16) === 0 && ((d >> 14) & 1) !== head.w) return undefined;
  if (vexed && ((d >> 26) & 3) !== head.vectorLength) return undefined;
  if (vexed && (d & 0x1800000) === 0 && head.v !== 0) return undefined;
  // Without ModRM and +r the extension bits make another instruction: 41 90 is not a nop.
  if ((details & 7) === 0 && (head.r | head.x | head.b) !== 0) return undefined;
  let p = head.at;
  if ((details & 32) !== 0 && bytes[p++] !== (DESC[2 * op + 1] & 255)) return undefined;
  const hasModrm = (details & 3) !== 0;
  const modrm = hasModrm ? bytes[p] : 0;
  if ((details & 3) === 2 && ((modrm >> 3) & 7) !== ((d >> 15) & 7)) return undefined;
  const words = new Int32Array(RECORD_LENGTH[op]);
  words[0] = op | (words.length << 16);
  // ModRM first, then immediates, whatever the order of the operands in the row.
  if (hasModrm) {
    p = 0;
    for (let n = LAYOUT_START[op]; n < LAYOUT_START[op + 1]; n++) {
      if (((LAYOUT[2 * n] >> 12) & 15) !== 2) continue;
      p = decodeRm(words, n, head, modrm, (details >> 6) & 7);
    }
    if (p === 0) return undefined;
  }
  let relative = 0;
  for (let n = LAYOUT_START[op]; n < LAYOUT_START[op + 1]; n++) {
    const first = LAYOUT[2 * n];
    const second = LAYOUT[2 * n + 1];
    const k = first & 255;
    const bits = second & 0xffff;
    switch ((first >> 12) & 15) {
      case 0: {
        const fixed = (second >> 16) - 1;
        if (fixed >= 0) {
          words[k] = fixed;
          if (((first >> 16) & 15) === 4) words[k + 1] = fixed;
        }
        break;
      }
      case 1: {
        const number = (details & 4) !== 0 ? (head.opcode & 7) | head.b : ((modrm >> 3) & 7) | head.r;
        if (!putRegister(words, first, bits, number, head)) return undefined;
        break;
      }
      case 3:
        if (!putRegister(words, first, bits, head.v, head)) return undefined;
        break;
      case 4:
        p = decodeImmediate(words, k, bits, ((first >> 20) & 1) !== 0, bytes, p);
        break;
      case 5:
        if (!putRegister(words, first, bits, bytes[p++] >> 4, head)) return undefined;
        break;
      case 6:
        words[k] = head.opcode & 15;
        break;
      case 7:
        p = decodeImmediate(words, k, bits, true, bytes, p);
        relative = words[k];
        break;
    }
  }
  const length = p - offset;
  if (p > bytes.length) return undefined;
  const text = print(words, 0, registerName, () => "0x" + ((p + relative) >>> 0).toString(16));
  return { opcode: op, length, words, text };
}

/** Fills the register operand of layout word \`first\`; false for the byte registers that no row has (ah). */
function putRegister(words: Int32Array, first: number, bits: number, number: number, head: Head): boolean {
  const k = first & 255;
  const cls = (first >> 21) & 3;
  if (bits === 8 && cls === 0 && !head.hasRex && number >= 4) return false;
  if (cls === 0 && number > 15) return false;
  const word = (cls << 5) | number;
  words[k] = word;
  if (((first >> 8) & 15) === 0) {
    if (((first >> 16) & 15) === 4) words[k + 1] = word;
  } else {
    words[k + 1] = -1;
    words[k + 2] = 0;
    words[k + 3] = 0;
  }
  return true;
}

/** Fills operand \`n\` from ModRM; returns the offset behind it, or 0 if the operand cannot be what ModRM says. */
function decodeRm(words: Int32Array, n: number, head: Head, modrm: number, shift: number): number {
  const { bytes } = head;
  let p = head.at + 1;
  const first = LAYOUT[2 * n];
  const form = (first >> 8) & 15;
  const mod = modrm >> 6;
  if (mod === 3) {
    if (form === 2) return 0;
    const high = head.space === 2 ? head.x << 1 : 0;
    return putRegister(words, first, LAYOUT[2 * n + 1] & 0xffff, (modrm & 7) | head.b | high, head) ? p : 0;
  }
  if (form === 0) return 0;
  const k = first & 255;
  let base = (modrm & 7) | head.b;
  let index = -1;
  let scale = 0;
  let kind = 1;
  let wide = mod === 2;
  if ((modrm & 7) === 4) {
    const sib = bytes[p++];
    index = ((sib >> 3) & 7) | head.x;
    if (index === 4) index = -1;
    else scale = sib >> 6;
    base = (sib & 7) | head.b;
    if ((sib & 7) === 5 && mod === 0) {
      base = -1;
      wide = true;
    }
  } else if ((modrm & 7) === 5 && mod === 0) {
    base = -1;
    kind = 9;
    wide = true;
  }
  words[k] = base;
  words[k + 1] = index;
  words[k + 3] = kind | (scale << 4);
  if (wide) {
    words[k + 2] = bytes[p] | (bytes[p + 1] << 8) | (bytes[p + 2] << 16) | (bytes[p + 3] << 24);
    return p + 4;
  }
  if (mod === 1) words[k + 2] = ((bytes[p++] << 24) >> 24) << shift;
  return p;
}

function decodeImmediate(words: Int32Array, k: number, bits: number, signed: boolean, bytes: Uint8Array, p: number): number {
  if (bits === 8) {
    words[k] = signed ? (bytes[p] << 24) >> 24 : bytes[p];
    return p + 1;
  }
  if (bits === 16) {
    words[k] = bytes[p] | (bytes[p + 1] << 8);
    return p + 2;
  }
  words[k] = bytes[p] | (bytes[p + 1] << 8) | (bytes[p + 2] << 16) | (bytes[p + 3] << 24);
  if (bits === 32) return p + 4;
  words[k + 1] = bytes[p + 4] | (bytes[p + 5] << 8) | (bytes[p + 6] << 16) | (bytes[p + 7] << 24);
  return p + 8;
}
`;
