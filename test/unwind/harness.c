/*
 * Runs functions one instruction at a time and, at each instruction of theirs, lets libgcc walk the stack, or with
 * VIRTUAL_UNWIND an unwinder of Windows. What it finds is compared with the calls that were seen, and with the registers that the caller had. The functions are in the
 * section `generated`; `program.h` names them.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>
#include <unwind.h>

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

extern const uint8_t __start_generated[], __stop_generated[];

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

#ifdef VIRTUAL_UNWIND
#include "virtual-unwind.h"
#else
static const int saved[6] = {3, 6, 12, 13, 14, 15}; /* rbx rbp r12 to r15 in DWARF */

struct walk {
  uint64_t pc;
  int frame;
  const char *wrong;
};

static _Unwind_Reason_Code visit(struct _Unwind_Context *context, void *data) {
  struct walk *walk = data;
  uint64_t ip = _Unwind_GetIP(context);
  if (walk->frame < 0) {
    if (ip == walk->pc) walk->frame = 0; /* The frames before are the handler's. */
    return _URC_NO_REASON;
  }
  int k = depth - 1 - walk->frame;
  if (ip != return_to[k]) walk->wrong = "return address";
  else if (row->exact_cfa && _Unwind_GetCFA(context) != return_at[k] + 8) walk->wrong = "canonical frame address";
  else if (k == 0)
    for (int r = 0; r < 6; r++)
      if (_Unwind_GetGR(context, saved[r]) != known(r)) walk->wrong = "saved register";
  walk->frame++;
  return walk->wrong != NULL || k == 0 ? _URC_END_OF_STACK : _URC_NO_REASON;
}

static const char *unwind_from(const greg_t *g, const struct _libc_fpstate *f) {
  (void)f;
  struct walk walk = {(uint64_t)g[REG_RIP], -1, NULL};
  _Unwind_Backtrace(visit, &walk);
  return walk.wrong == NULL && walk.frame != depth ? "number of frames" : walk.wrong;
}
#endif

static void check(uint64_t pc, const mcontext_t *m) {
  const char *wrong = unwind_from(m->gregs, m->fpregs);
  steps++;
  if (wrong == NULL) return;
  if (failures++ < 20)
    printf("%s, generated+%#lx: %s, depth %d\n", row->name, (unsigned long)(pc - (uint64_t)__start_generated), wrong,
           depth);
}

static int is_call(const uint8_t *p) {
  if (*p >= 0x40 && *p < 0x50) p++;
  return *p == 0xe8 || (*p == 0xff && (p[1] >> 3 & 7) == 2);
}

static int is_return(const uint8_t *p) {
  if (*p == 0xf3 || *p == 0xf2) p++;
  return *p == 0xc3 || *p == 0xc2;
}

static void trapped(int signal, siginfo_t *info, void *data) {
  (void)signal, (void)info;
  mcontext_t *m = &((ucontext_t *)data)->uc_mcontext;
  greg_t *r = m->gregs;
  uint64_t pc = (uint64_t)r[REG_RIP], sp = (uint64_t)r[REG_RSP];
  if (last_pc == 0 || is_call((const uint8_t *)last_pc)) {
    if (depth == DEPTH) abort();
    return_at[depth] = sp;
    return_to[depth++] = *(uint64_t *)sp;
  } else if (is_return((const uint8_t *)last_pc)) {
    if (depth == 0 || return_to[--depth] != pc) abort();
  }
  last_pc = pc;
  if (depth == 0) r[REG_EFL] &= ~0x100;
  else if (pc >= (uint64_t)__start_generated && pc < (uint64_t)__stop_generated) check(pc, m);
}

/* Calls f(a, b), of either convention, with known values in what it must preserve, and the trap flag set. */
void step_through(function f, uint64_t a, uint64_t b);
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

int main(void) {
  setvbuf(stdout, NULL, _IONBF, 0);
  static uint8_t stack[1 << 18];
  stack_t alternative = {.ss_sp = stack, .ss_size = sizeof stack};
  struct sigaction action = {.sa_sigaction = trapped, .sa_flags = SA_SIGINFO | SA_ONSTACK};
  sigaltstack(&alternative, NULL);
  sigaction(SIGTRAP, &action, NULL);
  for (size_t k = 0; k < sizeof rows / sizeof *rows; k++) {
    row = rows + k;
    unsigned long before = steps;
    depth = 0;
    last_pc = 0;
    memset(buffer, 0, sizeof buffer);
    arguments[0] = row->args[0] != 0 ? row->args[0] : (uint64_t)buffer;
    arguments[1] = row->args[1];
    step_through(row->run, arguments[0], arguments[1]);
    if (steps == before) {
      printf("%s was not stepped through\n", row->name);
      failures++;
    }
  }
  printf("%lu instructions, %lu failures\n", steps, failures);
  return failures != 0;
}
