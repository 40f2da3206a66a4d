/**
 * Generates the x86-64 encoder: one function for each encoding shape, driven by two descriptor words an opcode. A short
 * form has descriptors of its own that read the longer row's record.
 */
import { HEADER, int32Array } from "./emit-common.ts";
import type { OperandKind } from "./operand.ts";
import { isEncoded, type RowOperand } from "./row.ts";
import { LOCK, P66, PF2, PF3 } from "./x86-code.ts";
import type { X86Encoding, X86ResolvedRow } from "./x86-rows.ts";

/** Kinds of the target that the encoder mentions. */
export interface X86Numbers {
  /** Fix-up of a 32-bit distance. */
  readonly fixup: number;
  /** Fix-up of an 8-bit distance. */
  readonly fixupShort: number;
  /** Fix-up of branches, which the code buffer may shorten. */
  readonly branch: number;
  /** Relocation of a 32-bit distance to a symbol. */
  readonly relocation: number;
  /** Relocation of a 32-bit distance to a symbol's slot in the global offset table. */
  readonly relocationGot: number;
}

/** Shapes: bits 28 to 31 of the first descriptor word. */
export const SHAPE = {
  register: 0,
  group: 1,
  plain: 2,
  label: 3,
  symbol: 4,
  vex: 5,
  evex: 6,
  none: 7,
} as const;

/** Places of operands: the second descriptor word. */
interface Places {
  readonly reg: number;
  readonly rm: number;
  readonly imm: number;
  /** Condition, trap code or VEX.vvvv. */
  readonly fourth: number;
}

function descriptorWords(e: X86Encoding, effect: string, places: Places): [number, number] {
  const { column, reg, rm } = e;
  const { prefixes } = column;
  let word = column.opcode | (column.map << 8);
  if ((prefixes & P66) !== 0) word |= 1 << 10;
  if ((prefixes & PF3) !== 0) word |= 1 << 11;
  if ((prefixes & PF2) !== 0) word |= 1 << 12;
  if (column.w === true) word |= 1 << 14;
  const digit = column.modrm ?? -1;
  const bytes = column.rel > 0 ? column.rel : column.imm;
  word |= Math.max(0, digit) << 15;
  if (reg !== undefined && reg.kind.bits === 8) word |= 1 << 18;
  if (rm !== undefined && rm.kind.bits === 8 && rm.kind.regClass === 0) word |= 1 << 19;
  word |= (e.is4 !== undefined ? 5 : bytes === 8 ? 4 : bytes === 4 ? 3 : bytes) << 20;
  word |= (e.cc !== undefined ? 1 : e.trap !== undefined ? 2 : e.vvvv !== undefined ? 3 : 0) << 23;
  const group = rm !== undefined && rm.kind.form !== "reg";
  let shape: number;
  if (column.space === "legacy") {
    if ((prefixes & LOCK) !== 0) word |= 1 << 13;
    if (column.tail >= 0) word |= 1 << 26;
    if (column.rel > 0 && effect === "branch") word |= 1 << 26;
    if (column.rel > 0) shape = e.target!.kind.form === "symbol" ? SHAPE.symbol : SHAPE.label;
    else if (column.modrm === undefined) shape = SHAPE.plain;
    else shape = group ? SHAPE.group : SHAPE.register;
  } else {
    // VEX has no lock prefix and no second opcode byte: their bits say whether rm is a group, and the vector length.
    if (group) word |= 1 << 13;
    if (column.modrm === undefined) word |= 1 << 25;
    word |= column.vectorLength << 26;
    shape = column.space === "vex" ? SHAPE.vex : SHAPE.evex;
  }
  word |= shape << 28;
  const second =
    column.tail >= 0
      ? column.tail
      : places.reg | (places.rm << 8) | (places.imm << 16) | (places.fourth << 24);
  return [word | 0, second | 0];
}

/** The operand of `row` that short row operand `o` reads: the one in the same position. */
function placesOf(e: X86Encoding, at: (o: RowOperand | undefined) => number): Places {
  return {
    reg: at(e.reg),
    rm: at(e.rm),
    imm: at(e.imm ?? e.is4 ?? e.target),
    fourth: at(e.cc ?? e.trap ?? e.vvvv),
  };
}

