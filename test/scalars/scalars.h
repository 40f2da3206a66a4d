/* Random operands, and what C has no name for, for the program that `operations.ts` writes. */
#define __STDC_WANT_IEC_60559_TYPES_EXT__ 1
#define _GNU_SOURCE 1
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define COUNT 3000

typedef __int128 s128;
typedef unsigned __int128 u128;
typedef int8_t s8;
typedef int16_t s16;
typedef int32_t s32;
typedef int64_t s64;
typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef u8 i8;
typedef u16 i16;
typedef u32 i32;
typedef u64 i64;
typedef u128 i128;
typedef _Float16 f16;
typedef float f32;
typedef double f64;
typedef __float128 f128;

static long compared, failures;

static void report(const char *name) {
  failures++;
  printf("%s:", name);
}

static void show(const void *p, unsigned long n) {
  printf(" ");
  for (unsigned long k = n; k-- > 0;) printf("%02x", ((const u8 *)p)[k]);
}

static int finish(int functions) {
  printf("%d functions, %ld calls, %ld failures\n", functions, compared, failures);
  return failures != 0;
}

/* xorshift64*, Vigna */
static u64 state = 88172645463325252u;
static u64 next(void) {
  state ^= state >> 12;
  state ^= state << 25;
  state ^= state >> 27;
  return state * 2685821657736338717u;
}

/* An integer of any number of bits, as it is, negated, or near a power of two. */
static u128 random_bits(int width) {
  u128 x = (u128)next() << 64 | next();
  int bits = 1 + next() % width;
  u128 mask = bits == 128 ? (u128)-1 : ((u128)1 << bits) - 1;
  switch (next() % 4) {
  case 0: return x & mask;
  case 1: return -(x & mask);
  case 2: return ((u128)1 << (bits - 1)) + (u128)(s128)(s64)(next() % 5) - 2;
  default: return x;
  }
}

static i8 random_i8(void) { return random_bits(8); }
static i16 random_i16(void) { return random_bits(16); }
static i32 random_i32(void) { return random_bits(32); }
static i64 random_i64(void) { return random_bits(64); }
static i128 random_i128(void) { return random_bits(128); }

/* A float: any bits, an exponent near a given one's, an integer, a bound of an integer type, or special. */
#define RANDOM_FLOAT(T, BITS, FRACTION)                                                                                \
  static T random_f##BITS(void) {                                                                                      \
    static const T specials[] = {0, -0.0, 1, -1, 0.5, -0.5, 1.5, 2.5, -1.5, 65504, 65519, 65520, -65520, 65536, INFINITY, \
                                 -INFINITY, NAN, 0x1p-14, 0x1p-24, 0x1p-25, 0x1.8p-25, 0x1p127, 0x1p128, -0x1p127};    \
    u128 bits = (u128)next() << 64 | next();                                                                           \
    T x;                                                                                                               \
    switch (next() % 6) {                                                                                              \
    case 0: return specials[next() % (sizeof specials / sizeof *specials)];                                            \
    case 1: return (T)(s64)random_bits(64);                                                                            \
    case 2: return (T)(s128)random_bits(128);                                                                          \
    case 3: {                                                                                                          \
      u128 one = ((u128)1 << (BITS - 2)) - ((u128)1 << FRACTION);                                                      \
      u128 exponent = (one >> FRACTION) + next() % 280 - 140;                                                          \
      u128 sign = bits >> 127 << (BITS - 1);                                                                           \
      bits = (bits & (((u128)1 << FRACTION) - 1)) | (exponent << FRACTION & ~((u128)1 << (BITS - 1))) | sign;          \
      if (next() % 2) bits &= ~(((u128)1 << (FRACTION / 2)) - 1);                                                      \
      break;                                                                                                           \
    }                                                                                                                  \
    case 4: bits &= ~(((u128)1 << (FRACTION / 2)) - 1); break;                                                         \
    }                                                                                                                  \
    memcpy(&x, &bits, sizeof x);                                                                                       \
    return x;                                                                                                          \
  }
RANDOM_FLOAT(f16, 16, 10)
RANDOM_FLOAT(f32, 32, 23)
RANDOM_FLOAT(f64, 64, 52)
RANDOM_FLOAT(f128, 128, 112)

#define SAME_INT(T) static int same_##T(T a, T b) { return a == b; }
SAME_INT(i8)
SAME_INT(i16)
SAME_INT(i32)
SAME_INT(i64)
SAME_INT(i128)
/* The same bits, or NaN both. */
#define SAME_FLOAT(T) static int same_##T(T a, T b) { return a != a ? b != b : memcmp(&a, &b, sizeof a) == 0; }
SAME_FLOAT(f16)
SAME_FLOAT(f32)
SAME_FLOAT(f64)
SAME_FLOAT(f128)

/* The truncation's range: 0 fits, -1 too small, 1 too great, 2 NaN. */
#define RANGE(T, LEAST, GREATEST)                                                                                      \
  static int T##_range(__float128 x) {                                                                                 \
    x = truncf128(x);                                                                                                  \
    return x != x ? 2 : x < (LEAST) ? -1 : x >= (GREATEST) ? 1 : 0;                                                    \
  }
RANGE(s8, -0x1p7, 0x1p7)
RANGE(s16, -0x1p15, 0x1p15)
RANGE(s32, -0x1p31, 0x1p31)
RANGE(s64, -0x1p63, 0x1p63)
RANGE(s128, -0x1p127, 0x1p127)
RANGE(u8, 0, 0x1p8)
RANGE(u16, 0, 0x1p16)
RANGE(u32, 0, 0x1p32)
RANGE(u64, 0, 0x1p64)
RANGE(u128, 0, 0x1p128)

#define u8_MIN 0
#define u16_MIN 0
#define u32_MIN 0
#define u64_MIN 0
#define u128_MIN 0
#define u8_MAX UINT8_MAX
#define u16_MAX UINT16_MAX
#define u32_MAX UINT32_MAX
#define u64_MAX UINT64_MAX
#define u128_MAX ((u128)-1)
#define s8_MIN (u8)INT8_MIN
#define s16_MIN (u16)INT16_MIN
#define s32_MIN (u32)INT32_MIN
#define s64_MIN (u64)INT64_MIN
#define s128_MIN ((u128)1 << 127)
#define s8_MAX INT8_MAX
#define s16_MAX INT16_MAX
#define s32_MAX INT32_MAX
#define s64_MAX INT64_MAX
#define s128_MAX (((u128)1 << 127) - 1)

/* The upper half of a product of 256 bits, bit by bit. */
static u128 high_product(u128 a, u128 b) {
  u128 high = 0, low = 0;
  for (int k = 127; k >= 0; k--) {
    high = high << 1 | low >> 127;
    low <<= 1;
    if (b >> k & 1) {
      low += a;
      high += low < a;
    }
  }
  return high;
}

static u128 signed_high_product(u128 a, u128 b) {
  int negative = (a >> 127) ^ (b >> 127);
  u128 x = a >> 127 ? -a : a, y = b >> 127 ? -b : b;
  u128 high = high_product(x, y), low = x * y;
  return negative ? ~high + (low == 0) : high;
}

/* Minimum and maximum to which NaN is contagious and -0 is less than +0. */
static __float128 least(__float128 a, __float128 b) {
  if (a != a || b != b) return NAN;
  if (a == b) return signbit(a) ? a : b;
  return a < b ? a : b;
}

static __float128 greatest(__float128 a, __float128 b) { return -least(-a, -b); }
