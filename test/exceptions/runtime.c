/*
 * A runtime that throws: it walks the frames with libgcc's unwinder, which knows registers and stack pointers, finds
 * handlers in the section `gantry_handlers` (docs/exceptions.md), and continues there.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unwind.h>

struct item {
  uint32_t kind, value;
  int32_t to;
};
struct record {
  int32_t return_address;
  int32_t frame_pointer;
  uint32_t count;
  struct item items[];
};
enum { TAG, DEFAULT, CONTEXT };

extern const uint8_t __start_gantry_handlers[], __stop_gantry_handlers[];

static const struct record *find(uint64_t ip) {
  for (const uint8_t *at = __start_gantry_handlers; at < __stop_gantry_handlers;) {
    const struct record *r = (const struct record *)at;
    if ((uint64_t)at + (uint64_t)(int64_t)r->return_address == ip) return r;
    at += sizeof *r + r->count * sizeof *r->items;
  }
  return NULL;
}

struct search {
  uint32_t tag;
  uint64_t *payload;
  uint64_t to, sp, saved[6];
};
static const int saved[6] = {3, 6, 12, 13, 14, 15}; /* rbx rbp r12 to r15 in DWARF */

/* Set by tests: the value that the context must have; whether only frame pointers may be relied on. */
uint64_t wanted_context, seen_context;
int poison;
uint64_t seen_handler;

static _Unwind_Reason_Code visit(struct _Unwind_Context *frame, void *data) {
  struct search *s = data;
  const struct record *r = find(_Unwind_GetIP(frame));
  if (r == NULL) return _URC_NO_REASON;
  uint64_t sp = _Unwind_GetCFA(frame), context = 0;
  for (uint32_t k = 0; k < r->count; k++) {
    const struct item *item = r->items + k;
    if (item->kind == CONTEXT) {
      seen_context = context = *(uint64_t *)(sp + item->value);
      continue;
    }
    if (item->kind == TAG && item->value != s->tag) continue;
    if (wanted_context != 0 && context != wanted_context) continue;
    s->to = _Unwind_GetIP(frame) + (uint64_t)(int64_t)item->to;
    s->sp = sp;
    for (int i = 0; i < 6; i++) s->saved[i] = _Unwind_GetGR(frame, saved[i]);
    if (poison) {
      for (int i = 0; i < 6; i++)
        if (i != 1) s->saved[i] = 0x5a5a5a5a5a5a5a5a;
      if (r->frame_pointer < 0 || s->saved[1] - (uint64_t)r->frame_pointer != sp) {
        /* Callees that take arguments off the stack leave another stack pointer. */
        s->sp = s->saved[1] - (uint64_t)r->frame_pointer - 64;
      }
    }
    return _URC_END_OF_STACK;
  }
  return _URC_NO_REASON;
}

void enter_handler(const struct search *, const uint64_t *payload);
__asm__(
    "enter_handler:\n"
    "  mov %rdi, %r10\n mov 8(%rsi), %rdx\n mov (%rsi), %rax\n"
    "  mov 24(%r10), %rbx\n"
    "  mov 24+8(%r10), %rbp\n mov 24+16(%r10), %r12\n mov 24+24(%r10), %r13\n mov 24+32(%r10), %r14\n"
    "  mov 24+40(%r10), %r15\n"
    "  mov 16(%r10), %rsp\n mov 8(%r10), %r11\n"
    "  mov $-1, %rcx\n mov %rcx, %rsi\n mov %rcx, %rdi\n mov %rcx, %r8\n mov %rcx, %r9\n"
    "  pcmpeqd %xmm0, %xmm0\n movaps %xmm0, %xmm1\n movaps %xmm0, %xmm8\n movaps %xmm0, %xmm15\n"
    "  jmp *%r11\n");

/* The layout that the assembly above reads: 8 to, 16 sp, 24 saved. */
struct packed_search {
  uint64_t unused, to, sp, saved[6];
};