/** The condition under which an immediate of kind `long` at `w[at + place]` can be held by kind `short`. */
function immediateFits(long: OperandKind, short: OperandKind, place: number): string {
  const low = `words[at + ${place}]`;
  if (long.form === "imm64") {
    const high = `words[at + ${place + 1}]`;
    if (short.form === "imm64") return "";
    const upper = short.extend === "sign" ? `${high} === ${low} >> 31` : `${high} === 0`;
    return short.bits === 32 ? upper : `${upper} && ${narrow(low, { ...long, bits: 32 }, short)}`;
  }
  return narrow(low, long, short);
}

function narrow(value: string, from: OperandKind, short: OperandKind): string {
  const { bits } = short;
  if (bits >= from.bits) return short.extend === from.extend ? "" : `${value} >= 0`;
  const wide = from.bits === 16 && short.extend === "sign" ? `(${value} << 16 >> 16)` : value;
  return short.extend === "sign"
    ? `${wide} << ${32 - bits} >> ${32 - bits} === ${wide}`
    : `${value} >>> ${bits} === 0`;
}

/** Whether operand `o` of a short form can only be the memory of a register-or-memory operand. */
const memoryOnly = (long: RowOperand, o: RowOperand): boolean =>
  o.kind.form === "mem" || (o.kind.form === "rm" && o.kind.regClass !== long.kind.regClass);

/** Condition that the operands of `row`'s record suit `short`; empty if they always do. */
function shortCondition(row: X86ResolvedRow, short: X86ResolvedRow): string {
  const out: string[] = [];
  row.operands.forEach((long, i) => {
    const o = short.operands[i]!;
    if (long.kind.form === "rm" && memoryOnly(long, o)) out.push(`(words[at + ${long.at + 3}] & 15) !== 0`);
    if (long.kind.form === "rm" && o.kind.form === "reg") out.push(`(words[at + ${long.at + 3}] & 15) === 0`);
    if (o.fixedWord >= 0 && long.fixedWord !== o.fixedWord)
      out.push(`words[at + ${long.at}] === ${o.fixedWord}`);
    if (o.kind.only !== undefined) out.push(`words[at + ${long.at}] === ${o.kind.only}`);
    else if (o.kind.form.startsWith("imm")) {
      const fits = immediateFits(long.kind, o.kind, long.at);
      if (fits !== "") out.push(fits);
    }
  });
  return out.join(" && ");
}

/** `encode.ts`. */
export function emitX86Encode(rows: readonly X86ResolvedRow[], numbers: X86Numbers): string {
  const words: number[] = [];
  for (const row of rows) {
    if (!isEncoded(row)) words.push(SHAPE.none << 28, 0);
    else
      words.push(
        ...descriptorWords(
          row.encoding,
          row.effect,
          placesOf(row.encoding, (o) => o?.at ?? 0),
        ),
      );
  }
  const byName = new Map(rows.map((r) => [r.name, r]));
  const shifts = rows.map((r) => r.encoding?.dispShift ?? 0);
  const cases: string[] = [];
  const short: number[] = rows.map(() => 0);
  for (const row of rows) {
    if (row.encoding === undefined || row.encoding.short.length === 0) continue;
    short[row.opcode] = cases.length + 1;
    const lines = [`    case ${cases.length + 1}: // ${row.name}`];
    let always = false;
    for (const name of row.encoding.short) {
      const shortRow = byName.get(name)!;
      const e = shortRow.encoding!;
      const variant = words.length / 2;
      words.push(
        ...descriptorWords(
          e,
          row.effect,
          placesOf(e, (o) => (o === undefined ? 0 : row.operands[shortRow.operands.indexOf(o)]!.at)),
        ),
      );
      shifts.push(e.dispShift);
      const condition = shortCondition(row, shortRow);
      always ||= condition === "";
      lines.push(`      ${condition === "" ? "" : `if (${condition}) `}return ${variant}; // ${name}`);
    }
    if (!always) lines.push("      return op;");
    cases.push(lines.join("\n"));
  }
  const usesEvex = rows.some((r) => r.encoding?.column.space === "evex");
  const usesVex = usesEvex || rows.some((r) => r.encoding?.column.space === "vex");
  return [
    HEADER,
    'import { bug } from "@gantry/diag";',
    'import type { CodeBuffer } from "@gantry/codegen-core";\n',
    LEGEND,
    int32Array("DESC", words).replace("export ", ""),
    "/** For the decoder. A constant that is exported is slower to read than one that is not. */\nexport const DESCRIPTORS: Int32Array = DESC;\n",
    "/** For each opcode with short forms the case of {@link shorten}, otherwise 0. */",
    int32Array("SHORT", short, cases.length < 256 ? "Uint8Array" : "Uint16Array").replace("export ", ""),
    usesEvex ? int32Array("DISP_SHIFT", shifts, "Uint8Array").replace("export ", "") : "",
    encodeFunction(usesVex, usesEvex),
    shortenFunction(cases),
    LEGACY.replaceAll("FIXUP_BRANCH", String(numbers.branch))
      .replaceAll("FIXUP_SHORT", String(numbers.fixupShort))
      .replaceAll("FIXUP", String(numbers.fixup)),
    MEMORY.replaceAll("FIXUP", String(numbers.fixup))
      .replaceAll("RELOC_GOT", String(numbers.relocationGot))
      .replaceAll("RELOC", String(numbers.relocation)),
    usesVex ? VEX : "",
    usesEvex ? EVEX : "",
  ].join("\n");
}

