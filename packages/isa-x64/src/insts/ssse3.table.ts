/**
 * SSSE3: Intel SDM volume 2.
 */
import { def, imm8, mod, use, xmm, xmm_m128, x86, type X86Table } from "@gantry/asm-compiler/x86";

export default {
  pshufb_rm: x86({ code: "66 0F 38 00 /r", ops: { reg: mod(xmm), rm: use(xmm_m128) }, asm: "pshufb", needs: "ssse3", vex: "vpshufb_rrm" }),
  phaddw_rm: x86({ code: "66 0F 38 01 /r", ops: { reg: mod(xmm), rm: use(xmm_m128) }, asm: "phaddw", needs: "ssse3", vex: "vphaddw_rrm" }),
  phaddd_rm: x86({ code: "66 0F 38 02 /r", ops: { reg: mod(xmm), rm: use(xmm_m128) }, asm: "phaddd", needs: "ssse3", vex: "vphaddd_rrm" }),
  phaddsw_rm: x86({ code: "66 0F 38 03 /r", ops: { reg: mod(xmm), rm: use(xmm_m128) }, asm: "phaddsw", needs: "ssse3", vex: "vphaddsw_rrm" }),
  pmaddubsw_rm: x86({ code: "66 0F 38 04 /r", ops: { reg: mod(xmm), rm: use(xmm_m128) }, asm: "pmaddubsw", needs: "ssse3", vex: "vpmaddubsw_rrm" }),
  phsubw_rm: x86({ code: "66 0F 38 05 /r", ops: { reg: mod(xmm), rm: use(xmm_m128) }, asm: "phsubw", needs: "ssse3", vex: "vphsubw_rrm" }),
  phsubd_rm: x86({ code: "66 0F 38 06 /r", ops: { reg: mod(xmm), rm: use(xmm_m128) }, asm: "phsubd", needs: "ssse3", vex: "vphsubd_rrm" }),
  phsubsw_rm: x86({ code: "66 0F 38 07 /r", ops: { reg: mod(xmm), rm: use(xmm_m128) }, asm: "phsubsw", needs: "ssse3", vex: "vphsubsw_rrm" }),
  psignb_rm: x86({ code: "66 0F 38 08 /r", ops: { reg: mod(xmm), rm: use(xmm_m128) }, asm: "psignb", needs: "ssse3", vex: "vpsignb_rrm" }),
  psignw_rm: x86({ code: "66 0F 38 09 /r", ops: { reg: mod(xmm), rm: use(xmm_m128) }, asm: "psignw", needs: "ssse3", vex: "vpsignw_rrm" }),
  psignd_rm: x86({ code: "66 0F 38 0A /r", ops: { reg: mod(xmm), rm: use(xmm_m128) }, asm: "psignd", needs: "ssse3", vex: "vpsignd_rrm" }),
  pmulhrsw_rm: x86({ code: "66 0F 38 0B /r", ops: { reg: mod(xmm), rm: use(xmm_m128) }, asm: "pmulhrsw", effect: "commutes", needs: "ssse3", vex: "vpmulhrsw_rrm" }),
  pabsb_rm: x86({ code: "66 0F 38 1C /r", ops: { reg: def(xmm), rm: use(xmm_m128) }, asm: "pabsb", needs: "ssse3", vex: "vpabsb_rm" }),
  pabsw_rm: x86({ code: "66 0F 38 1D /r", ops: { reg: def(xmm), rm: use(xmm_m128) }, asm: "pabsw", needs: "ssse3", vex: "vpabsw_rm" }),
  pabsd_rm: x86({ code: "66 0F 38 1E /r", ops: { reg: def(xmm), rm: use(xmm_m128) }, asm: "pabsd", needs: "ssse3", vex: "vpabsd_rm" }),
  palignr_rmi: x86({ code: "66 0F 3A 0F /r ib", ops: { reg: mod(xmm), rm: use(xmm_m128), imm: use(imm8) }, asm: "palignr", needs: "ssse3", vex: "vpalignr_rrmi" }),
} as const satisfies X86Table;
