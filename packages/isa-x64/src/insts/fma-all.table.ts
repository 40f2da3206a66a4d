/**
 * Fused multiply and add: Intel SDM volume 2. The digits say which operands are multiplied (first, second) and which is added.
 */
import { mod, use, xmm, xmm_m128, xmm_m32, xmm_m64, x86, type X86Table } from "@gantry/asm-compiler/x86";

export default {
  // vfmadd
  vfmadd132ps_rm: x86({ code: "VEX.128.66.0F38.W0 98 /r", ops: { reg: mod(xmm), vvvv: use(xmm), rm: use(xmm_m128) }, asm: "vfmadd132ps", needs: "fma" }),
  vfmadd132pd_rm: x86({ code: "VEX.128.66.0F38.W1 98 /r", ops: { reg: mod(xmm), vvvv: use(xmm), rm: use(xmm_m128) }, asm: "vfmadd132pd", needs: "fma" }),
  vfmadd132ss_rm: x86({ code: "VEX.LIG.66.0F38.W0 99 /r", ops: { reg: mod(xmm), vvvv: use(xmm), rm: use(xmm_m32) }, asm: "vfmadd132ss", needs: "fma" }),
  vfmadd132sd_rm: x86({ code: "VEX.LIG.66.0F38.W1 99 /r", ops: { reg: mod(xmm), vvvv: use(xmm), rm: use(xmm_m64) }, asm: "vfmadd132sd", needs: "fma" }),
  vfmadd213ps_rm: x86({ code: "VEX.128.66.0F38.W0 A8 /r", ops: { reg: mod(xmm), vvvv: use(xmm), rm: use(xmm_m128) }, asm: "vfmadd213ps", needs: "fma" }),
  vfmadd213pd_rm: x86({ code: "VEX.128.66.0F38.W1 A8 /r", ops: { reg: mod(xmm), vvvv: use(xmm), rm: use(xmm_m128) }, asm: "vfmadd213pd", needs: "fma" }),
  vfmadd231ps_rm: x86({ code: "VEX.128.66.0F38.W0 B8 /r", ops: { reg: mod(xmm), vvvv: use(xmm), rm: use(xmm_m128) }, asm: "vfmadd231ps", needs: "fma" }),
  vfmadd231pd_rm: x86({ code: "VEX.128.66.0F38.W1 B8 /r", ops: { reg: mod(xmm), vvvv: use(xmm), rm: use(xmm_m128) }, asm: "vfmadd231pd", needs: "fma" }),
  vfmadd231ss_rm: x86({ code: "VEX.LIG.66.0F38.W0 B9 /r", ops: { reg: mod(xmm), vvvv: use(xmm), rm: use(xmm_m32) }, asm: "vfmadd231ss", needs: "fma" }),
  vfmadd231sd_rm: x86({ code: "VEX.LIG.66.0F38.W1 B9 /r", ops: { reg: mod(xmm), vvvv: use(xmm), rm: use(xmm_m64) }, asm: "vfmadd231sd", needs: "fma" }),
  // vfmsub
  vfmsub132ps_rm: x86({ code: "VEX.128.66.0F38.W0 9A /r", ops: { reg: mod(xmm), vvvv: use(xmm), rm: use(xmm_m128) }, asm: "vfmsub132ps", needs: "fma" }),
  vfmsub132pd_rm: x86({ code: "VEX.128.66.0F38.W1 9A /r", ops: { reg: mod(xmm), vvvv: use(xmm), rm: use(xmm_m128) }, asm: "vfmsub132pd", needs: "fma" }),
  vfmsub132ss_rm: x86({ code: "VEX.LIG.66.0F38.W0 9B /r", ops: { reg: mod(xmm), vvvv: use(xmm), rm: use(xmm_m32) }, asm: "vfmsub132ss", needs: "fma" }),
  vfmsub132sd_rm: x86({ code: "VEX.LIG.66.0F38.W1 9B /r", ops: { reg: mod(xmm), vvvv: use(xmm), rm: use(xmm_m64) }, asm: "vfmsub132sd", needs: "fma" }),
  vfmsub213ps_rm: x86({ code: "VEX.128.66.0F38.W0 AA /r", ops: { reg: mod(xmm), vvvv: use(xmm), rm: use(xmm_m128) }, asm: "vfmsub213ps", needs: "fma" }),
  vfmsub213pd_rm: x86({ code: "VEX.128.66.0F38.W1 AA /r", ops: { reg: mod(xmm), vvvv: use(xmm), rm: use(xmm_m128) }, asm: "vfmsub213pd", needs: "fma" }),
  vfmsub213ss_rm: x86({ code: "VEX.LIG.66.0F38.W0 AB /r", ops: { reg: mod(xmm), vvvv: use(xmm), rm: use(xmm_m32) }, asm: "vfmsub213ss", needs: "fma" }),
  vfmsub213sd_rm: x86({ code: "VEX.LIG.66.0F38.W1 AB /r", ops: { reg: mod(xmm), vvvv: use(xmm), rm: use(xmm_m64) }, asm: "vfmsub213sd", needs: "fma" }),
  vfmsub231ps_rm: x86({ code: "VEX.128.66.0F38.W0 BA /r", ops: { reg: mod(xmm), vvvv: use(xmm), rm: use(xmm_m128) }, asm: "vfmsub231ps", needs: "fma" }),
  vfmsub231pd_rm: x86({ code: "VEX.128.66.0F38.W1 BA /r", ops: { reg: mod(xmm), vvvv: use(xmm), rm: use(xmm_m128) }, asm: "vfmsub231pd", needs: "fma" }),
  vfmsub231ss_rm: x86({ code: "VEX.LIG.66.0F38.W0 BB /r", ops: { reg: mod(xmm), vvvv: use(xmm), rm: use(xmm_m32) }, asm: "vfmsub231ss", needs: "fma" }),
  vfmsub231sd_rm: x86({ code: "VEX.LIG.66.0F38.W1 BB /r", ops: { reg: mod(xmm), vvvv: use(xmm), rm: use(xmm_m64) }, asm: "vfmsub231sd", needs: "fma" }),
  // vfnmadd
  vfnmadd132ps_rm: x86({ code: "VEX.128.66.0F38.W0 9C /r", ops: { reg: mod(xmm), vvvv: use(xmm), rm: use(xmm_m128) }, asm: "vfnmadd132ps", needs: "fma" }),
  vfnmadd132pd_rm: x86({ code: "VEX.128.66.0F38.W1 9C /r", ops: { reg: mod(xmm), vvvv: use(xmm), rm: use(xmm_m128) }, asm: "vfnmadd132pd", needs: "fma" }),
  vfnmadd132ss_rm: x86({ code: "VEX.LIG.66.0F38.W0 9D /r", ops: { reg: mod(xmm), vvvv: use(xmm), rm: use(xmm_m32) }, asm: "vfnmadd132ss", needs: "fma" }),
  vfnmadd132sd_rm: x86({ code: "VEX.LIG.66.0F38.W1 9D /r", ops: { reg: mod(xmm), vvvv: use(xmm), rm: use(xmm_m64) }, asm: "vfnmadd132sd", needs: "fma" }),
  vfnmadd213ps_rm: x86({ code: "VEX.128.66.0F38.W0 AC /r", ops: { reg: mod(xmm), vvvv: use(xmm), rm: use(xmm_m128) }, asm: "vfnmadd213ps", needs: "fma" }),
  vfnmadd213pd_rm: x86({ code: "VEX.128.66.0F38.W1 AC /r", ops: { reg: mod(xmm), vvvv: use(xmm), rm: use(xmm_m128) }, asm: "vfnmadd213pd", needs: "fma" }),
  vfnmadd213ss_rm: x86({ code: "VEX.LIG.66.0F38.W0 AD /r", ops: { reg: mod(xmm), vvvv: use(xmm), rm: use(xmm_m32) }, asm: "vfnmadd213ss", needs: "fma" }),
  vfnmadd213sd_rm: x86({ code: "VEX.LIG.66.0F38.W1 AD /r", ops: { reg: mod(xmm), vvvv: use(xmm), rm: use(xmm_m64) }, asm: "vfnmadd213sd", needs: "fma" }),
  vfnmadd231ps_rm: x86({ code: "VEX.128.66.0F38.W0 BC /r", ops: { reg: mod(xmm), vvvv: use(xmm), rm: use(xmm_m128) }, asm: "vfnmadd231ps", needs: "fma" }),
  vfnmadd231pd_rm: x86({ code: "VEX.128.66.0F38.W1 BC /r", ops: { reg: mod(xmm), vvvv: use(xmm), rm: use(xmm_m128) }, asm: "vfnmadd231pd", needs: "fma" }),
  vfnmadd231ss_rm: x86({ code: "VEX.LIG.66.0F38.W0 BD /r", ops: { reg: mod(xmm), vvvv: use(xmm), rm: use(xmm_m32) }, asm: "vfnmadd231ss", needs: "fma" }),
  vfnmadd231sd_rm: x86({ code: "VEX.LIG.66.0F38.W1 BD /r", ops: { reg: mod(xmm), vvvv: use(xmm), rm: use(xmm_m64) }, asm: "vfnmadd231sd", needs: "fma" }),
  // vfnmsub
  vfnmsub132ps_rm: x86({ code: "VEX.128.66.0F38.W0 9E /r", ops: { reg: mod(xmm), vvvv: use(xmm), rm: use(xmm_m128) }, asm: "vfnmsub132ps", needs: "fma" }),
  vfnmsub132pd_rm: x86({ code: "VEX.128.66.0F38.W1 9E /r", ops: { reg: mod(xmm), vvvv: use(xmm), rm: use(xmm_m128) }, asm: "vfnmsub132pd", needs: "fma" }),
  vfnmsub132ss_rm: x86({ code: "VEX.LIG.66.0F38.W0 9F /r", ops: { reg: mod(xmm), vvvv: use(xmm), rm: use(xmm_m32) }, asm: "vfnmsub132ss", needs: "fma" }),
  vfnmsub132sd_rm: x86({ code: "VEX.LIG.66.0F38.W1 9F /r", ops: { reg: mod(xmm), vvvv: use(xmm), rm: use(xmm_m64) }, asm: "vfnmsub132sd", needs: "fma" }),
  vfnmsub213ps_rm: x86({ code: "VEX.128.66.0F38.W0 AE /r", ops: { reg: mod(xmm), vvvv: use(xmm), rm: use(xmm_m128) }, asm: "vfnmsub213ps", needs: "fma" }),
  vfnmsub213pd_rm: x86({ code: "VEX.128.66.0F38.W1 AE /r", ops: { reg: mod(xmm), vvvv: use(xmm), rm: use(xmm_m128) }, asm: "vfnmsub213pd", needs: "fma" }),
  vfnmsub213ss_rm: x86({ code: "VEX.LIG.66.0F38.W0 AF /r", ops: { reg: mod(xmm), vvvv: use(xmm), rm: use(xmm_m32) }, asm: "vfnmsub213ss", needs: "fma" }),
  vfnmsub213sd_rm: x86({ code: "VEX.LIG.66.0F38.W1 AF /r", ops: { reg: mod(xmm), vvvv: use(xmm), rm: use(xmm_m64) }, asm: "vfnmsub213sd", needs: "fma" }),
  vfnmsub231ps_rm: x86({ code: "VEX.128.66.0F38.W0 BE /r", ops: { reg: mod(xmm), vvvv: use(xmm), rm: use(xmm_m128) }, asm: "vfnmsub231ps", needs: "fma" }),
  vfnmsub231pd_rm: x86({ code: "VEX.128.66.0F38.W1 BE /r", ops: { reg: mod(xmm), vvvv: use(xmm), rm: use(xmm_m128) }, asm: "vfnmsub231pd", needs: "fma" }),
  vfnmsub231ss_rm: x86({ code: "VEX.LIG.66.0F38.W0 BF /r", ops: { reg: mod(xmm), vvvv: use(xmm), rm: use(xmm_m32) }, asm: "vfnmsub231ss", needs: "fma" }),
  vfnmsub231sd_rm: x86({ code: "VEX.LIG.66.0F38.W1 BF /r", ops: { reg: mod(xmm), vvvv: use(xmm), rm: use(xmm_m64) }, asm: "vfnmsub231sd", needs: "fma" }),
} as const satisfies X86Table;
