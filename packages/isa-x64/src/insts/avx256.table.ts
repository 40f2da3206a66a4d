/**
 * Registers of 256 bits: what copies of memory need, halves and bitwise logic. Intel SDM volume 2. No rule uses them: values
 * of 256 bits live in two registers.
 */
import { def, imm8, m128, m256, m32, m64, use, xmm, xmm_m128, x86, type X86Table, ymm, ymm_m256 } from "@gantry/asm-compiler/x86";

export default {
  // moves: copies of 32 bytes
  vmovups_ymm_rm: x86({ code: "VEX.256.0F.WIG 10 /r", ops: { reg: def(ymm), rm: use(m256) }, asm: "vmovups", needs: "avx" }),
  vmovups_ymm_mr: x86({ code: "VEX.256.0F.WIG 11 /r", ops: { rm: use(m256), reg: use(ymm) }, asm: "vmovups", needs: "avx" }),
  vmovupd_ymm_rm: x86({ code: "VEX.256.66.0F.WIG 10 /r", ops: { reg: def(ymm), rm: use(m256) }, asm: "vmovupd", needs: "avx" }),
  vmovupd_ymm_mr: x86({ code: "VEX.256.66.0F.WIG 11 /r", ops: { rm: use(m256), reg: use(ymm) }, asm: "vmovupd", needs: "avx" }),
  vmovaps_ymm_rm: x86({ code: "VEX.256.0F.WIG 28 /r", ops: { reg: def(ymm), rm: use(m256) }, asm: "vmovaps", needs: "avx" }),
  vmovaps_ymm_mr: x86({ code: "VEX.256.0F.WIG 29 /r", ops: { rm: use(m256), reg: use(ymm) }, asm: "vmovaps", needs: "avx" }),
  vmovapd_ymm_rm: x86({ code: "VEX.256.66.0F.WIG 28 /r", ops: { reg: def(ymm), rm: use(m256) }, asm: "vmovapd", needs: "avx" }),
  vmovapd_ymm_mr: x86({ code: "VEX.256.66.0F.WIG 29 /r", ops: { rm: use(m256), reg: use(ymm) }, asm: "vmovapd", needs: "avx" }),
  vmovdqu_ymm_rm: x86({ code: "VEX.256.F3.0F.WIG 6F /r", ops: { reg: def(ymm), rm: use(m256) }, asm: "vmovdqu", needs: "avx" }),
  vmovdqu_ymm_mr: x86({ code: "VEX.256.F3.0F.WIG 7F /r", ops: { rm: use(m256), reg: use(ymm) }, asm: "vmovdqu", needs: "avx" }),
  vmovdqa_ymm_rm: x86({ code: "VEX.256.66.0F.WIG 6F /r", ops: { reg: def(ymm), rm: use(m256) }, asm: "vmovdqa", needs: "avx" }),
  vmovdqa_ymm_mr: x86({ code: "VEX.256.66.0F.WIG 7F /r", ops: { rm: use(m256), reg: use(ymm) }, asm: "vmovdqa", needs: "avx" }),
  vmovaps_ymm_rr: x86({ code: "VEX.256.0F.WIG 28 /r", ops: { reg: def(ymm), rm: use(ymm) }, asm: "vmovaps", effect: "move", needs: "avx" }),
  vmovdqa_ymm_rr: x86({ code: "VEX.256.66.0F.WIG 6F /r", ops: { reg: def(ymm), rm: use(ymm) }, asm: "vmovdqa", effect: "move", needs: "avx" }),
  // one lane in all places
  vbroadcastss_ymm_rm: x86({ code: "VEX.256.66.0F38.W0 18 /r", ops: { reg: def(ymm), rm: use(m32) }, asm: "vbroadcastss", needs: "avx" }),
  vbroadcastsd_ymm_rm: x86({ code: "VEX.256.66.0F38.W0 19 /r", ops: { reg: def(ymm), rm: use(m64) }, asm: "vbroadcastsd", needs: "avx" }),
  vbroadcastf128_ymm_rm: x86({ code: "VEX.256.66.0F38.W0 1A /r", ops: { reg: def(ymm), rm: use(m128) }, asm: "vbroadcastf128", needs: "avx" }),
  // halves
  vextractf128_mri: x86({ code: "VEX.256.66.0F3A.W0 19 /r ib", ops: { rm: use(m128), reg: use(ymm), imm: use(imm8) }, asm: "vextractf128", needs: "avx" }),
  vextractf128_rri: x86({ code: "VEX.256.66.0F3A.W0 19 /r ib", ops: { rm: def(xmm), reg: use(ymm), imm: use(imm8) }, asm: "vextractf128", needs: "avx" }),
  vinsertf128_rrmi: x86({ code: "VEX.256.66.0F3A.W0 18 /r ib", ops: { reg: def(ymm), vvvv: use(ymm), rm: use(xmm_m128), imm: use(imm8) }, asm: "vinsertf128", needs: "avx" }),
  // bits
  vandps_ymm_rrm: x86({ code: "VEX.256.0F.WIG 54 /r", ops: { reg: def(ymm), vvvv: use(ymm), rm: use(ymm_m256) }, asm: "vandps", needs: "avx" }),
  vandnps_ymm_rrm: x86({ code: "VEX.256.0F.WIG 55 /r", ops: { reg: def(ymm), vvvv: use(ymm), rm: use(ymm_m256) }, asm: "vandnps", needs: "avx" }),
  vorps_ymm_rrm: x86({ code: "VEX.256.0F.WIG 56 /r", ops: { reg: def(ymm), vvvv: use(ymm), rm: use(ymm_m256) }, asm: "vorps", needs: "avx" }),
  vxorps_ymm_rrm: x86({ code: "VEX.256.0F.WIG 57 /r", ops: { reg: def(ymm), vvvv: use(ymm), rm: use(ymm_m256) }, asm: "vxorps", needs: "avx" }),
  vptest_ymm_rm: x86({ code: "VEX.256.66.0F38.WIG 17 /r", ops: { reg: use(ymm), rm: use(ymm_m256) }, asm: "vptest", flags: "w", needs: "avx" }),
  // the upper halves of all registers become zero, so that SSE code need not wait for them
  vzeroupper: x86({ code: "VEX.128.0F.WIG 77", ops: {  }, asm: "vzeroupper", needs: "avx" }),
  vzeroall: x86({ code: "VEX.256.0F.WIG 77", ops: {  }, asm: "vzeroall", needs: "avx" }),
} as const satisfies X86Table;
