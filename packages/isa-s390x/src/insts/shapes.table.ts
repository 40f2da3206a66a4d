/**
 * One row for each encoding shape of s390x that the table's form has to carry: Principles of Operation, chapters 5 and 7.
 *
 * Names: the manual's mnemonic. Fields have the manual's names; memory operands are called `mem`.
 */
import { def, type FixedTable, inst, mod, use } from "@gantry/asm-compiler/fixed";
import { bd12, bd20, branch16, branch32, bxd12, bxd20, compareBranch16, compareMask, element, f64, imm6, imm8, mask4, r32, r64, simm16, simm32, simm8, symbol32, v128 } from "../operands.ts";

export default {
  // two bytes: RR
  ar:    inst({ bits: "0x1A r1:4 r2:4",                                                  ops: { r1: mod(r32), r2: use(r32) },                  asm: "ar r1, r2", flags: "w" }),
  // four bytes: RRE, RRF-a, RRF-c, RI-a, RX-a, RI-c, RX-b
  agr:   inst({ bits: "0xB908 00000000 r1:4 r2:4",                                       ops: { r1: mod(r64), r2: use(r64) },                  asm: "agr r1, r2", flags: "w" }),
  ark:   inst({ bits: "0xB9F8 r3:4 0000 r1:4 r2:4",                                      ops: { r1: def(r32), r2: use(r32), r3: use(r32) },    asm: "ark r1, r2, r3", flags: "w", needs: "distinct-ops" }),
  agrk:  inst({ bits: "0xB9E8 r3:4 0000 r1:4 r2:4",                                      ops: { r1: def(r64), r2: use(r64), r3: use(r64) },    asm: "agrk r1, r2, r3", flags: "w", needs: "distinct-ops" }),
  locgr: inst({ bits: "0xB9E2 m3:4 0000 r1:4 r2:4",                                      ops: { r1: mod(r64), r2: use(r64), m3: use(mask4) },  asm: "locgr r1, r2, m3", flags: "r" }),
  aghi:  inst({ bits: "0xA7 r1:4 1011 i2:16",                                            ops: { r1: mod(r64), i2: use(simm16) },               asm: "aghi r1, i2", flags: "w" }),
  l:     inst({ bits: "0x58 r1:4 mem.index:4 mem.base:4 mem.disp:12",                    ops: { r1: def(r32), mem: use(bxd12) },               asm: "l r1, mem" }),
  brc:   inst({ bits: "0xA7 m1:4 0100 to:16",                                            ops: { m1: use(mask4), to: use(branch16) },           asm: "brc m1, to", flags: "r", effect: "branch" }),
  adbr:  inst({ bits: "0xB31A 00000000 r1:4 r2:4",                                       ops: { r1: mod(f64), r2: use(f64) },                  asm: "adbr r1, r2", flags: "w" }),
  la:    inst({ bits: "0x41 r1:4 mem.index:4 mem.base:4 mem.disp:12",                    ops: { r1: def(r64), mem: use(bxd12) },               asm: "la r1, mem" }),
  // six bytes: RXY-a, RSY-a, RIL-a, RIL-b, RIL-c, RIE-b, RIE-d, RIE-f, SIL, SI-Y, SS-a, VRX, VRR-c
  lay:   inst({ bits: "0xE3 r1:4 mem.index:4 mem.base:4 mem.disp[11:0] mem.disp[19:12] 0x71", ops: { r1: def(r64), mem: use(bxd20) },          asm: "lay r1, mem", short: "la" }),
  lg:    inst({ bits: "0xE3 r1:4 mem.index:4 mem.base:4 mem.disp[11:0] mem.disp[19:12] 0x04", ops: { r1: def(r64), mem: use(bxd20) },          asm: "lg r1, mem" }),
  ly:    inst({ bits: "0xE3 r1:4 mem.index:4 mem.base:4 mem.disp[11:0] mem.disp[19:12] 0x58", ops: { r1: def(r32), mem: use(bxd20) },          asm: "ly r1, mem", short: "l" }),
  stmg:  inst({ bits: "0xEB r1:4 r3:4 mem.base:4 mem.disp[11:0] mem.disp[19:12] 0x24",   ops: { r1: use(r64), r3: use(r64), mem: use(bd20) },  asm: "stmg r1, r3, mem" }),
  lgfi:  inst({ bits: "0xC0 r1:4 0001 i2:32",                                            ops: { r1: def(r64), i2: use(simm32) },               asm: "lgfi r1, i2", short: "lghi" }),
  lghi:  inst({ bits: "0xA7 r1:4 1001 i2:16",                                            ops: { r1: def(r64), i2: use(simm16) },               asm: "lghi r1, i2" }),
  larl:  inst({ bits: "0xC0 r1:4 0000 to:32",                                            ops: { r1: def(r64), to: use(branch32) },             asm: "larl r1, to" }),
  larl_sym: inst({ bits: "0xC0 r1:4 0000 to:32",                                         ops: { r1: def(r64), to: use(symbol32) },             asm: "larl r1, to", sameAs: "larl" }),
  brcl:  inst({ bits: "0xC0 m1:4 0100 to:32",                                            ops: { m1: use(mask4), to: use(branch32) },           asm: "brcl m1, to", flags: "r", effect: "branch" }),
  brasl: inst({ bits: "0xC0 1110 0101 to:32",                                            ops: { to: use(symbol32) },                           asm: "brasl %r14, to", effect: "call", list: true, clobbers: "call" }),
  cgrj:  inst({ bits: "0xEC r1:4 r2:4 to:16 m3:4 0000 0x64",                             ops: { r1: use(r64), r2: use(r64), m3: use(compareMask), to: use(compareBranch16) }, asm: "cgrj r1, r2, m3, to", flags: "w", effect: "branch" }),
  aghik: inst({ bits: "0xEC r1:4 r3:4 i2:16 00000000 0xD9",                              ops: { r1: def(r64), r3: use(r64), i2: use(simm16) }, asm: "aghik r1, r3, i2", flags: "w", needs: "distinct-ops" }),
  risbg: inst({ bits: "0xEC r1:4 r2:4 i3:8 i4:8 00 i5:6 0x55",                              ops: { r1: mod(r64), r2: use(r64), i3: use(imm8), i4: use(imm8), i5: use(imm6) }, asm: "risbg r1, r2, i3, i4, i5", flags: "w" }),
  mvghi: inst({ bits: "0xE548 mem.base:4 mem.disp:12 i2:16",                             ops: { mem: def(bd12), i2: use(simm16) },             asm: "mvghi mem, i2" }),
  agsi:  inst({ bits: "0xEB i2:8 mem.base:4 mem.disp[11:0] mem.disp[19:12] 0x7A",        ops: { mem: mod(bd20), i2: use(simm8) },               asm: "agsi mem, i2", flags: "w" }),
  vl:    inst({ bits: "0xE7 v1[3:0] mem.index:4 mem.base:4 mem.disp:12 m3:4 v1[4] 000 0x06", ops: { v1: def(v128), mem: use(bxd12), m3: use(mask4) }, asm: "vl v1, mem, m3", needs: "vector" }),
  va:    inst({ bits: "0xE7 v1[3:0] v2[3:0] v3[3:0] 000000000000 m4:4 v1[4] v2[4] v3[4] 0 0xF3", ops: { v1: def(v128), v2: use(v128), v3: use(v128), m4: use(element) }, asm: "va v1, v2, v3, m4", needs: "vector" }),
} as const satisfies FixedTable;
