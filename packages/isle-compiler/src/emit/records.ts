import type { Reps } from "../host/check.ts";
import type { Rep } from "../host/model.ts";
import type { Program, TypeId, VariantInfo } from "../sema/model.ts";

/** Where the fields of records lie. Word 0 of an enum's record is the variant's number; a struct has fields only. */
export class Records {
  readonly #program: Program;
  readonly #reps: Reps;

  constructor(program: Program, reps: Reps) {
    this.#program = program;
    this.#reps = reps;
  }

  /** Words of a field of `type`. */
  words(type: TypeId): number {
    if (this.#reps[type] !== "bigint") return 1;
    const t = this.#program.types[type]!;
    return t.kind === "builtin" && t.bits === 128 ? 4 : 2;
  }

  fields(type: TypeId, variant: number): VariantInfo["fields"] {
    const t = this.#program.types[type]!;
    return t.kind === "enum" ? t.variants[variant]!.fields : t.kind === "struct" ? t.fields : [];
  }

  /** Offset of field `index`, or with one index too many the record's length. */
  offset(type: TypeId, variant: number, index: number): number {
    let at = this.#program.types[type]!.kind === "enum" ? 1 : 0;
    for (const field of this.fields(type, variant).slice(0, index)) at += this.words(field.type);
    return at;
  }

  /** The expression that reads a field. Names the helpers it needs in `helpers`. */
  read(type: TypeId, variant: number, index: number, at: string, helpers: Set<string>): string {
    const field = this.fields(type, variant)[index]!;
    const place = this.offset(type, variant, index);
    const rep: Rep = this.#reps[field.type]!;
    const word = `ctx.words[${plus(at, place)}]`;
    if (rep === "bool") return `${word} !== 0`;
    if (rep === "bigint") {
      const helper = `readBig${this.words(field.type) * 32}`;
      helpers.add(helper);
      return `${this.#wrap(field.type, `${helper}(ctx, ${plus(at, place)})`)}`;
    }
    const t = this.#program.types[field.type]!;
    return t.kind === "builtin" && t.name === "u32" ? `${word} >>> 0` : word;
  }

  /** The statement that writes a field. */
  write(
    type: TypeId,
    variant: number,
    index: number,
    at: string,
    value: string,
    helpers: Set<string>,
  ): string {
    const field = this.fields(type, variant)[index]!;
    const place = this.offset(type, variant, index);
    const rep: Rep = this.#reps[field.type]!;
    if (rep === "bigint") {
      const helper = `writeBig${this.words(field.type) * 32}`;
      helpers.add(helper);
      return `${helper}(ctx, ${plus(at, place)}, ${value});`;
    }
    return `ctx.words[${plus(at, place)}] = ${rep === "bool" ? `${value} ? 1 : 0` : rep === "unit" ? "0" : value};`;
  }

  #wrap(type: TypeId, text: string): string {
    const t = this.#program.types[type]!;
    return t.kind === "builtin" && t.signed ? `BigInt.asIntN(${t.bits}, ${text})` : text;
  }
}

function plus(at: string, offset: number): string {
  return offset === 0 ? at : `${at} + ${offset}`;
}

/** Bodies of the helpers that field accesses name. */
export const helperText: Readonly<Record<string, readonly string[]>> = {
  readBig64: [
    "function readBig64(ctx: Context, at: number): bigint {",
    "  return (BigInt(ctx.words[at + 1] >>> 0) << 32n) | BigInt(ctx.words[at] >>> 0);",
    "}",
  ],
  writeBig64: [
    "function writeBig64(ctx: Context, at: number, value: bigint): void {",
    "  ctx.words[at] = Number(BigInt.asIntN(32, value));",
    "  ctx.words[at + 1] = Number(BigInt.asIntN(32, value >> 32n));",
    "}",
  ],
  readBig128: [
    "function readBig128(ctx: Context, at: number): bigint {",
    "  let value = 0n;",
    "  for (let k = 3; k >= 0; k--) value = (value << 32n) | BigInt(ctx.words[at + k] >>> 0);",
    "  return value;",
    "}",
  ],
  writeBig128: [
    "function writeBig128(ctx: Context, at: number, value: bigint): void {",
    "  for (let k = 0; k < 4; k++) ctx.words[at + k] = Number(BigInt.asIntN(32, value >> BigInt(32 * k)));",
    "}",
  ],
  unitVariant: [
    "function unitVariant(ctx: Context, variant: number): number {",
    "  const at = ctx.arena(1);",
    "  ctx.words[at] = variant;",
    "  return at;",
    "}",
  ],
};
