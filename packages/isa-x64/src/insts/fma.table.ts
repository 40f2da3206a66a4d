/**
 * Fused multiply-add: `reg * vvvv + rm`. Intel SDM volume 2.
 */
import { mod, use, x86, type X86Table, xmm, xmm_m32, xmm_m64 } from "@gantry/asm-compiler/x86";

export default {
  vfmadd213ss_rm: x86({ code: "VEX.LIG.66.0F38.W0 A9 /r", ops: { reg: mod(xmm), vvvv: use(xmm), rm: use(xmm_m32) }, asm: "vfmadd213ss", needs: "fma" }),
  vfmadd213sd_rm: x86({ code: "VEX.LIG.66.0F38.W1 A9 /r", ops: { reg: mod(xmm), vvvv: use(xmm), rm: use(xmm_m64) }, asm: "vfmadd213sd", needs: "fma" }),
} as const satisfies X86Table;
