/** Generates `layout.ts`, `print.ts` and `decode.ts` of a fixed-width machine. Compiling never loads them. */
import { FRAME_PLACES, HEADER, int32Array, PLACE_NAME, printFunction } from "./emit-common.ts";
import type { FixedKind } from "./fixed.ts";
import { functionName, namedLaws } from "./fixed-emit-encode.ts";
import type { FixedResolvedRow, FixedTarget } from "./fixed-rows.ts";
import type { Role } from "./operand.ts";

const PARTS = ["", "base", "index", "disp", "scale"] as const;
const ROLES: readonly Role[] = ["use", "lateUse", "def", "earlyDef", "mod", "tmp"];

/** Every kind that occurs, parts of memory operands included. */
function allKinds(rows: readonly FixedResolvedRow[]): FixedKind[] {
  const out = new Map<string, FixedKind>();
  const add = (kind: FixedKind | undefined): void => {
    if (kind === undefined || out.has(kind.name)) return;
    out.set(kind.name, kind);
    add(kind.memory?.base);
    add(kind.memory?.index);
    add(kind.memory?.disp);
  };
  for (const row of rows) for (const o of row.operands) add(o.kind as FixedKind);
  return [...out.values()];
}

/** `layout.ts`. */
export function emitFixedLayout(rows: readonly FixedResolvedRow[]): string {
  const kinds = allKinds(rows);
  const number = (kind: FixedKind | undefined): number =>
    kind === undefined ? -1 : kinds.findIndex((k) => k.name === kind.name);
  const kindLines = kinds.map((k) => {
    const { immediate: i, register: r, memory: m } = k;
    return `  ${JSON.stringify({
      form: k.form,
      cls: k.regClass,
      bits: k.bits,
      signed: i?.signed ?? false,
      fieldBits: i?.bits ?? 0,
      shift: i?.shift ?? 0,
      nonZero: i?.nonZero ?? false,
      named: i?.named ?? "",
      allowed: r?.allowed ?? 0,
      first: r?.first ?? 0,
      prefix: r?.prefix ?? "",
      special: r?.special ?? {},
      names: k.names ?? [],
      asm: m?.asm ?? "",
      base: number(m?.base),
      index: number(m?.index),
      disp: number(m?.disp),
      scale: m?.scale ?? 0,
      zeroIsNone: m?.zeroIsNone ?? false,
    })},`;
  });
  const operandStart = [0];
  const operands: number[] = [];
  const fieldStart = [0];
  const fields: number[] = [];
  for (const row of rows) {
    for (const o of row.operands) {
      operands.push(o.at | (number(o.kind as FixedKind) << 8) | (ROLES.indexOf(o.role) << 16), o.fixedWord);
    }
    operandStart.push(operands.length / 2);
    for (const f of row.encoding?.fields ?? [])
      fields.push(
        row.operands.indexOf(f.operand) |
          (PARTS.indexOf(f.part) << 5) |
          (f.from << 8) |
          (f.width << 14) |
          (f.to << 20),
      );
    fieldStart.push(fields.length);
  }
  return [
    HEADER,
    `/** A kind of operand, as the tables declare it. */
export interface Kind {
  readonly form: string;
  readonly cls: number;
  readonly bits: number;
  readonly signed: boolean;
  readonly fieldBits: number;
  readonly shift: number;
  readonly nonZero: boolean;
  readonly named: string;
  readonly allowed: number;
  readonly first: number;
  readonly prefix: string;
  readonly special: { readonly [number: number]: string };
  readonly names: readonly string[];
  readonly asm: string;
  readonly base: number;
  readonly index: number;
  readonly disp: number;
  readonly scale: number;
  readonly zeroIsNone: boolean;
}

export const KINDS: readonly Kind[] = [
${kindLines.join("\n")}
];
`,
    int32Array("LAYOUT_START", operandStart),
    "/** Two words for each operand: offset in the record, kind << 8, role << 16 (4 mod); fixed register or -1. */",
    int32Array("LAYOUT", operands),
    int32Array("FIELD_START", fieldStart),
    "/** Operand, part << 5 (1 base, 2 index, 3 displacement, 4 scale), bit of its value << 8, width << 14, bit of the word << 20. */",
    int32Array("FIELDS", fields),
  ].join("\n");
}

