/**
 * Scalar SSE and SSE2 (SSE4.1 rounding): Intel SDM volume 2.
 */
import { def, imm8, m128, m32, m64, mod, r32, r64, rm32, rm64, use, x86, type X86Table, xmm, xmm_m128, xmm_m32, xmm_m64 } from "@gantry/asm-compiler/x86";

export default {
  // moves
  movaps_rr: x86({ code: "0F 28 /r", ops: { reg: def(xmm), rm: use(xmm) }, asm: "movaps" }),
  movss_rm: x86({ code: "F3 0F 10 /r", ops: { reg: def(xmm), rm: use(m32) }, asm: "movss" }),
  movsd_rm: x86({ code: "F2 0F 10 /r", ops: { reg: def(xmm), rm: use(m64) }, asm: "movsd" }),
  movups_rm: x86({ code: "0F 10 /r", ops: { reg: def(xmm), rm: use(m128) }, asm: "movups" }),
  movss_mr: x86({ code: "F3 0F 11 /r", ops: { rm: use(m32), reg: use(xmm) }, asm: "movss" }),
  movsd_mr: x86({ code: "F2 0F 11 /r", ops: { rm: use(m64), reg: use(xmm) }, asm: "movsd" }),
  movups_mr: x86({ code: "0F 11 /r", ops: { rm: use(m128), reg: use(xmm) }, asm: "movups" }),
  movd_xr: x86({ code: "66 0F 6E /r", ops: { reg: def(xmm), rm: use(rm32) }, asm: "movd" }),
  movq_xr: x86({ code: "66 REX.W 0F 6E /r", ops: { reg: def(xmm), rm: use(rm64) }, asm: "movq", short: "movq_xm" }),
  movd_rx: x86({ code: "66 0F 7E /r", ops: { rm: def(r32), reg: use(xmm) }, asm: "movd" }),
  movq_rx: x86({ code: "66 REX.W 0F 7E /r", ops: { rm: def(r64), reg: use(xmm) }, asm: "movq" }),
  // registers only: the low lane of the second source, the rest of the first
  movss_rr: x86({ code: "F3 0F 10 /r", ops: { reg: mod(xmm), rm: use(xmm) }, asm: "movss" }),
  movsd_rr: x86({ code: "F2 0F 10 /r", ops: { reg: mod(xmm), rm: use(xmm) }, asm: "movsd" }),
  // arithmetic
  addss_rm: x86({ code: "F3 0F 58 /r", ops: { reg: mod(xmm), rm: use(xmm_m32) }, asm: "addss" }),
  addsd_rm: x86({ code: "F2 0F 58 /r", ops: { reg: mod(xmm), rm: use(xmm_m64) }, asm: "addsd" }),
  mulss_rm: x86({ code: "F3 0F 59 /r", ops: { reg: mod(xmm), rm: use(xmm_m32) }, asm: "mulss" }),
  mulsd_rm: x86({ code: "F2 0F 59 /r", ops: { reg: mod(xmm), rm: use(xmm_m64) }, asm: "mulsd" }),
  subss_rm: x86({ code: "F3 0F 5C /r", ops: { reg: mod(xmm), rm: use(xmm_m32) }, asm: "subss" }),
  subsd_rm: x86({ code: "F2 0F 5C /r", ops: { reg: mod(xmm), rm: use(xmm_m64) }, asm: "subsd" }),
  minss_rm: x86({ code: "F3 0F 5D /r", ops: { reg: mod(xmm), rm: use(xmm_m32) }, asm: "minss" }),
  minsd_rm: x86({ code: "F2 0F 5D /r", ops: { reg: mod(xmm), rm: use(xmm_m64) }, asm: "minsd" }),
  divss_rm: x86({ code: "F3 0F 5E /r", ops: { reg: mod(xmm), rm: use(xmm_m32) }, asm: "divss" }),
  divsd_rm: x86({ code: "F2 0F 5E /r", ops: { reg: mod(xmm), rm: use(xmm_m64) }, asm: "divsd" }),
  maxss_rm: x86({ code: "F3 0F 5F /r", ops: { reg: mod(xmm), rm: use(xmm_m32) }, asm: "maxss" }),
  maxsd_rm: x86({ code: "F2 0F 5F /r", ops: { reg: mod(xmm), rm: use(xmm_m64) }, asm: "maxsd" }),
  // the upper lanes of the destination are kept: `dst` only receives a false dependency that no rule relies on
  sqrtss_rm: x86({ code: "F3 0F 51 /r", ops: { reg: def(xmm), rm: use(xmm_m32) }, asm: "sqrtss" }),
  sqrtsd_rm: x86({ code: "F2 0F 51 /r", ops: { reg: def(xmm), rm: use(xmm_m64) }, asm: "sqrtsd" }),
  roundss_rmi: x86({ code: "66 0F 3A 0A /r ib", ops: { reg: def(xmm), rm: use(xmm_m32), imm: use(imm8) }, asm: "roundss", needs: "sse41" }),
  roundsd_rmi: x86({ code: "66 0F 3A 0B /r ib", ops: { reg: def(xmm), rm: use(xmm_m64), imm: use(imm8) }, asm: "roundsd", needs: "sse41" }),
  // comparison: ZF PF CF = 111 unordered, 000 greater, 001 less, 100 equal
  ucomiss_rm: x86({ code: "0F 2E /r", ops: { reg: use(xmm), rm: use(xmm_m32) }, asm: "ucomiss", flags: "w" }),
  ucomisd_rm: x86({ code: "66 0F 2E /r", ops: { reg: use(xmm), rm: use(xmm_m64) }, asm: "ucomisd", flags: "w" }),
  cmpss_rmi: x86({ code: "F3 0F C2 /r ib", ops: { reg: mod(xmm), rm: use(xmm_m32), imm: use(imm8) }, asm: "cmpss" }),
  cmpsd_rmi: x86({ code: "F2 0F C2 /r ib", ops: { reg: mod(xmm), rm: use(xmm_m64), imm: use(imm8) }, asm: "cmpsd" }),
  // conversion
  cvtsi2ssl_rm: x86({ code: "F3 0F 2A /r", ops: { reg: mod(xmm), rm: use(rm32) }, asm: "cvtsi2ssl" }),
  cvttss2sil_rm: x86({ code: "F3 0F 2C /r", ops: { reg: def(r32), rm: use(xmm_m32) }, asm: "cvttss2si" }),
  cvtsi2ssq_rm: x86({ code: "F3 REX.W 0F 2A /r", ops: { reg: mod(xmm), rm: use(rm64) }, asm: "cvtsi2ssq" }),
  cvttss2siq_rm: x86({ code: "F3 REX.W 0F 2C /r", ops: { reg: def(r64), rm: use(xmm_m32) }, asm: "cvttss2si" }),
  cvtsi2sdl_rm: x86({ code: "F2 0F 2A /r", ops: { reg: mod(xmm), rm: use(rm32) }, asm: "cvtsi2sdl" }),
  cvttsd2sil_rm: x86({ code: "F2 0F 2C /r", ops: { reg: def(r32), rm: use(xmm_m64) }, asm: "cvttsd2si" }),
  cvtsi2sdq_rm: x86({ code: "F2 REX.W 0F 2A /r", ops: { reg: mod(xmm), rm: use(rm64) }, asm: "cvtsi2sdq" }),
  cvttsd2siq_rm: x86({ code: "F2 REX.W 0F 2C /r", ops: { reg: def(r64), rm: use(xmm_m64) }, asm: "cvttsd2si" }),
  cvtss2sd_rm: x86({ code: "F3 0F 5A /r", ops: { reg: def(xmm), rm: use(xmm_m32) }, asm: "cvtss2sd" }),
  cvtsd2ss_rm: x86({ code: "F2 0F 5A /r", ops: { reg: def(xmm), rm: use(xmm_m64) }, asm: "cvtsd2ss" }),
  // bits; a memory operand must be aligned to 16 bytes
  andps_rm: x86({ code: "0F 54 /r", ops: { reg: mod(xmm), rm: use(xmm_m128) }, asm: "andps" }),
  andnps_rm: x86({ code: "0F 55 /r", ops: { reg: mod(xmm), rm: use(xmm_m128) }, asm: "andnps" }),
  orps_rm: x86({ code: "0F 56 /r", ops: { reg: mod(xmm), rm: use(xmm_m128) }, asm: "orps" }),
  xorps_rm: x86({ code: "0F 57 /r", ops: { reg: mod(xmm), rm: use(xmm_m128) }, asm: "xorps" }),
} as const satisfies X86Table;