const LEGEND = `/**
 * Two words for each opcode, then for each short form.
 *
 * First: bits 0-7 opcode byte, 8-9 map, 10 prefix 66, 11 F3, 12 F2, 13 lock (VEX: rm is a group), 14 W, 15-17 ModRM
 * extension, 18 reg is a byte register, 19 rm is, 20-22 immediate (0, 1, 2 bytes, 3: four, 4: eight, 5: register in the
 * upper half of a byte), 23-24 what the fourth place is (1 condition, 2 trap code, 3 VEX.vvvv), 26 second opcode byte
 * instead of places (labels: a branch; VEX: 25 no ModRM, 26-27 vector length), 28-31 shape.
 *
 * Second: offsets in the record of reg, rm, immediate or target, and the fourth place; 0 means none.
 */`;

/**
 * The encoder itself holds the path of nearly all instructions: legacy prefixes, ModRM, and a register or a plain memory
 * operand. A call costs as much as encoding one of them, so they are not split into functions; the rare shapes are.
 */
function encodeFunction(usesVex: boolean, usesEvex: boolean): string {
  return `
/** Appends the machine instruction of the record at \`at\`, after allocation, to \`buf\`. */
export function encode(words: Int32Array, at: number, buf: CodeBuffer): void {
  let op = words[at] & 0xffff;
  const form = SHORT[op];
  if (form !== 0) op = shorten(form, op, words, at);
  const d = DESC[op * 2];
  const places = DESC[op * 2 + 1];
  buf.reserve(16);
  const shape = d >>> 28;
  if (shape > 1) return rare(words, at, op, shape, d, places, buf);
  const regAt = places & 255;
  const reg = regAt === 0 ? (d >> 15) & 7 : words[at + regAt] & 15;
  const rmAt = at + ((places >> 8) & 255);
  const kind = shape === 0 ? 0 : words[rmAt + 3] & 15;
  const base = words[rmAt];
  let rex = ((d >> 11) & 8) | ((reg & 8) >> 1);
  if (kind === 0) rex |= (base & 8) >> 3;
  else if (kind === 1) {
    const index = words[rmAt + 1];
    if (base >= 0) rex |= (base & 8) >> 3;
    if (index >= 0) rex |= (index & 8) >> 2;
  }
  // spl, bpl, sil and dil exist only with a REX prefix.
  if ((d & 0xc0000) !== 0 && rex === 0) {
    if (((d & 0x40000) !== 0 && reg >= 4 && regAt !== 0) || ((d & 0x80000) !== 0 && kind === 0 && (base & 12) !== 0)) rex = 0x40;
  }
  if (kind !== 0) {
    const code = (words[rmAt + 3] >> 6) & 255;
    if (code !== 0) trap(code, buf);
  }
  const b = buf.bytes;
  let n = buf.length;
  if ((d & RARE) === 0) {
    if (rex !== 0) b[n++] = 0x40 | rex;
    if ((d & 0x100) !== 0) b[n++] = 0x0f;
    b[n++] = d;
  } else {
    opcodeBytes(words, at, d, places, rex, 0, buf);
    n = buf.length;
  }
  const field = (reg & 7) << 3;
  const size = (d >> 20) & 7;
  if (kind === 0) b[n++] = 0xc0 | field | (base & 7);
  else if (kind === 1 && base >= 0) {
    const disp = words[rmAt + 2];
    const low = base & 7;
    // Without displacement, rbp and r13 as base mean something else.
    const mod = disp === 0 && low !== 5 ? 0 : (disp << 24) >> 24 === disp ? 0x40 : 0x80;
    const index = words[rmAt + 1];
    if (index >= 0) {
      b[n] = mod | field | 4;
      b[n + 1] = ((words[rmAt + 3] & 0x30) << 2) | ((index & 7) << 3) | low;
      n += 2;
    } else {
      b[n++] = mod | field | low;
      if (low === 4) b[n++] = 0x24;
    }
    if (mod !== 0) {
      b[n++] = disp;
      if (mod === 0x80) {
        b[n] = disp >> 8;
        b[n + 1] = disp >> 16;
        b[n + 2] = disp >> 24;
        n += 3;
      }
    }
  } else {
    buf.length = n;
    memory(words, rmAt, field, size === 3 ? 4 : size, 0, buf);
    n = buf.length;
  }
  if (size === 1) b[n++] = words[at + ((places >> 16) & 255)];
  buf.length = n;
  if (size > 1) immediate(words, at + ((places >> 16) & 255), size, buf);
}

/** The shapes that are not ModRM with legacy prefixes. */
function rare(words: Int32Array, at: number, op: number, shape: number, d: number, places: number, buf: CodeBuffer): void {
  switch (shape) {
    case 2:
      return plain(words, at, d, places, buf);
    case 3:
      return label(words, at, d, places, buf);
    case 4:
      return symbol(words, at, d, places, buf);
${usesVex ? "    case 5:\n      return vex(words, at, d, places, buf);\n" : ""}${usesEvex ? "    case 6:\n      return evex(words, at, d, places, DISP_SHIFT[op], buf);\n" : ""}    default:
      bug("emit", \`opcode \${op} has no encoding\`);
  }
}`;
}