/** `add\t{0}, {1}, {2}`: operand numbers in the row's order. */
function template(row: FixedResolvedRow): string {
  const index = (key: string): number => row.operands.findIndex((o) => o.key === key);
  if (row.encoding === undefined) {
    const all = row.operands.map((_, i) => `{${i}}`).join(", ");
    return all === "" ? row.name : `${row.name}\t${all}`;
  }
  const blank = row.asm.indexOf(" ");
  const mnemonic = (blank < 0 ? row.asm : row.asm.slice(0, blank)).replace(
    /\{(\w+)\}/g,
    (_, key) => `{${index(key)}}`,
  );
  if (blank < 0) return mnemonic;
  const rest = row.asm
    .slice(blank + 1)
    .replace(/[a-z]\w*/g, (word) => (index(word) >= 0 ? `{${index(word)}}` : word));
  return `${mnemonic}\t${rest}`;
}

/** `print.ts`. */
export function emitFixedPrint(rows: readonly FixedResolvedRow[]): string {
  return `${HEADER}
import { KINDS, type Kind, LAYOUT, LAYOUT_START } from "./layout.ts";
import { FACTS, RECORD_LENGTH } from "./operands.ts";

/** Text of each opcode; \`{n}\` stands for operand n of the row. */
const TEMPLATES: readonly string[] = [
${rows.map((r) => `  ${JSON.stringify(template(r))},`).join("\n")}
];
${PRINT}`;
}

const PRINT = `
/** Text of a register word as a kind of operand shows it. */
export type RegisterName = (word: number, kind: Kind) => string;

/** The kind's prefix and the hardware number, or the name that the kind has for it; \`v12\` for virtual registers. */
export const registerName: RegisterName = (word, kind) =>
  word >= 128 ? "v" + word : (kind.special[word & 31] ?? kind.prefix + (word & 31));

${PLACE_NAME}

/** What general registers in the list of a call are shown as. */
const GENERAL = KINDS.find((k) => k.form === "reg") as Kind;

${printFunction("GENERAL")}

function operand(words: Int32Array, at: number, n: number, regName: RegisterName, place: PlaceName): string {
  const first = LAYOUT[2 * n];
  const kind = KINDS[(first >> 8) & 255];
  const k = at + (first & 255);
  const word = words[k];
  switch (kind.form) {
    case "reg": {
      const to = regName(word, kind);
      // Before allocation the two halves of a read-write register have different names.
      return ((first >> 16) & 15) === 4 && words[k + 1] !== word ? to + "<-" + regName(words[k + 1], kind) : to;
    }
    case "mem":
      return memory(words, k, kind, regName, place);
    case "imm":
      return kind.names[word] ?? String(kind.signed || kind.named !== "" ? word : word >>> 0);
    case "imm64":
      return String(((BigInt(words[k + 1]) & 0xffffffffn) << 32n) | BigInt(word >>> 0));
    case "label":
      return place("label", word);
    case "symbol":
      return place("symbol", word);
    default:
      return kind.form + word;
  }
}

function memory(words: Int32Array, k: number, kind: Kind, regName: RegisterName, place: PlaceName): string {
  const base = words[k];
  const index = words[k + 1];
  const disp = words[k + 2];
  const meta = words[k + 3];
  const offset = disp === 0 ? "" : disp > 0 ? "+" + disp : String(disp);
  switch (meta & 15) {
    case 1:
      break;
${FRAME_PLACES}
    case 6:
      return place("constant", index);
    case 7:
      return place("label", index);
    default:
      return place("symbol", index) + offset;
  }
  if (base < 0 && index < 0) return String(disp);
  return kind.asm
    .replace(/<(.*?)>/, (_, optional) => (index < 0 ? "" : optional))
    .replace("{base}", base < 0 ? "0" : regName(base, KINDS[kind.base]))
    .replace("{index}", index < 0 ? "0" : regName(index, KINDS[kind.index]))
    .replace("{disp}", String(disp))
    .replace("{scale}", String((meta >> 4) & 3));
}
`;

