/**
 * Data movement of general registers: Intel SDM volume 2.
 */
import { def, imm16, imm32, imm64, m, m8, m16, m32, m64, m128, mod, r8, r16, r32, r64, rm8, rm16, rm32, simm8, simm32, use, x86, type X86Table } from "@gantry/asm-compiler/x86";

export default {
  // register to register: the allocator's moves
  movl_rr: x86({ code: "8B /r", ops: { reg: def(r32), rm: use(r32) }, asm: "movl" }),
  movq_rr: x86({ code: "REX.W 8B /r", ops: { reg: def(r64), rm: use(r64) }, asm: "movq" }),
  // loads and stores
  movl_rm: x86({ code: "8B /r", ops: { reg: def(r32), rm: use(m32) }, asm: "movl" }),
  movq_rm: x86({ code: "REX.W 8B /r", ops: { reg: def(r64), rm: use(m64) }, asm: "movq" }),
  movb_mr: x86({ code: "88 /r", ops: { rm: use(m8), reg: use(r8) }, asm: "movb" }),
  movb_mi: x86({ code: "C6 /0 ib", ops: { rm: use(m8), imm: use(simm8) }, asm: "movb" }),
  movw_mr: x86({ code: "66 89 /r", ops: { rm: use(m16), reg: use(r16) }, asm: "movw" }),
  movw_mi: x86({ code: "66 C7 /0 iw", ops: { rm: use(m16), imm: use(imm16) }, asm: "movw" }),
  movl_mr: x86({ code: "89 /r", ops: { rm: use(m32), reg: use(r32) }, asm: "movl" }),
  movl_mi: x86({ code: "C7 /0 id", ops: { rm: use(m32), imm: use(simm32) }, asm: "movl" }),
  movq_mr: x86({ code: "REX.W 89 /r", ops: { rm: use(m64), reg: use(r64) }, asm: "movq" }),
  movq_mi: x86({ code: "REX.W C7 /0 id", ops: { rm: use(m64), imm: use(simm32) }, asm: "movq" }),
  // constants: a 32-bit write clears the upper half (SDM volume 1, 3.4.1.1)
  movl_ri: x86({ code: "B8 +r id", ops: { reg: def(r32), imm: use(imm32) }, asm: "movl" }),
  movq_ri: x86({ code: "REX.W C7 /0 id", ops: { rm: def(r64), imm: use(simm32) }, asm: "movq" }),
  movabsq_ri: x86({ code: "REX.W B8 +r io", ops: { reg: def(r64), imm: use(imm64) }, asm: "movabsq" }),
  // with extension
  movzbl_rm: x86({ code: "0F B6 /r", ops: { reg: def(r32), rm: use(rm8) }, asm: "movzbl" }),
  movsbl_rm: x86({ code: "0F BE /r", ops: { reg: def(r32), rm: use(rm8) }, asm: "movsbl" }),
  movsbq_rm: x86({ code: "REX.W 0F BE /r", ops: { reg: def(r64), rm: use(rm8) }, asm: "movsbq" }),
  movzwl_rm: x86({ code: "0F B7 /r", ops: { reg: def(r32), rm: use(rm16) }, asm: "movzwl" }),
  movswl_rm: x86({ code: "0F BF /r", ops: { reg: def(r32), rm: use(rm16) }, asm: "movswl" }),
  movswq_rm: x86({ code: "REX.W 0F BF /r", ops: { reg: def(r64), rm: use(rm16) }, asm: "movswq" }),
  movslq_rm: x86({ code: "REX.W 63 /r", ops: { reg: def(r64), rm: use(rm32) }, asm: "movslq" }),
  // addresses
  leal_rm: x86({ code: "8D /r", ops: { reg: def(r32), rm: use(m) }, asm: "leal" }),
  leaq_rm: x86({ code: "REX.W 8D /r", ops: { reg: def(r64), rm: use(m) }, asm: "leaq" }),
  // stack
  pushq_r: x86({ code: "50 +r", ops: { reg: use(r64) }, asm: "pushq" }),
  popq_r: x86({ code: "58 +r", ops: { reg: def(r64) }, asm: "popq" }),
  // atomics: xchg with memory locks by itself; `lock` is the byte F0
  xchgb_rm: x86({ code: "86 /r", ops: { reg: mod(r8), rm: use(m8) }, asm: "xchgb" }),
  xchgw_rm: x86({ code: "66 87 /r", ops: { reg: mod(r16), rm: use(m16) }, asm: "xchgw" }),
  xchgl_rm: x86({ code: "87 /r", ops: { reg: mod(r32), rm: use(m32) }, asm: "xchgl" }),
  xchgq_rm: x86({ code: "REX.W 87 /r", ops: { reg: mod(r64), rm: use(m64) }, asm: "xchgq" }),
  xchgq_rr: x86({ code: "REX.W 87 /r", ops: { reg: mod(r64), rm: mod(r64) }, asm: "xchgq", short: "xchgq_ar" }),
  xchgq_ar: x86({ code: "REX.W 90 +r", ops: { acc: mod(r64, "rax"), reg: mod(r64) }, asm: "xchgq reg, %rax" }),
  lock_xaddb_mr: x86({ code: "F0 0F C0 /r", ops: { rm: use(m8), reg: mod(r8) }, asm: "lock xaddb", flags: "w" }),
  lock_cmpxchgb_mr: x86({ code: "F0 0F B0 /r", ops: { old: mod(r8, "rax"), rm: use(m8), reg: use(r8) }, asm: "lock cmpxchgb reg, rm", flags: "w" }),
  lock_xaddw_mr: x86({ code: "F0 66 0F C1 /r", ops: { rm: use(m16), reg: mod(r16) }, asm: "lock xaddw", flags: "w" }),
  lock_cmpxchgw_mr: x86({ code: "F0 66 0F B1 /r", ops: { old: mod(r16, "rax"), rm: use(m16), reg: use(r16) }, asm: "lock cmpxchgw reg, rm", flags: "w" }),
  lock_xaddl_mr: x86({ code: "F0 0F C1 /r", ops: { rm: use(m32), reg: mod(r32) }, asm: "lock xaddl", flags: "w" }),
  lock_cmpxchgl_mr: x86({ code: "F0 0F B1 /r", ops: { old: mod(r32, "rax"), rm: use(m32), reg: use(r32) }, asm: "lock cmpxchgl reg, rm", flags: "w" }),
  lock_xaddq_mr: x86({ code: "F0 REX.W 0F C1 /r", ops: { rm: use(m64), reg: mod(r64) }, asm: "lock xaddq", flags: "w" }),
  lock_cmpxchgq_mr: x86({ code: "F0 REX.W 0F B1 /r", ops: { old: mod(r64, "rax"), rm: use(m64), reg: use(r64) }, asm: "lock cmpxchgq reg, rm", flags: "w" }),
  lock_cmpxchg16b_m: x86({ code: "F0 REX.W 0F C7 /1", ops: { lo: mod(r64, "rax"), hi: mod(r64, "rdx"), newLo: use(r64, "rbx"), newHi: use(r64, "rcx"), rm: use(m128) }, asm: "lock cmpxchg16b rm", flags: "w", needs: "cmpxchg16b" }),
  mfence: x86({ code: "0F AE F0", ops: {  }, asm: "mfence" }),
} as const satisfies X86Table;