function shortenFunction(cases: readonly string[]): string {
  return `
/** The descriptor to encode with: that of the first short form whose operands can hold the actual ones. */
function shorten(form: number, op: number, words: Int32Array, at: number): number {
  switch (form) {
${cases.join("\n")}
    default:
      return op;
  }
}`;
}

const LEGACY = `
/** Any prefix but REX, a map beyond 0F, or something in the fourth place. */
const RARE = 0x1803e00;

/** Prefixes, REX if \`rex\` is not zero, and opcode. \`at\` is the record's offset. */
function opcodeBytes(words: Int32Array, at: number, d: number, places: number, rex: number, low: number, buf: CodeBuffer): void {
  const b = buf.bytes;
  let n = buf.length;
  let opcode = (d & 255) + low;
  const fourth = (d >> 23) & 3;
  if (fourth !== 0) {
    const word = words[at + (places >>> 24)];
    if (fourth === 1) opcode += word & 15;
    else if (word !== 0) trap(word, buf);
  }
  if ((d & 0x3c00) !== 0) {
    if ((d & 0x400) !== 0) b[n++] = 0x66;
    if ((d & 0x2000) !== 0) b[n++] = 0xf0;
    if ((d & 0x800) !== 0) b[n++] = 0xf3;
    if ((d & 0x1000) !== 0) b[n++] = 0xf2;
  }
  if (rex !== 0) b[n++] = 0x40 | rex;
  const map = (d >> 8) & 3;
  if (map !== 0) {
    b[n++] = 0x0f;
    if (map === 2) b[n++] = 0x38;
    else if (map === 3) b[n++] = 0x3a;
  }
  b[n++] = opcode;
  buf.length = n;
}

/** Notes that the instruction that starts here can trap. */
function trap(code: number, buf: CodeBuffer): void {
  buf.startInst();
  buf.trap(code);
}

/** The immediate of kind \`size\` (bits 20 to 22 of the descriptor, not 0) at word \`k\`. */
function immediate(words: Int32Array, k: number, size: number, buf: CodeBuffer): void {
  const value = words[k];
  switch (size) {
    case 1:
      buf.put1(value);
      return;
    case 2:
      buf.put2(value);
      return;
    case 3:
      buf.put4(value);
      return;
    case 4:
      buf.put4(value);
      buf.put4(words[k + 1]);
      return;
    case 5:
      buf.put1((value & 15) << 4);
      return;
  }
}

/** No ModRM: perhaps a register in the opcode, perhaps an immediate. */
function plain(words: Int32Array, at: number, d: number, places: number, buf: CodeBuffer): void {
  let rex = (d >> 11) & 8;
  if ((d & 0x4000000) !== 0) {
    opcodeBytes(words, at, d, 0, rex, 0, buf);
    buf.put1(places);
    return;
  }
  let reg = 0;
  const k = places & 255;
  if (k !== 0) {
    reg = words[at + k] & 15;
    rex |= reg >> 3;
    // spl, bpl, sil and dil exist only with a REX prefix.
    if (rex === 0 && (d & 0x40000) !== 0 && reg >= 4) rex = 0x40;
  }
  opcodeBytes(words, at, d, places, rex, reg & 7, buf);
  const size = (d >> 20) & 7;
  if (size !== 0) immediate(words, at + ((places >> 16) & 255), size, buf);
}

/** A relative label: a branch that may become short, or another use of a label. */
function label(words: Int32Array, at: number, d: number, places: number, buf: CodeBuffer): void {
  if ((d & 0x4000000) !== 0 && ((d >> 20) & 7) === 3) {
    buf.branch(FIXUP_BRANCH, ((d >> 8) & 3) === 0 ? 5 : 6, words[at + ((places >> 16) & 255)]);
    opcodeBytes(words, at, d, places, 0, 0, buf);
    buf.put4(0);
    return;
  }
  opcodeBytes(words, at, d, places, 0, 0, buf);
  const target = words[at + ((places >> 16) & 255)];
  if (((d >> 20) & 7) === 1) {
    buf.useLabel(target, FIXUP_SHORT, 0);
    buf.put1(0);
  } else {
    buf.useLabel(target, FIXUP, 0);
    buf.put4(0);
  }
}

/** A relative symbol. */
function symbol(words: Int32Array, at: number, d: number, places: number, buf: CodeBuffer): void {
  opcodeBytes(words, at, d, places, 0, 0, buf);
  const k = at + ((places >> 16) & 255);
  buf.reloc(words[k + 1], words[k], -4);
  buf.put4(0);
}`;

