import type { Endian } from "@gantry/entity";
import type { CompiledCode } from "./compiled-code.ts";

/**
 * How the value of a relocation is written into its field: as a plain word in the target's byte order, or by a
 * function that knows the instruction. The function returns whether the value fits.
 */
export type RelocationField = "word4" | "word8" | ((bytes: Uint8Array, at: number, value: number) => boolean);

/** Instead of a number: ELF has no such relocation. */
export const NO_ELF = -1;

/** One relocation kind of a target; its number is its index in {@link ObjectTarget.relocations}. */
export interface RelocationKind {
  /** The name in the processor supplement: `R_X86_64_PC32`. */
  readonly name: string;
  /** The number in ELF files, or {@link NO_ELF}. */
  readonly elf: number;
  /**
   * The number in COFF files, where they have it, and what linkers add to the addend by themselves: -4 if they measure a
   * distance from the end of the field.
   */
  readonly coff?: { readonly type: number; readonly bias?: number };
  /**
   * What the field addresses: the symbol, its slot in the global offset table, code that jumps to it, or what finds a
   * thread-local symbol at run time.
   */
  readonly to: "symbol" | "got" | "plt" | "thread";
  /** Whether the place of the field is subtracted. */
  readonly relative: boolean;
  readonly field: RelocationField;
}

/** What object files have to know of a target: numbers and conventions that its processor supplement sets. */
export interface ObjectTarget {
  /** The architecture's name, for messages. */
  readonly name: string;
  readonly endian: Endian;
  /** `e_machine` and `e_flags` of ELF files. */
  readonly elfMachine: number;
  readonly elfFlags: number;
  /** Alignment of loadable segments. */
  readonly pageBytes: number;
  /** All relocation kinds. Kinds in {@link CompiledCode} are indices into it. */
  readonly relocations: readonly RelocationKind[];
  /** The kinds for a pointer in data, for an offset into another section, and for a 4-byte distance in tables. */
  readonly absolute8: number;
  readonly absolute4: number;
  readonly relative4: number;
  /** Relocation numbers that the dynamic linker understands. */
  readonly dynamic: {
    /** Base of the image plus addend. */
    readonly relative: number;
    /** Address of a symbol, in a slot of the global offset table. */
    readonly globalSlot: number;
    /** Address of a symbol plus addend, in data. */
    readonly absolute: number;
    /** Width of the words of `DT_HASH`: 4 but for s390x. */
    readonly hashWord: 4 | 8;
  };
  /** Code that jumps to the address in a slot of the global offset table, with the relocation of its field. */
  readonly stub: {
    readonly bytes: readonly number[];
    readonly fieldAt: number;
    readonly kind: number;
    readonly addend: number;
  };
  /** What COFF files need, where the machine has them. */
  readonly coff?: {
    readonly machine: number;
    /** The relocation kind for a distance from the start of the linked image. */
    readonly imageRelative: number;
    /** Number of each physical register word in Windows x64 unwind codes, -1 where there is none. */
    readonly unwindRegisters: readonly number[];
  };
  /** Bytes that do nothing, for the space between functions. */
  readonly padding: readonly number[];
  /** Names of the mapping symbols that the architecture asks for at code and at data inside code. */
  readonly mappingSymbols?: { readonly code: string; readonly data: string };
  readonly dwarf: {
    readonly codeAlign: number;
    readonly dataAlign: number;
    /** DWARF numbers. */
    readonly returnAddress: number;
    readonly stackPointer: number;
    /** Canonical frame address minus stack pointer at the entry of a function. */
    readonly entryCfaOffset: number;
    /** Where the return address is at the entry, relative to the CFA, if it is in memory. */
    readonly returnAddressAt?: number;
    /** DWARF number of each physical register word, -1 where there is none. */
    readonly registers: readonly number[];
  };
}

/**
 * What it takes, beyond compiled CLIF, to call generated code inside a running process and to survive its traps:
 * the few instructions that CLIF has no words for, and the layout of the system's structures.
 */
export interface JitSupport {
  /**
   * The code of `enter(frame, function, argument) -> 0 | 1` in the system's C convention. It saves every
   * callee-saved register on the stack, saves the old `*frame` there too, stores the stack pointer to `*frame`,
   * calls `function(argument)`, restores all of it and returns 0. The second entry, {@link recoverAt} bytes
   * behind the first, expects the stack pointer that was stored to `*frame`, and returns 1 from `enter`.
   */
  readonly enter: CompiledCode;
  readonly recoverAt: number;
  /** Offsets in `ucontext_t` of the interrupted program counter and stack pointer. */
  readonly contextPc: number;
  readonly contextSp: number;
  /** Bytes by which the program counter of a breakpoint trap (SIGTRAP) is behind the trapping instruction. */
  readonly breakpointBytes: number;
  /** `struct sigaction`. */
  readonly sigaction: {
    readonly bytes: number;
    readonly handlerAt: number;
    readonly flagsAt: number;
    /** `SA_SIGINFO | SA_ONSTACK`. */
    readonly flags: number;
  };
  /** `stack_t`: size and offsets of its address, flags and size fields. */
  readonly stackT: {
    readonly bytes: number;
    readonly addressAt: number;
    readonly flagsAt: number;
    readonly sizeAt: number;
  };
  /** Settings that stand for a feature of the processor, and what Linux calls it in `/proc/cpuinfo`. */
  readonly features: readonly { readonly setting: string; readonly linux: string }[];
}
