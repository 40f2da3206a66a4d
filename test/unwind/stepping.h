/*
 * What all programs share that run functions one instruction at a time: the rows of `program.h`, the calls that were
 * seen, and the way into a function.
 */
#include <stddef.h>
#include <stdint.h>

typedef void (*function)(void);
struct row {
  const char *name;
  function run;
  uint64_t args[2];
  /* Whether return addresses stay where the call put them; tail calls move them. */
  int exact_cfa;
  /* Whether the function preserves what Windows asks for. */
  int windows;
};
#include "program.h"

enum { DEPTH = 4096 };
static uint64_t return_at[DEPTH], return_to[DEPTH];
static int depth;
static uint64_t last_pc;
static const struct row *row;
static unsigned long steps, failures;
static uint8_t buffer[1 << 16];

/* What rbx rbp r12 to r15 rdi rsi have in the caller of a row's function. */
static uint64_t arguments[2];
static uint64_t known(int k) { return k < 6 ? 0x1111u * (unsigned)(k + 1) : arguments[k - 6]; }

/* Which of the registers that a row's function preserves do not have what the caller knows; NULL if all do. */
static inline const char *lost_register(const uint64_t r[16], const uint64_t xmm[16][2]) {
  static const uint8_t preserved[8] = {3, 5, 12, 13, 14, 15, 7, 6};
  for (int k = 0; k < (row->windows ? 8 : 6); k++)
    if (r[preserved[k]] != known(k)) return "saved register";
  if (row->windows)
    for (int k = 6; k < 16; k++)
      if (xmm[k][0] != 0x9999u + 0x1111u * (unsigned)(k - 6) || xmm[k][1] != xmm[k][0]) return "saved vector register";
  return NULL;
}

static int is_call(const uint8_t *p) {
  if (*p >= 0x40 && *p < 0x50) p++;
  return *p == 0xe8 || (*p == 0xff && (p[1] >> 3 & 7) == 2);
}

static int is_return(const uint8_t *p) {
  if (*p == 0xf3 || *p == 0xf2) p++;
  return *p == 0xc3 || *p == 0xc2;
}

/* Notes that control arrived at `pc` with stack pointer `sp`; whether that is possible. */
static int arrived(uint64_t pc, uint64_t sp) {
  if (last_pc == 0 || is_call((const uint8_t *)last_pc)) {
    if (depth == DEPTH) return 0;
    return_at[depth] = sp;
    return_to[depth++] = *(uint64_t *)sp;
  } else if (is_return((const uint8_t *)last_pc)) {
    if (depth == 0 || return_to[--depth] != pc) return 0;
  }
  last_pc = pc;
  return 1;
}

/*
 * Calls f(a, b), of either convention, with known values in what it must preserve, and the trap flag set.
 */
void __attribute__((sysv_abi)) step_through(function f, uint64_t a, uint64_t b);
__asm__(
    "step_through:\n"
    "  .cfi_startproc\n"
    "  push %rbx\n .cfi_adjust_cfa_offset 8\n push %rbp\n .cfi_adjust_cfa_offset 8\n"
    "  push %r12\n .cfi_adjust_cfa_offset 8\n push %r13\n .cfi_adjust_cfa_offset 8\n"
    "  push %r14\n .cfi_adjust_cfa_offset 8\n push %r15\n .cfi_adjust_cfa_offset 8\n"
    "  push %rdi\n .cfi_adjust_cfa_offset 8\n"
    "  mov %rdi, %rax\n mov %rsi, %rdi\n mov %rdx, %rsi\n mov %rdi, %rcx\n"
    "  mov $0x9999, %r8\n"
    "  .irp n,6,7,8,9,10,11,12,13,14,15\n"
    "  movq %r8, %xmm\\n\n punpcklqdq %xmm\\n, %xmm\\n\n add $0x1111, %r8\n"
    "  .endr\n"
    "  mov $0x1111, %rbx\n mov $0x2222, %rbp\n mov $0x3333, %r12\n mov $0x4444, %r13\n mov $0x5555, %r14\n"
    "  mov $0x6666, %r15\n"
    "  sub $32, %rsp\n .cfi_adjust_cfa_offset 32\n"
    "  pushfq\n orq $0x100, (%rsp)\n popfq\n"
    "  call *%rax\n"
    "  nop\n"
    "  add $32, %rsp\n .cfi_adjust_cfa_offset -32\n"
    "  pop %rdi\n .cfi_adjust_cfa_offset -8\n"
    "  pop %r15\n .cfi_adjust_cfa_offset -8\n pop %r14\n .cfi_adjust_cfa_offset -8\n"
    "  pop %r13\n .cfi_adjust_cfa_offset -8\n pop %r12\n .cfi_adjust_cfa_offset -8\n"
    "  pop %rbp\n .cfi_adjust_cfa_offset -8\n pop %rbx\n .cfi_adjust_cfa_offset -8\n"
    "  ret\n"
    "  .cfi_endproc\n");

/* Steps through the function of a row. */
static void run(const struct row *next) {
  row = next;
  depth = 0;
  last_pc = 0;
  for (unsigned k = 0; k < sizeof buffer; k++) ((volatile uint8_t *)buffer)[k] = 0;
  arguments[0] = row->args[0] != 0 ? row->args[0] : (uint64_t)buffer;
  arguments[1] = row->args[1];
  step_through(row->run, arguments[0], arguments[1]);
}
