/**
 * One row for each encoding shape of AArch64 that the table's form has to carry: Arm ARM, chapter C4.
 *
 * Names: mnemonic, `_`, register view (`x`, `w`, `d`), then operand forms with the destination first: `r` register,
 * `i` immediate, `m` memory, `x` memory with index, `u` unscaled.
 */
import { def, inst, mod, use, type FixedTable } from "@gantry/asm-compiler/fixed";
import { addImm, adr21, bit64, branch14, branch19, branch26, call26, cond, d, hw, imm16, logical32, logical64, m64, m64pair, m64x, mBase, mUnscaled, w, wsp, x, xsp } from "../operands.ts";

export default {
  add_xrr:   inst({ bits: "10001011000 rm:5 000000 rn:5 rd:5",                    ops: { rd: def(x), rn: use(x), rm: use(x) },                    asm: "add rd, rn, rm" }),
  adds_xrr:  inst({ bits: "10101011000 rm:5 000000 rn:5 rd:5",                    ops: { rd: def(x), rn: use(x), rm: use(x) },                    asm: "adds rd, rn, rm", flags: "w" }),
  add_xri:   inst({ bits: "100100010 imm:13 rn:5 rd:5",                           ops: { rd: def(xsp), rn: use(xsp), imm: use(addImm) },          asm: "add rd, rn, #imm" }),
  and_xri:   inst({ bits: "100100100 imm:13 rn:5 rd:5",                           ops: { rd: def(xsp), rn: use(x), imm: use(logical64) },         asm: "and rd, rn, #imm" }),
  and_wri:   inst({ bits: "000100100 imm:13 rn:5 rd:5",                           ops: { rd: def(wsp), rn: use(w), imm: use(logical32) },         asm: "and rd, rn, #imm" }),
  madd_xrrr: inst({ bits: "10011011000 rm:5 0 ra:5 rn:5 rd:5",                    ops: { rd: def(x), rn: use(x), rm: use(x), ra: use(x) },        asm: "madd rd, rn, rm, ra" }),
  csel_xrr:  inst({ bits: "10011010100 rm:5 cond:4 00 rn:5 rd:5",                 ops: { rd: def(x), rn: use(x), rm: use(x), cond: use(cond) },   asm: "csel rd, rn, rm, cond", flags: "r" }),
  movz_xi:   inst({ bits: "110100101 hw:2 imm:16 rd:5",                           ops: { rd: def(x), imm: use(imm16), hw: use(hw) },              asm: "movz rd, #imm, lsl #hw" }),
  movk_xi:   inst({ bits: "111100101 hw:2 imm:16 rd:5",                           ops: { rd: mod(x), imm: use(imm16), hw: use(hw) },              asm: "movk rd, #imm, lsl #hw" }),
  ldr_xm:    inst({ bits: "1111100101 mem.disp:12 mem.base:5 rt:5",               ops: { rt: def(x), mem: use(m64) },                             asm: "ldr rt, mem" }),
  ldur_xu:   inst({ bits: "11111000010 mem.disp:9 00 mem.base:5 rt:5",            ops: { rt: def(x), mem: use(mUnscaled) },                       asm: "ldur rt, mem" }),
  ldr_xx:    inst({ bits: "11111000011 mem.index:5 011 mem.scale:1 10 mem.base:5 rt:5", ops: { rt: def(x), mem: use(m64x) },                      asm: "ldr rt, mem" }),
  stp_xm:    inst({ bits: "1010100100 mem.disp:7 rt2:5 mem.base:5 rt:5",          ops: { rt: use(x), rt2: use(x), mem: use(m64pair) },            asm: "stp rt, rt2, mem" }),
  ldr_dm:    inst({ bits: "1111110101 mem.disp:12 mem.base:5 rt:5",               ops: { rt: def(d), mem: use(m64) },                             asm: "ldr rt, mem" }),
  ldaddal_x: inst({ bits: "11111000111 rs:5 000000 mem.base:5 rt:5",              ops: { rt: def(x), rs: use(x), mem: use(mBase) },               asm: "ldaddal rs, rt, mem", needs: "lse" }),
  fadd_drr:  inst({ bits: "00011110011 rm:5 001010 rn:5 rd:5",                    ops: { rd: def(d), rn: use(d), rm: use(d) },                    asm: "fadd rd, rn, rm" }),
  adr:       inst({ bits: "0 to[1:0] 10000 to[20:2] rd:5",                        ops: { rd: def(x), to: use(adr21) },                            asm: "adr rd, to" }),
  b:         inst({ bits: "000101 to:26",                                         ops: { to: use(branch26) },                                     asm: "b to", effect: "branch" }),
  b_cond:    inst({ bits: "01010100 to:19 0 cond:4",                              ops: { cond: use(cond), to: use(branch19) },                    asm: "b.{cond} to", flags: "r", effect: "branch" }),
  cbz_x:     inst({ bits: "10110100 to:19 rt:5",                                  ops: { rt: use(x), to: use(branch19) },                         asm: "cbz rt, to", effect: "branch" }),
  tbz:       inst({ bits: "bit[5] 0110110 bit[4:0] to:14 rt:5",                   ops: { rt: use(x), bit: use(bit64), to: use(branch14) },        asm: "tbz rt, #bit, to", effect: "branch" }),
  bl:        inst({ bits: "100101 to:26",                                         ops: { to: use(call26) },                                       asm: "bl to", effect: "call", list: true, clobbers: "call" }),
} as const satisfies FixedTable;
