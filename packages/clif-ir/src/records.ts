/** How the sections of a function are laid out in words, and the numbers that stand in them. */
import type { SigRef } from "./entities.ts";

/** Words of an instruction record: `insts.data[(inst << INST_SHIFT) + I_...]`. */
export const INST_SHIFT = 4;
/** Opcode in bits 0-15, controlling type in bits 16-29, bit 30: the instruction has entries in the side table. */
export const I_OP = 0;
/** Up to three value operands; with more, the first word is where they start in the pool. */
export const I_ARG = 1;
/** Immediates: 64 bits low and high; offset and memory flags; code or entity number and another number. */
export const I_IMM = 4;
export const I_IMM2 = 5;
/** Where the block calls start in the pool, for up to two; with more, where the list of starts is. */
export const I_TARGET = 6;
export const I_ARGC = 8;
export const I_TARGETC = 9;
/** First result (or -1), number of results, where the results after the first are in the pool. */
export const I_RESULT = 10;
export const I_RESULTC = 11;
export const I_RESULTS = 12;
/** Layout links. */
export const I_PREV = 13;
export const I_NEXT = 14;
export const I_BLOCK = 15;

/** Words of a value record: type (bits 0-15) and kind (bits 16-17); definition; index; debug label or -1. */
export const VALUE_SHIFT = 2;
export const V_TYPE = 0;
export const V_DEF = 1;
export const V_INDEX = 2;
export const V_LABEL = 3;

/** What defines a value. */
export const VK_NONE = 0;
export const VK_RESULT = 1;
export const VK_PARAM = 2;
export const VK_ALIAS = 3;

/** Words of a block record. */
export const BLOCK_SHIFT = 3;
export const B_PREV = 0;
export const B_NEXT = 1;
export const B_FIRST = 2;
export const B_LAST = 3;
export const B_PARAMS = 4;
export const B_PARAMC = 5;
/** Bit 0: cold, bit 1: in the layout. */
export const B_FLAGS = 6;
/** Room for parameters in the pool. */
export const B_ROOM = 7;

/** Words of the head section. */
export const H_NAME = 0;
export const H_FIRST = 1;
export const H_LAST = 2;
export const H_STACK_LIMIT = 3;
export const H_LOC_BASE = 4;
export const HEAD_WORDS = 8;

/** Kinds of names: `uN:M`; `%text`; a runtime function; a symbol that the linker defines. */
export const NAME_USER = 0;
export const NAME_TESTCASE = 1;
export const NAME_LIBCALL = 2;
export const NAME_KNOWN = 3;

/** Kinds of global values. */
export const GV_VMCTX = 0;
export const GV_LOAD = 1;
export const GV_IADD_IMM = 2;
export const GV_SYMBOL = 3;
export const GV_DYN_SCALE = 4;

/** Words of a global value record: kind, type, base or name, offset or immediate (two words), memory flags, flag bits. */
export const GV_SHIFT = 3;
export const G_KIND = 0;
export const G_TYPE = 1;
export const G_BASE = 2;
export const G_IMM = 3;
export const G_IMM2 = 4;
export const G_FLAGS = 5;
/** Bit 0 colocated, bit 1 thread-local. */
export const G_BITS = 6;

/** Words of a stack slot record: kind, size in bytes, log2 of the alignment, whether it has a key, key (two words). */
export const SLOT_SHIFT = 3;
export const SL_KIND = 0;
export const SL_SIZE = 1;
export const SL_ALIGN = 2;
export const SL_HAS_KEY = 3;
export const SL_KEY = 4;
export const SL_KEY2 = 5;

/** Words of a signature record: where its parameters, then its returns, start in the pool; their counts; convention. */
export const SIG_SHIFT = 2;
export const S_START = 0;
export const S_PARAMC = 1;
export const S_RETURNC = 2;
export const S_CONV = 3;

/** A parameter is two words: type | extension << 16 | purpose << 20, and the bytes of a struct argument. */
export const EXT_NONE = 0;
export const EXT_U = 1;
export const EXT_S = 2;
export const PURPOSE_NORMAL = 0;
export const PURPOSE_SRET = 1;
export const PURPOSE_VMCTX = 2;
export const PURPOSE_SARG = 3;

/** Words of a function reference: name, signature (-1: placeholder), bit 0 colocated, bit 1 patchable. */
export const FUNC_SHIFT = 2;
export const F_NAME = 0;
export const F_SIG = 1;
export const F_BITS = 2;

/** Handles of constants from here on are masks of shuffles. */
export const MASK_BASE = 1 << 24;

/** An item of an exception table is two words: kind, then tag, nothing or context value. */
export const EX_TAG = 0;
export const EX_DEFAULT = 1;
export const EX_CONTEXT = 2;

/** Words of a side-table entry: instruction, kind, where its words start in the pool, their number. */
export const SIDE_SHIFT = 2;
export const SIDE_STACK_MAP = 0;
export const SIDE_TAGS = 1;
export const HAS_SIDE = 1 << 30;

/** Number of the function's own signature among the signature records: the first. */
export const OWN_SIGNATURE = -1 as SigRef;
