/**
 * The form of an instruction table for machines whose instructions are words of 16, 32 or 48 bits.
 *
 * ```ts
 * add: inst({ bits: "0000000 rs2:5 rs1:5 000 rd:5 0110011", ops: { rd: def(x), rs1: use(x), rs2: use(x) }, asm: "add rd, rs1, rs2" }),
 * beq: inst({ bits: "to[12|10:5] rs2:5 rs1:5 000 to[4:1|11] 1100011", ops: { rs1: use(x), rs2: use(x), to: use(branch12) }, ... }),
 * lg:  inst({ bits: "0xE3 r1:4 mem.index:4 mem.base:4 mem.disp[11:0] mem.disp[19:12] 0x04", ops: { r1: def(r64), mem: use(bxd20) }, ... }),
 * ```
 *
 * `bits` is the manual's diagram, most significant bit first: binary digits (or hexadecimal ones after `0x`), fields
 * `name:width`, and parts of fields `name[12|10:5]` where the manual scatters them. A memory operand has the parts
 * `mem.base`, `mem.index`, `mem.disp` and `mem.scale`. Fields become operands by type: a row cannot forget one.
 *
 * `asm` is the mnemonic and what follows it; operand names stand for the operands' text. `short` names rows that encode
 * the same operation in fewer bytes: `"c_add rd=rs1"` applies where both registers are the same, `"c_mv imm=0"` and
 * `"c_li rs1=x0"` where an operand is that; besides, every operand must suit the short row's kind of the same name, or
 * that of another one: `"c_add rd=rs2 rs2<-rs1"`.
 */
import type { Operand, OperandKind } from "./operand.ts";
import type { Effect, Flags, PseudoRow } from "./x86.ts";

export * from "./operand.ts";
export { type Effect, type Flags, type PseudoRow, type PseudoSpec, pseudo } from "./x86.ts";

/** How an immediate becomes the bits of its field. */
export interface ImmediateLaw {
  /** Bits of the field. */
  readonly bits: number;
  readonly signed: boolean;
  /** Low bits of the value that are zero and not encoded. */
  readonly shift: number;
  /** Zero has another meaning in this place. */
  readonly nonZero: boolean;
  /**
   * Where no such description fits: `encodeNAME` and `decodeNAME` of the target's `immediates.ts`, which answer -1 where
   * there is no encoding. Values of two words pass as (low, high); `decodeNAME` then leaves the high word in `highWord()`.
   */
  readonly named?: string;
  /** Values that the encoding test tries, where it cannot know the edges. */
  readonly samples?: readonly bigint[];
}

/** Registers of a kind: which there are, how they are numbered in the field, what they are called. */
export interface RegisterLaw {
  /** Bit mask of the hardware numbers. */
  readonly allowed: number;
  /** Hardware number of field value 0. */
  readonly first: number;
  readonly prefix: string;
  /** Names that do not follow the numbers. */
  readonly special: { readonly [number: number]: string };
}

/** What a memory operand of a kind can be. */
export interface MemoryLaw {
  /** Text, with `base`, `index` and `disp` in braces; `[...]?` around what is left out where there is no index. */
  readonly asm: string;
  readonly base: FixedKind;
  readonly index?: FixedKind;
  readonly disp?: FixedKind;
  /** log2 of the scale that a set `scale` bit means. */
  readonly scale: number;
  /** Field value 0 means that there is no base or index. */
  readonly zeroIsNone: boolean;
}

/** A kind of operand of a fixed-width machine. */
export interface FixedKind extends OperandKind {
  readonly immediate?: ImmediateLaw;
  readonly register?: RegisterLaw;
  readonly memory?: MemoryLaw;
  /** Fix-up kind of labels; the place of a symbol's field and what its relocation adds. */
  readonly fixup?: number;
  readonly fieldAt?: number;
  readonly addend?: number;
  /** Names of an immediate's values. */
  readonly names?: readonly string[];
}

/** A kind of register. */
export function register(
  name: string,
  regClass: 0 | 1,
  bits: number,
  prefix: string,
  more: { isle: string; special?: { [n: number]: string }; allowed?: number; first?: number },
): FixedKind {
  const { isle, special = {}, allowed = -1, first = 0 } = more;
  return { name, form: "reg", regClass, bits, isle, register: { allowed, first, prefix, special } };
}

