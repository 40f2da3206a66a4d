/**
 * BMI1, BMI2, ADX and MOVBE: Intel SDM volume 2.
 */
import { def, imm8, m16, m32, m64, mod, r16, r32, r64, rm32, rm64, use, x86, type X86Table } from "@gantry/asm-compiler/x86";

export default {
  // 32-bit registers
  andnl_rrm: x86({ code: "VEX.LZ.0F38.W0 F2 /r", ops: { reg: def(r32), vvvv: use(r32), rm: use(rm32) }, asm: "andnl", flags: "w", needs: "bmi1" }),
  blsrl_rm: x86({ code: "VEX.LZ.0F38.W0 F3 /1", ops: { vvvv: def(r32), rm: use(rm32) }, asm: "blsrl", flags: "w", needs: "bmi1" }),
  blsmskl_rm: x86({ code: "VEX.LZ.0F38.W0 F3 /2", ops: { vvvv: def(r32), rm: use(rm32) }, asm: "blsmskl", flags: "w", needs: "bmi1" }),
  blsil_rm: x86({ code: "VEX.LZ.0F38.W0 F3 /3", ops: { vvvv: def(r32), rm: use(rm32) }, asm: "blsil", flags: "w", needs: "bmi1" }),
  bextrl_rmr: x86({ code: "VEX.LZ.0F38.W0 F7 /r", ops: { reg: def(r32), rm: use(rm32), vvvv: use(r32) }, asm: "bextrl", flags: "w", needs: "bmi1" }),
  bzhil_rmr: x86({ code: "VEX.LZ.0F38.W0 F5 /r", ops: { reg: def(r32), rm: use(rm32), vvvv: use(r32) }, asm: "bzhil", flags: "w", needs: "bmi2" }),
  shlxl_rmr: x86({ code: "VEX.LZ.66.0F38.W0 F7 /r", ops: { reg: def(r32), rm: use(rm32), vvvv: use(r32) }, asm: "shlxl", needs: "bmi2" }),
  shrxl_rmr: x86({ code: "VEX.LZ.F2.0F38.W0 F7 /r", ops: { reg: def(r32), rm: use(rm32), vvvv: use(r32) }, asm: "shrxl", needs: "bmi2" }),
  sarxl_rmr: x86({ code: "VEX.LZ.F3.0F38.W0 F7 /r", ops: { reg: def(r32), rm: use(rm32), vvvv: use(r32) }, asm: "sarxl", needs: "bmi2" }),
  rorxl_rmi: x86({ code: "VEX.LZ.F2.0F3A.W0 F0 /r ib", ops: { reg: def(r32), rm: use(rm32), imm: use(imm8) }, asm: "rorxl", needs: "bmi2" }),
  mulxl_rrm: x86({ code: "VEX.LZ.F2.0F38.W0 F6 /r", ops: { reg: def(r32), vvvv: def(r32), rm: use(rm32), src: use(r32, "rdx") }, asm: "mulxl", needs: "bmi2" }),
  pdepl_rrm: x86({ code: "VEX.LZ.F2.0F38.W0 F5 /r", ops: { reg: def(r32), vvvv: use(r32), rm: use(rm32) }, asm: "pdepl", needs: "bmi2" }),
  pextl_rrm: x86({ code: "VEX.LZ.F3.0F38.W0 F5 /r", ops: { reg: def(r32), vvvv: use(r32), rm: use(rm32) }, asm: "pextl", needs: "bmi2" }),
  adcxl_rm: x86({ code: "66 0F 38 F6 /r", ops: { reg: mod(r32), rm: use(rm32) }, asm: "adcxl", flags: "rw", needs: "adx" }),
  adoxl_rm: x86({ code: "F3 0F 38 F6 /r", ops: { reg: mod(r32), rm: use(rm32) }, asm: "adoxl", flags: "rw", needs: "adx" }),
  movbel_rm: x86({ code: "0F 38 F0 /r", ops: { reg: def(r32), rm: use(m32) }, asm: "movbel", needs: "movbe" }),
  movbel_mr: x86({ code: "0F 38 F1 /r", ops: { rm: use(m32), reg: use(r32) }, asm: "movbel", needs: "movbe" }),
  // 64-bit registers
  andnq_rrm: x86({ code: "VEX.LZ.0F38.W1 F2 /r", ops: { reg: def(r64), vvvv: use(r64), rm: use(rm64) }, asm: "andnq", flags: "w", needs: "bmi1" }),
  blsrq_rm: x86({ code: "VEX.LZ.0F38.W1 F3 /1", ops: { vvvv: def(r64), rm: use(rm64) }, asm: "blsrq", flags: "w", needs: "bmi1" }),
  blsmskq_rm: x86({ code: "VEX.LZ.0F38.W1 F3 /2", ops: { vvvv: def(r64), rm: use(rm64) }, asm: "blsmskq", flags: "w", needs: "bmi1" }),
  blsiq_rm: x86({ code: "VEX.LZ.0F38.W1 F3 /3", ops: { vvvv: def(r64), rm: use(rm64) }, asm: "blsiq", flags: "w", needs: "bmi1" }),
  bextrq_rmr: x86({ code: "VEX.LZ.0F38.W1 F7 /r", ops: { reg: def(r64), rm: use(rm64), vvvv: use(r64) }, asm: "bextrq", flags: "w", needs: "bmi1" }),
  bzhiq_rmr: x86({ code: "VEX.LZ.0F38.W1 F5 /r", ops: { reg: def(r64), rm: use(rm64), vvvv: use(r64) }, asm: "bzhiq", flags: "w", needs: "bmi2" }),
  shlxq_rmr: x86({ code: "VEX.LZ.66.0F38.W1 F7 /r", ops: { reg: def(r64), rm: use(rm64), vvvv: use(r64) }, asm: "shlxq", needs: "bmi2" }),
  shrxq_rmr: x86({ code: "VEX.LZ.F2.0F38.W1 F7 /r", ops: { reg: def(r64), rm: use(rm64), vvvv: use(r64) }, asm: "shrxq", needs: "bmi2" }),
  sarxq_rmr: x86({ code: "VEX.LZ.F3.0F38.W1 F7 /r", ops: { reg: def(r64), rm: use(rm64), vvvv: use(r64) }, asm: "sarxq", needs: "bmi2" }),
  rorxq_rmi: x86({ code: "VEX.LZ.F2.0F3A.W1 F0 /r ib", ops: { reg: def(r64), rm: use(rm64), imm: use(imm8) }, asm: "rorxq", needs: "bmi2" }),
  mulxq_rrm: x86({ code: "VEX.LZ.F2.0F38.W1 F6 /r", ops: { reg: def(r64), vvvv: def(r64), rm: use(rm64), src: use(r64, "rdx") }, asm: "mulxq", needs: "bmi2" }),
  pdepq_rrm: x86({ code: "VEX.LZ.F2.0F38.W1 F5 /r", ops: { reg: def(r64), vvvv: use(r64), rm: use(rm64) }, asm: "pdepq", needs: "bmi2" }),
  pextq_rrm: x86({ code: "VEX.LZ.F3.0F38.W1 F5 /r", ops: { reg: def(r64), vvvv: use(r64), rm: use(rm64) }, asm: "pextq", needs: "bmi2" }),
  adcxq_rm: x86({ code: "66 REX.W 0F 38 F6 /r", ops: { reg: mod(r64), rm: use(rm64) }, asm: "adcxq", flags: "rw", needs: "adx" }),
  adoxq_rm: x86({ code: "F3 REX.W 0F 38 F6 /r", ops: { reg: mod(r64), rm: use(rm64) }, asm: "adoxq", flags: "rw", needs: "adx" }),
  movbeq_rm: x86({ code: "REX.W 0F 38 F0 /r", ops: { reg: def(r64), rm: use(m64) }, asm: "movbeq", needs: "movbe" }),
  movbeq_mr: x86({ code: "REX.W 0F 38 F1 /r", ops: { rm: use(m64), reg: use(r64) }, asm: "movbeq", needs: "movbe" }),
  movbew_rm: x86({ code: "66 0F 38 F0 /r", ops: { reg: def(r16), rm: use(m16) }, asm: "movbew", needs: "movbe" }),
  movbew_mr: x86({ code: "66 0F 38 F1 /r", ops: { rm: use(m16), reg: use(r16) }, asm: "movbew", needs: "movbe" }),
} as const satisfies X86Table;
