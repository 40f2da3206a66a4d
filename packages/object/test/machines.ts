/**
 * Machines and machine code for the tests of this package, which know no target: a little-endian and a big-endian
 * table with the numbers of processor supplements, and functions assembled by hand.
 */
import { CompiledCode, NO_ELF, type ObjectTarget, UnwindOp } from "@gantry/codegen-core";

const GENERAL = [0, 2, 1, 3, 7, 6, 4, 5, 8, 9, 10, 11, 12, 13, 14, 15];

export const ABS8 = 0;
export const PC4 = 2;
export const CALL4 = 3;
export const GOT4 = 4;

export const ELF_ONLY = 6;
const REL32 = { type: 4, bias: -4 };

export const little: ObjectTarget = {
  name: "x86-64",
  endian: "little",
  elfMachine: 62,
  elfFlags: 0,
  pageBytes: 4096,
  relocations: [
    { name: "R_X86_64_64", elf: 1, coff: { type: 1 }, to: "symbol", relative: false, field: "word8" },
    { name: "R_X86_64_32", elf: 10, coff: { type: 11 }, to: "symbol", relative: false, field: "word4" },
    { name: "R_X86_64_PC32", elf: 2, coff: REL32, to: "symbol", relative: true, field: "word4" },
    { name: "R_X86_64_PLT32", elf: 4, coff: REL32, to: "plt", relative: true, field: "word4" },
    { name: "R_X86_64_GOTPCREL", elf: 9, to: "got", relative: true, field: "word4" },
    {
      name: "IMAGE_REL_AMD64_ADDR32NB",
      elf: NO_ELF,
      coff: { type: 3 },
      to: "symbol",
      relative: false,
      field: "word4",
    },
    { name: "R_X86_64_PC64", elf: 24, to: "symbol", relative: true, field: "word8" },
  ],
  coff: {
    machine: 0x8664,
    imageRelative: 5,
    unwindRegisters: Array.from({ length: 48 }, (_, r) => (r < 16 ? r : r < 32 ? -1 : r - 32)),
  },
  absolute8: 0,
  absolute4: 1,
  relative4: 2,
  dynamic: { relative: 8, globalSlot: 6, absolute: 1, hashWord: 4 },
  stub: { bytes: [0xff, 0x25, 0, 0, 0, 0, 0x66, 0x90], fieldAt: 2, kind: PC4, addend: -4 },
  padding: [0x90],
  dwarf: {
    codeAlign: 1,
    dataAlign: -8,
    returnAddress: 16,
    stackPointer: 7,
    entryCfaOffset: 8,
    returnAddressAt: -8,
    registers: GENERAL,
  },
};

export const big: ObjectTarget = {
  name: "s390x",
  endian: "big",
  elfMachine: 22,
  elfFlags: 0,
  pageBytes: 4096,
  relocations: [
    { name: "R_390_64", elf: 22, to: "symbol", relative: false, field: "word8" },
    { name: "R_390_32", elf: 4, to: "symbol", relative: false, field: "word4" },
    { name: "R_390_PC32", elf: 5, to: "symbol", relative: true, field: "word4" },
    { name: "R_390_PLT32DBL", elf: 20, to: "plt", relative: true, field: "word4" },
    { name: "R_390_GOTENT", elf: 26, to: "got", relative: true, field: "word4" },
  ],
  absolute8: 0,
  absolute4: 1,
  relative4: 2,
  dynamic: { relative: 12, globalSlot: 10, absolute: 22, hashWord: 8 },
  stub: { bytes: [0xc4, 0x18, 0, 0, 0, 0, 0x07, 0xf1], fieldAt: 2, kind: PC4, addend: 2 },
  padding: [0x07, 0x07],
  dwarf: {
    codeAlign: 1,
    dataAlign: -8,
    returnAddress: 14,
    stackPointer: 15,
    entryCfaOffset: 160,
    registers: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
  },
};

interface Metadata {
  readonly relocations?: readonly (readonly [offset: number, kind: number, name: number, addend: number])[];
  readonly unwind?: readonly (readonly [offset: number, kind: number, a: number, b: number])[];
  readonly data?: readonly (readonly [offset: number, length: number, kind: number])[];
  readonly sources?: readonly (readonly [offset: number, location: number])[];
  readonly codeLength?: number;
}

