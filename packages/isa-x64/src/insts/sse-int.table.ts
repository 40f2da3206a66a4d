/**
 * Integer vectors of SSE2: Intel SDM volume 2.
 */
import { imm8, mod, use, x86, type X86Table, xmm, xmm_m128 } from "@gantry/asm-compiler/x86";

export default {
  pslld_ri: x86({ code: "66 0F 72 /6 ib", ops: { rm: mod(xmm), imm: use(imm8) }, asm: "pslld", vex: "vpslld_rri" }),
  psrld_ri: x86({ code: "66 0F 72 /2 ib", ops: { rm: mod(xmm), imm: use(imm8) }, asm: "psrld", vex: "vpsrld_rri" }),
  psrad_ri: x86({ code: "66 0F 72 /4 ib", ops: { rm: mod(xmm), imm: use(imm8) }, asm: "psrad", vex: "vpsrad_rri" }),
  psllq_ri: x86({ code: "66 0F 73 /6 ib", ops: { rm: mod(xmm), imm: use(imm8) }, asm: "psllq", vex: "vpsllq_rri" }),
  psrlq_ri: x86({ code: "66 0F 73 /2 ib", ops: { rm: mod(xmm), imm: use(imm8) }, asm: "psrlq", vex: "vpsrlq_rri" }),
  pcmpeqd_rm: x86({ code: "66 0F 76 /r", ops: { reg: mod(xmm), rm: use(xmm_m128) }, asm: "pcmpeqd", effect: "commutes", vex: "vpcmpeqd_rrm" }),
} as const satisfies X86Table;