const MEMORY = `
/**
 * ModRM, SIB and displacement of the memory operand at \`k\`; \`reg\` is the reg field in place. \`trailing\` bytes of the
 * instruction follow. A one-byte displacement counts in units of \`1 << shift\`.
 */
function memory(words: Int32Array, k: number, reg: number, trailing: number, shift: number, buf: CodeBuffer): void {
  const meta = words[k + 3];
  if ((meta & 15) !== 1) return relative(words, k, reg, trailing, buf);
  const b = buf.bytes;
  let n = buf.length;
  const base = words[k];
  const index = words[k + 1];
  const disp = words[k + 2];
  if (base < 0) {
    b[n] = reg | 4;
    b[n + 1] = index < 0 ? 0x25 : ((meta & 0x30) << 2) | ((index & 7) << 3) | 5;
    buf.length = n + 2;
    buf.put4(disp);
    return;
  }
  const low = base & 7;
  // Without displacement, rbp and r13 as base mean something else.
  const short = disp >> shift;
  const mod = disp === 0 && low !== 5 ? 0 : (short << 24) >> 24 === short && short << shift === disp ? 0x40 : 0x80;
  if (index >= 0) {
    b[n] = mod | reg | 4;
    b[n + 1] = ((meta & 0x30) << 2) | ((index & 7) << 3) | low;
    n += 2;
  } else {
    b[n++] = mod | reg | low;
    if (low === 4) b[n++] = 0x24;
  }
  if (mod === 0x40) b[n++] = short;
  buf.length = n;
  if (mod === 0x80) buf.put4(disp);
}

/** ModRM and displacement of memory relative to the end of the instruction. */
function relative(words: Int32Array, k: number, reg: number, trailing: number, buf: CodeBuffer): void {
  buf.put1(reg | 5);
  const meta = words[k + 3];
  const what = words[k + 1];
  switch (meta & 15) {
    case 6:
      buf.useConstant(what, FIXUP, trailing);
      break;
    case 7:
      buf.useLabel(what, FIXUP, trailing);
      break;
    case 8:
      buf.reloc((meta & 0x4000) !== 0 ? RELOC_GOT : RELOC, what, words[k + 2] - 4 - trailing);
      break;
    default:
      bug("emit", \`memory operand of kind \${meta & 15} was not resolved before encoding\`);
  }
  buf.put4(0);
}`;

