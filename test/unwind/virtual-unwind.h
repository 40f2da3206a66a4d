/*
 * An unwinder of Windows x64, from Microsoft's "x64 exception handling" and "x64 prolog and epilog": what
 * RtlVirtualUnwind does with .pdata, .xdata and the code itself. The tables are in `tables.h`; addresses in them are
 * offsets from the start of the code, and those of .xdata begin at XDATA.
 */
#include "tables.h"

struct context {
  uint64_t r[16], rip;
  uint64_t x[16][2];
};

static const uint8_t *code(uint64_t rip) { return (const uint8_t *)rip; }
static const uint8_t *xdata_at(uint32_t at) { return xdata + (at - XDATA); }
static uint64_t word_at(uint64_t at) { return *(const uint64_t *)at; }
static int32_t int_at(const uint8_t *p) {
  int32_t x;
  memcpy(&x, p, 4);
  return x;
}

static const struct range *lookup(uint64_t rip) {
  uint64_t at = rip - (uint64_t)__start_generated;
  for (size_t k = 0; k < sizeof pdata / sizeof *pdata; k++)
    if (at >= pdata[k].begin && at < pdata[k].end) return pdata + k;
  return NULL;
}

enum { CHAINED = 4 };

/* The range that another one is chained to, and so on. */
static struct range primary(struct range range) {
  for (;;) {
    const uint8_t *info = xdata_at(range.info);
    if (!(info[0] >> 3 & CHAINED)) return range;
    memcpy(&range, info + 4 + 2 * ((info[2] + 1) & ~1), sizeof range);
  }
}

static int leaves(const struct range *range, uint64_t target) {
  const struct range *there = lookup(target);
  if (there == NULL) return 1;
  uint64_t at = target - (uint64_t)__start_generated;
  struct range mine = primary(*range);
  return primary(*there).begin != mine.begin || at == mine.begin;
}

/* Whether the code at rip is the rest of an epilogue; if so, does what it does. */
static int in_epilogue(const struct range *range, struct context *c) {
  const uint8_t *p = code(c->rip);
  struct context after = *c;
  int frame = xdata_at(primary(*range).info)[3] & 15;
  if (p[0] == 0x48 && p[1] == 0x83 && p[2] == 0xc4) after.r[4] += (int8_t)p[3], p += 4;
  else if (p[0] == 0x48 && p[1] == 0x81 && p[2] == 0xc4) after.r[4] += int_at(p + 3), p += 7;
  else if ((p[0] & 0xfe) == 0x48 && p[1] == 0x8d && (p[2] >> 3 & 7) == 4 && (p[2] & 7) != 4 && p[2] < 0xc0) {
    int base = (p[2] & 7) + 8 * (p[0] & 1), mod = p[2] >> 6;
    if (frame == 0 || base != frame || mod == 0) return 0;
    after.r[4] = after.r[base] + (mod == 1 ? (int8_t)p[3] : int_at(p + 3));
    p += mod == 1 ? 4 : 7;
  }
  for (;;) {
    int high = p[0] == 0x41 ? 8 : 0;
    const uint8_t *op = p + (high != 0);
    if ((*op & 0xf8) != 0x58) break;
    after.r[(*op & 7) + high] = word_at(after.r[4]);
    after.r[4] += 8;
    p = op + 1;
  }
  int ends = 0;
  if (p[0] == 0xc3 || p[0] == 0xc2 || (p[0] == 0xf3 && p[1] == 0xc3)) ends = 1;
  else if (p[0] == 0xe9) ends = leaves(range, (uint64_t)p + 5 + (uint64_t)(int64_t)int_at(p + 1));
  else if (p[0] == 0xeb) ends = leaves(range, (uint64_t)p + 2 + (uint64_t)(int64_t)(int8_t)p[1]);
  else if (p[0] == 0xff && p[1] == 0x25) ends = 1;
  else if ((p[0] & 0xf8) == 0x48 && p[1] == 0xff && (p[2] >> 3 & 7) == 4) ends = 1;
  if (!ends) return 0;
  after.rip = word_at(after.r[4]);
  after.r[4] += 8;
  *c = after;
  return 1;
}

/* Undoes the codes of one record that are behind `offset` in the prologue, all of them if it is negative. */
static void undo(const uint8_t *info, int64_t offset, struct context *c) {
  int frame = info[3] & 15, n = info[2];
  uint64_t base = c->r[4];
  const uint8_t *codes = info + 4;
  for (int k = 0; k < n; k++)
    if ((codes[2 * k + 1] & 15) == 3 && frame != 0 && (offset < 0 || offset >= codes[2 * k]))
      base = c->r[frame] - (info[3] & 0xf0);
  for (int k = 0; k < n;) {
    const uint8_t *p = codes + 2 * k;
    int done = offset < 0 || offset >= p[0], op = p[1] & 15, x = p[1] >> 4;
    uint64_t near = p[2] | p[3] << 8, far = near | (uint64_t)(p[4] | p[5] << 8) << 16;
    switch (op) {
      case 0: /* UWOP_PUSH_NONVOL */
        if (done) c->r[x] = word_at(c->r[4]), c->r[4] += 8;
        k += 1;
        break;
      case 1: /* UWOP_ALLOC_LARGE */
        if (done) c->r[4] += x == 0 ? 8 * near : far;
        k += x == 0 ? 2 : 3;
        break;
      case 2: /* UWOP_ALLOC_SMALL */
        if (done) c->r[4] += 8 * (unsigned)x + 8;
        k += 1;
        break;
      case 3: /* UWOP_SET_FPREG */
        if (done) c->r[4] = c->r[frame] - (info[3] & 0xf0);
        k += 1;
        break;
      case 4: /* UWOP_SAVE_NONVOL */
      case 5:
        if (done) c->r[x] = word_at(base + (op == 4 ? 8 * near : far));
        k += op - 2;
        break;
      case 8: /* UWOP_SAVE_XMM128 */
      case 9:
        if (done) memcpy(c->x[x], (const void *)(base + (op == 8 ? 16 * near : far)), 16);
        k += op - 6;
        break;
      default:
        printf("unwind code %d\n", op);
        exit(1);
    }
  }
}

/* Makes the context of a function that of its caller. */
static void virtual_unwind(struct context *c) {
  const struct range *range = lookup(c->rip);
  if (range != NULL) {
    int64_t offset = (int64_t)(c->rip - (uint64_t)__start_generated - range->begin);
    const uint8_t *info = xdata_at(range->info);
    if (offset >= info[1] && in_epilogue(range, c)) return;
    undo(info, offset, c);
    struct range all = primary(*range);
    if (all.info != range->info) undo(xdata_at(all.info), -1, c);
  }
  c->rip = word_at(c->r[4]);
  c->r[4] += 8;
}

static const char *unwind_from(const greg_t *g, const struct _libc_fpstate *f) {
  static const int order[16] = {REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP, REG_RSI, REG_RDI,
                                REG_R8,  REG_R9,  REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15};
  struct context c;
  for (int k = 0; k < 16; k++) c.r[k] = (uint64_t)g[order[k]];
  c.rip = (uint64_t)g[REG_RIP];
  memcpy(c.x, f->_xmm, sizeof c.x);
  for (int k = depth - 1; k >= 0; k--) {
    virtual_unwind(&c);
    if (c.rip != return_to[k]) return "return address";
    if (row->exact_cfa && c.r[4] != return_at[k] + 8) return "stack pointer";
  }
  return lost_register(c.r, (const uint64_t (*)[2])c.x);
}
