/*
 * Runs functions one instruction at a time in a process of Windows and, at each instruction of theirs, lets the system's
 * own unwinder walk the stack. What it finds is compared with the calls that were seen, and with the registers that the
 * caller had. `program.h` says where the functions are: GENERATED is the first, GENERATED_BYTES their size.
 */
#include <stddef.h>

#include "stepping.h"

/* CONTEXT of x64, from Microsoft's documentation of it. */
struct context {
  uint64_t home[6];
  uint32_t flags, mxcsr;
  uint16_t segments[6];
  uint32_t eflags;
  uint64_t debug[6];
  uint64_t r[16], rip;
  uint8_t fpu[160];
  uint64_t x[16][2];
  uint8_t rest[96 + 26 * 16 + 8 + 5 * 8];
} __attribute__((aligned(16)));
_Static_assert(sizeof(struct context) == 1232 && offsetof(struct context, rip) == 0xf8, "CONTEXT");

struct exception {
  const uint32_t *record;
  struct context *context;
};
enum { SINGLE_STEP = 0x80000004, GO_ON = -1, TRAP_FLAG = 0x100 };

__declspec(dllimport) void ExitProcess(unsigned);
__declspec(dllimport) void *GetStdHandle(unsigned);
__declspec(dllimport) int WriteFile(void *, const void *, unsigned, unsigned *, void *);
__declspec(dllimport) void *AddVectoredExceptionHandler(unsigned, int (*)(struct exception *));
__declspec(dllimport) void *RtlLookupFunctionEntry(uint64_t, uint64_t *, void *);
__declspec(dllimport) void *RtlVirtualUnwind(unsigned, uint64_t, uint64_t, void *, struct context *, void **, uint64_t *, void *);

/* The code of the object is one piece that begins with its first function. */
static int is_generated(uint64_t pc) { return pc - (uint64_t)GENERATED < GENERATED_BYTES; }

static void print(const char *text) {
  unsigned n = 0, done;
  while (text[n] != 0) n++;
  WriteFile(GetStdHandle((unsigned)-11), text, n, &done, NULL);
}

static void print_number(uint64_t x, unsigned base) {
  char text[24];
  int at = sizeof text - 1;
  text[at] = 0;
  do text[--at] = "0123456789abcdef"[x % base];
  while ((x /= base) != 0);
  print(text + at);
}

/*
 * Whether a tail call's epilogue has begun: pops, then a jump out of the function. Wine (8 at least) does not take it for
 * an epilogue, which Windows does, so it is left out here.
 */
static int leaves_by_jump(uint64_t pc) {
  uint64_t base;
  const uint32_t *range = RtlLookupFunctionEntry(pc, &base, NULL);
  const uint8_t *p = (const uint8_t *)pc;
  if (range == NULL) return 0;
  for (; (p[p[0] == 0x41] & 0xf8) == 0x58; p += 1 + (p[0] == 0x41)) {}
  if (p[0] == 0xe9) {
    uint64_t to = (uint64_t)p + 5 + (uint64_t)(int64_t)(int32_t)(p[1] | p[2] << 8 | p[3] << 16 | (uint32_t)p[4] << 24) - base;
    return to < range[0] || to >= range[1];
  }
  return p[0] == 0x48 && p[1] == 0xff && p[2] == 0xe0;
}

static const char *unwind_from(struct context c) {
  for (int k = depth - 1; k >= 0; k--) {
    uint64_t base, frame;
    void *data, *entry = RtlLookupFunctionEntry(c.rip, &base, NULL);
    if (entry != NULL) RtlVirtualUnwind(0, base, c.rip, entry, &c, &data, &frame, NULL);
    else {
      c.rip = *(const uint64_t *)c.r[4];
      c.r[4] += 8;
    }
    if (c.rip != return_to[k]) return "return address";
    if (row->exact_cfa && c.r[4] != return_at[k] + 8) return "stack pointer";
  }
  return lost_register(c.r, (const uint64_t (*)[2])c.x);
}

static void check(const struct context *c) {
  const char *wrong = unwind_from(*c);
  steps++;
  if (wrong == NULL || failures++ >= 20) return;
  print(row->name);
  print(", generated+0x");
  print_number(c->rip - (uint64_t)GENERATED, 16);
  print(": ");
  print(wrong);
  print("\n");
}

static int trapped(struct exception *e) {
  struct context *c = e->context;
  if (*e->record != SINGLE_STEP || !arrived(c->rip, c->r[4])) {
    print("unexpected exception\n");
    ExitProcess(1);
  }
  if (depth == 0) c->eflags &= ~(unsigned)TRAP_FLAG;
  else {
    c->eflags |= TRAP_FLAG;
    if (is_generated(c->rip) && !leaves_by_jump(c->rip)) check(c);
  }
  return GO_ON;
}

int _fltused;

void start(void) {
  AddVectoredExceptionHandler(1, trapped);
  for (size_t k = 0; k < sizeof rows / sizeof *rows; k++) run(rows + k);
  print_number(steps, 10);
  print(" instructions, ");
  print_number(failures, 10);
  print(" failures\n");
  ExitProcess(failures != 0);
}

/* The compiler's own calls. */
void *memcpy(void *to, const void *from, size_t n) {
  for (size_t k = 0; k < n; k++) ((volatile uint8_t *)to)[k] = ((const uint8_t *)from)[k];
  return to;
}
