/**
 * Scalar SSE and SSE2 (SSE4.1 rounding): Intel SDM volume 2.
 */
import { def, imm8, m128, m32, m64, mod, r32, r64, rm32, rm64, use, x86, type X86Table, xmm, xmm_m128, xmm_m32, xmm_m64 } from "@gantry/asm-compiler/x86";

export default {
  // moves
  movaps_rr: x86({ code: "0F 28 /r", ops: { reg: def(xmm), rm: use(xmm) }, asm: "movaps", vex: "vmovaps_rr" }),
  movss_rm: x86({ code: "F3 0F 10 /r", ops: { reg: def(xmm), rm: use(m32) }, asm: "movss", vex: "vmovss_rm" }),
  movsd_rm: x86({ code: "F2 0F 10 /r", ops: { reg: def(xmm), rm: use(m64) }, asm: "movsd", vex: "vmovsd_rm" }),
  movups_rm: x86({ code: "0F 10 /r", ops: { reg: def(xmm), rm: use(m128) }, asm: "movups", vex: "vmovups_rm" }),
  movss_mr: x86({ code: "F3 0F 11 /r", ops: { rm: use(m32), reg: use(xmm) }, asm: "movss", vex: "vmovss_mr" }),
  movsd_mr: x86({ code: "F2 0F 11 /r", ops: { rm: use(m64), reg: use(xmm) }, asm: "movsd", vex: "vmovsd_mr" }),
  movups_mr: x86({ code: "0F 11 /r", ops: { rm: use(m128), reg: use(xmm) }, asm: "movups", vex: "vmovups_mr" }),
  movd_xr: x86({ code: "66 0F 6E /r", ops: { reg: def(xmm), rm: use(rm32) }, asm: "movd", vex: "vmovd_xr" }),
  movq_xr: x86({ code: "66 REX.W 0F 6E /r", ops: { reg: def(xmm), rm: use(rm64) }, asm: "movq", short: "movq_xm", vex: "vmovq_xr" }),
  movd_rx: x86({ code: "66 0F 7E /r", ops: { rm: def(r32), reg: use(xmm) }, asm: "movd", vex: "vmovd_rx" }),
  movq_rx: x86({ code: "66 REX.W 0F 7E /r", ops: { rm: def(r64), reg: use(xmm) }, asm: "movq", vex: "vmovq_rx" }),
  // registers only: the low lane of the second source, the rest of the first
  movss_rr: x86({ code: "F3 0F 10 /r", ops: { reg: mod(xmm), rm: use(xmm) }, asm: "movss", vex: "vmovss_rrr" }),
  movsd_rr: x86({ code: "F2 0F 10 /r", ops: { reg: mod(xmm), rm: use(xmm) }, asm: "movsd", vex: "vmovsd_rrr" }),
  // arithmetic
  addss_rm: x86({ code: "F3 0F 58 /r", ops: { reg: mod(xmm), rm: use(xmm_m32) }, asm: "addss", effect: "commutes", vex: "vaddss_rrm" }),
  addsd_rm: x86({ code: "F2 0F 58 /r", ops: { reg: mod(xmm), rm: use(xmm_m64) }, asm: "addsd", effect: "commutes", vex: "vaddsd_rrm" }),
  mulss_rm: x86({ code: "F3 0F 59 /r", ops: { reg: mod(xmm), rm: use(xmm_m32) }, asm: "mulss", effect: "commutes", vex: "vmulss_rrm" }),
  mulsd_rm: x86({ code: "F2 0F 59 /r", ops: { reg: mod(xmm), rm: use(xmm_m64) }, asm: "mulsd", effect: "commutes", vex: "vmulsd_rrm" }),
  subss_rm: x86({ code: "F3 0F 5C /r", ops: { reg: mod(xmm), rm: use(xmm_m32) }, asm: "subss", vex: "vsubss_rrm" }),
  subsd_rm: x86({ code: "F2 0F 5C /r", ops: { reg: mod(xmm), rm: use(xmm_m64) }, asm: "subsd", vex: "vsubsd_rrm" }),
  minss_rm: x86({ code: "F3 0F 5D /r", ops: { reg: mod(xmm), rm: use(xmm_m32) }, asm: "minss", vex: "vminss_rrm" }),
  minsd_rm: x86({ code: "F2 0F 5D /r", ops: { reg: mod(xmm), rm: use(xmm_m64) }, asm: "minsd", vex: "vminsd_rrm" }),
  divss_rm: x86({ code: "F3 0F 5E /r", ops: { reg: mod(xmm), rm: use(xmm_m32) }, asm: "divss", vex: "vdivss_rrm" }),
  divsd_rm: x86({ code: "F2 0F 5E /r", ops: { reg: mod(xmm), rm: use(xmm_m64) }, asm: "divsd", vex: "vdivsd_rrm" }),
  maxss_rm: x86({ code: "F3 0F 5F /r", ops: { reg: mod(xmm), rm: use(xmm_m32) }, asm: "maxss", vex: "vmaxss_rrm" }),
  maxsd_rm: x86({ code: "F2 0F 5F /r", ops: { reg: mod(xmm), rm: use(xmm_m64) }, asm: "maxsd", vex: "vmaxsd_rrm" }),
  // the upper lanes of the destination are kept: whoever gives the source itself as `reg` waits for nothing else
  sqrtss_rm: x86({ code: "F3 0F 51 /r", ops: { reg: mod(xmm), rm: use(xmm_m32) }, asm: "sqrtss", vex: "vsqrtss_rrm" }),
  sqrtsd_rm: x86({ code: "F2 0F 51 /r", ops: { reg: mod(xmm), rm: use(xmm_m64) }, asm: "sqrtsd", vex: "vsqrtsd_rrm" }),
  roundss_rmi: x86({ code: "66 0F 3A 0A /r ib", ops: { reg: mod(xmm), rm: use(xmm_m32), imm: use(imm8) }, asm: "roundss", needs: "sse41", vex: "vroundss_rrmi" }),
  roundsd_rmi: x86({ code: "66 0F 3A 0B /r ib", ops: { reg: mod(xmm), rm: use(xmm_m64), imm: use(imm8) }, asm: "roundsd", needs: "sse41", vex: "vroundsd_rrmi" }),
  // comparison: ZF PF CF = 111 unordered, 000 greater, 001 less, 100 equal
  ucomiss_rm: x86({ code: "0F 2E /r", ops: { reg: use(xmm), rm: use(xmm_m32) }, asm: "ucomiss", flags: "w", vex: "vucomiss_rm" }),
  ucomisd_rm: x86({ code: "66 0F 2E /r", ops: { reg: use(xmm), rm: use(xmm_m64) }, asm: "ucomisd", flags: "w", vex: "vucomisd_rm" }),
  cmpss_rmi: x86({ code: "F3 0F C2 /r ib", ops: { reg: mod(xmm), rm: use(xmm_m32), imm: use(imm8) }, asm: "cmpss", vex: "vcmpss_rrmi" }),
  cmpsd_rmi: x86({ code: "F2 0F C2 /r ib", ops: { reg: mod(xmm), rm: use(xmm_m64), imm: use(imm8) }, asm: "cmpsd", vex: "vcmpsd_rrmi" }),
  // conversion
  cvtsi2ssl_rm: x86({ code: "F3 0F 2A /r", ops: { reg: mod(xmm), rm: use(rm32) }, asm: "cvtsi2ssl", vex: "vcvtsi2ssl_rrm" }),
  cvttss2sil_rm: x86({ code: "F3 0F 2C /r", ops: { reg: def(r32), rm: use(xmm_m32) }, asm: "cvttss2si", vex: "vcvttss2sil_rm" }),
  cvtsi2ssq_rm: x86({ code: "F3 REX.W 0F 2A /r", ops: { reg: mod(xmm), rm: use(rm64) }, asm: "cvtsi2ssq", vex: "vcvtsi2ssq_rrm" }),
  cvttss2siq_rm: x86({ code: "F3 REX.W 0F 2C /r", ops: { reg: def(r64), rm: use(xmm_m32) }, asm: "cvttss2si", vex: "vcvttss2siq_rm" }),
  cvtsi2sdl_rm: x86({ code: "F2 0F 2A /r", ops: { reg: mod(xmm), rm: use(rm32) }, asm: "cvtsi2sdl", vex: "vcvtsi2sdl_rrm" }),
  cvttsd2sil_rm: x86({ code: "F2 0F 2C /r", ops: { reg: def(r32), rm: use(xmm_m64) }, asm: "cvttsd2si", vex: "vcvttsd2sil_rm" }),
  cvtsi2sdq_rm: x86({ code: "F2 REX.W 0F 2A /r", ops: { reg: mod(xmm), rm: use(rm64) }, asm: "cvtsi2sdq", vex: "vcvtsi2sdq_rrm" }),
  cvttsd2siq_rm: x86({ code: "F2 REX.W 0F 2C /r", ops: { reg: def(r64), rm: use(xmm_m64) }, asm: "cvttsd2si", vex: "vcvttsd2siq_rm" }),
  cvtss2sd_rm: x86({ code: "F3 0F 5A /r", ops: { reg: mod(xmm), rm: use(xmm_m32) }, asm: "cvtss2sd", vex: "vcvtss2sd_rrm" }),
  cvtsd2ss_rm: x86({ code: "F2 0F 5A /r", ops: { reg: mod(xmm), rm: use(xmm_m64) }, asm: "cvtsd2ss", vex: "vcvtsd2ss_rrm" }),
  // bits; a memory operand must be aligned to 16 bytes
  andps_rm: x86({ code: "0F 54 /r", ops: { reg: mod(xmm), rm: use(xmm_m128) }, asm: "andps", effect: "commutes", vex: "vandps_rrm" }),
  andnps_rm: x86({ code: "0F 55 /r", ops: { reg: mod(xmm), rm: use(xmm_m128) }, asm: "andnps", vex: "vandnps_rrm" }),
  orps_rm: x86({ code: "0F 56 /r", ops: { reg: mod(xmm), rm: use(xmm_m128) }, asm: "orps", effect: "commutes", vex: "vorps_rrm" }),
  xorps_rm: x86({ code: "0F 57 /r", ops: { reg: mod(xmm), rm: use(xmm_m128) }, asm: "xorps", effect: "commutes", vex: "vxorps_rrm" }),
} as const satisfies X86Table;
