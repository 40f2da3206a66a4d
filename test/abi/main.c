/* Lets either caller call either callee, and compares what arrives. */
#include "harness.h"

#include <stdio.h>
#include <string.h>

uint8_t abi_in[4096], abi_out[4096];
static int misaligned, destroyed;

typedef void (*function)(void);

struct row {
  function caller[2], callee[2];
  uint32_t values, value_bytes, results, result_bytes;
};
extern const struct row abi_rows[];
extern const unsigned abi_row_count;

/* Called from callees of either side: destroys what a function may destroy. */
__attribute__((noinline)) static void destroy(void) {
  __asm__ volatile(
      "movq $-1, %%rax\n movq %%rax, %%rcx\n movq %%rax, %%rdx\n movq %%rax, %%rsi\n movq %%rax, %%rdi\n"
      "movq %%rax, %%r8\n movq %%rax, %%r9\n movq %%rax, %%r10\n movq %%rax, %%r11\n"
      "pcmpeqd %%xmm0, %%xmm0\n movaps %%xmm0, %%xmm1\n movaps %%xmm0, %%xmm2\n movaps %%xmm0, %%xmm3\n"
      "movaps %%xmm0, %%xmm4\n movaps %%xmm0, %%xmm5\n movaps %%xmm0, %%xmm6\n movaps %%xmm0, %%xmm7\n"
      "movaps %%xmm0, %%xmm8\n movaps %%xmm0, %%xmm9\n movaps %%xmm0, %%xmm10\n movaps %%xmm0, %%xmm11\n"
      "movaps %%xmm0, %%xmm12\n movaps %%xmm0, %%xmm13\n movaps %%xmm0, %%xmm14\n movaps %%xmm0, %%xmm15\n"
      ::: "rax", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5",
      "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15", "cc", "memory");
}

__attribute__((noinline, optimize("no-omit-frame-pointer"))) void abi_touch(void) {
  if ((uintptr_t)__builtin_frame_address(0) % 16 != 0) misaligned = 1;
  destroy();
}

static const struct context context = {abi_in, abi_out, abi_values, abi_results, abi_touch};

/* Calls caller(callee, context) and stores the registers that a function must preserve, which had known values. */
void call_checked(function caller, function callee, const struct context *context, uint64_t *saved);
#ifdef WINDOWS_FASTCALL
/* rbx rbp rdi rsi r12 to r15, then xmm6 to xmm15, whose halves are equal. */
enum { SAVED = 8 + 20 };
__asm__(
    "call_checked:\n"
    "  push %rbx\n push %rbp\n push %r12\n push %r13\n push %r14\n push %r15\n push %rcx\n"
    "  mov %rdi, %rax\n mov %rsi, %rcx\n"
    "  mov $0x1111, %rbx\n mov $0x2222, %rbp\n mov $0x3333, %rdi\n mov $0x4444, %rsi\n mov $0x5555, %r12\n"
    "  mov $0x6666, %r13\n mov $0x7777, %r14\n mov $0x8888, %r15\n"
    "  mov $0x9999, %r8\n"
    "  .irp n,6,7,8,9,10,11,12,13,14,15\n"
    "  movq %r8, %xmm\\n\n punpcklqdq %xmm\\n, %xmm\\n\n add $0x1111, %r8\n"
    "  .endr\n"
    "  sub $32, %rsp\n call *%rax\n add $32, %rsp\n"
    "  pop %rcx\n"
    "  mov %rbx, (%rcx)\n mov %rbp, 8(%rcx)\n mov %rdi, 16(%rcx)\n mov %rsi, 24(%rcx)\n mov %r12, 32(%rcx)\n"
    "  mov %r13, 40(%rcx)\n mov %r14, 48(%rcx)\n mov %r15, 56(%rcx)\n"
    "  .irp n,6,7,8,9,10,11,12,13,14,15\n"
    "  movups %xmm\\n, 64+16*(\\n-6)(%rcx)\n"
    "  .endr\n"
    "  pop %r15\n pop %r14\n pop %r13\n pop %r12\n pop %rbp\n pop %rbx\n"
    "  ret\n");
static uint64_t known(int k) { return 0x1111u * (unsigned)(k < 8 ? k + 1 : 9 + (k - 8) / 2); }
#else
enum { SAVED = 6 };
__asm__(
    "call_checked:\n"
    "  push %rbx\n push %rbp\n push %r12\n push %r13\n push %r14\n push %r15\n push %rcx\n"
    "  mov %rdi, %rax\n mov %rsi, %rdi\n mov %rdx, %rsi\n"
    "  mov $0x1111, %rbx\n mov $0x2222, %rbp\n mov $0x3333, %r12\n mov $0x4444, %r13\n mov $0x5555, %r14\n"
    "  mov $0x6666, %r15\n"
    "  call *%rax\n"
    "  pop %rdx\n"
    "  mov %rbx, (%rdx)\n mov %rbp, 8(%rdx)\n mov %r12, 16(%rdx)\n mov %r13, 24(%rdx)\n mov %r14, 32(%rdx)\n"
    "  mov %r15, 40(%rdx)\n"
    "  pop %r15\n pop %r14\n pop %r13\n pop %r12\n pop %rbp\n pop %rbx\n"
    "  ret\n");
static uint64_t known(int k) { return 0x1111u * (unsigned)(k + 1); }
#endif

int main(void) {
  unsigned calls = 0, failures = 0;
  for (unsigned k = 0; k < abi_row_count; k++)
    for (int pair = 0; pair < 4; pair++) {
      const struct row *row = abi_rows + k;
      uint64_t saved[SAVED];
      memset(abi_in, 0, sizeof abi_in);
      memset(abi_out, 0, sizeof abi_out);
      misaligned = destroyed = 0;
      call_checked(row->caller[pair >> 1], row->callee[pair & 1], &context, saved);
      for (int r = 0; r < SAVED; r++) destroyed |= saved[r] != known(r);
      int args = memcmp(abi_in, abi_values + row->values, row->value_bytes) != 0;
      int results = memcmp(abi_out, abi_results + row->results, row->result_bytes) != 0;
      calls++;
      if (!(args | results | misaligned | destroyed)) continue;
      failures++;
      printf("signature %u, %s calls %s:%s%s%s%s\n", k, pair >> 1 ? "gantry" : "C", pair & 1 ? "gantry" : "C",
             args ? " arguments" : "", results ? " results" : "", misaligned ? " alignment" : "",
             destroyed ? " saved registers" : "");
    }
  printf("%u calls, %u failures\n", calls, failures);
  return failures != 0;
}
