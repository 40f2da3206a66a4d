import { CompiledCode, type JitSupport, UnwindOp } from "@gantry/codegen-core";
import { featureTable } from "./features.table.ts";

const RBX = 3;
const RBP = 5;
const R12 = 12;
const R13 = 13;
const R14 = 14;
const R15 = 15;

/**
 * `enter(frame: rdi, function: rsi, argument: rdx) -> eax`: see {@link JitSupport.enter}. The stack at the call holds,
 * from the top: alignment, frame, old *frame, r15, r14, r13, r12, rbx, rbp, return address.
 */
const ENTER: readonly (readonly number[])[] = [
  [0x55], //                          push %rbp
  [0x48, 0x89, 0xe5], //              mov  %rsp, %rbp
  [0x53], //                          push %rbx
  [0x41, 0x54], //                    push %r12
  [0x41, 0x55], //                    push %r13
  [0x41, 0x56], //                    push %r14
  [0x41, 0x57], //                    push %r15
  [0xff, 0x37], //                    push (%rdi)
  [0x57], //                          push %rdi
  [0x48, 0x83, 0xec, 0x08], //        sub  $8, %rsp
  [0x48, 0x89, 0x27], //              mov  %rsp, (%rdi)
  [0x48, 0x89, 0xd7], //              mov  %rdx, %rdi
  [0xff, 0xd6], //                    call *%rsi
  [0x31, 0xc0], //                    xor  %eax, %eax
];

const LEAVE: readonly (readonly number[])[] = [
  [0x48, 0x83, 0xc4, 0x08], //        add  $8, %rsp
  [0x5f], //                          pop  %rdi
  [0x8f, 0x07], //                    pop  (%rdi)
  [0x41, 0x5f], //                    pop  %r15
  [0x41, 0x5e], //                    pop  %r14
  [0x41, 0x5d], //                    pop  %r13
  [0x41, 0x5c], //                    pop  %r12
  [0x5b], //                          pop  %rbx
  [0x5d], //                          pop  %rbp
  [0xc3], //                          ret
];

/** Behind `enter`'s own return: the signal handler sends control here with the stack as it was at the call. */
const RECOVER: readonly (readonly number[])[] = [
  [0xfc], //                          cld
  [0xb8, 0x01, 0x00, 0x00, 0x00], //  mov  $1, %eax
  ...LEAVE,
];

function bytesOf(insts: readonly (readonly number[])[]): number {
  let n = 0;
  for (const inst of insts) n += inst.length;
  return n;
}

const RECOVER_AT = bytesOf(ENTER) + bytesOf(LEAVE);

function enterCode(): CompiledCode {
  const code = new CompiledCode();
  code.bytes = Uint8Array.from([...ENTER, ...LEAVE, ...RECOVER].flat());
  code.length = code.bytes.length;
  code.codeLength = code.length;
  code.alignment = 16;
  const op = (offset: number, kind: number, a: number, b: number) => {
    for (const x of [offset, kind, a, b]) code.unwind.push(x);
  };
  op(1, UnwindOp.cfaFromSp, 0, 16);
  op(1, UnwindOp.save, RBP, -16);
  op(4, UnwindOp.cfaFromRegister, RBP, 16);
  const saved = [RBX, R12, R13, R14, R15];
  let at = 4;
  saved.forEach((r, i) => {
    at += ENTER[2 + i]!.length;
    op(at, UnwindOp.save, r, -24 - 8 * i);
  });
  // The frame pointer is popped last, so the frame can be found from it up to the return itself.
  op(RECOVER_AT - 1, UnwindOp.rememberState, 0, 0);
  op(RECOVER_AT - 1, UnwindOp.cfaFromSp, 0, 8);
  op(RECOVER_AT, UnwindOp.restoreState, 0, 0);
  op(code.length - 1, UnwindOp.cfaFromSp, 0, 8);
  return code;
}

/** x86-64 Linux: glibc and musl agree in all of this. */
export const x64JitSupport: JitSupport = {
  enter: enterCode(),
  recoverAt: RECOVER_AT,
  // ucontext_t: flags, link, stack (24 bytes), then the registers r8..r15, di, si, bp, bx, dx, ax, cx, sp, ip.
  contextSp: 40 + 15 * 8,
  contextPc: 40 + 16 * 8,
  breakpointBytes: 1,
  // Handler, then a mask of 128 bytes, flags, restorer.
  sigaction: { bytes: 152, handlerAt: 0, flagsAt: 136, flags: 0x0800_0004 },
  stackT: { bytes: 24, addressAt: 0, flagsAt: 8, sizeAt: 16 },
  features: featureTable.map(({ name, linux }) => ({ setting: `has_${name}`, linux })),
};
