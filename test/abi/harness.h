/* What the C side of the ABI test is generated into. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

typedef unsigned char v16 __attribute__((vector_size(16)));
typedef struct { uint64_t w[2]; } behind; /* passed by address */
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
