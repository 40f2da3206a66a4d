/* Calls the functions of program.clif, and is called by them. */
#define _GNU_SOURCE
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

static unsigned failures, checks;
static void check(const char *what, int ok) {
  checks++;
  if (ok) return;
  failures++;
  printf("%s\n", what);
}

/* ---- variadic ---- */
double variadic_far(double, double, int64_t), variadic_indirect(void *, double, int64_t);
int prints(char *, double, int);
const char format[] = "%.2f %d %.1f";
int64_t zero(void) { return 0; }

/* Kinds of the arguments by their number: d double, q int64, w int32. */
static const char *kinds = "dqddw";
double sum(int n, ...) {
  va_list list;
  va_start(list, n);
  double total = 0;
  for (int k = 0; k < n; k++) {
    double x = kinds[k] == 'd' ? va_arg(list, double) : kinds[k] == 'q' ? (double)va_arg(list, int64_t) : va_arg(list, int);
    total = total * 2 + x;
  }
  va_end(list);
  return total;
}

static void test_variadic(void) {
  check("variadic call", variadic_far(1.5, 2.25, 40) == ((((1.5 * 2) + 40) * 2 + 2.25) * 2 + 1.5) * 2 - 3);
  kinds = "dddddddddqqqqqqw";
  double want = 0;
  for (int k = 0; k < 16; k++) want = want * 2 + (k < 9 ? 0.5 : k < 15 ? 9 : 7);
  check("variadic call through a pointer", variadic_indirect((void *)sum, 0.5, 9) == want);
  char text[64];
  check("snprintf", prints(text, 1.25, -7) == 11 && strcmp(text, "1.25 -7 2.5") == 0);
}

/* ---- winch ---- */
int64_t calls_winch(int64_t, double);
/* Results: the last in xmm0, the others without padding from the highest address down; destroys everything. */
__asm__(
    ".globl winch_asm\n"
    "winch_asm:\n"
    "  movb $7, 16(%rdi)\n movl $70000, 12(%rdi)\n mov %rsi, 4(%rdi)\n movl $0x41200000, (%rdi)\n"
    "  mov $-1, %rax\n mov %rax, %rbx\n mov %rax, %rcx\n mov %rax, %rdx\n mov %rax, %rsi\n mov %rax, %rdi\n"
    "  mov %rax, %r8\n mov %rax, %r9\n mov %rax, %r10\n mov %rax, %r11\n mov %rax, %r12\n mov %rax, %r13\n"
    "  mov %rax, %r14\n mov %rax, %r15\n pcmpeqd %xmm1, %xmm1\n movaps %xmm1, %xmm2\n movaps %xmm1, %xmm15\n"
    "  mov $100, %eax\n cvtsi2sd %eax, %xmm0\n mov $-1, %rax\n ret\n");