const VEX = `
/** The extension bits of a group: X << 1 | B of REX. */
function groupExtension(words: Int32Array, k: number): number {
  const meta = words[k + 3];
  if ((meta & 14) !== 0) return 0;
  const base = words[k];
  const index = (meta & 1) !== 0 ? words[k + 1] : -1;
  return (base >= 0 ? (base & 8) >> 3 : 0) | (index >= 0 ? (index & 8) >> 2 : 0);
}

/** The prefix field of VEX and EVEX: 1 for 66, 2 for F3, 3 for F2. */
function prefixField(d: number): number {
  return (d & 0x400) !== 0 ? 1 : (d & 0x800) !== 0 ? 2 : (d & 0x1000) !== 0 ? 3 : 0;
}

function vex(words: Int32Array, at: number, d: number, places: number, buf: CodeBuffer): void {
  if ((d & 0x2000000) !== 0) {
    // No operands at all.
    buf.put1(0xc5);
    buf.put1(0xf8 | ((d >> 24) & 4) | prefixField(d));
    buf.put1(d);
    return;
  }
  const regAt = places & 255;
  const rmAt = at + ((places >> 8) & 255);
  const reg = regAt === 0 ? (d >> 15) & 7 : words[at + regAt] & 15;
  const isGroup = (d & 0x2000) !== 0;
  const xb = isGroup ? groupExtension(words, rmAt) : (words[rmAt] & 8) >> 3;
  const v = (d & 0x1800000) !== 0 ? words[at + (places >>> 24)] & 15 : 0;
  const low = ((~v & 15) << 3) | ((d >> 24) & 4) | prefixField(d);
  const map = (d >> 8) & 3;
  const size = (d >> 20) & 7;
  const isMemory = isGroup && (words[rmAt + 3] & 15) !== 0;
  if (isMemory) {
    const code = (words[rmAt + 3] >> 6) & 255;
    if (code !== 0) trap(code, buf);
  }
  const b = buf.bytes;
  let n = buf.length;
  const r = (reg & 8) === 0 ? 0x80 : 0;
  if (xb === 0 && map === 1 && (d & 0x4000) === 0) {
    b[n++] = 0xc5;
    b[n++] = r | low;
  } else {
    b[n++] = 0xc4;
    b[n++] = r | ((~xb & 3) << 5) | map;
    b[n++] = ((d & 0x4000) === 0 ? 0 : 0x80) | low;
  }
  b[n++] = d & 255;
  if (isMemory) {
    buf.length = n;
    memory(words, rmAt, (reg & 7) << 3, size === 3 ? 4 : size === 5 ? 1 : size, 0, buf);
  } else {
    b[n++] = 0xc0 | ((reg & 7) << 3) | (words[rmAt] & 7);
    buf.length = n;
  }
  if (size !== 0) immediate(words, at + ((places >> 16) & 255), size, buf);
}`;

const EVEX = `
function evex(words: Int32Array, at: number, d: number, places: number, shift: number, buf: CodeBuffer): void {
  const regAt = places & 255;
  const rmAt = at + ((places >> 8) & 255);
  const reg = regAt === 0 ? (d >> 15) & 7 : words[at + regAt] & 31;
  const isGroup = (d & 0x2000) !== 0;
  const isMemory = isGroup && (words[rmAt + 3] & 15) !== 0;
  // A vector register as rm has its fifth bit in X.
  const xb = isMemory ? groupExtension(words, rmAt) : (words[rmAt] & 24) >> 3;
  const v = (d & 0x1800000) !== 0 ? words[at + (places >>> 24)] & 31 : 0;
  const size = (d >> 20) & 7;
  if (isMemory) {
    const code = (words[rmAt + 3] >> 6) & 255;
    if (code !== 0) trap(code, buf);
  }
  const b = buf.bytes;
  let n = buf.length;
  b[n++] = 0x62;
  b[n++] = ((reg & 8) === 0 ? 0x80 : 0) | ((~xb & 3) << 5) | ((reg & 16) === 0 ? 0x10 : 0) | ((d >> 8) & 3);
  b[n++] = ((d & 0x4000) === 0 ? 0 : 0x80) | ((~v & 15) << 3) | 4 | prefixField(d);
  b[n++] = ((d >> 21) & 0x60) | ((v & 16) === 0 ? 8 : 0);
  b[n++] = d & 255;
  if (isMemory) {
    buf.length = n;
    memory(words, rmAt, (reg & 7) << 3, size === 3 ? 4 : size, shift, buf);
  } else {
    b[n++] = 0xc0 | ((reg & 7) << 3) | (words[rmAt] & 7);
    buf.length = n;
  }
  if (size !== 0) immediate(words, at + ((places >> 16) & 255), size, buf);
}`;