/** Code as a compile context would return it. */
export function codeOf(hex: string, more: Metadata = {}): CompiledCode {
  const code = new CompiledCode();
  code.bytes = Uint8Array.from(hex.trim().split(/\s+/), (x) => Number.parseInt(x, 16));
  code.length = code.bytes.length;
  code.codeLength = more.codeLength ?? code.length;
  code.alignment = 16;
  for (const column of ["relocations", "unwind", "data", "sources"] as const)
    for (const row of more[column] ?? []) for (const x of row) code[column].push(x);
  return code;
}

/** `fib(edi) -> eax`, recursive; name 0 is itself. */
export const fib: CompiledCode = codeOf(
  `55 48 89 e5 53 41 54 89 fb 83 ff 02 7c 19 8d 7b ff e8 00 00 00 00 41 89 c4 8d 7b fe e8 00 00 00 00
   41 8d 04 04 eb 02 89 d8 41 5c 5b 5d c3`,
  {
    relocations: [
      [0x12, CALL4, 0, -4],
      [0x1d, CALL4, 0, -4],
    ],
    unwind: [
      [1, UnwindOp.cfaFromSp, 0, 16],
      [1, UnwindOp.save, 5, -16],
      [4, UnwindOp.cfaFromRegister, 5, 16],
      [5, UnwindOp.save, 3, -24],
      [7, UnwindOp.save, 12, -32],
      [0x2d, UnwindOp.cfaFromSp, 0, 8],
    ],
    sources: [
      [0, 2],
      [9, 3],
      [0xe, 4],
      [0x27, 40],
      [0x29, 5],
    ],
  },
);

/** `pick(edi) -> eax`: 10, 20, 20 by a jump table for 0, 1, 2, otherwise the int32 called name 0. */
export const pick: CompiledCode = codeOf(
  `83 ff 03 73 1c 48 8d 05 20 00 00 00 48 63 0c b8 48 01 c8 ff e0 b8 0a 00 00 00 c3 b8 14 00 00 00 c3
   48 8b 05 00 00 00 00 8b 00 c3 00  e9 ff ff ff  ef ff ff ff  ef ff ff ff`,
  { relocations: [[0x24, GOT4, 0, -4]], data: [[0x2c, 12, 1]], codeLength: 0x2b },
);

/** Calls the function called name 0, with a frame pointer. */
export const through: CompiledCode = codeOf("55 48 89 e5 e8 00 00 00 00 5d c3", {
  relocations: [[5, CALL4, 0, -4]],
  unwind: [
    [1, UnwindOp.cfaFromSp, 0, 16],
    [1, UnwindOp.save, 5, -16],
    [4, UnwindOp.cfaFromRegister, 5, 16],
    [0xa, UnwindOp.cfaFromSp, 0, 8],
  ],
});

/** N-API callback around {@link fib}: names 0 napi_get_cb_info, 1 napi_get_value_int32, 2 napi_create_int32, 3 fib. */
export const fibThunk: CompiledCode = codeOf(
  `53 48 83 ec 20 48 89 fb 48 8d 54 24 08 48 c7 02 01 00 00 00 48 8d 4c 24 10 45 31 c0 45 31 c9
   ff 15 00 00 00 00 48 89 df 48 8b 74 24 10 48 8d 54 24 08 ff 15 00 00 00 00 8b 7c 24 08 e8 00 00 00 00
   48 89 df 89 c6 48 8d 54 24 08 ff 15 00 00 00 00 48 8b 44 24 08 48 83 c4 20 5b c3`,
  {
    relocations: [
      [0x21, GOT4, 0, -4],
      [0x34, GOT4, 1, -4],
      [0x3d, CALL4, 3, -4],
      [0x4d, GOT4, 2, -4],
    ],
    unwind: [
      [1, UnwindOp.cfaFromSp, 0, 16],
      [1, UnwindOp.save, 3, -16],
      [5, UnwindOp.cfaFromSp, 0, 48],
    ],
  },
);

/** `napi_register_module_v1`: returns a JavaScript function of the callback called name 0; name 1 napi_create_function. */
export const register: CompiledCode = codeOf(
  `53 48 83 ec 20 48 89 fb 31 f6 31 d2 48 8d 0d 00 00 00 00 45 31 c0 4c 8d 4c 24 08 e8 00 00 00 00
   48 8b 44 24 08 48 83 c4 20 5b c3`,
  {
    relocations: [
      [0xf, PC4, 0, -4],
      [0x1c, CALL4, 1, -4],
    ],
    unwind: [
      [1, UnwindOp.cfaFromSp, 0, 16],
      [1, UnwindOp.save, 3, -16],
      [5, UnwindOp.cfaFromSp, 0, 48],
    ],
  },
);
