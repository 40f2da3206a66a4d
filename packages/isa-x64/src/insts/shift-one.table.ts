/**
 * Shifts and rotates by one, which the encoder chooses when the count of the `_ri` rows of bits.table.ts is one: Intel SDM
 * volume 2, D0 and D1.
 */
import { mod, one, r16, r32, r64, r8, use, x86, type X86Table } from "@gantry/asm-compiler/x86";

export default {
  rolb_r1: x86({ code: "D0 /0", ops: { rm: mod(r8), imm: use(one) }, asm: "rolb", flags: "w" }),
  rolw_r1: x86({ code: "66 D1 /0", ops: { rm: mod(r16), imm: use(one) }, asm: "rolw", flags: "w" }),
  roll_r1: x86({ code: "D1 /0", ops: { rm: mod(r32), imm: use(one) }, asm: "roll", flags: "w" }),
  rolq_r1: x86({ code: "REX.W D1 /0", ops: { rm: mod(r64), imm: use(one) }, asm: "rolq", flags: "w" }),
  rorb_r1: x86({ code: "D0 /1", ops: { rm: mod(r8), imm: use(one) }, asm: "rorb", flags: "w" }),
  rorw_r1: x86({ code: "66 D1 /1", ops: { rm: mod(r16), imm: use(one) }, asm: "rorw", flags: "w" }),
  rorl_r1: x86({ code: "D1 /1", ops: { rm: mod(r32), imm: use(one) }, asm: "rorl", flags: "w" }),
  rorq_r1: x86({ code: "REX.W D1 /1", ops: { rm: mod(r64), imm: use(one) }, asm: "rorq", flags: "w" }),
  shlb_r1: x86({ code: "D0 /4", ops: { rm: mod(r8), imm: use(one) }, asm: "shlb", flags: "w" }),
  shlw_r1: x86({ code: "66 D1 /4", ops: { rm: mod(r16), imm: use(one) }, asm: "shlw", flags: "w" }),
  shll_r1: x86({ code: "D1 /4", ops: { rm: mod(r32), imm: use(one) }, asm: "shll", flags: "w" }),
  shlq_r1: x86({ code: "REX.W D1 /4", ops: { rm: mod(r64), imm: use(one) }, asm: "shlq", flags: "w" }),
  shrb_r1: x86({ code: "D0 /5", ops: { rm: mod(r8), imm: use(one) }, asm: "shrb", flags: "w" }),
  shrw_r1: x86({ code: "66 D1 /5", ops: { rm: mod(r16), imm: use(one) }, asm: "shrw", flags: "w" }),
  shrl_r1: x86({ code: "D1 /5", ops: { rm: mod(r32), imm: use(one) }, asm: "shrl", flags: "w" }),
  shrq_r1: x86({ code: "REX.W D1 /5", ops: { rm: mod(r64), imm: use(one) }, asm: "shrq", flags: "w" }),
  sarb_r1: x86({ code: "D0 /7", ops: { rm: mod(r8), imm: use(one) }, asm: "sarb", flags: "w" }),
  sarw_r1: x86({ code: "66 D1 /7", ops: { rm: mod(r16), imm: use(one) }, asm: "sarw", flags: "w" }),
  sarl_r1: x86({ code: "D1 /7", ops: { rm: mod(r32), imm: use(one) }, asm: "sarl", flags: "w" }),
  sarq_r1: x86({ code: "REX.W D1 /7", ops: { rm: mod(r64), imm: use(one) }, asm: "sarq", flags: "w" }),
} as const satisfies X86Table;
