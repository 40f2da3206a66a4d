/* Lets either caller call either callee, and compares what arrives. */
#include "harness.h"

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

/* Calls caller(callee) and checks that the registers that a function must preserve are preserved. */
void call_checked(function caller, function callee, uint64_t *saved);
__asm__(
    "call_checked:\n"
    "  push %rbx\n push %rbp\n push %r12\n push %r13\n push %r14\n push %r15\n push %rdx\n"
    "  mov %rdi, %rax\n mov %rsi, %rdi\n"
    "  mov $0x1111, %rbx\n mov $0x2222, %rbp\n mov $0x3333, %r12\n mov $0x4444, %r13\n mov $0x5555, %r14\n"
    "  mov $0x6666, %r15\n"
    "  call *%rax\n"
    "  pop %rdx\n"
    "  mov %rbx, (%rdx)\n mov %rbp, 8(%rdx)\n mov %r12, 16(%rdx)\n mov %r13, 24(%rdx)\n mov %r14, 32(%rdx)\n"
    "  mov %r15, 40(%rdx)\n"
    "  pop %r15\n pop %r14\n pop %r13\n pop %r12\n pop %rbp\n pop %rbx\n"
    "  ret\n");

int main(void) {
  unsigned calls = 0, failures = 0;
  for (unsigned k = 0; k < abi_row_count; k++)
    for (int pair = 0; pair < 4; pair++) {
      const struct row *row = abi_rows + k;
      uint64_t saved[6];
      memset(abi_in, 0, sizeof abi_in);
      memset(abi_out, 0, sizeof abi_out);
      misaligned = destroyed = 0;
      call_checked(row->caller[pair >> 1], row->callee[pair & 1], saved);
      for (int r = 0; r < 6; r++) destroyed |= saved[r] != 0x1111u * (unsigned)(r + 1);
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