/* ---- registers ---- */
/* Fills every register, calls f(a, b, c), and returns how many registers it has changed. */
uint64_t changed_by(void (*f)(uint64_t, uint64_t, double), uint64_t a, uint64_t b, double c);
uint64_t before[15], after[15];
uint8_t vectors_before[256], vectors_after[256];
__asm__(
    "changed_by:\n"
    "  push %rbx\n push %rbp\n push %r12\n push %r13\n push %r14\n push %r15\n sub $24, %rsp\n"
    "  mov %rdi, 8(%rsp)\n"
    "  mov %rsi, %rdi\n mov %rdx, %rsi\n"
    "  lea vectors_before(%rip), %rax\n"
    "  movups 16(%rax), %xmm1\n movups 32(%rax), %xmm2\n movups 48(%rax), %xmm3\n movups 64(%rax), %xmm4\n"
    "  movups 80(%rax), %xmm5\n movups 96(%rax), %xmm6\n movups 112(%rax), %xmm7\n movups 128(%rax), %xmm8\n"
    "  movups 144(%rax), %xmm9\n movups 160(%rax), %xmm10\n movups 176(%rax), %xmm11\n movups 192(%rax), %xmm12\n"
    "  movups 208(%rax), %xmm13\n movups 224(%rax), %xmm14\n movups 240(%rax), %xmm15\n movups %xmm0, (%rax)\n"
    "  mov $0x101, %eax\n mov $0x102, %ebx\n mov $0x103, %ecx\n mov $0x104, %edx\n mov $0x105, %ebp\n"
    "  mov $0x106, %r8d\n mov $0x107, %r9d\n mov $0x108, %r10d\n mov $0x109, %r11d\n mov $0x10a, %r12d\n"
    "  mov $0x10b, %r13d\n mov $0x10c, %r14d\n mov $0x10d, %r15d\n"
    "  mov %rax, before(%rip)\n mov %rbx, before+8(%rip)\n mov %rcx, before+16(%rip)\n mov %rdx, before+24(%rip)\n"
    "  mov %rbp, before+32(%rip)\n mov %r8, before+40(%rip)\n mov %r9, before+48(%rip)\n mov %r10, before+56(%rip)\n"
    "  mov %r11, before+64(%rip)\n mov %r12, before+72(%rip)\n mov %r13, before+80(%rip)\n mov %r14, before+88(%rip)\n"
    "  mov %r15, before+96(%rip)\n mov %rdi, before+104(%rip)\n mov %rsi, before+112(%rip)\n"
    "  call *8(%rsp)\n"
    "  mov %rax, after(%rip)\n mov %rbx, after+8(%rip)\n mov %rcx, after+16(%rip)\n mov %rdx, after+24(%rip)\n"
    "  mov %rbp, after+32(%rip)\n mov %r8, after+40(%rip)\n mov %r9, after+48(%rip)\n mov %r10, after+56(%rip)\n"
    "  mov %r11, after+64(%rip)\n mov %r12, after+72(%rip)\n mov %r13, after+80(%rip)\n mov %r14, after+88(%rip)\n"
    "  mov %r15, after+96(%rip)\n mov %rdi, after+104(%rip)\n mov %rsi, after+112(%rip)\n"
    "  lea vectors_after(%rip), %rax\n"
    "  movups %xmm0, (%rax)\n movups %xmm1, 16(%rax)\n movups %xmm2, 32(%rax)\n movups %xmm3, 48(%rax)\n"
    "  movups %xmm4, 64(%rax)\n movups %xmm5, 80(%rax)\n movups %xmm6, 96(%rax)\n movups %xmm7, 112(%rax)\n"
    "  movups %xmm8, 128(%rax)\n movups %xmm9, 144(%rax)\n movups %xmm10, 160(%rax)\n movups %xmm11, 176(%rax)\n"
    "  movups %xmm12, 192(%rax)\n movups %xmm13, 208(%rax)\n movups %xmm14, 224(%rax)\n movups %xmm15, 240(%rax)\n"
    "  add $24, %rsp\n pop %r15\n pop %r14\n pop %r13\n pop %r12\n pop %rbp\n pop %rbx\n"
    "  jmp count_changes\n");
uint64_t count_changes(void) {
  uint64_t n = memcmp(vectors_before, vectors_after, sizeof vectors_before) != 0 ? 100 : 0;
  for (int k = 0; k < 15; k++) n += before[k] != after[k];
  return n;
}

static uint64_t seen_a, seen_b;
static double seen_c;
void seen(uint64_t a, uint64_t b, double c) {
  seen_a = a, seen_b = b, seen_c = c;
  __asm__ volatile("pcmpeqd %%xmm0, %%xmm0\n movaps %%xmm0, %%xmm1\n movaps %%xmm0, %%xmm7\n movaps %%xmm0, %%xmm15\n"
                   "mov $-1, %%rax\n mov %%rax, %%rcx\n mov %%rax, %%r8\n mov %%rax, %%r11\n" ::
                       : "rax", "rcx", "r8", "r11", "xmm0", "xmm1", "xmm7", "xmm15");
}
void observe(uint64_t, uint64_t, double), observe_large(uint64_t, uint64_t, double);
void observe_limited(uint64_t, uint64_t, double);
int64_t calls_observe(int64_t, double);

static void test_registers(void) {
  for (int k = 0; k < 256; k++) vectors_before[k] = (uint8_t)(k * 7 + 1);
  check("preserve_all", changed_by(observe, 3, 4, 2.5) == 0 && seen_a == 3 && seen_b == 4 && seen_c == 2.5);
  check("preserve_all, large frame", changed_by(observe_large, 5, 6, 3.5) == 0 && seen_a == 5 && seen_b == 6);
  uint64_t context[2] = {0, 1};
  check("preserve_all, stack limit", changed_by(observe_limited, (uint64_t)context, 8, 4.5) == 0 && seen_a == 8);
  check("call of preserve_all", calls_observe(10, 4.5) == 39 && seen_a == 10 && seen_b == 20 && seen_c == 9.0);
  int64_t x = 11, mixed = (2 * x ^ 3 * x ^ 4 * x ^ 5 * x ^ 6 * x) + 5;
  int64_t from_asm = 7 + 70000 + x + 10 + 100, from_ours = x + 2 * x + 2 * x + x + x;
  check("winch", calls_winch(x, 5.5) == mixed + from_asm + from_ours);
}

