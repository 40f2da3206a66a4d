/**
 * Branches, calls, returns and traps: Intel SDM volume 2.
 */
import { cc, imm16, rel32, rel8, rm64, sym32, trapcode, use, x86, type X86Table } from "@gantry/asm-compiler/x86";

export default {
  jmp: x86({ code: "E9 cd", ops: { target: use(rel32) }, asm: "jmp", effect: "branch" }),
  jcc: x86({ code: "0F 80 +cc cd", ops: { cc: use(cc), target: use(rel32) }, asm: "j{cc} target", flags: "r", effect: "branch" }),
  // The short forms, which the code buffer makes of the long ones.
  jmp_8: x86({ code: "EB cb", ops: { target: use(rel8) }, asm: "jmp", effect: "branch" }),
  jcc_8: x86({ code: "70 +cc cb", ops: { cc: use(cc), target: use(rel8) }, asm: "j{cc} target", flags: "r", effect: "branch" }),
  jmpq_m: x86({ code: "FF /4", ops: { rm: use(rm64) }, asm: "jmpq *rm", effect: "branch" }),
  jmp_sym: x86({ code: "E9 cd", ops: { target: use(sym32) }, asm: "jmp", effect: "branch", sameAs: "jmp" }),
  call_sym: x86({ code: "E8 cd", ops: { target: use(sym32) }, asm: "callq" }),
  callq_m: x86({ code: "FF /2", ops: { rm: use(rm64) }, asm: "callq *rm" }),
  retq: x86({ code: "C3", ops: {  }, asm: "retq", effect: "return" }),
  retq_i: x86({ code: "C2 iw", ops: { imm: use(imm16) }, asm: "retq", effect: "return" }),
  ud2: x86({ code: "0F 0B", ops: { trap: use(trapcode) }, asm: "ud2 " }),
  int3: x86({ code: "CC", ops: {  }, asm: "int3" }),
  hlt: x86({ code: "F4", ops: {  }, asm: "hlt" }),
} as const satisfies X86Table;
