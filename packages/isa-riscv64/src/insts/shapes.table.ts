/**
 * One row for each encoding shape of RISC-V that the table's form has to carry: unprivileged manual, chapters 2 to 27.
 *
 * Names: the manual's mnemonic with `_` for dots. Compressed rows are short forms only: the encoder chooses them.
 */
import { def, type FixedTable, inst, mod, use } from "@gantry/asm-compiler/fixed";
import { branch12, call20, cluiImm, f, imm20, jump20, m12, mBase, mShort8, mSp8, rounding, shift6, shift6NotZero, shortBranch8, shortJump11, simm12, simm6, simm6NotZero, spOffset, spStep, x, xNotZero, xNotZeroNorSp, xShort } from "../operands.ts";

export default {
  add:      inst({ bits: "0000000 rs2:5 rs1:5 000 rd:5 0110011",          ops: { rd: def(x), rs1: use(x), rs2: use(x) },           asm: "add rd, rs1, rs2", short: ["c_mv rs1=x0 rs1<-rs2", "c_mv rs2=x0", "c_add rd=rs1", "c_add rd=rs2 rs2<-rs1"] }),
  sub:      inst({ bits: "0100000 rs2:5 rs1:5 000 rd:5 0110011",          ops: { rd: def(x), rs1: use(x), rs2: use(x) },           asm: "sub rd, rs1, rs2", short: "c_sub rd=rs1" }),
  sh1add:   inst({ bits: "0010000 rs2:5 rs1:5 010 rd:5 0110011",          ops: { rd: def(x), rs1: use(x), rs2: use(x) },           asm: "sh1add rd, rs1, rs2", needs: "zba" }),
  addi:     inst({ bits: "imm:12 rs1:5 000 rd:5 0010011",                 ops: { rd: def(x), rs1: use(x), imm: use(simm12) },      asm: "addi rd, rs1, imm", short: ["c_nop rd=x0 rs1=x0 imm=0", "c_addi16sp rd=rs1", "c_addi4spn", "c_mv imm=0", "c_addi rd=rs1", "c_li rs1=x0"] }),
  slli:     inst({ bits: "000000 imm:6 rs1:5 001 rd:5 0010011",           ops: { rd: def(x), rs1: use(x), imm: use(shift6) },      asm: "slli rd, rs1, imm", short: "c_slli rd=rs1" }),
  lui:      inst({ bits: "imm:20 rd:5 0110111",                           ops: { rd: def(x), imm: use(imm20) },                    asm: "lui rd, imm", short: "c_lui" }),
  ld:       inst({ bits: "mem.disp:12 mem.base:5 011 rd:5 0000011",       ops: { rd: def(x), mem: use(m12) },                      asm: "ld rd, mem", short: ["c_ldsp", "c_ld"] }),
  sd:       inst({ bits: "mem.disp[11:5] rs2:5 mem.base:5 011 mem.disp[4:0] 0100011", ops: { rs2: use(x), mem: use(m12) },         asm: "sd rs2, mem", short: ["c_sdsp", "c_sd"] }),
  beq:      inst({ bits: "to[12|10:5] rs2:5 rs1:5 000 to[4:1|11] 1100011", ops: { rs1: use(x), rs2: use(x), to: use(branch12) },   asm: "beq rs1, rs2, to", effect: "branch" }),
  jal:      inst({ bits: "to[20|10:1|11|19:12] rd:5 1101111",             ops: { rd: def(x), to: use(jump20) },                    asm: "jal rd, to", effect: "branch" }),
  call:     inst({ bits: "to[20|10:1|11|19:12] 00001 1101111",            ops: { to: use(call20) },                                asm: "jal ra, to", effect: "call", list: true, clobbers: "call", sameAs: "jal" }),
  amoadd_d_aqrl: inst({ bits: "0000011 rs2:5 mem.base:5 011 rd:5 0101111", ops: { rd: def(x), rs2: use(x), mem: use(mBase) },      asm: "amoadd.d.aqrl rd, rs2, mem" }),
  fadd_d:   inst({ bits: "0000001 rs2:5 rs1:5 rm:3 rd:5 1010011",         ops: { rd: def(f), rs1: use(f), rs2: use(f), rm: use(rounding) }, asm: "fadd.d rd, rs1, rs2, rm", needs: "d" }),
  fmadd_d:  inst({ bits: "rs3:5 01 rs2:5 rs1:5 rm:3 rd:5 1000011",        ops: { rd: def(f), rs1: use(f), rs2: use(f), rs3: use(f), rm: use(rounding) }, asm: "fmadd.d rd, rs1, rs2, rs3, rm", needs: "d" }),
  // compressed: CR, CI, CA, CL, CS, CB, CJ
  c_add:    inst({ bits: "1001 rd:5 rs2:5 10",                            ops: { rd: mod(xNotZero), rs2: use(xNotZero) },          asm: "c.add rd, rs2", needs: "c" }),
  c_mv:     inst({ bits: "1000 rd:5 rs1:5 10",                            ops: { rd: def(xNotZero), rs1: use(xNotZero) },          asm: "c.mv rd, rs1", needs: "c" }),
  c_sub:    inst({ bits: "100011 rd:3 00 rs2:3 01",                       ops: { rd: mod(xShort), rs2: use(xShort) },              asm: "c.sub rd, rs2", needs: "c" }),
  c_addi:   inst({ bits: "000 imm[5] rd:5 imm[4:0] 01",                   ops: { rd: mod(xNotZero), imm: use(simm6NotZero) },      asm: "c.addi rd, imm", needs: "c" }),
  c_li:     inst({ bits: "010 imm[5] rd:5 imm[4:0] 01",                   ops: { rd: def(xNotZero), imm: use(simm6) },             asm: "c.li rd, imm", needs: "c" }),
  c_slli:   inst({ bits: "000 imm[5] rd:5 imm[4:0] 10",                   ops: { rd: mod(xNotZero), imm: use(shift6NotZero) },     asm: "c.slli rd, imm", needs: "c" }),
  c_ld:     inst({ bits: "011 mem.disp[5:3] mem.base:3 mem.disp[7:6] rd:3 00", ops: { rd: def(xShort), mem: use(mShort8) },        asm: "c.ld rd, mem", needs: "c" }),
  c_sd:     inst({ bits: "111 mem.disp[5:3] mem.base:3 mem.disp[7:6] rs2:3 00", ops: { rs2: use(xShort), mem: use(mShort8) },      asm: "c.sd rs2, mem", needs: "c" }),
  c_nop:    inst({ bits: "0000000000000001",                              ops: {},                                                 asm: "c.nop", needs: "c" }),
  c_lui:    inst({ bits: "011 imm[5] rd:5 imm[4:0] 01",                   ops: { rd: def(xNotZeroNorSp), imm: use(cluiImm) },      asm: "c.lui rd, imm", needs: "c" }),
  c_addi16sp: inst({ bits: "011 imm[9] 00010 imm[4|6|8:7|5] 01",          ops: { rd: mod(x, "x2"), imm: use(spStep) },             asm: "c.addi16sp sp, imm", needs: "c" }),
  c_addi4spn: inst({ bits: "000 imm[5:4|9:6|2|3] rd:3 00",                ops: { rd: def(xShort), rs1: use(x, "x2"), imm: use(spOffset) }, asm: "c.addi4spn rd, sp, imm", needs: "c" }),
  c_ldsp:   inst({ bits: "011 mem.disp[5] rd:5 mem.disp[4:3|8:6] 10",     ops: { rd: def(xNotZero), mem: use(mSp8) },              asm: "c.ldsp rd, mem", needs: "c" }),
  c_sdsp:   inst({ bits: "111 mem.disp[5:3|8:6] rs2:5 10",                ops: { rs2: use(x), mem: use(mSp8) },                    asm: "c.sdsp rs2, mem", needs: "c" }),
  c_beqz:   inst({ bits: "110 to[8|4:3] rs1:3 to[7:6|2:1|5] 01",          ops: { rs1: use(xShort), to: use(shortBranch8) },        asm: "c.beqz rs1, to", effect: "branch", needs: "c" }),
  c_j:      inst({ bits: "101 to[11|4|9:8|10|6|7|3:1|5] 01",              ops: { to: use(shortJump11) },                           asm: "c.j to", effect: "branch", needs: "c" }),
} as const satisfies FixedTable;