/* ---- probes and limits ---- */
enum { GUARD = 4096, STACK = 512 * 1024, BELOW = 4 * 1024 * 1024 };
static uint8_t *area;
static sigjmp_buf escape;
static uint64_t fault, trap;

static void caught(int signal, siginfo_t *info, void *data) {
  (void)data;
  if (signal == SIGILL) trap = (uint64_t)info->si_addr;
  else fault = (uint64_t)info->si_addr;
  siglongjmp(escape, 1);
}

uint64_t frame_large(uint64_t, uint64_t), frame_small(uint64_t, uint64_t);
uint64_t limited(void *, uint64_t), limited_large(void *, uint64_t);

struct overflow {
  uint64_t (*f)(uint64_t, uint64_t);
  uint64_t fits, result;
  int faulted;
};
static void *overflow(void *data) {
  struct overflow *o = data;
  static __thread uint8_t alternative[65536];
  stack_t other = {.ss_sp = alternative, .ss_size = sizeof alternative};
  sigaltstack(&other, NULL);
  o->result = o->f(2, o->fits);
  if (sigsetjmp(escape, 1) == 0) o->f(2, 1000);
  else o->faulted = 1;
  return NULL;
}

static void test_probe(const char *what, uint64_t (*f)(uint64_t, uint64_t), uint64_t fits) {
  struct overflow o = {f, fits, 0, 0};
  pthread_attr_t attributes;
  pthread_t thread;
  fault = 0;
  memset(area, 0, BELOW);
  pthread_attr_init(&attributes);
  pthread_attr_setstack(&attributes, area + BELOW + GUARD, STACK);
  pthread_create(&thread, &attributes, overflow, &o);
  pthread_join(thread, NULL);
  check(what, o.result == 2 * (fits + 1) && o.faulted && fault - (uint64_t)(area + BELOW) < GUARD);
  int touched = 0;
  for (int k = 0; k < BELOW; k++) touched |= area[k];
  check(what, !touched);
}

extern uint64_t probe_calls;
static void test_stack(void) {
  struct sigaction action = {.sa_sigaction = caught, .sa_flags = SA_SIGINFO | SA_ONSTACK};
  sigaction(SIGSEGV, &action, NULL);
  sigaction(SIGILL, &action, NULL);
  area = mmap(NULL, BELOW + GUARD + STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  mprotect(area + BELOW, GUARD, PROT_NONE);
  test_probe("probes of a large frame", frame_large, 1);
  test_probe("probes of a small frame", frame_small, 10);
  uint64_t here = (uint64_t)__builtin_frame_address(0);
  uint64_t context[2] = {0, here - 100000};
  check("within the limit", limited(context, 20) == 210);
  trap = 0;
  if (sigsetjmp(escape, 1) == 0) limited(context, 1000);
  check("over the limit", trap != 0);
  check("large frame within the limit", limited_large(context, 4) == 4);
  trap = 0;
  context[1] = here - 50000;
  if (sigsetjmp(escape, 1) == 0) limited_large(context, 4);
  check("large frame over the limit", trap != 0);
}

/* The outline probe: touches the pages of eax bytes below the stack pointer, and preserves every register. */
uint64_t probe_calls;
__asm__(
    ".globl __cranelift_probestack\n"
    "__cranelift_probestack:\n"
    "  incq probe_calls(%rip)\n"
    "  push %rcx\n push %rax\n"
    "  lea 24(%rsp), %rcx\n"
    "1: sub $4096, %rcx\n orq $0, (%rcx)\n sub $4096, %rax\n cmp $4096, %rax\n ja 1b\n"
    "  sub %rax, %rcx\n orq $0, (%rcx)\n"
    "  pop %rax\n pop %rcx\n ret\n");

uint64_t aligned(uint64_t, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t);

int main(int count, char **arguments) {
  setvbuf(stdout, NULL, _IONBF, 0);
  test_variadic();
  test_registers();
  test_stack();
  check("alignment", aligned(1, 2, 3, 4, 5, 6, 7, 8) == 25);
  check("outline probes", (probe_calls > 0) == (count > 1 && strcmp(arguments[1], "outline") == 0));
  printf("%u checks, %u failures\n", checks, failures);
  return failures != 0;
}
