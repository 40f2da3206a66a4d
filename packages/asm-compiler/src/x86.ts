/**
 * The form of an x86-64 instruction table: one row for each machine instruction.
 *
 * ```ts
 * addq_rm: x86({ code: "REX.W 03 /r", ops: { reg: mod(r64), rm: use(rm64) }, asm: "addq", flags: "w" }),
 * ```
 *
 * `code` is the opcode column of the manual: mandatory prefix (`66`, `F2`, `F3`), `REX.W`, opcode bytes, then
 *
 * | | | operand key |
 * |---|---|---|
 * | `/r` | ModRM with two operands | `reg` and `rm` |
 * | `/0` .. `/7` | ModRM with an opcode extension | `rm` |
 * | `+r` (after the opcode byte: `B8 +r`) | register in the opcode | `reg` |
 * | `+cc` | condition in the opcode | `cc` |
 * | `ib iw id io` | immediate | `imm` |
 * | `cb cd` | relative target | `target` |
 * | `/is4` | register in the upper half of an immediate byte | `is4` |
 *
 * VEX and EVEX rows write `VEX.128.66.0F38.W0 F7 /r`; the operand in VEX.vvvv has the key `vvvv`. Any other key must name a
 * fixed register (`use(r64, "rcx")`), the immediate that the opcode implies (`use(one)`), or a trap code.
 *
 * `ops` are in Intel order, destination first. `asm` is the mnemonic of the AT&T syntax, which prints the encoded
 * operands in reverse order; where that is not right it also lists what to print: `shlq %cl, rm`. `{cc}` stands for the condition.
 *
 * `short` names rows that encode the same operation in fewer bytes. Before it encodes, the encoder takes the first
 * whose operands can hold the actual ones (immediates that fit, fixed registers that were allocated).
 *
 * `vex` names the row of the same operation in VEX encoding. Its record has the same words, where a register that SSE
 * reads and writes is a result and `vvvv`; so the constructor of an SSE row makes either, and rules are written once.
 */
import type { Operand, OperandKind } from "./operand.ts";

export * from "./operand.ts";

const reg = (name: string, bits: number, isle: string): OperandKind => ({
  name,
  form: "reg",
  regClass: isle === "Gpr" ? 0 : 1,
  bits,
  isle,
});
const rm = (name: string, bits: number, isle: string): OperandKind => ({
  name,
  form: "rm",
  regClass: isle === "GprMem" ? 0 : 1,
  bits,
  isle,
});
const mem = (name: string, bits: number): OperandKind => ({
  name,
  form: "mem",
  regClass: 0,
  bits,
  isle: "Amode",
});
const imm = (name: string, bits: number, extend: "sign" | "zero", isle: string): OperandKind => ({
  name,
  form: bits === 64 ? "imm64" : "imm",
  regClass: 0,
  bits,
  extend,
  isle,
});
const other = (name: string, form: OperandKind["form"], isle: string, bits = 0): OperandKind => ({
  name,
  form,
  regClass: 0,
  bits,
  isle,
});

/** General registers. */
export const r8 = reg("r8", 8, "Gpr");
export const r16 = reg("r16", 16, "Gpr");
export const r32 = reg("r32", 32, "Gpr");
export const r64 = reg("r64", 64, "Gpr");
/** General register or memory. */
export const rm8 = rm("rm8", 8, "GprMem");
export const rm16 = rm("rm16", 16, "GprMem");
export const rm32 = rm("rm32", 32, "GprMem");
export const rm64 = rm("rm64", 64, "GprMem");
/** Memory only; `m` is an address without an access (`lea`). */
export const m = mem("m", 0);
export const m8 = mem("m8", 8);
export const m16 = mem("m16", 16);
export const m32 = mem("m32", 32);
export const m64 = mem("m64", 64);
export const m128 = mem("m128", 128);
export const m256 = mem("m256", 256);
/** Vector registers and vector register or memory. */
export const xmm = reg("xmm", 128, "Xmm");
export const xmm_m8 = rm("xmm_m8", 8, "XmmMem");
export const xmm_m16 = rm("xmm_m16", 16, "XmmMem");
export const xmm_m32 = rm("xmm_m32", 32, "XmmMem");
export const xmm_m64 = rm("xmm_m64", 64, "XmmMem");
export const xmm_m128 = rm("xmm_m128", 128, "XmmMem");
/** The same registers with all 256 bits of AVX. */
export const ymm = reg("ymm", 256, "Xmm");
export const ymm_m256 = rm("ymm_m256", 256, "XmmMem");
/** Immediates: `imm` is zero-extended or as wide as the operation, `simm` is sign-extended. */
export const imm8 = imm("imm8", 8, "zero", "u8");
export const simm8 = imm("simm8", 8, "sign", "i32");
export const imm16 = imm("imm16", 16, "zero", "i32");
export const imm32 = imm("imm32", 32, "zero", "i32");
export const simm32 = imm("simm32", 32, "sign", "i32");
export const imm64 = imm("imm64", 64, "zero", "i32");
/** The immediate 1 that the opcode implies: shifts by one. */
export const one: OperandKind = {
  name: "one",
  form: "imm",
  regClass: 0,
  bits: 0,
  extend: "zero",
  only: 1,
  isle: "u8",
};
/** A label, relative to the end of the field. */
export const rel8 = other("rel8", "label", "Label", 8);
export const rel32 = other("rel32", "label", "Label", 32);
/** A symbol, relative to the end of the field: symbol number and relocation kind. */
export const sym32 = other("sym32", "symbol", "i32", 32);
/** A condition code: the four bits of the opcode. */
export const cc = other("cc", "cc", "CC", 4);
/** Not encoded: the trap code of an instruction that can trap without a memory operand (`ud2`, `div`); 0 is none. */
export const trapcode = other("trapcode", "trap", "i32");

