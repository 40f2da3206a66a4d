/**
 * Pseudo rows: instructions for the rules and the allocator that become several machine instructions, or none, after
 * allocation. The expanders are in `../expand.ts`.
 */
import {
  cc,
  def,
  earlyDef,
  imm8,
  imm32,
  m,
  mod,
  pseudo,
  r32,
  r64,
  rel32,
  rm64,
  sym32,
  tmp,
  trapcode,
  use,
  type X86Table,
  xmm,
} from "@gantry/asm-compiler/x86";

export default {
  // The parameters of the entry block in their registers; the results of a return in theirs.
  args: pseudo({ ops: {}, expand: "nothing", size: 0, list: true }),
  rets: pseudo({ ops: {}, expand: "nothing", size: 64, list: true, effect: "return" }),
  // Calls: arguments and results are the list, the registers that the callee may destroy a clobber set. `pop` is what the
  // callee takes off the stack; the stack pointer is put back before anything can be addressed from it.
  call_near: pseudo({ ops: { target: use(sym32), pop: use(imm32), clobbers: use(imm32) }, expand: "callDirect", size: 16, list: true, effect: "call", clobbers: "record", flags: "w" }),
  call_through: pseudo({ ops: { rm: use(rm64), pop: use(imm32), clobbers: use(imm32) }, expand: "callIndirect", size: 20, list: true, effect: "call", clobbers: "record", flags: "w" }),
  // Calls that end a block, because an exception may continue elsewhere: `normal` is where they return to.
  try_near: pseudo({ ops: { target: use(sym32), pop: use(imm32), normal: use(rel32), clobbers: use(imm32) }, expand: "tryDirect", size: 24, list: true, effect: "branch", clobbers: "record", flags: "w" }),
  try_through: pseudo({ ops: { rm: use(rm64), pop: use(imm32), normal: use(rel32), clobbers: use(imm32) }, expand: "tryIndirect", size: 28, list: true, effect: "branch", clobbers: "record", flags: "w" }),
  // Where an exception continues: the payloads are the list. The frame pointer minus `below`, rounded down to a multiple
  // of `alignment`, is the stack pointer again, unless `below` is 0.
  landing: pseudo({ ops: { below: use(imm32), alignment: use(imm32) }, expand: "landing", size: 16, list: true, flags: "w" }),
  // A place that has something to tell and no code.
  mark: pseudo({ ops: {}, expand: "nothing", size: 0 }),
  // Tail calls, written by the epilogue: `bytes` of stack arguments wait in the outgoing area.
  tail_near: pseudo({ ops: { target: use(sym32), bytes: use(imm32) }, expand: "nothing", size: 160, list: true, effect: "return" }),
  tail_through: pseudo({ ops: { target: use(r64, "rax"), bytes: use(imm32) }, expand: "nothing", size: 160, list: true, effect: "return" }),
  // Branches of a block with two successors; `AndZ` and `OrNZ` need two conditional jumps.
  jmp_cond: pseudo({ ops: { cc: use(cc), taken: use(rel32), other: use(rel32) }, expand: "jmpCond", size: 17, flags: "r", effect: "branch" }),
  // Jumps to entry `index` of the table whose labels are a counted list at offset `labels` of the arena.
  jump_table: pseudo({ ops: { index: use(r64), table: tmp(r64), target: tmp(r64), labels: use(imm32) }, expand: "jumpTable", size: 24, flags: "w", effect: "branch" }),
  // Traps out of line.
  trap_if: pseudo({ ops: { cc: use(cc), trap: use(trapcode) }, expand: "trapIf", size: 14, flags: "r" }),
  // The second register if the condition holds.
  xmm_cmov: pseudo({ ops: { cc: use(cc), reg: mod(xmm), rm: use(xmm) }, expand: "xmmCmov", size: 20, flags: "r" }),
  // Remainders that are 0 for the divisor -1, where the processor would trap for the least dividend.
  sreml: pseudo({ ops: { lo: mod(r32, "rax"), hi: earlyDef(r32, "rdx"), divisor: use(r32), trap: use(trapcode) }, expand: "sreml", size: 20, flags: "w" }),
  sremq: pseudo({ ops: { lo: mod(r64, "rax"), hi: earlyDef(r64, "rdx"), divisor: use(r64), trap: use(trapcode) }, expand: "sremq", size: 20, flags: "w" }),
  // Minimum (0) and maximum (1) that give NaN if either operand is one, and order -0 before +0.
  fminmax_ss: pseudo({ ops: { reg: mod(xmm), rm: use(xmm), imm: use(imm8) }, expand: "fminmaxSs", size: 32, flags: "w" }),
  fminmax_sd: pseudo({ ops: { reg: mod(xmm), rm: use(xmm), imm: use(imm8) }, expand: "fminmaxSd", size: 32, flags: "w" }),
  // Constants without an input: `xorps x, x` and `pcmpeqd x, x`.
  xmm_zero: pseudo({ ops: { reg: def(xmm) }, expand: "xmmZero", size: 4 }),
  xmm_ones: pseudo({ ops: { reg: def(xmm) }, expand: "xmmOnes", size: 5 }),
  // Unsigned 64-bit integers to floats: halved, with the lost bit kept for rounding, if the sign bit is set.
  cvtui2ssq: pseudo({ ops: { reg: def(xmm), rm: use(r64), half: tmp(r64), bit: tmp(r64) }, expand: "cvtui2ssq", size: 48, flags: "w" }),
  cvtui2sdq: pseudo({ ops: { reg: def(xmm), rm: use(r64), half: tmp(r64), bit: tmp(r64) }, expand: "cvtui2sdq", size: 48, flags: "w" }),
  // The address of a symbol as a 64-bit constant.
  mov_far: pseudo({ ops: { reg: def(r64), symbol: use(sym32), addend: use(imm32) }, expand: "movFar", size: 10 }),
  // The address of a thread-local symbol, in rax. On ELF and Mach-O a call finds it, whose clobbers the record names.
  tls_elf: pseudo({ ops: { target: use(sym32), helper: use(sym32), clobbers: use(imm32) }, expand: "tlsElf", size: 16, list: true, effect: "call", clobbers: "record", flags: "w" }),
  tls_macho: pseudo({ ops: { target: use(sym32), clobbers: use(imm32) }, expand: "tlsMacho", size: 9, list: true, effect: "call", clobbers: "record", flags: "w" }),
  tls_coff: pseudo({ ops: { reg: def(r64, "rax"), block: tmp(r64, "rcx"), target: use(sym32), index: use(sym32) }, expand: "tlsCoff", size: 26 }),
  // Saves the stack in one context, goes on in another one: see the expander. `tib` says whether Windows must know.
  switch_stack: pseudo({ ops: { tib: use(imm8), clobbers: use(imm32) }, expand: "switchStack", size: 128, list: true, effect: "call", clobbers: "record", flags: "w" }),
  // A loop around `cmpxchg`; `op` is CLIF's number of the operation. Gives the old value.
  atomic_rmw_loop: pseudo({ ops: { old: earlyDef(r64, "rax"), mem: use(m), x: use(r64), next: tmp(r64), bits: use(imm8), op: use(imm8) }, expand: "atomicLoop", size: 64, flags: "w" }),
  // The same for 16 bytes around `cmpxchg16b`, which takes the new value from rcx:rbx.
  atomic_rmw_loop16: pseudo({ ops: { old: earlyDef(r64, "rax"), oldHigh: earlyDef(r64, "rdx"), mem: use(m), x: use(r64), xHigh: use(r64), next: tmp(r64, "rbx"), nextHigh: tmp(r64, "rcx"), op: use(imm8) }, expand: "atomicLoop16", size: 96, flags: "w", needs: "cmpxchg16b" }),
} as const satisfies X86Table;