void throw_exception(uint32_t tag, uint64_t a, uint64_t b) {
  uint64_t payload[2] = {a, b};
  struct search s = {tag, payload, 0, 0, {0}};
  _Unwind_Backtrace(visit, &s);
  if (s.to == 0) {
    printf("nobody handles tag %u\n", tag);
    exit(2);
  }
  seen_handler = s.to;
  struct packed_search p = {0, s.to, s.sp, {0}};
  memcpy(p.saved, s.saved, sizeof p.saved);
  enter_handler((const struct search *)&p, payload);
  __builtin_unreachable();
}

/* Throws tag `depth` levels down if it is not 0, otherwise returns. */
__attribute__((noinline)) uint64_t deep(uint32_t tag, uint64_t depth, uint64_t a, uint64_t b) {
  volatile uint64_t keep[4] = {depth, a, b, tag};
  if (depth == 0) {
    if (tag != 0) throw_exception(tag, a, b);
    return a + b;
  }
  uint64_t r = deep(tag, depth - 1, a, b);
  return r + keep[0] - keep[0];
}

uint64_t many(uint32_t tag, uint64_t x), twice(uint64_t x), wide(uint32_t tag, uint64_t x), loop(uint64_t n);
uint64_t context(uint32_t tag, uint64_t x), address(uint64_t x), indirect(void *f, uint32_t tag, uint64_t x);
uint64_t outer(uint32_t tag, uint64_t x), tails(uint32_t tag, uint64_t x), aligned(uint32_t tag, uint64_t x);
double floats(uint32_t tag, double x);
uint64_t all(uint32_t tag, uint64_t x);
uint64_t told_handler;
void tell(uint64_t handler) { told_handler = handler; }

static unsigned failures, checks;
static void check(const char *what, uint64_t got, uint64_t want) {
  checks++;
  if (got == want) return;
  failures++;
  printf("%s: %#lx, expected %#lx\n", what, (unsigned long)got, (unsigned long)want);
}

/* What `many` does with its values: ten of them live across the call. */
static uint64_t many_values(uint64_t x) {
  uint64_t sum = 0;
  for (uint64_t k = 1; k <= 10; k++) sum = sum * 3 + x * k;
  return sum;
}

int main(void) {
  setvbuf(stdout, NULL, _IONBF, 0);
  for (uint64_t x = 1; x < 4; x++) {
    check("many, normal return", many(0, x), many_values(x) + (x + 77));
    check("many, tag 1", many(1, x), many_values(x) + x - 77);
    check("many, tag 2", many(2, x), many_values(x) * 2);
    check("many, default", many(9, x), many_values(x) + 5);
    check("outer, inner handler", outer(1, x), x + 77 + 1000);
    check("outer, outer handler", outer(2, x), x * 77 + 2000);
    check("outer, no exception", outer(0, x), x + 77 + 3000);
    check("wide, normal return", wide(0, x), x + 2 * (x + 1) + 3 * (x + 2) + 4 * (x + 3));
    check("wide, exception", wide(3, x), x * 100 + 7);
    check("context", (wanted_context = x + 40, context(1, x)), x + 77 + 1);
    check("context seen", seen_context, x + 40);
    check("second context", (wanted_context = x + 50, context(1, x)), x + 77 + 2);
    wanted_context = 0;
    check("address", address(x), x + 1);
    check("handler address", told_handler, seen_handler);
    check("indirect", indirect((void *)deep, 1, x), x + 77 + 9);
    check("indirect, normal return", indirect((void *)deep, 0, x), x + 77);
    check("floats", (uint64_t)floats(1, (double)x * 1.5), (uint64_t)((double)x * 1.5 * 4 + 2));
    check("floats, normal return", (uint64_t)floats(0, (double)x * 1.5), (uint64_t)((double)x * 1.5 * 3));
    check("aligned", aligned(1, x), 3 * x);
    check("aligned, normal return", aligned(0, x), 2 * x);
    poison = 1;
    check("tail, exception", tails(1, x), many_values(x) + x + 77);
    check("tail, normal return", tails(0, x), many_values(x) + x * 45);
    check("preserve_all, exception", all(1, x), many_values(x) + x + 77);
    check("preserve_all, normal return", all(0, x), many_values(x) + 1);
    poison = 0;
  }
  check("loop", loop(2000), 2000ull * 1999 / 2 * 3);
  printf("%u checks, %u failures\n", checks, failures);
  return failures != 0;
}