/** `decode.ts`. */
export function emitFixedDecode(rows: readonly FixedResolvedRow[], target: FixedTarget): string {
  const little = target.endian === "little";
  const encoded = rows.filter((r) => r.encoding !== undefined);
  // The byte that tells most: the first, or the last where all instructions have four bytes and the opcode stands there.
  const byte = little && encoded.every((r) => r.encoding!.diagram.bytes === 4) ? 3 : 0;
  const buckets: number[][] = Array.from({ length: 256 }, () => []);
  for (const { opcode, encoding } of encoded) {
    if (encoding!.sameAs !== "") continue;
    const { match, mask, bytes } = encoding!.diagram;
    const down = BigInt(little ? byte * 8 : (bytes - 1) * 8);
    const m = Number((mask >> down) & 255n);
    const v = Number((match >> down) & 255n);
    for (let b = 0; b < 256; b++) if ((b & m) === v) buckets[b]!.push(opcode);
  }
  const start = [0];
  const index: number[] = [];
  for (const bucket of buckets) {
    index.push(...bucket);
    start.push(index.length);
  }
  const mask = rows.map((r) => Number(BigInt.asIntN(32, r.encoding?.diagram.mask ?? 0n)));
  const maskHigh = rows.map((r) => Number((r.encoding?.diagram.mask ?? 0n) >> 32n));
  const wide = encoded.some((r) => r.encoding!.diagram.bytes === 6);
  const laws = namedLaws(rows);
  const imports = laws.map((n) => functionName("decode", n)).join(", ");
  const twoWords = rows.some((r) => r.encoding?.fields.some((f) => f.kind.form === "imm64") ?? false);
  return `${HEADER}
import { BASE${wide ? ", BASE_HIGH" : ""} } from "./encode.ts";
import { FIELD_START, FIELDS, KINDS, type Kind, LAYOUT, LAYOUT_START } from "./layout.ts";
import { RECORD_LENGTH, WORST_SIZE } from "./operands.ts";
import { print, registerName } from "./print.ts";
${laws.length > 0 ? `import { ${imports}${twoWords ? ", highWord" : ""} } from "../immediates.ts";` : ""}

/** Rows by byte ${byte} of the instruction. */
${int32Array("INDEX_START", start, "Uint16Array")}
${int32Array("INDEX", index, "Uint16Array")}
${int32Array("MASK", mask)}
${wide ? int32Array("MASK_HIGH", maskHigh, "Uint16Array") : ""}
/** An instruction found in bytes. */
export interface Decoded {
  readonly opcode: number;
  /** Bytes. */
  readonly length: number;
  /** The record, as the encoder reads it. Labels and symbols are distances from the start of the instruction. */
  readonly words: Int32Array;
  readonly text: string;
}

/** Decodes the instruction at \`offset\`, if a row has its encoding. */
export function decode(bytes: Uint8Array, offset: number): Decoded | undefined {
  if (offset + 2 > bytes.length) return undefined;
  const key = bytes[offset + ${byte}];
  for (let i = INDEX_START[key]; i < INDEX_START[key + 1]; i++) {
    const op = INDEX[i];
    const length = WORST_SIZE[op];
    if (offset + length > bytes.length) continue;
    const low = ${little ? "length === 2 ? half(bytes, offset) : half(bytes, offset) | (half(bytes, offset + 2) << 16)" : "length === 2 ? half(bytes, offset) : half(bytes, offset + length - 2) | (half(bytes, offset + length - 4) << 16)"};
    if (((low ^ BASE[op]) & MASK[op]) !== 0) continue;
    const high = ${wide ? "length === 6 ? half(bytes, offset) : 0" : "0"};
    ${wide ? "if (((high ^ BASE_HIGH[op]) & MASK_HIGH[op]) !== 0) continue;" : ""}
    const words = decodeFields(op, low, high);
    if (words === undefined) continue;
    const text = print(words, 0, registerName, (_, distance) => "0x" + ((offset + distance) >>> 0).toString(16));
    return { opcode: op, length, words, text };
  }
  return undefined;
}

/** Two bytes in the target's order. */
function half(bytes: Uint8Array, at: number): number {
  return ${little ? "bytes[at] | (bytes[at + 1] << 8)" : "(bytes[at] << 8) | bytes[at + 1]"};
}

/** The record of opcode \`op\` for the bits of an instruction; undefined if a field has a value that its kind excludes. */
function decodeFields(op: number, low: number, high: number): Int32Array | undefined {
  const words = new Int32Array(RECORD_LENGTH[op]);
  words[0] = op | (words.length << 16);
  const raw = new Map<number, number>();
  for (let f = FIELD_START[op]; f < FIELD_START[op + 1]; f++) {
    const field = FIELDS[f];
    const width = (field >> 14) & 63;
    const to = (field >> 20) & 63;
    const mask = width === 32 ? -1 : (1 << width) - 1;
    const value = (to >= 32 ? high >>> (to - 32) : low >>> to) & mask;
    raw.set(field & 255, (raw.get(field & 255) ?? 0) | (value << ((field >> 8) & 63)));
  }
  for (let n = LAYOUT_START[op], i = 0; n < LAYOUT_START[op + 1]; n++, i++) {
    const k = LAYOUT[2 * n] & 255;
    const kind = KINDS[(LAYOUT[2 * n] >> 8) & 255];
    const fixed = LAYOUT[2 * n + 1];
    if (kind.form === "mem") {
      if (!decodeMemory(words, k, kind, raw, i)) return undefined;
      continue;
    }
    const field = raw.get(i);
    if (field === undefined) {
      words[k] = fixed;
    } else if (kind.form === "reg") {
      const register = decodeRegister(kind, field);
      if (register < 0) return undefined;
      words[k] = register;
    } else if (!decodeImmediate(words, k, kind, field)) return undefined;
    if (((LAYOUT[2 * n] >> 16) & 15) === 4) words[k + 1] = words[k];
  }
  return words;
}

function decodeMemory(words: Int32Array, k: number, kind: Kind, raw: ReadonlyMap<number, number>, i: number): boolean {
  const base = raw.get(i | 32);
  const index = raw.get(i | 64);
  const disp = raw.get(i | 96);
  const scale = raw.get(i | 128);
  const none = (value: number): boolean => kind.zeroIsNone && value === 0;
  const only = KINDS[kind.base].allowed;
  // A base that is not in the instruction can only be one register.
  words[k] = base === undefined ? 31 - Math.clz32(only) : none(base) ? -1 : decodeRegister(KINDS[kind.base], base);
  words[k + 1] = index === undefined || none(index) ? -1 : decodeRegister(KINDS[kind.index], index);
  if (base !== undefined && !none(base) && words[k] < 0) return false;
  if (disp !== undefined && !decodeImmediate(words, k + 2, KINDS[kind.disp], disp)) return false;
  words[k + 3] = 1 | ((scale === 1 ? kind.scale : 0) << 4);
  return true;
}

/** Register word of a field value, or -1 if the kind does not have the register. */
function decodeRegister(kind: Kind, field: number): number {
  const number = field + kind.first;
  return ((kind.allowed >>> number) & 1) === 0 ? -1 : (kind.cls << 5) | number;
}

/** Writes the value of a field; false if the kind excludes it. */
function decodeImmediate(words: Int32Array, k: number, kind: Kind, field: number): boolean {
${
  laws.length === 0
    ? ""
    : `  switch (kind.named) {
${laws
  .map((n) => {
    const kind = rows
      .flatMap((r) => r.encoding?.fields ?? [])
      .find((f) => f.kind.immediate?.named === n)!.kind;
    const decode = functionName("decode", n);
    return kind.form === "imm64"
      ? `    case "${n}":\n      words[k] = ${decode}(field);\n      words[k + 1] = highWord();\n      return words[k] !== -1 || words[k + 1] !== -1;`
      : `    case "${n}":\n      words[k] = ${decode}(field);\n      return words[k] !== -1;`;
  })
  .join("\n")}
  }
`
}  if ((kind.nonZero && field === 0) || kind.names[field] === "") return false;
  const up = 32 - kind.fieldBits;
  const value = kind.signed ? (field << up) >> up : field;
  words[k] = value << kind.shift;
  // Farther than a word can say.
  return (words[k] >> kind.shift) === value || !kind.signed;
}
`;
}
