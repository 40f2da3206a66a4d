/*
 * Runs functions one instruction at a time and, at each instruction of theirs, lets libgcc walk the stack, or with
 * VIRTUAL_UNWIND an unwinder of Windows. What it finds is compared with the calls that were seen, and with the registers
 * that the caller had. The functions are in the section `generated`; `program.h` names them.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>
#include <unwind.h>

#include "stepping.h"

extern const uint8_t __start_generated[], __stop_generated[];

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

static void trapped(int signal, siginfo_t *info, void *data) {
  (void)signal, (void)info;
  mcontext_t *m = &((ucontext_t *)data)->uc_mcontext;
  greg_t *r = m->gregs;
  uint64_t pc = (uint64_t)r[REG_RIP], sp = (uint64_t)r[REG_RSP];
  if (!arrived(pc, sp)) abort();
  if (depth == 0) r[REG_EFL] &= ~0x100;
  else if (pc >= (uint64_t)__start_generated && pc < (uint64_t)__stop_generated) check(pc, m);
}

int main(void) {
  setvbuf(stdout, NULL, _IONBF, 0);
  static uint8_t stack[1 << 18];
  stack_t alternative = {.ss_sp = stack, .ss_size = sizeof stack};
  struct sigaction action = {.sa_sigaction = trapped, .sa_flags = SA_SIGINFO | SA_ONSTACK};
  sigaltstack(&alternative, NULL);
  sigaction(SIGTRAP, &action, NULL);
  for (size_t k = 0; k < sizeof rows / sizeof *rows; k++) {
    unsigned long before = steps;
    run(rows + k);
    if (steps == before) {
      printf("%s was not stepped through\n", row->name);
      failures++;
    }
  }
  printf("%lu instructions, %lu failures\n", steps, failures);
  return failures != 0;
}
