/*
 * A collector that moves every object whenever it runs, which is at every allocation and whenever it is asked. It finds the
 * roots in the frames of generated code by the section `gantry_stack_maps` (docs/exceptions.md).
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unwind.h>

struct record {
  int32_t return_address;
  int32_t frame_size;
  uint32_t count;
  struct {
    uint32_t type, offset;
  } values[];
};
enum { I64 = 119, OBJECTS = 1 << 12 };
struct object {
  struct object *next;
  uint64_t value;
};

extern const uint8_t __start_gantry_stack_maps[], __stop_gantry_stack_maps[];
static struct object spaces[2][OBJECTS];
static struct object *moved[OBJECTS];
static int space, used;
unsigned long collections, roots, wrong;

static struct object *forward(struct object *p) {
  struct object *first = NULL, **at = &first;
  while (p != NULL) {
    if (p < spaces[!space] || p >= spaces[!space] + OBJECTS) {
      wrong++;
      return first;
    }
    long k = p - spaces[!space];
    if (moved[k] != NULL) {
      *at = moved[k];
      return first;
    }
    struct object *to = moved[k] = &spaces[space][used++];
    *to = (struct object){NULL, p->value};
    *at = to;
    at = &to->next;
    p = p->next;
  }
  return first;
}

static _Unwind_Reason_Code visit(struct _Unwind_Context *frame, void *data) {
  (void)data;
  for (const uint8_t *at = __start_gantry_stack_maps; at < __stop_gantry_stack_maps;) {
    const struct record *r = (const struct record *)at;
    at += sizeof *r + r->count * sizeof *r->values;
    if ((uint64_t)r + (uint64_t)(int64_t)r->return_address != _Unwind_GetIP(frame)) continue;
    for (uint32_t k = 0; k < r->count; k++) {
      if (r->values[k].type != I64) wrong++;
      struct object **root = (struct object **)(_Unwind_GetCFA(frame) + r->values[k].offset);
      *root = forward(*root);
      roots++;
    }
  }
  return _URC_NO_REASON;
}

void collect(void) {
  collections++;
  space = !space;
  used = 0;
  memset(moved, 0, sizeof moved);
  _Unwind_Backtrace(visit, NULL);
  memset(spaces[!space], 0xdd, sizeof spaces[!space]);
}

struct object *allocate(void) {
  collect();
  if (used == OBJECTS) abort();
  struct object *o = &spaces[space][used++];
  *o = (struct object){NULL, 0};
  return o;
}

uint64_t run(uint64_t n), caught(uint64_t n);

int main(void) {
  uint64_t n = 100, sum = run(n), other = caught(n);
  printf("%lu %lu %d %d %lu\n", (unsigned long)sum, (unsigned long)other, collections > 300, roots > 300, wrong);
  return 0;
}
