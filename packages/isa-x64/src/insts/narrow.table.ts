/**
 * Forms of 16 bits that rules compute in 32, extensions to 16 and 64 bits, and compare-and-exchange without a lock: Intel
 * SDM volume 2. They are here so that the decoder reads what other compilers write.
 */
import { cc, def, imm8, m, m128, m16, m32, m64, m8, mod, r16, r32, r64, r8, rm16, rm8, use, x86, type X86Table } from "@gantry/asm-compiler/x86";

export default {
  // bits
  bsfw_rm: x86({ code: "66 0F BC /r", ops: { reg: mod(r16), rm: use(rm16) }, asm: "bsfw", flags: "w" }),
  bsrw_rm: x86({ code: "66 0F BD /r", ops: { reg: mod(r16), rm: use(rm16) }, asm: "bsrw", flags: "w" }),
  tzcntw_rm: x86({ code: "66 F3 0F BC /r", ops: { reg: def(r16), rm: use(rm16) }, asm: "tzcntw", flags: "w", needs: "bmi1" }),
  lzcntw_rm: x86({ code: "66 F3 0F BD /r", ops: { reg: def(r16), rm: use(rm16) }, asm: "lzcntw", flags: "w", needs: "lzcnt" }),
  popcntw_rm: x86({ code: "66 F3 0F B8 /r", ops: { reg: def(r16), rm: use(rm16) }, asm: "popcntw", flags: "w", needs: "popcnt" }),
  btw_rr: x86({ code: "66 0F A3 /r", ops: { rm: use(r16), reg: use(r16) }, asm: "btw", flags: "w" }),
  btw_ri: x86({ code: "66 0F BA /4 ib", ops: { rm: use(r16), imm: use(imm8) }, asm: "btw", flags: "w" }),
  shldw_rri: x86({ code: "66 0F A4 /r ib", ops: { rm: mod(r16), reg: use(r16), imm: use(imm8) }, asm: "shldw", flags: "w" }),
  shldw_rrc: x86({ code: "66 0F A5 /r", ops: { rm: mod(r16), reg: use(r16), count: use(r8, "rcx") }, asm: "shldw %cl, reg, rm", flags: "w" }),
  shrdw_rri: x86({ code: "66 0F AC /r ib", ops: { rm: mod(r16), reg: use(r16), imm: use(imm8) }, asm: "shrdw", flags: "w" }),
  shrdw_rrc: x86({ code: "66 0F AD /r", ops: { rm: mod(r16), reg: use(r16), count: use(r8, "rcx") }, asm: "shrdw %cl, reg, rm", flags: "w" }),
  // moves
  cmovw_rm: x86({ code: "66 0F 40 +cc /r", ops: { cc: use(cc), reg: mod(r16), rm: use(rm16) }, asm: "cmov{cc}w rm, reg", flags: "r" }),
  leaw_rm: x86({ code: "66 8D /r", ops: { reg: def(r16), rm: use(m) }, asm: "leaw" }),
  pushw_r: x86({ code: "66 50 +r", ops: { reg: use(r16) }, asm: "pushw" }),
  popw_r: x86({ code: "66 58 +r", ops: { reg: def(r16) }, asm: "popw" }),
  // extensions
  movsbw_rm: x86({ code: "66 0F BE /r", ops: { reg: def(r16), rm: use(rm8) }, asm: "movsbw" }),
  movzbw_rm: x86({ code: "66 0F B6 /r", ops: { reg: def(r16), rm: use(rm8) }, asm: "movzbw" }),
  movzbq_rm: x86({ code: "REX.W 0F B6 /r", ops: { reg: def(r64), rm: use(rm8) }, asm: "movzbq" }),
  movzwq_rm: x86({ code: "REX.W 0F B7 /r", ops: { reg: def(r64), rm: use(rm16) }, asm: "movzwq" }),
  cbtw: x86({ code: "66 98", ops: { acc: mod(r16, "rax") }, asm: "cbtw " }),
  cwtl: x86({ code: "98", ops: { acc: mod(r32, "rax") }, asm: "cwtl " }),
  cltq: x86({ code: "REX.W 98", ops: { acc: mod(r64, "rax") }, asm: "cltq " }),
  // compare and exchange in one processor
  cmpxchgb_mr: x86({ code: "0F B0 /r", ops: { old: mod(r8, "rax"), rm: use(m8), reg: use(r8) }, asm: "cmpxchgb reg, rm", flags: "w" }),
  cmpxchgw_mr: x86({ code: "66 0F B1 /r", ops: { old: mod(r16, "rax"), rm: use(m16), reg: use(r16) }, asm: "cmpxchgw reg, rm", flags: "w" }),
  cmpxchgl_mr: x86({ code: "0F B1 /r", ops: { old: mod(r32, "rax"), rm: use(m32), reg: use(r32) }, asm: "cmpxchgl reg, rm", flags: "w" }),
  cmpxchgq_mr: x86({ code: "REX.W 0F B1 /r", ops: { old: mod(r64, "rax"), rm: use(m64), reg: use(r64) }, asm: "cmpxchgq reg, rm", flags: "w" }),
  cmpxchg16b_m: x86({ code: "REX.W 0F C7 /1", ops: { lo: mod(r64, "rax"), hi: mod(r64, "rdx"), newLo: use(r64, "rbx"), newHi: use(r64, "rcx"), rm: use(m128) }, asm: "cmpxchg16b rm", flags: "w", needs: "cmpxchg16b" }),
} as const satisfies X86Table;