/**
 * What the rest of the compiler must know about an instruction besides its operands; `commutes`: those that it reads, two
 * registers or a register and memory, may be exchanged.
 */
export type Effect = "branch" | "call" | "return" | "move" | "commutes";
/** Condition flags: read, written, or both. */
export type Flags = "r" | "w" | "rw";

type Words<S extends string> = S extends `${infer W} ${infer Rest}` ? W | Words<Rest> : S;
type SlotOf<W extends string> = W extends "/r"
  ? "reg" | "rm"
  : W extends "/0" | "/1" | "/2" | "/3" | "/4" | "/5" | "/6" | "/7"
    ? "rm"
    : W extends "+r"
      ? "reg"
      : W extends "+cc"
        ? "cc"
        : W extends "ib" | "iw" | "id" | "io"
          ? "imm"
          : W extends "cb" | "cd"
            ? "target"
            : W extends "/is4"
              ? "is4"
              : never;
/** The operand keys that an opcode column asks for. */
export type Slots<C extends string> = SlotOf<Words<C>>;
/** The operands of a row with opcode column `C`: those that the column encodes, and fixed ones. */
export type OperandsOf<C extends string> = { readonly [K in Slots<C>]: Operand } & {
  readonly [key: string]: Operand;
};

/** An instruction as a table gives it. */
export interface X86Spec<C extends string = string> {
  readonly code: C;
  readonly ops: OperandsOf<C>;
  readonly asm: string;
  readonly flags?: Flags;
  readonly effect?: Effect;
  /** CPU features, separated by blanks: all are needed. */
  readonly needs?: string;
  /** Shorter rows for the same operation, tried in this order. */
  readonly short?: string | readonly string[];
  /** The record ends in a counted list of (register, constraint) pairs. */
  readonly list?: true;
  /** Named clobber set of the target. */
  readonly clobbers?: string;
  /** Another row with the same encoding, which is the one that the decoder finds. */
  readonly sameAs?: string;
  /** log2 of the factor of EVEX's one-byte displacements. */
  readonly dispShift?: number;
  /** The VEX row of the same operation: what the constructor of this SSE row makes where AVX is on. */
  readonly vex?: string;
}

/** An instruction that an expander turns into others after register allocation, as a table gives it. */
export interface PseudoSpec {
  readonly ops: { readonly [key: string]: Operand };
  /** Name of the expander in the target's `expand.ts`. */
  readonly expand: string;
  /** Bytes that the expansion takes at most. */
  readonly size: number;
  readonly flags?: Flags;
  readonly effect?: Effect;
  readonly needs?: string;
  readonly list?: true;
  readonly clobbers?: string;
}

export interface X86Row extends X86Spec {
  readonly row: "x86";
}
export interface PseudoRow extends PseudoSpec {
  readonly row: "pseudo";
}
/** A table: rows by name. */
export type X86Table = { readonly [name: string]: X86Row | PseudoRow };

/** A row that is one machine instruction. */
export const x86 = <const C extends string>(spec: X86Spec<C>): X86Row => ({ row: "x86", ...spec });
/** A row that an expander turns into machine instructions after register allocation. */
export const pseudo = (spec: PseudoSpec): PseudoRow => ({ row: "pseudo", ...spec });
