#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct context {
  uint64_t sp, fp, pc;
};
struct context generator_context, driver_context, one;

void generator(struct context *store, struct context *load, uint64_t first);
uint64_t drive(struct context *store, struct context *load, uint64_t n);
uint64_t exchange(struct context *, uint64_t);

/* Uses some stack, and destroys what a function may destroy. */
uint64_t touch(uint64_t x) {
  volatile char page[2000];
  memset((char *)page, (int)x, sizeof page);
  return page[x % sizeof page] == (char)x ? x : 0;
}

/* Where a new stack is entered: the payload is in rdi. */
void enter_generator(void), enter_exchange(void);
__asm__(
    "enter_generator:\n"
    "  mov %rdi, %rdx\n lea generator_context(%rip), %rdi\n lea driver_context(%rip), %rsi\n"
    "  call generator\n ud2\n"
    "enter_exchange:\n"
    "  lea 1(%rdi), %rsi\n lea one(%rip), %rdi\n"
    "  call exchange\n"
    "  mov %rax, %rdi\n jmp enter_exchange\n");

static uint64_t stack(void) { return ((uint64_t)aligned_alloc(4096, 65536) + 65536) & ~63ull; }

int main(void) {
  uint64_t n = 200000, want = 0, sum = 0;
  for (uint64_t k = 0; k < n; k++) {
    sum += k;
    want += sum + k + 1;
  }
  want += (2 * n ^ 3 * n ^ 4 * n ^ 5 * n ^ 6 * n) + 2 * n;
  generator_context = (struct context){stack(), 0, (uint64_t)enter_generator};
  uint64_t got = drive(&driver_context, &generator_context, n);
  one = (struct context){stack(), 0, (uint64_t)enter_exchange};
  uint64_t x = 0;
  for (int k = 0; k < 1000; k++) x = exchange(&one, x);
  printf("%d %lu\n", got == want, (unsigned long)x);
  return 0;
}
