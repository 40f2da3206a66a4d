/** The x86-64 back end of Gantry. */
import { CallConv } from "@gantry/clif-ir";
import type { TargetIsa } from "@gantry/codegen-core";
import { type Environment, makeEnvironment } from "@gantry/regalloc";
import { X64Host } from "./calls.ts";
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
import { x64JitSupport } from "./jit-support.ts";
import { checkDeclarations, legality } from "./legality.ts";
import { x64Objects } from "./objects.ts";
import { put } from "./put.ts";
import {
  ALL_VECTOR,
  CALLEE_SAVED,
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

/** Environments by whether rbp is the frame pointer (bit 0), r15 is pinned (1), the convention is `windows_fastcall` (2). */
const environments: readonly Environment[] = Array.from({ length: 8 }, (_, k) => {
  const other = CALLEE_SAVED & ~((k & 1) !== 0 ? 1 << RBP : 0) & ~((k & 2) !== 0 ? 1 << R15 : 0);
  if ((k & 4) === 0) return makeEnvironment([CALLER_SAVED, ALL_VECTOR, 0], [other, 0, 0]);
  return makeEnvironment(
    [CALLER_SAVED & ~FASTCALL_SAVED, ALL_VECTOR & ~FASTCALL_SAVED_VECTOR, 0],
    [other | FASTCALL_SAVED, FASTCALL_SAVED_VECTOR, 0],
  );
});

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
  emitJump: (ctx, label) => {
    (ctx as X64Host).jmp(label);
  },
  jumpOpcode: X.jmp,
  environment: (ctx) =>
    environments[
      (ctx.frame.framePointer ? 1 : 0) |
        (ctx.settings.bool("enable_pinned_reg") ? 2 : 0) |
        ((ctx as X64Host).own.conv === CallConv.windows_fastcall ? 4 : 0)
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
    } else encode(words, at, buf);
  },
  emitMove,
  emitExchange,
  print: (words, at) => print(words, at),
  registerName: (r) => registerName(r, 64),
  decode,
};
