/* What the C side of the ABI test is generated into. */
#include <stddef.h>
#include <stdint.h>

/* Freestanding: the compiler writes these out. */
#define memcpy __builtin_memcpy

typedef unsigned char v16 __attribute__((vector_size(16)));
typedef unsigned char v8 __attribute__((vector_size(8)));
typedef struct { uint64_t w[2]; } behind; /* passed by address */
typedef struct { uint8_t b[1]; } s1;
typedef struct { uint16_t b[1]; } s2;
typedef struct { uint8_t b[3]; } s3;
typedef struct { uint32_t b[1]; } s4;
typedef struct { uint8_t b[5]; } s5;
typedef struct { uint64_t w[1]; } s8;
typedef struct { uint32_t w[3]; } s12;
typedef struct { uint64_t w[2]; } s16;
typedef struct { uint64_t w[3]; } s24;
typedef struct { uint64_t w[4]; } s32;
typedef struct { uint64_t w[9]; } s72;
typedef struct { uint64_t a, b; } two_ints;
typedef struct { double a, b; } two_floats;
typedef struct { uint64_t a; double b; } int_float;
typedef struct { double a; uint64_t b; } float_int;

extern uint8_t abi_in[], abi_out[];
extern const uint8_t abi_values[], abi_results[];
void abi_touch(void);

/* The same for code that has no relocations. */
struct context {
  uint8_t *in, *out;
  const uint8_t *values, *results;
  void __attribute__((sysv_abi)) (*touch)(void);
};
