/** The x86-64 back end of Gantry. */
import { CALL_CONVS, CallConv } from "@gantry/clif-ir";
import type { CodeBuffer, TargetIsa } from "@gantry/codegen-core";
import { type Environment, makeEnvironment } from "@gantry/regalloc";
import { clobberSets } from "./clobbers.ts";
import { expand } from "./expand.ts";
import { fixups } from "./fixups.ts";
import { emitExchange, emitMove, emitPrologue, emitReturn, layOutFrame } from "./frame.ts";
import { decode } from "./generated/decode.ts";
import { encode } from "./generated/encode.ts";
import * as X from "./generated/opcodes.ts";
import {
  CLOBBER_SETS,
  CLOBBERS,
  FACTS,
  NAMES,
  OPERAND_START,
  OPERANDS,
  RECORD_LENGTH,
  WORST_SIZE,
} from "./generated/operands.ts";
import { print, registerName } from "./generated/print.ts";
import { lower, lower_branch } from "./generated/selector.ts";
import { X64Host } from "./host.ts";
import { x64JitSupport } from "./jit-support.ts";
import { checkDeclarations, legality } from "./legality.ts";
import { x64Objects } from "./objects.ts";
import { put, putModRm } from "./put.ts";
import {
  ALL_GENERAL,
  ALL_VECTOR,
  CALLER_SAVED,
  FASTCALL_SAVED,
  FASTCALL_SAVED_VECTOR,
  R15,
  RBP,
  RSP,
} from "./registers.ts";
import { x64Settings } from "./settings.table.ts";

const PSEUDO = 32;
/** In a clobber column: the set stands in the record. */
const IN_RECORD = -2;

/** General registers that are preferred to those that a function of convention `conv` has to save. */
function preferred(conv: number): number {
  if (conv === CallConv.windows_fastcall) return CALLER_SAVED & ~FASTCALL_SAVED;
  return conv === CallConv.winch ? ALL_GENERAL & ~(1 << RBP) : CALLER_SAVED;
}

/** Environments by convention (times 4), whether rbp is the frame pointer (bit 0) and whether r15 is pinned (bit 1). */
const environments: readonly Environment[] = Array.from({ length: 4 * CALL_CONVS.length }, (_, k) => {
  const conv = k >> 2;
  const free = ALL_GENERAL & ~((k & 1) !== 0 ? 1 << RBP : 0) & ~((k & 2) !== 0 ? 1 << R15 : 0);
  const first = preferred(conv) & free;
  const saved = conv === CallConv.windows_fastcall ? FASTCALL_SAVED_VECTOR : 0;
  return makeEnvironment([first, ALL_VECTOR & ~saved, 0], [free & ~first, saved, 0]);
});

/** The rows `tzcnt`, `lzcnt` and `popcnt` stand together in their table, for 32 and 64 bits. */
const COUNTS = 6;

/**
 * Processors before Ice Lake let these instructions wait for their destination, although they do not read it. Zeroing it
 * ends that; the flags that it writes are those that the count writes next.
 */
function encodeCount(words: Int32Array, at: number, buf: CodeBuffer): void {
  const to = words[at + 1];
  if (words[at + 2] !== to && words[at + 3] !== to) putModRm(buf, X.xorl_rm, to, to);
  encode(words, at, buf);
}

/** The target x86-64. */
export const x64: TargetIsa = {
  name: "x86-64",
  arch: "x86_64",
  pointerBytes: 8,
  endian: "little",
  settings: x64Settings,
  insts: {
    names: NAMES,
    facts: FACTS,
    operandStart: OPERAND_START,
    operands: OPERANDS,
    recordLength: RECORD_LENGTH,
    worstSize: WORST_SIZE,
    clobber: CLOBBERS.map((k) => (CLOBBER_SETS[k] === "record" ? IN_RECORD : k)),
  },
  clobberSets,
  fixups,
  objects: x64Objects,
  jit: x64JitSupport,
  functionAlignment: 1,
  createHost: () => new X64Host(),
  legality,
  checkDeclarations,
  lower: (ctx, i) => lower(ctx as X64Host, i),
  lowerBranch: (ctx, i) => lower_branch(ctx as X64Host, i),
  landingOpcode: X.landing,
  lowerLanding: (ctx, call, k, b) => (ctx as X64Host).lowerLanding(call, k, b),
  emitJump: (ctx, label) => {
    (ctx as X64Host).jmp(label);
  },
  jumpOpcode: X.jmp,
  environment: (ctx) =>
    environments[
      (ctx as X64Host).own.conv * 4 +
        (ctx.frame.framePointer ? 1 : 0) +
        (ctx.settings.bool("enable_pinned_reg") ? 2 : 0)
    ],
  layOutFrame,
  emitPrologue,
  emitReturn,
  stackPointer: RSP,
  encode(words, at, buf) {
    const op = words[at] & 0xffff;
    if ((FACTS[op] & PSEUDO) !== 0) expand(words, at, buf);
    else if (op === X.jmp) {
      const target = buf.target(words[at + 1]);
      if (target !== buf.next) put(buf, X.jmp, target);
    } else if ((op - X.tzcntl_rm) >>> 0 < COUNTS) encodeCount(words, at, buf);
    else encode(words, at, buf);
  },
  zeroing: {
    opcode: X.movl_ri,
    word: 2,
    encode: (words, at, buf) => putModRm(buf, X.xorl_rm, words[at + 1], words[at + 1]),
  },
  emitMove,
  emitExchange,
  print: (words, at) => print(words, at),
  registerName: (r) => registerName(r, 64),
  decode: (bytes, at) => decode(bytes, at) ?? prefixAlone(bytes, at),
};

/** Prefixes without effect, which stand in front of instructions that linkers may replace. */
function prefixAlone(bytes: Uint8Array, at: number): { length: number; text: string } | undefined {
  if (bytes[at] === 0x66) return { length: 1, text: "data16" };
  if (bytes[at] === 0x65) return { length: 1, text: "gs" };
  return bytes[at] === 0x48 && bytes[at + 1] === 0xe8 ? { length: 1, text: "rex64" } : undefined;
}
