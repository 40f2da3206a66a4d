/** Families of instructions that the tables must have, by mnemonic: what code generators for x86-64 emit, and what rules may want. */
import { resolveX86 } from "@gantry/asm-compiler";
import { readTables } from "@gantry/asm-compiler/scripts";
import type { X86Table } from "@gantry/asm-compiler/x86";
import { expect, test } from "vitest";

const FAMILIES: Readonly<Record<string, string>> = {
  "absolute values": "pabsb pabsd pabsw vpabsb vpabsd vpabsq vpabsw",
  addition: `
    adcb adcl adcq adcw addb addl addpd addps addq addsd addss addw lock_adcb lock_adcl lock_adcq
    lock_adcw lock_addb lock_addl lock_addq lock_addw lock_xaddb lock_xaddl lock_xaddq lock_xaddw
    paddb paddd paddq paddsb paddsw paddusb paddusw paddw phaddd phaddw vaddpd vaddps vaddsd vaddss
    vpaddb vpaddd vpaddq vpaddsb vpaddsw vpaddusb vpaddusw vpaddw vphaddd vphaddw
  `,
  alignment: "palignr vpalignr",
  and: `
    andb andl andnl andnpd andnps andnq andpd andps andq andw lock_andb lock_andl lock_andq
    lock_andw pand pandn vandnpd vandnps vandpd vandps vpand vpandn
  `,
  atomics: `
    cmpxchg16b cmpxchgb cmpxchgl cmpxchgq cmpxchgw lock_cmpxchg16b lock_cmpxchgb lock_cmpxchgl
    lock_cmpxchgq lock_cmpxchgw xchgb xchgl xchgq xchgw
  `,
  averages: "pavgb pavgw vpavgb vpavgw",
  bits: `
    blsil blsiq blsmskl blsmskq blsrl blsrq bsfl bsfq bsfw bsrl bsrq bsrw bswapl bswapq btl btq btw
    bzhil bzhiq cbtw cltd cltq cqto cwtd cwtl lzcntl lzcntq lzcntw popcntl popcntq popcntw tzcntl
    tzcntq tzcntw vpopcntb vpopcntd vpopcntq vpopcntw
  `,
  "conditional moves": "cmov{cc}l cmov{cc}q cmov{cc}w",
  comparison: `
    cmpb cmpl cmppd cmpps cmpq cmpsd cmpss cmpw pcmpeqb pcmpeqd pcmpeqq pcmpeqw pcmpgtb pcmpgtd
    pcmpgtq pcmpgtw ptest testb testl testq testw ucomisd ucomiss vcmppd vcmpps vcmpsd vcmpss
    vpcmpeqb vpcmpeqd vpcmpeqq vpcmpeqw vpcmpgtb vpcmpgtd vpcmpgtq vpcmpgtw vptest vucomisd vucomiss
  `,
  conversion: `
    cvtdq2pd cvtdq2ps cvtpd2ps cvtps2pd cvtsd2si cvtsd2ss cvtsi2sdl cvtsi2sdq cvtsi2ssl cvtsi2ssq
    cvtss2sd cvtss2si cvttpd2dq cvttps2dq cvttsd2si cvttss2si vcvtdq2pd vcvtdq2ps vcvtpd2psx
    vcvtps2pd vcvtsd2si vcvtsd2ss vcvtsi2sdl vcvtsi2sdq vcvtsi2ssl vcvtsi2ssq vcvtss2sd vcvtss2si
    vcvttpd2dqx vcvttps2dq vcvttsd2si vcvttss2si vcvtudq2ps
  `,
  division: "divb divl divpd divps divq divsd divss divw idivb idivl idivq idivw vdivpd vdivps vdivsd vdivss",
  "fused multiply-add": `
    vfmadd132pd vfmadd132ps vfmadd132sd vfmadd132ss vfmadd213pd vfmadd213ps vfmadd213sd vfmadd213ss
    vfmadd231pd vfmadd231ps vfmadd231sd vfmadd231ss vfmsub132pd vfmsub132ps vfmsub132sd vfmsub132ss
    vfmsub213pd vfmsub213ps vfmsub213sd vfmsub213ss vfmsub231pd vfmsub231ps vfmsub231sd vfmsub231ss
    vfnmadd132pd vfnmadd132ps vfnmadd132sd vfnmadd132ss vfnmadd213pd vfnmadd213ps vfnmadd213sd
    vfnmadd213ss vfnmadd231pd vfnmadd231ps vfnmadd231sd vfnmadd231ss vfnmsub132pd vfnmsub132ps
    vfnmsub132sd vfnmsub132ss vfnmsub213pd vfnmsub213ps vfnmsub213sd vfnmsub213ss vfnmsub231pd
    vfnmsub231ps vfnmsub231sd vfnmsub231ss
  `,
  jumps: "jmp jmpq j{cc}",
  lanes: `
    blendvpd blendvps extractps insertps movddup movhps movlhps movmskpd movmskps pblendvb pblendw
    pextrb pextrd pextrq pextrw pinsrb pinsrd pinsrq pinsrw pmovmskb pshufb pshufd pshufhw pshuflw
    shufpd shufps vblendvpd vblendvps vbroadcastss vextractps vinsertps vmovddup vmovhps vmovlhps
    vmovmskpd vmovmskps vpblendvb vpblendw vpbroadcastb vpbroadcastd vpbroadcastq vpbroadcastw
    vpermi2b vpextrb vpextrd vpextrq vpextrw vpinsrb vpinsrd vpinsrq vpinsrw vpmovmskb vpshufb
    vpshufd vpshufhw vpshuflw vshufpd vshufps
  `,
  maximum: `
    maxpd maxps maxsd maxss pmaxsb pmaxsd pmaxsw pmaxub pmaxud pmaxuw vmaxpd vmaxps vmaxsd vmaxss
    vpmaxsb vpmaxsd vpmaxsw vpmaxub vpmaxud vpmaxuw
  `,
  minimum: `
    minpd minps minsd minss pminsb pminsd pminsw pminub pminud pminuw vminpd vminps vminsd vminss
    vpminsb vpminsd vpminsw vpminub vpminud vpminuw
  `,
  "fences and hints": "callq hlt int3 leal leaq leaw lfence mfence retq sfence ud2",
  moves: `
    movabsq movapd movaps movb movd movdqa movdqu movl movq movsbl movsbq movsbw movsd movslq movss
    movswl movswq movupd movups movw movzbl movzbq movzbw movzwl movzwq pmovsxbd pmovsxbq pmovsxbw
    pmovsxdq pmovsxwd pmovsxwq pmovzxbd pmovzxbq pmovzxbw pmovzxdq pmovzxwd pmovzxwq vmovapd vmovaps
    vmovd vmovdqa vmovdqu vmovq vmovsd vmovss vmovupd vmovups vpmovsxbd vpmovsxbq vpmovsxbw
    vpmovsxdq vpmovsxwd vpmovsxwq vpmovzxbd vpmovzxbq vpmovzxbw vpmovzxdq vpmovzxwd vpmovzxwq
  `,
  multiplication: `
    imulb imull imulq imulw mulb mull mulpd mulps mulq mulsd mulss mulw mulxl mulxq pmuldq pmulhrsw
    pmulhuw pmulhw pmulld pmullw pmuludq vmulpd vmulps vmulsd vmulss vpmuldq vpmulhrsw vpmulhuw
    vpmulhw vpmulld vpmullq vpmullw vpmuludq
  `,
  negation: "negb negl negq negw notb notl notq notw",
  "no operation": "nop nopl",
  or: "lock_orb lock_orl lock_orq lock_orw orb orl orpd orps orq orw por vorpd vorps vpor",
  packing: "packssdw packsswb packusdw packuswb vpackssdw vpacksswb vpackusdw vpackuswb",
  "multiply and add pairs": "pmaddubsw pmaddwd vpdpbusd vpmaddubsw vpmaddwd",
  reciprocals: "rcpps rcpss rsqrtps rsqrtss vrcpps vrcpss vrsqrtps vrsqrtss",
  rounding: "roundpd roundps roundsd roundss vroundpd vroundps vroundsd vroundss",
  conditions: "set{cc}",
  shifts: `
    pslld psllq psllw psrad psraw psrld psrlq psrlw rolb roll rolq rolw rorb rorl rorq rorw rorxl
    rorxq sarb sarl sarq sarw sarxl sarxq shlb shldl shldq shldw shll shlq shlw shlxl shlxq shrb
    shrl shrq shrw shrxl shrxq vpslld vpsllq vpsllw vpsrad vpsraq vpsraw vpsrld vpsrlq vpsrlw
  `,
  "square roots": "sqrtpd sqrtps sqrtsd sqrtss vsqrtpd vsqrtps vsqrtsd vsqrtss",
  stack: "popq popw pushq pushw",
  subtraction: `
    lock_sbbb lock_sbbl lock_sbbq lock_sbbw lock_subb lock_subl lock_subq lock_subw psubb psubd
    psubq psubsb psubsw psubusb psubusw psubw sbbb sbbl sbbq sbbw subb subl subpd subps subq subsd
    subss subw vpsubb vpsubd vpsubq vpsubsb vpsubsw vpsubusb vpsubusw vpsubw vsubpd vsubps vsubsd
    vsubss
  `,
  unpacking: `
    punpckhbw punpckhdq punpckhqdq punpckhwd punpcklbw punpckldq punpcklqdq punpcklwd unpckhps
    unpcklpd unpcklps vpunpckhbw vpunpckhdq vpunpckhqdq vpunpckhwd vpunpcklbw vpunpckldq vpunpcklqdq
    vpunpcklwd vunpckhps vunpcklpd vunpcklps
  `,
  xor: "lock_xorb lock_xorl lock_xorq lock_xorw pxor vpxor vxorpd vxorps xorb xorl xorpd xorps xorq xorw",
  "what the list lacks: MOVBE": "movbel movbeq movbew",
  "BMI2, ADX": "adcxl adcxq adoxl adoxq pdepl pdepq pextl pextq rorxl rorxq",
  "registers of 256 bits": "vzeroall vzeroupper vinsertf128 vextractf128 vbroadcastf128 vbroadcastsd",
  "AVX-512": "vpternlogd vpternlogq vcvtusi2sdq vcvttsd2usi vpmaxsq vpminuq vprolvd vpermb vplzcntd vpopcntq",
};

const tables = await readTables<X86Table>(new URL("./", import.meta.url));
/** `addq`, `lock_addq`, `j{cc}`. */
const mnemonics = new Set(
  resolveX86(tables)
    .filter((row) => row.encoding !== undefined)
    .map((row) => {
      const [first, second] = row.asm.split(" ");
      return first === "lock" ? `lock_${second}` : first!;
    }),
);

test.each(Object.entries(FAMILIES))("%s", (_, words) => {
  const missing = words
    .trim()
    .split(/\s+/)
    .filter((word) => !mnemonics.has(word));
  expect(missing).toEqual([]);
});