interface ImmediateOptions {
  readonly shift?: number;
  readonly nonZero?: boolean;
  readonly names?: readonly string[];
}

const immediate = (name: string, bits: number, signed: boolean, o: ImmediateOptions): FixedKind => {
  const law: ImmediateLaw = { bits, signed, shift: o.shift ?? 0, nonZero: o.nonZero ?? false };
  const kind: FixedKind = { name, form: "imm", regClass: 0, bits, isle: "i32", immediate: law };
  return o.names === undefined ? kind : { ...kind, names: o.names };
};
/** An immediate of `bits` bits without sign, times `1 << shift`. */
export const unsigned = (name: string, bits: number, o: ImmediateOptions = {}): FixedKind =>
  immediate(name, bits, false, o);
/** An immediate of `bits` bits in two's complement, times `1 << shift`. */
export const signed = (name: string, bits: number, o: ImmediateOptions = {}): FixedKind =>
  immediate(name, bits, true, o);

/** An immediate with a law of its own: `encodeNAME` and `decodeNAME` in the target's `immediates.ts`. */
export const named = (name: string, bits: number, words: 1 | 2, samples: readonly bigint[]): FixedKind => ({
  name,
  form: words === 2 ? "imm64" : "imm",
  regClass: 0,
  bits,
  isle: "i32",
  immediate: { bits, signed: false, shift: 0, nonZero: false, named: name, samples },
});

/** A label at a signed distance of `bits` bits, times `1 << shift`, from the start of the instruction. */
export const label = (name: string, bits: number, shift: number, fixup: number): FixedKind => ({
  name,
  form: "label",
  regClass: 0,
  bits,
  isle: "Label",
  fixup,
  immediate: { bits, signed: true, shift, nonZero: false },
});

/**
 * A symbol at a signed distance of `bits` bits, times `1 << shift`, from the start of the instruction. Its relocation
 * applies `fieldAt` bytes into the instruction and adds `addend`.
 */
export const symbol = (name: string, bits: number, shift: number, fieldAt = 0, addend = 0): FixedKind => ({
  name,
  form: "symbol",
  regClass: 0,
  bits,
  isle: "i32",
  fieldAt,
  addend,
  immediate: { bits, signed: true, shift, nonZero: false },
});

/** A memory operand. */
export function memory(
  name: string,
  bits: number,
  law: {
    asm: string;
    base: FixedKind;
    index?: FixedKind;
    disp?: FixedKind;
    scale?: number;
    zeroIsNone?: boolean;
  },
): FixedKind {
  const { scale = 0, zeroIsNone = false, ...rest } = law;
  return { name, form: "mem", regClass: 0, bits, isle: "Amode", memory: { ...rest, scale, zeroIsNone } };
}

type Words<S extends string> = S extends `${infer W} ${infer Rest}` ? W | Words<Rest> : S;
type FieldName<W extends string> = W extends `${infer N}.${string}`
  ? N
  : W extends `${infer N}[${string}`
    ? N
    : W extends `${infer N}:${number}`
      ? N
      : never;
/** The operands that a diagram names. */
export type Fields<B extends string> = FieldName<Words<B>>;

/** An instruction as a table gives it. */
export interface FixedSpec<B extends string = string> {
  readonly bits: B;
  readonly ops: { readonly [K in Fields<B>]: Operand } & { readonly [key: string]: Operand };
  readonly asm: string;
  readonly flags?: Flags;
  readonly effect?: Effect;
  readonly needs?: string;
  readonly short?: string | readonly string[];
  readonly list?: true;
  readonly clobbers?: string;
  readonly sameAs?: string;
}
export interface FixedRow extends FixedSpec {
  readonly row: "fixed";
}
/** A table: rows by name. */
export type FixedTable = { readonly [name: string]: FixedRow | PseudoRow };

/** A row that is one machine instruction. */
export const inst = <const B extends string>(spec: FixedSpec<B>): FixedRow => ({ row: "fixed", ...spec });
